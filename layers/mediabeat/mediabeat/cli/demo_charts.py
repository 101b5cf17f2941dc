"""The charts of the demonstration: viewings of the last seven days, and the wait until the roll-ups have counted all of them."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Final

import httpx

from mediabeat.cli import charts, projects
from mediabeat.cli.local_cloud import clients
from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.queries import ask
from mediabeat.cli.replay import with_project
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.cli.viewings.kinds import BUSINESS_ERRORS
from mediabeat.cli.viewings.week import DAYS, Viewing
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_queries import SessionQueries

_SENT_AT_ONCE: Final = 4
_TIMEOUT_S: Final = 120
_POLL_S: Final = 1


def declare_business_errors(cloud: Status) -> None:
    """Add the invented service's business errors to those of the local project."""
    with closing(clients.client("dynamodb", str(cloud.endpoint))) as client:
        registry, project_id = Registry(str(cloud.table), client), str(cloud.project_id)
        declared = registry.business_errors(project_id)
        if BUSINESS_ERRORS not in declared:
            projects.set_business_errors(project_id, registry, (*declared, BUSINESS_ERRORS))


def send_earlier(
    viewings: Sequence[Viewing], cloud: Status, *, at_once: int = _SENT_AT_ONCE, transport: httpx.BaseTransport | None = None
) -> set[str]:
    """Send viewings as if they had been watched offline, so many at once; return the ids of their sessions.

    A repeat on the same day sends the same viewings, which the API recognizes and counts once. Raises CommandFailed when the API
    refuses one.
    """

    def send(viewing: Viewing) -> str:
        body = with_project(viewing.events, str(cloud.project_id))
        answer = http.post("/api/v1/downloaded", json=body, headers=viewing.headers)
        if answer.status_code != httpx.codes.CREATED:
            raise CommandFailed(f"The API refused an earlier viewing with {answer.status_code}: {answer.text}")
        return answer.headers["Location"].rpartition("/")[2]

    with (
        httpx.Client(base_url=str(cloud.url), timeout=30, trust_env=False, transport=transport) as http,
        ThreadPoolExecutor(at_once) as threads,
    ):
        return set(threads.map(send, viewings))


def counted(cloud: Status, now: datetime) -> int:
    """Return how many sessions of the last seven days (UTC) are over and counted: each has played, or has failed to."""
    span = {"startDate": f"{now - timedelta(days=DAYS - 1):%Y-%m-%d}", "endDate": f"{now:%Y-%m-%d}"}
    rows = ask(cloud, charts.PATHS["quality"], **span)["result"]
    outcomes = ("playSuccessCnt", "earlyExitCnt", "exitBeforeStartCnt", "startFailureCnt", "businessErrorCnt")
    return sum(row[outcome] for row in rows for outcome in outcomes)


def wait_until_counted(cloud: Status, sids: Collection[str], sessions: int, now: datetime) -> None:
    """Wait until these sessions are measured, the charts count so many of the last seven days, and the last hour has viewers.

    Gives up after two minutes: the charts are drawn as they are.
    """
    began, waiting = monotonic(), set(sids)
    with closing(clients.client("dynamodb", str(cloud.endpoint))) as client:
        queries = SessionQueries(str(cloud.table), client)
        while monotonic() - began < _TIMEOUT_S:
            waiting = {sid for sid in waiting if not _is_measured(queries, sid)}
            if not waiting and counted(cloud, now) >= sessions and _has_viewers(cloud):
                return
            sleep(_POLL_S)


def _is_measured(queries: SessionQueries, sid: str) -> bool:
    items = queries.shown(sid)
    return items is not None and items.summary is not None


def _has_viewers(cloud: Status) -> bool:
    return any(row["currentViewerCnt"] for row in ask(cloud, charts.PATHS["currentViewers"])["result"])
