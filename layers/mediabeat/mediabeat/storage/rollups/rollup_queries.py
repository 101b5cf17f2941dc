"""Reads the counters of projects in DynamoDB. Nothing here writes."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mediabeat.core.rollups.counters import Content, Period, lane_of
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.rollups import rollup_items
from mediabeat.storage.table import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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
        return self._by_content(project_id, Period.CONTENT_HOUR, first, last, {})

    def content_days(
        self, project_id: str, first: int, last: int
    ) -> tuple[dict[int, dict[str, Counter[str]]], dict[str, Content]]:
        """Return the counters of a project's contents by epoch day and the contents' hashes, and the contents by their hashes.

        A content has the names of its newest session on these days.
        """
        named: dict[str, rollup_items.Named] = {}
        found = self._by_content(project_id, Period.CONTENT_DAY, first, last, named)
        return found, {content: rollup_items.content_of(one) for content, one in named.items()}

    def _by_number(self, project_id: str, period: Period, first: int, last: int) -> dict[int, Counter[str]]:
        found = defaultdict[int, Counter[str]](Counter)
        for item in self._items(project_id, period, first, last):
            found[rollup_items.number_of(item)].update(rollup_items.counters_in(item))
        return dict(found)

    def _by_content(
        self, project_id: str, period: Period, first: int, last: int, named: dict[str, rollup_items.Named]
    ) -> dict[int, dict[str, Counter[str]]]:
        """Return counters by number and content. Adds the newest names of the contents to `named`, if the items have names."""
        found = defaultdict[int, dict[str, Counter[str]]](dict)
        for item in self._items(project_id, period, first, last):
            content, of_number = rollup_items.content_in(item), found[rollup_items.number_of(item)]
            if content in of_number:  # another lane has it too
                of_number[content].update(rollup_items.counters_in(item))
            else:
                of_number[content] = rollup_items.counters_in(item)
            if (name := rollup_items.named_in(item)) is not None:
                named[content] = max(name, named.get(content, name))
        return dict(found)

    def _items(self, project_id: str, period: Period, first: int, last: int) -> Iterator[Item]:
        """Yield the items of a project and a period in all lanes."""
        ends = {":first": {"S": rollup_items.sort_key(period, first)}, ":last": {"S": rollup_items.after_last(period, last)}}
        for lane in self._lanes:
            values = ends | {":pk": {"S": rollup_items.partition(project_id, lane)}}
            yield from self._table.query("pk = :pk AND sk BETWEEN :first AND :last", values)
