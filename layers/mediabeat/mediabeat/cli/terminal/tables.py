"""Tables for a terminal: the sessions that the query API returns, and rows of text."""

from collections.abc import Iterable, Sequence
from textwrap import shorten
from typing import Any, Final

import click
from rich.table import Table

_OS_WIDTH: Final = 14  # a row then fits a terminal of 80 columns
_LEGEND: Final = "startup: seconds until the content plays; rebuf.: seconds of waiting after that"


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
