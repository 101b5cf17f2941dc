"""Real players in a real browser report to the deployed template with CMCD, and their sessions have the figures of the page."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from time import sleep
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest

from mediabeat.core.cmcd.line import session_id
from tests.e2e.cloud import Cloud
from tests.support import npm
from tests.support.silent_media import silent_media

PLAYERS: Final = {
    "hls.js": ("hls.js", "1.7.4", "dist/hls.min.js"),
    "dashjs": ("dashjs", "5.2.1", "dist/modern/umd/dash.all.min.js"),
    "shaka-debug": ("shaka-player", "5.2.12", "dist/shaka-player.compiled.debug.js"),
    "shaka": ("shaka-player", "5.2.12", "dist/shaka-player.compiled.js"),
}
"""Each player's package, version and file. The release build of Shaka Player reports no states; its debug build does."""

PAGE: Final = Path(__file__).parent / "players" / "page.html"
DURATION_S: Final = 10
TIMEOUT_S: Final = 120
SETTLED_S: Final = 40
AT_ONCE: Final = 2
"""Browsers side by side: each of their first requests starts a process of the emulator."""
TYPES: Final = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mpd": "application/dash+xml",
}


def browser() -> str:
    """Return the browser's path; skips the test where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("there is no Chromium on the PATH, so no real player can be tried")
    return found


@contextmanager
def site(player_js: Path) -> Iterator[tuple[str, "Queue[dict[str, Any]]"]]:
    """Serve the page with a player and the media; yields its address and where the page's result arrives."""
    results: Queue[dict[str, Any]] = Queue()
    files = {"/page.html": PAGE.read_bytes(), "/player.js": player_js.read_bytes()}
    files |= {f"/media/{name}": content for name, content in silent_media(DURATION_S).items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            self.send_response(200 if path in files else 404)
            self.send_header("Content-Type", TYPES.get(Path(path).suffix, "audio/mp4"))
            self.send_header("Content-Length", str(len(files.get(path, b""))))
            self.end_headers()
            self.wfile.write(files.get(path, b""))

        def do_POST(self) -> None:
            results.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/page.html", results
    finally:
        server.shutdown()
        server.server_close()


def watched(player: str, sid: str, cloud: Cloud, folder: Path) -> list[dict[str, Any]]:
    """Let a player play in the browser; return what its video element went through."""
    package, version, file = PLAYERS[player]
    with site(npm.package(package, version) / file) as (page, results):
        query = urlencode({"player": player, "sid": sid, "collector": f"{cloud.url}/cmcd/v2/{cloud.project_id}"})
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
        command = [browser(), *options, f"--user-data-dir={folder / player}", f"{page}?{query}"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                result = results.get(timeout=TIMEOUT_S)
            finally:
                process.terminate()
    assert "error" not in result, result["error"]
    seen: list[dict[str, Any]] = result["seen"]
    return seen


def lasted_ms(seen: list[dict[str, Any]], begins: str, ends: frozenset[str]) -> int:
    """Return for how long something lasted in the video element, each time from an event to the first of some others."""
    total, since = 0, None
    for event in seen:
        if event["name"] == begins and since is None:
            since = event["ts"]
        elif event["name"] in ends and since is not None:
            total, since = total + event["ts"] - since, None
    return total


@pytest.fixture(scope="module")
def sessions(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[list[dict[str, Any]], dict[str, Any]]]:
    """What each player's video element went through, and the session that became of it."""
    browser()
    folder = tmp_path_factory.mktemp("browsers")
    sids = {player: str(uuid4()) for player in PLAYERS}
    try:
        for package, version, _ in PLAYERS.values():
            npm.package(package, version)
    except npm.NotInstalled as error:
        pytest.skip(str(error))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        seen = dict(zip(PLAYERS, threads.map(lambda one: watched(one, sids[one], cloud, folder), PLAYERS), strict=True))
    return {player: (seen[player], settled(cloud, session_id(cloud.project_id, sid))) for player, sid in sids.items()}


def settled(cloud: Cloud, shown_id: str) -> dict[str, Any]:
    """Return a session in detail once it is over and its figures no longer change: the first calls of a function take seconds."""
    headers = {"x-api-key": cloud.api_key, "x-project-id": cloud.project_id}
    before: dict[str, Any] = {}
    for _ in range(SETTLED_S):
        answer = httpx.get(f"{cloud.url}/v1/sessionRecent/{shown_id}", headers=headers, timeout=TIMEOUT_S, trust_env=False)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()["result"]
        # The release build of Shaka Player does not say that it is over.
        is_over = shown["metrics"]["content_completes"] != 0 and shown["metrics"]["content_time_spent_ms"] > 0
        if is_over and before.get("metrics") == shown["metrics"]:
            return shown
        before = shown
        sleep(1)
    pytest.fail(f"the session does not end, or its figures go on changing: {before['metrics']}")


@pytest.mark.parametrize("player", ["hls.js", "dashjs", "shaka-debug"])
def test_real_player_has_the_figures_that_its_page_measured(player: str, sessions: Any) -> None:
    seen, shown = sessions[player]
    metrics = shown["metrics"]
    measured = {
        "content_time_spent_ms": lasted_ms(seen, "playing", frozenset({"pause", "waiting", "seeking", "ended"})),
        "total_pause_duration_ms": lasted_ms(seen, "pause", frozenset({"play"})),
    }
    if player == "hls.js":  # the others say that they are starting when they load
        play, playing = (next(event["ts"] for event in seen if event["name"] == name) for name in ("play", "playing"))
        measured["time_to_start_ms"] = playing - play
    assert {name: metrics[name] for name in measured} == pytest.approx(measured, abs=500), seen
    assert (metrics["content_completes"], metrics["pause_events"], metrics["is_playing_time_assumed"]) == (1, 1, False)
    assert [line["actionType"] for line in shown["sessionLog"]].count("seeking") == 1
    assert (metrics["stall_events"], metrics["unique_time_played_ms"], shown["source"]) == (None, None, "cmcd")
    assert "Chrome" in shown["user"]["browser"]


def test_release_build_of_shaka_player_has_an_assumed_playing_time(sessions: Any) -> None:
    seen, shown = sessions["shaka"]
    metrics = shown["metrics"]
    assert (metrics["is_playing_time_assumed"], metrics["pause_events"], metrics["content_completes"]) == (True, None, None)
    # It goes on reporting after the end, each second, until its page is closed.
    first, ended, left = (next(event["ts"] for event in seen if event["name"] == name) for name in ("playing", "ended", "left"))
    assert ended - first - 1_500 <= metrics["content_time_spent_ms"] <= left - first + 1_500


def test_sessions_of_real_players_are_in_the_list(sessions: Any, cloud: Cloud) -> None:
    headers = {"x-api-key": cloud.api_key, "x-project-id": cloud.project_id}
    target = f"{cloud.url}/v1/sessionRecent?limit=100"
    listed = httpx.get(target, headers=headers, timeout=TIMEOUT_S, trust_env=False).json()["result"]
    assert {shown["uuid"] for _, shown in sessions.values()} <= {row["uuid"] for row in listed}
