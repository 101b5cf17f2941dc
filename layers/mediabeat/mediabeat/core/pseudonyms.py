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

from mediabeat.core.vocabulary import VIEWER_IDS, identifies

_AUTH_STATES: Final = (0, 1, 2)
_UUID: Final = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


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
        """Return the viewer's UUID in answers: the first id's, before it one that is kept; none when no id was sent."""
        sent = [params[name] for name in VIEWER_IDS if params.get(name)]
        kept = [one for one in sent if self._keeps_uuids and is_uuid(one)]
        return self.viewer((kept or sent)[0]) if sent else None

    def hide(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return a `sessionStart`'s parameters with UUIDs in the place of all that may identify the viewer."""
        return {name: self._hidden(name, value) if identifies(name) else value for name, value in params.items()}

    def _hidden(self, use: str, value: Any) -> Any:
        match value:
            case "" | True | False | None:
                return value  # says nothing of anybody
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
