"""The small client does what botocore does, and gets through what happens between a function and DynamoDB."""

import datetime
import ipaddress
import json
import random
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.session import Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mediabeat.errors import StorageUnavailable
from mediabeat.storage.clients import lean
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.clients.lean import LeanClient, NoAnswer, Refused, decoded, encoded, lean_client
from mediabeat.storage.clients.wire import Answer, Place, Wire
from mediabeat.storage.dynamodb import ConditionFailed, Table
from tests.support.scripted_server import HANG_UP, SILENCE, ScriptedServer, Step, answer, refusal, scripted_server

NOW_MS: Final = 1_795_000_000_000
TYPED: Final[dict[str, Any]] = {
    "pk": {"S": 'é 😀 " \\ \n'},
    "n": {"N": "1.5"},
    "b": {"B": b"\x00\xff"},
    "s": {"BS": [b"1", b"\xfe" * 40]},
    "t": {"BOOL": True},
    "nothing": {"NULL": True},
    "l": {"L": [{"B": b"x"}, {"M": {"B": {"B": b"y"}, "BS": {"S": "z"}}}]},
    "m": {"M": {"B": {"S": "a name like a type"}}},
    "texts": {"SS": ["a", "b"]},
}
UPDATE: Final[dict[str, Any]] = {
    "TableName": "t",
    "Key": {"pk": {"S": "x"}},
    "UpdateExpression": "SET a = :a",
    "ExpressionAttributeValues": TYPED,
}
REQUESTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "GetItem": ("get_item", {"TableName": "t", "Key": TYPED, "ConsistentRead": True}),
    "BatchGetItem": ("batch_get_item", {"RequestItems": {"BSs": {"Keys": [TYPED], "ConsistentRead": False}}}),
    "Query": ("query", {"TableName": "t", "KeyConditionExpression": "a", "ExpressionAttributeValues": TYPED, "Limit": 3}),
    "PutItem": ("put_item", {"TableName": "t", "Item": TYPED}),
    "UpdateItem": ("update_item", UPDATE),
    "DeleteItem": ("delete_item", {"TableName": "t", "Key": TYPED}),
    "TransactWriteItems": (
        "transact_write_items",
        {"TransactItems": [{"Update": UPDATE}, {"Put": {"TableName": "t", "Item": TYPED}}]},
    ),
}
ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "GetItem": {"Item": TYPED},
    "BatchGetItem": {"Responses": {"BSs": [TYPED, {"BS": {"BS": [b"1"]}}]}, "UnprocessedKeys": {"t": {"Keys": [TYPED]}}},
    "Query": {"Items": [TYPED, {}], "Count": 2, "ScannedCount": 2, "LastEvaluatedKey": {"B": {"B": b"x"}}},
    "PutItem": {"Attributes": TYPED},
    "UpdateItem": {},
    "DeleteItem": {"ConsumedCapacity": {"TableName": "t", "CapacityUnits": 1.5}},
    "TransactWriteItems": {},
}


class Answering:
    """Sends for a small client: every request gets the same answer."""

    def __init__(self, status: int, content: bytes = b"{}", **headers: str) -> None:
        self.answer: Answer = (status, {name.replace("_", "-"): value for name, value in headers.items()}, content)
        self.asked: list[tuple[str, bytes]] = []

    def send(self, operation: str, body: bytes, deadline_s: float) -> Answer:
        self.asked.append((operation, body))
        return self.answer

    def close(self) -> None:
        """There is nothing to close."""


def lean_of(sending: Answering, pauses: list[int] | None = None) -> LeanClient:
    return LeanClient(sending, timer_s=lambda: 0.0, pause=(pauses if pauses is not None else []).append)


@pytest.fixture(scope="module")
def boto() -> Iterator[Any]:
    client = dynamodb_client()
    yield client
    client.close()


class Boto:
    """A client of botocore whose every request gets the same answer."""

    def __init__(self, client: BaseClient, status: int, content: bytes = b"{}", **headers: str) -> None:
        self.bodies: list[bytes] = []
        told = mock.Mock(
            status_code=status, content=content, headers={name.replace("_", "-"): one for name, one in headers.items()}
        )
        self._client: Any = client
        self._told = told

    def __enter__(self) -> "Boto":
        self._client.meta.events.register_first("before-send.dynamodb", self._answer, unique_id="scripted")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.meta.events.unregister("before-send.dynamodb", unique_id="scripted")

    def _answer(self, request: Any, **_: Any) -> Any:
        self.bodies.append(request.body)
        return self._told


