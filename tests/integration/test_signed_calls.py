"""Who may ask about channels: signatures, clocks, keys and their secrets."""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mediabeat.core.projects import new_access_key
from mediabeat.errors import NotFound, StorageUnavailable
from mediabeat.runtime.settings import channel_settings, settings
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import SecretStore
from tests.integration.conftest import client_of
from tests.support.api import request
from tests.support.channel_client import CHANNELS, Answered, ChannelClient, send
from tests.support.clock import Clock

MISSING = (401, "200", "Authentication information are missing.")
INVALID = (401, "200", "Invalid authentication information.")
TIMESTAMP, ACCESS_KEY, SIGNATURE = "x-ncp-apigw-timestamp", "x-ncp-iam-access-key", "x-ncp-apigw-signature-v2"
LIST = f"{CHANNELS}?pageNo=1&pageSizeNo=10"

Headers = dict[str, str]


def asked(headers: Headers, method: str = "GET", target: str = LIST, body: Any = None) -> Answered:
    return send(request(method, target, body, headers=headers))


def test_unsigned_call_gets_the_documented_error(client: ChannelClient) -> None:
    error = {"errorCode": "200", "message": "Authentication Failed", "details": "Authentication information are missing."}
    answered = asked({})
    assert (answered.status, answered.body) == (401, {"error": error})


@pytest.mark.parametrize("name", [TIMESTAMP, ACCESS_KEY, SIGNATURE])
def test_missing_header_is_reported(client: ChannelClient, name: str) -> None:
    headers = client.headers("GET", LIST)
    assert asked(headers).status == 200
    assert asked(headers | {name: ""}).error == MISSING
    headers.pop(name)
    assert asked(headers).error == MISSING


def test_header_names_are_case_insensitive(client: ChannelClient) -> None:
    assert asked({name.title(): value for name, value in client.headers("GET", LIST).items()}).status == 200


@pytest.mark.parametrize(
    "tamper",
    [
        lambda headers: headers | {TIMESTAMP: str(int(headers[TIMESTAMP]) + 1)},
        lambda headers: headers | {TIMESTAMP: headers[TIMESTAMP] + ".0"},
        lambda headers: headers | {TIMESTAMP: "now"},
        lambda headers: headers | {TIMESTAMP: "9" * 5_000},
        lambda headers: headers | {ACCESS_KEY: headers[ACCESS_KEY].lower()},
        lambda headers: headers | {ACCESS_KEY: "A" * 20},
        lambda headers: headers | {ACCESS_KEY: "x" * 3_000},
        lambda headers: headers | {SIGNATURE: headers[SIGNATURE][:-1]},
        lambda headers: headers | {SIGNATURE: headers[SIGNATURE].swapcase()},
        lambda headers: headers | {SIGNATURE: "ü"},
    ],
)
def test_changed_header_is_refused(client: ChannelClient, tamper: Callable[[Headers], Headers]) -> None:
    assert asked(tamper(client.headers("GET", LIST))).error == INVALID


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", CHANNELS),
        ("GET", CHANNELS),
        ("GET", f"{CHANNELS}?"),
        ("GET", f"{CHANNELS}?pageNo=2&pageSizeNo=10"),
        ("GET", f"{CHANNELS}?pageSizeNo=10&pageNo=1"),
        ("GET", f"{LIST}&regionCode=KR"),
        ("GET", f"{CHANNELS}?pageNo=1%26pageSizeNo=10&"),
        ("GET", f"{CHANNELS}/vs-20261118110640-aaaaaaa?pageNo=1&pageSizeNo=10"),
    ],
)
def test_signature_is_valid_only_for_its_method_path_and_query(client: ChannelClient, method: str, target: str) -> None:
    assert asked(client.headers("GET", LIST), method, target, {"name": "abc"}).error == INVALID


def test_query_may_be_signed_encoded_or_decoded(client: ChannelClient) -> None:
    encoded, decoded = f"{CHANNELS}?pageNo=1&note=a%20b%2Fc%25d", f"{CHANNELS}?pageNo=1&note=a b/c%d"
    assert asked(client.headers("GET", encoded), target=encoded).status == 200
    assert asked(client.headers("GET", decoded), target=encoded).status == 200
    assert asked(client.headers("GET", f"{CHANNELS}?pageNo=1&note=a+b/c%d"), target=encoded).error == INVALID


def test_path_is_signed_without_the_stage_name(client: ChannelClient) -> None:
    event = request("GET", LIST, headers=client.headers("GET", LIST))
    event["rawPath"] = f"/live{event['rawPath']}"
    event["requestContext"]["stage"] = "live"
    assert send(event).status == 200


