"""The whole viewings in events/journeys, as events in the order of their arrival."""

import json
from typing import Final

from mediabeat.core.event import Event
from mediabeat.protocols.media_collection.requests import parse_event, parse_session_start
from tests.support.builders import Wire
from tests.support.template import ROOT

JOURNEYS_FOLDER: Final = ROOT / "events" / "journeys"
JOURNEYS: Final = {path.stem: path for path in sorted(JOURNEYS_FOLDER.glob("*.json"))}


def bodies_of(journey: str) -> list[Wire]:
    """Return what a journey's player sends."""
    (session,) = json.loads(JOURNEYS[journey].read_text())["sessions"]
    bodies: list[Wire] = session["events"]
    return bodies


def events_of(journey: str) -> list[Event]:
    """Return the events of a journey; it begins at the epoch."""
    first, *later = bodies_of(journey)
    return [parse_session_start(first), *map(parse_event, later)]
