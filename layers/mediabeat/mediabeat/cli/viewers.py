"""Erasing a viewer of a deployment, and the report of what was erased and what mediabeat cannot erase."""

from time import sleep

import click

from mediabeat.cli.target import Target
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core.projects import PROJECT_ID
from mediabeat.core.pseudonyms import Pseudonyms, names_nobody
from mediabeat.use_cases import erase_viewer
from mediabeat.use_cases.erase_viewer import Erased

_OUT_OF_REACH = """\
Not erased     the table's recovery points (35 days), its stream and the stream's readers (24 hours), and exported files.
               Erase again after you restore or import one of them. Logs name sessions, but not their viewers."""


def erase(project_id: str, viewer_id: str, target: Target) -> Erased:
    """Erase all sessions of a viewer, and return what was erased; the project may be deleted already.

    The id is one that players send, or the UUID in the API's answers. Raises CommandFailed for an invalid id or a placeholder,
    and when nothing is stored of the viewer and the project does not exist.
    """
    if not PROJECT_ID.fullmatch(project_id) or not viewer_id:
        raise CommandFailed("A project is 1 to 100 letters, digits, dots, dashes or underscores; an ID is not empty.")
    if names_nobody(viewer_id):
        hint = "To erase sessions that were stored with it, use the `uuid` in the API's answers."
        raise CommandFailed(f"{viewer_id!r} is a placeholder that players of many viewers send. {hint}")
    called = erase_viewer.viewers_called(viewer_id, Pseudonyms(target.viewer_key.read(), project_id))
    erased = erase_viewer.erase(project_id, called, target.viewers, wait=_wait)
    if not (erased.viewers or erased.left) and target.registry.project(project_id) is None:
        raise CommandFailed(
            f"There is no project {project_id!r}, and nothing is stored of this viewer in a deleted project of that name. "
            "Projects are listed by: mediabeat project list"
        )
    return erased


def _wait(seconds: int) -> None:
    what = "the charts" if seconds == erase_viewer.CHARTS_STEP_S else "requests that are still running"
    click.echo(f"waiting {seconds} s for {what}", err=True)
    sleep(seconds)


def report(erased: Erased) -> str:
    """Return the report for the operator."""
    left = f"{erased.left} items: run this command again" if erased.left else "nothing; the table was read again afterwards"
    lines = [
        f"Known as       {' and '.join(erased.viewers) or 'nobody: this viewer has no session'}",
        f"Removed        {erased.sessions} sessions: {erased.items} items and {erased.entries} index entries",
        f"Left           {left}",
    ]
    if erased.is_counted:
        lines.append("In charts      still counted: run this command again in some minutes")
    if erased.others:
        lines.append(f"Also known as  {' and '.join(erased.others)}; erase these too if they are the same person")
    return "\n".join([*lines, _OUT_OF_REACH])
