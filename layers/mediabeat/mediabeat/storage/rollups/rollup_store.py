"""Counts changes of sessions in the roll-ups, each exactly once, however often and in whatever order they are reported."""

import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from mediabeat.core.rollups.counters import Change, Place
from mediabeat.errors import StorageUnavailable
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.rollups import rollup_items
from mediabeat.storage.rollups.rollup_batches import Batch, Write, batches
from mediabeat.storage.rollups.rollup_items import Named, Seen, ViewerDay

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from mediabeat.storage.table import Item

MAX_ATTEMPTS: Final = 16
FIRST_PAUSE_MS: Final = 50
LONGEST_PAUSE_MS: Final = 1_000
"""Transactions that meet wait at random before they try again."""

MOST_WAITED_MS: Final = 20_000
"""The function has a minute for a batch of the stream. What is left of a batch is counted when Lambda repeats it."""

CONTESTED: Final = "other transactions keep changing the roll-ups"

MAX_REMEMBERED: Final = 10_000
"""Contents of which a process remembers how new their stored names are."""


class RollUpStore:
    """The roll-ups of one deployment. `pause` waits for a number of milliseconds."""

    def __init__(
        self,
        table_name: str,
        client: "DynamoDBClient",
        *,
        retention_s: int,
        rollup_retention_s: int,
        pause: Callable[[int], None],
    ) -> None:
        self._table = Table(table_name, client)
        self._retention_s = retention_s
        self._rollup_retention_s = rollup_retention_s
        self._pause = pause
        self._named: dict[Place, tuple[int, str]] = {}

    def count(self, changes: Iterable[Change]) -> None:
        """Count each of these changes, unless it has been counted.

        The call may be interrupted and repeated. Raises StorageUnavailable when the database refuses for now; then some of the
        changes may have been counted.
        """
        waits = _Waits(self._pause)
        for batch in batches(changes):
            self._count(batch, waits)

    def _count(self, batch: Batch, waits: "_Waits") -> None:
        for number in range(MAX_ATTEMPTS):
            writes = batch.writes(
                self._read(batch), self._is_newer, retention_s=self._retention_s, rollup_retention_s=self._rollup_retention_s
            )
            failed = self._table.transact_or_see([write.request for write in writes])
            if failed is None:
                for write in writes:
                    self._remember(write, write.named)
                return
            counted = set[bytes]()
            for at, old in failed.items():
                if isinstance(writes[at].about, int):
                    counted |= rollup_items.applied_in(old)
                else:
                    self._remember(writes[at], rollup_items.named_in(old))
            batch = batch.without(counted)
            if not batch.countings:
                return
            if not counted:
                waits.wait(number)
        raise StorageUnavailable(CONTESTED)

    def _read(self, batch: Batch) -> dict[ViewerDay, Seen]:
        """Return what is stored of the viewers in a batch, and remember how new the names of its contents are."""
        viewers = batch.viewers()
        places = [place for place in batch.names() if place not in self._named]
        keys = [*map(rollup_items.seen_key, viewers), *map(rollup_items.place_key, places)]
        items: list[Item | None] = self._table.get_all(*keys, consistent=True) if keys else []
        if len(self._named) + len(places) > MAX_REMEMBERED:
            self._named.clear()
        for place, item in zip(places, items[len(viewers) :], strict=True):
            named = rollup_items.named_in(item) if item else None
            if named is not None:
                self._named[place] = named.named_at, named.title
        return dict(zip(viewers, map(rollup_items.seen_in, items), strict=False))

    def _is_newer(self, place: Place, named: Named) -> bool:
        # Names only become newer. If what is remembered is old, the condition of the write says so.
        return place not in self._named or self._named[place] < (named.named_at, named.title)

    def _remember(self, write: Write, named: Named | None) -> None:
        if named is not None and isinstance(write.about, Place):
            self._named[write.about] = named.named_at, named.title


class _Waits:
    """The waits of one call."""

    def __init__(self, pause: Callable[[int], None]) -> None:
        self._pause = pause
        self._left_ms = MOST_WAITED_MS

    def wait(self, number: int) -> None:
        """Wait before the next attempt, at random, so that transactions that met now do not meet again."""
        duration_ms = secrets.randbelow(min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS << number))
        self._left_ms -= duration_ms
        if self._left_ms < 0:
            raise StorageUnavailable(CONTESTED)
        self._pause(duration_ms)
