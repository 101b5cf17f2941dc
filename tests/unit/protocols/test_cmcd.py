"""CMCD lines as players send them: how they are parsed, what is kept, and what is skipped."""

import string
from decimal import Decimal
from typing import Any

import http_sf
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediabeat.core.cmcd.line import Line
from mediabeat.errors import BodyTooLarge, CostsTooMuch, InvalidInput, Problem, ProjectUnknown, StorageUnavailable
from mediabeat.protocols.cmcd.requests import parse_body, start_of
from mediabeat.protocols.cmcd.responses import error_reply
from mediabeat.protocols.cmcd.schema import checked_line, json_schema
from mediabeat.protocols.cmcd.structured_fields import Item, NotStructured, Token, dictionary
from mediabeat.runtime.http_api import Request
from tests.support.builders import BASE_MS

SENT = 'sid="s",ts=1795645820958'


def line(text: str) -> Line:
    """Return the only line of a body."""
    [[read]] = parse_body(f"{text},{SENT}\n".encode()).lines.values()
    return read


FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))  # a busy machine is no failure

# The parser, against a strict one

NAMES = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,8}", fullmatch=True)
STRINGS = st.text(string.ascii_letters + ' "\\,;=()', max_size=9).map(
    lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
)
BARE = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1).map(str),
    st.decimals(-999_999, 999_999, places=3).map(str),
    st.from_regex(r"[A-Za-z*][A-Za-z0-9:/!#$%&'*+.^_`|~-]{0,8}", fullmatch=True),
    st.sampled_from(["?0", "?1", ":aGVsbG8=:", "::", "@1659578233"]),
    STRINGS,
)
PARAMS = st.lists(st.tuples(NAMES, BARE | st.none()), max_size=2).map(
    lambda pairs: "".join(f";{name}" if value is None else f"; {name}={value}" for name, value in pairs)
)
INNER = st.lists(st.tuples(BARE, PARAMS).map("".join), max_size=3).map(lambda items: f"({'  '.join(items)} )")
MEMBERS = st.tuples(NAMES, st.one_of(BARE, INNER).map("=".__add__) | st.just(""), PARAMS).map("".join)
DICTIONARIES = st.lists(MEMBERS, min_size=1, max_size=4).map("\t , ".join)


def plain(value: Any) -> Any:
    """Return a value of either parser in one form."""
    if isinstance(value, Item):
        return plain(value.value), {name: plain(one) for name, one in value.params.items()}
    if isinstance(value, tuple):
        return plain(value[0]), {name: plain(one) for name, one in value[1].items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, Token | http_sf.Token):
        return "token", str(value)
    if isinstance(value, Decimal):
        return float(value)
    if hasattr(value, "timestamp"):
        return int(value.timestamp())
    return "bytes" if isinstance(value, bytes) else value


def by_strict_parser(text: str) -> dict[str, Any] | None:
    """Return what a strict parser reads, without the parameters of members; None if it refuses the text."""
    try:
        read: Any = http_sf.parse(text.encode(), tltype="dictionary")
    except http_sf.StructuredFieldError:
        return None
    return {name: plain(value) for name, (value, _) in read.items()}


@FEW
@given(DICTIONARIES)
def test_dictionary_that_a_strict_parser_reads_is_read_the_same_way(text: str) -> None:
    strict = by_strict_parser(text)
    if strict is None:
        return
    assert {name: plain(value) for name, value in dictionary(text).items()} == strict


@FEW
@given(st.text('abze0129=,;()"\\ ?:@.-\t\u65e5', max_size=30))
def test_any_text_is_read_or_refused_without_another_error(text: str) -> None:
    try:
        dictionary(text)
    except NotStructured:
        assert by_strict_parser(text) in (None, {})


@FEW
@given(st.binary(max_size=200))
def test_any_body_is_parsed_without_an_error(body: bytes) -> None:
    assert parse_body(body).skipped_lines >= 0


# Lenient where real players need it


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("e=e,ec=27", {"e": "e", "ec": ["27"]}),  # dash.js
        ('e=e,ec=("a" 2)', {"e": "e", "ec": ["a", "2"]}),
        ("ltc=8178.0", {"ltc": 8178}),  # dash.js
        ("br=293", {"br": [293]}),
        ("br=(240;v 48;a)", {"br": [[240, "v"], [48, "a"]]}),
        ('cen="chapter \\"one\\" \\\\ 日本"', {"cen": 'chapter "one" \\ 日本'}),  # hls.js
        ("pr=1", {}),
        ("pr=1.5", {"pr": 1.5}),
        ("bg,nr=?0", {"bg": True, "nr": False}),
        ('e="t"', {}),  # a string is no word
        ("sta=x", {}),
        ("sn=-1", {}),
        ("sn=?1", {}),
        ('cid=""', {}),
        (f'cid="{"x" * 129}"', {}),
        ('url="https://x?token=1",nor=("a"),bl=(0),mtp=(500),cmsdd="x"', {}),
        ('com.example-x="y",com.example-z=w,com.example-n=1', {"com.example-x": "y", "com.example-z": "w"}),
    ],
)
def test_keys_are_kept_as_they_are_meant(text: str, kept: dict[str, Any]) -> None:
    read = line(text)
    assert read == Line(1_795_645_820_958, kept)
    assert checked_line({"ts": read.ts} | kept) == read
    jsonschema.validate({"sid": "s", "ts": read.ts} | kept, json_schema())


