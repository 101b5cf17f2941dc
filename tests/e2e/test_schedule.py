"""The schedule closes sessions, while the other tests run."""

import json
from typing import Any

import httpx

from tests.e2e.cloud import Cloud
from tests.e2e.conftest import Demonstration
from tests.e2e.schedule import CMCD_JOURNEYS, JOURNEYS, SentSessions
from tests.support.builders import wire

BY_CLOSING = {"close_reason", "drops_before_start", "outcome", "experience_score", "qoe_version"}
"""Metrics that depend on when and why a session was closed."""


def test_schedule_closes_every_session_with_the_metrics_of_its_events(sent: SentSessions) -> None:
    assert {sid: one.metrics.model_dump(exclude=BY_CLOSING) for sid, one in sent.closed.items()} == {
        sid: metrics.model_dump(exclude=BY_CLOSING) for sid, metrics in sent.expected.items()
    }


def test_close_reason_says_whether_the_player_ended_the_session(cloud: Cloud, sent: SentSessions) -> None:
    reasons = {name: sent.closed[sent.ids[name]].metrics.close_reason for name in ("003_abandoned", "closed_tab")}
    assert reasons == {"003_abandoned": "session_end", "closed_tab": "no_events"}
    late = httpx.post(f"{cloud.url}/api/v1/sessions/{sent.ids['closed_tab']}/events", json=wire("ping"), timeout=30)
    assert late.status_code == 410


def test_demo_shows_every_journey_once_the_schedule_has_closed_it(demo: Demonstration, cloud: Cloud) -> None:
    finished = demo.finished()
    assert finished.returncode == 0, finished.stdout + finished.stderr
    closed = [line.rpartition("closed: ")[2] for line in finished.stdout.splitlines() if "closed: " in line]
    assert sorted(closed) == sorted(path.stem for path in (*JOURNEYS, *CMCD_JOURNEYS))
    assert "██ content 33.0 s   ▓▓ ad 15.0 s   E error   A ad starts" in finished.stdout
    assert f"The API is at {cloud.url}, the project id is demo" in finished.stdout


def test_charts_have_all_viewings_of_the_demo(demo: Demonstration, cloud: Cloud) -> None:
    finished = demo.finished()
    assert finished.returncode == 0, finished.stderr
    assert "Viewers in each minute of the last hour (UTC): " in finished.stdout
    assert "Plays today (UTC): " in finished.stdout

    def result(*options: str) -> Any:
        printed = cloud.mediabeat("charts", *options, "--json")
        assert printed.returncode == 0, printed.stderr
        return json.loads(printed.stdout)["result"]

    # Others use the project at the same time, and a day may have ended meanwhile. Nine of ten journeys play, for 678 s in all.
    assert sum(row["playSuccessCnt"] for row in result("playCnt", "--days", "2")) >= 9
    assert sum(row["playTimeSum"] for row in result("playTimeSum", "--days", "2")) >= 678
    assert sum(row["currentViewerCnt"] for row in result("currentViewers")) >= 9
    assert {row["contentsKey"] for row in result("playCountTop10", "--days", "2")} >= {"live-news-24", "podcast-tide-tables-12"}
    assert "score" in cloud.mediabeat("charts", "quality", "--days", "2").stdout
