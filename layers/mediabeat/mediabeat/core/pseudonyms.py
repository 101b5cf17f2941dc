"""Pseudonyms: the UUIDs that replace viewers' ids in a `sessionStart`.

Viewers' ids are not stored, logged or returned. Each is replaced by a keyed hash (HMAC-SHA256), written as a UUID. The same id
gives the same UUID only within a project and for the same use. Without the key, nobody can tell which viewer a UUID stands for,
nor that two UUIDs stand for the same person.
"""

import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from mediabeat.core.event import CUSTOMER_IDS, VIEWER_IDS, identifies

AUTH_STATES: Final = (0, 1, 2)
_UUID: Final = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

_PLACEHOLDERS: Final = frozenset(
    {
        # written by programs and people for a missing value
        *("na", "null", "undefined", "none", "nil", "nan", "objectobject", "empty", "unknown", "notset", "notavailable"),
        *("anonymous", "guest"),  # sent by players for every viewer who is not logged in
        "020000000000",  # the network address 02:00:00:00:00:00, which iOS and Android give to apps instead of the real one
        "9774d56d682e549c",  # the Android id that emulators and a faulty series of phones share
        "f" * 32,  # the largest UUID
    }
)
"""Ids that name nobody, in lower case and without punctuation. Empty ids, zeros only and -1 name nobody either."""

_PUNCTUATION: Final = re.compile(r"[\s!-/:-@\[-`{-~]+")


def names_nobody(sent: str) -> bool:
    """Return whether an id is a placeholder, which many viewers share."""
    bare = _PUNCTUATION.sub("", sent).lower()
    return not bare.strip("0") or bare in _PLACEHOLDERS or sent.strip() == "-1"


def is_uuid(text: str) -> bool:
    """Return whether a text is a UUID as players write one."""
    return _UUID.fullmatch(text) is not None


class Pseudonyms:
    """The pseudonyms of one project's viewers. With `keeps_uuids`, ids that are UUIDs stay as they are."""

    def __init__(self, key: bytes, project_id: str, *, keeps_uuids: bool = False) -> None:
        self._key = key
        self._project_id = project_id
        self._keeps_uuids = keeps_uuids

    def viewer(self, sent: str) -> str:
        """Return the UUID for an id that was sent as one of VIEWER_IDS."""
        if not is_uuid(sent):
            return self._hash("viewer", sent)
        return sent if self._keeps_uuids else self._hash("viewer", sent.lower())

    def shown(self, params: Mapping[str, Any]) -> str | None:
        """Return the viewer's UUID for responses; None when no id names a viewer.

        Prefers an id that the project keeps unhashed, then the first id sent. Placeholders are ignored.
        """
        sent = [params[name] for name in VIEWER_IDS if not names_nobody(params.get(name, ""))]
        kept = [one for one in sent if self._keeps_uuids and is_uuid(one)]
        return self.viewer((kept or sent)[0]) if sent else None

    def hide(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters of a `sessionStart` with UUIDs in place of all values that may identify the viewer.

        A list or an object gets one UUID as a whole, so hashing never makes a value much longer. `visitor.customerIDs` keeps its
        names and states.
        """
        return {name: self._hidden(name, value) if identifies(name) else value for name, value in params.items()}

    def _hidden(self, use: str, value: Any) -> Any:
        match value:
            case "" | True | False | None:
                return value  # identifies nobody
            case str() | int() | float() if names_nobody(str(value)):
                return ""
            case str() if use in VIEWER_IDS:
                return self.viewer(value)
            case dict() if use == CUSTOMER_IDS:
                return {name: self._hidden_customer(f"{use}.{name}", one) for name, one in value.items()}
            case _:
                return self._hash(use, value)

    def _hidden_customer(self, use: str, customer: Any) -> Any:
        if not isinstance(customer, dict):
            return self._hidden(use, customer)
        return {
            name: one if name == "authState" and one in AUTH_STATES else self._hidden(f"{use}.{name}", one)
            for name, one in customer.items()
        }

    def _hash(self, use: str, value: Any) -> str:
        """Return 120 bits of the hash as a UUID of version 8, the version for custom hashes (source: RFC 9562)."""
        text = json.dumps([self._project_id, use, value], sort_keys=True)
        digits = hmac.digest(self._key, text.encode(), "sha256").hex()
        return f"{digits[:8]}-{digits[8:12]}-8{digits[12:15]}-a{digits[15:18]}-{digits[18:30]}"
