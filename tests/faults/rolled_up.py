"""What has to hold of the roll-ups in the end: they are the sum over the stored sessions, whatever the stream did."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from mediabeat.core.close_rules import DAY_MS, MINUTE_MS
from mediabeat.core.rollups.counters import Place, counted
from mediabeat.core.rollups.day import DaySums
from mediabeat.core.rollups.measured import measured
from mediabeat.storage.rollups import rollup_items
from mediabeat.storage.rollups.rollup_items import ViewerDay
from mediabeat.storage.session_items import shard_of
from mediabeat.storage.table import Item
from tests.faults.checks import Check, sessions
from tests.faults.deployment import SHARDS
from tests.faults.history import History, Truth

PROJECT = "demo"


def _items(history: History, kind: str) -> list[Item]:
    """Return the items of the partitions of a kind, as they were in the end."""
    return [item for pk, items in history.items.items() if pk.startswith(f"{kind}#") for item in items]


def _right(history: History) -> list[DaySums]:
    """Return what each day should have by the stored sessions."""
    days = dict[int, DaySums]()
    for sid, stored in sessions(history).items():
        session = counted(sid, stored.start, shard=shard_of(sid, SHARDS)) if stored.start else None
        if session is None:
            continue
        first = session.started_at // DAY_MS
        for day in (first, first + 1):
            days.setdefault(day, DaySums(PROJECT, day)).add(session, measured(stored).figures)
    return list(days.values())


def counters_are_the_sum_over_all_sessions(history: History) -> Iterator[str]:
    """Each counter of each hour, day and content is what a fold of all stored sessions gives."""
    stored = defaultdict[int, dict[Place, Counter[str]]](dict)
    for item in _items(history, "roll"):
        place = rollup_items.place_of(item)
        stored[place.day][place] = rollup_items.counters_in(item)
    for day in _right(history):
        for one in day.differences(stored.pop(day.day, {})):
            where = rollup_items.sort_key(one.place.period, one.place.number, one.place.content)
            yield f"{one.name} of {where} is {one.stored}, not {one.right}"
    for left in stored.values():
        yield from (f"{place} has counters, and no session counts there" for place, sums in left.items() if any(sums.values()))


def viewers_are_those_of_the_sessions(history: History) -> Iterator[str]:
    """A viewer's item of a day says where the viewer's sessions count."""
    right = {
        rollup_items.seen_key(ViewerDay(PROJECT, viewer, day.day))["pk"]["S"]: dict(seats)
        for day in _right(history)
        for viewer, seats in day.seats.items()
    }
    found = {item["pk"]["S"]: dict(rollup_items.seen_in(item).seats) for item in _items(history, "uniq")}
    for viewer in sorted(right.keys() | found.keys()):
        if right.get(viewer) != found.get(viewer):
            yield f"{viewer} was seen at {found.get(viewer)}, not {right.get(viewer)}"


def current_viewers_are_not_too_few(history: History) -> Iterator[str]:
    """Each session is counted in each minute in which an event of it came. A batch that is cut otherwise counts once more."""
    right = Counter(minute for truth in history.truths.values() for minute in _minutes(truth))
    found = {
        int(item["sk"]["S"]): sum(int(value["N"]) for name, value in item.items() if name in ("c0", "c1", "c2", "c3"))
        for item in _items(history, "live")
    }
    for minute, least in right.items():
        if found.get(minute, 0) < least:
            yield f"{found.get(minute, 0)} viewers in minute {minute}, not {least}"


def _minutes(truth: Truth) -> set[int]:
    last_at = truth.start.began_at
    minutes = {last_at // MINUTE_MS}
    for arrival in truth.arrivals:
        last_at = max(last_at, arrival.call.began_at)
        minutes.add(last_at // MINUTE_MS)
    return minutes


CHECKS: tuple[Check, ...] = (
    counters_are_the_sum_over_all_sessions,
    viewers_are_those_of_the_sessions,
    current_viewers_are_not_too_few,
)
