"""The items of a session: its head, its event pages and its start. Pure."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from mediabeat.core.close_rules import MINUTE_MS, CloseReason
from mediabeat.core.records import Head, ListEntry, Phase, Start, StoredSession
from mediabeat.core.stored_forms import compressed, decompressed
from mediabeat.storage.table import Item, key, number_in

HEAD: Final = "head"
START: Final = "start"

TAIL_BYTES: Final = 685
"""Once the tail has this many bytes, the next append moves it to a page. This keeps the head, with one more event, below 1 KB:
one write unit."""

LARGE_BYTES: Final = 1_024
"""A request whose events are larger than this together gets a page of its own."""

PAGE_BYTES: Final = 300_000
"""Events of a downloaded session go into pages of at most this size, below DynamoDB's limit of 400 KB per item."""


def listing_key(project_id: str, device: str, video_type: str, shard: int) -> str:
    """Return the partition of the index `newest` that holds a project's sessions of one device, video type and shard."""
    return f"{project_id}#{device}#{video_type}#{shard}"


def listings(project_id: str, devices: Iterable[str], video_types: Iterable[str], shards: int) -> list[str]:
    """Return the partitions of the index `newest` that hold a project's sessions of these devices and video types."""
    types = list(video_types)
    return [
        listing_key(project_id, device, video_type, shard)
        for device in devices
        for video_type in types
        for shard in range(shards)
    ]


def shard_of(sid: str, shards: int) -> int:
    """Return the shard of a session in both indexes."""
    return zlib.crc32(sid.encode()) % shards


def head_item(sid: str, head: Head, *, due_shard: str, expires_at: int, of: bytes | None = None) -> Item:
    """Return the head of a session, with an empty tail, in a partition of the index `due`; `expires_at` in epoch seconds.

    `of` names its project and its kind to the stream, which counts an open session as watching now.
    """
    numbers = {
        "last_at": head.last_at,
        "due_at": head.due_at,
        "ended_at": head.ended_at,
        "ended_ts": head.ended_ts,
        "closed_at": head.closed_at,
        "taken": head.weight,
        "began_at": head.began_at,
        "moved_at": head.moved_at,
        "noted": head.noted,
        "parts": head.parts,
        "tail_bytes": 0,
        "seen": -MINUTE_MS if head.phase is Phase.OPEN else None,
        "expires_at": expires_at,
    }
    item = key(sid, HEAD) | {name: {"N": str(value)} for name, value in numbers.items() if value is not None}
    item["phase"] = {"S": head.phase}
    if head.due_at is not None:
        item["due_shard"] = {"S": due_shard}
    if head.playhead is not None:
        item["playhead"] = playhead_value(head.playhead)
    if of is not None:
        item["of"] = {"B": of}
    if head.close_reason is not None:
        item["close_reason"] = {"S": head.close_reason}
    return item


def playhead_value(playhead: float) -> Item:
    """Return a playhead as an attribute. A text, because a player may send a number that DynamoDB cannot hold."""
    return {"S": repr(playhead)}


def head_of(item: Item) -> Head:
    """Read the head of a session."""
    reason, playhead = item.get("close_reason"), item.get("playhead")
    return Head(
        phase=Phase(item["phase"]["S"]),
        last_at=int(item["last_at"]["N"]),
        due_at=number_in(item, "due_at"),
        ended_at=number_in(item, "ended_at"),
        ended_ts=number_in(item, "ended_ts"),
        closed_at=number_in(item, "closed_at"),
        close_reason=CloseReason(reason["S"]) if reason else None,
        weight=number_in(item, "taken") or 0,
        began_at=number_in(item, "began_at"),
        moved_at=number_in(item, "moved_at"),
        playhead=float(playhead["S"]) if playhead else None,
        noted=number_in(item, "noted"),
        parts=number_in(item, "parts"),
    )


def tail_of(item: Item) -> list[bytes]:
    """Return the packed events in a head."""
    tail: list[bytes] = item.get("tail", {}).get("BS", [])
    return tail


def has_full_tail(item: Item) -> bool:
    """Return whether the next append has to move the tail of a head to a page."""
    return (number_in(item, "tail_bytes") or 0) >= TAIL_BYTES


def page_item(sid: str, events: Iterable[bytes], *, expires_at: int) -> Item:
    """Return an event page. Its key is the hash of its events, so writing a page twice stores it once."""
    packed = sorted(set(events))
    digest = hashlib.sha256(b"".join(len(event).to_bytes(4, "big") + event for event in packed)).hexdigest()[:24]
    return key(sid, f"page#{digest}") | {"events": {"BS": packed}, "expires_at": {"N": str(expires_at)}}


