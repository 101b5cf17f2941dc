"""Each request to the database, of every route, fails in each way: the answer is true, and sending the request again mends it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import count
from typing import Any, Final, NamedTuple

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from functions.ingest_event import app as ingest_event
from functions.recent_sessions import app as recent_sessions
from mediabeat.core.event_codec import canonical_json
from mediabeat.runtime.settings import surroundings
from mediabeat.storage.clients.boto import own
from mediabeat.storage.clients.lean import LeanClient, lean_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import SecretStore
from tests.integration.conftest import client_of
from tests.support.api import Api
from tests.support.builders import noise, wire, wire_start
from tests.support.channel_client import CHANNELS, ChannelClient
from tests.support.clock import Clock
from tests.support.environment import usual_environment

pytestmark = pytest.mark.slow

HERE: Final = {"endpoint_url": "dynamodb"}


class Fault(NamedTuple):
    """What the database answers instead; `done`: it has done what it was asked for."""

    error: Exception
    done: bool = False


def coded(code: str, status: int, operation: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)  # type: ignore[typeddict-item]


FAULTS: Final = {
    "throttled": Fault(coded("ThrottlingException", 400)),
    "a transaction at work": Fault(coded("TransactionConflictException", 400)),
    "internal error before": Fault(coded("InternalServerError", 500)),
    "internal error after": Fault(coded("InternalServerError", 500), done=True),
    "not reached": Fault(EndpointConnectionError(**HERE)),
    "reset after": Fault(ConnectionClosedError(**HERE), done=True),
    "time-out before": Fault(ReadTimeoutError(**HERE)),
    "time-out after": Fault(ReadTimeoutError(**HERE), done=True),
}


class Database:
    """Lets requests through, but for the one whose turn it is to fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        self.fault = FAULTS["throttled"]
        self._send: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]
        self._send_lean: Callable[..., Any] = LeanClient._call
        monkeypatch.setattr(BaseClient, "_make_api_call", lambda *asked: self.answer(*asked))
        monkeypatch.setattr(LeanClient, "_call", lambda *asked, **request: self.answer_lean(*asked, **request))

    def fail_at(self, number: int, fault: Fault) -> None:
        self.left, self.fault = number, fault

    def answer(self, client: Any, operation: str, parameters: Any) -> Any:
        if client.meta.service_model.service_name != "dynamodb" or self.left is None:
            return self._send(client, operation, parameters)
        self.left -= 1
        if self.left >= 0:
            return self._send(client, operation, parameters)
        self.left = None
        if self.fault.done:
            self._send(client, operation, parameters)
        raise self.fault.error

    def answer_lean(self, client: LeanClient, operation: str, **request: Any) -> Any:
        """Do the same with a request of a small client, and raise the errors that it makes of these faults."""
        send = partial(self._send_lean, client, operation, **request)
        if self.left is None:
            return send()
        self.left -= 1
        if self.left >= 0:
            return send()
        self.left = None
        if self.fault.done:
            send()
        raise own(self.fault.error)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    return Database(monkeypatch)


Asked = tuple[int, dict[str, str], Any]
Checked = tuple[Callable[[], Asked], set[int], Callable[[], Any]]


