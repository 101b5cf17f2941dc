"""The queues of one run of the closer, and whose turn it is. Reads the index `due`, and changes nothing."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import chain, islice
from typing import Final, NamedTuple
from zlib import crc32

from mediabeat.core.close_rules import MINUTE_MS
from mediabeat.errors import StorageUnavailable
from mediabeat.storage.due_index import DueIndex

Entries = Iterator[tuple[int, str]]
Map = Callable[[Callable[[str], Entries], Sequence[str]], Iterable[Entries]]

MOST_MIXED: Final = 1_000
"""More failing sessions than a run has time for."""


class Waiting(NamedTuple):
    """A due session. `queue` is whose time it takes: a bucket of projects, or a level of failing sessions."""

    sid: str
    queue: str


class Turns:
    """Queues that share time: next comes the head of the queue that has used the least, in milliseconds.

    The queue at position `first` begins. It changes from run to run, as a run may have no time for all of them.
    """

    def __init__(self, queues: Mapping[str, Iterable[str]], *, first: int = 0) -> None:
        names = list(queues)
        first %= max(1, len(names))
        self._unread = {name: iter(queues[name]) for name in names[first:] + names[:first]}
        self._next: dict[str, deque[str]] = {}
        self._used_ms: Counter[str] = Counter()
        self._served: Counter[str] = Counter()
        for name in self._unread:
            self._read_one(name)

    @property
    def has_more(self) -> bool:
        """Whether a session waits."""
        return bool(self._next)

    def take(self, most: int) -> list[Waiting]:
        """Return the next sessions, at most so many. Each is expected to take as long as those of its queue did."""
        taken: list[Waiting] = []
        expected = {name: float(self._used_ms[name]) for name in self._next}
        while self._next and len(taken) < most:
            name = min(self._next, key=lambda name: expected[name])
            taken.append(Waiting(self._next[name].popleft(), name))
            expected[name] += self._used_ms[name] / self._served[name] if self._served[name] else 1
            if not self._next[name]:
                del self._next[name]
                self._read_one(name)
        return taken

    def note(self, queue: str, took_ms: int) -> None:
        """Note how long a session of a queue has taken."""
        self._used_ms[queue] += max(1, took_ms)
        self._served[queue] += 1

    def add(self, one: Waiting) -> None:
        """Let a session wait in its queue."""
        self._next.setdefault(one.queue, deque()).append(one.sid)

    def _read_one(self, name: str) -> None:
        sid = next(self._unread.get(name, iter(())), None)
        if sid is not None:
            self.add(Waiting(sid, name))


class DueSessions:
    """The due sessions of one slice at one time, as three lanes. `refused` has the errors of partitions that were not read."""

    def __init__(self, index: DueIndex, now: int, side_by_side: Map, *, number: int, slices: int) -> None:
        self.refused: Final[list[StorageUnavailable]] = []
        self._index = index
        self._now = now
        lanes: list[Mapping[str, Sequence[str]]] = [
            index.usual(number, slices),
            index.large(number, slices),
            {str(level): [partition] for level, partition in index.aside(now, number).items()},
        ]
        partitions = [partition for lane in lanes for some in lane.values() for partition in some]
        begun = dict(zip(partitions, side_by_side(self._begun, partitions), strict=True))
        usual, large, failed = ({name: _by_mark(begun[one] for one in some) for name, some in lane.items()} for lane in lanes)
        minute = now // MINUTE_MS
        self.usual, self.large = Turns(usual, first=minute), Turns(large, first=minute)
        self.failed = Turns({level: _mixed(sids, minute) for level, sids in failed.items()}, first=minute)

    def _begun(self, partition: str) -> Entries:
        """Return the entries of a partition, of which the first ones are read."""
        entries = self._read(partition)
        return chain([first] if (first := next(entries, None)) else [], entries)

    def _read(self, partition: str) -> Entries:
        try:
            yield from self._index.read(partition, self._now)
        except StorageUnavailable as error:
            self.refused.append(error)  # the next run reads it: no partition may keep a run from the others


def _by_mark(entries: Iterable[Entries]) -> Iterator[str]:
    return (sid for _, sid in merge(*entries))


def _mixed(sids: Iterator[str], minute: int) -> list[str]:
    """Return the first sessions in an order that changes: those that fail each time must not come first each time."""
    return sorted(islice(sids, MOST_MIXED), key=lambda sid: crc32(f"{sid}{minute}".encode()))
