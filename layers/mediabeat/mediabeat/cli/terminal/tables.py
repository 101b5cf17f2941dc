"""Tables for a terminal: the sessions that the query API returns, and rows of text."""

from collections.abc import Iterable, Sequence
from textwrap import shorten
from typing import Any, Final

import click
import httpx
from rich.table import Table

from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.terminal.failure import CommandFailed

_OS_WIDTH: Final = 14  # a row then fits a terminal of 80 columns
_LEGEND: Final = "startup: seconds until the content plays; rebuf.: seconds of waiting after that"


def recent_sessions(cloud: Status, limit: int | None = None) -> dict[str, Any]:
    """Return the API's answer with the newest sessions of the local project.

    Raises CommandFailed when the API refuses the query.
    """
    answer = httpx.get(
        f"{cloud.url}/v1/sessionRecent",
        params={} if limit is None else {"limit": limit},
        headers={"x-api-key": str(cloud.api_key), "x-project-id": str(cloud.project_id)},
        timeout=30,
        trust_env=False,
    )
    if answer.status_code != httpx.codes.OK:
        raise CommandFailed(f"The API refused the query with {answer.status_code}: {answer.text}")
    found: dict[str, Any] = answer.json()
    return found


def sessions_table(sessions: Sequence[dict[str, Any]]) -> Table:
    """Return a table with one row for each session, in the order of the API's answer; times in seconds."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold", caption=_LEGEND, caption_justify="left")
    for name in ("last event\n(UTC)", "viewer", "device", "operating\nsystem"):
        table.add_column(name, no_wrap=True, vertical="bottom")
    for name in ("startup\n(s)", "playing\n(s)", "rebuf.\n(s)"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("error", no_wrap=True)
    table.add_column("log\nlines", justify="right", no_wrap=True)
    for session in sessions:
        table.add_row(
            session["logDate"].partition("-")[2],
            session["uuid"].partition("-")[0],
            session["device"],
            shorten(session["os"].replace(" / ", " "), _OS_WIDTH, placeholder="…"),
            *(f"{session[name]:.1f}" for name in ("totalStartTime", "playingTime", "rebufferingTime")),
            "[red]yes[/]" if session["isError"] else "",
            str(len(session["sessionLog"])),
        )
    return table


def print_rows(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of text in aligned columns, whatever the width of the terminal."""
    lines = [heads, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
