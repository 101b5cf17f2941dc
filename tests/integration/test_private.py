"""What is never stored, logged or answered: whose a session is and where it came from."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from mediabeat.core.projects import new_project
from mediabeat.core.session_query import stands_for
from mediabeat.errors import StorageUnavailable
from mediabeat.runtime.settings import viewer_key_secret
from mediabeat.storage.clients.lean import Refused
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import ViewerKey
from tests.integration.conftest import viewer_uuid
from tests.integration.contents import in_clear, items
from tests.support.api import Api, request
from tests.support.builders import Wire, wire, wire_start
from tests.support.channel_client import CHANNELS, ChannelClient, send
from tests.support.clock import Clock

ADDRESSES: Final = (
    "203.0.113.71",
    "203.0.113.72",
    "203.0.113.73",
    "203.0.113.74",
    "2001:db8:7f",
    "user-7f",
    "word-7f",
    "mail-7f",
)
WAYS: Final[dict[str, Any]] = {
    "headers": {
        "x-forwarded-for": "203.0.113.71, 203.0.113.72",
        "forwarded": 'for="[2001:db8:7f::1]";by=203.0.113.73',
        "x-real-ip": "203.0.113.74",
        "cf-connecting-ip": "203.0.113.74",
        "origin": "https://user-7f:word-7f@tv.example.com?mail-7f",
        "referer": "https://user-7f:word-7f@tv.example.com/watch?mail-7f#mail-7f",
        "cookie": "id=mail-7f",
    },
    "requestContext": {"http": {"method": "POST", "sourceIp": "203.0.113.71"}, "stage": "$default"},
}
"""How an address, or a name, comes along with a request."""

IDS: Final[dict[str, Any]] = {
    "analytics.visitorId": "jane-1f",
    "visitor.marketingCloudUserId": "jane-2f",
    "analytics.aid": "jane-3f",
    "appInstallationId": "jane-4f",
    "visitor.customerIDs": {"crm": {"id": "jane-5f", "authState": 1}},
    "visitor.new": ["jane-6f"],
}
PRIVATE: Final = (*ADDRESSES, "jane-")

Answer = dict[str, Any]


def start_of_jane(**params: Any) -> Wire:
    body = wire_start(**params)
    return body | {"params": body["params"] | IDS}


@pytest.fixture(params=[None, "ThrottlingException", "AccessDeniedException", "ValidationException", "time-out"])
def trouble(request: pytest.FixtureRequest) -> str | None:
    """What AWS has to say once the requests begin: nothing, or why it refuses."""
    return request.param  # type: ignore[no-any-return]


def refuse(trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(client: BaseClient, operation: str, asked: dict[str, Any]) -> None:
        if trouble == "time-out":
            raise ReadTimeoutError(endpoint_url="https://aws")
        raise ClientError({"Error": {"Code": trouble, "Message": "refused"}}, operation)

    monkeypatch.setattr(BaseClient, "_make_api_call", refusing)


def every_handler(api: Api, api_key: str, client: ChannelClient, sid: str) -> Iterator[Answer]:
    """Ask every handler for something that it can do and for something wrong, each time with all that is private."""

    def call(method: str, path: str, body: Any = None, **more: Any) -> Answer:
        return api.call(method, path, body, **WAYS | more)

    def call_signed(method: str, target: str, body: Any = None) -> Answer:
        event = request(method, target, body, headers=client.headers(method, target) | WAYS["headers"])
        event["requestContext"]["http"]["sourceIp"] = ADDRESSES[0]
        return {"statusCode": (told := send(event)).status, "body": json.dumps(told.body)}

    play, wrong = wire("play", 1, params=IDS | {"media.x": 1}), wire("play", 1, params=IDS)
    del play["params"]["appInstallationId"]  # known in a start only, so that this makes an event wrong
    batch = [start_of_jane(media_downloaded=True), play, wire("sessionEnd", 9)]
    keys = {"headers": WAYS["headers"] | {"x-api-key": api_key, "x-project-id": "demo"}}
    yield call("POST", "/api/v1/sessions", start_of_jane())
    yield call("POST", "/api/v1/sessions", start_of_jane(media_length="jane-7f"))
    yield call("POST", "/api/v1/sessions", start_of_jane() | {"jane": 1})
    yield call("POST", "/api/v1/sessions", '{"eventType": "sessionStart", "jane-8f')
    yield call("POST", "/api/v1/downloaded", batch)
    yield call("POST", "/api/v1/downloaded", [*batch, wrong])
    yield call("POST", f"/api/v1/sessions/{sid}/events", play)
    yield call("POST", f"/api/v1/sessions/{sid}/events", wrong)
    yield call("POST", f"/api/v1/sessions/{sid}/events", wire("ping") | {"playerTime": {"playhead": "jane-9f", "ts": []}})
    yield call("POST", f"/api/v1/sessions/{'0' * 64}/events", play)
    yield call("GET", "/v1/sessionRecent", **keys)
    yield call("GET", "/v1/sessionRecent", **keys, queryStringParameters={"limit": "0"})
    yield call("GET", f"/v1/sessionRecent/{sid}", **keys)
    yield call("GET", "/v1/sessionRecent")
    yield call("GET", "/api/v1/schemas/play")
    yield call_signed("POST", CHANNELS, {"name": "api-guide"})
    yield call_signed("GET", CHANNELS)
    yield call_signed("GET", "/api/v2/nothing")


@pytest.mark.filterwarnings("ignore:No application metrics")
def test_viewer_address_and_ids_are_never_stored_logged_or_answered(
    api: Api,
    api_key: str,
    clock: Clock,
    client_of_demo: ChannelClient,
    table: str,
    logged: list[str],
    trouble: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    sid = api.start(start_of_jane(), **WAYS)
    with monkeypatch.context() as patches:
        if trouble:
            refuse(trouble, patches)
        answers = list(every_handler(api, api_key, client_of_demo, sid))
        clock.forward(minutes=11)
        with suppress(Refused, StorageUnavailable):  # then the schedule comes again
            api.close_due()
    statuses = {answer["statusCode"] for answer in answers}
    expected = {None: {201, 204, 200, 400, 401, 404}, "ThrottlingException": {503, 400, 401, 404, 200}}
    expected["time-out"] = expected["ThrottlingException"]
    assert statuses == expected.get(trouble, {500, 400, 401, 404, 200})
    told = {
        "stored": in_clear(table),
        "logged": "\n".join([*logged, *capfd.readouterr()]),
        "answered": json.dumps([answer["body"] for answer in answers]),
    }
    assert {(where, word) for where, text in told.items() for word in PRIVATE if word in text} == set()
    assert "tv.example.com" in told["stored"], "what is no secret of the viewer's is there"
    assert logged, "what is logged is seen here"


@pytest.fixture
def client_of_demo(api_key: str, registry: Registry, secrets: Any, clock: Clock) -> ChannelClient:
    """A client of the project `demo` that signs its calls."""
    from mediabeat.core.projects import new_access_key

    key, secret = new_access_key("demo", clock())
    secrets.keep(key.id, secret)
    registry.create_access_key(key)
    return ChannelClient(key.id, secret, clock)


def ask(api: Api, api_key: str, name: str, project: str = "demo") -> Answer:
    answer = api.call("GET", f"/v1/sessionRecent/{name}", headers={"x-api-key": api_key, "x-project-id": project})
    told: Answer = json.loads(answer["body"])
    return told


def test_session_is_found_by_either_id_of_its_viewer(api: Api, api_key: str) -> None:
    sid = api.start(start_of_jane())
    found = [ask(api, api_key, viewer_uuid(name))["result"] for name in ("jane-1f", "jane-2f")]
    assert [(stands_for(one["sessionId"], sid), one["uuid"]) for one in found] == [(True, viewer_uuid("jane-1f"))] * 2
    assert ask(api, api_key, viewer_uuid("jane-3f"))["code"] == 404


@pytest.mark.parametrize(
    ("ids", "count"),
    [
        ({}, 3),
        ({"analytics_visitorId": "jane"}, 3),
        ({"analytics_visitorId": "jane", "visitor_marketingCloudUserId": "jane"}, 3),
        ({"analytics_visitorId": "", "visitor_marketingCloudUserId": "jane"}, 3),
        ({"analytics_visitorId": "jane", "visitor_marketingCloudUserId": "1234"}, 4),
    ],
)
def test_only_a_second_id_costs_another_item(api: Api, api_key: str, table: str, ids: dict[str, Any], count: int) -> None:
    sid = api.start(wire_start(**ids))
    assert len([item for item in items(table) if sid in item["pk"]["S"] + item["sk"]["S"]]) == count


def test_viewer_has_different_uuids_in_two_projects(api: Api, api_key: str, registry: Registry) -> None:
    other, other_key = new_project("other", 0)
    registry.create_project(other)
    for project in ("demo", "other"):
        api.start(wire_start(analytics_visitorId="jane", analytics_reportSuite=project))
    shown = [api.recent(key, name)["result"][0]["uuid"] for key, name in ((api_key, "demo"), (other_key, "other"))]
    assert shown == [viewer_uuid("jane"), viewer_uuid("jane", "other")]
    assert shown[0] != shown[1]


SENT: Final = "AD5AEA06-fb78-41c7-b2ad-716b685e32db"


def test_project_may_keep_sent_uuids_and_hashes_all_other_ids(api: Api, registry: Registry, table: str) -> None:
    project, key = new_project("kept", 0, keeps_viewer_uuids=True)
    registry.create_project(project)
    ids: Any = {"analytics_visitorId": "jane-1f", "visitor_marketingCloudUserId": SENT, "analytics_aid": SENT.lower()}
    sid = api.start(wire_start(analytics_reportSuite="kept", **ids))
    [listed] = api.recent(key, "kept")["result"]
    assert listed["uuid"] == SENT
    for name in (SENT, SENT.lower(), viewer_uuid("jane-1f", "kept")):
        assert stands_for(ask(api, key, name, "kept")["result"]["sessionId"], sid)
    stored = in_clear(table)
    assert (stored.count(SENT), "jane-1f" in stored) == (2, False), "shown and in the start; its entry is in small letters"
    assert f"'analytics.aid': '{SENT.lower()}'" not in stored


def test_start_item_shows_opt_outs_to_the_stream(api: Api, api_key: str, table: str) -> None:
    opted: list[Any] = [
        {},
        {"analytics_optOutShare": True, "analytics_optOutServerSideForwarding": False},
        {"analytics_optOutServerSideForwarding": True},
    ]
    sids = [api.start(wire_start(**params)) for params in opted]
    starts = {item["pk"]["S"]: item for item in items(table) if item["sk"]["S"] == "start"}
    told = [{name: value for name, value in starts[sid].items() if name.startswith("opt_out")} for sid in sids]
    assert told == [{}, {"opt_out_share": {"BOOL": True}}, {"opt_out_forwarding": {"BOOL": True}}]


# The key of the hashes


class Secrets:
    """Secrets Manager, which can be out of order, and counts."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked = 0

    def get_secret_value(self, **asked: str) -> Any:
        self.asked += 1
        if self.error:
            raise self.error
        return boto3.client("secretsmanager").get_secret_value(**asked)


