"""Event files with placeholders for values that only the local cloud knows."""

from pathlib import Path

import pytest

from mediabeat.cli.invocation import read_event
from mediabeat.cli.terminal.failure import CommandFailed


@pytest.fixture
def event_file(tmp_path: Path) -> Path:
    return tmp_path / "event.json"


def test_placeholders_are_replaced_everywhere_in_the_file(event_file: Path) -> None:
    event_file.write_text('{"{{a}}": "x{{b}}x", "body": "{\\"a\\": \\"{{a}}\\"}"}', encoding="utf-8")
    event = read_event(event_file, {"a": lambda: "1", "b": lambda: "2"})
    assert event == {"1": "x2x", "body": '{"a": "1"}'}


def test_placeholder_value_is_made_once_and_only_when_used(event_file: Path) -> None:
    asked: list[str] = []

    def sid() -> str:
        asked.append("sid")
        return "s"

    def unused() -> str:
        raise AssertionError("nobody needs this")

    event_file.write_text('["{{sid}}", "{{sid}}"]', encoding="utf-8")
    assert (read_event(event_file, {"sid": sid, "unused": unused}), asked) == (["s", "s"], ["sid"])


def test_unknown_placeholder_is_reported_with_the_known_ones(event_file: Path) -> None:
    event_file.write_text('"{{typo}}"', encoding="utf-8")
    with pytest.raises(CommandFailed, match=r"has the unknown placeholder 'typo'; known are: sid"):
        read_event(event_file, {"sid": lambda: "s"})


def test_invalid_json_is_reported_with_its_file(event_file: Path) -> None:
    event_file.write_text("{", encoding="utf-8")
    with pytest.raises(CommandFailed, match=r"event\.json is not an event"):
        read_event(event_file, {})
