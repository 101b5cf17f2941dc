"""Schedule, every minute: closes the sessions that have ended or gone quiet."""

from typing import Any

from mediabeat.core.close_rules import CloseReason
from mediabeat.runtime import telemetry
from mediabeat.runtime.logs import log_not_closed, log_runs_not_started
from mediabeat.runtime.self_invoke import SelfInvoke
from mediabeat.runtime.settings import server_clock, settings, surroundings
from mediabeat.storage.clients.lean import aws, lean_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.close_sessions import WORKERS, close_due, slices_of

deployed = settings()
client = lean_client(**surroundings(), connections=WORKERS)
store = Store(deployed.table_name, client, index_shards=deployed.index_shards)
business_errors = Registry(deployed.table_name, client).business_errors
slices = slices_of(deployed.index_shards)
self_invoke = SelfInvoke(aws)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Close the due sessions of one slice, and return how many by reason; the scheduled run also starts the other runs."""
    ms_left = context.get_remaining_time_in_millis
    with self_invoke.run(event, context, slices=slices) as sliced:
        options: Any = {"ms_left": ms_left, "number": sliced.number, "slices": slices, "business_errors": business_errors}
        run = close_due(store, deployed.limits, server_clock, **options)
    for reason in CloseReason:
        telemetry.count(telemetry.closed_metric(reason), run.closed_by_reason[reason])
    telemetry.record("CloseLag", run.max_lag_ms)
    telemetry.record("SessionsNotClosed", len(run.failed))
    telemetry.record("RunIncomplete", int(run.has_more))
    telemetry.count("RunsNotStarted", len(sliced.refused))
    log_not_closed(run.failed, context)
    log_runs_not_started(sliced.refused, context)
    telemetry.publish()
    return {"closed": dict(run.closed_by_reason), "failed": len(run.failed), "has_more": run.has_more}
