"""Channels and signed calls on the deployed template: over HTTP, by another's client, and many at once."""

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import time
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.channels import Action, Channel, ChannelEvent, ChannelRefused, Page, RequestType, Result, Status
from mediabeat.errors import StorageUnavailable
from mediabeat.protocols.vod_station.signature import signature
from mediabeat.runtime.settings import pause
from mediabeat.storage.channel_items import channel_item, event_item
from mediabeat.storage.channel_store import ChannelRegistry
from mediabeat.use_cases.manage_channels import ChannelCalls
from tests.e2e.cloud import Cloud
from tests.support import npm
from tests.support.builders import BASE_MS, wire_start
from tests.support.template import ROOT, table_definition

CHANNELS = "/api/v2/channels"
PACKAGE = ("ncloud-mcp-server", "1.16.0")
TABLE = "channels"


@pytest.fixture(scope="module")
def access_key(cloud: Cloud) -> tuple[str, str]:
    """An access key of the local project and its secret, as the command prints them."""
    created = cloud.mediabeat("access-key", "create", cloud.project_id)
    assert created.returncode == 0, created.stderr
    [(key_id, secret)] = re.findall(r"^access key +(\S+)\nsecret key +(\S+)\n$", created.stdout)
    return key_id, secret


class Signing(httpx.Auth):
    """Signs each request as it is sent."""

    def __init__(self, access_key_id: str, secret: str) -> None:
        self.access_key_id, self.secret = access_key_id, secret

    def auth_flow(self, request: httpx.Request) -> Any:
        timestamp = str(round(time() * 1_000))
        target = request.url.raw_path.decode()
        request.headers["x-ncp-apigw-timestamp"] = timestamp
        request.headers["x-ncp-iam-access-key"] = self.access_key_id
        request.headers["x-ncp-apigw-signature-v2"] = signature(
            self.secret, request.method, target, timestamp, self.access_key_id
        )
        yield request


@pytest.fixture
def http(cloud: Cloud, access_key: tuple[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=cloud.url, auth=Signing(*access_key), timeout=30, trust_env=False) as client:
        yield client


def create(http: httpx.Client, name: str) -> str:
    answer = http.post(CHANNELS, json={"name": name})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["content"]["id"])


def test_documented_request_gets_an_answer_of_the_documented_shape(http: httpx.Client) -> None:
    answer = http.get(f"{CHANNELS}/{create(http, 'seed')}/events", params={"pageNo": 1, "pageSizeNo": 10})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert re.fullmatch(r"[0-9a-v]{26}", answer.headers["x-ncp-trace-id"])
    told = answer.json()
    assert [abs(one.pop("time") - time()) < 60 for one in told["content"]] == [True, True]
    done = {"actionType": "CREATE", "requestType": "API", "resultCode": "SUCCESS"}
    assert told == {
        "content": [
            {**done, "messageCode": "CHANNEL_READY", "message": "seed ready"},
            {**done, "messageCode": "CHANNEL_CREATING", "message": "seed creating"},
        ],
        "total": 2,
    }


def test_channel_accepts_sessions_only_while_its_status_allows_it(http: httpx.Client, cloud: Cloud) -> None:
    channel_id = create(http, "lifecycle")

    def start() -> int:
        return httpx.post(f"{cloud.url}/api/v1/sessions", json=wire_start(media_channel="lifecycle")).status_code

    def change(verb: str) -> tuple[int, int]:
        path = f"{CHANNELS}/{channel_id}"
        answer = http.delete(path) if verb == "delete" else http.put(f"{path}/{verb}")
        return answer.status_code, start()

    assert start() == 201
    assert [change(verb) for verb in ("delete", "stop", "stop", "start", "stop", "delete")] == [
        (409, 201),
        (200, 400),
        (409, 400),
        (200, 201),
        (200, 400),
        (200, 400),
    ]
    assert http.get(f"{CHANNELS}/{channel_id}").json()["content"]["channelStatus"] == "TERMINATED"
    assert http.get(f"{CHANNELS}/{channel_id}/events").json()["total"] == 2 + 1 + 2 + 1 + 2 + 2 + 2


