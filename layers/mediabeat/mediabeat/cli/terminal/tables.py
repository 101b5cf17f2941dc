"""What the query API answers, as tables for a terminal."""

from collections.abc import Sequence
from textwrap import shorten
from typing import Any

import httpx
from rich.table import Table

from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.terminal.failure import CommandFailed

_OS_COLUMNS = 16  # so that a row fits a terminal of 80


def recent_sessions(cloud: Status, limit: int | None = None) -> dict[str, Any]:
    """Ask for the newest sessions of the local project.

    Raises CommandFailed when the query is refused.
    """
    answer = httpx.get(
        f"{cloud.url}/v1/sessionRecent",
        params={} if limit is None else {"limit": limit},
        headers={"x-api-key": str(cloud.api_key), "x-project-id": str(cloud.project_id)},
        timeout=30,
        trust_env=False,
    )
    if answer.status_code != httpx.codes.OK:
        raise CommandFailed(f"The query was refused with {answer.status_code}: {answer.text}")
    found: dict[str, Any] = answer.json()
    return found


def sessions_table(sessions: Sequence[dict[str, Any]]) -> Table:
    """Lay out one row a session, newest first as they come; times in seconds."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold underline")
    for name in ("last event UTC", "viewer", "device", "os"):
        table.add_column(name, no_wrap=True)
    for name in ("start\ns", "playing\ns", "rebuf.\ns"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("error", no_wrap=True)
    table.add_column("log\nlines", justify="right", no_wrap=True)
    for session in sessions:
        table.add_row(
            session["logDate"].partition("-")[2],
            session["uuid"].partition("-")[0],
            session["device"],
            shorten(session["os"], _OS_COLUMNS, placeholder="…"),
            *(f"{session[name]:.1f}" for name in ("totalStartTime", "playingTime", "rebufferingTime")),
            "[red]yes[/]" if session["isError"] else "",
            str(len(session["sessionLog"])),
        )
    return table
