"""The schedule closes sessions, while the other tests run."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from mediabeat.cli.local_cloud import background
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.viewings import week
from mediabeat.cli.viewings.devices import SAMSUNG
from mediabeat.cli.viewings.week import Viewing
from tests.e2e.cloud import Cloud
from tests.e2e.conftest import Demonstration
from tests.e2e.schedule import CMCD_JOURNEYS, JOURNEYS, SentSessions
from tests.support.builders import wire

BY_CLOSING = {"close_reason", "drops_before_start", "outcome", "experience_score", "qoe_version"}
"""Metrics that depend on when and why a session was closed."""


def asked(cloud: Cloud, path: str, **query: str | int) -> Any:
    headers = {"x-api-key": cloud.api_key, "x-project-id": cloud.project_id}
    return httpx.get(f"{cloud.url}{path}", params=query, headers=headers, timeout=30).raise_for_status().json()["result"]


def ordinary_viewings() -> list[Viewing]:
    """Return the invented viewings of two days that are the same, whether a day has ended since the demo or not."""
    now = datetime.now(UTC)
    days = {(now - timedelta(days=ago)).date() for ago in (3, 4)}
    return [one for one in week.viewings(now) if one.begins_at.date() in days and one.device is not SAMSUNG]


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
    [(earlier, days)] = re.findall(r"sending (\d+) invented viewings of the last (\d+) days", finished.stdout)
    assert sum(row["playAttemptCnt"] for row in result("quality", "--days", str(int(days) + 1))) >= int(earlier) + 10
    assert sum(row["playSuccessCnt"] for row in result("playCnt", "--days", "2")) >= 9
    assert sum(row["playTimeSum"] for row in result("playTimeSum", "--days", "2")) >= 678
    assert sum(row["currentViewerCnt"] for row in result("currentViewers")) >= 9
    keys = {row["contentsKey"] for row in asked(cloud, "/v1/contentsSummary", limit=100)["list"]}
    assert keys >= {"live-news-24", "podcast-tide-tables-12", *(one.content.id for one in ordinary_viewings() if one.played_s)}
    assert "score" in cloud.mediabeat("charts", "quality", "--days", "2").stdout


def test_invented_viewings_are_stored_with_their_systems_sites_and_outcomes(demo: Demonstration, cloud: Cloud) -> None:
    assert demo.finished().returncode == 0
    expected = ordinary_viewings()
    days = {"startDate": f"{expected[0].begins_at:%Y-%m-%d}", "endDate": f"{expected[-1].begins_at:%Y-%m-%d}"}
    rows = asked(cloud, "/v1/sessionRecent", **days, limit=100)
    stored = [row for row in rows if row["origin"].endswith((".lumen.example.com", ".kestrelbay.example.org"))]
    assert Counter((row["origin"], row["outcome"]) for row in stored if row["os"] != "Tizen / 7.0") == Counter(
        (one.device.site, str(one.kind.outcome)) for one in expected
    )
    assert {row["os"] for row in stored} > {"Windows / 10", "iOS / 18.6", "Linux"}


def test_nobody_goes_on_watching_unless_the_demo_is_asked_to(demo: Demonstration, cloud: Cloud) -> None:
    assert "invented viewers watch until" not in demo.finished().stdout
    assert background.running(StateFolder(cloud.home)) is None
