"""The items of the table, without a database."""

from typing import Any

import pytest

from mediabeat.core.close_rules import CloseReason
from mediabeat.core.event_codec import MAX_SESSION_WEIGHT, pack
from mediabeat.core.projects import Project
from mediabeat.core.records import Head, ListEntry, Phase, Start, StoredSession
from mediabeat.core.stored_forms import compressed
from mediabeat.storage import project_items, session_items, viewer_items
from mediabeat.storage.write_units import MAX_ITEM_BYTES, item_bytes
from tests.support.builders import BASE_MS, ping, play, start

SID = "5" * 64
EXPIRES_AT = BASE_MS // 1_000 + 90 * 86_400
OPEN = Head(Phase.OPEN, BASE_MS, BASE_MS + 600_000)
BEGUN = Start("demo.web-1_x", "PC", "VOD", "ad5aea06-fb78-41c7-b2ad-716b685e32db", "{}", BASE_MS, -250, pack(start()))

WRITE_UNIT_BYTES = 1_024


# Heads


def test_new_head_is_open_due_and_in_a_partition() -> None:
    assert session_items.head_item(SID, OPEN, due_shard="1.4", expires_at=EXPIRES_AT) == {
        "pk": {"S": SID},
        "sk": {"S": "head"},
        "phase": {"S": "open"},
        "last_at": {"N": "1795000000000"},
        "due_shard": {"S": "1.4"},
        "due_at": {"N": "1795000600000"},
        "taken": {"N": "0"},
        "tail_bytes": {"N": "0"},
        "seen": {"N": "-60000"},
        "expires_at": {"N": "1802776000"},
    }


def test_head_with_a_full_tail_and_one_more_ping_costs_one_write_unit() -> None:
    # 46 pings, and one event that leaves the tail a byte short of moving to a page.
    pings = [pack(ping(at, at)) for at in range(46)]
    longest = bytes(session_items.TAIL_BYTES - 1 - sum(map(len, pings)))
    tail = [*pings, longest]
    looked = OPEN._replace(began_at=BASE_MS + 1, moved_at=BASE_MS + 1, playhead=86_399.123456789012)
    head = session_items.head_item(SID, looked, due_shard="1.4", expires_at=EXPIRES_AT, of=bytes(7))
    ended = {
        "ended_at": {"N": str(BASE_MS + 1)},
        "ended_ts": {"N": str(BASE_MS + 1)},
        "taken": {"N": str(MAX_SESSION_WEIGHT - 1)},
    }
    assert sum(map(len, tail)) == session_items.TAIL_BYTES - 1
    assert item_bytes(head | ended | {"tail": {"BS": [*tail, pack(ping(99))]}}) < WRITE_UNIT_BYTES


@pytest.mark.parametrize(
    "head",
    [
        OPEN,
        OPEN._replace(began_at=BASE_MS, moved_at=BASE_MS + 1, playhead=5e-324),
        Head(Phase.CLOSED, BASE_MS, BASE_MS, closed_at=BASE_MS + 1, close_reason=CloseReason.COMPLETED, weight=7),
    ],
)
def test_head_is_read_as_it_was_written(head: Head) -> None:
    assert session_items.head_of(session_items.head_item(SID, head, due_shard="1.4", expires_at=EXPIRES_AT)) == head


def test_later_changes_of_a_head_are_read() -> None:
    item = session_items.head_item(SID, OPEN, due_shard="1.4", expires_at=EXPIRES_AT)
    ended = item | {"phase": {"S": "ended"}, "ended_at": {"N": "7"}, "ended_ts": {"N": "8"}}
    assert session_items.head_of(ended) == OPEN._replace(phase=Phase.ENDED, ended_at=7, ended_ts=8)
    summarized = {name: value for name, value in item.items() if name not in ("due_at", "due_shard")}
    assert session_items.head_of(summarized) == OPEN._replace(due_at=None)


def test_head_without_a_tail_has_none() -> None:
    head = session_items.head_item(SID, OPEN, due_shard="1.4", expires_at=EXPIRES_AT)
    assert (session_items.tail_of(head), session_items.tail_of(head | {"tail": {"BS": [b"a"]}})) == ([], [b"a"])


# Starts and lists


def test_start_is_in_the_list_of_its_project_device_and_video_type() -> None:
    assert session_items.start_item(SID, BEGUN, shards=1, expires_at=EXPIRES_AT) == {
        "pk": {"S": SID},
        "sk": {"S": "start"},
        "listing": {"S": "demo.web-1_x#PC#VOD#0"},
        "started_at": {"N": "1795000000000"},
        "ts_skew": {"N": "-250"},
        "viewer": {"S": "ad5aea06-fb78-41c7-b2ad-716b685e32db"},
        "caller": {"B": compressed(b"{}")},
        "event": {"B": BEGUN.event},
        "expires_at": {"N": "1802776000"},
        "version": {"N": "0"},
    }


