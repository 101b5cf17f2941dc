"""Schedule, every minute: closes the sessions that have ended or gone quiet."""

from collections import Counter
from typing import Any, Final

from mediabeat.clock import server_clock
from mediabeat.closing import close_due
from mediabeat.dynamodb import dynamodb_client
from mediabeat.http import logger
from mediabeat.settings import settings
from mediabeat.store import Store

STOP_BEFORE_TIMEOUT_MS: Final = 10_000

deployed = settings()
store = Store(deployed.table_name, dynamodb_client(), index_shards=deployed.index_shards)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Close what is due and return how many, by reason."""
    closed = close_due(
        store,
        deployed.limits,
        server_clock,
        has_time=lambda: context.get_remaining_time_in_millis() > STOP_BEFORE_TIMEOUT_MS,
    )
    by_reason = dict(Counter(str(one.reason) for one in closed))
    if closed:
        logger.info("closed sessions", by_reason=by_reason, longest_lag_ms=max(one.lag_ms for one in closed))
    return {"closed": by_reason}
