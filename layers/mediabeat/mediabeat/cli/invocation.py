"""One invocation of a function of the local cloud, with an event from a file."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import time
from typing import Any

import httpx

from mediabeat.cli import target
from mediabeat.cli.commands import access_keys
from mediabeat.cli.local_cloud import clients, deployment
from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.replay import SESSIONS
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.protocols.vod_station.signature import signature

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a function answered: its result, or what it raised."""

    payload: Any
    failed: bool


def invoke(cloud: Status, function: str, event_file: Path) -> Outcome:
    """Invoke the function of a folder in functions/ with a file's event, its placeholders filled in.

    Raises CommandFailed for a function that is not deployed or a file that is no event.
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
    """Return what stands for each placeholder; `sid` starts a session when it is asked for."""
    known = {"project_id": lambda: str(cloud.project_id), "api_key": lambda: str(cloud.api_key)}
    return {**known, "sid": lambda: _fresh_sid(str(cloud.url), known)}


def signing(cloud: Status, event_file: Path) -> dict[str, Callable[[], str]]:
    """Return what stands for the placeholders of a signed call: the request in the file, signed now for the local project."""
    timestamp = str(round(time() * 1000))

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
    """Read an event, with each `{{name}}` in its text replaced.

    Raises CommandFailed for an unknown name or no JSON.
    """
    try:
        text = path.read_text(encoding="utf-8")
        names = set(_PLACEHOLDER.findall(text))
        if unknown := names - values.keys():
            raise CommandFailed(f"{path} names {min(unknown)!r} in braces; known are: {', '.join(values)}")
        filled = {name: values[name]() for name in names}
        return json.loads(_PLACEHOLDER.sub(lambda found: filled[found[1]], text))
    except (OSError, ValueError, RecursionError) as error:
        raise CommandFailed(f"{path} is no event: {error}") from None


def _fresh_sid(url: str, values: Mapping[str, Callable[[], str]]) -> str:
    event = read_event(deployment.source_folder() / "events" / "create_session.json", values)
    answer = httpx.post(f"{url}{SESSIONS}", content=event["body"], timeout=30, trust_env=False)
    if answer.status_code != httpx.codes.CREATED:
        raise CommandFailed(f"A session for {{{{sid}}}} was refused with {answer.status_code}: {answer.text}")
    return answer.headers["Location"].rpartition("/")[2]