@pytest.mark.parametrize("shards", [1, 2, 7, 12])
def test_every_start_is_in_just_one_of_the_listings_that_are_read(shards: int) -> None:
    listings = session_items.listings("demo.web-1_x", ["PC", "Mobile"], ["VOD", "LIVE"], shards)
    assert len(set(listings)) == len(listings) == 4 * shards
    written = {
        session_items.start_item(f"{number:064x}", BEGUN, shards=shards, expires_at=EXPIRES_AT)["listing"]["S"]
        for number in range(500)
    }
    assert written == set(session_items.listings("demo.web-1_x", ["PC"], ["VOD"], shards))


def test_listings_are_named_by_project_device_video_type_and_shard() -> None:
    assert session_items.listings("demo", ["PC", "Mobile"], ["LIVE"], 2) == [
        "demo#PC#LIVE#0",
        "demo#PC#LIVE#1",
        "demo#Mobile#LIVE#0",
        "demo#Mobile#LIVE#1",
    ]


def test_list_entry_is_read_with_its_summary_once_there_is_one() -> None:
    item = session_items.start_item(SID, BEGUN, shards=2, expires_at=EXPIRES_AT)
    entry = ListEntry(SID, BASE_MS, -250, BEGUN.viewer, "{}", None)
    assert session_items.entry_of(item) == entry
    assert session_items.entry_of(item | {"summary": {"B": b"summary"}}) == entry._replace(summary=b"summary")


# Shards


def test_shard_of_a_session_is_its_crc_32_and_must_not_change() -> None:
    # The check value of CRC-32 is that of "123456789": 0xCBF43926, which is 3,421,780,262.
    assert [session_items.shard_of("123456789", shards) for shards in (1, 2, 10, 256)] == [0, 0, 2, 0x26]


def test_sessions_are_spread_over_all_shards() -> None:
    shards = [session_items.shard_of(f"{number * 2_654_435_761:064x}", 4) for number in range(1_000)]
    assert all(200 < shards.count(shard) < 300 for shard in range(4))


# Pages


def test_page_key_depends_on_its_events_not_on_their_order() -> None:
    one = session_items.page_item(SID, [b"a", b"b"], expires_at=EXPIRES_AT)
    assert one == session_items.page_item(SID, [b"b", b"a"], expires_at=EXPIRES_AT)
    assert one == {
        "pk": {"S": SID},
        "sk": {"S": one["sk"]["S"]},
        "events": {"BS": [b"a", b"b"]},
        "expires_at": {"N": "1802776000"},
    }


def test_pages_of_different_events_have_different_names() -> None:
    contents = [[b"a"], [b"b"], [b"a", b"b"], [b"ab"], [b"a", b"bc"], [b"ab", b"c"], [b"a\0b"], [b"abc"]]
    names = [session_items.page_item(SID, events, expires_at=EXPIRES_AT)["sk"]["S"] for events in contents]
    assert all(name.startswith("page#") for name in names)
    assert len(set(names)) == len(contents)


def test_downloaded_events_are_spread_over_pages_that_fit_into_items() -> None:
    events = [number.to_bytes(4, "big") + bytes(29_996) for number in range(25)]  # 30,000 bytes each
    pages = list(session_items.pages(events))
    assert ([len(page) for page in pages], [one for page in pages for one in page]) == ([10, 10, 5], events)
    assert max(item_bytes(session_items.page_item(SID, page, expires_at=EXPIRES_AT)) for page in pages) < MAX_ITEM_BYTES


def test_smallest_events_that_fill_a_page_fit_into_an_item() -> None:
    events = [pack(ping(at, at)) for at in range(30_001)]
    (page, rest) = session_items.pages(events)
    assert (len(page), len(rest)) == (30_000, 1)
    assert item_bytes(session_items.page_item(SID, page, expires_at=EXPIRES_AT)) < MAX_ITEM_BYTES


def test_pages_of_no_events_are_empty() -> None:
    assert list(session_items.pages([])) == []


# Sessions and projects


def test_session_is_read_from_its_items_each_event_once() -> None:
    first, second, third = (pack(play(at, at)) for at in (1, 2, 3))
    items = [
        session_items.head_item(SID, OPEN, due_shard="1.4", expires_at=EXPIRES_AT) | {"tail": {"BS": [second, third]}},
        session_items.page_item(SID, [first, second], expires_at=EXPIRES_AT),
        session_items.start_item(SID, BEGUN, shards=2, expires_at=EXPIRES_AT),
    ]
    events = frozenset({BEGUN.event, first, second, third})
    expected = StoredSession(SID, OPEN, BEGUN, events, None, EXPIRES_AT, version=0)
    assert session_items.stored_session_from(SID, items) == expected
    items[2] |= {"summary": {"B": b"summary"}, "figures": {"B": b"figures"}, "version": {"N": "3"}}
    measured = expected._replace(summary=b"summary", figures=b"figures", version=3)
    assert session_items.stored_session_from(SID, items) == measured


