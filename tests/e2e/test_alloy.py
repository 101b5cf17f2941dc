"""Adobe's Web SDK (npm's @adobe/alloy) in Chromium, as a page uses it, against the local cloud.

Skipped where there is no Chromium, no node or no npm. On Debian, `apt-get install chromium` brings the browser.
"""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from tests.e2e.cloud import Cloud
from tests.support import browser as chromium
from tests.support.template import ROOT

ALLOY: Final = ("@adobe/alloy", "2.33.1")
ORG: Final = "5A1E2F3C0B4D6E7F0A495C01@AdobeOrg"
PAGE: Final = ROOT / "tests" / "e2e" / "alloy"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture(scope="module")
def browser() -> str:
    """The path of Chromium."""
    return chromium.chromium()


@pytest.fixture(scope="module")
def page(browser: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page with alloy, on another port than the API."""
    folder = tmp_path_factory.mktemp("page")
    script = chromium.package(*ALLOY, alone=True) / "dist" / "alloy.min.js"
    shutil.copy(script, folder / "alloy.js")
    shutil.copy(PAGE / "page.html", folder)
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/page.html"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def viewing(browser: str, page: str, cloud: Cloud) -> dict[str, Any]:
    """What the page saw of one viewing; its project names the organisation, so alloy keeps the identity cookie."""
    created = cloud.mediabeat("project", "create", "alloy", "--org", ORG, "--datastream", "1fb4ee53-2f0e-4a7c-9d6c-000000000001")
    key = created.stdout.split("API key")[1].split()[0]
    datastream = "1fb4ee53-2f0e-4a7c-9d6c-000000000001:dev"
    return {**chromium.run(PAGE / "viewing.mjs", f"{page}?api={cloud.url}", datastream, ORG), "key": key}


def test_every_call_of_a_page_resolves_and_nothing_is_logged(viewing: dict[str, Any]) -> None:
    assert {outcome for _, outcome in viewing["outcomes"]} == {"resolved"}
    assert len(viewing["outcomes"]) == 15
    refused = "Failed to load resource: the server responded with a status of 410 (Gone)"  # the last one, on purpose
    assert viewing["problems"] == [refused]


def test_alloy_sends_what_the_page_tells_it_and_pings(viewing: dict[str, Any]) -> None:
    paths = [path for path, _ in viewing["sent"]]
    assert paths[:2] == ["/ee/v1/identity/acquire", "/ee/v1/interact"]
    # One for each ten quiet seconds: one before the mute, two while it lasts, four after the pause of 4 s.
    assert paths.count("/ee/va/v1/ping") == 7
    assert {status for path, status in viewing["sent"][:-1] if "/va/" in path} == {204}


def test_event_after_the_end_rejects_with_410(viewing: dict[str, Any]) -> None:
    assert viewing["sent"][-1] == ["/ee/va/v1/play", 410]
    [(name, outcome)] = viewing["late"]
    assert name == "play"
    assert "status code 410" in outcome


def test_alloy_keeps_the_identity_cookie(viewing: dict[str, Any]) -> None:
    assert "kndctr_5A1E2F3C0B4D6E7F0A495C01_AdobeOrg_identity" in {cookie["name"] for cookie in viewing["cookies"]}


def test_session_of_alloy_has_the_figures_of_the_viewing(viewing: dict[str, Any], cloud: Cloud) -> None:
    headers = {"x-api-key": viewing["key"], "x-project-id": "alloy"}
    shown = httpx.get(f"{cloud.url}/v1/sessionRecent/{viewing['sessionId']}", headers=headers, trust_env=False, timeout=30).json()
    metrics = shown["result"]["metrics"]
    expected = {
        "content_time_spent_ms": 70_000,  # 30 and 40 s
        "unique_time_played_ms": 70_000,
        "ad_time_spent_ms": 5_000,
        "total_pause_duration_ms": 4_000,
        "pause_events": 1,
        "ad_completes": 1,
        "chapter_completes": 1,
        "content_completes": 1,
        "average_bitrate_bps": 2_000_000,
        "dropped_frames": 3,
        "time_to_start_ms": 40,
        "stall_events": 0,
        "states": {"mute": {"count": 1, "time_ms": 20_000, "set": True}},
    }
    assert {name: metrics[name] for name in expected} == expected