def test_call_with_a_missing_or_wrong_signature_is_refused(http: httpx.Client, cloud: Cloud, access_key: tuple[str, str]) -> None:
    def error(auth: httpx.Auth | None) -> Any:
        answer = httpx.get(f"{cloud.url}{CHANNELS}", auth=auth)
        assert answer.status_code == 401
        return answer.json()["error"]

    refused = {"errorCode": "200", "message": "Authentication Failed"}
    assert error(None) == {**refused, "details": "Authentication information are missing."}
    assert error(Signing(access_key[0], "wrong")) == {**refused, "details": "Invalid authentication information."}
    assert error(Signing("A" * 20, access_key[1])) == {**refused, "details": "Invalid authentication information."}


def test_signature_covers_the_query_before_its_encoding(http: httpx.Client) -> None:
    query = "note=a%20b%2Fc%25d+%ED%95%9C&pageNo=1"
    assert http.get(f"{CHANNELS}?{query}").status_code == 200


def test_unknown_path_gets_a_404_in_the_gateway_format(http: httpx.Client) -> None:
    answers = [http.get("/api/v2/streams/x/y"), http.patch(CHANNELS), http.put(f"{CHANNELS}/x/pause")]
    assert [(answer.status_code, answer.json()["error"]["errorCode"]) for answer in answers] == [(404, "300")] * 3


def test_disabled_access_key_fails_at_once_and_its_secret_is_not_stored(http: httpx.Client, cloud: Cloud) -> None:
    created = cloud.mediabeat("access-key", "create", cloud.project_id).stdout
    [(key_id, secret)] = re.findall(r"access key +(\S+)\nsecret key +(\S+)", created)
    with httpx.Client(base_url=cloud.url, auth=Signing(key_id, secret), trust_env=False) as client:
        assert client.get(CHANNELS).status_code == 200
        assert cloud.mediabeat("access-key", "disable", key_id).returncode == 0
        assert client.get(CHANNELS).status_code == 401
    assert re.search(rf"^{key_id} .* disabled$", cloud.mediabeat("access-key", "list").stdout, re.MULTILINE)
    assert secret not in (cloud.home / "emulator.log").read_text(errors="replace")
    with closing(boto3.client("dynamodb", endpoint_url=cloud.endpoint)) as table:
        pages = table.get_paginator("scan").paginate(TableName=cloud.table)
        assert not any(secret in json.dumps(page["Items"], default=str) for page in pages)


# NcloudClient of npm's ncloud-mcp-server, written for the original


@pytest.fixture(scope="module")
def ncloud_package() -> Path:
    """The folder of the package."""
    if not shutil.which("node"):
        pytest.skip("node is not installed, so another's client cannot be tried")
    try:
        return npm.package(*PACKAGE)
    except npm.NotInstalled as error:
        pytest.skip(str(error))