@pytest.fixture
def key_store(monkeypatch: pytest.MonkeyPatch, table: str) -> Secrets:
    """What a process that has just begun reads the key from."""
    store = Secrets()
    monkeypatch.setattr("functions.create_session.app.viewer_key", ViewerKey(viewer_key_secret(), lambda: store))
    return store


def refused(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "injected"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetSecretValue")


@pytest.mark.parametrize(
    "error",
    [
        lambda: EndpointConnectionError(endpoint_url="https://aws"),
        lambda: ConnectTimeoutError(endpoint_url="https://aws"),
        lambda: ReadTimeoutError(endpoint_url="https://aws"),
        lambda: refused("ThrottlingException", 400),
        lambda: refused("InternalServiceError", 500),
        lambda: refused("502", 502),
        lambda: refused("ResourceNotFoundException", 400),
    ],
)
def test_session_with_an_id_is_refused_when_the_viewer_key_is_missing(
    api: Api, api_key: str, table: str, key_store: Secrets, error: Callable[[], Exception]
) -> None:
    before = items(table)
    key_store.error = error()
    for body in (start_of_jane(), [start_of_jane(media_downloaded=True)]):
        answer = api.call("POST", "/api/v1/sessions", body)
        assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "1")
    assert items(table) == before
    api.start(wire_start())
    key_store.error = None
    api.start(start_of_jane())
    assert ask(api, api_key, viewer_uuid("jane-1f"))["code"] == 200


