"""AWS in this process: moto, and for DynamoDB a real engine, which needs a fifth of moto's time and is safe for threads."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from typing import Any, Final
from unittest import mock
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.signers import RequestSigner
from moto import mock_aws
from moto.core.models import MockAWS, botocore_stubber

DYNAMODB: Final = "https://dynamodb."
SIGNED: Final = {
    "X-Amz-Date": "20261122T000000Z",
    "Authorization": "AWS4-HMAC-SHA256 Credential=a/20261122/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
}
"""What the engine wants to see of a signature, which neither it nor moto checks. Signing takes a sixth of a request's time."""

Answer = tuple[int, dict[str, str], bytes]


class _ByEngine:
    """Answers requests to DynamoDB from the engine, and all others from moto."""

    def __init__(self, endpoint: str, stack: ExitStack) -> None:
        self._address = urlsplit(endpoint).netloc
        self._stack = stack
        self._moto = botocore_stubber.process_request
        self._mine = threading.local()

    def __call__(self, request: AWSPreparedRequest) -> Any:
        return self._answer(request) if request.url.startswith(DYNAMODB) else self._moto(request)

    def _answer(self, request: AWSPreparedRequest) -> Answer:
        connection = self._connection()
        assert isinstance(request.body, bytes)
        headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
        connection.request(request.method, "/", request.body, headers | SIGNED)
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read()

    def _connection(self) -> HTTPConnection:
        """Return the connection of the calling thread."""
        if not hasattr(self._mine, "connection"):
            self._mine.connection = HTTPConnection(self._address, timeout=10)
            self._stack.callback(self._mine.connection.close)
        connection: HTTPConnection = self._mine.connection
        return connection


@contextmanager
def simulated_aws(engine: str | None) -> Iterator[MockAWS]:
    """Simulate AWS in the block, with the engine at this address. Without one, moto also answers for DynamoDB.

    Tables of the engine outlive the block, unlike those of moto.
    """
    with mock_aws() as aws, ExitStack() as stack:
        if engine:
            stack.enter_context(mock.patch.object(botocore_stubber, "process_request", _ByEngine(engine, stack)))
            stack.enter_context(mock.patch.object(RequestSigner, "sign"))
        yield aws
