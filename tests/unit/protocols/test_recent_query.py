"""What may be asked of the list of recent sessions, and the small formats of its answer."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from mediabeat.core.records import ListEntry
from mediabeat.core.session_query import SessionQuery
from mediabeat.errors import InvalidInput
from mediabeat.use_cases.list_sessions import date_text, masked, number_of, parse_query, recent_sessions, video_time

if TYPE_CHECKING:
    from mediabeat.storage.session_queries import SessionQueries

NOW = 1_795_000_000_123
DAY = 86_400_000


def at(*moment: int) -> int:
    """Return a UTC moment, given as year, month, day and so on, in epoch milliseconds."""
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1_000)  # type: ignore[misc, arg-type]


def wrong(**parameters: str) -> list[str]:
    """Return the names of the parameters that are refused."""
    with pytest.raises(InvalidInput) as refused:
        parse_query(parameters, now=NOW)
    return [problem.field for problem in refused.value.problems]


def test_nothing_asked_is_the_last_seven_days_of_everything() -> None:
    assert parse_query({}, now=NOW) == SessionQuery(("PC", "Mobile"), ("VOD", "LIVE"), NOW - 7 * DAY, NOW, 100)


def test_parameters_that_are_not_known_are_ignored() -> None:
    assert parse_query({"responseFormatType": "json"}, now=NOW) == parse_query({}, now=NOW)


@pytest.mark.parametrize(
    ("device", "devices"),
    [
        ("PC,Mobile", ("PC", "Mobile")),
        ("Mobile,PC", ("PC", "Mobile")),
        ("PC", ("PC",)),
        ("Mobile", ("Mobile",)),
        ("PC,PC", ("PC",)),
    ],
)
def test_devices_are_chosen_each_once(device: str, devices: tuple[str, ...]) -> None:
    assert parse_query({"device": device}, now=NOW).devices == devices


@pytest.mark.parametrize(("video_type", "types"), [("VOD,LIVE", ("VOD", "LIVE")), ("VOD", ("VOD",)), ("LIVE", ("LIVE",))])
def test_video_types_are_chosen(video_type: str, types: tuple[str, ...]) -> None:
    assert parse_query({"videoType": video_type}, now=NOW).video_types == types


@pytest.mark.parametrize(("limit", "expected"), [("1", 1), ("100", 100), ("007", 7)])
def test_the_limit_is_up_to_a_hundred(limit: str, expected: int) -> None:
    assert parse_query({"limit": limit}, now=NOW).limit == expected


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026-11-18", at(2026, 11, 18), at(2026, 11, 19) - 1),  # a bare end date means its last second
        ("2026-11-18 11:06:40", at(2026, 11, 18, 11, 6, 40), at(2026, 11, 18, 11, 6, 41) - 1),
        ("2026-11-18T11:06:40Z", at(2026, 11, 18, 11, 6, 40), at(2026, 11, 18, 11, 6, 41) - 1),
        ("2026-11-18T20:06:40+09:00", at(2026, 11, 18, 11, 6, 40), at(2026, 11, 18, 11, 6, 41) - 1),
        ("2026-11-18T11:06:40.250Z", at(2026, 11, 18, 11, 6, 40) + 250, at(2026, 11, 18, 11, 6, 40) + 250),
        ("2024-02-29", at(2024, 2, 29), at(2024, 3, 1) - 1),
        ("9999-12-31", at(9999, 12, 31), at(9999, 12, 31, 23, 59, 59) + 999),
        ("0001-01-01T00:00:00+14:00", at(1, 1, 1) - 14 * 3_600_000, at(1, 1, 1) - 14 * 3_600_000 + 999),
    ],
)
def test_dates_are_utc_and_both_included(text: str, since: int, until: int) -> None:
    assert parse_query({"startDate": text, "endDate": "9999-12-31"}, now=NOW).since == since
    query = parse_query({"endDate": text}, now=NOW)
    assert (query.since, query.until) == (until - 7 * DAY, until)


def test_a_query_may_begin_long_ago_and_end_now() -> None:
    query = parse_query({"startDate": "2020-01-01"}, now=NOW)
    assert (query.since, query.until) == (at(2020, 1, 1), NOW)


@pytest.mark.parametrize("name", ["startDate", "endDate"])
@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "2026-02-30", "18.11.2026", "1795000000000", "2026-11-18T25:00:00Z"]
)
def test_a_date_that_is_none_is_refused(name: str, text: str) -> None:
    assert wrong(**{name: text}) == [name]


@pytest.mark.parametrize("text", ["20261118", "2026-W47-3", "2026-11-18 11"])
def test_a_date_in_a_format_that_is_not_documented_is_refused(text: str) -> None:
    assert wrong(endDate=text) == ["endDate"]


@pytest.mark.parametrize(
    ("parameters", "fields"),
    [
        ({"device": "Fridge"}, ["device"]),
        ({"device": ""}, ["device"]),
        ({"device": "pc"}, ["device"]),
        ({"device": "PC, Mobile"}, ["device"]),
        ({"videoType": "VOD,"}, ["videoType"]),
        ({"limit": "0"}, ["limit"]),
        ({"limit": "101"}, ["limit"]),
        ({"limit": "-1"}, ["limit"]),
        ({"limit": "ten"}, ["limit"]),
        ({"limit": "5.0"}, ["limit"]),
        ({"limit": "²"}, ["limit"]),
        ({"limit": ""}, ["limit"]),
        pytest.param({"limit": "9" * 5_000}, ["limit"], id="a limit of 5,000 digits"),
        ({"startDate": "2026-11-19", "endDate": "2026-11-18"}, ["startDate"]),
        ({"startDate": "2999-01-01"}, ["startDate"]),
        ({"device": "x", "endDate": "x", "limit": "x", "videoType": "x"}, ["device", "endDate", "limit", "videoType"]),
    ],
    ids=str,
)
def test_each_wrong_parameter_is_named(parameters: dict[str, str], fields: list[str]) -> None:
    assert sorted(wrong(**parameters)) == fields


# The answer


class NoSessions:
    """A store of a project that has no sessions yet."""

    def newest(self, listing: str, **bounds: Any) -> Iterator[ListEntry]:
        return iter([])


@pytest.mark.parametrize(
    ("start", "end", "interval"),
    [
        ("2026-11-18", "2026-11-18", "5m"),
        ("2026-11-17 12:00:00", "2026-11-18 11:59:59", "5m"),
        ("2026-11-17 12:00:00", "2026-11-18 12:00:00", "5m"),
        ("2026-11-17 12:00:00", "2026-11-18 12:00:01", "1d"),
        ("2026-11-17", "2026-11-18", "1d"),
    ],
)
def test_a_span_of_up_to_one_day_is_in_steps_of_five_minutes(start: str, end: str, interval: str) -> None:
    query = parse_query({"startDate": start, "endDate": end}, now=NOW)
    answer = recent_sessions("demo", query, cast("SessionQueries", NoSessions()), shards=2)
    assert answer == {"code": 200, "message": f"sessionRecent ({interval})", "result": []}


def test_only_the_ends_of_a_viewers_uuid_are_shown_in_the_log() -> None:
    assert masked("ad5aea06-fb78-41c7-b2ad-716b685e32db") == "ad5aea06-****-****-****-716b685e32db"


@pytest.mark.parametrize(
    ("playhead_s", "text"),
    [
        (0, "00:00:00"),
        (30.999, "00:00:30"),
        (3_661, "01:01:01"),
        (86_399.9, "23:59:59"),
        (360_000, "100:00:00"),
        (-0.5, "00:00:00"),
    ],
)
def test_a_playhead_is_told_in_hours_minutes_and_seconds(playhead_s: float, text: str) -> None:
    assert video_time(playhead_s) == text


@pytest.mark.parametrize(
    ("at_ms", "text"), [(0, "1970-01-01 00:00:00"), (NOW, "2026-11-18 11:06:40"), (999, "1970-01-01 00:00:00")]
)
def test_a_moment_is_told_to_the_second_in_utc(at_ms: int, text: str) -> None:
    assert date_text(at_ms) == text


def entry(sid: str, started_at: int) -> ListEntry:
    return ListEntry(sid, started_at, 0, "viewer", "{}", None)


def test_the_number_of_a_session_is_decimal_stable_and_larger_for_newer_ones() -> None:
    entries = [entry(f"{number:064x}", NOW + number) for number in range(500)]
    numbers = [number_of(one) for one in entries]
    assert all(number.isdecimal() for number in numbers)
    assert sorted(numbers, key=int) == numbers
    assert number_of(entries[7]) == numbers[7]
    assert number_of(entry("a" * 64, NOW)) != number_of(entry("b" * 64, NOW))
