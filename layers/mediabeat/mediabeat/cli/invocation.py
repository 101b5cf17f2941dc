"""One call of a function of the local cloud, with an event from a file."""

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mediabeat.cli import target
from mediabeat.cli.local_cloud import clients, deployment
from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.protocols.vod_station.signature import ACCESS_KEY, SIGNATURE, TIMESTAMP, signature
from mediabeat.runtime.settings import server_clock


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of a function: its result, or the error that it raised."""

    payload: Any
    failed: bool


def invoke(cloud: Status, function: str, event_file: Path) -> Outcome:
    """Call the function of a folder in functions/ with the event in a file, which is signed anew if it is a signed call.

    Raises CommandFailed when the function is not deployed or the file is not an event.
    """
    assert cloud.endpoint, "the local cloud is up"
    event = ready_event(cloud, event_file)
    name = function.replace("_", " ").title().replace(" ", "") + "Function"
    physical_ids = deployment.resources(cloud.endpoint)
    if name not in physical_ids:
        folders = sorted(path.parent.name for path in deployment.source_folder().glob("functions/*/app.py"))
        raise CommandFailed(f"No function {function!r} is deployed. There are: {', '.join(folders)}")
    with closing(clients.client("lambda", cloud.endpoint)) as functions:
        answer = functions.invoke(FunctionName=physical_ids[name], Payload=json.dumps(event).encode())
        return Outcome(json.loads(answer["Payload"].read() or b"null"), failed="FunctionError" in answer)


def ready_event(cloud: Status, event_file: Path) -> Any:
    """Return the event in a file. A call that is signed with an access key of the local cloud is signed anew.

    Raises CommandFailed when the file is not an event.
    """
    event, now = read_event(event_file), server_clock()
    try:
        key_id = event["headers"][ACCESS_KEY]
    except (KeyError, TypeError):
        return event  # no signed call
    with target.of_local_cloud(cloud) as deployed:
        secret = deployed.secrets.secret(str(key_id), now=now)
    try:
        return signed(event, secret, now) if secret else event
    except (KeyError, TypeError) as error:
        raise CommandFailed(f"{event_file} is not a signed call: {error!r}") from None


def signed(event: dict[str, Any], secret: str, now: int) -> dict[str, Any]:
    """Return a call signed at `now` (epoch milliseconds): a signature is valid for five minutes."""
    headers, query, timestamp = event["headers"], event.get("rawQueryString"), str(now)
    call = event["requestContext"]["http"]["method"], event["rawPath"] + (f"?{query}" if query else "")
    new = signature(secret, *call, timestamp, headers[ACCESS_KEY])
    return event | {"headers": headers | {TIMESTAMP: timestamp, SIGNATURE: new}}


def read_event(path: Path) -> Any:
    """Return the event in a file.

    Raises CommandFailed for invalid JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CommandFailed(f"{path} is not an event: {error}") from None
