"""The commands that look after a deployment, local or in an AWS account: projects, access keys, measuring again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import click

from mediabeat.cli import target
from mediabeat.cli.commands import access_keys, projects, viewers
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.errors import ProjectExists
from mediabeat.use_cases import recompute_summaries as measuring

_MINUTES = click.FloatRange(min=0)


@click.group("project")
def project_commands() -> None:
    """Look after projects: who may report, and whose key opens the queries."""


@project_commands.command("create")
@click.argument("name")
@click.option("--keep-viewer-uuids", is_flag=True, help="Keep viewers' ids that are UUIDs as they are sent, not as hashes.")
@target.options
def create_project(name: str, keep_viewer_uuids: bool, stack: str | None, region: str | None) -> None:
    """Make the project NAME (a report suite) and print its key, which is shown only now: the table keeps its hash."""
    with target.chosen(stack, region) as chosen:
        try:
            key = projects.create(name, chosen.registry, keeps_viewer_uuids=keep_viewer_uuids)
        except ProjectExists:
            raise CommandFailed(f"The project {name!r} exists already.") from None
    click.echo(f"project id   {name}")
    click.echo(f"API key      {key}")


@project_commands.command("list")
@target.options
def list_projects(stack: str | None, region: str | None) -> None:
    """List the projects."""
    with target.chosen(stack, region) as chosen:
        found = list(chosen.registry.projects())
    rows = [(one.id, _utc(one.created_at), "kept" if one.keeps_viewer_uuids else "hashed") for one in found]
    _print_rows(("project", "created", "viewers' UUIDs"), rows)


@project_commands.command("rotate-key")
@click.argument("name")
@click.option(
    "--grace", type=click.FloatRange(min=0), default=0, show_default=True, help="Minutes for which the old key opens too."
)
@target.options
def rotate_key(name: str, grace: float, stack: str | None, region: str | None) -> None:
    """Give the project NAME a new key and print it; the old one opens nothing any more, or for a while."""
    with target.chosen(stack, region) as chosen:
        rotated, key = projects.rotate(name, chosen.registry, grace_minutes=grace)
        if chosen.cloud and chosen.cloud.project_id == name:
            replace(chosen.cloud, api_key=key).save(StateFolder.of_user())
    click.echo(f"project id   {name}")
    click.echo(f"API key      {key}")
    if rotated.old_key_until is not None:
        click.echo(f"old key      until {_utc(rotated.old_key_until)}")


@project_commands.command("delete")
@click.argument("name")
@target.options
def delete_project(name: str, stack: str | None, region: str | None) -> None:
    """Delete the project NAME with all its keys: it takes no sessions any more, and what it has cannot be asked for."""
    with target.chosen(stack, region) as chosen:
        access_keys.delete_project(name, chosen)
    click.echo(f"The project {name!r} is deleted; its sessions expire in their time.")


@click.group("access-key")
def access_key_commands() -> None:
    """Look after access keys, with which calls about channels are signed."""


@access_key_commands.command("create")
@click.argument("project")
@target.options
def create_access_key(project: str, stack: str | None, region: str | None) -> None:
    """Make an access key of PROJECT and print it with its secret, which is shown only now."""
    with target.chosen(stack, region) as chosen:
        key, secret = access_keys.create(project, chosen)
    click.echo(f"access key   {key.id}")
    click.echo(f"secret key   {secret}")


@access_key_commands.command("list")
@click.argument("project", required=False)
@target.options
def list_access_keys(project: str | None, stack: str | None, region: str | None) -> None:
    """List the access keys of PROJECT, or of all projects."""
    with target.chosen(stack, region) as chosen:
        keys = list(chosen.registry.access_keys(project))
    rows = [(key.id, key.project_id, _utc(key.created_at), "enabled" if key.enabled else "disabled") for key in keys]
    _print_rows(("access key", "project", "created", "status"), rows)


@access_key_commands.command("disable")
@click.argument("access_key_id", metavar="ID")
@target.options
def disable_access_key(access_key_id: str, stack: str | None, region: str | None) -> None:
    """Disable the access key ID, at once and for good."""
    with target.chosen(stack, region) as chosen:
        access_keys.disable(access_key_id, chosen)
    click.echo(f"The access key {access_key_id} is disabled.")


@click.group("viewer")
def viewer_commands() -> None:
    """Look after what is stored of viewers."""


@viewer_commands.command("erase")
@click.argument("project")
@click.argument("viewer_id", metavar="ID")
@target.options
def erase_viewer(project: str, viewer_id: str, stack: str | None, region: str | None) -> None:
    """Remove all sessions of a viewer of PROJECT, and prove it; it can be cut off and run again.

    ID is what players send as analytics.visitorId or visitor.marketingCloudUserId, or the uuid that answers show. Exits with
    1 if anything is left.
    """
    with target.chosen(stack, region) as chosen:
        erased = viewers.erase(project, viewer_id, chosen)
    click.echo(viewers.told(erased))
    raise SystemExit(1 if erased.left else 0)


@click.command("recompute")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only sessions that started on this UTC date or later.")
@target.options
def recompute(since: datetime | None, stack: str | None, region: str | None) -> None:
    """Measure closed sessions again after a formula has changed; it can be cut off and run again."""
    since_ms = round(since.replace(tzinfo=UTC).timestamp() * 1000) if since else 0
    with target.chosen(stack, region) as chosen:
        done = measuring.recompute(chosen.queries, chosen.store, since=since_ms)
    click.echo(f"{done.seen} closed sessions looked at, {done.rewritten} measured again")


def _utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _print_rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
