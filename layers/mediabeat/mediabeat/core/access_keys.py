"""Access keys: who may sign calls about a project's channels. The table knows whose a key is; its secret is kept elsewhere."""

import re
import secrets
import string
from typing import Final, NamedTuple

ACCESS_KEY_ID: Final = re.compile(r"[A-Z0-9]{20}")

_ID_LETTERS: Final = string.ascii_uppercase + string.digits
_SECRET_LETTERS: Final = string.ascii_letters + string.digits
_SECRET_LENGTH: Final = 40
"""Letters of a secret, some 238 random bits."""


class AccessKey(NamedTuple):
    """One access key of a project, without its secret. `created_at` in epoch milliseconds."""

    id: str
    project_id: str
    created_at: int
    enabled: bool = True


def new_access_key(project_id: str, now_ms: int) -> tuple[AccessKey, str]:
    """Return a new access key and its secret, which is not to be had again."""
    key = AccessKey(_random(_ID_LETTERS, 20), project_id, now_ms)
    return key, _random(_SECRET_LETTERS, _SECRET_LENGTH)


def _random(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
