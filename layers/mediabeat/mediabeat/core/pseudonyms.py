"""Viewers: what identifies them in a `sessionStart`, and the UUIDs that are stored in its place.

What a player calls its viewer is not stored, logged or answered. A keyed hash (HMAC-SHA256) stands for it, written as a UUID.
The same id gives the same UUID, but only within a project and for the same use of it: without the key nobody can tell whose a
UUID is, nor that two of them are the same person's.
"""

import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, Final

VIEWER_IDS: Final = ("analytics.visitorId", "visitor.marketingCloudUserId")
"""What sessions are found by; answers show the first that was sent. One use: the same id in either is the same viewer."""

_IDENTIFYING: Final = ("analytics.", "visitor.", "appInstallationId")
_NOBODY_S: Final = frozenset(
    {
        "analytics.trackingServer",
        "analytics.reportSuite",
        "analytics.enableSSL",
        "analytics.optOutServerSideForwarding",
        "analytics.optOutShare",
        "visitor.marketingCloudOrgId",
        "visitor.aamLocationHint",
    }
)
_AUTH_STATES: Final = (0, 1, 2)
_UUID: Final = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

_PLACEHOLDERS: Final = frozenset(
    {
        # what programs and people write for a value that is missing
        *("na", "null", "undefined", "none", "nil", "nan", "objectobject", "empty", "unknown", "notset", "notavailable"),
        *("anonymous", "guest"),  # a player's words for everybody who is not logged in
        "020000000000",  # the network address 02:00:00:00:00:00, which iOS and Android tell apps instead of the real one
        "9774d56d682e549c",  # the Android id that emulators and a faulty series of phones share
        "f" * 32,  # the largest UUID
    }
)
"""Ids that name nobody, in lower case and without punctuation. So are: nothing at all, zeros only, and -1."""

_PUNCTUATION: Final = re.compile(r"[\s!-/:-@\[-`{-~]+")


def names_nobody(sent: str) -> bool:
    """Say whether an id is a placeholder, which players of many viewers send alike."""
    bare = _PUNCTUATION.sub("", sent).lower()
    return not bare.strip("0") or bare in _PLACEHOLDERS or sent.strip() == "-1"


def identifies(name: str) -> bool:
    """Say whether a parameter of this name may identify a viewer: of `analytics.` and `visitor.` all but what is known not to."""
    return name.startswith(_IDENTIFYING) and name not in _NOBODY_S


def is_uuid(text: str) -> bool:
    """Say whether a text is a UUID as players write one."""
    return _UUID.fullmatch(text) is not None


class Pseudonyms:
    """The UUIDs that stand for the ids of one project's viewers; a project may have UUIDs of its players kept as they are."""

    def __init__(self, key: bytes, project_id: str, *, keeps_uuids: bool = False) -> None:
        self._key = key
        self._project_id = project_id
        self._keeps_uuids = keeps_uuids

    def viewer(self, sent: str) -> str:
        """Return the UUID of a viewer who is known by one of VIEWER_IDS."""
        if not is_uuid(sent):
            return self._hash("viewer", sent)
        return sent if self._keeps_uuids else self._hash("viewer", sent.lower())

    def shown(self, params: Mapping[str, Any]) -> str | None:
        """Return the viewer's UUID in answers: the first id's, before it one that is kept; none when no id names anybody."""
        sent = [params[name] for name in VIEWER_IDS if not names_nobody(params.get(name, ""))]
        kept = [one for one in sent if self._keeps_uuids and is_uuid(one)]
        return self.viewer((kept or sent)[0]) if sent else None

    def hide(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return a `sessionStart`'s parameters with UUIDs in the place of all that may identify the viewer."""
        return {name: self._hidden(name, value) if identifies(name) else value for name, value in params.items()}

    def _hidden(self, use: str, value: Any) -> Any:
        match value:
            case "" | True | False | None:
                return value  # says nothing of anybody
            case str() | int() | float() if names_nobody(str(value)):
                return ""
            case str() if use in VIEWER_IDS:
                return self.viewer(value)
            case list():
                return [self._hidden(use, one) for one in value]
            case dict():
                return {
                    name: one if name == "authState" and one in _AUTH_STATES else self._hidden(f"{use}.{name}", one)
                    for name, one in value.items()
                }
            case _:
                return self._hash(use, value)

    def _hash(self, use: str, value: Any) -> str:
        """Return 120 bits of the hash as a UUID of version 8, which is for hashes of one's own choice (source: RFC 9562)."""
        text = json.dumps([self._project_id, use, value])
        digits = hmac.digest(self._key, text.encode(), "sha256").hex()
        return f"{digits[:8]}-{digits[8:12]}-8{digits[12:15]}-a{digits[15:18]}-{digits[18:30]}"
