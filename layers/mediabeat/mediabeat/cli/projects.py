"""Projects in the local cloud's table."""

from time import time

from mediabeat import projects
from mediabeat.cli import local_aws
from mediabeat.cli.failure import CommandFailed
from mediabeat.errors import InvalidInput, ProjectExists
from mediabeat.registry import Registry


def create(project_id: str, table: str, endpoint: str) -> str:
    """Make a project and give its API key.

    Raises ProjectExists, or CommandFailed for an id that cannot be one.
    """
    try:
        project, key = projects.new_project(project_id, round(time() * 1000))
    except InvalidInput as error:
        raise CommandFailed(str(error)) from None
    Registry(table, local_aws.client("dynamodb", endpoint)).create_project(project)
    return key


def ensure(project_id: str, table: str, endpoint: str, known_key: str | None) -> str:
    """Return a project's key, making the project if need be.

    Raises CommandFailed if it exists and its key is lost.
    """
    try:
        return create(project_id, table, endpoint)
    except ProjectExists:
        if known_key is None:
            raise CommandFailed(
                f"The project {project_id!r} exists, but status.json with its key is gone. "
                "To start afresh: mediabeat down, then remove the state folder."
            ) from None
        return known_key
