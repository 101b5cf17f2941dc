"""Every handler as it is deployed, on moto, on the table that template.yaml describes."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from mediabeat.core.projects import new_access_key, new_project
from mediabeat.core.pseudonyms import Pseudonyms
from mediabeat.runtime.settings import channel_settings, settings, viewer_key_secret
from mediabeat.storage.dynamodb import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import SecretStore, secrets_client
from mediabeat.storage.session_store import Store
from tests.support.builders import Wire
from tests.support.channel_client import ChannelClient
from tests.support.template import table_definition

VIEWER_KEY = "the key of the tests"


def viewer_uuid(sent: str, project: str = "demo") -> str:
    """The UUID that stands for what a player calls its viewer."""
    return Pseudonyms(VIEWER_KEY.encode(), project).viewer(sent)


@pytest.fixture(autouse=True)
def table() -> Iterator[str]:
    """A new table, as template.yaml has it."""
    with mock_aws():
        name = settings().table_name
        boto3.client("dynamodb").create_table(TableName=name, **table_definition())
        boto3.client("secretsmanager").create_secret(Name=viewer_key_secret(), SecretString=VIEWER_KEY)
        yield name


@pytest.fixture
def store(table: str) -> Store:
    """The store on it."""
    return Store(table, dynamodb_client(), retention_s=settings().retention_s, index_shards=settings().index_shards)


@pytest.fixture
def registry(table: str) -> Registry:
    """The registry in it."""
    return Registry(table, dynamodb_client())


@pytest.fixture
def api_key(registry: Registry) -> str:
    """The key of the project `demo`."""
    project, key = new_project("demo", 0)
    registry.create_project(project)
    return key


class Clock:
    """The server's clock, which the test sets; epoch milliseconds."""

    def __init__(self) -> None:
        self.now = 1_795_000_000_000

    def __call__(self) -> int:
        return self.now

    def forward(self, *, minutes: float = 0, seconds: float = 0) -> None:
        self.now += round((minutes * 60 + seconds) * 1_000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """One clock for all handlers."""
    clock = Clock()
    for function in ("create_session", "ingest_event", "close_idle_sessions", "recent_sessions", "channels"):
        monkeypatch.setattr(f"functions.{function}.app.server_clock", clock)
    return clock


CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 55_000)


class Api:
    """The routes, called with events as API Gateway makes them."""

    def call(self, method: str, path: str, body: Any = None, *, route: str = "", **rest: Any) -> dict[str, Any]:
        from functions.create_session.app import lambda_handler as create_session
        from functions.ingest_event.app import lambda_handler as ingest_event
        from functions.recent_sessions.app import lambda_handler as recent_sessions
        from functions.schemas.app import lambda_handler as schemas

        event = {
            "version": "2.0",
            "routeKey": f"{method} {route or path}",
            "rawPath": path,
            "headers": {"content-type": "application/json", **rest.pop("headers", {})},
            "isBase64Encoded": False,
            **rest,
        }
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        parts = path.split("/")
        if path.startswith("/api/v1/schemas/"):
            return schemas(event | {"pathParameters": {"eventType": parts[-1]}}, CONTEXT)
        if path.endswith("/events"):
            return ingest_event(event | {"pathParameters": {"sid": parts[4]}}, CONTEXT)
        if path.startswith("/v1/"):
            parameters = {"uuid": parts[3]} if len(parts) > 3 else None
            return recent_sessions(event | {"pathParameters": parameters}, CONTEXT)
        return create_session(event, CONTEXT)

    def start(self, body: Wire | list[Wire], **rest: Any) -> str:
        """Start a session and return its id."""
        answer = self.call("POST", "/api/v1/sessions", body, **rest)
        assert answer["statusCode"] == 201, answer
        return str(answer["headers"]["Location"]).removeprefix("/api/v1/sessions/")

    def send(self, sid: str, body: Any, **rest: Any) -> dict[str, Any]:
        """Send an event."""
        return self.call("POST", f"/api/v1/sessions/{sid}/events", body, **rest)

    def recent(self, api_key: str, project: str = "demo", **query: str) -> dict[str, Any]:
        """Ask for the recent sessions."""
        headers = {"x-api-key": api_key, "x-project-id": project}
        answer = self.call("GET", "/v1/sessionRecent", headers=headers, queryStringParameters=query or None)
        body: dict[str, Any] = json.loads(answer["body"])
        return body

    def close_due(self) -> dict[str, int]:
        """Let the schedule fire once; how many sessions were closed, by reason."""
        from functions.close_idle_sessions.app import lambda_handler as close_idle_sessions

        closed: dict[str, int] = close_idle_sessions({}, CONTEXT)["closed"]
        return closed


@pytest.fixture
def api(clock: Clock) -> Api:
    """The API of a deployment whose clock the test sets."""
    return Api()


@pytest.fixture
def secrets(table: str) -> SecretStore:
    """The secrets of access keys."""
    return SecretStore(channel_settings().access_key_secrets, secrets_client())


def client_of(project_id: str, registry: Registry, secrets: SecretStore, clock: Clock) -> ChannelClient:
    """Make a project with an access key, and a client that signs with it."""
    registry.create_project(new_project(project_id, 0)[0])
    key, secret = new_access_key(project_id, clock())
    secrets.keep(key.id, secret)
    registry.create_access_key(key)
    return ChannelClient(key.id, secret, clock)


@pytest.fixture
def client(registry: Registry, secrets: SecretStore, clock: Clock) -> ChannelClient:
    """A client of the project `demo` that signs its calls."""
    return client_of("demo", registry, secrets, clock)


@pytest.fixture
def stranger(client: ChannelClient, registry: Registry, secrets: SecretStore, clock: Clock) -> ChannelClient:
    """One of another project."""
    return client_of("other", registry, secrets, clock)
