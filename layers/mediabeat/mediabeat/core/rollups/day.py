"""What the counters of one day should be: the sum over all of its sessions. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from mediabeat.core.rollups.counters import HOURS_PER_DAY, Counted, Period, Place, Seat, counters, seat_of, viewers
from mediabeat.core.rollups.figures import Figures
from mediabeat.core.rollups.names import counts_viewers


class Difference(NamedTuple):
    """A counter that is not what the sessions add up to. `place` is of lane 0 for viewers, who are counted in any lane."""

    place: Place
    name: str
    stored: int
    right: int


class DaySums:
    """The counters of a project's epoch day by the sessions that were added. Those of the day before may have played into it."""

    def __init__(self, project_id: str, day: int) -> None:
        self.project_id = project_id
        self.day = day
        self.sums = defaultdict[Place, Counter[str]](Counter)
        """All counters but those of viewers."""
        self.seats = defaultdict[str, Counter[Seat]](Counter)
        """How many sessions of a viewer count at a seat."""
        self.newest: dict[Place, Counted] = {}
        """The newest session of each content, which names it."""

    def add(self, session: Counted, figures: Figures) -> None:
        """Add a session."""
        for place, added in counters(session, figures).items():
            if place.day == self.day:
                self.sums[place].update(added)
                newest = self.newest.setdefault(place, session)
                if (session.started_at, session.title) > (newest.started_at, newest.title):
                    self.newest[place] = session
        day, seat = seat_of(session)
        if day == self.day and figures.attempts:
            self.seats[session.viewer.lower()][seat] += figures.attempts

    def of_viewers(self) -> dict[Place, Counter[str]]:
        """Return the counters of viewers, all lanes added up, as if they were of lane 0."""
        found = defaultdict[Place, Counter[str]](Counter)
        of_day = Place(self.project_id, 0, Period.DAY, self.day)
        for seats in self.seats.values():
            hours, whole = viewers(seats)
            found[of_day].update(whole)
            for hour, counted in hours.items():
                found[of_day._replace(period=Period.HOUR, number=HOURS_PER_DAY * self.day + hour)].update(counted)
        return dict(found)

    def differences(self, stored: Mapping[Place, Counter[str]]) -> list[Difference]:
        """Return where the stored counters of the day differ, in the order of places and names."""
        right, there = defaultdict[Place, Counter[str]](Counter), defaultdict[Place, Counter[str]](Counter)
        for place, sums in [*self.sums.items(), *self.of_viewers().items()]:
            right[place].update(sums)
        for place, sums in stored.items():
            for name, value in sums.items():
                there[place._replace(lane=0) if counts_viewers(name) else place][name] += value
        return [
            Difference(place, name, there[place][name], right[place][name])
            for place in sorted({*there, *right})
            for name in sorted({*there[place], *right[place]})
            if there[place][name] != right[place][name]
        ]
