"""`mediabeat console`: the address of the page, and what to paste there."""

import click
import pytest
from click.testing import CliRunner

from mediabeat.cli.local_cloud import lifecycle
from mediabeat.cli.main import main
from tests.support.local_status import UP


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were opened in a browser."""
    addresses: list[str] = []
    monkeypatch.setattr(lifecycle, "require", lambda folder: UP)

    def launch(url: str) -> int:
        addresses.append(url)
        return 0

    monkeypatch.setattr(click, "launch", launch)
    return addresses


def test_console_opens_the_page_and_prints_what_to_paste(opened: list[str]) -> None:
    printed = CliRunner().invoke(main, ["console"]).output
    assert opened == [f"{UP.url}/console"] == [UP.console]
    assert str(UP.project_id) in printed
    assert str(UP.api_key) in printed
    assert str(UP.api_key) not in opened[0]


def test_console_opens_no_browser_when_it_only_prints(opened: list[str]) -> None:
    assert UP.console in CliRunner().invoke(main, ["console", "--print-only"]).output
    assert opened == []


def test_console_says_when_no_browser_can_be_started(opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click, "launch", lambda url: 1)
    assert "Open the address yourself" in CliRunner().invoke(main, ["console"]).output
