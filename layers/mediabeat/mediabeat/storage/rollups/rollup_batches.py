"""Changes that are counted together, by one transaction: which ones fit, and what it writes. Pure.

A transaction counts changes of one lane, so that lanes never wait for each other. It notes the ids of the changes, and fails if
one of them is noted already. So it may be repeated, and its changes may come again in other company.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple, Self

from mediabeat.core.rollups.counters import Change, Period, Place, Seat, seat_of, viewers
from mediabeat.storage.rollups import rollup_items
from mediabeat.storage.rollups.rollup_items import UNSEEN, Named, Seen, ViewerDay
from mediabeat.storage.table import Item

MAX_WRITES: Final = 100
"""Writes in a transaction of DynamoDB."""

MAX_IDS: Final = 90
"""Ids noted in one item by one transaction: an expression has at most 300 operators, here three an id, and at most 4 KB."""

MAX_COUNTERS: Final = 250
"""Counters of one item that one transaction changes, for the same reason."""

COUNTERS_PER_VIEWER: Final = 2
"""Counters that a session changes in an hour and in a day for its viewer: those of the masks before and after."""


class Counting(NamedTuple):
    """A change, and what counting it changes."""

    change: Change
    sums: Mapping[Place, Counter[str]]
    viewer: ViewerDay
    seat: Seat
    sessions: int
    """By how much the viewer's sessions at the seat change."""

    @property
    def slot(self) -> int:
        """Where the change's id is noted."""
        return rollup_items.slot_of(self.change.at)


def counting(change: Change) -> Counting | None:
    """Return what counting a change changes; None if that is nothing."""
    sums, session = change.difference(), change.counted
    if not sums:
        return None
    for place in list(sums):
        sums.setdefault(place._replace(period=Period.DAY, number=place.day, content=""), Counter())
    day, seat = seat_of(session)
    viewer = ViewerDay(session.project_id, session.viewer.lower(), day)
    return Counting(change, sums, viewer, seat, change.after.attempts - change.before.attempts)


class Write(NamedTuple):
    """A write of a transaction, and what it is about: a slot of ids, a viewer's day, or an item of counters."""

    request: Item
    about: int | ViewerDay | Place
    named: Named | None = None


class Batch(NamedTuple):
    """Changes of one lane that one transaction can count."""

    lane: int
    countings: tuple[Counting, ...]

    def without(self, ids: Iterable[bytes]) -> Self:
        """Return the batch without the changes that have these ids."""
        known = set(ids)
        return self._replace(countings=tuple(one for one in self.countings if one.change.id not in known))

    def viewers(self) -> list[ViewerDay]:
        """Return the viewers whose items change."""
        return list(dict.fromkeys(one.viewer for one in self.countings if one.sessions))

    def names(self) -> dict[Place, Named]:
        """Return the newest names of the contents, for the items that keep them."""
        found: dict[Place, Named] = {}
        for one in self.countings:
            session = one.change.counted
            named = Named(session.started_at, session.title, session.url, session.content_id)
            if one.change.after.attempts:
                for place in one.sums:
                    if place.period is Period.CONTENT_DAY:
                        found[place] = max(named, found.get(place, named))
        return found

    def writes(
        self,
        seen: Mapping[ViewerDay, Seen],
        is_newer: Callable[[Place, Named], bool],
        *,
        retention_s: int,
        rollup_retention_s: int,
    ) -> list[Write]:
        """Return what the transaction writes, given what was read of the viewers, and which names are newer than those stored."""
        slots, sums = defaultdict[int, list[bytes]](list), defaultdict[Place, Counter[str]](Counter)
        for one in self.countings:
            slots[one.slot].append(one.change.id)
            for place, counter in one.sums.items():
                sums[place].update(counter)
        writes = [Write(rollup_items.applied_update(self.lane, slot, ids), slot) for slot, ids in slots.items()]
        for viewer in self.viewers():
            write = self._viewer_write(viewer, seen.get(viewer, UNSEEN), sums, retention_s)
            writes += [Write(write, viewer)] if write else []
        names = self.names()
        for place, counter in sums.items():
            named = names.get(place) if any(counter.values()) else None
            named = named if named and is_newer(place, named) else None
            update = rollup_items.counters_update(place, counter, retention_s=rollup_retention_s, named=named)
            writes += [Write(update, place, named)] if update else []
        return writes

    def _viewer_write(self, viewer: ViewerDay, read: Seen, sums: Mapping[Place, Counter[str]], retention_s: int) -> Item | None:
        """Return the write of a viewer's item, and add to the sums what it changes in the counters of viewers."""
        of_viewer = [one for one in self.countings if one.viewer == viewer and one.sessions]
        changes = Counter[Seat]()
        for one in of_viewer:
            changes[one.seat] += one.sessions
        after = {**read.seats, **{seat: read.seats.get(seat, 0) + change for seat, change in changes.items()}}
        day = Place(viewer.project_id, self.lane, Period.DAY, viewer.day)
        for seats, sign in ((after, 1), (read.seats, -1)):
            hours, of_day = viewers(seats)
            for hour, counter in hours.items():
                _add(sums, day._replace(period=Period.HOUR, number=24 * viewer.day + hour), counter, sign)
            _add(sums, day, of_day, sign)
        last = max(of_viewer, key=lambda one: one.change.at).change
        return rollup_items.seen_write(viewer, read, changes, by=last.id, expires_at=int(last.at) + retention_s)


