"""A session that is watched in the charts from its start on, while other tests run."""

import re
from threading import Thread
from time import monotonic, sleep
from typing import Any, Final

import httpx

from mediabeat.runtime.settings import server_clock
from tests.e2e.cloud import Cloud
from tests.support.builders import wire_start

PROJECT: Final = "charted"
PLAYED_MS: Final = 4_000
ASK_AGAIN_S: Final = 2
FIGURES: Final = {
    "viewers now": ("currentViewers", "currentViewerCnt"),
    "attempts": ("quality", "playAttemptCnt"),
    "viewers": ("uniqUserCnt", "uniqUsers"),
    "plays": ("playCnt", "playSuccessCnt"),
    "seconds": ("playTimeSum", "playTimeSum"),
}
GIVEN_UP_AFTER_S: Final = 300


class ChartedSession:
    """A session of a project of its own. It plays for four seconds and ends, and a thread asks for the charts."""

    def __init__(self, cloud: Cloud) -> None:
        created = cloud.mediabeat("project", "create", PROJECT)
        [key] = re.findall(r"^API key +(\S+)$", created.stdout, re.MULTILINE)
        self._http = httpx.Client(base_url=cloud.url, headers={"x-api-key": key, "x-project-id": PROJECT}, timeout=30)
        self.seen_after_s: dict[str, float] = {}
        """By figure, how long after the start of the session it was no longer zero."""
        self.figures: dict[str, float] = {}
        self._began = monotonic()
        self._location = self._sent("/api/v1/sessions", wire_start(analytics_reportSuite=PROJECT, analytics_visitorId="jane"))
        self._thread = Thread(target=self._ask, daemon=True)
        self._thread.start()

    def finished(self) -> None:
        """Wait until all figures have been seen."""
        self._thread.join()

    def _ask(self) -> None:
        self._watch()
        while len(self.figures) < len(FIGURES) and monotonic() - self._began < GIVEN_UP_AFTER_S:
            for name in FIGURES.keys() - self.figures.keys():
                if figure := self._largest(*FIGURES[name]):
                    self.seen_after_s[name], self.figures[name] = monotonic() - self._began, figure
            sleep(ASK_AGAIN_S)
        self._http.close()

    def _watch(self) -> None:
        now = server_clock()
        for event_type, at_ms in (("play", 0), ("ping", PLAYED_MS), ("sessionEnd", PLAYED_MS)):
            body = {"eventType": event_type, "playerTime": {"playhead": at_ms / 1_000, "ts": now + at_ms}}
            self._sent(f"{self._location}/events", body)

    def _sent(self, path: str, body: dict[str, Any]) -> str:
        if body["eventType"] == "sessionStart":
            body["playerTime"]["ts"] = server_clock()
        answer = self._http.post(path, json=body)
        assert answer.is_success, answer.text
        return str(answer.headers.get("Location", ""))

    def _largest(self, chart: str, figure: str) -> float:
        answer = self._http.get(f"/v1/charts/{chart}")
        assert answer.status_code == 200, answer.text
        return max(float(entry[figure]) for entry in answer.json()["result"])
