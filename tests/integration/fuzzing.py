"""Random requests to every route, as the events that API Gateway makes of them.

Bodies are real ones with a few changes, so that a request gets past the first check.
"""

import base64
import copy
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from mediabeat.core.event import EventType
from mediabeat.openapi import openapi
from mediabeat.protocols.cmcd.schema import KEYS
from mediabeat.protocols.media_edge.schema import EVENT_TYPES as EDGE_TYPES
from tests.support.api import Event, Route, event_of
from tests.support.builders import BASE_MS, Wire, wire, wire_start
from tests.support.edge import as_xdm, xdm_start
from tests.support.journeys import COLLECTION_JOURNEYS, bodies_of

EDGE_EVENTS: Final = [name.removeprefix("media.") for name in EDGE_TYPES]
VIEWER: Final = "ad5aea06-fb78-41c7-b2ad-716b685e32db"
OTHER: Final = frozenset(f"{method} /api/v2/{{proxy+}}" for method in ("GET", "POST", "PUT", "DELETE", "PATCH"))


@cache
def documented() -> dict[str, Any]:
    """The answers of each route by status, as the OpenAPI document has them; the routes for what is no route have one."""
    document = openapi("0")
    answers = {
        f"{method.upper()} {path}": operation["responses"]
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }
    not_found = {"404": document["paths"]["/api/v2/channels/{channelId}"]["get"]["responses"]["404"]}
    return answers | dict.fromkeys(OTHER, not_found)


@cache
def components() -> dict[str, Any]:
    """The components of the OpenAPI document."""
    told: dict[str, Any] = openapi("0")["components"]
    return told


class Known(NamedTuple):
    """What there is for requests to be about."""

    sids: dict[str, str]
    channels: list[str]
    keys: Mapping[str, str]
    sign: Callable[[str, str], dict[str, str]]


class Literal(str):
    """JSON text that goes into a body unchanged, because no Python value is written like it."""

    __slots__ = ()


# Values

MANY: Final = {str(number): number for number in range(300)}
LITERALS: Final = [
    *("1e400", "-1e400", "1" + "0" * 400, "1" * 5_000, "-0", "-0.0", "1e-400", "9223372036854775807", "9223372036854775808"),
    *("1e308", "5e-324", "253402300799999", "253402300800000", "1e12", "1000000000001", "0.1e1", "1E+2", "NaN", "Infinity"),
    *("-Infinity", "nul", "01", "+1", ".5", "'x'", '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\x00"', '"\\x"', "[1,]"),
    *("[" * 9 + "]" * 9, "[" * 180 + "]" * 180, "[" * 5_000 + "]" * 5_000, '{"a":' * 50 + "1" + "}" * 50, "{" * 5_000),
    *('{"a":1,"a":"b"}', '{"":{"":""}}', "[[[],[]],{}]", "/**/1", "", "\ufeff1", '"' + "\U0001f600" * 20 + '"'),
]
TEXTS: Final = st.one_of(
    st.sampled_from(
        [
            *("", " ", "\0", "null", "live", "VOD", "demo", "no-such-project", "x" * 129, "y" * 4_096, "z" * 4_097, "ß" * 5_000),
            *("💥" * 9, "../../x", "a#b#c", "' OR 1=1", "<b>", "{{sid}}", "%00", "\r\nX: y", "\u202e", VIEWER),
        ]
    ),
    st.text(max_size=12),
)
SEGMENTS: Final = TEXTS.filter(bool)  # of a path: none is empty
VALUES: Final = st.one_of(
    st.sampled_from(LITERALS).map(Literal),
    TEXTS,
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([[], {}, [{}], [[]], {"id": "x"}, [{"media.state.name": "mute"}], [1] * 300, MANY]),
    st.recursive(st.none() | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)),
).map(copy.deepcopy)  # since what is drawn is changed
NAMES: Final = st.one_of(
    st.sampled_from(["eventType", "playerTime", "params", "customMetadata", "qoeData", "playhead", "ts", "media.x", "media.id"])
    | st.sampled_from(
        ["analytics.visitorId", "media.length", "media.contentType", "media.qoe.bitrate", "bitrate", "name", "extra"]
    ),
    TEXTS,
    TEXTS.map("media.".__add__),
)
TS: Final = st.one_of(st.integers(0, 3_600_000).map(BASE_MS.__add__), st.integers(0, 253_402_300_799_999))
PLAYHEADS: Final = st.one_of(st.integers(0, 100), st.floats(-1e12, 1e12), st.sampled_from([-0.0, 1e-300, 86_399.9, 1e12]))