def ncloud(package: Path, cloud: Cloud, access_key: tuple[str, str], *calls: Any) -> list[dict[str, Any]]:
    script = ROOT / "tests" / "e2e" / "ncloud_client.mjs"
    command = ["node", str(script), str(package), cloud.url, *access_key, json.dumps(calls)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_ncloud_client_lists_the_events_of_a_channel(
    ncloud_package: Path, cloud: Cloud, http: httpx.Client, access_key: tuple[str, str]
) -> None:
    channel_id = create(http, "ncloud")
    path = f"{CHANNELS}/{channel_id}/events"
    query = {"pageNo": 1, "pageSizeNo": 10, "regionCode": "KR", "responseFormatType": "json", "note": "a b/c+d"}
    stopped, events = ncloud(ncloud_package, cloud, access_key, ["PUT", f"{CHANNELS}/{channel_id}/stop"], ["GET", path, query])
    assert (stopped["status"], stopped["result"]["content"]["channelStatus"]) == (200, "STOPPED")
    assert events["result"] == http.get(path).json()
    assert events["result"]["total"] == 4


def test_ncloud_client_gets_the_documented_error_for_a_wrong_secret(
    ncloud_package: Path, cloud: Cloud, access_key: tuple[str, str]
) -> None:
    [refused] = ncloud(ncloud_package, cloud, (access_key[0], "wrong"), ["GET", CHANNELS])
    error = {"errorCode": "200", "message": "Authentication Failed", "details": "Invalid authentication information."}
    assert (refused["status"], refused["body"]) == (401, {"error": error})
    assert error["message"] in refused["error"]
    assert error["details"] in refused["error"]


# Many at once, and what a page costs: on the emulator's DynamoDB, with a table of their own


@pytest.fixture
def client(cloud: Cloud) -> Iterator[DynamoDBClient]:
    client = boto3.client("dynamodb", endpoint_url=cloud.endpoint, config=Config(max_pool_connections=20))
    client.create_table(TableName=TABLE, **table_definition())
    yield client
    client.delete_table(TableName=TABLE)
    client.close()


@pytest.fixture
def channels(client: DynamoDBClient) -> ChannelRegistry:
    return ChannelRegistry(TABLE, client)


def all_of(ask: Callable[[int], tuple[Iterable[Any], int]]) -> list[Any]:
    """Every item of a list, by pages of 100."""
    _, total = ask(1)
    found = [one for number in range(1, total // 100 + 2) for one in ask(number)[0]]
    assert len(found) == total
    return found


def test_parallel_changes_leave_exact_events_without_a_gap(channels: ChannelRegistry) -> None:
    calls = ChannelCalls("demo", channels, BASE_MS, pause)
    channel_id = calls.create("contended").id

    def change(number: int) -> tuple[Action, str]:
        action = Action.STOP if number % 2 else Action.START
        try:
            calls.change(channel_id, action)
        except ChannelRefused:
            return action, "FAILED"
        except StorageUnavailable:
            return action, "GAVE UP"
        return action, "SUCCESS"

    with ThreadPoolExecutor(8) as clients:
        done = Counter(clients.map(change, range(80)))
    events = all_of(lambda page: calls.list_events(Page(page, 100), channel_id))
    told = Counter((one.action, one.result) for one in events)
    assert told.pop(("CREATE", "SUCCESS")) == 2
    expected = {one: count * (2 if one[1] == "SUCCESS" else 1) for one, count in done.items() if one[1] != "GAVE UP"}
    assert told == expected
    codes = [one.message_code for one in reversed(events) if one.result == "SUCCESS"]
    stop, start = ["CHANNEL_STOPPING", "CHANNEL_STOPPED"], ["CHANNEL_STARTING", "CHANNEL_READY"]
    assert codes[2:] == ((stop + start) * len(codes))[: len(codes) - 2]


def test_parallel_creates_make_one_channel_per_name(channels: ChannelRegistry) -> None:
    calls = ChannelCalls("demo", channels, BASE_MS, pause)

    def make(number: int) -> str:
        try:
            return calls.create(f"name-{number % 10}").id
        except (ChannelRefused, StorageUnavailable) as refused:
            return type(refused).__name__

    with ThreadPoolExecutor(8) as clients:
        made = [one for one in clients.map(make, range(40)) if one.startswith("vs-")]
    listed = all_of(lambda page: calls.list_channels(Page(page, 100)))
    assert Counter(one.id for one in listed) == Counter(made)
    assert {one.name for one in listed} == {f"name-{number}" for number in range(10)}
    assert len(listed) == 10


def test_last_page_of_ten_thousand_events_costs_as_much_as_the_first(client: DynamoDBClient, channels: ChannelRegistry) -> None:
    channel = Channel("vs-20261118110640-aaaaaaa", "demo", "long-lived", Status.READY, BASE_MS, 1)
    events = [
        ChannelEvent(number, BASE_MS, Action.START, RequestType.API, Result.FAILED, "CHANNEL_START_FAILED", "no")
        for number in range(1, 10_001)
    ]
    client.put_item(TableName=TABLE, Item=channel_item(channel, len(events)))
    for position in range(0, len(events), 25):
        puts = [{"PutRequest": {"Item": event_item(channel.id, one)}} for one in events[position : position + 25]]
        client.batch_write_item(RequestItems={TABLE: puts})  # type: ignore[dict-item]
    spent: list[tuple[str, float]] = []

    def ask(params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def note(parsed: dict[str, Any], model: Any, **_: Any) -> None:
        spent.append((model.name, parsed["ConsumedCapacity"]["CapacityUnits"]))

    for read in ("GetItem", "Query"):
        client.meta.events.register(f"provide-client-params.dynamodb.{read}", ask)
        client.meta.events.register(f"after-call.dynamodb.{read}", note)
    calls = ChannelCalls("demo", channels, BASE_MS, pause)
    costs = {}
    for page in (1, 250, 500, 501):
        listed, total = calls.list_events(Page(page, 20), channel.id)
        assert (len(list(listed)), total) == (20 if page < 501 else 0, 10_000)
        costs[page] = dict(spent)
        spent.clear()
    assert costs[1] == costs[250] == costs[500] == {"GetItem": 1.0, "Query": 1.0}
    assert costs[501] == {"GetItem": 1.0}
