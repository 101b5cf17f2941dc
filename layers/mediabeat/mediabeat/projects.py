"""Projects: whose sessions are whose. A project is a report suite; its key lets its owner query.

Collection is public, as players cannot keep a secret, so a project only fences it; queries need the key.
"""

import hashlib
import hmac
import re
import secrets
from typing import Final, NamedTuple

from mediabeat.errors import InvalidInput, Problem

PROJECT_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")


class Project(NamedTuple):
    """One project; of its key only the hash is kept. `created_at` in epoch milliseconds."""

    id: str
    key_hash: str
    created_at: int


def new_project(project_id: str, now_ms: int) -> tuple[Project, str]:
    """Return a new project and its API key, which is not to be had again.

    Raises InvalidInput for an id that is no report suite's.
    """
    if not PROJECT_ID.fullmatch(project_id):
        raise InvalidInput(Problem("project", "must be 1 to 100 letters, digits, dots, dashes or underscores"))
    key = "mb_" + secrets.token_urlsafe(32)
    return Project(project_id, hash_of(key), now_ms), key


def hash_of(key: str) -> str:
    """Return the hash under which a key is kept: it has 256 random bits, so that a plain hash hides it."""
    return hashlib.sha256(key.encode()).hexdigest()


def opens(project: Project, key: str) -> bool:
    """Say whether a key is the project's, in a time that tells nothing of how much of it is right."""
    return hmac.compare_digest(project.key_hash, hash_of(key))
