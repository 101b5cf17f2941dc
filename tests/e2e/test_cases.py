"""Situations from public bug reports of other products, sent to the local cloud over HTTP as fast as it takes them."""

from pathlib import Path
from time import monotonic, sleep, time
from typing import Any

import httpx
import pytest

from tests.e2e.cloud import Cloud
from tests.support.builders import wire, wire_start
from tests.support.cases import case_in, cases, values

OVER_HTTP = cases(without=("b-*", "export-*"))


@pytest.mark.parametrize("path", OVER_HTTP, ids=lambda path: path.stem)
def test_case_has_its_expected_values_over_http(cloud: Cloud, path: Path) -> None:
    case = case_in(path)
    names = {"api_key": cloud.api_key}
    shown: list[dict[str, Any]] = []
    statuses: list[int] = []
    with httpx.Client(base_url=cloud.url, timeout=30, trust_env=False) as http:
        for request in case["requests"]:
            raw = request.get("rawBody")
            answer = http.request(
                request["method"],
                request["path"].format(**names),
                headers={name: value.format(**names) for name, value in request.get("headers", {}).items()},
                json=None if raw else request.get("body"),
                content=raw and raw.encode(),
            )
            statuses.append(answer.status_code)
            assert answer.is_success, answer.text
            if location := answer.headers.get("Location"):
                names["sid"] = names[f"sid{sum(name.startswith('sid') for name in names) or 1}"] = location.rpartition("/")[2]
            elif request["method"] == "GET":
                shown.append(answer.json()["result"])
    found = (values(shown, round(time() * 1_000)) if shown else {}) | {"statuses": statuses}
    assert {name: found[name] for name in case["expected"]} == case["expected"]


@pytest.mark.parametrize("by_s", [-300, 300])
def test_clock_that_is_set_by_five_minutes_changes_no_figure(cloud: Cloud, by_s: int) -> None:
    """A viewing of 50 s in real time, with a pause: only the arrivals tell how long it was."""
    began, began_s = round(time() * 1_000), monotonic()
    with httpx.Client(base_url=cloud.url, timeout=30, trust_env=False) as http:

        def body(made: dict[str, Any], at: float) -> dict[str, Any]:
            made["playerTime"]["ts"] = began + round(1_000 * (at + by_s * (at > 22)))
            return made

        location = http.post("/api/v1/sessions", json=body(wire_start(media_length=600), 0)).headers["Location"]
        kinds = {0: "play", 20: "pauseStart", 36: "play", 50: "sessionEnd"}
        for at in (0, 5, 10, 15, 20, 24, 28, 32, 36, 40, 45, 50):
            sleep(max(0, began_s + at - monotonic()))
            sent = wire(kinds.get(at, "ping"), 0, min(at, 20) + max(at - 36, 0))
            assert http.post(f"{location}/events", json=body(sent, at)).status_code == 204
        headers = {"x-api-key": cloud.api_key, "x-project-id": cloud.project_id}
        answer = http.get(f"/v1/sessionRecent/{location.rpartition('/')[2]}", headers=headers)
    metrics = answer.raise_for_status().json()["result"]["metrics"]
    assert metrics["content_time_spent_ms"] == pytest.approx(34_000, abs=1_500)
    assert metrics["unique_time_played_ms"] == 34_000
    assert metrics["total_pause_duration_ms"] == pytest.approx(16_000, abs=1_500)
