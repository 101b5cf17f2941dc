"""The guard in front of the emulator: the API is open to everybody, the rest only to the user who started the local cloud.

MiniStack takes any credentials, from any page, and can run code. A page in the user's browser can reach every local port, also
under a name of its own (DNS rebinding), and so can the other users of this machine. This module runs in MiniStack's environment,
as `autosave` does, so it imports only the standard library.
"""

import json
import re
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Any, Any], Awaitable[None]]

HEALTH: Final = "/_ministack/health"
"""The one path of MiniStack that is answered without a key: it says that the emulator runs, and its version."""

_CREDENTIAL: Final = re.compile(r"Credential=([^/, ]+)/")


class Gate:
    """MiniStack behind the guard. `api_segments` returns the first segments of the paths of the API's routes."""

    def __init__(self, served: App, *, port: int, key: str, api_segments: Callable[[], Collection[str]]) -> None:
        self._served = served
        self._api_host = f"127.0.0.1:{port}"
        self._hosts = {self._api_host, f"localhost:{port}", f"[::1]:{port}"}
        self._key = key.encode()
        self._api_segments = api_segments

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Pass on what is allowed, and answer 403 to the rest; the template has no WebSockets."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http" or (refused := self._refusal(scope)) is None:
            await self._served(scope, receive, send)
            return
        body = json.dumps({"message": refused}).encode()
        headers = [(b"content-type", b"application/json"), (b"x-amzn-errortype", b"AccessDeniedException")]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _refusal(self, scope: Scope) -> str | None:
        """Return why a request is refused; None for one that is allowed."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        hosts = [host.lower() for host in headers.get("host", [])]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return "the local cloud answers only to the host names localhost, 127.0.0.1 and [::1], with its port"
        path = scope["path"]
        if hosts[0] == self._api_host and "x-amz-target" not in headers and self._is_api(path):
            return None
        if "origin" in headers or headers.get("sec-fetch-site", ["none"]) != ["none"]:
            return "pages may use the API of the local cloud, not its emulator"
        if path == HEALTH and scope["method"] in ("GET", "HEAD"):
            return None
        given = _keys_in(headers, scope.get("query_string", b"").decode("latin-1"))
        if not any(compare_digest(one.encode(), self._key) for one in given):
            return "the access key id is not that of the local cloud, which is in the file access-key of its state folder"
        return None

    def _is_api(self, path: str) -> bool:
        return path.startswith("/") and path.split("/")[1] in self._api_segments()


def _keys_in(headers: dict[str, list[str]], query: str) -> list[str]:
    """Return the access key ids and session tokens that a request carries, in its headers or in a presigned URL."""
    given = parse_qs(query)
    signed = [*headers.get("authorization", []), *(f"Credential={one}" for one in given.get("X-Amz-Credential", []))]
    found = [match[1] for text in signed if (match := _CREDENTIAL.search(text))]
    # MiniStack gives functions the account's number as their access key id, and hands on the session token.
    return [*found, *headers.get("x-amz-security-token", []), *given.get("X-Amz-Security-Token", [])]


def api_segments(ministack: Any, domain: str) -> set[str]:
    """Return the first segments of the paths of the APIs that a domain name is mapped to; none before the first deployment.

    An API whose stage is the first part of its paths has a mapping with this part as its key.
    """
    mapping = ministack._resolve_custom_domain_request(domain, "/")  # noqa: SLF001 - the version is pinned
    if mapping is None:
        return set()
    gateway = ministack._get_module("apigateway")  # noqa: SLF001
    scope = gateway.find_api_scope(mapping[0])
    if scope is None:
        return set()
    with gateway.request_scope(*scope):
        routes = list(gateway._routes.get(mapping[0], {}).values())  # noqa: SLF001
    domains = ministack._get_module("apigateway_v1")  # noqa: SLF001
    mappings = domains._base_path_mappings.get_scoped(*domains.find_domain_scope(domain), {})  # noqa: SLF001
    keys = {key for key in mappings if key not in ("", "(none)")}
    return keys | {route["routeKey"].partition(" ")[2].split("/")[1] for route in routes if " /" in route["routeKey"]}


def take_schemes_of_origins(gateway: Any) -> None:
    """Let MiniStack's API Gateway take `https://*` in CORS rules for all such origins, as AWS does: it takes it literally."""
    of_named = gateway._cors_response_headers  # noqa: SLF001 - the version is pinned

    def with_schemes(rules: dict[str, Any], origin: str) -> Any:
        scheme = f"{origin.partition('://')[0].lower()}://*"
        allowed = (rules or {}).get("allowOrigins", [])
        return of_named({**rules, "allowOrigins": [*allowed, origin]} if scheme in allowed else rules, origin)

    gateway._cors_response_headers = with_schemes  # noqa: SLF001
