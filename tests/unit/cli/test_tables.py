"""The table of sessions, as it looks in a terminal of 80 columns."""

from typing import Any

import pytest
from rich.console import Console

from mediabeat.cli.terminal.tables import print_rows, sessions_table


def listed(**changes: Any) -> dict[str, Any]:
    """A session as the query API lists it."""
    return {
        "logDate": "2026-11-21 23:00:09",
        "uuid": "1a2888d9-0000-8000-a000-000000000000",
        "device": "Mobile",
        "os": "Mac OS / 10.15.7",
        "totalStartTime": 3.04,
        "playingTime": 86_400.0,
        "rebufferingTime": 5.0,
        "isError": False,
        "sessionLog": [{}] * 10,
    } | changes


def drawn(*sessions: dict[str, Any]) -> list[str]:
    console = Console(width=80, color_system=None)
    lines = console.render_lines(sessions_table(sessions), console.options, pad=False)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def test_table_fits_80_columns_with_its_legend() -> None:
    assert drawn(listed(), listed(device="PC", os="Chromecast / 1.56.500000", isError=True)) == [
        "last event                     operating      startup playing rebuf.         log",
        "(UTC)          viewer   device system             (s)     (s)    (s) error lines",
        "11-21 23:00:09 1a2888d9 Mobile Mac OS 10.15.7     3.0 86400.0    5.0          10",
        "11-21 23:00:09 1a2888d9 PC     Chromecast…        3.0 86400.0    5.0 yes      10",
        "startup: seconds until the content plays; rebuf.: seconds of waiting after that",
    ]


def test_rows_are_printed_in_aligned_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(("project", "created"), [("a", "today"), ("longer-name", "-")])
    assert capsys.readouterr().out.splitlines() == ["project      created", "a            today", "longer-name  -"]


def test_rows_may_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(("project", "created"), [])
    assert capsys.readouterr().out == "project  created\n"
