"""The marks by which a repeated request is recognized: of uploaded sessions, and of starts that have a name. Pure.

`table` has the map.

A player that gets no answer sends its upload again. The mark is written first and outlives the session, so a repeat can finish an
interrupted upload, and cannot bring back a session that was erased or has expired. It holds nothing about the viewer, not even
the session's id.

Some players give each `sessionStart` a name, the same in every try. The mark of the first try has all that the session's id is
made of, so that every try makes the same session.
"""

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple

from mediabeat.storage.table import Item, key

UPLOAD: Final = "upload"
FIRST_TRY: Final = "first-try"

REPEATS_S: Final = 2 * 86_400
"""A start is recognized for this long. Apps keep requests on disk, and send them when they are opened again."""


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


class FirstTry(NamedTuple):
    """The mark of a start with a name: when it first arrived (epoch milliseconds), and the random bytes of its session's id."""

    arrived_at: int
    random: bytes


def first_try_key(project_id: str, name: str) -> Item:
    """Return the key of the mark of a project's start with this name."""
    digest = hashlib.sha256(f"{project_id} {name}".encode(errors="replace")).hexdigest()
    return key(f"request#{digest}", FIRST_TRY)


def first_try_item(project_id: str, name: str, first: FirstTry) -> Item:
    """Return the mark of a start with a name."""
    numbers = {"arrived_at": first.arrived_at, "expires_at": first.arrived_at // 1_000 + REPEATS_S}
    values = {field: {"N": str(value)} for field, value in numbers.items()}
    return first_try_key(project_id, name) | values | {"random": {"B": first.random}}


def first_try_of(item: Item) -> FirstTry:
    """Read the mark of a start with a name."""
    return FirstTry(int(item["arrived_at"]["N"]), bytes(item["random"]["B"]))
