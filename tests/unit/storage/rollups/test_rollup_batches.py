"""Transactions that count changes: what fits into one, and what it writes."""

from collections.abc import Iterator
from random import Random
from typing import Any, Final

import pytest

from mediabeat.core.rollups.counters import Change, Counted, Period, Place, Seat, content_hash
from mediabeat.core.rollups.figures import ATTEMPT, NOTHING, Figures
from mediabeat.storage.rollups import rollup_items
from mediabeat.storage.rollups.rollup_batches import MAX_IDS, MAX_WRITES, Batch, batches
from mediabeat.storage.rollups.rollup_items import UNSEEN, Named, Seen, ViewerDay
from tests.support.builders import BASE_MS

DAY_S: Final = 86_400
SESSION: Final = Counted("5" * 64, "demo", 0, 0, "viewer-1", BASE_MS, "movie-1", "A film", "")
PLAYED: Final = ATTEMPT._replace(successes=1, played_ms=((0, 1_000),))
AT: Final = BASE_MS / 1_000
MAX_EXPRESSION_BYTES: Final = 4_096
MAX_OPERATORS: Final = 300
"""DynamoDB's limits of an expression."""


def change(number: int, before: Figures = NOTHING, after: Figures = ATTEMPT, at: float = AT, **facts: Any) -> Change:
    return Change(SESSION._replace(**facts), before, after, number.to_bytes(8, "big"), at)


def written(batch: Batch, seen: dict[ViewerDay, Seen] | None = None) -> list[dict[str, Any]]:
    writes = batch.writes(seen or {}, lambda *_: True, retention_s=90 * DAY_S, rollup_retention_s=400 * DAY_S)
    return [next(iter(write.request.values())) for write in writes]


def whole_days(count: int) -> Iterator[Change]:
    """Yield sessions that touch as many items and counters as one can."""
    random = Random(1)
    for number in range(count):
        played = tuple((bucket, random.randrange(1, 300_000)) for bucket in range(289))
        after = Figures(
            1, 1, played, "played", random.randrange(30_000), random.randrange(9_000), random.randrange(1_000), is_good=True
        )
        facts: dict[str, Any] = {
            "viewer": f"v{number}",
            "content_id": f"c{number}",
            "started_at": BASE_MS + random.randrange(10**7),
        }
        yield change(number, NOTHING, after, AT + random.randrange(100), kind=random.randrange(4), **facts)


def starts(count: int, **spread: int) -> Iterator[Change]:
    """Yield starts, spread over so many viewers, hours and seconds of arrival."""
    for number in range(count):
        viewer, hour = f"v{number % spread['viewers']}", number % spread["hours"]
        facts: dict[str, Any] = {"viewer": viewer, "started_at": BASE_MS + hour * 3_600_000 + number % 12 * 300_000}
        yield change(number, at=AT + number % spread["seconds"], kind=number % 4, **facts)


def plays(count: int, contents: int) -> Iterator[Change]:
    for number in range(count):
        facts: dict[str, Any] = {"content_id": f"c{number % contents}", "started_at": BASE_MS + number % 12 * 300_000}
        yield change(number, ATTEMPT, PLAYED, kind=number % 4, title="T" * 256, url="u" * 1_024, **facts)


@pytest.mark.parametrize(
    "changes",
    [
        list(whole_days(40)),
        list(starts(500, viewers=500, hours=1, seconds=1)),
        list(starts(500, viewers=1, hours=24, seconds=1)),
        list(starts(500, viewers=500, hours=24, seconds=3_600)),
        list(plays(1_000, contents=1)),
        list(plays(1_000, contents=400)),
    ],
    ids=["whole days", "a burst", "one viewer", "over a day", "one content", "many contents"],
)
def test_transactions_keep_the_limits_of_the_database(changes: list[Change]) -> None:
    made = list(batches([*changes, *changes[:7]]))
    counted = [one.change.id for batch in made for one in batch.countings]
    assert sorted(counted) == sorted(one.id for one in changes)
    for batch in made:
        writes = written(batch)
        assert len(writes) <= MAX_WRITES
        assert len({str(write["Key"]) for write in writes}) == len(writes)
        for write in writes:
            condition, update = write.get("ConditionExpression", ""), write.get("UpdateExpression", "")
            assert max(len(condition), len(update)) <= MAX_EXPRESSION_BYTES
            assert condition.count("NOT") + condition.count("contains") + condition.count("AND") <= MAX_OPERATORS
            assert update.count(":") <= MAX_OPERATORS


