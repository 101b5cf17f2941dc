"""What is measured of a session: its summary, and its figures for the roll-ups."""

from typing import NamedTuple

from mediabeat.core.close_rules import CloseReason
from mediabeat.core.folding.log import fold_stored
from mediabeat.core.records import StoredSession
from mediabeat.core.rollups.figures import Figures, figures_of
from mediabeat.core.session import Session
from mediabeat.core.summary import Summary, summarize


class Measured(NamedTuple):
    """A summary and figures of the same events."""

    summary: Summary
    figures: Figures


def measured(
    stored: StoredSession,
    reason: CloseReason | None = None,
    folded: Session | None = None,
    business_errors: tuple[str, ...] = (),
) -> Measured:
    """Return what is measured of a session, as `summarize` does. Raises ValueError when it has no start."""
    if stored.start is None:
        raise ValueError(f"session {stored.sid} has no start")
    session = folded or fold_stored(stored)
    summary = summarize(stored, reason, session, business_errors)
    return Measured(summary, figures_of(session, stored.start, summary.metrics, last_at=stored.head.last_at))
