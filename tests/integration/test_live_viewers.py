"""Viewers of each minute: a batch counts once, however often it is delivered."""

from collections import Counter

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.storage.rollups.live_viewers import LiveViewers
from mediabeat.storage.rollups.stream_records import Sighting
from mediabeat.storage.rollups.watching import project_hash

MINUTE = 29_916_666


@pytest.fixture
def viewers(table: str, dynamodb: DynamoDBClient) -> LiveViewers:
    """The viewers of a new deployment."""
    return LiveViewers(table, dynamodb)


def seen(number: int, kind: int = 0, minute: int = MINUTE, project: str = "demo") -> Sighting:
    return Sighting(project_hash(project), kind, minute, f"{number:021d}")


def test_sessions_are_counted_by_project_minute_and_kind(viewers: LiveViewers) -> None:
    viewers.count([seen(1), seen(2, kind=3), seen(3), seen(4, minute=MINUTE + 1), seen(5, project="other")])
    viewers.count([seen(6, kind=3)])
    assert viewers.minutes("demo", MINUTE - 5, MINUTE + 5) == {MINUTE: Counter({0: 2, 3: 2}), MINUTE + 1: Counter({0: 1})}
    assert viewers.minutes("other", MINUTE, MINUTE) == {MINUTE: Counter({0: 1})}
    assert viewers.minutes("nobody", MINUTE, MINUTE) == {}


def test_batch_counts_once_in_whatever_order_it_comes(viewers: LiveViewers) -> None:
    batch = [seen(1), seen(2), seen(3, minute=MINUTE + 1)]
    for delivered in (batch, batch, batch[::-1]):
        viewers.count(delivered)
    viewers.count([seen(4)])
    viewers.count(batch)
    assert viewers.minutes("demo", MINUTE, MINUTE + 1) == {MINUTE: Counter({0: 3}), MINUTE + 1: Counter({0: 1})}


def test_only_the_minutes_asked_for_are_returned(viewers: LiveViewers) -> None:
    for minute in range(MINUTE, MINUTE + 5):
        viewers.count([seen(minute, minute=minute)])
    assert list(viewers.minutes("demo", MINUTE + 1, MINUTE + 3)) == [MINUTE + 1, MINUTE + 2, MINUTE + 3]


def test_minute_is_kept_for_two_hours(viewers: LiveViewers, table: str, dynamodb: DynamoDBClient) -> None:
    viewers.count([seen(1)])
    viewers.count([seen(2)])
    [item] = dynamodb.scan(TableName=table)["Items"]
    assert item["expires_at"] == {"N": str(MINUTE * 60 + 7_200)}
    assert len(item["batches"]["BS"]) == 2
