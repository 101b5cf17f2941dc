"""The charts of the demonstration: earlier viewings of today, and the wait until the roll-ups have counted all of them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import httpx

from mediabeat.cli import charts
from mediabeat.cli.edge_replay import EdgeRecording
from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.queries import ask
from mediabeat.cli.replay import Body, Journey, shifted, with_project
from mediabeat.cli.terminal.failure import CommandFailed

VIEWINGS_PER_HOUR: Final = (2, 1, 1, 0, 0, 1, 3, 5, 6, 4, 5, 6, 9, 7, 4, 5, 6, 7, 9, 12, 14, 12, 8, 4)
"""How many earlier viewings the demonstration sends for each hour (UTC): an evening's peak, and few in the night."""

LONGEST: Final = timedelta(minutes=10)
"""All journeys are shorter, so a viewing that began this long ago is over."""

_TIMEOUT_S: Final = 90
_POLL_S: Final = 1


def earlier_starts(now: datetime) -> Iterator[datetime]:
    """Yield when the earlier viewings of today began. Later calls on the same day yield the same times again, and later ones."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for hour, viewings in enumerate(VIEWINGS_PER_HOUR):
        for number in range(viewings):
            start = midnight + timedelta(hours=hour) + timedelta(hours=1) * number / viewings
            if start + LONGEST < now:
                yield start


def send_earlier(journeys: Path, cloud: Status, now: datetime, *, transport: httpx.BaseTransport | None = None) -> int:
    """Send journeys of the collection API as viewings of earlier today that were watched offline; return how many.

    A repeat on the same day sends the same viewings, which the API recognizes and counts once. Raises CommandFailed when the API
    refuses one.
    """
    paths = [path for path in sorted(journeys.glob("*.json")) if EdgeRecording.read(path) is None]
    recorded = cycle([events for path in paths for events in Journey.read(path).sessions])
    sent = 0
    with httpx.Client(base_url=str(cloud.url), timeout=30, trust_env=False, transport=transport) as http:
        for start, events in zip(earlier_starts(now), recorded, strict=False):
            answer = http.post("/api/v1/downloaded", json=_moved(events, start, str(cloud.project_id)))
            if answer.status_code != httpx.codes.CREATED:
                raise CommandFailed(f"The API refused an earlier viewing with {answer.status_code}: {answer.text}")
            sent += 1
    return sent


def _moved(events: Sequence[Body], start: datetime, project_id: str) -> list[Body]:
    return with_project(shifted(events, round(start.timestamp() * 1_000), paced=True), project_id)


def wait_until_counted(cloud: Status, sessions: int, now: datetime) -> None:
    """Wait until today's charts have the outcomes of this many sessions, and the last hour's chart has viewers.

    Gives up after 90 seconds: the charts are drawn as they are.
    """
    began = monotonic()
    while monotonic() - began < _TIMEOUT_S:
        if _over_today(cloud, now) >= sessions and _has_viewers(cloud):
            return
        sleep(_POLL_S)


def _over_today(cloud: Status, now: datetime) -> int:
    """Return how many sessions of today are over and counted: each has played, or has failed to."""
    today = f"{now:%Y-%m-%d}"
    rows = ask(cloud, charts.PATHS["quality"], startDate=today, endDate=today)["result"]
    outcomes = ("playSuccessCnt", "earlyExitCnt", "exitBeforeStartCnt", "startFailureCnt")
    return sum(row[outcome] for row in rows for outcome in outcomes)


def _has_viewers(cloud: Status) -> bool:
    return any(row["currentViewerCnt"] for row in ask(cloud, charts.PATHS["currentViewers"])["result"])
