"""The secrets of a deployment, in Secrets Manager: those of the access keys, and the key that hashes viewers' ids.

They are never written to the table, a log or a response.
"""

from collections.abc import Callable
from typing import Any, Final

from mediabeat.errors import StorageUnavailable
from mediabeat.storage.clients.lean import Refused
from mediabeat.storage.dynamodb import TRANSIENT, own_errors, transient_errors_as_unavailable

KEPT_FOR_MS: Final = 300_000
"""Secrets are cached for five minutes to save look-ups.

Disabling a key still takes effect at once, because the table is read for every call.
"""

GONE: Final = frozenset({"ResourceNotFoundException", "InvalidRequestException"})
"""Error codes for a secret that does not exist or is marked for deletion."""


def secrets_client() -> Any:
    """Return a client that gives up within a few seconds."""
    from botocore.config import Config  # loaded by the first who needs a secret: most events of players do not

    from mediabeat.storage.clients.boto import aws

    config = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})
    return aws().create_client("secretsmanager", config=config)


def _read(client: Any, secret_id: str) -> str | None:
    """Return a secret; None when there is none. Raises StorageUnavailable when Secrets Manager refuses for now."""
    try:
        with transient_errors_as_unavailable(TRANSIENT):
            secret: str = client.get_secret_value(SecretId=secret_id)["SecretString"]
    except Refused as error:
        if error.code in GONE:
            return None
        raise
    return secret


class SecretStore:
    """The secrets of the access keys. The name of a secret is `prefix` and the key's id."""

    def __init__(self, prefix: str, client: Any) -> None:
        self._prefix = prefix
        self._client = client
        self._remembered: dict[str, tuple[str, int]] = {}

    def secret(self, access_key_id: str, *, now: int) -> str | None:
        """Return the secret of an access key; None when there is none. `now` in epoch milliseconds.

        Raises StorageUnavailable when Secrets Manager refuses for now.
        """
        secret, read_at = self._remembered.get(access_key_id, ("", None))
        if read_at is not None and 0 <= now - read_at < KEPT_FOR_MS:
            return secret
        self._remembered.pop(access_key_id, None)
        read = _read(self._client, self._name(access_key_id))
        if read is not None:
            self._remembered[access_key_id] = read, now
        return read

    def keep(self, access_key_id: str, secret: str) -> None:
        """Store the secret of a new access key."""
        self._client.create_secret(Name=self._name(access_key_id), SecretString=secret)

    def forget(self, access_key_id: str) -> None:
        """Delete the secret of an access key, if it exists. AWS can recover it within a week."""
        try:
            with own_errors():
                self._client.delete_secret(SecretId=self._name(access_key_id), RecoveryWindowInDays=7)
        except Refused as error:
            if error.code not in GONE:
                raise

    def _name(self, access_key_id: str) -> str:
        return f"{self._prefix}{access_key_id}"


class ViewerKey:
    """The key that hashes viewers' ids: one secret per deployment, which never changes."""

    def __init__(self, secret_id: str, client: Callable[[], Any] = secrets_client) -> None:
        self._secret_id = secret_id
        self._client = client
        self._key = b""

    def read(self) -> bytes:
        """Return the key. A process reads it once, when a player first sends an id.

        Raises StorageUnavailable when the key cannot be read, so that no id is ever stored unhashed.
        """
        if not self._key:
            secret = _read(self._client(), self._secret_id)
            if not secret:
                raise StorageUnavailable("the secret with the key of viewers' hashes is gone")
            self._key = secret.encode()
        return self._key
