"""What a hostile session comes to: its summary fits into an item of the table, its figures stay exact."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from mediabeat.core.action_log import action_log
from mediabeat.core.close_rules import CloseReason
from mediabeat.core.event import Event
from mediabeat.core.event_codec import MAX_SESSION_WEIGHT, event_weight, pack
from mediabeat.core.metrics import ADS_BYTES, CHAPTERS_BYTES, ERROR_IDS_BYTES
from mediabeat.core.records import Head, Phase, Start, StoredSession
from mediabeat.core.session import fold
from mediabeat.core.stored_forms import compressed
from mediabeat.core.summary import (
    ERROR_ID_LENGTH,
    MAX_LOG_LINES,
    MOST_ERROR_IDS,
    TITLE_LENGTH,
    ListedSummary,
    Summary,
    summarize,
)
from mediabeat.core.truncation import both_ends, first_fitting
from mediabeat.protocols.media_collection.rules import MAX_TEXT
from mediabeat.storage import session_items
from mediabeat.storage.write_units import MAX_ITEM_BYTES, item_bytes
from mediabeat.use_cases.list_sessions import MAX_LOG_LINES as MAX_ANSWERED_LINES
from tests.support.builders import BASE_MS, ad_break, event, noise, pause, ping, play, start, states_update

SID = "5" * 64
MANY = 1_000


def wide(length: int, seed: int) -> str:
    """Return text of characters that take three bytes each and that nothing makes shorter."""
    return "".join(map(chr, random.Random(seed).choices(range(0x4E00, 0x9FFF), k=length)))


def stored(*events: Event) -> StoredSession:
    begun = Start("demo", "PC", "VOD", "v", "{}", BASE_MS, 0, pack(events[0]))
    head = Head(Phase.CLOSED, BASE_MS, BASE_MS, closed_at=BASE_MS, close_reason=CloseReason.NO_EVENTS)
    return StoredSession(SID, head, begun, frozenset(map(pack, events)), None)


def ads(count: int) -> Iterator[Event]:
    for number in range(count):
        params = {"media.ad.id": wide(250, number), "media.ad.name": wide(90, -number), "media.ad.podPosition": 1}
        yield event("adStart", number + 2, params=params)


def chapters(count: int) -> Iterator[Event]:
    for number in range(count):
        named = {"media.chapter.friendlyName": wide(340, number), "media.chapter.length": 1 / (number + 1)}
        yield event("chapterStart", number + 2, params=named | {"media.chapter.index": number, "media.chapter.offset": 1 / 3})


def errors(count: int) -> Iterator[Event]:
    for number in range(count):
        source = "external" if number % 2 else "player"
        yield event("error", number + 2, params={"media.errorId": wide(340, number), "media.errorSource": source})


def seeks(count: int) -> Iterator[Event]:
    dice = random.Random(1)
    for number in range(count):
        yield (play if number % 2 else pause)(number + dice.random(), dice.random() * 1e12)


def test_largest_summary_start_and_caller_fit_into_one_item() -> None:
    texts: Any = {f"media.{number}": wide(1_300, number) for number in range(16)}  # 62 KB
    session = stored(start(**texts), ad_break(1), *ads(MANY), *chapters(MANY), *errors(MANY), *seeks(4 * MANY))
    summary = summarize(session)
    assert session.start is not None
    begun = session.start._replace(caller=wide(6_000, 0))
    item = session_items.start_item(SID, begun, shards=1_000, expires_at=1)
    assert len(begun.event) > 45_000
    assert item_bytes(item | {"summary": {"B": summary.to_bytes()}}) < MAX_ITEM_BYTES
    assert Summary.from_bytes(summary.to_bytes()) == summary
    metrics = summary.metrics
    assert (metrics.ad_count, metrics.chapter_count, metrics.error_events) == (MANY, MANY, MANY)
    listed = (metrics.ads, metrics.chapters, metrics.player_errors, metrics.external_errors)
    assert [0 < len(entries) < MANY / 2 for entries in listed] == [True] * 4
    assert metrics.ads[0].id == wide(250, 0)
    assert len(summary.log) == MAX_LOG_LINES < summary.totals.lines


def test_summary_with_the_longest_texts_fits_into_its_item() -> None:
    longest = '[253402300799999,-999999999999.9999,"player_start",253402300799999],'
    lists = ADS_BYTES + CHAPTERS_BYTES + 2 * ERROR_IDS_BYTES + MAX_LOG_LINES * len(longest)
    others, start_and_caller = 8 * 1_024, 80 * 1_024
    assert lists + others + start_and_caller < MAX_ITEM_BYTES


def test_real_session_is_kept_complete() -> None:
    breaks = [ad_break(0), *(event("adStart", at, params=AD | {"media.ad.name": f"Spot {at}"}) for at in range(1, 400))]
    metrics = summarize(stored(start(), *breaks)).metrics
    assert (len(metrics.ads), metrics.ad_count) == (399, 399)


AD = {"media.ad.id": "ad-2026-11-000123", "media.ad.podPosition": 1, "media.ad.length": 30}


def test_log_has_no_more_minutes_than_a_session_can_have() -> None:
    two_days = 2 * 86_400
    absurd = [(play if number % 2 else pause)(number * two_days, number * two_days) for number in range(200)]
    log = summarize(stored(start(media_length=0), *absurd)).totals
    assert log.lines < 2 * 24 * 60 + 3 * 200
    assert log.playing_ms == 99 * 86_400 * 1_000  # a gap counts what its playhead moved, up to a day


def test_log_of_a_long_pause_takes_no_longer_than_other_pings() -> None:
    looked_at = 0

    class Counted(float):
        def __sub__(self, other: float) -> float:
            nonlocal looked_at
            looked_at += 1
            return float.__sub__(self, other)

    viewing = [start(), play(0), pause(1, 1), *(ping(2 + at, 1)._replace(playhead=Counted(1 + at / 1e6)) for at in range(2_000))]
    session = fold(viewing)
    looked_at = 0
    action_log(session)
    assert looked_at < 5 * len(viewing)


@pytest.mark.parametrize(
    ("one", "count"),
    [
        (ping(1), 1),
        (ping(1, qoe={"media.qoe.bitrate": 2_350_000, "media.qoe.droppedFrames": 3, "media.qoe.framesPerSecond": 24}), 1),
        (states_update(1, started=["mute"]), 1),
        (ping(1, custom={"a": "x" * 4_000}), 16),
        (ping(1, custom={"a": noise(4_000)}), 16),
        (ping(1, params={"media.x": [[]] * 250}), 19),
    ],
    ids=["a ping", "with quality", "a state", "a text that compresses well", "one that does not", "many small values"],
)
def test_event_weighs_what_it_takes_in_memory(one: Event, count: int) -> None:
    assert event_weight(pack(one)) == count


def test_day_of_pings_each_second_weighs_less_than_the_maximum() -> None:
    qoe = {"media.qoe.bitrate": 12_350_000, "media.qoe.droppedFrames": 300, "media.qoe.framesPerSecond": 59.94}
    assert 86_400 * event_weight(pack(ping(1, 5_000.25, qoe=qoe))) < MAX_SESSION_WEIGHT


@pytest.mark.parametrize(
    ("most", "kept"), [(0, []), (1, [9]), (2, [0, 9]), (5, [0, 1, 7, 8, 9]), (10, list(range(10))), (11, list(range(10)))]
)
def test_list_that_is_too_long_keeps_both_ends(most: int, kept: list[int]) -> None:
    assert both_ends(range(10), most) == kept


@pytest.mark.parametrize(("most_bytes", "kept"), [(3, []), (4, ["a"]), (7, ["a"]), (8, ["a", "b"]), (13, ["a", "b", "é"])])
def test_first_entries_are_kept_as_far_as_their_json_fits(most_bytes: int, kept: list[str]) -> None:
    assert list(first_fitting(["a", "b", "é", "c"], most_bytes)) == kept


def test_list_of_any_hundred_sessions_fits_into_a_response() -> None:
    line = {
        "logDate": "9999-12-31 23:59:59",
        "videoTime": "277777777:46:40",
        "actionType": "player_start",
        "actionDuration": 253_402_300_799_999,
        "uuid": "ad5aea06-****-****-****-716b685e32db",
    }
    escaped = len(json.dumps(json.dumps(line, separators=(",", ":")) + ","))
    head_of_a_session = 6 * (256 + 512 + 512) + 1_024  # origin, system, browser, each character as long as JSON makes it
    texts = "\x01" * (TITLE_LENGTH + MOST_ERROR_IDS * ERROR_ID_LENGTH)  # nothing takes more in JSON within JSON
    others = 512  # names, and words of the API
    head_of_a_session += len(json.dumps(json.dumps(texts))) + others
    assert MAX_ANSWERED_LINES * escaped + 100 * head_of_a_session < 6 * 1_024 * 1_024


def test_list_has_the_first_different_error_ids_and_cuts_them() -> None:
    ids = [("player", "x" * 4_096), ("external", "b"), ("player", "b"), ("external", "c"), ("external", "d")]
    reported = [
        event("error", at, params={"media.errorId": error_id, "media.errorSource": by})
        for at, (by, error_id) in enumerate(ids, 2)
    ]
    summary = summarize(stored(start(), play(1), *reported))
    listed = [summary.listed(most_lines=9), ListedSummary.from_bytes(summary.to_bytes(), most_lines=9)]
    assert [one.error_ids for one in listed] == [["x" * ERROR_ID_LENGTH, "b", "c"]] * 2


def test_longest_text_hardly_grows_when_compressed() -> None:
    text = wide(MAX_TEXT, 1).encode()
    assert len(compressed(text)) < len(text) * 1.01
