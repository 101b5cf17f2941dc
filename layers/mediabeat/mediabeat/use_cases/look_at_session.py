"""What the closer does with one due session: close it and write its summary, or move its mark.

Two steps survive a crash between them: mark the session closed (exactly one closer wins), then write its summary and drop the due
mark. A closed session without its summary still has its mark, so the next run finishes it.
"""

from typing import Final, NamedTuple

from mediabeat.core.close_rules import MINUTE_MS, CloseReason, Limits
from mediabeat.core.folding.log import fold_stored
from mediabeat.core.lifecycle import Mark, decide_close, mark_by_head, mark_of
from mediabeat.core.records import Head, Phase
from mediabeat.core.summary import short_form, summarize
from mediabeat.errors import LargeSession
from mediabeat.storage.checkpoints import session_of
from mediabeat.storage.session_store import Store

UNFINISHED_MS: Final = 15 * MINUTE_MS
"""A head without its start for this long belongs to a creation that failed: a request lasts seconds."""


class Closed(NamedTuple):
    """One session that this run, and no other, has finished. `lag_ms` is the closer's delay."""

    sid: str
    reason: CloseReason
    lag_ms: int


def close_or_rearm(sid: str, store: Store, limits: Limits, *, now: int, max_weight: int | None = None) -> Closed | None:
    """Close a due session if its time is up, else move its mark; also finish a closing that was interrupted.

    A session whose head alone proves that it is alive costs one read, however large it is. Returns None if the session is not
    finished, or another closer finished it. Raises LargeSession when all events have to be read and weigh more than
    `max_weight`.
    """
    if (asked := session_of(sid)) is not None:
        _leave_checkpoint(asked, store, max_weight)
        return None
    opened = store.open_session(sid)
    if opened is None or (due_at := opened.head.due_at) is None or due_at > now:
        return None  # the index lags behind: another closer was here
    head = opened.head
    if not head.phase.is_known:
        raise ValueError(f"phase {head.phase.value!r:.100} is of a later release, whose closer has to close the session")
    if head.phase is Phase.OPEN and (mark := mark_by_head(head, opened.tail, (), limits, now=now)):
        _rearm(sid, mark, head, store, now)
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
        _rearm(sid, mark_of(stored, limits, folded), head, store, now)
        return None
    reason, closed_at = decided
    if head.phase is not Phase.CLOSED and not store.mark_closed(sid, reason=reason, closed_at=closed_at, seen=head):
        return None  # an event or another closer was faster: the next run looks again
    # No event is missing from the summary: an earlier one would have prevented the closing, and a closed session takes none.
    summary = summarize(stored, reason, folded).to_bytes()
    short = short_form(summary)
    store.write_summary(sid, summary, short=short, as_of=head.last_at, expires_at=stored.expires_at)
    if head.noted is not None and short is None:
        store.checkpoints.forget(sid)
    if not store.drop_due_mark(sid, reason=reason, closed_at=closed_at):
        return None  # another closer did the same, and counts it
    # An ended session waits for stragglers, and a downloaded one ended long ago. Neither is the closer's delay.
    return Closed(sid, reason, now - max(closed_at, due_at))


def _rearm(sid: str, mark: Mark, head: Head, store: Store, now: int) -> None:
    if mark.noted is not None:
        store.checkpoints.ask_for(sid, now=now)
    store.rearm(sid, mark, seen=head)


def _leave_checkpoint(sid: str, store: Store, max_weight: int | None) -> None:
    """Measure an open session for queries. Raises LargeSession when it weighs more than `max_weight`."""
    opened = store.open_session(sid)
    if opened is None:
        store.checkpoints.forget(sid)
        return
    if opened.head.phase is Phase.CLOSED:
        store.checkpoints.drop_request(sid)
        return
    if max_weight is not None and opened.head.weight > max_weight:
        raise LargeSession
    try:
        summary = summarize(opened.read()).shortened().to_bytes()
    except Exception:
        store.checkpoints.drop_request(sid)  # the next run would fail too
        raise
    store.checkpoints.write(sid, summary, as_of=opened.head.last_at)
