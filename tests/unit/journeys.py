"""The whole viewings in events/journeys, as events in the order of their arrival."""

import json
from typing import Final

from mediabeat.events import Event, parse_later, parse_start
from tests.template import ROOT

JOURNEYS: Final = {path.stem: path for path in sorted((ROOT / "events" / "journeys").glob("*.json"))}


def events_of(journey: str) -> list[Event]:
    """Return the events of a journey; it begins at the epoch."""
    (session,) = json.loads(JOURNEYS[journey].read_text())["sessions"]
    first, *later = session["events"]
    return [parse_start(first), *map(parse_later, later)]
