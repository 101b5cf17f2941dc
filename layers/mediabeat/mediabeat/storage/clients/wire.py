"""Signed requests to DynamoDB over connections that are kept open, where a Lambda function's environment is the usual one.

Source of the signature: AWS, "Create a signed AWS API request".
"""

import hashlib
import hmac
import re
import ssl
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from http.client import HTTPException, HTTPResponse, RemoteDisconnected
from importlib.util import find_spec
from io import BufferedReader, RawIOBase
from select import POLLIN, poll
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection, socket
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlsplit

CONNECT_S: Final = 1
READ_S: Final = 2


class Headers(Protocol):
    """The headers of an answer."""

    def get(self, name: str, /) -> str | None:
        """Return one by its lower-case name."""


Answer = tuple[int, Headers, bytes]
"""Status, headers and body of an answer."""

FAILURES: Final = (OSError, HTTPException)
"""What ends a request without a whole answer."""

_CLOSED: Final = (RemoteDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLError)

_USUAL: Final = re.compile(
    "AWS_(REGION|DEFAULT_REGION|ACCESS_KEY(_ID)?|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|ENDPOINT_URL(_.*)?|EXECUTION_ENV"
    "|LAMBDA_.*|XRAY_.*|SAM_.*)"
)
"""Variables of AWS that change nothing, or what `place_in` reads. Any other may be an option of botocore's, a future one too."""

_OTHERS: Final = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE"})
"""Options of botocore's under other names."""

_REGION: Final = re.compile("(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]+")
"""Regions whose endpoints end with `amazonaws.com`: the partition `aws`. Source: botocore's `partitions.json`."""


class Unusual(Exception):
    """The environment asks for something that only botocore knows. The message names it."""


class Place(NamedTuple):
    """Where requests go, and by whose keys. `roots` is the file of the trusted certificates; None for plain HTTP."""

    host: str
    port: int
    named: str
    region: str
    key_id: str
    secret: str
    token: str
    roots: str | None


