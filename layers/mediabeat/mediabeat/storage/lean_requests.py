"""A short way to DynamoDB, for the closer, which sends thousands of requests per run on one processor.

Hooks, signing, retries and parsers of botocore take three quarters of the time of a close. The short way begins at botocore's
hook `before-call`, signs and sends the request, and reads the answer. It is taken once, and only an answer with status 200 ends
it. After anything else, the request goes botocore's way as a repeat would, with its retries and typed errors. Source of the
signature: AWS, "Create a signed AWS API request".
"""

import hashlib
import hmac
import json
from binascii import a2b_base64
from collections import deque
from collections.abc import Iterable, Mapping
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ssl import create_default_context
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit
from weakref import finalize
from zlib import crc32

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import get_current_datetime
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError
from botocore.httpsession import get_cert_path
from botocore.session import Session
from botocore.utils import get_environ_proxies

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPERATIONS: Final = frozenset({"Query", "UpdateItem", "DeleteItem"})

ITEMS: Final = ("Items", "Item", "Attributes")
"""The parts of an answer that may hold bytes."""

MAX_LINE: Final = 65_536


class _Done(NamedTuple):
    """What botocore wants to know of an answer besides its content."""

    status_code: int


def shorten(client: "DynamoDBClient", session: Session) -> "DynamoDBClient":
    """Let a client take the short way, and return it. Behind a proxy it goes on taking botocore's way."""
    credentials = session.get_credentials()
    if credentials is not None and not get_environ_proxies(client.meta.endpoint_url):
        ca_bundle: Any = session.get_config_variable("ca_bundle") or get_cert_path(True)
        events: Any = client.meta.events
        events.register("before-call.dynamodb", ShortWay(client, credentials, ca_bundle=ca_bundle).answer)
    return client


class ShortWay:
    """The short way of one client, with its own connections. Threads may share it."""

    def __init__(self, client: "DynamoDBClient", credentials: Credentials, *, ca_bundle: str) -> None:
        config: Any = client.meta.config
        self._timeouts = config.connect_timeout, config.read_timeout
        self._region = client.meta.region_name
        self._events: Any = client.meta.events
        self._credentials = credentials
        self._ca_bundle = ca_bundle
        self._idle: deque[_Connection] = deque()
        finalize(self, _close_all, self._idle)

    def answer(self, model: Any, params: dict[str, Any], **_: Any) -> tuple[_Done, dict[str, Any]] | None:
        """Return the answer to a request; None to let botocore send it. A handler of `before-call`."""
        url = urlsplit(params["url"])
        if model.name not in OPERATIONS or url.path not in ("", "/"):
            return None
        now, body = get_current_datetime().strftime("%Y%m%dT%H%M%SZ"), params["body"]
        headers: Any = signed(params["headers"], body, url.netloc, now, self._region, self._credentials.get_frozen_credentials())
        request = AWSPreparedRequest("POST", params["url"], headers, body, stream_output=False)
        try:
            # The hook at which others answer in the database's place, as they do on botocore's way.
            told = self._events.emit_until_response(f"before-send.dynamodb.{model.name}", request=request)[1]
            if told is None:
                status, content = self._send(url.scheme, url.netloc, body, headers)
            else:
                status, content = told.status_code, told.content
            return (_Done(status), opened(content)) if status == 200 else None
        except (OSError, HTTPException, BotoCoreError, ValueError):
            return None

    def _send(self, scheme: str, host: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _Connection(self._connected(scheme, host))
        try:
            status, content, stays_open = connection.ask(body, headers)
        except BaseException:
            connection.close()  # half an answer may be left in it
            raise
        if stays_open:
            self._idle.append(connection)
        else:
            connection.close()
        return status, content

    def _connected(self, scheme: str, host: str) -> HTTPConnection:
        connect_s, read_s = self._timeouts
        if scheme == "https":
            connection: HTTPConnection = HTTPSConnection(host, timeout=connect_s, context=_verifying(self._ca_bundle))
        else:
            connection = HTTPConnection(host, timeout=connect_s)
        connection.connect()
        connection.sock.settimeout(read_s)
        return connection


class _Connection:
    """An open connection. `http.client` has opened it, but would read the headers of an answer as those of an email."""

    def __init__(self, opened: HTTPConnection) -> None:
        self._opened = opened
        self._answers = opened.sock.makefile("rb")

    def ask(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes, bool]:
        """Return status and content of an answer, and whether the connection stays open.

        Raises OSError, HTTPException or ValueError for what is no whole answer of DynamoDB.
        """
        lines = (f"{name}: {value}\r\n" for name, value in headers.items())
        self._opened.sock.sendall(f"POST / HTTP/1.1\r\n{''.join(lines)}content-length: {len(body)}\r\n\r\n".encode() + body)
        version, status, *_ = self._line().split(maxsplit=2)
        told: dict[bytes, bytes] = {}
        while line := self._line():
            name, _, value = line.partition(b":")
            told[name.lower()] = value.strip()
        if version != b"HTTP/1.1" or b"content-length" not in told:
            raise HTTPException("not an answer of DynamoDB")
        content = self._answers.read(length := int(told[b"content-length"]))
        if len(content) != length or int(told.get(b"x-amz-crc32", crc32(content))) != crc32(content):
            raise HTTPException("the answer is damaged")
        return int(status), content, told.get(b"connection", b"").lower() != b"close"

    def close(self) -> None:
        """Hang up."""
        self._answers.close()
        self._opened.close()

    def _line(self) -> bytes:
        line = self._answers.readline(MAX_LINE)
        if not line.endswith(b"\n"):
            raise HTTPException("the answer is cut off")
        return line.rstrip(b"\r\n")


def _close_all(connections: Iterable[_Connection]) -> None:
    for connection in connections:
        connection.close()


@lru_cache(maxsize=1)
def _verifying(ca_bundle: str) -> Any:
    return create_default_context(cafile=ca_bundle)


def signed(
    headers: Mapping[str, str], body: bytes, host: str, now: str, region: str, credentials: ReadOnlyCredentials
) -> dict[str, str]:
    """Return the headers of a request with its signature, by Signature Version 4; `now` such as `20261126T031500Z`."""
    covered = {"host": host, "x-amz-date": now, "x-amz-target": headers["X-Amz-Target"]}
    if credentials.token:
        covered["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(covered))
    lines = (f"{name}:{covered[name]}\n" for name in sorted(covered))
    canonical = f"POST\n/\n\n{''.join(lines)}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{now[:8]}/{region}/dynamodb/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = _hmac(_signing_key(credentials.secret_key, scope), text).hex()
    authorization = f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**headers, **covered, "authorization": authorization}


@lru_cache(maxsize=2)
def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def opened(content: bytes) -> dict[str, Any]:
    """Return an answer with the bytes in its items. Raises ValueError for what is not an answer with items of our table."""
    answer: dict[str, Any] = json.loads(content)
    for name in ITEMS:
        for item in _each_of(answer.get(name)):
            for value in item.values():
                if "BS" in value:
                    value["BS"] = [a2b_base64(one) for one in value["BS"]]
                elif "B" in value:
                    value["B"] = a2b_base64(value["B"])
                elif "L" in value or "M" in value:
                    raise ValueError("no item of ours has lists or maps")
    return answer


def _each_of(told: Any) -> Iterable[dict[str, Any]]:
    return told if isinstance(told, list) else [told] if told else []
