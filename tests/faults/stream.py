"""The table's stream, delivered as badly as Lambda may: repeated, reordered, cut off, cut otherwise, by several consumers."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from tests.faults.deployment import Api
from tests.faults.schedule import Schedule
from tests.support.builders import BASE_MS
from tests.support.table_stream import Record

if TYPE_CHECKING:
    import random

RECORDS_PER_S: Final = 2
"""How fast the records were written, by their times. So a schedule has several of the items that note what was counted."""

LARGEST_BATCH: Final = 20


def as_written(records: Sequence[Record]) -> list[Record]:
    """Give the records times that depend on the schedule and not on how fast the engine is."""
    return [
        record | {"dynamodb": record["dynamodb"] | {"ApproximateCreationDateTime": BASE_MS // 1_000 + number // RECORDS_PER_S}}
        for number, record in enumerate(records)
    ]


class Consumer:
    """Reads the whole stream, patiently or not. What it has read it may read again, with others beside it."""

    def __init__(self, api: Api, schedule: Schedule, records: Sequence[Record]) -> None:
        self._api, self._schedule = api, schedule
        self._random: random.Random = schedule.random
        self._records = records
        self._patience = self._random.choice((1, 3, 10))
        self._is_forgetful = self._random.choice((0, 0.1, 0.4))
        self._disorder = self._random.choice((0, 0.5, 1))

    def live(self) -> None:
        """Read until the end, or until too much has failed."""
        read = 0
        while read < len(self._records) and self._patience:
            self._schedule.idle()
            batch = list(self._records[read : read + self._random.randint(1, LARGEST_BATCH)])
            if self._random.random() < self._disorder:
                self._random.shuffle(batch)
            if self._api.roll_up(batch).is_good:
                read += len(batch)
                if self._random.random() < self._is_forgetful:
                    read = self._random.randrange(read)
            else:
                self._patience -= 1


def deliver(api: Api, schedule: Schedule, records: Sequence[Record]) -> None:
    """Deliver the records to consumers beside each other while things fail, and to one more when it is calm."""
    schedule.calm = False
    for number in range(schedule.random.choice((0, 1, 1, 2, 3))):
        schedule.turns.spawn(f"stream{number}", Consumer(api, schedule, records).live)
    schedule.drive(lambda: not schedule.turns.actors)
    schedule.forward(0)  # what was given up takes effect now, or never does
    schedule.calm = True
    schedule.turns.spawn("stream-last", lambda: _deliver_all(api, schedule, records))
    schedule.drive(lambda: not schedule.turns.actors)


def _deliver_all(api: Api, schedule: Schedule, records: Sequence[Record]) -> None:
    for batch in _cut(records, schedule.random.randint(1, LARGEST_BATCH)):
        assert api.roll_up(batch).is_good


def _cut(records: Sequence[Record], size: int) -> Iterator[list[Record]]:
    yield from (list(records[first : first + size]) for first in range(0, len(records), size))
