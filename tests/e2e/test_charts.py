"""Charts of the deployed template over HTTP: the table's stream counts what players report."""

import re
from time import monotonic, sleep
from typing import Any

import httpx

from tests.e2e.cloud import Cloud
from tests.support.builders import wire, wire_start

COUNTED_S = 60
"""How long the emulator may take to count a session; on AWS it takes up to 30 seconds."""


def test_session_counts_as_an_attempt_and_a_viewer_soon_after_its_start(cloud: Cloud) -> None:
    created = cloud.mediabeat("project", "create", "counted")
    [key] = re.findall(r"mb_\S+", created.stdout)
    with httpx.Client(base_url=cloud.url, timeout=30, trust_env=False) as http:

        def newest(chart: str) -> dict[str, Any]:
            answer = http.get(f"/v1/charts/{chart}", headers={"x-api-key": key, "x-project-id": "counted"}).raise_for_status()
            row: dict[str, Any] = answer.json()["result"][0]
            return row

        assert newest("quality")["playAttemptCnt"] == newest("uniqUserCnt")["uniqUsers"] == 0
        for viewer in ("one", "one", "two"):
            start = http.post("/api/v1/sessions", json=wire_start(analytics_reportSuite="counted", analytics_visitorId=viewer))
            assert http.post(f"{start.headers['Location']}/events", json=wire("play", 1)).status_code == 204
        until = monotonic() + COUNTED_S
        while newest("quality")["playAttemptCnt"] < 3 and monotonic() < until:
            sleep(0.5)
        assert (newest("quality")["playAttemptCnt"], newest("uniqUserCnt")["uniqUsers"]) == (3, 2)
