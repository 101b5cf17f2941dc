"""Viewings by players whose clock is set meanwhile. They are sent in real time while other tests run."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep, time
from typing import Any, Final

import httpx

from tests.e2e.cloud import Cloud
from tests.support.builders import wire, wire_start

SET_BY_S: Final = (-300, 300)
SET_AFTER_S: Final = 22
KINDS: Final = {0: "play", 20: "pauseStart", 36: "play", 50: "sessionEnd"}
SENT_AT_S: Final = (0, 5, 10, 15, 20, 24, 28, 32, 36, 40, 45, 50)


class SteppedViewings:
    """A viewing of 50 s with a pause for each step of the clock, all at the same time."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._threads = ThreadPoolExecutor(len(SET_BY_S))
        self._metrics = {by_s: self._threads.submit(self._watch, by_s) for by_s in SET_BY_S}

    def metrics(self, by_s: int) -> tuple[dict[str, Any], int]:
        """Wait for the end of a viewing; return its metrics, and by how many milliseconds an event was late at most."""
        return self._metrics[by_s].result()

    def close(self) -> None:
        """Wait for the threads."""
        self._threads.shutdown()

    def _watch(self, by_s: int) -> tuple[dict[str, Any], int]:
        began, began_s, late_s = round(time() * 1_000), monotonic(), 0.0

        def body(made: dict[str, Any], at: float) -> dict[str, Any]:
            made["playerTime"]["ts"] = began + round(1_000 * (at + by_s * (at > SET_AFTER_S)))
            return made

        with httpx.Client(base_url=self._cloud.url, timeout=30, trust_env=False) as http:
            location = http.post("/api/v1/sessions", json=body(wire_start(media_length=600), 0)).headers["Location"]
            for at in SENT_AT_S:
                sleep(max(0, began_s + at - monotonic()))
                sent = wire(KINDS.get(at, "ping"), 0, min(at, 20) + max(at - 36, 0))
                assert http.post(f"{location}/events", json=body(sent, at)).status_code == 204
                late_s = max(late_s, monotonic() - began_s - at)
            headers = {"x-api-key": self._cloud.api_key, "x-project-id": self._cloud.project_id}
            answer = http.get(f"/v1/sessionRecent/{location.rpartition('/')[2]}", headers=headers)
        metrics: dict[str, Any] = answer.raise_for_status().json()["result"]["metrics"]
        return metrics, round(1_000 * late_s)
