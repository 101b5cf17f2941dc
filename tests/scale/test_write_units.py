"""Write units as the package counts them before a write, against those that an engine charges."""

from collections.abc import Iterator

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.event_codec import pack
from mediabeat.core.records import Head, Phase, Start
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage.session_items import head_item, page_item, start_item
from mediabeat.storage.write_units import units_to_put
from tests.support.builders import noise, ping, start
from tests.support.template import table_definition

TABLE = "units"
SID = "5" * 64


@pytest.fixture
def client(engine: str) -> Iterator[DynamoDBClient]:
    client = boto3.client("dynamodb", endpoint_url=engine)
    client.create_table(TableName=TABLE, **table_definition())
    yield client
    client.delete_table(TableName=TABLE)
    client.close()


@pytest.mark.parametrize("kilobytes", [0, 1, 2, 5, 30])
def test_counted_units_are_those_that_an_engine_charges(client: DynamoDBClient, kilobytes: int) -> None:
    notes = {f"note{part}": noise(1_000, part) for part in range(kilobytes)}
    begun = Start(
        project_id="demo",
        device="PC",
        video_type="VOD",
        viewer="2c4e8d4c-6a43-8fd4-a1b0-0123456789ab",
        caller=caller_of({"user-agent": noise(200 * kilobytes)}).to_json(),
        started_at=1_795_662_892_822,
        ts_skew=-250,
        event=pack(start()._replace(custom=notes)),
    )
    head = Head(Phase.OPEN, 1_795_662_892_822, 1_795_663_492_822)
    pings = [pack(ping(at, custom=notes)) for at in range(3)]
    for item in (
        head_item(SID, head, due_shard="1.4", expires_at=1_803_438_892),
        page_item(SID, pings, expires_at=1_803_438_892),
        start_item(SID, begun, shards=2, expires_at=1_803_438_892),
    ):
        charged = client.put_item(TableName=TABLE, Item=item, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
        assert units_to_put(item) == charged["CapacityUnits"]