def wire_form(value: Any) -> bytes:
    return encoded(value)


@pytest.mark.parametrize("operation", REQUESTS)
def test_request_is_byte_for_byte_that_of_botocore(boto: Any, operation: str) -> None:
    method, request = REQUESTS[operation]
    sending = Answering(200)
    with mock.patch("uuid.uuid4", return_value="the-token"), Boto(boto, 200) as theirs:
        getattr(boto, method)(**request)
        getattr(lean_of(sending), method)(**request)
    assert sending.asked == [(operation, theirs.bodies[0])]


@pytest.mark.parametrize("operation", ANSWERS)
def test_answer_is_that_of_botocore(boto: Any, operation: str) -> None:
    method, request = REQUESTS[operation]
    content = wire_form(ANSWERS[operation])
    with Boto(boto, 200, content):
        theirs = getattr(boto, method)(**request)
    del theirs["ResponseMetadata"]
    assert getattr(lean_of(Answering(200, content)), method)(**request) == theirs
    assert {name: theirs[name] for name in ANSWERS[operation]} == ANSWERS[operation]


ERRORS: Final[dict[str, tuple[int, bytes]]] = {
    "condition": (
        400,
        wire_form(
            {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "The", "Item": TYPED}
        ),
    ),
    "cancelled": (
        400,
        wire_form(
            {
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "Message": "Transaction cancelled",
                "CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "no", "Item": TYPED}],
            }
        ),
    ),
    "throttled": (400, wire_form({"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slower"})),
    "expired token": (400, wire_form({"__type": "com.amazon.coral.service#ExpiredTokenException", "message": "expired"})),
    "clock": (400, wire_form({"__type": "com.amazon.coral.service#RequestTimeTooSkewed", "message": "too late"})),
    "short code": (400, wire_form({"__type": "AccessDeniedException:http://internal", "Message": "no"})),
    "no code": (400, b"{}"),
    "page": (502, b"<html><body>Bad gateway</body></html>"),
    "empty": (503, b""),
    "other status": (404, b"not found"),
}


@pytest.mark.parametrize("error", ERRORS)
def test_error_has_the_meaning_that_it_has_for_botocore(boto: Any, error: str) -> None:
    status, content = ERRORS[error]
    with mock.patch("botocore.endpoint.time.sleep"), Boto(boto, status, content), pytest.raises(ClientError) as theirs:
        boto.update_item(**UPDATE)
    with pytest.raises(Refused) as ours:
        lean_of(Answering(status, content)).update_item(**UPDATE)
    told = theirs.value.response
    assert ours.value.code == told["Error"]["Code"]
    assert ours.value.status == told["ResponseMetadata"]["HTTPStatusCode"] == status
    for name in ("Item", "CancellationReasons"):
        assert ours.value.response.get(name) == told.get(name)
    assert str(ours.value).partition(":")[0] == str(theirs.value).partition(" (reached")[0].partition(":")[0]


def codes(status: int) -> list[str]:
    """Return the codes of DynamoDB's model, which all have another status than 429, and those that botocore or we send again."""
    model: Any = Session().get_service_model("dynamodb")
    modeled = set() if status == lean.TOO_MANY else {shape.error_code for shape in model.error_shapes}
    return sorted(
        modeled | lean.TRANSIENT - {"ReplicatedWriteConflictException"} | {"ThrottlingException", "SlowDown", "Unknown"}
    )


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500, 501, 502, 503, 504])
def test_request_is_sent_again_exactly_when_botocore_sends_it_again(
    boto: Any, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    monkeypatch.setattr("botocore.retries.quota.RetryQuota.acquire", lambda quota, amount: True)
    tried: dict[str, tuple[int, int]] = {}
    for code in codes(status):
        content = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}"}).encode()
        sending = Answering(status, content)
        with pytest.raises(Refused):
            lean_of(sending).update_item(**UPDATE)
        with Boto(boto, status, content) as theirs, pytest.raises(ClientError):
            boto.update_item(**UPDATE)
        tried[code] = len(sending.asked), len(theirs.bodies)
    assert {code: ours for code, (ours, _) in tried.items()} == {code: theirs for code, (_, theirs) in tried.items()}
    assert set(tried.values()) == {(3, 3)} if status >= 429 and status != 501 else len(tried) > 30


