"""What is told of a stored session: its fold, how alive it is, and the summary that is kept once it is closed."""

import json
import zlib
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from mediabeat.core.action_log import LogLine, Totals, action_log, totals
from mediabeat.core.close_rules import CloseReason
from mediabeat.core.event import Event
from mediabeat.core.event_codec import is_known, unpack
from mediabeat.core.metrics import Metrics, measure
from mediabeat.core.records import ListEntry, Phase, Start, StoredSession
from mediabeat.core.session import Session, fold
from mediabeat.core.stored_forms import compressed, decompressed
from mediabeat.core.truncation import both_ends

MAX_LOG_LINES: Final = 2_000
"""Lines of a log that are kept, the first and the last half of so many: playing through a whole day are 1,440."""


UNREADABLE: Final = (AttributeError, LookupError, TypeError, ValueError, zlib.error)
"""What reading a summary raises when its bytes are not those of one."""


class ListedSummary(NamedTuple):
    """What a list of sessions needs of a summary. It is read without building all the metrics."""

    log: list[LogLine]
    totals: Totals
    is_error: bool

    @classmethod
    def from_bytes(cls, packed: bytes, *, most_lines: int) -> "ListedSummary":
        """Read a stored summary, with the first and the last half of `most_lines` lines of its log.

        Raises one of UNREADABLE for bytes that are not those of a summary.
        """
        stored = _opened(packed)
        log = [LogLine.from_stored(line) for line in both_ends(stored["log"], most_lines)]
        return cls(log, Totals.from_stored(stored["totals"]), bool(stored["metrics"].get("error_impacted")))


class Summary(NamedTuple):
    """The metrics of a session, its action log as far as it is kept, and the sums over all of it."""

    metrics: Metrics
    log: list[LogLine]
    totals: Totals

    def to_bytes(self) -> bytes:
        """Write the summary as it is stored: compressed, since every list of sessions reads up to a hundred of them."""
        stored = {"metrics": self.metrics.model_dump(mode="json"), "log": self.log, "totals": self.totals}
        return compressed(json.dumps(stored, separators=(",", ":"), ensure_ascii=False).encode())

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Summary":
        """Read a stored summary, whichever release wrote it: see `stored_forms`.

        Raises one of UNREADABLE for bytes that are not those of a summary.
        """
        stored = _opened(packed)
        log = [LogLine.from_stored(line) for line in stored["log"]]
        return cls(Metrics.from_stored(stored["metrics"]), log, Totals.from_stored(stored["totals"]))

    def listed(self, *, most_lines: int) -> ListedSummary:
        """Return what a list of sessions needs of the summary, as `ListedSummary.from_bytes` does."""
        return ListedSummary(both_ends(self.log, most_lines), self.totals, self.metrics.error_impacted)

    @staticmethod
    def version_of(packed: bytes) -> int:
        """Return the version of the formulas that made a stored summary, whatever else it holds; 0 when it does not tell."""
        try:
            return int(_opened(packed)["metrics"].get("metrics_version", 0))
        except UNREADABLE:
            return 0  # lower than every version, so that it is measured again


def _opened(packed: bytes) -> Any:
    return from_json(decompressed(packed))


def fold_stored(stored: StoredSession) -> Session:
    """Return the session that the stored events tell."""
    return fold(map(unpack, filter(is_known, stored.events)))


def summarize(stored: StoredSession, reason: CloseReason | None = None) -> Summary:
    """Return the metrics and the log of a session, closed (just now, for a `reason`, or before) or as far as it has come."""
    session = fold_stored(stored)
    reason = reason or (CloseReason.SESSION_END if stored.head.phase is Phase.ENDED else stored.head.close_reason)
    log = action_log(session)
    return Summary(measure(session, reason), both_ends(log, MAX_LOG_LINES), totals(log))


class ListedSession(NamedTuple):
    """A session in a list. `summary` is None for a session that has just expired, or is too large to measure now."""

    entry: ListEntry
    summary: ListedSummary | None


class ShownSession(NamedTuple):
    """A session in detail: its `sessionStart`, its summary and its `error` events in order of time."""

    sid: str
    start: Start
    summary: Summary
    errors: tuple[Event, ...]
