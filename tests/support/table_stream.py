"""The stream of a table on the engine, as Lambda's event source mapping of template.yaml reads it."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import count
from typing import Any, Final

import httpx

from mediabeat.storage.table import Item
from tests.support.engine_connection import JSON, SIGNED
from tests.support.template import source, table_definition

Record = dict[str, Any]

STREAM: Final = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}


def streamed_table_definition() -> dict[str, Any]:
    """What `create_table` takes of the template's table, with its stream."""
    assert source()["Resources"]["Table"]["Properties"]["StreamSpecification"] == {"StreamViewType": STREAM["StreamViewType"]}
    return {**table_definition(), "StreamSpecification": STREAM}


class TableStream:
    """Reads the stream of one table from its beginning."""

    def __init__(self, engine: str, table: str) -> None:
        self._http = httpx.Client(base_url=engine, headers=JSON | SIGNED, trust_env=False)
        [stream] = self._ask("ListStreams", TableName=table)["Streams"]
        [shard] = self._ask("DescribeStream", StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]
        about = {"StreamArn": stream["StreamArn"], "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        self._next = self._ask("GetShardIterator", **about)["ShardIterator"]

    def read(self) -> list[Record]:
        """Return the records that came since the last call."""
        found: list[Record] = []
        while True:
            answer = self._ask("GetRecords", ShardIterator=self._next)
            self._next = answer["NextShardIterator"]
            found += answer["Records"]
            if not answer["Records"]:
                return found

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _ask(self, operation: str, **asked: Any) -> Any:
        answer = self._http.post(
            "/", content=json.dumps(asked), headers={"X-Amz-Target": f"DynamoDBStreams_20120810.{operation}"}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


@cache
def _patterns() -> list[dict[str, Any]]:
    mapping = source()["Resources"]["RollUpFunction"]["Properties"]["Events"]["TableStream"]["Properties"]
    return [json.loads(one["Pattern"]) for one in mapping["FilterCriteria"]["Filters"]]


def passes(record: Record) -> bool:
    """Return whether the mapping's filters let a record through."""
    return any(_matches(record, pattern) for pattern in _patterns())


def _matches(value: Any, pattern: Any) -> bool:
    """Match as Lambda documents it: a list has the values that are permitted, or rules about them."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(name in value and _matches(value[name], one) for name, one in pattern.items())
    return any(value.startswith(one["prefix"]) if isinstance(one, dict) else value == one for one in pattern)


def in_lambdas_form(item: Item) -> Item:
    """Return an item as Lambda hands it over: with bytes as base64."""

    def text(kind: str, value: Any) -> Any:
        if kind == "BS":
            return [b64encode(one).decode() for one in value]
        return b64encode(value).decode() if kind == "B" else value

    return {name: {kind: text(kind, value) for kind, value in typed.items()} for name, typed in item.items()}


_sequence = count(1)


def record_of(name: str, item: Item, *, at: float = 1_795_000_000) -> Record:
    """Return the record of a write: INSERT or MODIFY with the item after it, REMOVE with the item before it."""
    image = in_lambdas_form(item)
    written = {
        "ApproximateCreationDateTime": at,
        "Keys": {"pk": image["pk"], "sk": image["sk"]},
        "SequenceNumber": f"{next(_sequence):021d}",
        "StreamViewType": "NEW_IMAGE",
    }
    return {
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "dynamodb": written | ({} if name == "REMOVE" else {"NewImage": image}),
    }


def as_event(records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the event with which Lambda hands records to a function."""
    return {"Records": list(records)}
