"""The guard in front of the emulator: what a page, another host name and another user of the machine may send."""

import asyncio
import json
from typing import Any, Final

import pytest

from mediabeat.cli.local_cloud import clients
from mediabeat.cli.local_cloud.gate import HEALTH, Gate
from mediabeat.cli.local_cloud.state_folder import StateFolder

KEY: Final = "MB7K3"
PORT: Final = 4600
LOCAL: Final = f"localhost:{PORT}"
API: Final = f"127.0.0.1:{PORT}"
SIGNED: Final = f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0"
FUNCTIONS: Final = "/2015-03-31/functions"
Sent = list[Any]


def answer(path: str, *headers: tuple[str, str], method: str = "POST", query: str = "", kind: str = "http") -> Sent:
    """Return what is sent to the caller; MiniStack would send nothing but its name."""
    sent: Sent = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def ministack(_scope: Any, _receive: Any, send: Any) -> None:
        await send("MiniStack")

    gate = Gate(ministack, port=PORT, key=KEY, api_segments=lambda: {"api", "v1"})
    lines = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": kind, "method": method, "path": path, "query_string": query.encode(), "headers": lines}
    asyncio.run(gate(scope, None, send))
    return sent


def is_passed(*request: Any, **rest: Any) -> bool:
    sent = answer(*request, **rest)
    assert sent == ["MiniStack"] or sent[0]["status"] == 403
    return sent == ["MiniStack"]


@pytest.mark.parametrize(
    "headers",
    [
        [("host", LOCAL)],
        [("host", API)],
        [("host", LOCAL), ("authorization", SIGNED.replace(KEY, "test"))],
        [("host", LOCAL), ("authorization", SIGNED.replace(KEY, KEY + "X"))],
        [("host", LOCAL), ("authorization", SIGNED.replace(KEY, "000000000000"))],
        [("host", LOCAL), ("authorization", SIGNED.replace(KEY, "ключ"))],
        [("host", LOCAL), ("x-amz-security-token", "")],
        [("host", LOCAL), ("authorization", SIGNED), ("origin", "https://evil.example")],
        [("host", LOCAL), ("authorization", SIGNED), ("origin", "null")],
        [("host", LOCAL), ("authorization", SIGNED), ("sec-fetch-site", "cross-site")],
        [("host", LOCAL), ("authorization", SIGNED), ("sec-fetch-site", "same-site")],
        [("host", "evil.example"), ("authorization", SIGNED)],
        [("host", f"evil.example:{PORT}"), ("authorization", SIGNED)],
        [("host", f"{LOCAL}.evil.example"), ("authorization", SIGNED)],
        [("host", "localhost"), ("authorization", SIGNED)],
        [("host", "localhost:80"), ("authorization", SIGNED)],
        [("host", LOCAL), ("host", "evil.example"), ("authorization", SIGNED)],
        [("authorization", SIGNED)],
    ],
)
def test_emulator_refuses_other_keys_pages_and_host_names(headers: list[tuple[str, str]]) -> None:
    for path in (FUNCTIONS, "/", "/_ministack/reset", f"{FUNCTIONS}/evil/invocations", "//api", "api"):
        assert not is_passed(path, *headers)


@pytest.mark.parametrize("host", [LOCAL, API, f"[::1]:{PORT}", LOCAL.upper()])
def test_emulator_takes_its_own_key(host: str) -> None:
    assert is_passed(FUNCTIONS, ("host", host), ("authorization", SIGNED))
    assert is_passed(FUNCTIONS, ("host", host), ("x-amz-security-token", KEY))
    assert is_passed("/bucket/key", ("host", host), query=f"X-Amz-Credential={KEY}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request")
    assert not is_passed("/bucket/key", ("host", host), query="X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fs3%2Faws4_request")


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_api_is_open_to_every_page(method: str) -> None:
    page = ("origin", "https://tv.example.com"), ("sec-fetch-site", "cross-site")
    for path in ("/api/v1/sessions", "/v1/sessionRecent"):
        assert is_passed(path, ("host", API), *page, method=method)
        assert not is_passed(path, ("host", LOCAL), *page, method=method), "the emulator takes it for a call of AWS"
        assert not is_passed(path, ("host", "evil.example"), *page, method=method)
        assert not is_passed(path, ("host", API), ("x-amz-target", "DynamoDB_20120810.ListTables"), *page, method=method)
    assert not is_passed(FUNCTIONS, ("host", API), *page, method=method)


def test_health_needs_no_key_but_is_not_for_pages() -> None:
    assert is_passed(HEALTH, ("host", LOCAL), method="GET")
    assert not is_passed(HEALTH, ("host", LOCAL), method="POST")
    assert not is_passed(HEALTH, ("host", LOCAL), ("origin", "https://evil.example"), method="GET")


def test_refusal_says_why_and_lets_no_page_read_it() -> None:
    start, body = answer(FUNCTIONS, ("host", LOCAL))
    assert start["headers"] == [(b"content-type", b"application/json"), (b"x-amzn-errortype", b"AccessDeniedException")]
    assert "state folder" in json.loads(body["body"])["message"]


def test_websocket_is_closed() -> None:
    assert answer("/", ("host", API), kind="websocket") == [{"type": "websocket.close", "code": 1008}]


def test_start_and_end_of_the_server_are_passed_on() -> None:
    assert answer("", kind="lifespan") == ["MiniStack"]


def test_key_of_a_state_folder_is_random_kept_and_private(tmp_path: Any) -> None:
    folders = [StateFolder(tmp_path / name) for name in ("a", "b")]
    for folder in folders:
        folder.path.mkdir()
    keys = [folder.access_key_id() for folder in folders]
    assert keys[0] != keys[1]
    assert [len(key) for key in keys] == [32, 32]
    assert [folder.access_key_id() for folder in folders] == keys
    assert [path.name for path in folders[0].path.iterdir()] == ["access-key"]
    assert folders[0].access_key_file.stat().st_mode & 0o777 == 0o600


def test_emulator_and_functions_get_a_short_list_of_variables(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "GITHUB_TOKEN",
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "PYTHONPATH",
        "LAMBDA_STRICT",
        "DATABASE_URL",
        "PIP_INDEX_URL",
    ):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("LC_ALL", "C")
    given = clients.environment(StateFolder(tmp_path), "http://localhost:1")
    assert "secret" not in given.values()
    assert (given["HTTPS_PROXY"], given["LC_ALL"], "PATH" in given) == ("http://proxy.example", "C", True)
    assert given["AWS_ACCESS_KEY_ID"] == StateFolder(tmp_path).access_key_id()