def test_lines_may_end_in_cr_lf_and_have_spaces_around() -> None:
    body = parse_body(f" {SENT} , e=t\r\n\r\n\t{SENT},e=ps \n".encode())
    assert ([one.event for one in body.lines["s"]], body.skipped) == (["t", "ps"], {})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("e=ps,ts=1795645970772,v=2", "without sid"),
        ('sid="s",e=ps', "without ts"),
        ('sid="s",ts=1', "without ts"),
        (f"{SENT},v=3", "of a later version"),
        (f"{SENT},(", "not a dictionary of Structured Fields"),
        (f'sid="{"s" * 65}",ts=1795645820958', "without sid"),
    ],
)
def test_line_that_cannot_be_used_is_skipped_and_the_others_are_read(text: str, why: str) -> None:
    body = parse_body(f"{text}\n{SENT},e=t\n".encode())
    assert (len(body.lines["s"]), body.skipped) == (1, {why: 1})


def test_line_about_a_media_request_is_kept_only_if_it_says_something_new() -> None:
    texts = [
        *("sn=0,e=ps,sta=p,br=(240;v 48;a)", "sn=1,e=rr,sta=p,br=(240;v 48;a)", "sn=2,e=rr,sta=p,br=(600;v 48;a)"),
        *("sn=3,e=rr,sta=p,br=(648)", "sn=4,e=rr,sta=p,msd=300", "sn=5,e=rr,br=(648)"),
    ]
    body = parse_body("\n".join(f"{text},{SENT}" for text in texts).encode())
    assert [one.keys for one in body.lines["s"][1:]] == [
        {"e": "rr", "sta": "p", "br": [[600, "v"], [48, "a"]]},
        {"e": "rr", "sta": "p", "msd": 300},
        {"e": "rr", "br": [648]},
    ]


@pytest.mark.parametrize("wrong", [None, {}, {"ts": 1}, {"ts": BASE_MS, "url": "x"}, {"ts": BASE_MS, "sn": "1"}])
def test_archived_line_has_the_keys_of_a_kept_one(wrong: Any) -> None:
    with pytest.raises(ValueError, match="cmcd: "):
        checked_line(wrong)


# The start, and the replies


def test_query_says_what_cmcd_does_not() -> None:
    query = {"channel": "web", "length": "600", "player": "mine", "name": "Film"}
    params = start_of(line('cid="movie-1"'), False, "demo", query).params
    assert {name: value for name, value in params.items() if name.startswith("media.")} == {
        "media.id": "movie-1",
        "media.contentType": "VOD",
        "media.length": 600.0,
        "media.playerName": "mine",
        "media.channel": "web",
        "media.name": "Film",
    }
    live = start_of(line("e=t"), False, "demo", {"type": "live", "length": "600"}).params
    assert [live[f"media.{name}"] for name in ("id", "contentType", "length", "playerName", "channel")] == [
        "unknown",
        "live",
        0.0,
        "CMCD",
        "cmcd",
    ]


@pytest.mark.parametrize("length", ["x", "-1", "nan", "inf", "1e9", ""])
def test_length_that_is_none_is_not_known(length: str) -> None:
    assert start_of(line("e=t"), False, "demo", {"length": length}).params["media.length"] == 0.0


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ProjectUnknown(Problem("projectId", "x")), 410),
        (BodyTooLarge(1), 413),
        (CostsTooMuch("x", needed=2, most=1), 413),
        (InvalidInput(Problem("body", "must be base64")), 204),
        (StorageUnavailable("x"), 503),
        (RuntimeError("x"), 503),
    ],
)
def test_player_gets_only_statuses_that_it_is_known_to_take(error: Exception, status: int) -> None:
    reply, _ = error_reply(error, Request({}))
    assert (reply["statusCode"], reply["body"], "Access-Control-Allow-Origin" in reply["headers"]) == (status, "", True)
    assert ("Retry-After" in reply["headers"]) is (status == 503)
