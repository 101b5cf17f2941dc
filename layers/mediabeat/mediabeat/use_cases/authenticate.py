"""Which project a request is for, if its key or its signature is right."""

from typing import Protocol

from mediabeat.core.projects import ACCESS_KEY_ID, opens
from mediabeat.errors import Unauthorized
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import SecretStore


class SignedCall(Protocol):
    """A call as its protocol has signed it."""

    @property
    def access_key_id(self) -> str:
        """The id of the access key that the call names."""

    def is_in_time(self, *, now: int) -> bool:
        """Say whether the call was signed a short time ago."""

    def is_signed_with(self, secret: str) -> bool:
        """Say whether the call was signed with a secret."""


def authenticate_key(project_id: str, key: str, registry: Registry, *, now: int) -> str:
    """Return the id of the project that an API key opens. `now` is the server's clock, epoch milliseconds.

    Raises Unauthorized, with the same message for a wrong project and a wrong key.
    """
    project = registry.project(project_id)
    if project is None or not opens(project, key, now):
        raise Unauthorized("the key is not a key of the project")
    return project.id


def authenticate_call(call: SignedCall, registry: Registry, secrets: SecretStore, *, now: int) -> str:
    """Return the id of the project whose access key signed a call. `now` is the server's clock, epoch milliseconds.

    Raises Unauthorized, with the same message whatever was wrong. Reads the table for every call, so that a disabled key is
    refused from the next call on.
    """
    wrong = Unauthorized("Invalid authentication information.")
    if not call.is_in_time(now=now) or not ACCESS_KEY_ID.fullmatch(call.access_key_id):
        raise wrong
    key = registry.access_key(call.access_key_id)
    if key is None or not key.enabled:
        raise wrong
    secret = secrets.secret(key.id, now=now)
    if secret is None or not call.is_signed_with(secret):
        raise wrong
    return key.project_id
