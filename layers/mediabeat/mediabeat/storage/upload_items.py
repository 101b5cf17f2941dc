"""The mark of an uploaded session: it tells a repeated upload of downloaded content from a first one. Pure; `table` has the map.

A player that gets no answer sends its upload again. The mark is written first and outlives the session, so a repeat can finish an
interrupted upload, and cannot bring back a session that was erased or has expired. It holds nothing about the viewer, not even
the session's id.
"""

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple

from mediabeat.storage.table import Item, key

UPLOAD: Final = "upload"


class Upload(NamedTuple):
    """The mark of an upload. `session_expires_at` in epoch seconds."""

    session_expires_at: int
    erased: bool = False


def session_id_of(project_id: str, events: Iterable[bytes]) -> str:
    """Return the id of a downloaded session: a hash of its project and its packed events, in any order.

    The viewer's ids in the events are pseudonyms already, so the id identifies nobody. The hash has no key: the session is closed
    and accepts nothing, a query needs the project's API key, and only somebody who knows every event can compute the id.
    """
    digest = hashlib.sha256(project_id.encode() + b"\n")
    for event in sorted(set(events)):
        digest.update(len(event).to_bytes(4, "big") + event)
    return digest.hexdigest()


def upload_key(sid: str) -> Item:
    """Return the key of a session's mark, from which nobody can tell the session."""
    return key(f"upload#{hashlib.sha256(sid.encode()).hexdigest()}", UPLOAD)


def upload_item(sid: str, upload: Upload, *, expires_at: int) -> Item:
    """Return the mark of an upload; `expires_at`, in epoch seconds, is the mark's own."""
    item = upload_key(sid) | {"session_expires_at": {"N": str(upload.session_expires_at)}, "expires_at": {"N": str(expires_at)}}
    return item | ({"erased": {"BOOL": True}} if upload.erased else {})


def upload_of(item: Item) -> Upload:
    """Read the mark of an upload."""
    return Upload(int(item["session_expires_at"]["N"]), erased="erased" in item)
