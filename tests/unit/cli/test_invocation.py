"""Events in files, with placeholders for what only the local cloud knows."""

from pathlib import Path

import pytest

from mediabeat.cli.invocation import read_event
from mediabeat.cli.terminal.failure import CommandFailed


@pytest.fixture
def event_file(tmp_path: Path) -> Path:
    return tmp_path / "event.json"


def test_placeholders_are_filled_in_wherever_they_stand(event_file: Path) -> None:
    event_file.write_text('{"{{a}}": "x{{b}}x", "body": "{\\"a\\": \\"{{a}}\\"}"}', encoding="utf-8")
    event = read_event(event_file, {"a": lambda: "1", "b": lambda: "2"})
    assert event == {"1": "x2x", "body": '{"a": "1"}'}


def test_a_placeholder_is_asked_for_once_and_only_if_it_is_used(event_file: Path) -> None:
    asked: list[str] = []

    def sid() -> str:
        asked.append("sid")
        return "s"

    def unused() -> str:
        raise AssertionError("nobody needs this")

    event_file.write_text('["{{sid}}", "{{sid}}"]', encoding="utf-8")
    assert (read_event(event_file, {"sid": sid, "unused": unused}), asked) == (["s", "s"], ["sid"])


def test_an_unknown_placeholder_is_named_with_those_that_are_known(event_file: Path) -> None:
    event_file.write_text('"{{typo}}"', encoding="utf-8")
    with pytest.raises(CommandFailed, match=r"names 'typo' in braces; known are: sid"):
        read_event(event_file, {"sid": lambda: "s"})


def test_a_file_that_is_no_json_is_named(event_file: Path) -> None:
    event_file.write_text("{", encoding="utf-8")
    with pytest.raises(CommandFailed, match=r"event\.json is no event"):
        read_event(event_file, {})
