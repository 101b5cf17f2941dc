"""Random requests to every route: every answer is documented, a refusal writes nothing, and stored sessions can be read.

`FUZZ_EXAMPLES=20000 FUZZ_SEED=1 pytest -s tests/integration/test_fuzzing.py` searches further and prints what was answered.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mediabeat.core.cmcd.line import session_id
from mediabeat.core.event_codec import unpack
from mediabeat.core.projects import rotated
from mediabeat.protocols.media_collection.requests import parse
from mediabeat.runtime.http_api import CORS, read_json
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_store import Store
from tests.integration.fuzzing import (
    HEADERS,
    OTHER,
    SEGMENTS,
    TEXTS,
    VALUES,
    Known,
    Literal,
    as_json,
    components,
    documented,
    requests,
)
from tests.support.api import CONTEXT, Api, Route, answer, app, request, routes
from tests.support.builders import wire, wire_start
from tests.support.channel_client import ChannelClient
from tests.support.clock import Clock
from tests.support.due import due_sids

pytestmark = pytest.mark.slow

EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "60"))
FUZZ_SEED: Final = os.environ.get("FUZZ_SEED")

fuzzing = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=FUZZ_SEED is None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)
seeded: Callable[[Any], Any] = seed(int(FUZZ_SEED)) if FUZZ_SEED else lambda test: test

WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})
FAILED_EVENTS: Final = frozenset({"260022", "260023", "260024"})


@pytest.fixture
def writes() -> Iterator[list[str]]:
    """The writes of all functions that took effect, as they come."""
    done: list[str] = []

    def note(http_response: Any, model: Any, **_: Any) -> None:
        if model.name in WRITES and http_response.status_code == 200:
            done.append(model.name)

    apps = [app(function) for function in {route.function for route in routes()}]
    edge = app("media_edge")
    others = (one for one in apps if hasattr(one, "deployed") and one is not edge)
    clients = [one.store._table.client if hasattr(one, "store") else one.client for one in others]
    clients.append(edge.deployed.store._table.client)
    for client in clients:
        client.meta.events.register("after-call.dynamodb", note)
    yield done
    for client in clients:
        client.meta.events.unregister("after-call.dynamodb", note)


@pytest.fixture
def known(api: Api, clock: Clock, client: ChannelClient, registry: Registry) -> Known:
    """Sessions in each phase and channels in each status, and the keys for them."""
    demo = registry.project("demo")
    assert demo is not None
    project, api_key = rotated(demo, clock.now)
    registry.replace_project(project)
    sids = {phase: api.start(wire_start()) for phase in ("closed", "ended", "open")}
    api.send(sids["closed"], wire("sessionEnd", 1))
    clock.forward(minutes=1)
    api.close_due()
    for phase in ("ended", "open"):
        api.send(sids[phase], wire("play", 1))
    api.send(sids["ended"], wire("sessionEnd", 60))
    channels = [client.create(name) for name in ("ready", "stopped", "gone")]
    for channel in channels[1:]:
        client.change(channel, "stop")
    client.change(channels[2], "delete")
    return Known(sids, channels, {"x-api-key": api_key, "x-project-id": "demo"}, client.headers)


@cache
def validator_of(route: str, status: str) -> Draft202012Validator | None:
    """Return what knows the documented body of an answer; none for one that has none."""
    contents = list(documented()[route][status].get("content", {}).values())
    return Draft202012Validator(contents[0]["schema"] | {"components": components()}) if contents else None


def check_answer(route: str, answer: dict[str, Any]) -> None:
    """An answer is one that the OpenAPI document has for the route, readable from any page."""
    status = str(answer["statusCode"])
    assert status in documented()[route], answer
    assert answer["headers"].items() >= (CORS.items() if "/ee/" not in route else edge_cors(answer))
    assert set(answer) == {"statusCode", "headers", "body"}
    json.dumps(answer, ensure_ascii=False).encode()
    validator = validator_of(route, status)
    if validator is None:
        assert answer["body"] == ""
    else:
        validator.validate(
            json.loads(answer["body"].strip("\0\n"), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
        )


def edge_cors(answer: dict[str, Any]) -> Any:
    """Return the CORS headers that an answer to an Edge client needs: those for the origin that it names, if any."""
    origin = answer["headers"].get("Access-Control-Allow-Origin")
    needed = {"Access-Control-Allow-Credentials": "true", "Vary": "Origin"} if origin else {}
    assert origin != "*"
    return needed.items()


def sessions_in(answered: dict[str, Any]) -> list[str]:
    """Return the sessions that an Edge client was told about."""
    body = json.loads(answered["body"].strip("\0\n") or "{}")
    handles = body.get("handle", []) if isinstance(body, dict) else []
    return [one["payload"][0]["sessionId"] for one in handles if one["type"] == "media-analytics:new-session"]


API_ROUTES: Final = tuple(route for route in sorted(routes()) if not route.path.startswith("/console"))
"""The console is a page. The OpenAPI document does not have it."""


@pytest.mark.parametrize("route", API_ROUTES, ids=lambda route: route.key)
def test_every_answer_is_documented_and_refused_requests_write_nothing(
    route: Route, known: Known, writes: list[str], api: Api, clock: Clock, store: Store
) -> None:
    statuses: Counter[int] = Counter()
    started: list[str] = []

    @seeded
    @fuzzing
    @given(st.data())
    def fuzz(data: st.DataObject) -> None:
        event, value = data.draw(requests(known, route))
        writes.clear()
        answered = answer(event)
        status = answered["statusCode"]
        statuses[status] += 1
        check_answer(route.documented, answered)
        if "/ee/" in route.path:
            assert status != 400 or writes == []
            started.extend(sessions_in(answered))
        elif status >= 400:
            body = json.loads(answered["body"] or "{}")
            error = body.get("error", {})
            leaves_a_failed_event = error.get("errorCode") in FAILED_EVENTS or "is the name of channel" in error.get(
                "details", ""
            )
            if not leaves_a_failed_event and 204 not in told_each(answered):
                assert writes == []
        if status == 201:
            started.append(answered["headers"]["Location"].rpartition("/")[2])
        if (
            value is not None
            and not isinstance(value, Literal)
            and "/ee/" not in route.path
            and (status in (201, 204) or told_each(answered))
        ):
            sid = started[-1] if status == 201 else event["pathParameters"]["sid"]
            check_stored(sid, value, told_each(answered), store)

    fuzz()
    print(f"\n{route.documented}: {dict(sorted(statuses.items()))}")  # noqa: T201 - what a long search came to
    assert documented()[route.documented].keys() >= {str(status) for status in statuses}
    of_lines = [sid for sid in (session_id("demo", name) for name in ("s-1", "s-2")) if store.read_session(sid)]
    assert bool(of_lines) is ("projectId" in route.path)
    check_all_told([*known.sids.values(), *started, *of_lines], known, api, clock, store)


def told_each(answer: dict[str, Any]) -> list[int]:
    """Return what became of each event of an array of which some were refused."""
    body = json.loads(answer["body"] or "{}")
    return [one["code"] for one in body.get("events", [])] if isinstance(body, dict) else []


def check_stored(sid: str, value: Any, each: list[int], store: Store) -> None:
    """What was taken is stored, but for what comes after a `sessionEnd` and is dropped: a second one."""
    sent = read_json(as_json(value))
    sent = sent if isinstance(sent, list) else [sent]
    taken = [one for one, code in zip(sent, each or [204] * len(sent), strict=True) if code == 204]
    stored = store.read_session(sid) if taken else None
    for one in taken:
        if one["eventType"] != "sessionEnd":
            assert stored is not None
            assert parse(one) in [unpack(packed)._replace(arrived_at=None) for packed in stored.events]


def check_all_told(sids: list[str], known: Known, api: Api, clock: Clock, store: Store) -> None:
    """All that was taken can be folded, listed and shown, closed, and then listed and shown again."""
    for _ in range(2):
        span = {"startDate": "1970-01-01", "endDate": "9999-12-31"}
        listed = api.call("GET", "/v1/sessionRecent", headers=dict(known.keys), queryStringParameters=span)
        check_answer("GET /v1/sessionRecent", listed)
        assert listed["statusCode"] == 200
        for sid in sids[:40] + sids[-40:]:
            shown = api.call("GET", f"/v1/sessionRecent/{sid}", headers=dict(known.keys))
            check_answer("GET /v1/sessionRecent/{uuid}", shown)
            assert shown["statusCode"] == 200
        clock.forward(minutes=60 * 25)
        run = app("close_idle_sessions").lambda_handler({}, CONTEXT)
        assert (run["failed"], run["has_more"]) == (0, False)
        assert due_sids(store, clock.now) == []
    assert [sid for sid in sids if (stored := store.read_session(sid)) is None or stored.summary is None] == []


@fuzzing
@given(st.dictionaries(TEXTS, VALUES, max_size=3))
def test_closer_accepts_any_event_of_its_schedule(event: Any) -> None:
    run = app("close_idle_sessions").lambda_handler(event, CONTEXT)
    assert run == {"closed": {}, "failed": 0, "has_more": False}


def test_every_route_of_the_template_is_fuzzed() -> None:
    assert {route.documented for route in API_ROUTES} == set(documented())
    assert set(documented()) >= OTHER


def test_console_answers_any_file_name_and_reads_and_writes_nothing(known: Known, writes: list[str], api: Api) -> None:
    assert answer(request("GET", "/console"))["statusCode"] == 200

    @seeded
    @fuzzing
    @given(SEGMENTS, HEADERS)
    def fuzz(name: str, headers: dict[str, str]) -> None:
        writes.clear()
        answered = answer(request("GET", "/console/file") | {"pathParameters": {"file": name}, "headers": headers})
        assert answered["statusCode"] in (200, 304, 404)
        assert writes == []

    fuzz()
