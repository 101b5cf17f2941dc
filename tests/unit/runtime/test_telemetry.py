"""Which figures a process publishes, when, and what one line holds."""

import json
import subprocess
import sys

import pytest

from mediabeat.core.close_rules import CloseReason
from mediabeat.runtime.telemetry import METRICS, Telemetry, closed_metric
from tests.support.clock import Clock
from tests.support.template import ROOT


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def telemetry(clock: Clock) -> Telemetry:
    """The telemetry of a process that has counted nothing yet."""
    return Telemetry(clock)


def published(captured: pytest.CaptureFixture[str]) -> list[dict[str, list[float]]]:
    """The metrics of each line that was written."""
    lines = [json.loads(line) for line in captured.readouterr().out.splitlines()]
    return [{one["Name"]: line[one["Name"]] for one in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]} for line in lines]


def test_counts_are_published_together_once_a_minute(
    telemetry: Telemetry, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(250):  # a ping each second
        telemetry.count("EventsAccepted")
        telemetry.publish_each_minute()
        clock.forward(seconds=1)
    assert published(capsys) == [
        {"EventsAccepted": [61]},
        {"EventsAccepted": [60]},
        {"EventsAccepted": [60]},
        {"EventsAccepted": [60]},
    ]


def test_nothing_is_published_when_nothing_was_counted(
    telemetry: Telemetry, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.count("AppendRetries", 0)
    telemetry.publish_each_minute()
    clock.forward(seconds=90)
    telemetry.publish_each_minute()
    assert capsys.readouterr().out == ""


def test_recorded_zero_is_published(telemetry: Telemetry, capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.record("RunIncomplete", 1)
    telemetry.record("RunIncomplete", 0)
    telemetry.publish()
    assert published(capsys) == [{"RunIncomplete": [0]}]


def test_clock_set_back_delays_a_line_and_loses_no_count(
    telemetry: Telemetry, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    for step_s in (0, -30, 60, 60):
        clock.forward(seconds=step_s)
        telemetry.count("EventsAccepted")
        telemetry.publish_each_minute()
    assert published(capsys) == [{"EventsAccepted": [4]}]


def test_line_has_the_units_of_the_registry(telemetry: Telemetry, capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.count("SessionsStarted")
    telemetry.record("CloseLag", 7)
    telemetry.publish(project="demo")
    line = json.loads(capsys.readouterr().out)
    line["_aws"].pop("Timestamp")
    metrics = [{"Name": "SessionsStarted", "Unit": "Count"}, {"Name": "CloseLag", "Unit": "Milliseconds"}]
    assert line == {
        "_aws": {"CloudWatchMetrics": [{"Namespace": "mediabeat", "Dimensions": [["service"]], "Metrics": metrics}]},
        "service": "mediabeat",
        "project": "demo",
        "SessionsStarted": [1.0],
        "CloseLag": [7.0],
    }


def test_unregistered_name_fails(telemetry: Telemetry) -> None:
    with pytest.raises(KeyError):
        telemetry.count("EventsLost", 0)
    with pytest.raises(KeyError):
        telemetry.record("EventsLost", 0)


def test_every_close_reason_has_a_metric() -> None:
    assert {closed_metric(reason) for reason in CloseReason} == {name for name in METRICS if name.startswith("Closed")}


def test_cold_start_of_the_hot_path_loads_no_powertools() -> None:
    ask = "import sys, functions.ingest_event.app; print([name for name in sys.modules if 'powertools' in name])"
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
