"""`mediabeat project`: projects and their API keys."""

from dataclasses import replace

import click

from mediabeat.cli import access_keys, left_sessions, projects
from mediabeat.cli.commands.options import on_deployment
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.target import Target
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.cli.terminal.tables import print_rows
from mediabeat.cli.terminal.times import utc
from mediabeat.errors import ProjectExists


@click.group()
def project() -> None:
    """Create, list and delete projects.

    A project is a report suite to which players report. Its API key opens the queries.
    """


@project.command("create")
@click.argument("name")
@click.option("--keep-viewer-uuids", is_flag=True, help="Store viewers' ids that are UUIDs as they are sent, not as hashes.")
@click.option(
    "--business-error",
    "business_errors",
    metavar="PREFIX",
    multiple=True,
    help="Ids of errors that begin so are decisions of the business, not failures. Repeat it for more prefixes.",
)
@click.option("--with-sessions", is_flag=True, help="Take over the sessions that a deleted project of this name has left.")
@click.option("--org", default="", help="The organisation's id at Adobe, for the cookies of Edge clients: 5A1E…@AdobeOrg.")
@click.option("--datastream", "datastreams", multiple=True, help="A further id under which Edge clients report; repeatable.")
@on_deployment
def create_project(
    name: str,
    keep_viewer_uuids: bool,
    business_errors: tuple[str, ...],
    with_sessions: bool,
    org: str,
    datastreams: tuple[str, ...],
    deployment: Target,
) -> None:
    """Create a project and print its API key.

    NAME is the report suite or the datastream that players send. Keep the key: the table stores only its hash, so it cannot be
    shown again.
    """
    if not with_sessions:
        left_sessions.refuse(name, deployment)
    try:
        key = projects.create(
            name,
            deployment.registry,
            keeps_viewer_uuids=keep_viewer_uuids,
            business_errors=business_errors,
            org=org,
            datastreams=datastreams,
        )
    except ProjectExists as error:
        raise CommandFailed(f"{error}.") from None
    _print_key(name, key)


@project.command("list")
@on_deployment
def list_projects(deployment: Target) -> None:
    """List the projects."""
    found = deployment.registry.projects()
    rows = [
        (
            one.id,
            utc(one.created_at),
            "kept" if one.keeps_viewer_uuids else "hashed",
            " ".join(one.business_errors) or "none",
            " ".join(one.datastreams) or "none",
        )
        for one in found
    ]
    print_rows(("project", "created", "viewers' UUIDs", "business errors", "further ids"), rows)


@project.command("business-errors")
@click.argument("name")
@click.argument("prefixes", nargs=-1, metavar="[PREFIX]...")
@click.option("--none", "clear", is_flag=True, help="Remove all prefixes.")
@on_deployment
def business_errors(name: str, prefixes: tuple[str, ...], clear: bool, deployment: Target) -> None:
    """Show or replace a project's business errors.

    Errors of the project NAME whose id begins with a PREFIX are decisions of the business, such as a country without a licence.
    Sessions that end with one are not judged. The prefixes replace those that the project has. Sessions that are closed keep
    their outcome.
    """
    if clear and prefixes:
        raise click.UsageError("Name prefixes or give --none, not both.")
    if clear or prefixes:
        projects.set_business_errors(name, deployment.registry, prefixes)
    for prefix in projects.require(name, deployment.registry).business_errors:
        click.echo(prefix)


@project.command("rotate-key")
@click.argument("name")
@click.option(
    "--grace", type=click.FloatRange(min=0), default=0, show_default=True, help="Minutes for which the old key is still valid."
)
@on_deployment
def rotate_key(name: str, grace: float, deployment: Target) -> None:
    """Replace a project's API key.

    Prints the new key of the project NAME. The old key is invalid at once, or after the minutes of --grace.
    """
    rotated, key = projects.rotate(name, deployment.registry, grace_minutes=grace)
    if deployment.cloud and deployment.cloud.project_id == name:
        replace(deployment.cloud, api_key=key).save(StateFolder.of_user())
    _print_key(name, key)
    if rotated.old_key_until is not None:
        click.echo(f"old key      until {utc(rotated.old_key_until)}")


@project.command("delete")
@click.argument("name")
@on_deployment
def delete_project(name: str, deployment: Target) -> None:
    """Delete a project and all its keys.

    The project NAME accepts no new sessions, and queries about its sessions are refused. Stored sessions stay until they expire.
    Until then, `project create` refuses the name.
    """
    access_keys.delete_project(name, deployment)
    click.echo(f"The project {name!r} is deleted; its sessions expire in their time.")


def _print_key(project_id: str, key: str) -> None:
    click.echo(f"project id   {project_id}")
    click.echo(f"API key      {key}")
