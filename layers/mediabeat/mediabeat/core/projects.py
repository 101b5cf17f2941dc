"""Projects and their keys. A project owns the sessions of one report suite.

Players cannot keep a secret, so collection needs no key. Queries need the project's API key, and signed calls about channels need
one of its access keys. The table knows whose an access key is, and Secrets Manager has its secret.
"""

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from mediabeat.errors import InvalidInput, Problem

PROJECT_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
ORG_ID: Final = re.compile(r"[A-Za-z0-9]{1,64}@AdobeOrg")
MAX_DATASTREAMS: Final = 50
"""Further ids of a project. They are written in one transaction, which takes 100 items."""

ACCESS_KEY_ID: Final = re.compile(r"[A-Z0-9]{20}")

_ID_LETTERS: Final = string.ascii_uppercase + string.digits
_SECRET_LETTERS: Final = string.ascii_letters + string.digits
_SECRET_LENGTH: Final = 40
"""Letters of a secret: about 238 random bits."""

MAX_BUSINESS_ERRORS: Final = 20
MAX_PREFIX_BYTES: Final = 64
"""Bounds of a project's business errors. With all of them its item has less than 2 KB, so each read of it costs half a unit."""


class Project(NamedTuple):
    """One project, with the hashes of its API keys. `created_at` and `old_key_until` in epoch milliseconds.

    `keeps_viewer_uuids`: viewers' ids that are UUIDs are stored unhashed. The operator decides this at creation.
    `business_errors`: prefixes of the ids of errors that are decisions of the business, such as a country without a licence.
    `org`: the organisation's id in Adobe's Experience Cloud, if known. `datastreams`: further ids under which players report.
    """

    id: str
    key_hash: str
    created_at: int
    old_key_hash: str | None = None
    old_key_until: int | None = None
    keeps_viewer_uuids: bool = False
    business_errors: tuple[str, ...] = ()
    org: str = ""
    datastreams: tuple[str, ...] = ()


def new_project(
    project_id: str,
    now_ms: int,
    *,
    keeps_viewer_uuids: bool = False,
    business_errors: Iterable[str] = (),
    org: str = "",
    datastreams: Sequence[str] = (),
) -> tuple[Project, str]:
    """Return a new project and its API key, which is not stored.

    Raises InvalidInput for an id that cannot be a report suite, for an organisation's id that is not Adobe's, and as
    `checked_business_errors` does.
    """
    for field, one in (("project", project_id), *(("datastream", one) for one in datastreams)):
        if not PROJECT_ID.fullmatch(one):
            raise InvalidInput(Problem(field, "must be 1 to 100 letters, digits, dots, dashes or underscores"))
    if org and not ORG_ID.fullmatch(org):
        raise InvalidInput(Problem("org", "must be an id such as 5A1E2F3C0B4D6E7F0A495C01@AdobeOrg"))
    if len(datastreams) > MAX_DATASTREAMS:
        raise InvalidInput(Problem("datastream", f"must not be given more than {MAX_DATASTREAMS} times"))
    key = _new_key()
    further = tuple(dict.fromkeys(one for one in datastreams if one != project_id))
    prefixes = checked_business_errors(business_errors)
    project = Project(project_id, hash_of(key), now_ms, keeps_viewer_uuids=keeps_viewer_uuids, business_errors=prefixes)
    return project._replace(org=org, datastreams=further), key


def checked_business_errors(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return prefixes of error ids, each once and in order.

    Raises InvalidInput if there are more than 20, or if one is empty, not printable, or longer than 64 bytes in UTF-8.
    """
    distinct = tuple(sorted(set(prefixes)))
    for prefix in distinct:
        if not prefix or not prefix.isprintable() or len(prefix.encode()) > MAX_PREFIX_BYTES:
            rule = f"a prefix must be 1 to {MAX_PREFIX_BYTES} bytes of printable text; {prefix!r:.100} is not"
            raise InvalidInput(Problem("business_errors", rule))
    if len(distinct) > MAX_BUSINESS_ERRORS:
        rule = f"a project may have {MAX_BUSINESS_ERRORS} prefixes; these are {len(distinct)}"
        raise InvalidInput(Problem("business_errors", rule))
    return distinct


def rotated(project: Project, now_ms: int, *, grace_ms: int = 0) -> tuple[Project, str]:
    """Return the project with a new API key, and the key. The old key stays valid for `grace_ms`."""
    key = _new_key()
    old = (project.key_hash, now_ms + grace_ms) if grace_ms else (None, None)
    return project._replace(key_hash=hash_of(key), old_key_hash=old[0], old_key_until=old[1]), key


def _new_key() -> str:
    return "mb_" + secrets.token_urlsafe(32)


def hash_of(key: str) -> str:
    """Return the stored hash of a key. A plain hash is enough, because a key has 256 random bits."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def opens(project: Project, key: str, now_ms: int) -> bool:
    """Return whether a key is valid for a project now. Compares in constant time."""
    given = hash_of(key)
    if hmac.compare_digest(project.key_hash, given):
        return True
    in_grace = project.old_key_until is not None and now_ms < project.old_key_until
    return in_grace and hmac.compare_digest(project.old_key_hash or "", given)


class AccessKey(NamedTuple):
    """One access key of a project, without its secret. `created_at` in epoch milliseconds."""

    id: str
    project_id: str
    created_at: int
    enabled: bool = True


def new_access_key(project_id: str, now_ms: int) -> tuple[AccessKey, str]:
    """Return a new access key and its secret."""
    key = AccessKey(_random(_ID_LETTERS, 20), project_id, now_ms)
    return key, _random(_SECRET_LETTERS, _SECRET_LENGTH)


def _random(letters: str, length: int) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))
