"""Reads the counters of projects in DynamoDB. Nothing here writes."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from mediabeat.core.rollups.counters import Content, Period, Place, lane_of
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.rollups import rollup_items
from mediabeat.storage.table import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_KEYS: Final = 100
"""Items that DynamoDB returns by one request."""


class RollUpQueries:
    """The counters of one deployment, all lanes added up.

    Hours and days are numbered from 1970; both ends of a range are included. Where nothing was counted, there are no counters.
    Every method raises StorageUnavailable when the database refuses for now.
    """

    def __init__(self, table_name: str, client: "DynamoDBClient", *, index_shards: int) -> None:
        self._table = Table(table_name, client)
        self._lanes = range(lane_of(index_shards - 1) + 1)

    def hours(self, project_id: str, first: int, last: int) -> dict[int, Counter[str]]:
        """Return a project's counters by epoch hour."""
        return self._by_number(project_id, Period.HOUR, first, last)

    def days(self, project_id: str, first: int, last: int) -> dict[int, Counter[str]]:
        """Return a project's counters by epoch day."""
        return self._by_number(project_id, Period.DAY, first, last)

    def content_hours(self, project_id: str, first: int, last: int) -> dict[int, dict[str, Counter[str]]]:
        """Return the counters of a project's contents by epoch hour and the contents' hashes."""
        return self._by_content(project_id, Period.CONTENT_HOUR, first, last)

    def content_days(self, project_id: str, first: int, last: int) -> dict[int, dict[str, Counter[str]]]:
        """Return the counters of a project's contents by epoch day and the contents' hashes."""
        return self._by_content(project_id, Period.CONTENT_DAY, first, last)

    def contents(self, project_id: str, newest: Mapping[str, int]) -> dict[str, Content]:
        """Return contents by their hashes, as their newest session names them; `newest` has the last epoch day of each."""
        places = [
            Place(project_id, lane, Period.CONTENT_DAY, day, content) for content, day in newest.items() for lane in self._lanes
        ]
        found: dict[str, rollup_items.Named] = {}
        for first in range(0, len(places), MOST_KEYS):
            some = places[first : first + MOST_KEYS]
            for place, item in zip(some, self._table.get_all(*map(rollup_items.place_key, some)), strict=True):
                named = rollup_items.named_in(item) if item else None
                if named is not None:
                    found[place.content] = max(named, found.get(place.content, named))
        return {content: rollup_items.content_of(named) for content, named in found.items()}

    def _by_number(self, project_id: str, period: Period, first: int, last: int) -> dict[int, Counter[str]]:
        found = defaultdict[int, Counter[str]](Counter)
        for item in self._items(project_id, period, first, last):
            found[rollup_items.number_of(item)].update(rollup_items.counters_in(item))
        return dict(found)

    def _by_content(self, project_id: str, period: Period, first: int, last: int) -> dict[int, dict[str, Counter[str]]]:
        found = defaultdict[int, defaultdict[str, Counter[str]]](lambda: defaultdict(Counter))
        for item in self._items(project_id, period, first, last):
            found[rollup_items.number_of(item)][rollup_items.content_in(item)].update(rollup_items.counters_in(item))
        return {number: dict(contents) for number, contents in found.items()}

    def _items(self, project_id: str, period: Period, first: int, last: int) -> Iterator[Item]:
        """Yield the items of a project and a period in all lanes."""
        ends = {":first": {"S": rollup_items.sort_key(period, first)}, ":last": {"S": rollup_items.after_last(period, last)}}
        for lane in self._lanes:
            values = ends | {":pk": {"S": rollup_items.partition(project_id, lane)}}
            yield from self._table.query("pk = :pk AND sk BETWEEN :first AND :last", values)
