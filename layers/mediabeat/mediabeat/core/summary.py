"""The summary of a stored session: metrics, action log and totals. It is stored when the session closes."""

import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from mediabeat.core.action_log import LogLine, Totals, action_log, totals
from mediabeat.core.close_rules import CloseReason
from mediabeat.core.event import EventType, title_of
from mediabeat.core.folding.interruptions import Interruption, interruptions
from mediabeat.core.folding.log import fold_stored
from mediabeat.core.metrics import Metrics, measure
from mediabeat.core.playback import LoggedError, error_id, error_source
from mediabeat.core.records import ListEntry, Phase, Start, StoredSession
from mediabeat.core.session import Session
from mediabeat.core.stored_forms import compressed, decompressed
from mediabeat.core.truncation import both_ends, first_fitting

MAX_LOG_LINES: Final = 2_000
"""A summary keeps this many lines of a log: the first and the last half. A day of playing has 1,440 lines."""

ERRORS_BYTES: Final = 64 * 1024
"""JSON of the `error` events that a summary keeps: the first ones, more than 500."""

MAX_INTERRUPTIONS: Final = 500
"""A summary keeps this many interruptions: the first and the last half."""

TITLE_LENGTH: Final = 200
"""Characters of the content's title in a summary."""

LISTED_BYTES: Final = 8 * 1024
"""A list entry holds a summary of at most this size, so that the dearest list of 100 sessions has a bound.

A larger summary is stored apart, and the entry gets a short one with the same totals and counts.
"""

LISTED_LOG_LINES: Final = 160
LISTED_ADS_BYTES: Final = 1024
LISTED_CHAPTERS_BYTES: Final = 512
LISTED_ERROR_IDS_BYTES: Final = 256
"""What a short summary keeps of each list."""

MOST_ERROR_IDS: Final = 3
"""Error ids that a list shows of a session."""

ERROR_ID_LENGTH: Final = 200
"""Characters of each of them: a hundred sessions with the longest texts fit into one answer."""

UNREADABLE: Final = (AttributeError, LookupError, RuntimeError, StopIteration, TypeError, ValueError, struct.error, zlib.error)
"""Exceptions that damaged bytes raise, of a summary or of an event, and a session whose start is gone."""


class ListedSummary(NamedTuple):
    """The part of a summary that a list of sessions needs. Reading it does not build all metrics."""

    log: list[LogLine]
    totals: Totals
    is_error: bool
    clock_skew_ms: int | None
    title: str | None  # None: stored by a release without this field
    close_reason: str | None
    outcome: str | None
    experience_score: float | None
    error_ids: list[str]
    as_of: int | None = None  # epoch ms, server's clock: later events are not in it; None when all are

    @classmethod
    def from_bytes(cls, packed: bytes, *, most_lines: int) -> "ListedSummary":
        """Read a stored summary. Keeps at most `most_lines` lines of its log: the first and the last half.

        Raises one of UNREADABLE for damaged bytes.
        """
        stored = _opened(packed)
        log = [LogLine.from_stored(line) for line in both_ends(stored["log"], most_lines)]
        metrics: dict[str, Any] = stored["metrics"]
        score = metrics.get("experience_score")
        return cls(
            log,
            Totals.from_stored(stored["totals"]),
            bool(metrics.get("error_impacted")),
            stored.get("clock_skew_ms"),
            _text_or_none(stored.get("title")),
            _text_or_none(metrics.get("close_reason")),
            _text_or_none(metrics.get("outcome")),
            None if score is None else float(score),
            _listed_error_ids(metrics.get("player_errors") or (), metrics.get("external_errors") or ()),
        )


def _listed_error_ids(player: Sequence[str], external: Sequence[str]) -> list[str]:
    different = dict.fromkeys([*player, *external])
    return [error_id[:ERROR_ID_LENGTH] for error_id in list(different)[:MOST_ERROR_IDS]]


def _text_or_none(stored: Any) -> str | None:
    """Return a stored text. Raises TypeError, one of UNREADABLE, for what is neither a text nor null."""
    if stored is None or isinstance(stored, str):
        return stored
    raise TypeError(f"{type(stored).__name__} where a text is stored")