@pytest.mark.parametrize(
    ("status", "code", "headers"),
    [
        (400, "ThrottlingException", {}),
        (500, "InternalServerError", {}),
        (400, "ThrottlingException", {"x_amz_retry_after": "300"}),
        (503, "ServiceUnavailable", {"x_amz_retry_after": "soon"}),
    ],
)
def test_pauses_and_quota_are_those_of_botocore(status: int, code: str, headers: dict[str, str]) -> None:
    content = json.dumps({"__type": f"#{code}"}).encode()
    ours: list[int] = []
    theirs: list[float] = []
    client = lean_of(Answering(status, content, **headers), ours)
    boto = dynamodb_client()
    random.seed(7)
    for _ in range(60):
        with pytest.raises(Refused):
            client.update_item(**UPDATE)
    random.seed(7)
    with mock.patch("botocore.endpoint.time.sleep", theirs.append), Boto(boto, status, content, **headers):
        for _ in range(60):
            with pytest.raises(ClientError):
                boto.update_item(**UPDATE)
    boto.close()
    first = len(ours) if not headers else 2
    assert ours[:first] == [round(1_000 * pause_s) for pause_s in theirs[:first]]
    if not headers:
        assert 30 < len(ours) == len(theirs) < 120, "the quota ends the repeats"


def test_quota_comes_back_with_success() -> None:
    sending = Answering(500)
    client = lean_of(sending)
    for _ in range(40):
        with pytest.raises(Refused):
            client.update_item(**UPDATE)
    sending.asked.clear()
    with pytest.raises(Refused):
        client.update_item(**UPDATE)
    assert len(sending.asked) == 1
    sending.answer = (200, {}, b"{}")
    for _ in range(10):
        client.update_item(**UPDATE)
    sending.answer = (500, {}, b"")
    sending.asked.clear()
    with pytest.raises(Refused):
        client.update_item(**UPDATE)
    assert len(sending.asked) == 2


# Over real connections


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def pauses() -> list[int]:
    """The pauses that the client makes, in milliseconds; it makes none really."""
    return []


def place_of(server: ScriptedServer, host: str = "127.0.0.1", roots: str | None = None) -> Place:
    return Place(host, server.port, f"{host}:{server.port}", "eu-west-1", "AKIDEXAMPLE", "secret", "token", roots)


