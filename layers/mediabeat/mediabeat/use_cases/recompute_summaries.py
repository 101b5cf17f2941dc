"""Measuring closed sessions again after a formula has changed. A summary is only a fold of the stored events."""

from functools import cache
from typing import NamedTuple

from mediabeat.core.metrics import METRICS_VERSION
from mediabeat.core.rollups.measured import measured
from mediabeat.core.summary import LISTED_BYTES, Summary, short_form
from mediabeat.errors import StorageUnavailable
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.look_at_session import BusinessErrors


class Recomputed(NamedTuple):
    """How many summaries were read, how many of them were rewritten, and the ids of sessions that failed with their errors."""

    seen: int
    rewritten: int
    failed: tuple[tuple[str, Exception], ...] = ()


def recompute(
    queries: SessionQueries, store: Store, *, since: int = 0, business_errors: BusinessErrors = lambda _: ()
) -> Recomputed:
    """Rewrite summaries of an older version from the stored events, for sessions that started at or after a moment (epoch ms).

    Also rewrites summaries that are too large for a list. Can be interrupted and repeated, because a rewritten summary is not
    touched twice. `business_errors` returns those of a project; it is called once for each. Open sessions have no summary
    yet. A session that cannot be measured keeps its summary, and the others go on. Raises StorageUnavailable.
    """
    prefixes_of = cache(business_errors)
    seen = rewritten = 0
    failed: list[tuple[str, Exception]] = []
    for entry in queries.all_entries(since=since):
        if entry.summary is None:
            continue
        seen += 1
        if Summary.version_of(entry.summary) >= METRICS_VERSION and len(entry.summary) <= LISTED_BYTES:
            continue
        try:
            rewritten += _rewrite(entry.sid, queries, store, prefixes_of)
        except StorageUnavailable:
            raise
        except Exception as error:  # damaged items
            failed.append((entry.sid, error))
    return Recomputed(seen, rewritten, tuple(failed))


def _rewrite(sid: str, queries: SessionQueries, store: Store, business_errors: BusinessErrors) -> bool:
    stored = queries.read_session(sid)
    if stored is None or stored.start is None:
        return False
    summary, figures = measured(stored, business_errors=business_errors(stored.start.project_id))
    packed = summary.to_bytes()
    store.entries.write_summary(stored, packed, short=short_form(packed), figures=figures.to_bytes())
    return True