class Routes:
    """Every request that reaches the database, each with a view of its effect."""

    def __init__(self, api: Api, api_key: str, client: ChannelClient) -> None:
        self.api, self.client = api, client
        self.key = {"x-api-key": api_key, "x-project-id": "demo"}
        self.names = (f"channel-{number}" for number in count())

    def answered(self, answer: dict[str, Any]) -> Asked:
        return answer["statusCode"], answer["headers"], answer["body"]

    def channel(self, *asked: Any) -> Asked:
        answered = self.client.call(*asked)
        return answered.status, answered.headers, answered.body

    def all(self) -> Iterator[Checked]:
        """Yield requests, the statuses of a repeat, and what can be seen of them afterwards, which must not be half of it."""
        api, client = self.api, self.client
        nothing: Callable[[], Any] = lambda: None  # noqa: E731
        yield from self.of_the_small_client()
        yield lambda: self.answered(api.call("POST", "/api/v1/sessions", wire_start())), {201}, nothing
        batch = [wire_start(media_downloaded=True), wire("play", 1), wire("sessionEnd", 9)]
        yield lambda: self.answered(api.call("POST", "/api/v1/downloaded", batch)), {201}, nothing
        name = next(self.names)
        # Said again, what has been done is refused: the name is taken, the channel has that status.
        yield lambda: self.channel("POST", CHANNELS, {"name": name}), {200, 400}, lambda: self.channels(name)
        channel_id = client.create(next(self.names))
        path = f"{CHANNELS}/{channel_id}"
        for method, target in (("PUT", f"{path}/stop"), ("PUT", f"{path}/start"), ("PUT", f"{path}/stop"), ("DELETE", path)):
            change = lambda method=method, target=target: self.channel(method, target)  # noqa: E731
            yield change, {200, 409}, lambda: client.call("GET", path).body["content"]["channelStatus"]
        for target in (CHANNELS, path, f"{path}/events"):
            yield lambda target=target: self.channel("GET", target), {200}, nothing  # type: ignore[misc]

    def of_the_small_client(self) -> Iterator[Checked]:
        """Yield those of the functions that have the small client."""
        api = self.api
        nothing: Callable[[], Any] = lambda: None  # noqa: E731
        for body in (
            wire("play", 1),
            [wire("ping", 2), wire("ping", 3)],
            wire("ping", 4, customMetadata={"a": noise(3_000)}),
            wire("sessionEnd", 5),
        ):
            sid = api.start(wire_start())
            metrics = lambda sid=sid: self.seen(sid)  # noqa: E731
            yield lambda sid=sid, body=body: self.answered(api.send(sid, body)), {204}, metrics  # type: ignore[misc]
        full = api.start(wire_start())
        assert {api.send(full, wire("ping", at, at))["statusCode"] for at in range(76)} == {204}
        yield lambda: self.answered(api.send(full, wire("ping", 99))), {204}, lambda: self.seen(full)
        few: dict[str, Any] = {"headers": self.key, "queryStringParameters": {"limit": "1", "device": "PC", "videoType": "VOD"}}
        yield lambda: self.answered(api.call("GET", "/v1/sessionRecent", **few)), {200}, nothing
        yield lambda: self.answered(api.call("GET", f"/v1/sessionRecent/{full}", headers=self.key)), {200}, nothing

    def seen(self, sid: str) -> Any:
        """Return the answer about a session in canonical form."""
        return canonical_json(self.api.call("GET", f"/v1/sessionRecent/{sid}", headers=self.key)["body"])

    def channels(self, name: str) -> list[str]:
        listed = self.client.call("GET", f"{CHANNELS}?pageSizeNo=100").body["content"]
        return [one["channelStatus"] for one in listed if one["name"] == name]


@pytest.mark.parametrize("fault", FAULTS)
def test_database_error_gets_503_and_a_repeat_succeeds(
    api: Api, api_key: str, registry: Registry, secrets: SecretStore, clock: Clock, database: Database, fault: str
) -> None:
    client = client_of("with-channels", registry, secrets, clock)
    assert failures(Routes(api, api_key, client).all(), database, fault) > 40


@pytest.mark.parametrize("fault", FAULTS)
def test_database_error_gets_503_with_the_small_client_too(
    api: Api,
    api_key: str,
    registry: Registry,
    secrets: SecretStore,
    clock: Clock,
    database: Database,
    fault: str,
    engine: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = client_of("with-channels", registry, secrets, clock)
    small = lean_client(**surroundings() | {"environment": usual_environment() | {"AWS_ENDPOINT_URL": engine}})
    for store in (ingest_event.store, recent_sessions.store, recent_sessions.registry):
        monkeypatch.setattr(store._table, "client", small)
    with closing(small):
        assert failures(Routes(api, api_key, client).of_the_small_client(), database, fault) > 10


def failures(checks: Iterator[Checked], database: Database, fault: str) -> int:
    """Let each request to the database fail in turn, check the answers, and return how many have failed."""
    failed = 0
    for request, again, seen in checks:
        for number in count():
            database.fail_at(number, FAULTS[fault])
            status, headers, body = request()
            if database.left is not None:
                database.left = None
                break  # there was no such request any more: all went well
            failed += 1
            assert status in again | {503}, (number, body)
            if status == 503:
                assert headers["Retry-After"] == "1"
            repeated, _, told = request()
            assert repeated in again, (number, told)
            once = seen()
            request()
            assert seen() == once, f"request {number}: what was sent again counts again"
    return failed


@pytest.mark.parametrize(("conflicts", "status", "writes"), [(1, 204, 2), (2, 503, 2)])
def test_append_beside_a_transaction_is_tried_once_more(
    api: Api, api_key: str, monkeypatch: pytest.MonkeyPatch, conflicts: int, status: int, writes: int
) -> None:
    from functions.ingest_event.app import store

    sid = api.start(wire_start())
    client = store._table.client
    update, tried = client.update_item, 0

    def conflicting(**request: Any) -> Any:
        nonlocal tried
        tried += 1
        if tried <= conflicts:
            raise coded("TransactionConflictException", 400)
        return update(**request)

    monkeypatch.setattr(client, "update_item", conflicting)
    assert (api.send(sid, wire("ping", 1))["statusCode"], tried) == (status, writes)