# Bodies


@cache
def events_sent() -> list[Wire]:
    """Events of whole viewings, one of each type and of each journey, but for the first and the last."""
    seen: dict[tuple[str, str], Wire] = {}
    for journey in COLLECTION_JOURNEYS:
        for body in bodies_of(journey):
            seen.setdefault((journey, body["eventType"]), body)
    bare = [wire(one) for one in EventType]
    return [body for body in [*seen.values(), *bare] if body["eventType"] not in ("sessionStart", "sessionEnd")]


@st.composite
def mutated(draw: st.DrawFn, body: Any) -> Any:
    """Change up to three things of a JSON value: put another in their place, take one away, add one, wrap or repeat it."""
    body = json.loads(json.dumps(body))
    for _ in range(draw(st.integers(0, 3))):
        parent: Any = None
        key: Any = None
        value = body
        while isinstance(value, dict | list) and value and (parent is None or draw(st.booleans())):
            keys = list(value) if isinstance(value, dict) else list(range(len(value)))
            parent, key = value, draw(st.sampled_from(keys))
            value = parent[key]
        if parent is None:
            return draw(VALUES)
        match draw(st.sampled_from(["replace", "replace", "remove", "add", "wrap", "repeat"])):
            case "replace":
                parent[key] = draw(VALUES)
            case "remove":
                del parent[key]
            case "add" if isinstance(parent, dict):
                parent[draw(NAMES)] = draw(VALUES)
            case "wrap":
                parent[key] = [value]
            case _ if isinstance(parent, list):
                parent.append(value)
    return body


def as_json(value: Any) -> str:
    """Write a value with the literals in it as they stand."""
    literals: list[str] = []

    def marked(inner: Any) -> Any:
        if isinstance(inner, Literal):
            literals.append(inner)
            return f"@@{len(literals) - 1}@@"
        if isinstance(inner, dict):
            return {name: marked(one) for name, one in inner.items()}
        return [marked(one) for one in inner] if isinstance(inner, list) else inner

    text = json.dumps(marked(value), ensure_ascii=False)
    for place, literal in enumerate(literals):
        text = text.replace(f'"@@{place}@@"', literal)
    return text


