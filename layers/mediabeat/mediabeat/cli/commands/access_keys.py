"""The operator's work on access keys: the table knows whose they are, Secrets Manager their secrets."""

from time import time

from mediabeat.cli.commands import projects
from mediabeat.cli.target import Target
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core.projects import ACCESS_KEY_ID, AccessKey, new_access_key


def create(project_id: str, target: Target) -> tuple[AccessKey, str]:
    """Make an access key of a project, and give it and its secret.

    Raises CommandFailed when there is no such project.
    """
    registry, secrets = target.registry, target.secrets
    projects.require(project_id, registry)
    key, secret = new_access_key(project_id, _now())
    # In this order: a secret that belongs to no key opens nothing, a key without its secret could never be used.
    secrets.keep(key.id, secret)
    registry.create_access_key(key)
    return key, secret


def disable(access_key_id: str, target: Target) -> None:
    """Disable an access key at once and for good, and let its secret be deleted.

    Raises CommandFailed when there is no such key.
    """
    registry = target.registry
    key = registry.access_key(access_key_id) if ACCESS_KEY_ID.fullmatch(access_key_id) else None
    if key is None:
        raise CommandFailed(f"There is no access key {access_key_id!r}.")
    registry.disable_access_key(key)
    target.secrets.forget(key.id)


def any_enabled(project_id: str, target: Target) -> tuple[str, str]:
    """Return the id and the secret of an enabled access key of a project, a new one if there is none."""
    secrets, now = target.secrets, _now()
    for key in target.registry.access_keys(project_id):
        if key.enabled and (secret := secrets.secret(key.id, now=now)) is not None:
            return key.id, secret
    key, secret = create(project_id, target)
    return key.id, secret


def delete_project(project_id: str, target: Target) -> None:
    """Delete a project and all that opens it.

    Raises CommandFailed when there is none of this id.
    """
    registry = target.registry
    projects.require(project_id, registry)
    keys = list(registry.access_keys(project_id))
    registry.delete_project(project_id)
    for key in keys:
        target.secrets.forget(key.id)


def _now() -> int:
    return round(time() * 1000)