@pytest.fixture
def client(server: ScriptedServer, pauses: list[int]) -> Iterator[LeanClient]:
    wire = Wire(place_of(server), clock=lambda: NOW_MS, timer_s=time.monotonic)
    client = LeanClient(wire, timer_s=time.monotonic, pause=pauses.append)
    yield client
    client.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time-outs of a tenth of a second, and of a third for the whole call."""
    monkeypatch.setattr("mediabeat.storage.clients.wire.READ_S", 0.1)
    monkeypatch.setattr("mediabeat.storage.clients.lean.DEADLINE_S", 0.3)


def test_connection_is_used_again(server: ScriptedServer, client: LeanClient) -> None:
    for _ in range(5):
        client.update_item(**UPDATE)
    assert (server.connections, len(server.asked)) == (1, 5)


def test_connection_that_the_server_announces_to_close_is_not_used_again(server: ScriptedServer, client: LeanClient) -> None:
    server.script = [answer(Connection="close"), answer()]
    client.update_item(**UPDATE)
    client.update_item(**UPDATE)
    assert server.connections == 2


def test_connection_closed_between_two_requests_costs_no_pause(
    server: ScriptedServer, client: LeanClient, pauses: list[int]
) -> None:
    client.update_item(**UPDATE)
    server.hang_up()
    client.update_item(**UPDATE)
    assert (server.connections, len(server.asked), pauses) == (2, 2, [])


def test_connection_closed_just_as_it_is_used_again_costs_no_pause(
    server: ScriptedServer, client: LeanClient, pauses: list[int]
) -> None:
    server.script = [answer(), HANG_UP, answer()]
    client.update_item(**UPDATE)
    client.update_item(**UPDATE)
    assert (server.connections, len(server.asked), pauses) == (2, 3, [])


CUT: Final = Step(answer({"Items": []}).data[:-3], closes=True)
DAMAGED: Final[dict[str, Step]] = {
    "cut in the body": CUT,
    "cut in the headers": Step(b"HTTP/1.1 200 OK\r\nContent-Le", closes=True),
    "hung up": HANG_UP,
    "another checksum": answer(x_amz_crc32="1"),
    "no checksum": answer(x_amz_crc32="x"),
    "half of JSON": answer(b'{"Items": ['),
    "no object": answer(b"[]"),
    "no text": answer(b"\xff\xff"),
    "no base64": answer({"Item": {"a": {"B": "x"}}}),
    "no HTTP": Step(b"SMTP ready\r\n\r\n", closes=True),
    "endless header": Step(b"HTTP/1.1 200 OK\r\nX: " + b"1" * 70_000 + b"\r\n\r\n", closes=True),
}


@pytest.mark.parametrize("damaged", DAMAGED)
def test_request_without_a_whole_answer_is_sent_again(
    server: ScriptedServer, client: LeanClient, pauses: list[int], damaged: str
) -> None:
    server.script = [DAMAGED[damaged], answer({"Count": 1})]
    assert client.query(TableName="t") == {"Count": 1}
    assert (len(server.asked), len(pauses)) == (2, 1)


@pytest.mark.parametrize("damaged", DAMAGED)
def test_request_that_never_gets_a_whole_answer_fails(server: ScriptedServer, client: LeanClient, damaged: str) -> None:
    server.script = [DAMAGED[damaged]]
    with pytest.raises(NoAnswer, match=r"no answer to Query: ."):
        client.query(TableName="t")
    assert len(server.asked) == 3


@pytest.mark.parametrize("damaged", DAMAGED)
def test_table_without_a_whole_answer_is_unavailable(server: ScriptedServer, client: Any, damaged: str) -> None:
    server.script = [DAMAGED[damaged]]
    with pytest.raises(StorageUnavailable):
        Table("t", client).put({"pk": {"S": "x"}})


PAGE: Final = b"<html><body>Bad gateway</body></html>"
PAGES: Final[dict[str, Step]] = {
    "with its length": answer(PAGE, 502, x_amz_crc32=""),
    "in chunks": Step(b"HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n25\r\n" + PAGE + b"\r\n0\r\n\r\n"),
    "until it ends": Step(b"HTTP/1.1 502 Bad\r\n\r\n" + PAGE, closes=True),
    "of HTTP/1.0": Step(b"HTTP/1.0 502 Bad\r\n\r\n" + PAGE, closes=True),
}


@pytest.mark.parametrize("page", PAGES)
def test_page_of_a_gateway_is_a_server_error(server: ScriptedServer, client: Any, page: str) -> None:
    server.script = [PAGES[page]]
    with pytest.raises(StorageUnavailable, match="502"):
        Table("t", client).put({"pk": {"S": "x"}})
    assert len(server.asked) == 3


def test_answer_in_chunks_is_read(server: ScriptedServer, client: LeanClient) -> None:
    server.script = [Step(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"Co\r\n8\r\nunt": 1}\r\n0\r\n\r\n')]
    assert [client.query(TableName="t") for _ in range(3)] == [{"Count": 1}] * 3
    assert server.connections == 1


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "step", [SILENCE, Step(b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 500, drips=True)], ids=["says nothing", "drips"]
)
def test_server_without_end_is_left_at_the_deadline(server: ScriptedServer, client: LeanClient, step: Step) -> None:
    server.script = [step]
    with pytest.raises(NoAnswer, match=r"timed out|is over"):
        client.update_item(**UPDATE)
    assert 1 <= len(server.asked) <= 3


@pytest.mark.usefixtures("hasty")
def test_pause_beyond_the_deadline_is_not_made(server: ScriptedServer, client: LeanClient, pauses: list[int]) -> None:
    server.script = [refusal("ThrottlingException")]
    server.script = [answer({"__type": "#ThrottlingException"}, 400, x_amz_retry_after="4000")]
    with pytest.raises(Refused):
        client.update_item(**UPDATE)
    assert (len(server.asked), pauses) == (1, [])


@pytest.mark.usefixtures("hasty")
def test_write_that_took_effect_before_the_time_out_meets_its_own_condition(server: ScriptedServer, client: Any) -> None:
    mine = {"pk": {"S": "x"}, "tail": {"BS": ["MQ=="]}}
    server.script = [SILENCE, refusal("ConditionalCheckFailedException", Item=mine)]
    with pytest.raises(ConditionFailed) as failed:
        Table("t", client).update_with(UPDATE, None)
    assert failed.value.item == {"pk": {"S": "x"}, "tail": {"BS": [b"1"]}}
    assert server.asked[0][1] == server.asked[1][1]


@pytest.mark.usefixtures("hasty")
def test_transaction_is_sent_again_under_the_same_token(server: ScriptedServer, client: LeanClient) -> None:
    server.script = [SILENCE, refusal("InternalServerError", 500), answer()]
    client.transact_write_items(TransactItems=[])
    client.transact_write_items(TransactItems=[])
    tokens = [body["ClientRequestToken"] for _, body in server.asked]
    assert len(set(tokens[:3])) == 1
    assert tokens[3] != tokens[0]


@pytest.mark.parametrize("code", ["RequestTimeTooSkewed", "ExpiredTokenException", "AccessDeniedException"])
def test_refusal_that_a_repeat_cannot_mend_is_told_at_once(server: ScriptedServer, client: Any, code: str) -> None:
    server.script = [refusal(code)]
    with pytest.raises(Refused, match=code):  # not StorageUnavailable: the log has it as an error, as with boto3
        Table("t", client).put({"pk": {"S": "x"}})
    assert len(server.asked) == 1


def test_each_attempt_is_signed_for_its_own_time(server: ScriptedServer) -> None:
    times = iter([NOW_MS, NOW_MS + 60_000])
    client = LeanClient(
        Wire(place_of(server), clock=lambda: next(times), timer_s=time.monotonic), timer_s=time.monotonic, pause=lambda ms: None
    )
    server.script = [refusal("InternalServerError", 500), answer()]
    client.update_item(**UPDATE)
    client.close()
    assert [headers["x-amz-date"] for headers, _ in server.asked] == ["20261118T110640Z", "20261118T110740Z"]
    assert len({headers["authorization"] for headers, _ in server.asked}) == 2


def test_nobody_listening_is_no_answer(client: Any, server: ScriptedServer) -> None:
    server.close()
    with pytest.raises(NoAnswer, match="refused"):
        client.update_item(**UPDATE)


def test_threads_share_a_client(server: ScriptedServer, client: LeanClient) -> None:
    def ask(number: int) -> None:
        client.update_item(TableName=str(number))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(200)))
    assert sorted(int(body["TableName"]) for _, body in server.asked) == list(range(200))
    assert server.connections <= 8


# TLS


def certificate(folder: Path, name: x509.GeneralName) -> tuple[str, ssl.SSLContext]:
    """Return the file of a certificate that signs itself, and a server's context with it."""
    key, today = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server of a test")])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "public.pem", folder / "private.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, none))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return str(public), context