def test_session_whose_creation_is_unfinished_has_no_start() -> None:
    head = session_items.head_item(SID, OPEN, due_shard="1.4", expires_at=EXPIRES_AT)
    assert session_items.stored_session_from(SID, [head]) == StoredSession(SID, OPEN, None, frozenset(), None, EXPIRES_AT)


def test_items_without_a_head_are_no_session() -> None:
    assert session_items.stored_session_from(SID, []) is None
    assert session_items.stored_session_from(SID, [session_items.page_item(SID, [b"a"], expires_at=EXPIRES_AT)]) is None


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"old_key_hash": "4567cdef", "old_key_until": BASE_MS + 1},
        {"keeps_viewer_uuids": True},
        {"business_errors": ("drm", "geo")},
    ],
)
def test_project_is_read_as_it_was_written(more: dict[str, Any]) -> None:
    project = Project("demo.web-1_x", "0123abcd", BASE_MS, **more)
    item = project_items.project_item(project)
    assert project_items.project_of(item) == project
    assert project_items.project_key("demo.web-1_x") == {name: item[name] for name in ("pk", "sk")}


def test_newest_session_of_a_viewer_sorts_last() -> None:
    began = [0, 999, 1_000, BASE_MS, BASE_MS + 1, 253_402_300_799_999]
    starts = [(f"{at:064x}", BEGUN._replace(started_at=at)) for at in began]
    entries = [item for sid, start in starts for item in viewer_items.viewer_items(sid, start, expires_at=EXPIRES_AT)]
    partition = viewer_items.viewer_partition("demo.web-1_x", "ad5aea06-fb78-41c7-b2ad-716b685e32db")
    assert [entry["pk"]["S"] for entry in entries] == [partition] * len(began)
    assert sorted(entries, key=lambda entry: entry["sk"]["S"]) == entries
    assert [viewer_items.viewer_entry_of(entry).sid for entry in entries] == [f"{at:064x}" for at in began]


def test_viewer_with_two_ids_has_two_entries_that_name_each_other() -> None:
    ids: Any = {"analytics_visitorId": BEGUN.viewer.upper(), "visitor_marketingCloudUserId": "b" * 8}
    begun = BEGUN._replace(event=pack(start(**ids)))
    items = viewer_items.viewer_items(SID, begun, expires_at=EXPIRES_AT)
    at = {"sk": {"S": f"001795000000000#{SID}"}, "expires_at": {"N": str(EXPIRES_AT + 48 * 3_600)}}
    assert items == [
        {"pk": {"S": f"viewer#demo.web-1_x#{BEGUN.viewer}"}, "others": {"SS": ["bbbbbbbb"]}} | at,
        {"pk": {"S": "viewer#demo.web-1_x#bbbbbbbb"}, "others": {"SS": [BEGUN.viewer]}} | at,
    ]
    keys = [{name: item[name] for name in ("pk", "sk")} for item in items]
    assert [viewer_items.viewer_entry_of(item).keys for item in items] == [keys[::-1], keys]


def test_viewer_entry_costs_one_write_unit_with_the_longest_project_id() -> None:
    ids: Any = {"analytics_visitorId": "a" * 36, "visitor_marketingCloudUserId": "b" * 36}
    begun = BEGUN._replace(project_id="p" * 100, event=pack(start(**ids)))
    items = viewer_items.viewer_items(SID, begun, expires_at=EXPIRES_AT)
    assert max(map(item_bytes, items)) < WRITE_UNIT_BYTES


@pytest.mark.parametrize("opt_outs", [{}, {"opt_out_share": True}, {"opt_out_forwarding": True}])
def test_start_item_carries_opt_out_flags_for_stream_filters(opt_outs: dict[str, Any]) -> None:
    begun = BEGUN._replace(**opt_outs)
    item = session_items.start_item(SID, begun, shards=1, expires_at=EXPIRES_AT)
    told = {name: item[name] for name in item if name.startswith("opt_out")}
    assert told == {name: {"BOOL": True} for name in opt_outs}
    read = session_items.stored_session_from(
        SID, [session_items.head_item(SID, OPEN, due_shard="1.4", expires_at=EXPIRES_AT), item]
    )
    assert read is not None
    assert read.start == begun