def test_one_content_and_one_second_fill_a_transaction_with_ids() -> None:
    assert [len(batch.countings) for batch in batches(plays(200, contents=1))] == [MAX_IDS, MAX_IDS, 20]


def test_lanes_have_transactions_of_their_own() -> None:
    made = list(batches([change(1, lane=0), change(2, lane=1), change(3, lane=0)]))
    assert [(batch.lane, len(batch.countings)) for batch in made] == [(0, 2), (1, 1)]


def test_change_without_a_difference_is_not_counted() -> None:
    assert list(batches([change(1, ATTEMPT, ATTEMPT), change(2, PLAYED, PLAYED)])) == []


def test_changes_that_cancel_out_write_only_their_ids_and_the_days_version() -> None:
    [batch] = batches([change(1, NOTHING, PLAYED), change(2, PLAYED, NOTHING)])
    applied, day = written(batch)
    assert applied["ExpressionAttributeValues"][":ids"] == {"BS": [b"\0" * 7 + b"\x01", b"\0" * 7 + b"\x02"]}
    assert day["Key"] == {"pk": {"S": "roll#demo#0"}, "sk": {"S": "d#20261118"}}
    assert day["UpdateExpression"] == "SET expires_at = :expires_at ADD v :0"


def test_start_writes_hour_day_viewer_and_id() -> None:
    [batch] = batches([change(1, viewer="Viewer-1")])
    applied, viewer, hour, day = written(batch)
    assert applied == {
        "Key": {"pk": {"S": "applied#0"}, "sk": {"S": str(BASE_MS // 10_000)}},
        "UpdateExpression": "SET expires_at = :expires_at ADD ids :ids",
        "ConditionExpression": "NOT contains(ids, :0)",
        "ExpressionAttributeValues": {
            ":0": {"B": b"\0" * 7 + b"\x01"},
            ":ids": {"BS": [b"\0" * 7 + b"\x01"]},
            ":expires_at": {"N": str(BASE_MS // 1_000 + 10 + 26 * 3_600)},
        },
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    assert viewer == {
        "Key": {"pk": {"S": "uniq#demo#viewer-1"}, "sk": {"S": "20261118"}},
        "UpdateExpression": "SET n0850 = :n0850, changed_by = :by, expires_at = :expires_at",
        "ConditionExpression": "attribute_not_exists(pk)",
        "ExpressionAttributeValues": {
            ":n0850": {"N": "1"},
            ":by": {"B": b"\0" * 7 + b"\x01"},
            ":expires_at": {"N": str(BASE_MS // 1_000 + 97 * DAY_S)},
        },
    }
    ends_s = 20_775 * DAY_S + 12 * 3_600
    assert hour == {
        "Key": {"pk": {"S": "roll#demo#0"}, "sk": {"S": "h#2026111811"}},
        "UpdateExpression": "SET expires_at = :expires_at ADD a10 :0, u11 :0",
        "ExpressionAttributeValues": {":expires_at": {"N": str(ends_s + 400 * DAY_S)}, ":0": {"N": "1"}},
    }
    assert day["UpdateExpression"] == "SET expires_at = :expires_at ADD a0 :0, u1 :0, v :0"
    assert day["ExpressionAttributeValues"][":expires_at"] == {"N": str(20_776 * DAY_S + 400 * DAY_S)}


def test_second_session_of_a_viewer_writes_only_what_changes() -> None:
    [batch] = batches([change(2, kind=3)])
    viewer = ViewerDay("demo", "viewer-1", BASE_MS // 86_400_000)
    seat = Seat(BASE_MS // 300_000 % 288, 0)
    _, viewers, hour, day = written(batch, {viewer: Seen({seat: 1}, b"before", 10**11)})
    assert viewers["ConditionExpression"] == "changed_by = :read"
    assert viewers["ExpressionAttributeValues"][":expires_at"] == {"N": str(10**11)}
    assert hour["UpdateExpression"] == "SET expires_at = :expires_at ADD a13 :0, u19 :0, u11 :1"
    assert hour["ExpressionAttributeValues"][":1"] == {"N": "-1"}
    assert day["UpdateExpression"] == "SET expires_at = :expires_at ADD a3 :0, u9 :0, u1 :1, v :0"


def test_last_session_of_a_viewer_takes_the_item_with_it() -> None:
    viewer = ViewerDay("demo", "viewer-1", BASE_MS // 86_400_000)
    seat = Seat(BASE_MS // 300_000 % 288, 0)
    [batch] = batches([change(2, ATTEMPT, NOTHING)])
    last, *_ = batch.writes({viewer: Seen({seat: 1}, b"before", 0)}, lambda *_: True, retention_s=0, rollup_retention_s=0)[1:]
    assert last.request == {
        "Delete": {
            "Key": {"pk": {"S": "uniq#demo#viewer-1"}, "sk": {"S": "20261118"}},
            "ConditionExpression": "changed_by = :read",
            "ExpressionAttributeValues": {":read": {"B": b"before"}},
        }
    }
    [_, kept, *_] = written(batch, {viewer: Seen({seat: 1, Seat(3, 1): 2}, b"before", 0)})
    assert kept["UpdateExpression"] == "SET changed_by = :by, expires_at = :expires_at REMOVE n0850"


def test_session_that_goes_before_it_came_is_owed() -> None:
    [batch] = batches([change(2, ATTEMPT, NOTHING)])
    _, viewer, hour, _ = written(batch, {})
    assert viewer["ExpressionAttributeValues"][":n0850"] == {"N": "-1"}
    assert "u11" not in hour["UpdateExpression"]
    [batch] = batches([change(1)])
    seat = Seat(BASE_MS // 300_000 % 288, 0)
    _, viewer, hour, _ = written(batch, {ViewerDay("demo", "viewer-1", BASE_MS // 86_400_000): Seen({seat: -1}, b"2", 0)})
    assert "UpdateExpression" not in viewer
    assert "u11" not in hour["UpdateExpression"]


def test_names_of_a_content_are_those_of_its_newest_session() -> None:
    ones = [
        change(1, ATTEMPT, PLAYED, title="old"),
        change(2, ATTEMPT, PLAYED, title="new", started_at=BASE_MS + 1),
        change(3, PLAYED, NOTHING, title="erased", started_at=BASE_MS + 2),
    ]
    [batch] = batches(ones)
    day = Place("demo", 0, Period.CONTENT_DAY, BASE_MS // 86_400_000, content_hash("movie-1"))
    assert batch.names() == {day: Named(BASE_MS + 1, "new", "", "movie-1")}


def test_names_are_set_only_if_they_are_newer() -> None:
    [batch] = batches([change(1, ATTEMPT, PLAYED)])
    [named] = [write for write in written(batch) if "named_at" in write["UpdateExpression"]]
    assert named["Key"]["sk"]["S"].startswith("cd#20261118#")
    assert named["UpdateExpression"] == (
        "SET expires_at = :expires_at, named_at = :named_at, title = :title, #url = :url, id = :id ADD p0 :0, t0 :1"
    )
    assert named["ConditionExpression"] == (
        "attribute_not_exists(named_at) OR named_at < :named_at OR (named_at = :named_at AND title < :title)"
    )
    old = batch.writes({}, lambda *_: False, retention_s=0, rollup_retention_s=0)
    assert not [write for write in old if write.named or "named_at" in str(write.request)]


def test_batch_without_some_changes_has_the_others() -> None:
    [batch] = batches([change(1), change(2), change(3)])
    assert [one.change.id[-1] for one in batch.without([(2).to_bytes(8, "big"), b"unknown"]).countings] == [1, 3]


def test_unseen_viewer_has_no_seats() -> None:
    assert rollup_items.seen_in(None) == UNSEEN


# Keys


@pytest.mark.parametrize(
    ("period", "number", "content", "sort_key"),
    [
        (Period.HOUR, 24 * 20_783 + 7, "", "h#2026112607"),
        (Period.DAY, 20_783, "", "d#20261126"),
        (Period.CONTENT_HOUR, 24 * 20_783 + 23, "0123456789abcdef", "ch#2026112623#0123456789abcdef"),
        (Period.CONTENT_DAY, 0, "0123456789abcdef", "cd#19700101#0123456789abcdef"),
    ],
)
def test_key_tells_period_and_number(period: Period, number: int, content: str, sort_key: str) -> None:
    key = rollup_items.place_key(Place("demo#1", 2, period, number, content))
    assert key == {"pk": {"S": "roll#demo#1#2"}, "sk": {"S": sort_key}}
    assert rollup_items.number_of(key) == number
    assert not content or rollup_items.content_in(key) == content


@pytest.mark.parametrize("period", Period)
def test_items_of_a_period_lie_between_two_keys(period: Period) -> None:
    first, last = rollup_items.sort_key(period, 20_000), rollup_items.after_last(period, 20_009)
    found = [
        one.value
        for one in Period
        for number in (19_999, 20_000, 20_009, 20_010)
        for content in ("", "0" * 16, "f" * 16)
        if first <= rollup_items.place_key(Place("demo", 0, one, number, content))["sk"]["S"] <= last
    ]
    assert set(found) == {period.value}
    assert len(found) == 6
