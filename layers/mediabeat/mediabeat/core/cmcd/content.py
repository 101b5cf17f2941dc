"""The content of a CMCD session: which lines are about it, and where its playhead is."""

from collections.abc import Iterable, Sequence
from typing import Final

from mediabeat.core.cmcd.line import REQUEST, Line
from mediabeat.core.event import SECONDS_PER_DAY

LONGEST_GAP_MS: Final = 10 * 60_000
"""A longer gap between two lines is a step of the device's clock or a sleep: nothing has played in it."""


class Content:
    """Which lines are about the content of a session, and not about an ad."""

    def __init__(self, lines: Sequence[Line], *, counts_all: bool) -> None:
        self.first = next((line.content_id for line in lines if line.content_id is not None), None)
        self._ids = {None, self.first, *(line.content_id for line in lines if line.event == "c")}
        self._counts_all = counts_all

    def has(self, line: Line) -> bool:
        """Return whether a line is about the content. A linear channel that changes its content says so (`e=c`)."""
        return self._counts_all or line.content_id in self._ids


class Playhead:
    """The playhead of the content. Without `pt`, it moves with the clock while content plays; see `events`."""

    def __init__(self, ts: int, *, is_live: bool) -> None:
        self.ts = ts
        self._is_live = is_live
        self.at_s = _second_of_day(ts) if is_live else 0.0
        self._rate = 1.0

    @property
    def has_other_rate(self) -> bool:
        """Whether content does not play as fast as it was recorded."""
        return self._rate != 1

    def move_to(self, ts: int, lines: Iterable[Line], *, plays: bool) -> None:
        """Move to the time of these lines of the content; `plays`: it has played since the last time."""
        passed_ms = ts - self.ts
        if plays and passed_ms <= LONGEST_GAP_MS:
            self.at_s = _second_of_day(ts) if self._is_live else self.at_s + self._rate * passed_ms / 1_000
        self.ts = ts
        for line in lines:
            if "pt" in line.keys:
                self.at_s = _second_of_day(line.keys["pt"]) if self._is_live else line.keys["pt"] / 1_000

    def play(self, *, from_start: bool) -> None:
        """Go to where content plays now: a live stream goes on at its edge, and recorded content is replayed from its start."""
        if self._is_live:
            self.at_s = _second_of_day(self.ts)
        elif from_start:
            self.at_s = 0.0

    def take_rate(self, lines: Iterable[Line]) -> None:
        """Take note of the playback rate, which a line leaves out when it is 1."""
        for line in lines:
            if line.event != REQUEST:
                self._rate = float(line.keys.get("pr", 1))


def _second_of_day(at_ms: int) -> float:
    return at_ms / 1_000 % SECONDS_PER_DAY
