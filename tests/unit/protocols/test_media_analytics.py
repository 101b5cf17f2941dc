"""Queries for recent sessions, and the small formats of their replies."""

import re
from datetime import UTC, date, datetime

import jsonschema
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mediabeat.core.records import ListEntry
from mediabeat.core.session_query import SessionQuery
from mediabeat.errors import InvalidInput
from mediabeat.protocols.media_analytics.parameters import MOMENT
from mediabeat.protocols.media_analytics.requests import PARAMETERS, named_in, parse_query
from mediabeat.protocols.media_analytics.responses import list_body
from mediabeat.protocols.media_analytics.texts import date_text, masked, number_of, video_time
from mediabeat.runtime.http_api import Request

NOW = 1_795_000_000_123
DAY = 86_400_000


def at(*moment: int) -> int:
    """Return a UTC moment, given as year, month, day and so on, in epoch milliseconds."""
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1_000)  # type: ignore[misc, arg-type]


def refused_fields(**parameters: str) -> list[str]:
    """Return the names of the parameters that are refused, if any."""
    try:
        parse_query(parameters, now=NOW)
    except InvalidInput as error:
        return [problem.field for problem in error.problems]
    return []


def wrong(**parameters: str) -> list[str]:
    """Return the names of the parameters that are refused; at least one has to be."""
    fields = refused_fields(**parameters)
    assert fields
    return fields


def test_default_query_is_everything_of_the_last_seven_days() -> None:
    assert parse_query({}, now=NOW) == SessionQuery(("PC", "Mobile"), ("VOD", "LIVE"), NOW - 7 * DAY, NOW, 100)


def test_unknown_parameters_are_ignored() -> None:
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
def test_each_device_is_chosen_once(device: str, devices: tuple[str, ...]) -> None:
    assert parse_query({"device": device}, now=NOW).devices == devices


@pytest.mark.parametrize(("video_type", "types"), [("VOD,LIVE", ("VOD", "LIVE")), ("VOD", ("VOD",)), ("LIVE", ("LIVE",))])
def test_video_types_are_chosen(video_type: str, types: tuple[str, ...]) -> None:
    assert parse_query({"videoType": video_type}, now=NOW).video_types == types


@pytest.mark.parametrize(("limit", "expected"), [("1", 1), ("100", 100), ("007", 7)])
def test_limit_is_up_to_a_hundred(limit: str, expected: int) -> None:
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


def test_query_may_begin_long_ago_and_end_now() -> None:
    query = parse_query({"startDate": "2020-01-01"}, now=NOW)
    assert (query.since, query.until) == (at(2020, 1, 1), NOW)


@pytest.mark.parametrize("name", ["startDate", "endDate"])
@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "2026-02-30", "18.11.2026", "1795000000000", "2026-11-18T25:00:00Z"]
)
def test_invalid_date_is_refused(name: str, text: str) -> None:
    assert wrong(**{name: text}) == [name]


@pytest.mark.parametrize("text", ["20261118", "2026-W47-3", "2026-11-18 11"])
def test_date_in_an_undocumented_format_is_refused(text: str) -> None:
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


SCHEMAS = {parameter.name: parameter.schema for parameter in PARAMETERS}

moments = st.builds(
    "{}{}{}{}".format,
    st.dates().map(str) | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True),
    st.sampled_from(["", " ", "T", "t", "_"]),
    st.sampled_from(["", "00:00:00", "23:59:59", "24:00:00", "11:06:40", "11:60:00", "11:06"]),
    st.sampled_from(["", ".1", ".123456", ".1234567", "Z", "z", ".5Z", "+09:00", " 09:00", "-23:59", "+24:00", "+0900", "\n"]),
)


def is_valid(name: str, text: str) -> bool:
    return jsonschema.Draft202012Validator(SCHEMAS[name]).is_valid(text)


