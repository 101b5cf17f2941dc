"""How a command ends when it cannot do what it was asked."""

from pathlib import Path

import click

_TAIL_LINES = 15


class CommandFailed(click.ClickException):
    """The command cannot go on; click prints the message and exits with 1."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message if log is None else f"{message}\n{_end_of(log)}\nThe whole log: {log}")


def _end_of(log: Path) -> str:
    """Quote the last lines of a log, which mostly say why."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "  (no log was written)"
    told = [line.rstrip() for line in lines if line.strip()]
    return "\n".join(f"  | {line}" for line in told[-_TAIL_LINES:]) or "  (nothing was logged)"
