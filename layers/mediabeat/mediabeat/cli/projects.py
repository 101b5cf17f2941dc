"""Projects of a deployment, as an operator creates, restores and changes them."""

from collections.abc import Iterable, Sequence

from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core import projects
from mediabeat.core.projects import Project
from mediabeat.errors import InvalidInput, NotFound, ProjectExists
from mediabeat.runtime.settings import server_clock
from mediabeat.storage.project_store import Registry


def create(
    project_id: str,
    registry: Registry,
    *,
    keeps_viewer_uuids: bool = False,
    business_errors: Iterable[str] = (),
    org: str = "",
    datastreams: Sequence[str] = (),
) -> str:
    """Create a project and return its API key.

    Raises ProjectExists, also for a further id that is taken, or CommandFailed when an id or a prefix of business errors is not
    valid.
    """
    try:
        project, key = projects.new_project(
            project_id,
            server_clock(),
            keeps_viewer_uuids=keeps_viewer_uuids,
            business_errors=business_errors,
            org=org,
            datastreams=datastreams,
        )
    except InvalidInput as error:
        raise CommandFailed(str(error)) from None
    registry.create_project(project)
    return key


def ensure(project_id: str, registry: Registry, known_key: str | None) -> str:
    """Return a project's API key; create the project if it does not exist, with the known key if there is one.

    Raises CommandFailed when the project exists and its key is lost.
    """
    if known_key is not None:
        restore(Project(project_id, projects.hash_of(known_key), server_clock()), registry)
        return known_key
    try:
        return create(project_id, registry)
    except ProjectExists:
        raise CommandFailed(
            f"The project {project_id!r} exists, but its key is lost: status.json is missing. "
            "To start again with no data, run `mediabeat down` and remove the state folder."
        ) from None


def restore(project: Project, registry: Registry) -> bool:
    """Store a project if it does not exist, and return whether it did not; an existing project is not changed."""
    if registry.project(project.id) is not None:
        return False
    try:
        registry.create_project(project)
    except ProjectExists:  # another command was faster
        return False
    return True


def rotate(project_id: str, registry: Registry, *, grace_minutes: float) -> tuple[Project, str]:
    """Give a project a new API key, and return both; the old key stays valid for the minutes of grace.

    Raises CommandFailed when the project does not exist, or another command was faster.
    """
    seen = require(project_id, registry)
    rotated, key = projects.rotated(seen, server_clock(), grace_ms=round(grace_minutes * 60_000))
    _replace(rotated, registry, seen=seen)
    return rotated, key


def set_business_errors(project_id: str, registry: Registry, prefixes: Iterable[str]) -> None:
    """Replace the prefixes of a project's business errors.

    Raises CommandFailed when the project does not exist, a prefix is not valid, or another command was faster.
    """
    seen = require(project_id, registry)
    try:
        changed = seen._replace(business_errors=projects.checked_business_errors(prefixes))
    except InvalidInput as error:
        raise CommandFailed(str(error)) from None
    _replace(changed, registry, seen=seen)


def _replace(project: Project, registry: Registry, *, seen: Project) -> None:
    try:
        registry.replace_project(project, seen=seen)
    except NotFound:
        raise CommandFailed(f"Another command has just deleted or changed {project.id!r}. Nothing was changed.") from None


def require(project_id: str, registry: Registry) -> Project:
    """Return a project.

    Raises CommandFailed when the project does not exist.
    """
    project = registry.project(project_id)
    if project is None:
        raise CommandFailed(f"There is no project {project_id!r}.")
    return project
