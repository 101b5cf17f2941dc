"""When what was counted is told, and what one line holds."""

import json
import subprocess
import sys

import pytest

from mediabeat.runtime import telemetry
from tests.support.template import ROOT


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The time, in milliseconds, of a process that has counted nothing yet."""
    now = [1_795_000_000_000]
    monkeypatch.setattr("mediabeat.runtime.telemetry.server_clock", lambda: now[0])
    monkeypatch.setattr("mediabeat.runtime.telemetry._told_at", None)
    telemetry._counts.clear()
    return now


def told(captured: pytest.CaptureFixture[str]) -> list[dict[str, list[float]]]:
    """The metrics of each line that was written."""
    lines = [json.loads(line) for line in captured.readouterr().out.splitlines()]
    return [{one["Name"]: line[one["Name"]] for one in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]} for line in lines]


def test_counts_are_told_together_once_a_minute(at: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(250):  # a ping each second
        telemetry.count("EventsAccepted")
        telemetry.tell_each_minute()
        at[0] += 1_000
    assert told(capsys) == [
        {"EventsAccepted": [61]},
        {"EventsAccepted": [60]},
        {"EventsAccepted": [60]},
        {"EventsAccepted": [60]},
    ]


def test_nothing_is_told_when_nothing_was_counted(at: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.count("Retries", 0)
    telemetry.tell_each_minute()
    at[0] += 90_000
    telemetry.tell_each_minute()
    assert capsys.readouterr().out == ""


def test_a_clock_that_is_set_back_delays_a_line_and_loses_no_count(at: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    for step_ms in (0, -30_000, 60_000, 60_000):
        at[0] += step_ms
        telemetry.count("EventsAccepted")
        telemetry.tell_each_minute()
    assert told(capsys) == [{"EventsAccepted": [4]}]


def test_a_line_is_one_that_cloudwatch_makes_metrics_of(at: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.count("SessionsStarted")
    telemetry.tell(project="demo")
    line = json.loads(capsys.readouterr().out)
    line["_aws"].pop("Timestamp")
    metrics = [{"Name": "SessionsStarted", "Unit": "Count"}]
    assert line == {
        "_aws": {"CloudWatchMetrics": [{"Namespace": "mediabeat", "Dimensions": [["service"]], "Metrics": metrics}]},
        "service": "mediabeat",
        "project": "demo",
        "SessionsStarted": [1.0],
    }


def test_a_cold_start_of_the_hot_path_does_not_load_what_logs_and_tells() -> None:
    ask = "import sys, functions.ingest_event.app; print([name for name in sys.modules if 'powertools' in name])"
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