def pages(events: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Distribute the events of a downloaded session over pages that each fit into an item."""
    page: list[bytes] = []
    size = 0
    for event in events:
        if page and size + len(event) > PAGE_BYTES:
            yield page
            page, size = [], 0
        page.append(event)
        size += len(event)
    if page:
        yield page


def start_item(
    sid: str,
    start: Start,
    *,
    shards: int,
    expires_at: int,
    summary: bytes | None = None,
    is_short: bool = False,
    figures: bytes | None = None,
) -> Item:
    """Return the item that makes a session exist and lists it; `expires_at` in epoch seconds.

    `is_short`: the whole summary is the one in `checkpoints`. `figures`: what the roll-ups count of the session; without them, it
    is an attempt. Starts of releases without roll-ups lack `version`, and the roll-ups count only what is measured later.
    """
    opt_outs = {"opt_out_share": start.opt_out_share, "opt_out_forwarding": start.opt_out_forwarding}
    item = key(sid, START) | {
        "listing": {"S": listing_key(start.project_id, start.device, start.video_type, shard_of(sid, shards))},
        "started_at": {"N": str(start.started_at)},
        "ts_skew": {"N": str(start.ts_skew)},
        "viewer": {"S": start.viewer},
        "caller": {"B": compressed(start.caller.encode())},
        "event": {"B": start.event},
        "expires_at": {"N": str(expires_at)},
        "version": {"N": "0"},
        **({"figures": {"B": figures}} if figures is not None else {}),
        **({"summary": {"B": summary}} if summary is not None else {}),
        **({"is_short": {"BOOL": True}} if is_short else {}),
        **({"source": {"S": start.source}} if start.source else {}),
    }
    return item | {name: {"BOOL": True} for name, is_set in opt_outs.items() if is_set}


def start_of(item: Item) -> Start:
    """Read the start of a session."""
    project_id, device, video_type, _ = item["listing"]["S"].rsplit("#", 3)
    return Start(
        project_id=project_id,
        device=device,
        video_type=video_type,
        viewer=item["viewer"]["S"],
        caller=_caller_in(item),
        started_at=int(item["started_at"]["N"]),
        ts_skew=int(item["ts_skew"]["N"]),
        event=bytes(item["event"]["B"]),
        opt_out_share="opt_out_share" in item,
        opt_out_forwarding="opt_out_forwarding" in item,
        source=item["source"]["S"] if "source" in item else None,
    )


def entry_of(item: Item) -> ListEntry:
    """Read an entry of the index `newest`."""
    _, device, video_type, _ = item["listing"]["S"].rsplit("#", 3)
    return ListEntry(
        sid=item["pk"]["S"],
        started_at=int(item["started_at"]["N"]),
        ts_skew=int(item.get("ts_skew", {}).get("N", 0)),
        viewer=item.get("viewer", {}).get("S", ""),
        caller=_caller_if_readable(item),
        summary=summary_in(item),
        device=device,
        video_type=video_type,
    )


def has_expired(item: Item, now: int) -> bool:
    """Return whether an item's time is over (`now` in epoch ms). DynamoDB deletes it some days later.

    False for an entry of an index `newest` that was made by 0.1, which lacks the time.
    """
    expires_at = number_in(item, "expires_at")
    return expires_at is not None and expires_at * 1_000 <= now


def _caller_in(item: Item) -> str:
    return decompressed(bytes(item["caller"]["B"])).decode()


def _caller_if_readable(item: Item) -> str:
    """Return the caller in an entry of a list; an empty text when it is damaged, so that the list has the other entries."""
    try:
        return _caller_in(item)
    except (LookupError, TypeError, ValueError, zlib.error):
        return ""


def summary_in(item: Item) -> bytes | None:
    """Return the summary in a start or an entry of the index `newest`; None while the session is not closed."""
    return bytes(item["summary"]["B"]) if "summary" in item else None


def stored_session_from(sid: str, items: Iterable[Item]) -> StoredSession | None:
    """Read the items of a session's partition; None when there is no head."""
    head: Head | None = None
    start: Start | None = None
    summary, expires_at, figures, version = None, 0, None, None
    events: set[bytes] = set()
    for item in items:
        match item["sk"]["S"]:
            case "head":
                head = head_of(item)
                expires_at = int(item["expires_at"]["N"])
                events.update(tail_of(item))
            case "start":
                start = start_of(item)
                events.add(start.event)
                summary = summary_in(item)
                figures, version = item.get("figures", {}).get("B"), number_in(item, "version")
            case _:
                events.update(item["events"]["BS"])
    if head is None:
        return None
    return StoredSession(
        sid=sid,
        head=head,
        start=start,
        events=frozenset(events),
        summary=summary,
        expires_at=expires_at,
        figures=figures and bytes(figures),
        version=version,
    )
