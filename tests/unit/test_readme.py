"""The README says what is so: commands, routes, event types, metrics and parameters are those of the code."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from mediabeat.cli.main import main
from mediabeat.core.event import MAX_BATCH_EVENTS, MAX_EVENT_BYTES, EventType
from mediabeat.core.event_codec import COUNTED_BYTES, MAX_COUNT
from mediabeat.core.metrics import ADS_BYTES, CHAPTERS_BYTES, ERROR_IDS_BYTES, Metrics
from mediabeat.core.params import MAX_DEPTH, MAX_ENTRIES, MAX_NAME, MAX_TEXT
from mediabeat.core.records import Start
from mediabeat.core.summary import MAX_LOG_LINES
from mediabeat.storage.session_items import start_item
from mediabeat.use_cases import list_sessions
from mediabeat.use_cases.show_session import ERRORS_BYTES
from tests.support.template import ROOT, source

README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[str]:
    """First cells of a section's tables."""
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ") and "---" not in line]


def names(text: str) -> set[str]:
    return set(re.findall(r"`([\w./{}]+)`", text))


def test_ci_runs_the_test_line() -> None:
    (line,) = re.findall(r"```sh\n(.+)\n```", section("Test it"))
    commands = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert commands[-1] == line


def test_every_route_is_told() -> None:
    routes: dict[str, Any] = {}
    for name, function in source()["Resources"].items():
        if function["Type"] == "AWS::Serverless::Function":
            for event in function["Properties"]["Events"].values():
                if event["Type"] == "HttpApi":
                    routes[f"{event['Properties']['Method']} {event['Properties']['Path']}"] = name
    told = set(re.findall(r"^\| `((?:GET|POST|PUT|DELETE|ANY) [^`]+)`", section("API"), re.MULTILINE))
    assert told == set(routes)


def test_every_event_type_is_told() -> None:
    told = names(section("API").split("Event types:")[1].split("What each may hold")[0])
    assert told == set(EventType)


def test_every_metric_is_told() -> None:
    told = names("".join(rows(section("Metrics"))))
    assert told == set(Metrics.model_fields)


def test_every_parameter_is_told() -> None:
    parameters = source()["Parameters"]
    assert {row.strip("`") for row in rows(section("Deploy to AWS"))[1:]} == set(parameters)
    table = section("Deploy to AWS")
    for name, parameter in parameters.items():
        (default,) = re.findall(rf"\| `{name}` \| `?([\w.]+)`? \|", table)
        assert default == (str(parameter["Default"]) or "none"), name


def test_every_alarm_is_told_with_what_to_look_at_and_do() -> None:
    told = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section("Operating").splitlines() if line[:3] == "| `"
    ]
    alarms = {name for name, one in source()["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"}
    assert {name.strip("`") for name, *_ in told} == alarms
    assert all(look and then for _, look, then in told)


def test_what_is_linked_to_is_there() -> None:
    titles = re.findall(r"^#{2,3} (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= anchors


def test_every_command_is_told() -> None:
    told = " ".join(rows(section("Run it")))
    assert all(re.search(rf"\b{command}\b", told) for command in main.commands)


@pytest.mark.parametrize(
    "limit",
    [
        *(f"{MAX_BATCH_EVENTS:,} events", f"count {MAX_COUNT:,} together", f"for each {COUNTED_BYTES} bytes"),
        *(f"{MAX_ENTRIES} entries", f"up to {MAX_NAME} characters", f"texts up to {MAX_TEXT:,}", f"{MAX_DEPTH} levels"),
        *(f"{MAX_EVENT_BYTES // 1_024} KB", f"{MAX_LOG_LINES:,} lines", f"{ADS_BYTES // 1_024} KB of JSON"),
        *(f"`chapters` {CHAPTERS_BYTES // 1_024} KB", f"errors {ERROR_IDS_BYTES // 1_024} KB"),
    ],
)
def test_every_limit_is_told(limit: str) -> None:
    assert limit in section("Limits")


def test_what_is_left_out_of_lists_is_told() -> None:
    told = section("API").replace("\n", " ")
    assert f"{list_sessions.MAX_LOG_LINES:,} / `limit` lines" in told
    assert f"count {list_sessions.MAX_FOLDED:,} events" in told
    assert f"first {ERRORS_BYTES // 1_024} KB" in told


def test_every_module_of_the_core_has_its_place() -> None:
    text = section("How the repository is laid out")
    modules = {path.stem for path in (ROOT / "layers/mediabeat/mediabeat").glob("*.py")} - {"__init__"}
    assert {module for module in modules if f"`{module}`" not in text} == set()


def test_the_filter_for_opt_outs_looks_at_what_is_stored() -> None:
    (told,) = re.findall(r"```json\n(.+)\n```", section("Privacy"))
    pattern = json.loads(told)["dynamodb"]["NewImage"]
    opted_out = Start("demo", "PC", "VOD", "viewer", "{}", 0, 0, b"", opt_out_share=True, opt_out_forwarding=True)
    item = start_item("0" * 64, opted_out, shards=1, expires_at=0)
    assert {name: set(item[name]) for name in pattern} == {name: set(value) for name, value in pattern.items()}
    assert pattern["sk"]["S"] == [item["sk"]["S"]]
    assert {name for name in item if name.startswith("opt_out")} <= names(section("Privacy"))


@pytest.mark.parametrize("command", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=" ".join)
def test_the_code_is_as_the_linters_want_it(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
