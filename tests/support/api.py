"""The routes of template.yaml, called with events as API Gateway makes them (HTTP API, payload format 2.0)."""

import json
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

from tests.support.builders import Wire
from tests.support.template import source

Event = dict[str, Any]
Answer = dict[str, Any]
Handler = Callable[[Event, Any], Answer]

LEFT_MS: Final = 55_000
CONTEXT: Final = SimpleNamespace(get_remaining_time_in_millis=lambda: LEFT_MS)


class Route(NamedTuple):
    """A method and a path of the template, and the folder of the function that answers them.

    The path begins with the stage of its API, if that has a name.
    """

    method: str
    path: str
    function: str
    stage: str = "$default"

    @property
    def key(self) -> str:
        """The route as API Gateway names it in its events: without the stage."""
        path = self.path if self.stage == "$default" else self.path.removeprefix(f"/{self.stage}")
        return f"{self.method} {path}"

    @property
    def documented(self) -> str:
        """The route as the OpenAPI document names it: with the whole path."""
        return f"{self.method} {self.path}"

    def parameters(self, method: str, path: str) -> dict[str, str] | None:
        """Return the path parameters of a request, or None if the route does not match it."""
        found = _pattern(self.path).fullmatch(path) if self.method == method else None
        return found.groupdict() if found else None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    greedy = path.replace("{proxy+}", "(?P<proxy>.+)")
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", greedy))


def _functions() -> dict[str, dict[str, Any]]:
    """Return the template's functions by their folders."""
    properties = [one["Properties"] for one in source()["Resources"].values() if one["Type"] == "AWS::Serverless::Function"]
    return {one["CodeUri"].rpartition("/")[2]: one for one in properties}


def _route(event: dict[str, Any], function: str) -> Route:
    stage = source()["Resources"][event["ApiId"]["Ref"]]["Properties"].get("StageName", "$default")
    return Route(event["Method"], event["Path"] if stage == "$default" else f"/{stage}{event['Path']}", function, stage)


@cache
def routes() -> tuple[Route, ...]:
    """Return all routes of the template; API Gateway picks the first that matches, so the most specific come first."""
    found = [
        _route(event["Properties"], function)
        for function, properties in _functions().items()
        for event in properties["Events"].values()
        if event["Type"] == "HttpApi"
    ]
    return tuple(sorted(found, key=lambda route: ("+}" in route.path, "{" in route.path)))


def app(function: str) -> ModuleType:
    """Return the module of a function's handler."""
    return import_module(f"functions.{function}.app")


@cache
def apps_with_clock() -> tuple[ModuleType, ...]:
    """Return the modules of all functions of the template that read the clock."""
    return tuple(module for module in map(app, _functions()) if hasattr(module, "server_clock"))


def event_of(route: Route, method: str, path: str, parameters: dict[str, str], *, raw_query: str = "") -> Event:
    """Return the event of a request to a route, without headers, query parameters and body."""
    http = {"method": method, "path": path, "sourceIp": "192.0.2.80"}
    event: Event = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": raw_query,
        "headers": {},
        "requestContext": {"http": http, "stage": route.stage},
        "isBase64Encoded": False,
    }
    return event | {"pathParameters": parameters} if parameters else event


def request(method: str, target: str, body: Any = None, *, headers: dict[str, str] | None = None) -> Event:
    """Return the event of a request; `target` is path and query, `body` is text or a JSON value."""
    path, _, query = target.partition("?")
    path = unquote(path)
    found = ((route, route.parameters(method, path)) for route in routes())
    route, parameters = next((route, parameters) for route, parameters in found if parameters is not None)
    event = event_of(route, method, path, parameters, raw_query=query)
    event["headers"] = {"content-type": "application/json", **(headers or {})}
    if query:
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            values.setdefault(name, []).append(value)
        event["queryStringParameters"] = {name: ",".join(each) for name, each in values.items()}
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event


@cache
def _function(route_key: str) -> str:
    return next(route.function for route in routes() if route.key == route_key)


def answer(event: Event, context: Any = CONTEXT) -> Answer:
    """Let the function of the event's route answer it."""
    handler: Handler = app(_function(event["routeKey"])).lambda_handler
    return handler(event, context)


class Api:
    """The deployed functions, called in this process."""

    def call(self, method: str, target: str, body: Any = None, *, headers: Any = None, **attributes: Any) -> Answer:
        """Send a request; `attributes` replace those of the event that API Gateway would make."""
        return answer(request(method, target, body, headers=headers) | attributes)

    def start(self, body: Wire | list[Wire], **attributes: Any) -> str:
        """Start a session and return its id."""
        started = self.call("POST", "/api/v1/sessions", body, **attributes)
        assert started["statusCode"] == 201, started
        return str(started["headers"]["Location"]).removeprefix("/api/v1/sessions/")

    def send(self, sid: str, body: Any, **attributes: Any) -> Answer:
        """Send one event, or an array of events."""
        return self.call("POST", f"/api/v1/sessions/{sid}/events", body, **attributes)

    def recent(self, api_key: str, project: str = "demo", **query: str) -> dict[str, Any]:
        """Return the body of the answer to a query for recent sessions."""
        return self.query("/v1/sessionRecent", api_key, project, **query)

    def query(self, path: str, api_key: str, project: str = "demo", **query: str) -> dict[str, Any]:
        """Return the body of the answer to a query; an error has its status as `code`."""
        headers = {"x-api-key": api_key, "x-project-id": project}
        answered = self.call("GET", path, headers=headers, queryStringParameters=query or None)
        body: dict[str, Any] = json.loads(answered["body"])
        assert body["code"] == answered["statusCode"]
        return body

    def close_due(self) -> dict[str, int]:
        """Let the schedule fire once; return how many sessions were closed, by reason."""
        closed: dict[str, int] = app("close_idle_sessions").lambda_handler({}, CONTEXT)["closed"]
        return closed
