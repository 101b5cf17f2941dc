"""The records of the table's stream, as Lambda hands them to a function: what each of them changes in the roll-ups. Pure.

A record of a start item has both sides of a change, because the item says what its figures replace (`was`). A record without
`was` counts nothing, and neither does a deletion: the roll-ups keep what has expired. `erase_viewer` takes a session's figures
back before it deletes the item.

A record of a head says that a session was heard from, for the first time in a minute of the server's clock. The filters of the
event source mapping in template.yaml let no other records of heads through.
"""

import hashlib
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from mediabeat.core.close_rules import MINUTE_MS
from mediabeat.core.rollups.counters import Change, Counted, counted
from mediabeat.core.rollups.figures import ATTEMPT, NOTHING, Figures
from mediabeat.storage.rollups.watching import watching_in
from mediabeat.storage.session_items import HEAD, START, start_of

ID_BYTES: Final = 8

Image = Mapping[str, Mapping[str, str]]
"""An item as Lambda hands it over: DynamoDB's typed form, in which bytes are base64."""


class Sighting(NamedTuple):
    """A session was heard from in a minute (epoch minutes). `sequence` is the number of the record in the stream."""

    project_hash: str
    kind: int
    minute: int
    sequence: str


class Skipped(NamedTuple):
    """A record that could not be read; `sid` is the session's id, if it could be found."""

    sid: str | None
    error: Exception


class Records(NamedTuple):
    """What a batch of records says."""

    changes: list[Change]
    sightings: list[Sighting]
    skipped: list[Skipped]


def read_records(event: Mapping[str, Any]) -> Records:
    """Return what the records of an event of Lambda say.

    A record that cannot be read is in `skipped`: the records behind it in its shard would wait a day for it.
    """
    read = Records([], [], [])
    for record in event["Records"]:
        try:
            one = _read(record["eventName"], record["dynamodb"])
        except Exception as error:
            read.skipped.append(Skipped(_sid_in(record), error))
            continue
        if isinstance(one, Change):
            read.changes.append(one)
        elif one is not None:
            read.sightings.append(one)
    return read


def change_id(sid: str, version: int) -> bytes:
    """Return the id of the write that gave a start item a version."""
    return hashlib.sha256(f"{sid}#{version}".encode()).digest()[:ID_BYTES]


def _read(name: str, written: Mapping[str, Any]) -> Change | Sighting | None:
    if name == "REMOVE":
        return None
    image, item = written["NewImage"], written["Keys"]["sk"]["S"]
    if item == START and (name == "INSERT" or "was" in image) and "version" in image:
        return _change(image, float(written["ApproximateCreationDateTime"]), is_new=name == "INSERT")
    if item == HEAD and int(image.get("seen", {"N": "0"})["N"]) < 0 and "of" in image:  # earlier releases wrote no `of`
        return _sighting(image, written["SequenceNumber"])
    return None


def _change(image: Image, at: float, *, is_new: bool) -> Change:
    figures = Figures.from_bytes(_bytes(image["figures"])) if "figures" in image else ATTEMPT
    before = NOTHING if is_new else Figures.from_bytes(_bytes(image["was"]))
    return Change(_counted(image), before, figures, change_id(image["pk"]["S"], int(image["version"]["N"])), at)


def _counted(image: Image) -> Counted:
    item = {name: {"B": _bytes(value)} if "B" in value else dict(value) for name, value in image.items()}
    start = start_of(item)
    session = counted(image["pk"]["S"], start, shard=int(image["listing"]["S"].rpartition("#")[2]))
    if session is None:
        raise ValueError(f"{start.device} {start.video_type} is a kind of a later release")
    return session


def _sighting(image: Image, sequence: str) -> Sighting:
    of = watching_in(_bytes(image["of"]))
    return Sighting(of.project, of.kind, int(image["last_at"]["N"]) // MINUTE_MS, sequence)


def _bytes(attribute: Mapping[str, str]) -> bytes:
    return b64decode(attribute["B"])


def _sid_in(record: Any) -> str | None:
    try:
        return str(record["dynamodb"]["Keys"]["pk"]["S"])
    except (LookupError, TypeError):
        return None
