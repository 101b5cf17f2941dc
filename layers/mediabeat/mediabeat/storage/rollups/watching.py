"""How the head of a session names its project and kind to the stream, from which current viewers are counted. Pure.

A head has no room for more: the names of project, device and video type are in the start.
"""

import hashlib
from typing import Final, NamedTuple

from mediabeat.core.records import Start
from mediabeat.core.session_query import kind_of

_HASH_BYTES: Final = 6


class Watching(NamedTuple):
    """The project, as the first 12 hex digits of its hash, and the kind (index of `session_query.KINDS`)."""

    project: str
    kind: int


def project_hash(project_id: str) -> str:
    """Return what stands for a project in heads and in the items of current viewers: 12 hex digits."""
    return hashlib.sha256(project_id.encode()).digest()[:_HASH_BYTES].hex()


def watching_value(start: Start) -> bytes | None:
    """Return the attribute `of` of a session's head; None for a kind of a later release."""
    kind = kind_of(start.device, start.video_type)
    return None if kind is None else bytes.fromhex(project_hash(start.project_id)) + bytes([kind])


def watching_in(value: bytes) -> Watching:
    """Read the attribute `of` of a head. Raises ValueError for another length."""
    if len(value) != _HASH_BYTES + 1:
        raise ValueError("`of` has six bytes of the project's hash, and one of the kind")
    return Watching(value[:_HASH_BYTES].hex(), value[_HASH_BYTES])
