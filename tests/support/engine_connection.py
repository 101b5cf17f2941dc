"""A fast way to an engine: HTTP by hand and no signatures, as a real HTTP client takes more time than most tests."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

import botocore
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.botocore_stubber import MockRawResponse

from mediabeat.storage.clients.boto import dynamodb_client

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

JSON: Final = {"Content-Type": "application/x-amz-json-1.0"}
SIGNED: Final = {
    "X-Amz-Date": "20260101T000000Z",
    "Authorization": "AWS4-HMAC-SHA256 Credential=testing/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=0",
}
"""Signing takes a third of a request's time, and the engine only looks whether there is a signature."""

_HEADERS: Final = "".join(f"{name}: {value}\r\n" for name, value in ({"Host": "engine"} | JSON | SIGNED).items())


class EngineConnection:
    """One connection to an engine, for one thread."""

    def __init__(self, endpoint: str) -> None:
        host, port = endpoint.removeprefix("http://").split(":")
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")

    def send(self, operation: str, body: bytes) -> tuple[int, bytes]:
        """Send a request and return status and body of its answer."""
        about = f"X-Amz-Target: DynamoDB_20120810.{operation}\r\nContent-Length: {len(body)}\r\n"
        self._socket.sendall(f"POST / HTTP/1.1\r\n{_HEADERS}{about}\r\n".encode() + body)
        status = int(self._answers.readline().split()[1])
        length = 0
        while (line := self._answers.readline().rstrip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, self._answers.read(length)

    def close(self) -> None:
        """Hang up."""
        self._answers.close()
        self._socket.close()


class EngineConnections:
    """A connection to an engine for each thread that needs one. They are closed with the block of `stack`."""

    def __init__(self, endpoint: str, stack: ExitStack) -> None:
        self._endpoint = endpoint
        self._stack = stack
        self._mine = threading.local()

    def send(self, request: AWSPreparedRequest) -> tuple[int, dict[str, str], bytes]:
        """Send a request of botocore and return status, headers and body of its answer."""
        if not hasattr(self._mine, "connection"):
            self._mine.connection = EngineConnection(self._endpoint)
            self._stack.callback(self._mine.connection.close)
        assert isinstance(request.body, bytes)
        target = request.headers["X-Amz-Target"]
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        status, body = self._mine.connection.send(operation, request.body)
        return status, JSON, body


@contextmanager
def client_of(engine: str) -> Iterator["DynamoDBClient"]:
    """Make a client for any number of threads, as the functions have it, of the engine at this address."""
    with ExitStack() as stack:
        connections = EngineConnections(engine, stack)

        def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
            status, headers, body = connections.send(request)
            return AWSResponse(request.url, status, headers, MockRawResponse(body))  # type: ignore[arg-type]

        client = dynamodb_client()
        client.meta.events.register("before-send.dynamodb", answer)  # type: ignore[arg-type]
        client.meta.events.register("choose-signer.dynamodb", lambda **_: botocore.UNSIGNED)
        stack.callback(client.close)
        yield client
