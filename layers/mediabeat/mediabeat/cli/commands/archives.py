"""`mediabeat export` and `mediabeat import`: a project's sessions as files."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from mediabeat.archive.checks import not_after
from mediabeat.archive.folder import Archive, ArchiveWriter
from mediabeat.cli import left_sessions, projects
from mediabeat.cli.commands.options import DATE, on_deployment, since_option
from mediabeat.cli.target import Target
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.cli.terminal.steps import Steps
from mediabeat.cli.terminal.times import epoch_ms
from mediabeat.core.close_rules import DAY_MS
from mediabeat.core.event import MAX_TS_MS
from mediabeat.core.metrics import METRICS_VERSION
from mediabeat.use_cases.export_sessions import exported_sessions
from mediabeat.use_cases.import_sessions import Outcome, import_sessions, moved

_FOLDER: Final = click.Path(file_okay=False, path_type=Path)
_THERE_ALREADY: Final = """\
{sessions} sessions were not stored, because this deployment has sessions with their ids. They are in {project!r} if an
earlier import stored them there, otherwise in another project. A session's id exists once in a deployment, so an import
neither moves nor copies them. To have them in {project!r}, import them into another deployment."""
_KEY_LET_IN: Final = """\
The project {project!r} is new here. It has the API key that it had when it was exported, and the person who made the
archive may know that key. If it was not you, run: mediabeat project rotate-key {project}"""
_REPORT_EVERY: Final = 100  # sessions between two updates of the progress line


@click.command("export")
@click.argument("project")
@click.option("--to", "folder", required=True, type=_FOLDER, help="A new or empty folder.")
@since_option
@click.option("--until", type=DATE, help="Only sessions that started on this UTC date or earlier.")
@click.option("--for-sharing", is_flag=True, help="Leave out all keys, and sessions whose player sent analytics.optOutShare.")
@on_deployment
def export_project(
    project: str, folder: Path, since: datetime | None, until: datetime | None, for_sharing: bool, deployment: Target
) -> None:
    """Write a project's sessions to files.

    Writes the sessions of PROJECT with all their events: a manifest, and compressed files of JSON lines. Players may go on
    reporting; each session is written as it is at that moment.
    """
    if since and until and since > until:
        raise CommandFailed(f"--since is after --until: no day is from {since:%Y-%m-%d} to {until:%Y-%m-%d}.")
    now = datetime.now(UTC)
    steps = Steps(Console(stderr=True))
    record = projects.require(project, deployment.registry)
    with ArchiveWriter(folder, record.business_errors) as writer, steps.step(f"exporting the sessions of {project!r}") as report:
        sessions = exported_sessions(
            project,
            deployment.queries,
            shards=deployment.index_shards,
            since=epoch_ms(since) if since else 0,
            until=epoch_ms(until) + DAY_MS - 1 if until else MAX_TS_MS,
            now=epoch_ms(now),
            for_sharing=for_sharing,
        )
        for number, session in enumerate(sessions, start=1):
            writer.add(session)
            if number % _REPORT_EVERY == 0:
                report(f"{number} so far")
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
@click.option("--project", help="An existing project that gets the sessions.  [default: the exported project]")
@click.option("--keep-days", type=click.IntRange(min=1), help="Keep the sessions for this many days.  [default: as exported]")
@on_deployment
def import_project(folder: Path, project: str | None, keep_days: int | None, deployment: Target) -> None:
    """Store exported sessions again.

    Stores the sessions in FOLDER, and their project if it does not exist. All files are checked before anything is stored, and
    sessions that exist already are not changed. You may interrupt the import and run it again. Metrics are computed by today's
    formulas.
    """
    now = datetime.now(UTC)
    expires_at = round((now + timedelta(days=keep_days)).timestamp()) if keep_days else None
    steps = Steps(Console(stderr=True))
    archive = Archive(folder)
    manifest = archive.manifest
    if project is not None:
        projects.require(project, deployment.registry)
    elif manifest.project is None:
        raise CommandFailed("An export for sharing has no project. Name an existing one with --project.")
    else:
        left_sessions.refuse(manifest.project_id, deployment)
    with steps.step(f"checking {manifest.sessions} sessions in {folder}") as report:
        for number, _ in enumerate(archive.check(), start=1):
            if number % _REPORT_EVERY == 0:
                report(f"{number} so far")
    if project is None and manifest.project is not None and projects.restore(manifest.project, deployment.registry):
        click.echo(_KEY_LET_IN.format(project=project or manifest.project_id), err=True)
    outcomes: Counter[Outcome] = Counter()
    business_errors = deployment.registry.business_errors(project or manifest.project_id)
    measured = archive.sessions(business_errors)
    sessions = (moved(not_after(one, epoch_ms(now)), project_id=project, expires_at=expires_at) for one in measured)
    with steps.step(f"storing the sessions of {project or manifest.project_id!r}") as report:
        for outcome in import_sessions(sessions, deployment.starts, now=epoch_ms(now)):
            outcomes[outcome] += 1
            if outcomes.total() % _REPORT_EVERY == 0:
                report(f"{outcomes.total()} so far")
    click.echo(", ".join(f"{outcomes[outcome]} {outcome.value}" for outcome in Outcome))
    if project not in (None, manifest.project_id) and outcomes[Outcome.THERE]:
        click.echo(_THERE_ALREADY.format(sessions=outcomes[Outcome.THERE], project=project), err=True)
