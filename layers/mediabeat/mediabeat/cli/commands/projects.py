"""The operator's work on projects."""

from contextlib import suppress
from time import time

from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core import projects
from mediabeat.core.projects import Project
from mediabeat.errors import InvalidInput, ProjectExists
from mediabeat.storage.project_store import Registry


def create(project_id: str, registry: Registry, *, keeps_viewer_uuids: bool = False) -> str:
    """Make a project and give its API key.

    Raises ProjectExists, or CommandFailed for an id that cannot be one.
    """
    try:
        project, key = projects.new_project(project_id, _now(), keeps_viewer_uuids=keeps_viewer_uuids)
    except InvalidInput as error:
        raise CommandFailed(str(error)) from None
    registry.create_project(project)
    return key


def ensure(project_id: str, registry: Registry, known_key: str | None) -> str:
    """Return a project's key, making the project if need be; with the key that is known, if one is.

    Raises CommandFailed if it exists and its key is lost.
    """
    if known_key is not None:
        restore(Project(project_id, projects.hash_of(known_key), _now()), registry)
        return known_key
    try:
        return create(project_id, registry)
    except ProjectExists:
        raise CommandFailed(
            f"The project {project_id!r} exists, but status.json with its key is gone. "
            "To start afresh: mediabeat down, then remove the state folder."
        ) from None


def restore(project: Project, registry: Registry) -> None:
    """Store a project that was lost, so that its key opens it again; one that is there stays as it is."""
    with suppress(ProjectExists):
        registry.create_project(project)


def rotate(project_id: str, registry: Registry, *, grace_minutes: float) -> tuple[Project, str]:
    """Give a project a new API key; the one before opens it for as long as the grace lasts.

    Raises CommandFailed when there is no such project.
    """
    rotated, key = projects.rotated(require(project_id, registry), _now(), grace_ms=round(grace_minutes * 60_000))
    registry.replace_project(rotated)
    return rotated, key


def require(project_id: str, registry: Registry) -> Project:
    """Return a project.

    Raises CommandFailed when there is none of this id.
    """
    project = registry.project(project_id)
    if project is None:
        raise CommandFailed(f"There is no project {project_id!r}.")
    return project


def _now() -> int:
    return round(time() * 1000)
