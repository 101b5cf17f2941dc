"""The signature of a call, `x-ncp-apigw-signature-v2`: base64 of HMAC-SHA256 over method, target, time and access key.

Source: NAVER Cloud's API Gateway. The target is path and query as sent, without domain and stage; the body is not signed. Some
clients sign the query encoded, as they send it, and some decoded, so both are tried where they mean the same. The path arrives
decoded: an HTTP API of AWS decodes `rawPath` (except `%25`) and leaves `rawQueryString` as sent. No path here needs encoding, so
nothing is lost.
"""

import base64
import hmac
import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

from mediabeat.core.close_rules import MINUTE_MS
from mediabeat.errors import Unauthorized

WINDOW_MS: Final = 5 * MINUTE_MS
"""Calls this far from the server's clock, or farther, are refused."""

MISSING: Final = "Authentication information are missing."

TIMESTAMP: Final = "x-ncp-apigw-timestamp"
ACCESS_KEY: Final = "x-ncp-iam-access-key"
SIGNATURE: Final = "x-ncp-apigw-signature-v2"

_MILLISECONDS: Final = re.compile(r"\d{1,15}", re.ASCII)


class SignedCall(NamedTuple):
    """The signed parts of a call, and its three headers. `path` is without the stage, `query` as sent."""

    method: str
    path: str
    query: str
    timestamp: str
    access_key_id: str
    signature: str

    def is_in_time(self, *, now: int) -> bool:
        """Say whether the call was signed less than five minutes from now (epoch milliseconds), before or after."""
        return bool(_MILLISECONDS.fullmatch(self.timestamp)) and abs(int(self.timestamp) - now) < WINDOW_MS

    def is_signed_with(self, secret: str) -> bool:
        """Say whether the call was signed with a secret. The time that it takes reveals nothing about the right signature."""
        given = self.signature.encode(errors="replace")
        forms = [self.query, _decoded(self.query)]
        return any([hmac.compare_digest(given, self._signature(form, secret).encode()) for form in forms])  # noqa: C419 - both, always

    def _signature(self, query: str, secret: str) -> str:
        target = f"{self.path}?{query}" if query else self.path
        return signature(secret, self.method, target, self.timestamp, self.access_key_id)


def _decoded(query: str) -> str:
    """Return a query decoded, if that has the same parameters; else the query as it is.

    Anyone who has seen a call signed decoded could otherwise send `%26` for `&`, `%3D` for `=` or `%2526` for `%26`: other
    parameters under the same signature.
    """
    decoded = unquote(query)
    sent = [tuple(map(unquote, one.partition("="))) for one in query.split("&")]
    is_same = unquote(decoded) == decoded and [one.partition("=") for one in decoded.split("&")] == sent
    return decoded if is_same else query


def signed_call(method: str, path: str, query: str, headers: Mapping[str, str]) -> SignedCall:
    """Return a call with its three headers (lower-case names).

    Raises Unauthorized when one of them is missing or empty.
    """
    given = [headers.get(name, "") for name in (TIMESTAMP, ACCESS_KEY, SIGNATURE)]
    if not all(given):
        raise Unauthorized(MISSING)
    return SignedCall(method, path, query, *given)


def signature(secret: str, method: str, target: str, timestamp: str, access_key_id: str) -> str:
    """Return the signature of a call; `target` is path and query, `timestamp` is epoch milliseconds in digits."""
    message = f"{method} {target}\n{timestamp}\n{access_key_id}"
    return base64.b64encode(hmac.digest(secret.encode(), message.encode(errors="surrogatepass"), "sha256")).decode()