LOCAL: Final = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@pytest.mark.parametrize(
    ("named", "is_known", "trusted"),
    [(LOCAL, True, True), (LOCAL, False, False), (x509.DNSName("dynamodb.eu-west-1.amazonaws.com"), True, False)],
    ids=["known", "unknown", "of another host"],
)
def test_only_a_known_certificate_of_the_host_is_trusted(
    tmp_path: Path, named: x509.GeneralName, is_known: bool, trusted: bool
) -> None:
    own, context = certificate(tmp_path, named)
    usual = lean_environment()["roots"]
    with scripted_server(context) as server:
        wire = Wire(place_of(server, roots=own if is_known else usual), clock=lambda: NOW_MS, timer_s=time.monotonic)
        client = LeanClient(wire, timer_s=time.monotonic, pause=lambda ms: None)
        if trusted:
            assert [client.query(TableName="t") for _ in range(2)] == [{}, {}]
            assert server.connections == 1
        else:
            with pytest.raises(NoAnswer, match="certificate verify failed"):
                client.query(TableName="t")
            assert server.asked == []
        client.close()


def lean_environment() -> dict[str, Any]:
    from mediabeat.storage.clients.wire import place_in

    return place_in(PLAIN)._asdict()


# Which client


PLAIN: Final = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


def made(environment: dict[str, str]) -> tuple[Any, list[str]]:
    """Return the client for an environment, and the reasons that were told."""
    reasons: list[str] = []
    parts: dict[str, Any] = {"clock": lambda: NOW_MS, "timer_s": time.monotonic, "pause": lambda ms: None}
    client = lean_client(environment, **parts, on_boto3=reasons.append)
    client.close()
    return client, reasons


def test_client_is_the_small_one_in_the_usual_environment() -> None:
    client, reasons = made(PLAIN)
    assert (type(client), reasons) == (LeanClient, [])


def test_boto3_is_used_and_the_reason_told_where_something_is_unusual() -> None:
    client, reasons = made(PLAIN | {"HTTPS_PROXY": "http://proxy"})
    assert (isinstance(client, BaseClient), reasons) == (True, ["HTTPS_PROXY"])


def test_switch_brings_boto3_back_without_a_word() -> None:
    client, reasons = made(PLAIN | {"DYNAMODB_CLIENT": "boto3"})
    assert (isinstance(client, BaseClient), reasons) == (True, [])


def test_decoded_is_what_was_encoded() -> None:
    assert decoded(encoded(TYPED)) == TYPED