class Summary(NamedTuple):
    """The metrics of a session, its action log up to MAX_LOG_LINES, and the totals of the whole log.

    `clock_skew_ms` leads from the player's clock to the server's. It is None in summaries of release 0.1. `errors` are the first
    of the `error` events, up to ERRORS_BYTES; None in earlier summaries and in short ones. So are `interruptions`, up to
    MAX_INTERRUPTIONS. `title` is that of the content; None in earlier summaries.
    """

    metrics: Metrics
    log: list[LogLine]
    totals: Totals
    clock_skew_ms: int | None = None
    errors: list[LoggedError] | None = None
    title: str | None = None
    interruptions: list[Interruption] | None = None

    def shortened(self) -> "Summary":
        """Return a summary that fits into LISTED_BYTES: the same sums and counts, and a part of each list."""
        metrics = self.metrics.model_copy(
            update={
                "ads": tuple(first_fitting(self.metrics.ads, LISTED_ADS_BYTES)),
                "chapters": tuple(first_fitting(self.metrics.chapters, LISTED_CHAPTERS_BYTES)),
                "player_errors": tuple(first_fitting(self.metrics.player_errors, LISTED_ERROR_IDS_BYTES)),
                "external_errors": tuple(first_fitting(self.metrics.external_errors, LISTED_ERROR_IDS_BYTES)),
            }
        )
        log = both_ends(self.log, LISTED_LOG_LINES)
        return Summary(metrics, log, self.totals, self.clock_skew_ms, title=self.title)

    def to_bytes(self) -> bytes:
        """Return the stored form: compressed, because a list of sessions reads up to a hundred summaries."""
        stored: dict[str, Any] = {"metrics": self.metrics.model_dump(mode="json"), "log": self.log, "totals": self.totals}
        if self.clock_skew_ms is not None:
            stored["clock_skew_ms"] = self.clock_skew_ms
        if self.errors:
            stored["errors"] = self.errors
        if self.title is not None:
            stored["title"] = self.title
        if self.interruptions is not None:
            stored["interruptions"] = self.interruptions
        return compressed(json.dumps(stored, separators=(",", ":"), ensure_ascii=False).encode())

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Summary":
        """Read a stored summary of any release (see `stored_forms`).

        Raises one of UNREADABLE for damaged bytes.
        """
        stored = _opened(packed)
        log = [LogLine.from_stored(line) for line in stored["log"]]
        read = Metrics.from_stored(stored["metrics"]), log, Totals.from_stored(stored["totals"])
        errors = [LoggedError.from_stored(one) for one in stored["errors"]] if "errors" in stored else None
        if errors is None and not read[0].error_events:
            errors = []
        gaps = [Interruption.from_stored(one) for one in stored["interruptions"]] if "interruptions" in stored else None
        return cls(*read, stored.get("clock_skew_ms"), errors, stored.get("title"), gaps)

    def listed(self, *, most_lines: int) -> ListedSummary:
        """Return the part that a list of sessions needs, as `ListedSummary.from_bytes` does."""
        metrics = self.metrics
        return ListedSummary(
            both_ends(self.log, most_lines),
            self.totals,
            metrics.error_impacted,
            self.clock_skew_ms,
            self.title,
            metrics.close_reason,
            metrics.outcome,
            metrics.experience_score,
            _listed_error_ids(metrics.player_errors, metrics.external_errors),
        )

    @staticmethod
    def version_of(packed: bytes) -> int:
        """Return the version of the formulas behind a stored summary; 0 if unknown, so that the summary is recomputed."""
        try:
            return int(_opened(packed)["metrics"].get("metrics_version", 0))
        except UNREADABLE:
            return 0


def short_form(packed: bytes) -> bytes | None:
    """Return what a list entry holds of a stored summary that is too large for it; None if the summary is small enough."""
    return None if len(packed) <= LISTED_BYTES else Summary.from_bytes(packed).shortened().to_bytes()


def _opened(packed: bytes) -> Any:
    return from_json(decompressed(packed))


def summarize(
    stored: StoredSession,
    reason: CloseReason | None = None,
    folded: Session | None = None,
    business_errors: tuple[str, ...] = (),
) -> Summary:
    """Return the summary of a session. `reason` is given when the session closes now; an open session is measured up to now.

    `folded` is the fold of the stored events, if the caller has it. `business_errors` are those of the session's project.
    """
    session = folded or fold_stored(stored)
    reason = reason or (CloseReason.SESSION_END if stored.head.phase is Phase.ENDED else stored.head.close_reason)
    log = action_log(session)
    skew_ms = clock_skew_ms(stored, log[-1].at_ms)
    errors = (
        LoggedError(event.ts, event.playhead, error_id(event), error_source(event))
        for event in session.events
        if event.type is EventType.ERROR
    )
    kept = list(first_fitting(errors, ERRORS_BYTES))
    return Summary(
        measure(session, reason, business_errors),
        both_ends(log, MAX_LOG_LINES),
        totals(log),
        skew_ms,
        kept,
        title_of(session.start.params)[:TITLE_LENGTH],
        both_ends(list(interruptions(session)), MAX_INTERRUPTIONS),
    )


def clock_skew_ms(stored: StoredSession, ended_ms: int) -> int | None:
    """Return what to add to the player's clock to get the server's, given when the session's log ends on the player's clock.

    A request arrives after what it reports, so the arrival of the first event and that of the last one each give an upper bound.
    The first one alone is too high for a session that is sent late, as a replay is. None while the creation is unfinished.
    """
    if stored.start is None:
        return None
    if stored.start.ts_skew == 0:
        return 0  # a downloaded session, which arrives long after it ended
    return min(stored.start.ts_skew, stored.head.last_at - ended_ms)


class ListedSession(NamedTuple):
    """A session in a list. `summary` is None for a session that has just expired, or is too large to measure now.

    `failure` says why an open session could not be measured.
    """

    entry: ListEntry
    summary: ListedSummary | None
    failure: Exception | None = None


class ShownSession(NamedTuple):
    """A session in detail: its `sessionStart` and its summary. Events after `as_of` (epoch ms) are not in it; None: all are."""

    sid: str
    start: Start
    summary: Summary
    as_of: int | None = None