@given(moments | st.from_regex(MOMENT, fullmatch=True) | st.text(max_size=25))
def test_documented_pattern_of_a_date_and_its_parser_agree(text: str) -> None:
    assume(not text.endswith("\n"))  # Python's `$` matches before it, JSON Schema's does not
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        no_such_day = re.fullmatch("[0-9]{4}-(02|04|06|09|11)-(29|30|31)|0000-.*", text[:10])
        assert no_such_day or not is_valid("endDate", text)
        assert wrong(endDate=text) == ["endDate"]
    else:
        assert is_valid("endDate", text) == is_valid("startDate", text) == (not refused_fields(startDate=text, endDate=text))


@pytest.mark.parametrize("time", ["2026-11-25T10:00:00 09:00", "2026-11-25 10:00:00.5 09:00"])
def test_space_before_an_offset_is_an_unencoded_plus(time: str) -> None:
    encoded = "+".join(time.rsplit(" ", 1))
    assert parse_query({"startDate": time}, now=NOW * 2) == parse_query({"startDate": encoded}, now=NOW * 2)


@pytest.mark.parametrize("name", ["device", "videoType"])
def test_every_documented_choice_is_accepted(name: str) -> None:
    assert SCHEMAS[name]["default"] in SCHEMAS[name]["enum"]
    for choice in SCHEMAS[name]["enum"]:
        assert not refused_fields(**{name: choice})
    assert parse_query({name: SCHEMAS[name]["default"]}, now=NOW) == parse_query({}, now=NOW)


@given(st.integers(-5, 1_200))
def test_documented_bounds_of_the_limit_and_its_parser_agree(limit: int) -> None:
    within = SCHEMAS["limit"]["minimum"] <= limit <= SCHEMAS["limit"]["maximum"]
    assert within == (not refused_fields(limit=str(limit)))
    assert parse_query({"limit": str(SCHEMAS["limit"]["default"])}, now=NOW) == parse_query({}, now=NOW)


def named(text: str) -> str:
    return named_in(Request({"pathParameters": {"uuid": text}}))


def test_path_names_a_viewer_or_a_session() -> None:
    viewer = "ad5aea06-fb78-41c7-b2ad-716b685e32db"
    assert named(viewer.upper()) == named(viewer.replace("-", "")) == viewer
    assert named("0a" * 32) == "0a" * 32
    for wrong_name in ("", "0A" * 32, "0a" * 31, "somebody"):
        with pytest.raises(InvalidInput):
            named(wrong_name)


# The reply


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
def test_span_of_up_to_one_day_has_the_interval_5m(start: str, end: str, interval: str) -> None:
    query = parse_query({"startDate": start, "endDate": end}, now=NOW)
    assert list_body([], query, Request({})) == {"code": 200, "message": f"sessionRecent ({interval})", "result": []}


@pytest.mark.parametrize("viewer", ["", "jane", "a-b", "a-b-c-d-e-f"])
def test_stored_viewer_of_another_form_is_masked_as_a_whole(viewer: str) -> None:
    assert masked(viewer) == "****-****-****-****-****"


def test_log_shows_only_both_ends_of_a_viewers_uuid() -> None:
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
def test_video_time_has_hours_minutes_and_seconds(playhead_s: float, text: str) -> None:
    assert video_time(playhead_s) == text


@pytest.mark.parametrize(
    ("at_ms", "text"),
    [
        (0, "1970-01-01 00:00:00"),
        (NOW, "2026-11-18 11:06:40"),
        (999, "1970-01-01 00:00:00"),
        (-5, "1970-01-01 00:00:00"),
        (10**18, "9999-12-31 23:59:59"),
    ],
)
def test_date_text_is_utc_and_to_the_second(at_ms: int, text: str) -> None:
    assert date_text(at_ms) == text


def entry(sid: str, started_at: int) -> ListEntry:
    return ListEntry(sid, started_at, 0, "viewer", "{}", None)


def test_number_is_decimal_stable_and_larger_for_newer_sessions() -> None:
    entries = [entry(f"{number:064x}", NOW + number) for number in range(500)]
    numbers = [number_of(one) for one in entries]
    assert all(number.isdecimal() for number in numbers)
    assert sorted(numbers, key=int) == numbers
    assert number_of(entries[7]) == numbers[7]
    assert number_of(entry("a" * 64, NOW)) != number_of(entry("b" * 64, NOW))
