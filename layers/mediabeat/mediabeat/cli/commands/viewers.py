"""The operator's work on viewers: erasing one, and telling what was erased and what cannot be."""

from time import sleep

import click

from mediabeat.cli.target import Target
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core.projects import PROJECT_ID
from mediabeat.core.pseudonyms import Pseudonyms, names_nobody
from mediabeat.use_cases import erase_viewer
from mediabeat.use_cases.erase_viewer import Erased

_OUT_OF_REACH = """\
Out of reach   the table's recovery points, for 35 days; its stream and whoever reads that, for 24 hours; exported files.
               After restoring or importing one of those, erase again. Logs name sessions, but not whose they were."""


def erase(project_id: str, viewer_id: str, target: Target) -> Erased:
    """Remove all sessions of a viewer, who is named by an id as players send it or by a UUID of an answer.

    The project need not be there any more. Raises CommandFailed for what can be no project or viewer.
    """
    if not PROJECT_ID.fullmatch(project_id) or not viewer_id:
        raise CommandFailed("A project is 1 to 100 letters, digits, dots, dashes or underscores; an ID is not empty.")
    if names_nobody(viewer_id):
        rule = "it names nobody. Sessions that were stored under it are found by the `uuid` of an answer."
        raise CommandFailed(f"{viewer_id!r} is a placeholder, which many viewers' players send: {rule}")
    called = erase_viewer.viewers_called(viewer_id, Pseudonyms(target.viewer_key.read(), project_id))
    return erase_viewer.erase(project_id, called, target.viewers, wait=_wait)


def _wait(seconds: int) -> None:
    click.echo(f"waiting {seconds} s for requests that were under way", err=True)
    sleep(seconds)


def told(erased: Erased) -> str:
    """Return what the operator is told."""
    left = f"{erased.left} items: run this again" if erased.left else "nothing, as read again afterwards"
    lines = [
        f"Known as       {' and '.join(erased.viewers) or 'nobody: there is no session of this viewer'}",
        f"Removed        {erased.sessions} sessions: {erased.items} items, and {erased.entries} entries that found them",
        f"Left           {left}",
    ]
    if erased.others:
        lines.append(f"And as         {' and '.join(erased.others)}, of whom there may be more sessions: erase them too, or not")
    return "\n".join([*lines, _OUT_OF_REACH])
