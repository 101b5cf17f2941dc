"""The stored forms: what writes each of them, and how today's code reads it."""

import base64
import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from mediabeat.archive import lines
from mediabeat.core.cmcd import line
from mediabeat.core.event_codec import unpack
from mediabeat.core.records import Caller, Head, Phase
from mediabeat.core.rollups.figures import Figures
from mediabeat.core.summary import Summary
from mediabeat.storage import channel_items, checkpoints, project_items, session_items, upload_items, viewer_items
from mediabeat.storage.rollups import live_viewers, rollup_items

Item = dict[str, Any]
SID: Final = "5" * 64
HEAD: Final = session_items.head_item(SID, Head(Phase.OPEN, 1, 2), due_shard="1.4", expires_at=3)


class Form(NamedTuple):
    """One stored form: the functions that write it, and one that reads what its golden files have as `stored`."""

    writers: tuple[str, ...]
    read: Callable[[Any], Any]


def item_of(stored: dict[str, Any]) -> Item:
    """Return the item in a golden file's JSON."""
    return {name: {kind: _value(kind, value)} for name, one in stored.items() for kind, value in one.items()}


def _value(kind: str, value: Any) -> Any:
    match kind:
        case "B":
            return base64.b64decode(value)
        case "BS":
            return [base64.b64decode(one) for one in value]
        case _:
            return value


def as_json(value: Any) -> Any:
    """Return what was read, or is to be stored, as a golden file has it."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Head):
        return {"taken" if name == "weight" else name: as_json(one) for name, one in value._asdict().items()}
    if hasattr(value, "_asdict"):
        return as_json(value._asdict())
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {name: as_json(one) for name, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(map(as_json, value))
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    return str(value) if isinstance(value, str) else value


def _start(stored: Item) -> Any:
    item = item_of(stored)
    session = session_items.stored_session_from(SID, [HEAD, item])
    assert session is not None
    rolled_up = {"figures": session.figures, "version": session.version}
    entry = session_items.entry_of(item)._replace(device="", video_type="")  # the same two as in the start
    return {"start": session.start, "summary": session.summary, "entry": entry, **rolled_up}


def _page(stored: Item) -> Any:
    session = session_items.stored_session_from(SID, [HEAD, item_of(stored)])
    assert session is not None
    return sorted(session.events)


def _archived(stored: dict[str, Any]) -> Any:
    told = lines.read_line(stored["session"].encode())
    events = [lines.read_event(lines.read_line(text.encode()), told["session_id"]) for text in stored["events"]]
    session = lines.read_session(told, events, told["start"]["project_id"])
    read = session._asdict()
    assert (read.pop("figures") is None) is (session.summary is None)
    return {"session": read, "is_summarized": read.pop("summary") is not None}


def _name(stored: Item) -> Any:
    item = item_of(stored)
    return {"channel_id": item["channel_id"]["S"], "status": channel_items.status_of(item)}


def _counters(stored: Item) -> Any:
    item = item_of(stored)
    named = rollup_items.named_in(item)
    return {
        "number": rollup_items.number_of(item),
        "counters": dict(rollup_items.counters_in(item)),
        "named": named and named._asdict(),
    }


def _seen(stored: Item) -> Any:
    seen = rollup_items.seen_in(item_of(stored))
    return {"seats": [[*seat, sessions] for seat, sessions in sorted(seen.seats.items())], "changed_by": seen.changed_by}


def _live(stored: Item) -> Any:
    return {f"kind {kind}": sessions for kind, sessions in live_viewers.kinds_in(item_of(stored)).items()}


FORMS: Final = {
    "events": Form(("pack",), lambda stored: unpack(base64.b64decode(stored))),
    "cmcd_lines": Form(("pack", "pack_line"), lambda stored: line.unpack(base64.b64decode(stored))),
    "cmcd_heads": Form((), lambda stored: session_items.head_of(item_of(stored))),
    "cmcd_starts": Form((), _start),
    "cmcd_pages": Form(("waiting_key",), _page),
    "archived_cmcd": Form((), _archived),
    "callers": Form(("to_json",), Caller.from_json),
    "heads": Form(("head_item",), lambda stored: session_items.head_of(item_of(stored))),
    "tails": Form((), lambda stored: sorted(session_items.tail_of(item_of(stored)))),
    "starts": Form(("start_item",), _start),
    "pages": Form(("page_item",), _page),
    "summaries": Form(("to_bytes",), lambda stored: Summary.from_bytes(base64.b64decode(stored))),
    "measured": Form(("measured_item", "measured_key"), lambda stored: checkpoints.measured_of(item_of(stored))),
    "uploads": Form(("upload_item", "upload_key"), lambda stored: upload_items.upload_of(item_of(stored))),
    "first_tries": Form(("first_try_item", "first_try_key"), lambda stored: upload_items.first_try_of(item_of(stored))),
    "viewers": Form(("viewer_items",), lambda stored: viewer_items.viewer_entry_of(item_of(stored))),
    "projects": Form(("project_item", "project_key"), lambda stored: project_items.project_of(item_of(stored))),
    "edge_projects": Form((), lambda stored: project_items.project_of(item_of(stored))),
    "datastreams": Form(("datastream_item", "datastream_key"), lambda stored: project_items.owner_of(item_of(stored))),
    "access_keys": Form(("access_key_items", "access_key_key"), lambda stored: project_items.access_key_of(item_of(stored))),
    "channels": Form(("channel_item", "channel_key"), lambda stored: channel_items.channel_of(item_of(stored))),
    "channel_entries": Form(("entry_item", "entry_key"), lambda stored: channel_items.channel_of(item_of(stored))),
    "channel_names": Form(("name_item", "name_key"), _name),
    "channel_events": Form(("event_item",), lambda stored: channel_items.event_of(item_of(stored))),
    "channel_counts": Form(("count_key",), lambda stored: int(item_of(stored)["channel_count"]["N"])),
    "archived_sessions": Form(("session_line", "event_lines"), _archived),
    "figures": Form((), lambda stored: Figures.from_bytes(base64.b64decode(stored))),
    "counters": Form(("place_key",), _counters),
    "viewers_of_days": Form(("seen_key",), _seen),
    "applied": Form((), lambda stored: sorted(rollup_items.applied_in(item_of(stored)))),
    "live_viewers": Form(("minute_key",), _live),
    "manifests": Form(("manifest_text",), lambda stored: lines.read_manifest(stored.encode())),
}


def golden_text(cases: list[tuple[str, Any]], form: Form) -> str:
    """Return the text of a golden file, from names and what was stored."""
    stored = [(name, as_json(value)) for name, value in cases]
    told = [{"case": name, "stored": value, "read": as_json(form.read(value))} for name, value in stored]
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"
