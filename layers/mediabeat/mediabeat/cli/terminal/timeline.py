"""A session's timeline for a terminal: what the player did over time, with marks for ads, pauses and errors."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from mediabeat.core.event import EventType
from mediabeat.core.folding.spans import PlayState, Span
from mediabeat.core.session import Session

_STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400)
_MIN_COLUMNS_PER_LABEL: Final = 9
_MAX_WIDTH: Final = 110


class Look(Enum):
    """How a span of time is drawn: its name in the legend, a character with and without Unicode, and a colour.

    Each look has its own character, so that the timeline can be read without colours.
    """

    CONTENT = "content", "█", "#", "green"
    AD = "ad", "▓", "%", "yellow"
    PAUSED = "paused", "─", "-", "blue"
    BUFFERING = "buffering", "▒", "~", "red"
    STALLED = "stalled", "░", "!", "magenta"
    STARTING = "starting", "·", ".", "cyan"
    WAITING = "waiting", "╌", ",", "white"
    ENDED = "ended", "▁", "_", "white"

    def __init__(self, title: str, block: str, ascii_block: str, colour: str) -> None:
        self.title = title
        self.block = block
        self.ascii_block = ascii_block
        self.colour = colour


_LOOKS: Final = {
    PlayState.STARTING: Look.STARTING,
    PlayState.PLAYING: Look.CONTENT,
    PlayState.STALLED: Look.STALLED,
    PlayState.PAUSED: Look.PAUSED,
    PlayState.BUFFERING: Look.BUFFERING,
    PlayState.WAITING: Look.WAITING,
    PlayState.ENDED: Look.ENDED,
}

_MARKS: Final = {  # of two marks in one column, the first in this list is drawn
    EventType.ERROR: ("E", "error", "bold red"),
    EventType.AD_START: ("A", "ad starts", "bold yellow"),
    EventType.PAUSE_START: ("P", "pause", "bold blue"),
}


@dataclass(frozen=True)
class Timeline:
    """A session that rich prints as a timeline, as wide as the terminal."""

    session: Session

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the marks, the bar, the scale and the legend."""
        spans = self.session.spans
        began_ms, length_ms = spans[0].begin_ms, spans[-1].end_ms - spans[0].begin_ms
        if not length_ms:
            yield Text("All events of this session have the same time, so there is no timeline to draw.")
            return
        width = min(options.max_width, _MAX_WIDTH)
        columns = [began_ms + length_ms * column // width for column in range(width + 1)]
        yield self._marks(began_ms, length_ms, width)
        yield self._bar(columns, ascii_only=options.ascii_only)
        yield _scale(length_ms / 1000, width)
        yield self._legend(ascii_only=options.ascii_only)

    def _marks(self, began_ms: int, length_ms: int, width: int) -> Text:
        cells = [(" ", "")] * width
        for event_type, (letter, _, colour) in reversed(_MARKS.items()):
            for event in self.session.events:
                if event.type is event_type:
                    column = min((event.ts - began_ms) * width // length_ms, width - 1)
                    cells[column] = (letter, colour)
        return Text.assemble(*cells)

    def _bar(self, columns: list[int], *, ascii_only: bool) -> Text:
        """Return the bar: each column shows the look that fills most of its time."""
        bar = Text()
        for from_ms, to_ms in pairwise(columns):
            shares: Counter[Look] = Counter()
            for span in self.session.spans:
                shares[look_of(span)] += max(0, min(to_ms, span.end_ms) - max(from_ms, span.begin_ms))
            [(look, _)] = shares.most_common(1)
            bar.append(look.ascii_block if ascii_only else look.block, look.colour)
        return bar

    def _legend(self, *, ascii_only: bool) -> Text:
        totals: Counter[Look] = Counter()
        for span in self.session.spans:
            totals[look_of(span)] += span.duration_ms
        legend = Text()
        for look in Look:
            if totals[look]:
                legend.append((look.ascii_block if ascii_only else look.block) * 2, look.colour)
                legend.append(f" {look.title} {totals[look] / 1000:.1f} s   ")
        seen = {event.type for event in self.session.events}
        for event_type, (letter, title, colour) in _MARKS.items():
            if event_type in seen:
                legend.append(letter, colour).append(f" {title}   ")
        legend.rstrip()
        return legend


def look_of(span: Span) -> Look:
    """Return the look of a span; playing during an ad is drawn as an ad."""
    if span.ad is not None and span.state is PlayState.PLAYING:
        return Look.AD
    return _LOOKS[span.state]


def _scale(length_s: float, width: int) -> Text:
    step_s = next((step for step in _STEPS_S if step / length_s * width >= _MIN_COLUMNS_PER_LABEL), _STEPS_S[-1])
    scale = [" "] * width
    for at_s in _every(step_s, length_s):
        label, column = _clock(at_s), int(at_s / length_s * width)
        if column + len(label) <= width:
            scale[column : column + len(label)] = label
    return Text("".join(scale).rstrip(), "dim")


def _every(step_s: int, length_s: float) -> Iterator[int]:
    yield from range(0, int(length_s) + 1, step_s)


def _clock(at_s: int) -> str:
    minutes, seconds = divmod(at_s, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
