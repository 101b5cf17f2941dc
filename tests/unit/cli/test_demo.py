"""The demonstration's journeys, results and hints."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from mediabeat.cli.demo import DRAWN_JOURNEY, SentJourney, drawn_session, next_steps, results, send_journeys
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core.session import Session, fold
from mediabeat.storage.session_store import Store
from tests.support.builders import ping, play, start
from tests.support.local_status import UP
from tests.support.template import ROOT


def test_send_journeys_fails_when_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="There are no journeys in"):
        send_journeys(tmp_path, UP)


def test_drawn_session_is_none_when_its_journey_was_not_sent() -> None:
    no_client: Any = None
    assert drawn_session([SentJourney("podcast", "a" * 64)], Store("no table", no_client)) is None


def test_drawn_journey_is_one_of_the_repository() -> None:
    assert json.loads((ROOT / "events" / "journeys" / f"{DRAWN_JOURNEY}.json").read_text(encoding="utf-8"))["sessions"]


def printed(sessions: list[dict[str, Any]], drawn: Session | None) -> str:
    console = Console(width=80, color_system=None)
    with console.capture() as capture:
        console.print(results(sessions, drawn, Text("the charts")))
    return capture.get()


def test_results_show_the_table_the_timeline_and_the_charts() -> None:
    shown = printed([], fold([start(0), play(0), ping(10, 10)]))
    assert shown.index("The newest sessions") < shown.index("One of these sessions") < shown.index("content 10.0 s")
    assert shown.index("content 10.0 s") < shown.index("All sessions") < shown.index("the charts")


def test_results_show_no_timeline_when_no_session_is_drawn() -> None:
    assert "One of these sessions" not in printed([], None)


def test_next_steps_call_the_command_as_the_user_called_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "mediabeat")])
    assert f"KEY=$({tmp_path / 'mediabeat'} status --key)" in next_steps(UP)
    monkeypatch.setenv("UV", str(tmp_path / "uv"))
    assert f"KEY=$({tmp_path / 'uv'} run mediabeat status --key)" in next_steps(UP)


def test_next_steps_name_files_of_the_repository() -> None:
    named = [word for word in next_steps(UP).split() if word.startswith("events/")]
    assert len(named) == 2
    assert all((ROOT / path).is_file() for path in named)
