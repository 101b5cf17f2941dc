"""Reads the counters of a day as they are stored, and corrects them, for the operator's command.

A correction is one more change of the counters, by a transaction as they are counted by. It holds only if the day's item is as it
was read, and that changes with every session that is counted on the day.
"""

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from mediabeat.core.event import SECONDS_PER_DAY
from mediabeat.core.rollups.counters import HOURS_PER_DAY, Counted, Period, Place, Seat, lane_of
from mediabeat.core.rollups.day import Difference
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.rollups import rollup_items
from mediabeat.storage.rollups.rollup_items import Named, Seen, ViewerDay
from mediabeat.storage.table import Item, number_in

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Part = TypeVar("Part")

MAX_WRITES: Final = 99
"""Writes in a transaction of DynamoDB, besides that of the day's item."""

MAX_COUNTERS: Final = 200
"""Counters of one item in one write, whose expression may have 300 operators."""

MOST_KEYS: Final = 100
"""Items that DynamoDB returns by one request."""

ID_BYTES: Final = 8


class StoredDay(NamedTuple):
    """The counters of a day, the names of its contents, and by lane how often the day's item was changed."""

    sums: dict[Place, Counter[str]]
    named: dict[Place, Named]
    versions: dict[int, int | None]


class SeatChanges(NamedTuple):
    """By how much a viewer's seats change, and the item as it was read."""

    viewer: ViewerDay
    read: Seen
    changes: Mapping[Seat, int]


class RollUpRepairs:
    """The counters of one deployment. Every method raises StorageUnavailable when the database refuses for now."""

    def __init__(
        self, table_name: str, client: "DynamoDBClient", *, index_shards: int, retention_s: int, rollup_retention_s: int
    ) -> None:
        self._table = Table(table_name, client)
        self._lanes = range(lane_of(index_shards - 1) + 1)
        self._retention_s = retention_s
        self._rollup_retention_s = rollup_retention_s

    def read(self, project_id: str, day: int) -> StoredDay:
        """Return what is stored of a project's epoch day."""
        read = StoredDay({}, {}, dict.fromkeys(self._lanes))
        for lane in self._lanes:
            for period, first, last in _periods(day):
                ends = {
                    ":pk": {"S": rollup_items.partition(project_id, lane)},
                    ":first": {"S": rollup_items.sort_key(period, first)},
                    ":last": {"S": rollup_items.after_last(period, last)},
                }
                for item in self._table.query("pk = :pk AND sk BETWEEN :first AND :last", ends, ConsistentRead=True):
                    place = rollup_items.place_of(item)
                    read.sums[place] = rollup_items.counters_in(item)
                    if (named := rollup_items.named_in(item)) is not None:
                        read.named[place] = named
                    if period is Period.DAY:
                        read.versions[lane] = number_in(item, "v")
        return read

    def seats(self, viewers: Sequence[ViewerDay]) -> dict[ViewerDay, Seen]:
        """Return what is stored of these viewers."""
        found: dict[ViewerDay, Seen] = {}
        for some in _cut(viewers, MOST_KEYS):
            items = self._table.get_all(*map(rollup_items.seen_key, some), consistent=True)
            found.update(zip(some, map(rollup_items.seen_in, items), strict=True))
        return found

    def correct(
        self,
        read: StoredDay,
        differences: Iterable[Difference],
        seats: Iterable[SeatChanges],
        newest: Mapping[Place, Counted],
        of_day: Place,
    ) -> bool:
        """Make the counters, names and seats of a day right. Returns False if the day has changed since it was read.

        `of_day` is the day's item in lane 0. A call that returns False, or was interrupted, may have made a part of it.
        """
        changes = defaultdict[Place, dict[str, int]](dict)
        for one in differences:
            changes[one.place][one.name] = one.right - one.stored
        names = {place: named for place, named in _names(newest).items() if place not in read.named or read.named[place] < named}
        for lane in self._lanes:
            day = of_day._replace(lane=lane)
            places = sorted({place for place in [*changes, *names] if place.lane == lane and place != day})
            writes = [write for place in places for write in self._writes(place, changes[place], names.get(place))]
            writes += [write for one in seats if (write := self._seat_write(one)) is not None] if lane == 0 else []
            version = read.versions[lane]
            of_lane = changes.get(day, {})
            for some in _cut(writes, MAX_WRITES) if writes else [[]] if of_lane else []:
                if not self._table.transact([self._day_write(day, of_lane, version), *some]):
                    return False
                version, of_lane = (version or 0) + 1, {}
        return True

    def _writes(self, place: Place, changes: Mapping[str, int], named: Named | None) -> Iterator[Item]:
        for some in _cut(list(changes), MAX_COUNTERS) or [[]]:
            sums = {name: changes[name] for name in some}
            write = rollup_items.counters_update(place, sums, retention_s=self._rollup_retention_s, named=named)
            named = None
            if write is not None:
                yield write

    def _day_write(self, day: Place, changes: Mapping[str, int], version: int | None) -> Item:
        write = rollup_items.counters_update(day, changes, retention_s=self._rollup_retention_s)
        assert write is not None  # it raises `v`
        update = write["Update"]
        if version is None:
            update["ConditionExpression"] = "attribute_not_exists(v)"
        else:
            update["ConditionExpression"] = "v = :seen"
            update["ExpressionAttributeValues"][":seen"] = {"N": str(version)}
        return write

    def _seat_write(self, one: SeatChanges) -> Item | None:
        expires_at = (one.viewer.day + 1) * SECONDS_PER_DAY + self._retention_s
        by = secrets.token_bytes(ID_BYTES)
        return rollup_items.seen_write(one.viewer, one.read, one.changes, by=by, expires_at=expires_at)


def _periods(day: int) -> list[tuple[Period, int, int]]:
    hours = HOURS_PER_DAY * day, HOURS_PER_DAY * (day + 1) - 1
    return [
        (Period.HOUR, *hours),
        (Period.DAY, day, day),
        (Period.CONTENT_HOUR, *hours),
        (Period.CONTENT_DAY, day, day),
    ]


def _names(newest: Mapping[Place, Counted]) -> dict[Place, Named]:
    return {
        place: Named(session.started_at, session.title, session.url, session.content_id)
        for place, session in newest.items()
        if place.period is Period.CONTENT_DAY
    }


def _cut(items: Sequence[Part], most: int) -> list[Sequence[Part]]:
    return [items[first : first + most] for first in range(0, len(items), most)]
