"""Every handler as it is deployed, on simulated AWS, on the table that template.yaml describes."""

import logging
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from moto.core.models import MockAWS
from mypy_boto3_dynamodb import DynamoDBClient

from functions.ingest_event import app as ingest_event
from mediabeat.core.projects import new_access_key, new_project
from mediabeat.core.pseudonyms import Pseudonyms
from mediabeat.runtime.settings import channel_settings, settings, viewer_key_secret
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import SecretStore, secrets_client
from mediabeat.storage.session_store import Store
from tests.support.api import Api, apps_with_clock
from tests.support.channel_client import ChannelClient
from tests.support.clock import Clock
from tests.support.simulated_aws import simulated_aws
from tests.support.template import table_definition

VIEWER_KEY = "the key of the tests"


def viewer_uuid(sent: str, project: str = "demo") -> str:
    """Return the UUID under which a viewer is stored, given the id that its player sends."""
    return Pseudonyms(VIEWER_KEY.encode(), project).viewer(sent)


@pytest.fixture(scope="module")
def aws(engine_if_any: str | None) -> Iterator[MockAWS]:
    """A simulation, in place of AWS, for one test module."""
    with simulated_aws(engine_if_any) as aws:
        yield aws


@pytest.fixture(scope="module")
def dynamodb(aws: MockAWS) -> DynamoDBClient:
    """The tests' own client of DynamoDB; a new one for each test would take longer than most tests."""
    return dynamodb_client()


@pytest.fixture(scope="module")
def secrets_manager(aws: MockAWS) -> Any:
    """The tests' own client of Secrets Manager."""
    return secrets_client()


@pytest.fixture(autouse=True, scope="module")
def few_buckets() -> Iterator[None]:
    """Few partitions of the index `due`: moto answers each query in milliseconds, and each run of the closer asks all of them."""
    with mock.patch("mediabeat.storage.due_partitions.PROJECT_BUCKETS", 2):
        yield


@pytest.fixture(autouse=True)
def table(aws: MockAWS, dynamodb: DynamoDBClient, secrets_manager: Any) -> Iterator[str]:
    """An empty table, as template.yaml describes it, and the key of viewers' hashes as the only secret."""
    aws.reset()
    name = settings().table_name
    dynamodb.create_table(TableName=name, **table_definition())
    secrets_manager.create_secret(Name=viewer_key_secret(), SecretString=VIEWER_KEY)
    yield name
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def store(table: str, dynamodb: DynamoDBClient) -> Store:
    """The store on it."""
    return Store(table, dynamodb, retention_s=settings().retention_s, index_shards=settings().index_shards)


@pytest.fixture
def registry(table: str, dynamodb: DynamoDBClient) -> Registry:
    """The registry in it."""
    return Registry(table, dynamodb)


@pytest.fixture
def api_key(registry: Registry) -> str:
    """The key of the project `demo`."""
    project, key = new_project("demo", 0)
    registry.create_project(project)
    return key


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """One clock for all handlers."""
    clock = Clock()
    for app in apps_with_clock():
        monkeypatch.setattr(app, "server_clock", clock)
    return clock


@pytest.fixture
def api(clock: Clock) -> Api:
    """The API of a deployment whose clock the test sets."""
    return Api()


@pytest.fixture
def secrets(table: str, secrets_manager: Any) -> SecretStore:
    """The secrets of access keys."""
    return SecretStore(channel_settings().access_key_secrets, secrets_manager)


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
    """A client of another project that signs its calls."""
    return client_of("other", registry, secrets, clock)


@pytest.fixture
def calls() -> Iterator[list[str]]:
    """The requests of ingest_event to the table."""
    names: list[str] = []
    client = ingest_event.store._table.client
    client.meta.events.register("before-call.dynamodb", lambda model, **_: names.append(model.name), unique_id="calls")
    yield names
    client.meta.events.unregister("before-call.dynamodb", unique_id="calls")


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All lines that are logged, by whomever."""
    lines: list[str] = []
    monkeypatch.setattr(logging.StreamHandler, "emit", lambda handler, record: lines.append(handler.format(record)))
    return lines
