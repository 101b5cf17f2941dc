"""The signature of a call, `x-ncp-apigw-signature-v2`: base64 of HMAC-SHA256 over method, target, time and access key.

Source: NAVER Cloud's API Gateway. The target is path and query as sent, without domain and stage; the body is not signed. Some
clients sign the query encoded, as they send it, and some decoded, so both are tried. The path comes decoded already: an HTTP API
of AWS decodes `rawPath` (but `%25`) and leaves `rawQueryString` as sent. No path here needs encoding, so nothing is lost by it.
"""

import base64
import hmac
import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

from mediabeat.errors import Unauthorized

WINDOW_MS: Final = 300_000
"""A call this far or farther from the server's clock is refused."""

MISSING: Final = "Authentication information are missing."
INVALID: Final = "Invalid authentication information."

TIMESTAMP: Final = "x-ncp-apigw-timestamp"
ACCESS_KEY: Final = "x-ncp-iam-access-key"
SIGNATURE: Final = "x-ncp-apigw-signature-v2"

_MILLISECONDS: Final = re.compile(r"\d{1,15}", re.ASCII)


class SignedCall(NamedTuple):
    """What is signed of a call, and what its headers say of it. `path` without the stage, `query` as sent."""

    method: str
    path: str
    query: str
    timestamp: str
    access_key_id: str
    signature: str


def signed_call(method: str, path: str, query: str, headers: Mapping[str, str]) -> SignedCall:
    """Return a call with what its headers (lower-case names) say of it.

    Raises Unauthorized when one of the three is missing or empty.
    """
    given = [headers.get(name, "") for name in (TIMESTAMP, ACCESS_KEY, SIGNATURE)]
    if not all(given):
        raise Unauthorized(MISSING)
    return SignedCall(method, path, query, *given)


def is_in_time(call: SignedCall, *, now: int) -> bool:
    """Say whether a call was signed less than five minutes from now, before or after."""
    return bool(_MILLISECONDS.fullmatch(call.timestamp)) and abs(int(call.timestamp) - now) < WINDOW_MS


def is_signed_with(call: SignedCall, secret: str) -> bool:
    """Say whether a call was signed with a secret, in a time that tells nothing of how much of the signature is right."""
    given = call.signature.encode(errors="replace")
    forms = [call.query, unquote(call.query)]
    return any([hmac.compare_digest(given, _signature(call, form, secret).encode()) for form in forms])  # noqa: C419 - both, always


def _signature(call: SignedCall, query: str, secret: str) -> str:
    target = f"{call.path}?{query}" if query else call.path
    return signature(secret, call.method, target, call.timestamp, call.access_key_id)


def signature(secret: str, method: str, target: str, timestamp: str, access_key_id: str) -> str:
    """Return the signature of a call; `target` is path and query, `timestamp` epoch milliseconds in digits."""
    message = f"{method} {target}\n{timestamp}\n{access_key_id}"
    return base64.b64encode(hmac.digest(secret.encode(), message.encode(errors="surrogatepass"), "sha256")).decode()
