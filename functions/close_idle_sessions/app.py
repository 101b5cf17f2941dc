"""Schedule, every minute: closes the sessions that have ended or gone quiet."""

from collections import Counter
from math import ceil
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from mediabeat.runtime.clock import server_clock
from mediabeat.runtime.self_invoke import start_run
from mediabeat.runtime.settings import settings
from mediabeat.runtime.telemetry import NAMESPACE
from mediabeat.storage.dynamodb import dynamodb_client
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.close_sessions import SIDE_BY_SIDE, close_due

SHARDS_A_RUN: Final = 2
"""One run has one processor, which closes 32 to 58 sessions per second (COSTS.md). More shards get more runs."""

LOGGED_FAILURES: Final = 10
"""When the database refuses, all fail alike."""

deployed = settings()
store = Store(deployed.table_name, dynamodb_client(SIDE_BY_SIDE), index_shards=deployed.index_shards)
logger = Logger()
metrics = Metrics(namespace=NAMESPACE)


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Close what is due and return how many, by reason."""
    parts = ceil(deployed.index_shards / SHARDS_A_RUN)
    if "part" not in event:
        for part in range(1, parts):
            start_run(context.invoked_function_arn, {"part": part})
    run = close_due(
        store,
        deployed.limits,
        server_clock,
        ms_left=context.get_remaining_time_in_millis,
        part=event.get("part", 0),
        parts=parts,
    )
    by_reason = Counter(str(one.reason) for one in run.closed)
    for reason, number in by_reason.items():
        metrics.add_metric(f"Closed{reason.title().replace('_', '')}", MetricUnit.Count, number)
    metrics.add_metric("CloseLag", MetricUnit.Milliseconds, max((one.lag_ms for one in run.closed), default=0))
    metrics.add_metric("CloseFailed", MetricUnit.Count, len(run.failed))
    metrics.add_metric("LeftOver", MetricUnit.Count, int(run.has_more))
    for one in run.failed[:LOGGED_FAILURES]:
        logger.error("session not closed", session_id=one.sid, exc_info=one.error)
    return {"closed": dict(by_reason), "failed": len(run.failed), "has_more": run.has_more}
