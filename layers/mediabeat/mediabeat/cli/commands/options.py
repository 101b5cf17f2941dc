"""Types and options that several commands share."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from mediabeat.cli import target

Command = Callable[..., Any]

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
DATE: Final = click.DateTime(["%Y-%m-%d"])

port_option: Final = click.option(
    "--port", type=click.IntRange(1, 65535), help="Port on 127.0.0.1.  [default: 4566, or the next free port]"
)
since_option: Final = click.option("--since", type=DATE, help="Only sessions that started on this UTC date or later.")


def quiet_minutes_option(default: float) -> Callable[[Command], Command]:
    """Return the option for the time after which a session without events is closed."""
    return click.option(
        "--quiet-minutes",
        type=click.FloatRange(min=0.1),
        default=default,
        show_default=True,
        help="Close a session after this many minutes without an event.",
    )


def on_deployment(command: Command) -> Command:
    """Give a command --stack and --region, and pass it the deployment that they name as `deployment`."""

    @click.option("--stack", help="A stack in your AWS account.  [default: the local cloud]")
    @click.option("--region", help="Region of the stack.  [default: your AWS configuration's]")
    @wraps(command)
    def run(*arguments: Any, stack: str | None, region: str | None, **options: Any) -> Any:
        with target.chosen(stack, region) as deployment:
            return command(*arguments, deployment=deployment, **options)

    return run
