"""The ads in the lines of a CMCD player.

A player reports them by events of their own (`abs`, `as`, `ae`, `abe`, `sk`), or it says nothing and an ad's player sends its
lines under the same session with the ad's content id, as the interstitials of hls.js do. The content rests during an ad, whatever
the main player says.
"""

from collections.abc import Iterator
from typing import Final

from mediabeat.core.cmcd.line import Line
from mediabeat.core.event import AD_ID, AD_POSITION, BREAK_INDEX, EventType

REPORTED: Final = frozenset({"abs", "as", "ae", "abe", "sk"})
NO_ID: Final = "unknown"

Named = tuple[EventType, dict[str, object]]
"""An event's type and its parameters."""


class Adverts:
    """The ad breaks of a session, in the order of its lines."""

    def __init__(self) -> None:
        self.break_is_open = False
        self._ad: str | None = None
        self._breaks = self._position = 0
        self._opened_by_ad = False

    def take_event(self, line: Line, playhead: float) -> Iterator[Named]:
        """Yield what a line says that reports an ad by its event."""
        match line.event:
            case "abs":
                yield from self._end_break(EventType.AD_COMPLETE)
                yield from self._open_break(playhead, opened_by_ad=False)
            case "as":
                yield from self._start(line.content_id or NO_ID, playhead)
            case "ae" | "sk" if self._ad is not None:
                yield from self._end_ad(EventType.AD_COMPLETE if line.event == "ae" else EventType.AD_SKIP)
                if self._opened_by_ad:
                    yield from self._end_break(EventType.AD_COMPLETE)
            case "abe":
                yield from self._end_break(EventType.AD_COMPLETE)

    def take_foreign(self, line: Line, playhead: float) -> Iterator[Named]:
        """Yield what a line of another content says, in a session without events of ads."""
        content_id = line.content_id or NO_ID
        match line.state:
            case "p" if self._ad != content_id:
                yield from self._end_break(EventType.AD_COMPLETE)
                yield from self._start(content_id, playhead)
            case "e" if self._ad == content_id:
                yield from self._end_break(EventType.AD_COMPLETE)
            case "f" | "q" if self._ad == content_id:
                yield from self._end_break(EventType.AD_SKIP)

    def _start(self, ad_id: str, playhead: float) -> Iterator[Named]:
        if not self.break_is_open:
            yield from self._open_break(playhead, opened_by_ad=True)
        self._ad = ad_id
        self._position += 1
        yield EventType.AD_START, {AD_ID: ad_id, AD_POSITION: self._position}

    def _open_break(self, playhead: float, *, opened_by_ad: bool) -> Iterator[Named]:
        self.break_is_open, self._opened_by_ad = True, opened_by_ad
        self._breaks, self._position = self._breaks + 1, 0
        yield EventType.AD_BREAK_START, {BREAK_INDEX: self._breaks, "media.ad.podSecond": playhead}

    def _end_ad(self, how: EventType) -> Iterator[Named]:
        if self._ad is not None:
            self._ad = None
            yield how, {}

    def _end_break(self, how: EventType) -> Iterator[Named]:
        yield from self._end_ad(how)
        if self.break_is_open:
            self.break_is_open = False
            yield EventType.AD_BREAK_COMPLETE, {}
