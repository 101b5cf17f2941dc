"""The partitions of the index `due`: which lane of the closer, and whose part of it, a session waits in. Pure.

    {shard}.{bucket}   the usual lane; the bucket follows from the project
    large.{bucket}     sessions that weigh more than LARGE_WEIGHT
    aside.{level}      sessions that the closer could not look at, or looks at alone just now; a higher level is read more rarely
    {shard}, large.any the same for unknown projects: written by 0.1, requests for checkpoints, and what came back from aside
    aside              failed sessions of 0.1

A value of `due_shard` never changes its meaning. A reader that meets fewer partitions than it knows reads empty ones.
"""

import zlib
from typing import Final

from mediabeat.core.close_rules import MINUTE_MS
from mediabeat.storage.session_items import shard_of

PROJECT_BUCKETS: Final = 16
"""Into so many parts each shard is divided by project. An empty part costs each run half a read unit. It may only grow."""

LARGE_WEIGHT: Final = 10_000
"""Sessions up to this weight are looked at in parallel; a larger one alone, because a whole session is held in memory."""

ANY: Final = "any"
"""The bucket of sessions whose project is not known. All of them share one part of the time."""

ASIDE: Final = "aside"

MAX_LEVEL: Final = 6
"""Level n is read every 2^n minutes, so the highest about every hour."""


def bucket_of(name: str) -> str:
    """Return the bucket of a project. The projects of one bucket share its part of the closer's time."""
    return str(zlib.crc32(name.encode()) % PROJECT_BUCKETS)


def partition_of(sid: str, project_id: str, *, weight: int, shards: int) -> str:
    """Return the partition in which a new session waits to be due."""
    bucket = bucket_of(project_id)
    return large(bucket) if weight > LARGE_WEIGHT else f"{shard_of(sid, shards)}.{bucket}"


def large(bucket: str) -> str:
    """Return the partition for large sessions of a bucket."""
    return f"large.{bucket}"


def aside(level: int) -> str:
    """Return the partition for sessions that have failed `level` + 1 times."""
    return f"{ASIDE}.{level}"


def after(level: int) -> int:
    """Return the level of a session that has failed once more."""
    return min(level + 1, MAX_LEVEL)


def levels_at(now: int) -> list[int]:
    """Return the levels that a run at `now` (epoch milliseconds) reads."""
    return [level for level in range(MAX_LEVEL + 1) if now // MINUTE_MS % 2**level == 0]
