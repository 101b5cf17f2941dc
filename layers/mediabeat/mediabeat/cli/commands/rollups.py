"""`mediabeat rollups`: whether the charts' counters are what the sessions add up to."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

import click

from mediabeat.cli import rollups as days
from mediabeat.cli.commands.options import DATE, Command, on_deployment
from mediabeat.cli.target import Target


@click.group()
def rollups() -> None:
    """Check and rebuild the charts' counters.

    Both commands read all sessions of a day and of the day before, which may have played into it. The day must have ended
    48 hours ago, and none of its sessions may have expired.
    """


def on_day(command: Command) -> Command:
    """Give a command --day, --today and --project, and pass it the epoch day and the ids of the projects."""

    @click.option("--day", type=DATE, help="The UTC day.")
    @click.option("--today", is_flag=True, help="Today, although its sessions still change; in the local cloud only.")
    @click.option("--project", help="Only this project.  [default: all]")
    @on_deployment
    @wraps(command)
    def run(day: datetime | None, today: bool, project: str | None, deployment: Target, **options: Any) -> Any:
        chosen = days.chosen_day(day, today=today, deployment=deployment)
        projects = [project] if project else [one.id for one in deployment.registry.projects()]
        return command(chosen, projects, deployment, **options)

    return run


@rollups.command()
@on_day
def check(day: int, projects: list[str], deployment: Target) -> None:
    """Compare a day's counters with its sessions.

    Ends with 1 if they differ. The counters are then corrected by: mediabeat rollups rebuild
    """
    raise SystemExit(_each(projects, lambda project: days.check(project, day, deployment)))


@rollups.command()
@on_day
def rebuild(day: int, projects: list[str], deployment: Target) -> None:
    """Correct a day's counters by its sessions.

    You may interrupt it and run it again. Ends with 1 if something could not be corrected.
    """
    raise SystemExit(_each(projects, lambda project: days.rebuild(project, day, deployment)))


def _each(projects: list[str], report: Callable[[str], days.Report]) -> int:
    """Print the report of each project, and return the exit code."""
    is_right = True
    for project in projects:
        told = report(project)
        click.echo("\n".join(told.lines))
        is_right &= told.is_right
    return 0 if is_right else 1
