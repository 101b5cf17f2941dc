"""What is told of a stored session: its fold, how alive it is, and the summary that is kept once it is closed."""

import json
from typing import Final, NamedTuple

from mediabeat.core.action_log import LogLine, Totals, action_log, totals
from mediabeat.core.close_rules import CloseReason, Liveness
from mediabeat.core.compression import compressed, decompressed
from mediabeat.core.event import Event
from mediabeat.core.event_codec import unpack
from mediabeat.core.metrics import Metrics, measure
from mediabeat.core.session import Session, fold
from mediabeat.core.truncation import both_ends
from mediabeat.storage.session_items import Phase, StoredSession

MAX_LOG_LINES: Final = 2_000
"""Lines of a log that are kept, the first and the last half of so many: playing through a whole day are 1,440."""


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
        """Read a stored summary."""
        stored = json.loads(decompressed(packed))
        log = [LogLine(*line) for line in stored["log"]]
        return cls(Metrics.model_validate(stored["metrics"]), log, Totals(*stored["totals"]))

    @staticmethod
    def version_of(packed: bytes) -> int:
        """Return the version of the formulas that made a stored summary, whatever else it holds."""
        return int(json.loads(decompressed(packed))["metrics"]["metrics_version"])


def session_of(stored: StoredSession) -> Session:
    """Return the session that the stored events tell."""
    return fold(map(unpack, stored.events))


def summarize(stored: StoredSession, reason: CloseReason | None = None) -> Summary:
    """Return the metrics and the log of a session, closed (just now, for a `reason`, or before) or as far as it has come."""
    session = session_of(stored)
    reason = reason or (CloseReason.SESSION_END if stored.head.phase is Phase.ENDED else stored.head.close_reason)
    log = action_log(session)
    return Summary(measure(session, reason), both_ends(log, MAX_LOG_LINES), totals(log))


def liveness_of(stored: StoredSession, arriving: Event | None = None, *, now: int | None = None) -> Liveness:
    """Return what the closing rules look at, as if an event that is just `arriving` were stored too.

    The rules run on the server's clock. When the playhead moved is known by the player's only, so that is corrected by the
    skew seen at the start, and kept between the start and the last arrival.
    """
    if stored.start is None:
        raise ValueError(f"session {stored.sid} has no start")
    started_at = stored.start.started_at
    session = fold([*map(unpack, stored.events), *([arriving] if arriving else [])])
    last_at = stored.head.last_at if now is None else max(now, stored.head.last_at)
    moved_at = min(max(session.moved_ts + stored.start.ts_skew, started_at), last_at)
    return Liveness(started_at, last_at, moved_at)
