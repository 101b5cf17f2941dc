"""What the records of the table's stream change in the roll-ups."""

import hashlib
from typing import Any, Final

import pytest

from mediabeat.core.event_codec import pack
from mediabeat.core.records import Head, Phase, Start
from mediabeat.core.rollups.counters import Change
from mediabeat.core.rollups.figures import ATTEMPT, NOTHING, Figures
from mediabeat.storage import session_items
from mediabeat.storage.rollups.stream_records import Sighting, change_id, read_records
from mediabeat.storage.rollups.watching import watching_value
from mediabeat.storage.table import Item
from tests.support.builders import BASE_MS, start
from tests.support.table_stream import as_event, passes, record_of

SID: Final = "5" * 64
MINUTE: Final = BASE_MS // 60_000
VIEWER: Final = "ad5aea06-fb78-41c7-b2ad-716b685e32db"
PLAYED: Final = Figures(attempts=1, successes=1, played_ms=((0, 60_000),))
CLOSED: Final = PLAYED._replace(played_ms=((0, 90_000),), outcome="played")


def start_item(shards: int = 2, device: str = "PC", **attributes: Any) -> Item:
    begun = Start("demo#1", device, "LIVE", VIEWER, "{}", BASE_MS, 0, pack(start(media_name="A film", media_url="https://a/")))
    return session_items.start_item(SID, begun, shards=shards, expires_at=1) | attributes


def head_item(**attributes: Any) -> Item:
    head = Head(Phase.OPEN, BASE_MS, BASE_MS + 600_000)
    of = watching_value(Start("demo", "Mobile", "VOD", VIEWER, "{}", BASE_MS, 0, b""))
    return session_items.head_item(SID, head, due_shard="0", expires_at=1, of=of) | attributes


def packed(figures: Figures) -> Item:
    return {"B": figures.to_bytes()}


def changes(*records: Any) -> list[Change]:
    read = read_records(as_event(records))
    assert (read.sightings, read.skipped) == ([], [])
    return read.changes


def test_new_session_is_an_attempt_with_the_facts_of_its_start() -> None:
    [change] = changes(record_of("INSERT", start_item(), at=1_795_000_000.5))
    assert (change.before, change.after, change.at) == (NOTHING, ATTEMPT, 1_795_000_000.5)
    assert change.counted._asdict() == {
        "sid": SID,
        "project_id": "demo#1",
        "lane": 0,
        "kind": 1,
        "viewer": VIEWER,
        "started_at": BASE_MS,
        "content_id": "movie-1",
        "title": "A film",
        "url": "https://a/",
    }
    assert change.id == hashlib.sha256(f"{SID}#0".encode()).digest()[:8] == change_id(SID, 0)


def test_new_session_with_figures_counts_them_at_once() -> None:
    [change] = changes(record_of("INSERT", start_item(figures=packed(CLOSED))))
    assert (change.before, change.after) == (NOTHING, CLOSED)


def test_change_has_the_figures_that_it_replaces() -> None:
    [change] = changes(record_of("MODIFY", start_item(was=packed(PLAYED), figures=packed(CLOSED), version={"N": "3"})))
    assert (change.before, change.after, change.id) == (PLAYED, CLOSED, change_id(SID, 3))


def test_lane_is_that_of_two_shards() -> None:
    shard = session_items.shard_of(SID, 64)
    [change] = changes(record_of("INSERT", start_item(shards=64)))
    assert change.counted.lane == shard // 2 > 0


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("MODIFY", start_item(figures=packed(CLOSED), version={"N": "3"})),
        ("REMOVE", start_item(figures=packed(CLOSED), was=packed(PLAYED))),
        ("INSERT", {name: value for name, value in start_item().items() if name != "version"}),
        ("MODIFY", head_item(seen={"N": "12"})),
        ("MODIFY", {name: value for name, value in head_item().items() if name not in ("seen", "of")}),
        ("REMOVE", head_item()),
        ("INSERT", session_items.page_item(SID, [b"1"], expires_at=1)),
        ("MODIFY", {"pk": {"S": "live#1"}, "sk": {"S": "2"}, "c0": {"N": "1"}}),
    ],
    ids=["changed otherwise", "expired", "of 0.1", "later in a minute", "head of 0.1", "head expired", "page", "gauge"],
)
def test_record_that_counts_nothing_is_passed_over(name: str, item: Item) -> None:
    assert read_records(as_event([record_of(name, item)])) == ([], [], [])


def test_first_event_in_a_minute_is_a_sighting() -> None:
    record = record_of("MODIFY", head_item(last_at={"N": str(BASE_MS + 61_000)}, seen={"N": "-59000"}))
    assert read_records(as_event([record])).sightings == [
        Sighting(hashlib.sha256(b"demo").hexdigest()[:12], 2, (BASE_MS + 61_000) // 60_000, record["dynamodb"]["SequenceNumber"])
    ]


@pytest.mark.parametrize(
    "damaged",
    [
        record_of("INSERT", start_item(device="Watch")),
        record_of("INSERT", start_item(event={"B": b"\x00"})),
        record_of("INSERT", start_item(figures={"B": b"\x01\xff"})),
        record_of("INSERT", start_item(figures={"S": "none"})),
        record_of("INSERT", start_item(listing={"S": "demo"})),
        record_of("MODIFY", head_item(of={"B": b"1"})),
        record_of("INSERT", start_item()) | {"dynamodb": {"Keys": {"pk": {"S": SID}}}},
    ],
    ids=["kind of a later release", "event", "figures", "figures' type", "listing", "project", "no image"],
)
def test_record_that_cannot_be_read_is_skipped_and_the_others_count(damaged: Any) -> None:
    read = read_records(as_event([damaged, record_of("INSERT", start_item())]))
    assert len(read.changes) == 1
    assert [one.sid for one in read.skipped] == [SID]


def test_record_without_a_key_is_skipped_too() -> None:
    assert [one.sid for one in read_records(as_event([{"eventName": "INSERT"}, {}])).skipped] == [None, None]


def test_filters_let_through_starts_and_first_events_of_a_minute() -> None:
    assert passes(record_of("INSERT", start_item()))
    assert passes(record_of("MODIFY", head_item()))
    others = [head_item(seen={"N": "0"}), head_item(seen={"N": "5"}), session_items.page_item(SID, [b"1"], expires_at=1)]
    without = {name: value for name, value in head_item().items() if name != "seen"}
    assert not any(passes(record_of("MODIFY", item)) for item in [*others, without])
