"""Access keys of a deployment: the table knows their projects, and Secrets Manager holds their secrets."""

from mediabeat.cli import projects
from mediabeat.cli.target import Target
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core.projects import ACCESS_KEY_ID, AccessKey, new_access_key
from mediabeat.runtime.settings import server_clock


def create(project_id: str, target: Target) -> tuple[AccessKey, str]:
    """Create an access key of a project, and return it with its secret.

    Raises CommandFailed when the project does not exist.
    """
    registry, secrets = target.registry, target.secrets
    projects.require(project_id, registry)
    key, secret = new_access_key(project_id, server_clock())
    # The secret first: a secret without a key opens nothing, but a key without its secret could never be used.
    secrets.keep(key.id, secret)
    registry.create_access_key(key)
    return key, secret


def disable(access_key_id: str, target: Target) -> None:
    """Disable an access key at once, and delete its secret.

    Raises CommandFailed when the key does not exist.
    """
    registry = target.registry
    key = registry.access_key(access_key_id) if ACCESS_KEY_ID.fullmatch(access_key_id) else None
    if key is None:
        raise CommandFailed(f"There is no access key {access_key_id!r}.")
    registry.disable_access_key(key)
    target.secrets.forget(key.id)


def any_enabled(project_id: str, target: Target) -> tuple[str, str]:
    """Return the id and the secret of an enabled access key of a project; create one if there is none."""
    secrets, now = target.secrets, server_clock()
    for key in target.registry.access_keys(project_id):
        if key.enabled and (secret := secrets.secret(key.id, now=now)) is not None:
            return key.id, secret
    key, secret = create(project_id, target)
    return key.id, secret


def delete_project(project_id: str, target: Target) -> None:
    """Delete a project with its API key and its access keys.

    Raises CommandFailed when the project does not exist.
    """
    registry = target.registry
    projects.require(project_id, registry)
    keys = list(registry.access_keys(project_id))
    registry.delete_project(project_id)
    for key in keys:
        target.secrets.forget(key.id)