@pytest.mark.parametrize("away_ms", [300_000, 300_001, 86_400_000])
def test_call_is_refused_when_its_clock_is_off_by_five_minutes(client: ChannelClient, away_ms: int) -> None:
    for skew_ms in (away_ms, -away_ms):
        assert client.call("GET", LIST, skew_ms=skew_ms).error == INVALID
    for skew_ms in (299_999, -299_999):
        assert client.call("GET", LIST, skew_ms=skew_ms).status == 200


def test_signed_call_can_be_repeated_for_five_minutes_only(client: ChannelClient, clock: Clock) -> None:
    headers = client.headers("GET", LIST)
    assert asked(headers).status == 200
    clock.forward(seconds=299)
    assert asked(headers).status == 200
    clock.forward(seconds=1)
    assert asked(headers).error == INVALID


def test_secret_of_another_key_is_refused(client: ChannelClient, stranger: ChannelClient, clock: Clock) -> None:
    assert ChannelClient(client.access_key_id, "wrong", clock).call("GET", LIST).error == INVALID
    assert ChannelClient(client.access_key_id, stranger.secret, clock).call("GET", LIST).error == INVALID
    assert ChannelClient(client.access_key_id, "", clock).call("GET", LIST).error == INVALID


def test_disabled_key_is_refused_at_once(client: ChannelClient, registry: Registry) -> None:
    assert client.call("GET", LIST).status == 200
    key = registry.access_key(client.access_key_id)
    assert key is not None
    registry.disable_access_key(key)
    assert client.call("GET", LIST).error == INVALID
    assert list(registry.access_keys()) == list(registry.access_keys("demo")) == [key._replace(enabled=False)]


def test_keys_of_a_deleted_project_do_not_open_a_new_one_of_its_name(
    client: ChannelClient, stranger: ChannelClient, registry: Registry, secrets: SecretStore, clock: Clock
) -> None:
    registry.delete_project("demo")
    assert client.call("GET", LIST).error == INVALID
    assert stranger.call("GET", LIST).status == 200
    successor = client_of("demo", registry, secrets, clock)
    assert successor.call("GET", LIST).status == 200
    assert client.call("GET", LIST).error == INVALID


def test_key_without_its_secret_is_refused(client: ChannelClient, secrets: SecretStore) -> None:
    secrets.forget(client.access_key_id)
    assert client.call("GET", LIST).error == INVALID


def test_secret_is_cached_for_five_minutes_at_most(client: ChannelClient, clock: Clock) -> None:
    from functions.channels import app

    asked_for: list[str] = []
    app.secrets._client.meta.events.register_first(
        "provide-client-params.secretsmanager.GetSecretValue", lambda params, **_: asked_for.append(params["SecretId"])
    )
    for seconds, looked_up in ((0, 1), (299, 1), (1, 2), (60, 2)):
        clock.forward(seconds=seconds)
        assert client.call("GET", LIST).status == 200
        assert len(asked_for) == looked_up
    assert set(asked_for) == {f"mediabeat/test/access-key/{client.access_key_id}"}


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 503), ("AccessDeniedException", 500)])
def test_call_gets_503_when_the_secret_cannot_be_read(
    client: ChannelClient, monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    from functions.channels import app

    def refusing(SecretId: str) -> None:  # noqa: N803 - boto3's own name
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetSecretValue")

    monkeypatch.setattr(app.secrets._client, "get_secret_value", refusing)
    assert client.call("GET", LIST).status == status


def test_secret_is_in_no_item_no_log_and_no_answer(client: ChannelClient) -> None:
    output = io.StringIO()
    with redirect_stdout(output):
        answers = [
            client.call("POST", CHANNELS, {"name": "api-guide"}),
            client.call("GET", LIST),
            ChannelClient(client.access_key_id, "wrong", client.clock).call("GET", LIST),
        ]
    items = boto3.client("dynamodb").scan(TableName=settings().table_name)["Items"]
    everything = json.dumps([answers, items], default=str) + output.getvalue()
    assert client.access_key_id in everything
    assert client.secret not in everything


def test_access_key_needs_its_project(client: ChannelClient, registry: Registry, clock: Clock) -> None:
    with pytest.raises(NotFound, match="there is no project nobody"):
        registry.create_access_key(new_access_key("nobody", clock())[0])
    assert [key.project_id for key in registry.access_keys()] == ["demo"]


def test_missing_environment_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCESS_KEY_SECRETS")
    with pytest.raises(KeyError, match="ACCESS_KEY_SECRETS"):
        channel_settings.__wrapped__()


def test_call_gets_503_when_the_database_is_throttled(client: ChannelClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def throttled(*_: Any) -> None:
        raise StorageUnavailable("slow down")

    monkeypatch.setattr(Registry, "access_key", throttled)
    assert client.call("GET", LIST).error == (503, "500", "The request may not have been carried out. Send it again.")