def place_in(environment: Mapping[str, str]) -> Place:
    """Return where a function's requests go.

    Raises Unusual.
    """
    for name, value in environment.items():
        if value and (name.upper() in _OTHERS or (name.startswith("AWS_") and not _USUAL.fullmatch(name))):
            raise Unusual(name)
    region, key_id, secret = (
        environment.get(f"AWS_{name}", "") for name in ("DEFAULT_REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
    )
    if not (region and key_id and secret):
        raise Unusual("no region or no credentials in the environment")
    endpoint = environment.get("AWS_ENDPOINT_URL_DYNAMODB") or environment.get("AWS_ENDPOINT_URL")
    if not endpoint and not _REGION.fullmatch(region):
        raise Unusual(f"the region {region}")
    url = urlsplit(endpoint or f"https://dynamodb.{region}.amazonaws.com")
    found = find_spec("botocore")  # found, but not loaded
    if url.scheme not in ("http", "https") or not url.hostname or url.path not in ("", "/") or not found or not found.origin:
        raise Unusual("no plain endpoint, or no certificates of botocore")
    is_secure = url.scheme == "https"
    roots = found.origin.replace("__init__.py", "cacert.pem") if is_secure else None
    token = environment.get("AWS_SECURITY_TOKEN") or environment.get("AWS_SESSION_TOKEN", "")
    return Place(url.hostname, url.port or (443 if is_secure else 80), url.netloc, region, key_id, secret, token, roots)


class Wire:
    """The connections of one client. Threads may share it. `clock` is epoch milliseconds, `timer_s` never goes back."""

    def __init__(self, place: Place, *, clock: Callable[[], int], timer_s: Callable[[], float]) -> None:
        self._place = place
        self._clock = clock
        self._timer_s = timer_s
        # Made here, while Lambda gives the process a whole core. Nothing can make it trust anybody else.
        self._tls = ssl.create_default_context(cafile=place.roots) if place.roots else None
        self._idle: deque[_Connection] = deque()

    def send(self, operation: str, body: bytes, deadline_s: float) -> Answer:
        """Return the answer to a request; `deadline_s` is a time of `timer_s`. Raises one of FAILURES."""
        now = datetime.fromtimestamp(self._clock() / 1_000, UTC).strftime("%Y%m%dT%H%M%SZ")
        headers = request_headers(self._place, operation, body, now)
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        request = f"POST / HTTP/1.1\r\n{lines}user-agent: mediabeat\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
        left_s = partial(_left_s, self._timer_s, deadline_s)
        if kept := self._kept():
            try:
                return self._ask(kept, request, left_s)
            except _CLOSED:
                self.close()  # the server has closed it after the look, and maybe the others
        return self._ask(self._connected(left_s), request, left_s)

    def close(self) -> None:
        """Hang up."""
        while kept := self._kept():
            kept.close()

    def _kept(self) -> "_Connection | None":
        """Return an open connection that nobody uses. Lambda freezes a process, and meanwhile servers close connections."""
        while True:
            try:
                kept = self._idle.pop()
            except IndexError:
                return None
            if kept.is_open():
                return kept
            kept.close()

    def _connected(self, left_s: Callable[[float], float]) -> "_Connection":
        opened = create_connection((self._place.host, self._place.port), left_s(CONNECT_S))
        try:
            opened.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            return _Connection(self._tls.wrap_socket(opened, server_hostname=self._place.host) if self._tls else opened)
        except BaseException:
            opened.close()
            raise

    def _ask(self, connection: "_Connection", request: bytes, left_s: Callable[[float], float]) -> Answer:
        try:
            answer, stays_open = connection.ask(request, left_s)
        except BaseException:
            connection.close()  # half an answer may be left in it
            raise
        if stays_open:
            self._idle.append(connection)
        else:
            connection.close()
        return answer


def _left_s(timer_s: Callable[[], float], deadline_s: float, most_s: float) -> float:
    left_s = deadline_s - timer_s()
    if left_s <= 0:
        raise TimeoutError("the time for the whole call is over")
    return min(left_s, most_s)


class _Connection:
    def __init__(self, opened: socket) -> None:
        self._socket = opened
        self._poll = poll()
        self._poll.register(opened, POLLIN)
        self.close = opened.close

    def is_open(self) -> bool:
        """Return whether the server has neither closed it nor sent what nobody asked for."""
        return not self._poll.poll(0)

    def ask(self, request: bytes, left_s: Callable[[float], float]) -> tuple[Answer, bool]:
        """Return an answer, and whether the connection stays open."""
        self._socket.settimeout(left_s(READ_S))
        self._socket.sendall(request)
        source: Any = _Source(self._socket, left_s)
        answer = HTTPResponse(source, method="POST")
        try:
            answer.begin()
            content = answer.read()
        finally:
            answer.close()
        return (answer.status, answer.headers, content), not answer.will_close


class _Source(RawIOBase):
    """What a connection receives. Each piece of an answer has to come before the deadline of the whole."""

    def __init__(self, opened: socket, left_s: Callable[[float], float]) -> None:
        self._socket = opened
        self._left_s = left_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(self._left_s(READ_S))
        return self._socket.recv_into(buffer)

    def makefile(self, _mode: str) -> BufferedReader:
        """Return what `HTTPResponse` reads."""
        return BufferedReader(self)


def request_headers(place: Place, operation: str, body: bytes, now: str) -> dict[str, str]:
    """Return the headers of a request with its signature; `now` such as `20261126T031500Z`."""
    headers = {"content-type": "application/x-amz-json-1.0", "host": place.named, "x-amz-date": now}
    if place.token:
        headers["x-amz-security-token"] = place.token
    headers["x-amz-target"] = f"DynamoDB_20120810.{operation}"
    headers["authorization"] = authorization(headers, body, f"{place.region}/dynamodb", place.key_id, place.secret)
    return headers


def authorization(headers: Mapping[str, str], body: bytes, service: str, key_id: str, secret: str) -> str:
    """Return the header `authorization` of a POST to `/`, by Signature Version 4. It covers all these headers.

    Their names are in lower case and in order, `x-amz-date` among them. `service` is region and service, with a slash.
    """
    now, names = headers["x-amz-date"], ";".join(headers)
    lines = "".join([f"{name}:{value}\n" for name, value in headers.items()])
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{now[:8]}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = _hmac(_signing_key(secret, scope), text).hex()
    return f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}"


@lru_cache(maxsize=2)
def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
