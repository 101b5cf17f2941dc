"""The table's stream: counts what happens to sessions in the roll-ups, by which charts are drawn."""

from typing import Any

from mediabeat.runtime import telemetry
from mediabeat.runtime.logs import log_unreadable
from mediabeat.runtime.settings import pause, roll_up_settings
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.rollups.live_viewers import LiveViewers
from mediabeat.storage.rollups.rollup_store import RollUpStore
from mediabeat.storage.rollups.stream_records import read_records
from mediabeat.use_cases.roll_up import roll_up

deployed, client = roll_up_settings(), dynamodb_client()
kept = {"retention_s": deployed.retention_s, "rollup_retention_s": deployed.rollup_retention_s}
counters = RollUpStore(deployed.table_name, client, pause=pause, **kept)
viewers = LiveViewers(deployed.table_name, client)
telemetry.load()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Count a batch of records, and return how many of them counted. Raises StorageUnavailable: Lambda then repeats the batch."""
    records = read_records(event)
    roll_up(records, counters, viewers)
    log_unreadable(records.skipped, {"function_request_id": context.aws_request_id})
    telemetry.count("RollUpChanges", len(records.changes))
    telemetry.count("RollUpSkipped", len(records.skipped))
    telemetry.publish()
    return {"changes": len(records.changes), "sightings": len(records.sightings), "skipped": len(records.skipped)}
