"""The single table: its keys, its items, and what each access costs. Pure; `store.py` does the asking.

    pk              sk            what
    {sid}           head          phase, when it is due, when it was last heard of, and the tail of its newest events
    {sid}           page#{hash}   older events, written once (see event_pages)
    {sid}           start         the sessionStart and its caller; the entry in the list of sessions; at close the summary
    viewer#{p}#{v}  {time}#{sid}  which sessions a viewer had in a project (see viewer_items)
    projects        {id}          a project and the hashes of its keys

Access patterns
  start a session       put head, viewer's entries, start: the start item is the commit, what is there without it is nobody's
  append an event       one conditional update of the head, which stays below 1 KB: one write unit; each 50th to 80th event
                        finds the tail full and moves it to a page (two units more). Both are sets of bytes: an event sent twice
                        is in there once
  read a session        one query of its partition; the head sorts first, so that an event on its way from tail to page is
                        seen in one or both, never in neither
  find what is due      query of the sparse index `due`, by shard, up to now: costs what is due, not what is there
  list newest sessions  queries of the sparse index `newest`, one for each device, video type and shard, newest first, read as
                        far as the answer needs; closed sessions bring their summary along
  a project             one get
  channels, access keys as channel_items and project_items say: gets, and queries for a page's range of keys

The due mark is a promise: before it, no closing rule can strike, whatever comes in; so an append needs to check nothing else.
After it, whoever comes first, an event or the closer, works out the truth from the log and moves the mark.
"""

import zlib
from collections.abc import Iterable
from typing import Any, Final

from mediabeat.core.close_rules import CloseReason
from mediabeat.core.compression import compressed, decompressed
from mediabeat.core.records import Head, ListEntry, Phase, Start, StoredSession

Item = dict[str, Any]
"""An item or a key in DynamoDB's own typed form, `{"pk": {"S": "…"}}`."""

DUE_INDEX: Final = "due"
NEWEST_INDEX: Final = "newest"

ASIDE: Final = "aside"
"""The partition of the due index for sessions that the closer could not deal with."""


HEAD: Final = "head"
START: Final = "start"

TAIL_BYTES: Final = 760
"""To a tail this long nothing is added: with the head's other attributes and one more event it was below 1 KB, one write unit."""

LARGE_BYTES: Final = 1_024
"""Events larger than this, one or those of a request, go straight to a page of their own."""


def key(pk: str, sk: str) -> Item:
    """Return the key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def due_shards(shards: int) -> list[str]:
    """Return the partitions of the due index."""
    return [str(shard) for shard in range(shards)]


def listings(project_id: str, devices: Iterable[str], video_types: Iterable[str], shards: int) -> list[str]:
    """Return the partitions of the newest index that hold a project's sessions of these kinds."""
    types = list(video_types)
    return [f"{project_id}#{device}#{kind}#{shard}" for device in devices for kind in types for shard in range(shards)]


def shard_of(sid: str, shards: int) -> int:
    """Return the shard of a session in both indexes."""
    return zlib.crc32(sid.encode()) % shards


def head_item(sid: str, head: Head, *, shards: int, expires_at: int) -> Item:
    """Return the head of a session, without a tail; `expires_at` in epoch seconds."""
    numbers = head._asdict() | {"phase": None, "close_reason": None, "tail_bytes": 0, "expires_at": expires_at}
    item = key(sid, HEAD) | {name: {"N": str(value)} for name, value in numbers.items() if value is not None}
    item["phase"] = {"S": head.phase}
    if head.due_at is not None:
        item["due_shard"] = {"S": str(shard_of(sid, shards))}
    if head.close_reason is not None:
        item["close_reason"] = {"S": head.close_reason}
    return item


def start_item(sid: str, start: Start, *, shards: int, expires_at: int, summary: bytes | None = None) -> Item:
    """Return the item that makes a session exist and puts it in the list; `expires_at` in epoch seconds."""
    (listing,) = listings(start.project_id, [start.device], [start.video_type], 1)
    opt_outs = {"opt_out_share": start.opt_out_share, "opt_out_forwarding": start.opt_out_forwarding}
    item = key(sid, START) | {
        "listing": {"S": f"{listing[:-1]}{shard_of(sid, shards)}"},
        "started_at": {"N": str(start.started_at)},
        "ts_skew": {"N": str(start.ts_skew)},
        "viewer": {"S": start.viewer},
        "caller": {"B": compressed(start.caller.encode())},
        "event": {"B": start.event},
        "expires_at": {"N": str(expires_at)},
        **({"summary": {"B": summary}} if summary is not None else {}),
    }
    return item | {name: {"BOOL": True} for name, is_set in opt_outs.items() if is_set}


def head_of(item: Item) -> Head:
    """Read the head of a session."""
    reason = item.get("close_reason")
    return Head(
        Phase(item["phase"]["S"]),
        int(item["last_at"]["N"]),
        number_in(item, "due_at"),
        number_in(item, "ended_at"),
        number_in(item, "ended_ts"),
        number_in(item, "closed_at"),
        CloseReason(reason["S"]) if reason else None,
        number_in(item, "taken") or 0,
    )


def number_in(item: Item, name: str) -> int | None:
    """Return a number of an item; none when it has no such attribute."""
    return int(item[name]["N"]) if name in item else None


def tail_of(item: Item) -> list[bytes]:
    """Return the packed events in a head."""
    tail: list[bytes] = item.get("tail", {}).get("BS", [])
    return tail


def full_tail_of(item: Item) -> list[bytes]:
    """Return the packed events in a head that takes no more of them; nothing of one that does."""
    return tail_of(item) if (number_in(item, "tail_bytes") or 0) >= TAIL_BYTES else []


def session_of(sid: str, items: Iterable[Item]) -> StoredSession | None:
    """Read the items of a session's partition; none when it has no head."""
    head: Head | None = None
    start: Start | None = None
    summary, expires_at = None, 0
    events: set[bytes] = set()
    for item in items:
        match item["sk"]["S"]:
            case "head":
                head = head_of(item)
                expires_at = int(item["expires_at"]["N"])
                events.update(tail_of(item))
            case "start":
                start = _start_of(item)
                events.add(start.event)
                summary = _summary_in(item)
            case _:
                events.update(item["events"]["BS"])
    return StoredSession(sid, head, start, frozenset(events), summary, expires_at) if head else None


def _start_of(item: Item) -> Start:
    project_id, device, video_type, _ = item["listing"]["S"].rsplit("#", 3)
    return Start(
        project_id,
        device,
        video_type,
        item["viewer"]["S"],
        _caller_in(item),
        int(item["started_at"]["N"]),
        int(item["ts_skew"]["N"]),
        bytes(item["event"]["B"]),
        "opt_out_share" in item,
        "opt_out_forwarding" in item,
    )


def _caller_in(item: Item) -> str:
    return decompressed(bytes(item["caller"]["B"])).decode()


def _summary_in(item: Item) -> bytes | None:
    return bytes(item["summary"]["B"]) if "summary" in item else None


def entry_of(item: Item) -> ListEntry:
    """Read an entry of the newest index."""
    return ListEntry(
        item["pk"]["S"],
        int(item["started_at"]["N"]),
        int(item["ts_skew"]["N"]),
        item["viewer"]["S"],
        _caller_in(item),
        _summary_in(item),
    )
