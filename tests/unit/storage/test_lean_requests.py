"""The closer's short way to DynamoDB: it signs and reads as botocore does, and leaves to botocore what does not go well."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from unittest import mock
from zlib import crc32

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import get_current_datetime
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import ClientError
from botocore.httpsession import get_cert_path

from mediabeat.storage import lean_requests
from mediabeat.storage.dynamodb import aws, dynamodb_client, item_that_failed_condition
from mediabeat.storage.lean_requests import shorten, signed

FAILED_CONDITION = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "Item": {"pk": {"S": "x"}}}
UPDATE: dict[str, Any] = {"TableName": "t", "Key": {"pk": {"S": "x"}}, "UpdateExpression": "SET a = :a"}
UPDATE |= {"ExpressionAttributeValues": {":a": {"B": b"\x00\xff"}, ":e": {"BS": [b"1", b"2"]}}}


class Database:
    """A server on a port of its own; each request takes the next of `answers`, or the last one."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes, dict[str, str]]] = [(200, b"{}", {})]
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.connections = 0
        database = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                database.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                database.asked.append((self.headers["X-Amz-Target"].partition(".")[2], headers, json.loads(body)))
                status, content, about = database.answers.pop(0) if len(database.answers) > 1 else database.answers[0]
                if not status:
                    self.close_connection = True  # without an answer
                    return
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **about}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
                self.close_connection = about.get("Connection") == "close"

            def log_message(self, *args: Any) -> None:
                """Keep silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def client(self) -> Any:
        """Return a client of it, as the closer makes it."""
        endpoint = f"http://127.0.0.1:{self.server.server_port}"
        with mock.patch.dict("os.environ", AWS_ENDPOINT_URL_DYNAMODB=endpoint):
            return shorten(dynamodb_client(), aws())

    @property
    def signers(self) -> list[str]:
        """Who signed each request: botocore also signs the type of the content."""
        return ["botocore" if "content-type" in headers["authorization"] else "short way" for _, headers, _ in self.asked]


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    opened: list[lean_requests._Connection] = []

    class Known(lean_requests._Connection):
        def __init__(self, connection: HTTPConnection) -> None:
            opened.append(self)
            super().__init__(connection)

    monkeypatch.setattr(lean_requests, "_Connection", Known)
    database = Database()
    yield database
    for connection in opened:
        connection.close()
    database.server.shutdown()
    database.server.server_close()


@pytest.mark.parametrize("token", [None, "a token/of+a role=="])
def test_signature_is_the_one_that_botocore_makes(token: str | None) -> None:
    credentials = ReadOnlyCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    about = {"X-Amz-Target": "DynamoDB_20120810.UpdateItem"}
    now = get_current_datetime()
    request = AWSRequest("POST", "https://dynamodb.eu-west-1.amazonaws.com/", dict(about), b'{"a": 1}')
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        SigV4Auth(credentials, "dynamodb", "eu-west-1").add_auth(request)
    host = "dynamodb.eu-west-1.amazonaws.com"
    ours = signed(about, b'{"a": 1}', host, now.strftime("%Y%m%dT%H%M%SZ"), "eu-west-1", credentials)
    assert ours["authorization"] == request.headers["Authorization"]
    assert ours["x-amz-date"] == request.headers["X-Amz-Date"]
    assert ours.get("x-amz-security-token") == request.headers.get("X-Amz-Security-Token") == token


def test_request_and_answer_are_those_of_botocore(database: Database) -> None:
    item = {"pk": {"S": "é"}, "n": {"N": "1"}, "b": {"B": "AP8="}, "s": {"BS": ["MQ==", "Mg=="]}, "t": {"BOOL": True}}
    told = json.dumps({"Items": [item], "Count": 1, "LastEvaluatedKey": {"pk": {"S": "é"}}}).encode()
    database.answers = [(200, told, {"x-amz-crc32": str(crc32(told))})]
    short = database.client()
    with mock.patch.object(lean_requests, "get_environ_proxies", return_value={"http": "proxy"}):
        usual = database.client()
    asked: dict[str, Any] = {"TableName": "t", "KeyConditionExpression": "pk = :pk", "ConsistentRead": True, "Limit": 3}
    asked |= {"ExpressionAttributeValues": {":pk": {"S": "é"}}}
    answers = [client.query(**asked) for client in (short, usual)]
    answers[1].pop("ResponseMetadata")
    assert answers[0] == answers[1]
    assert database.signers == ["short way", "botocore"]
    for client in (short, usual):
        client.update_item(**UPDATE)
    bodies = [body for _, _, body in database.asked]
    assert (bodies[0], bodies[2]) == (bodies[1], bodies[3])


def test_connection_is_used_again(database: Database) -> None:
    client = database.client()
    for _ in range(5):
        client.update_item(**UPDATE)
    assert (database.connections, database.signers) == (1, ["short way"] * 5)


def test_connection_that_the_server_closes_is_not_used_again(database: Database) -> None:
    database.answers = [(200, b"{}", {"Connection": "close"}), (200, b"{}", {})]
    client = database.client()
    client.update_item(**UPDATE)
    client.update_item(**UPDATE)
    assert (database.connections, database.signers) == (2, ["short way"] * 2)


@pytest.mark.parametrize(
    "first",
    [
        (0, b"", {}),
        (500, b"{}", {}),
        (400, b'{"__type": "#ThrottlingException"}', {}),
        (200, b"{", {}),
        (200, b"{}", {"x-amz-crc32": "1"}),
        (200, b'{"Item": {"a": {"M": {}}}}', {}),
        (200, b"{}", {"Content-Length": "9", "Connection": "close"}),
        (200, b"{}", {"Content-Length": "x"}),
        (200, b"{}", {"X": "1" * 70_000}),
        (302, b"", {"Location": "http://127.0.0.1:1/"}),
    ],
)
def test_request_that_does_not_go_well_is_repeated_by_botocore(database: Database, first: tuple[int, bytes, Any]) -> None:
    database.answers = [first, (200, b"{}", {})]
    database.client().update_item(**UPDATE)
    assert database.signers == ["short way", "botocore"]


def test_failed_condition_has_botocores_error_and_the_old_item(database: Database) -> None:
    database.answers = [(400, json.dumps(FAILED_CONDITION).encode(), {})]
    with pytest.raises(ClientError) as refused:
        database.client().update_item(**UPDATE)
    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert item_that_failed_condition(refused.value) == {"pk": {"S": "x"}}
    assert database.signers == ["short way", "botocore"]


def test_request_of_another_kind_goes_the_usual_way(database: Database) -> None:
    database.client().put_item(TableName="t", Item={"pk": {"S": "x"}})
    assert database.signers == ["botocore"]


def test_client_behind_a_proxy_goes_the_usual_way(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{database.server.server_port}")
    database.client().update_item(**UPDATE)
    assert database.signers == ["botocore"]


def test_answer_in_the_databases_place_is_taken(database: Database) -> None:
    client = database.client()
    answer = mock.Mock(status_code=200, content=b'{"Items": []}')
    client.meta.events.register_first("before-send.dynamodb", lambda request, **_: answer)
    assert client.query(TableName="t")["Items"] == []
    assert database.asked == []


def test_server_of_another_name_is_not_trusted() -> None:
    context = lean_requests._verifying(get_cert_path(True))
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
