"""The commands that write a project's sessions to files, and store them again."""

from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from mediabeat.archive.folder import Archive, ArchiveWriter
from mediabeat.cli import target
from mediabeat.cli.commands import projects
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.cli.terminal.steps import Steps
from mediabeat.core.close_rules import DAY_MS
from mediabeat.core.event import MAX_TS_MS
from mediabeat.core.metrics import METRICS_VERSION
from mediabeat.use_cases.export_sessions import exported_sessions
from mediabeat.use_cases.import_sessions import Outcome, import_sessions, moved

_DATE: Final = click.DateTime(["%Y-%m-%d"])
_FOLDER: Final = click.Path(file_okay=False, path_type=Path)
_EACH: Final = 100  # sessions between two figures


@click.command("export")
@click.argument("project")
@click.option("--to", "folder", required=True, type=_FOLDER, help="A new folder, or an empty one.")
@click.option("--since", type=_DATE, help="Only sessions that started on this UTC date or later.")
@click.option("--until", type=_DATE, help="… on this UTC date or earlier.")
@click.option("--for-sharing", is_flag=True, help="Leave out sessions whose player sent analytics.optOutShare, and keys.")
@target.options
def export_project(
    project: str,
    folder: Path,
    since: datetime | None,
    until: datetime | None,
    for_sharing: bool,
    stack: str | None,
    region: str | None,
) -> None:
    """Write the sessions of PROJECT and all their events to files: compressed lines of JSON, and a manifest.

    Sessions go on meanwhile; each is written as it is when its turn comes.
    """
    now = datetime.now(UTC)
    steps = Steps(Console(stderr=True))
    with target.chosen(stack, region) as chosen, ExitStack() as closing:
        record = projects.require(project, chosen.registry)
        writer = closing.enter_context(ArchiveWriter(folder))
        sessions = exported_sessions(
            project,
            chosen.queries,
            shards=chosen.index_shards,
            since=_ms(since) if since else 0,
            until=_ms(until) + DAY_MS - 1 if until else MAX_TS_MS,
            now=_ms(now),
            for_sharing=for_sharing,
        )
        with steps.step(f"exporting the sessions of {project!r}") as tell:
            for number, session in enumerate(sessions, start=1):
                writer.add(session)
                if number % _EACH == 0:
                    tell(f"{number} so far")
            manifest = writer.finish(
                mediabeat_version=version("mediabeat"),
                metrics_version=METRICS_VERSION,
                exported_at=now.isoformat(timespec="seconds"),
                project_id=project,
                project=None if for_sharing else record,
                since=f"{since:%Y-%m-%d}" if since else None,
                until=f"{until:%Y-%m-%d}" if until else None,
            )
    click.echo(f"{manifest.sessions} sessions with {manifest.events} events are in {folder}")


@click.command("import")
@click.argument("folder", type=_FOLDER)
@click.option("--project", help="Store them as sessions of this project, which is there already.  [default: the exported one]")
@click.option("--keep-days", type=click.IntRange(min=1), help="Keep them for so many days from now.  [default: as they were]")
@target.options
def import_project(folder: Path, project: str | None, keep_days: int | None, stack: str | None, region: str | None) -> None:
    """Store what was exported to FOLDER again: the project, if it is not there, and its sessions as they were.

    All files are checked before anything is stored. What is there already stays as it is, so that it can be cut off and run
    again. Metrics are measured anew, by today's formulas.
    """
    now = datetime.now(UTC)
    expires_at = round((now + timedelta(days=keep_days)).timestamp()) if keep_days else None
    steps = Steps(Console(stderr=True))
    outcomes: Counter[Outcome] = Counter()
    with target.chosen(stack, region) as chosen:
        archive = Archive(folder)
        manifest = archive.manifest
        if project is not None:
            projects.require(project, chosen.registry)
        elif manifest.project is None:
            raise CommandFailed("What was exported for sharing has no project; name one that is there with --project.")
        with steps.step(f"checking {manifest.sessions} sessions in {folder}") as tell:
            for number, _ in enumerate(archive.check(), start=1):
                if number % _EACH == 0:
                    tell(f"{number} so far")
        if project is None and manifest.project is not None:
            projects.restore(manifest.project, chosen.registry)
        sessions = (moved(one, project_id=project, expires_at=expires_at) for one in archive.sessions())
        with steps.step(f"storing the sessions of {project or manifest.project_id!r}") as tell:
            for outcome in import_sessions(sessions, chosen.starts, now=_ms(now)):
                outcomes[outcome] += 1
                if outcomes.total() % _EACH == 0:
                    tell(f"{outcomes.total()} so far")
    click.echo(", ".join(f"{outcomes[outcome]} {outcome.value}" for outcome in Outcome))


def _ms(moment: datetime) -> int:
    return round(moment.replace(tzinfo=UTC).timestamp() * 1_000)
