"""One call of a function of the local cloud, with an event from a file."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from mediabeat.cli import access_keys, target
from mediabeat.cli.local_cloud import clients, deployment
from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.replay import SESSIONS
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.protocols.vod_station.signature import signature
from mediabeat.runtime.settings import server_clock

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of a function: its result, or the error that it raised."""

    payload: Any
    failed: bool


def invoke(cloud: Status, function: str, event_file: Path) -> Outcome:
    """Call the function of a folder in functions/ with the event in a file, after replacing its placeholders.

    Raises CommandFailed when the function is not deployed or the file is not an event.
    """
    assert cloud.endpoint, "the local cloud is up"
    event = read_event(event_file, placeholders(cloud) | signing(cloud, event_file))
    name = function.replace("_", " ").title().replace(" ", "") + "Function"
    physical_ids = deployment.resources(cloud.endpoint)
    if name not in physical_ids:
        folders = sorted(path.parent.name for path in deployment.source_folder().glob("functions/*/app.py"))
        raise CommandFailed(f"No function {function!r} is deployed. There are: {', '.join(folders)}")
    functions = clients.client("lambda", cloud.endpoint)
    answer = functions.invoke(FunctionName=physical_ids[name], Payload=json.dumps(event).encode())
    return Outcome(json.loads(answer["Payload"].read() or b"null"), failed="FunctionError" in answer)


def placeholders(cloud: Status) -> dict[str, Callable[[], str]]:
    """Return how to get the value of each placeholder; getting `sid` starts a session."""
    known = {"project_id": lambda: str(cloud.project_id), "api_key": lambda: str(cloud.api_key)}
    return {**known, "sid": lambda: _fresh_sid(str(cloud.url), known)}


def signing(cloud: Status, event_file: Path) -> dict[str, Callable[[], str]]:
    """Return how to get the placeholders that sign the request in the file, now and for the local project."""
    timestamp = str(server_clock())

    @cache
    def access_key() -> tuple[str, str]:
        return access_keys.any_enabled(str(cloud.project_id), target.of_local_cloud(cloud))

    def signed() -> str:
        request = json.loads(event_file.read_text(encoding="utf-8"))
        query = f"?{request['rawQueryString']}" if request.get("rawQueryString") else ""
        key_id, secret = access_key()
        return signature(secret, request["requestContext"]["http"]["method"], request["rawPath"] + query, timestamp, key_id)

    return {"access_key": lambda: access_key()[0], "timestamp": lambda: timestamp, "signature": signed}


def read_event(path: Path, values: Mapping[str, Callable[[], str]]) -> Any:
    """Return the event in a file, with each `{{name}}` replaced by its value.

    Raises CommandFailed for an unknown name and for invalid JSON.
    """
    try:
        text = path.read_text(encoding="utf-8")
        names = set(_PLACEHOLDER.findall(text))
        if unknown := names - values.keys():
            raise CommandFailed(f"{path} has the unknown placeholder {min(unknown)!r}; known are: {', '.join(values)}")
        filled = {name: values[name]() for name in names}
        return json.loads(_PLACEHOLDER.sub(lambda found: filled[found[1]], text))
    except (OSError, ValueError, RecursionError) as error:
        raise CommandFailed(f"{path} is not an event: {error}") from None


def _fresh_sid(url: str, values: Mapping[str, Callable[[], str]]) -> str:
    event = read_event(deployment.source_folder() / "events" / "create_session.json", values)
    answer = httpx.post(f"{url}{SESSIONS}", content=event["body"], timeout=30, trust_env=False)
    if answer.status_code != httpx.codes.CREATED:
        raise CommandFailed(f"The API refused to start a session for {{{{sid}}}}, with {answer.status_code}: {answer.text}")
    return answer.headers["Location"].rpartition("/")[2]
