"""The error that ends a command."""

from pathlib import Path

from mediabeat.cli.terminal.failure import CommandFailed


def test_failure_shows_the_last_lines_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "some.log"
    log.write_text("".join(f"line {number}\n\n" for number in range(40)), encoding="utf-8")
    lines = CommandFailed("It failed.", log).message.splitlines()
    assert lines == ["It failed.", *(f"  | line {number}" for number in range(25, 40)), f"The whole log: {log}"]


def test_failure_says_when_there_is_no_log(tmp_path: Path) -> None:
    assert "(there is no log)" in CommandFailed("It failed.", tmp_path / "none.log").message


def test_failure_says_when_the_log_is_empty(tmp_path: Path) -> None:
    log = tmp_path / "empty.log"
    log.touch()
    assert "(the log is empty)" in CommandFailed("It failed.", log).message