def _add(sums: Mapping[Place, Counter[str]], place: Place, counter: Mapping[str, int], sign: int) -> None:
    for name, value in counter.items():
        sums[place][name] += sign * value


def batches(changes: Iterable[Change]) -> Iterator[Batch]:
    """Yield changes in as few transactions as need be: lane by lane, those of one content and of one viewer side by side.

    A change counts once, however often it is among them. One that changes nothing is left out.
    """
    lanes = defaultdict[int, list[Counting]](list)
    for one in map(counting, {change.id: change for change in changes}.values()):
        if one is not None:
            lanes[one.change.counted.lane].append(one)
    for lane, countings in lanes.items():
        countings.sort(key=lambda one: (one.change.counted.project_id, one.change.counted.content_id, one.viewer, one.change.id))
        yield from _packed(lane, countings)


def _packed(lane: int, countings: Iterable[Counting]) -> Iterator[Batch]:
    room, taken = _Room(), list[Counting]()
    for one in countings:
        if not room.take(one):
            yield Batch(lane, tuple(taken))
            room, taken = _Room(), []
            room.take(one)
        taken.append(one)
    if taken:
        yield Batch(lane, tuple(taken))


class _Room:
    """What one transaction has room for. A single change always fits: it has at most 60 writes."""

    def __init__(self) -> None:
        self._names = defaultdict[Place, set[str]](set)
        self._for_viewers = Counter[Place]()
        self._ids = Counter[int]()
        self._viewers: set[ViewerDay] = set()

    def take(self, one: Counting) -> bool:
        """Take room for a change. Returns False, with nothing taken, if there is not enough."""
        viewers = {one.viewer} if one.sessions else set()
        writes = len(self._names.keys() | one.sums.keys()) + len(self._viewers | viewers) + len(self._ids.keys() | {one.slot})
        if writes > MAX_WRITES or self._ids[one.slot] >= MAX_IDS:
            return False
        hour = Place(
            one.change.counted.project_id, one.change.counted.lane, Period.HOUR, 24 * one.viewer.day + one.seat.bucket // 12
        )
        for_viewer = [hour, hour._replace(period=Period.DAY, number=one.viewer.day)] if one.sessions else []
        for place in {*one.sums, *for_viewer}:
            of_viewers = self._for_viewers[place] + COUNTERS_PER_VIEWER * (place in for_viewer)
            if len(self._names[place] | one.sums.get(place, Counter()).keys()) + of_viewers > MAX_COUNTERS:
                return False
        for place, counter in one.sums.items():
            self._names[place] |= counter.keys()
        self._for_viewers.update(dict.fromkeys(for_viewer, COUNTERS_PER_VIEWER))
        self._ids[one.slot] += 1
        self._viewers |= viewers
        return True