def encoded(text: str, form: str) -> bytes:
    """Write a body's text in one of the ways in which it can come."""
    raw = text.encode(errors="surrogatepass")
    match form:
        case "bom":
            return b"\xef\xbb\xbf" + raw
        case "utf-16":
            return text.encode("utf-16", errors="surrogatepass")
        case "latin-1":
            return text.encode("latin-1", errors="replace")
        case "cut":
            return raw[: len(raw) * 2 // 3]
        case "twice":
            return raw + raw
        case "padded":
            return raw + b" " * 70_000
    return raw


@st.composite
def later_events(draw: st.DrawFn) -> Any:
    """Draw an event of a session, some of them right."""
    body = {**draw(st.sampled_from(events_sent()))}
    body["playerTime"] = {"playhead": draw(PLAYHEADS), "ts": draw(TS)}
    return draw(st.just(body) | mutated(body))


@st.composite
def starts(draw: st.DrawFn) -> Any:
    """Draw a `sessionStart`, some of them right."""
    body = wire_start(draw(st.integers(0, 9)), media_contentType=draw(st.sampled_from(["VOD", "live", "Linear", "x"])))
    return draw(st.just(body) | mutated(body))


@st.composite
def batches(draw: st.DrawFn) -> Any:
    """Draw a downloaded session, some of them right."""
    began = draw(starts())
    if isinstance(began, dict) and isinstance(began.get("params"), dict):
        began["params"]["media.downloaded"] = True
    return [began, *draw(st.lists(later_events(), max_size=4))]


@st.composite
def cmcd_lines(draw: st.DrawFn) -> Literal:
    """Draw the lines of a CMCD player, some of them right."""
    names = st.sampled_from([*KEYS, "v", "sid", "ts", "url", "com.example-x"]) | TEXTS
    words_sent = ["p", "e", "ps", "t", "rr", "as", "ae", "l", "?0", "?1", "1", "1.5", "-1", "27"]
    values = st.sampled_from([*words_sent, '""', '"x"', "(", "()", "(240;v)", "(240;v"])
    lines = []
    for number in range(draw(st.integers(0, 6))):
        at, sid = draw(st.integers(0, 600)), draw(st.sampled_from(["s-1", "s-2"]))
        words = {
            "e": "ps",
            "sid": f'"{sid}"',
            "sn": str(number),
            "sta": draw(st.sampled_from("spakrwefdq")),
            "ts": str(BASE_MS + 1_000 * at),
        }
        words |= draw(st.dictionaries(names, values, max_size=3))
        lines.append(",".join(f"{name}={value}" for name, value in words.items()))
    return Literal(draw(st.sampled_from(["\n", "\r\n", "\n\n"])).join(lines) + draw(st.sampled_from(["\n", "", ",", "\x00"])))


@st.composite
def edge_events(draw: st.DrawFn) -> Any:
    """Draw an event of an Edge client, some of them right; `{{sid}}` stands for a session."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.just(xdm_start(draw(st.integers(0, 9)))) | mutated(xdm_start()))
    body = {**draw(st.sampled_from(events_sent()))}
    body["playerTime"] = {"playhead": draw(st.integers(0, 100)), "ts": draw(st.integers(0, 3_600_000)) + BASE_MS}
    event = as_xdm(body, "{{sid}}")
    return draw(st.just(event) | mutated(event))


@st.composite
def edge_bodies(draw: st.DrawFn) -> Any:
    """Draw a request of an Edge client with one or more events, some of them right."""
    events = [{"xdm": one} for one in draw(st.lists(edge_events(), min_size=1, max_size=3))]
    streaming = {"konductorConfig": {"streaming": {"enabled": True}}, "queueTimeMillis": draw(st.integers(0, 20_000) | VALUES)}
    rest: Any = {"query": {"identity": {"fetch": ["ECID"]}}, "meta": streaming, "xdm": {"identityMap": {"ECID": [{"id": "7"}]}}}
    body = {"events": events} | {name: value for name, value in rest.items() if draw(st.booleans())}
    return draw(st.just(body) | st.just(body) | mutated(body))


@st.composite
def edge_downloads(draw: st.DrawFn) -> Any:
    """Draw a request with downloaded sessions of an Edge client, some of them right."""
    events = []
    for _ in range(draw(st.integers(1, 2))):
        sent = [xdm_start(), *draw(st.lists(edge_events(), max_size=3))]
        stored = [
            {
                "mediaEventType": one.get("eventType"),
                "mediaEventTimestamp": one.get("timestamp"),
                "mediaCollection": one.get("mediaCollection"),
            }
            for one in sent
            if isinstance(one, dict)
        ]
        events.append({"xdm": {"eventType": "media.downloaded", "mediaDownloadedEvents": stored}})
    body = {"events": events}
    return draw(st.just(body) | st.just(body) | mutated(body))


BODIES: Final[dict[str, st.SearchStrategy[Any]]] = {
    "POST /api/v1/sessions": starts() | batches(),
    "POST /api/v1/downloaded": batches() | starts(),
    "POST /api/v1/sessions/{sid}/events": later_events()
    | later_events()
    | st.lists(later_events(), max_size=5)
    | starts()
    | batches(),
    "POST /cmcd/v2/{projectId}": cmcd_lines() | TEXTS.map(Literal),
    "POST /api/v2/channels": st.fixed_dictionaries(
        {"name": st.from_regex(r"[a-z0-9-]{3}", fullmatch=True) | TEXTS | VALUES}
    ).flatmap(mutated),
}
FORMS: Final = st.sampled_from(["plain"] * 12 + ["bom", "utf-16", "latin-1", "cut", "twice", "padded"])
QUERIES: Final = st.dictionaries(
    st.sampled_from(["device", "videoType", "startDate", "endDate", "limit", "pageNo", "pageSizeNo"]) | TEXTS,
    st.sampled_from(
        ["PC", "Mobile", "PC,Mobile", "VOD", "LIVE", "1", "100", "0", "-1", "1e2", "999999999", "9999999999", "PC,PC"]
    )
    | st.sampled_from(["2026-11-18", "2026-11-18 11:06:42", "0001-01-01T00:00:00+14:00", "9999-12-31", "2026-02-30", "now"])
    | TEXTS,
    max_size=3,
)
HEADERS: Final = st.dictionaries(
    st.sampled_from(["user-agent", "origin", "referer", "accept-language", "content-type", "x-forwarded-for", "cookie"]) | TEXTS,
    st.sampled_from(["https://[", "http://a:b@c:99999/d?e#f", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)", ","])
    | TEXTS
    | TEXTS.map(lambda text: text * 50)
    | st.text(max_size=8),
    max_size=4,
)


# Requests


@st.composite
def requests(draw: st.DrawFn, known: Known, route: Route) -> tuple[Event, Any]:
    """Draw an event for a route; with it the body's value, if it came as plain JSON."""
    places: dict[str, st.SearchStrategy[str]] = {
        "sid": st.just(known.sids["open"]) | st.sampled_from([*known.sids.values(), "0" * 64, "A" * 64]) | SEGMENTS,
        "uuid": st.sampled_from([*known.sids.values(), VIEWER, "{" + "0" * 32 + "}"]) | SEGMENTS,
        "projectId": st.just("demo") | st.just("demo") | SEGMENTS,
        "channelId": st.sampled_from([*known.channels, "vs-20261118110640-vDVWH5l"]) | SEGMENTS,
        "eventType": st.sampled_from(EventType) | SEGMENTS,
        "proxy+": SEGMENTS,
        "event": st.sampled_from(EDGE_EVENTS) | st.sampled_from(EDGE_EVENTS) | SEGMENTS,
        "hint": st.just("irl1") | SEGMENTS,
    }
    parameters = {name: draw(strategy) for name, strategy in places.items() if "{" + name + "}" in route.path}
    path = route.path
    for name, value in parameters.items():
        path = path.replace("{" + name + "}", value)
    query = draw(QUERIES) if route.method == "GET" else {}
    if route.path.startswith("/ee/"):
        query = draw(st.sampled_from([{"configId": "demo"}] * 6 + [{"configId": "demo:dev", "requestId": "r"}]) | QUERIES)
    raw_query = "&".join(f"{name}={value}" for name, value in query.items())
    method = route.method
    headers = draw(HEADERS)
    if route.path.startswith("/v1/"):
        headers |= draw(st.just(known.keys) | st.fixed_dictionaries({}, optional=dict.fromkeys(known.keys, TEXTS)))
    if route.path.startswith("/api/v2/"):
        signed = known.sign(method, f"{path}?{raw_query}" if raw_query else path)
        headers |= draw(st.just(signed) | st.just(signed) | st.fixed_dictionaries({}, optional=dict.fromkeys(signed, TEXTS)))
    recase: Callable[[str], str] = draw(st.sampled_from([str.lower, str.upper, str.title]))
    placed = {name.rstrip("+"): value for name, value in parameters.items()}
    event = event_of(route, method, path, placed, raw_query=raw_query)
    event["headers"] = {recase(name): value for name, value in headers.items()}
    if not headers and draw(st.booleans()):
        event["headers"] = None
    if query or draw(st.sampled_from([False, True])):
        event["queryStringParameters"] = query or None
    if route.path.startswith("/ee/"):
        return event, _put_edge_body(draw, event, route, known)
    return event, _put_body(draw, event, route.key)


def _put_edge_body(draw: st.DrawFn, event: Event, route: Route, known: Known) -> Any:
    """Put a body in; mostly its event has the type that the path names."""
    value = draw(edge_downloads() | edge_bodies() if route.path.endswith("/downloaded") else edge_bodies())
    named = (event.get("pathParameters") or {}).get("event")
    if named and draw(st.booleans()) and isinstance(value, dict) and isinstance(value.get("events"), list):
        for one in value["events"]:
            if isinstance(one, dict) and isinstance(one.get("xdm"), dict):
                one["xdm"]["eventType"] = f"media.{named}"
    text = as_json(value).replace(
        "{{sid}}", draw(st.just(known.sids["open"]) | st.sampled_from([*known.sids.values(), "0" * 64]))
    )
    raw = encoded(text, draw(FORMS))
    event["body"] = raw.decode(errors="replace")
    return value


def _put_body(draw: st.DrawFn, event: Event, route: str) -> Any:
    if route not in BODIES:
        return None
    if draw(st.integers(0, 9)) == 0:
        raw = draw(st.binary(max_size=60) | st.sampled_from([b"", b" ", b"null", b"[]", b"{}", b"0", b'"x"', b"[" * 70_000]))
        value = None
    else:
        value, form = draw(BODIES[route]), draw(FORMS)
        raw = encoded(as_json(value), form)
        value = value if form == "plain" else None
    if draw(st.integers(0, 3)) == 0:
        event |= {"isBase64Encoded": True, "body": base64.b64encode(raw).decode()}
        if draw(st.integers(0, 9)) == 0:
            event["body"] = draw(TEXTS)  # which says that it is base64, and is none
            return None
    elif raw or draw(st.booleans()):
        event["body"] = raw.decode(errors="surrogateescape") if draw(st.booleans()) else raw.decode(errors="replace")
    return value
