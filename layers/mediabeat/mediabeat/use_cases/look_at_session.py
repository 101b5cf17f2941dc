"""What the closer does with one due session: close it and write its summary, or measure it for the roll-ups and move its mark.

Two steps survive a crash between them: mark the session closed (exactly one closer wins), then write its summary and drop the due
mark. A closed session without its summary still has its mark, so the next run finishes it.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from mediabeat.core.close_rules import MINUTE_MS, CloseReason, Limits
from mediabeat.core.folding.log import fold_stored
from mediabeat.core.lifecycle import decide_close, is_large, mark_by_head, mark_of
from mediabeat.core.records import Phase, StoredSession
from mediabeat.core.rollups.measured import measured
from mediabeat.core.session import Session
from mediabeat.core.summary import short_form
from mediabeat.errors import LargeSession
from mediabeat.storage.checkpoints import measured_item, session_of
from mediabeat.storage.session_store import Store

BusinessErrors = Callable[[str], tuple[str, ...]]
"""Returns the prefixes of the business errors of a project."""

UNFINISHED_MS: Final = 15 * MINUTE_MS
"""A head without its start for this long belongs to a creation that failed: a request lasts seconds."""


class Closed(NamedTuple):
    """One session that this run, and no other, has finished. `lag_ms` is the closer's delay."""

    sid: str
    reason: CloseReason
    lag_ms: int


def close_or_rearm(
    sid: str,
    store: Store,
    limits: Limits,
    *,
    now: int,
    max_weight: int | None = None,
    business_errors: BusinessErrors = lambda _: (),
) -> Closed | None:
    """Close a due session if its time is up, else move its mark; also finish a closing that was interrupted.

    A large session whose head alone proves that it is alive costs one read. Returns None if the session is not finished, or
    another closer finished it. `business_errors` returns those of a project. Raises LargeSession when all events have to be read
    and weigh more than `max_weight`.
    """
    if (asked := session_of(sid)) is not None:
        store.checkpoints.drop_request(asked)
        return None
    opened = store.open_session(sid)
    if opened is None or (due_at := opened.head.due_at) is None or due_at > now:
        return None  # the index lags behind: another closer was here
    head = opened.head
    if not head.phase.is_known:
        raise ValueError(f"phase {head.phase.value!r:.100} is of a later release, whose closer has to close the session")
    if head.phase is Phase.OPEN and (mark := mark_by_head(head, opened.tail, limits, now=now)):
        store.rearm(sid, mark, seen=head)
        return None
    if max_weight is not None and head.weight > max_weight:
        raise LargeSession
    stored = opened.read()
    if stored.start is None:
        if head.last_at + UNFINISHED_MS < now:
            store.forget_unfinished(sid, seen=head)
        return None
    folded = fold_stored(stored)
    decided = decide_close(stored, limits, now=now, folded=folded)
    if decided is None:
        _leave_figures(stored, folded, store, limits)
        return None
    reason, closed_at = decided
    if head.phase is not Phase.CLOSED and not store.mark_closed(sid, reason=reason, closed_at=closed_at, seen=head):
        return None  # an event or another closer was faster: the next run looks again
    # No event is missing from the summary: an earlier one would have prevented the closing, and a closed session takes none.
    summary, figures = measured(stored, reason, folded, business_errors(stored.start.project_id))
    short = short_form(packed := summary.to_bytes())
    store.entries.write_summary(stored, packed, short=short, figures=figures.to_bytes())
    if head.noted is not None and short is None:
        store.checkpoints.forget(sid)
    if not store.drop_due_mark(sid, reason=reason, closed_at=closed_at):
        return None  # another closer did the same, and counts it
    # An ended session waits for stragglers, and a downloaded one ended long ago. Neither is the closer's delay.
    return Closed(sid, reason, now - max(closed_at, due_at))


def _leave_figures(stored: StoredSession, folded: Session, store: Store, limits: Limits) -> None:
    """Write what is measured of an open session: for the roll-ups, and of a large one for queries. Then move its mark."""
    summary, figures = measured(stored, folded=folded)
    if (packed := figures.to_bytes()) != stored.figures:
        store.entries.write_figures(stored, packed)
    checkpoint = None
    if is_large(stored.head):
        short, as_of = summary.shortened().to_bytes(), stored.head.last_at
        checkpoint = measured_item(stored.sid, short, as_of=as_of, expires_at=stored.expires_at)
    store.rearm(stored.sid, mark_of(stored, limits, folded), seen=stored.head, checkpoint=checkpoint)
