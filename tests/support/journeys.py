"""The whole viewings in events/journeys, as events in the order of their arrival."""

import json
from pathlib import Path
from typing import Final

from mediabeat.core.event import Event
from mediabeat.protocols.media_collection.requests import parse_event, parse_session_start
from mediabeat.protocols.media_edge.events import Context, parse
from tests.support.builders import Wire
from tests.support.template import ROOT

JOURNEYS_FOLDER: Final = ROOT / "events" / "journeys"
JOURNEYS: Final = {path.stem: path for path in sorted(JOURNEYS_FOLDER.glob("*.json"))}


EDGE_JOURNEYS: Final = frozenset(name for name, path in JOURNEYS.items() if '"requests"' in path.read_text(encoding="utf-8"))
"""Those that are recorded as an Edge client sent them."""

COLLECTION_JOURNEYS: Final = tuple(name for name in JOURNEYS if name not in EDGE_JOURNEYS)


def bodies_of(journey: str) -> list[Wire]:
    """Return what a journey's player sends."""
    (session,) = json.loads(JOURNEYS[journey].read_text())["sessions"]
    bodies: list[Wire] = session["events"]
    return bodies


def events_of(journey: str) -> list[Event]:
    """Return the events of a journey; it begins at the epoch."""
    if journey in EDGE_JOURNEYS:
        return _edge_events_of(JOURNEYS[journey])
    first, *later = bodies_of(journey)
    return [parse_session_start(first), *map(parse_event, later)]


def _edge_events_of(path: Path) -> list[Event]:
    """Return the events that an Edge client has sent, one with each request."""
    events = []
    for request in json.loads(path.read_text(encoding="utf-8"))["requests"]:
        [sent] = request["body"]["events"]
        context = Context(now_ms=0, queued_ms=request["body"].get("meta", {}).get("queueTimeMillis", 0))
        events.append(parse(sent["xdm"], context, {"analytics.reportSuite": "demo"}))
    return events