def test_viewer_key_is_read_once_and_only_when_an_id_is_sent(api: Api, api_key: str, key_store: Secrets) -> None:
    api.start(wire_start())
    assert api.call("POST", "/api/v1/sessions", start_of_jane(analytics_reportSuite="nobody"))["statusCode"] == 400
    assert key_store.asked == 0
    for _ in range(3):
        api.start(start_of_jane())
    assert key_store.asked == 1


ZERO: Final = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    "ids",
    [
        {"visitor.marketingCloudUserId": "N/A"},
        {"analytics.visitorId": ZERO},
        {"analytics.visitorId": "undefined", "visitor.marketingCloudUserId": "null", "visitor.customerIDs": {"crm": {"id": "0"}}},
    ],
)
@pytest.mark.parametrize("keeps_uuids", [False, True])
def test_each_session_with_a_placeholder_id_has_a_new_viewer(
    api: Api, registry: Registry, table: str, ids: dict[str, Any], *, keeps_uuids: bool
) -> None:
    project, key = new_project("placeholders", 0, keeps_viewer_uuids=keeps_uuids)
    registry.create_project(project)
    for _ in range(2):
        start = wire_start(analytics_reportSuite="placeholders")
        start["params"] |= ids
        api.start(start)
    viewers = {session["uuid"] for session in api.recent(key, "placeholders")["result"]}
    assert len(viewers) == 2
    found = {item["pk"]["S"] for item in items(table) if item["pk"]["S"].startswith("viewer#placeholders#")}
    assert found == {f"viewer#placeholders#{viewer}" for viewer in viewers}
    assert ZERO not in in_clear(table)


def test_ids_in_qoe_data_are_stored_nowhere(api: Api, api_key: str, table: str) -> None:
    ids = {"analytics.visitorId": "alice@example.com", "visitor.other": {"id": "alice@example.com"}, "appInstallationId": "alice"}
    sid = api.start(wire_start() | {"qoeData": ids | {"media.qoe.bitrate": 5}})
    assert api.send(sid, wire("ping", 1, 1, qoeData=ids | {"bitrate": 7}))["statusCode"] == 204
    assert api.send(sid, [wire("play", 2, 1, qoeData=ids)])["statusCode"] == 204
    api.start([wire_start(media_downloaded=True), wire("sessionEnd", 1, qoeData=ids)])
    stored = in_clear(table)
    assert ("alice" in stored, "media.qoe.bitrate" in stored) == (False, True)
