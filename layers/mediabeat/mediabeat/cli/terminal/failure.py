"""The error that ends a command with a message."""

from pathlib import Path

import click

_TAIL_LINES = 15


class CommandFailed(click.ClickException):
    """The command cannot continue; click prints the message, and the end of the log if there is one, and exits with 1."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message if log is None else f"{message}\n{_end_of(log)}\nThe whole log: {log}")


def _end_of(log: Path) -> str:
    """Return the last lines of a log; they usually show the cause."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "  (there is no log)"
    written = [line.rstrip() for line in lines if line.strip()]
    return "\n".join(f"  | {line}" for line in written[-_TAIL_LINES:]) or "  (the log is empty)"
