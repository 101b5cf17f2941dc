"""The names of the counters in the items of hours, days and contents. Stored: a name never changes its meaning.

    hour, content's hour   {a|p|t}{bucket}{kind}   bucket: five minutes of the hour, 0 to b; kind: index of `session_query.KINDS`
                           u{bucket}{mask}         viewers by the set of kinds in which they were seen; not of a content
    day, content's day     {a|p|t}{kind}, u{mask}
    hour and day           q{field}{kind}          quality, by the start of the session

Viewers are counted by the exact set of kinds, one bit each. So those who were seen in any of some kinds are a sum over masks.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Literal

from mediabeat.core.session_query import KINDS

BUCKETS_PER_HOUR: Final = 12
BUCKETS_PER_DAY: Final = 24 * BUCKETS_PER_HOUR

Figure = Literal["a", "p", "t"]
ATTEMPTS: Final = "a"
SUCCESSES: Final = "p"
PLAYED_MS: Final = "t"

Quality = Literal["E", "X", "F", "V", "B", "w", "g", "j", "s", "0", "1", "2", "3", "4", "5", "6", "7", "8"]
EARLY_EXIT: Final = "E"
EXIT_BEFORE_START: Final = "X"
START_FAILURE: Final = "F"
PLAY_FAILURE: Final = "V"
BUSINESS_ERROR: Final = "B"
REBUFFERING_MS: Final = "w"
GOOD: Final = "g"
JUDGED: Final = "j"
SCORES: Final = "s"
"""Sum of the experience scores, in tenths."""

START_TIMES: Final[tuple[Quality, ...]] = ("0", "1", "2", "3", "4", "5", "6", "7", "8")
"""Sessions by their time to start: see `core.quality.start_times`."""

_COUNTER: Final = re.compile("[aptu][0-9a-f]{1,2}|q[0-9A-Za-z]{2}")

MASKS: Final = range(1, 1 << len(KINDS))


def in_bucket(figure: Figure, bucket: int, kind: int) -> str:
    """Return the counter of a figure in a bucket of an hour (0 to 11), such as `t0b3` without the zero: `tb3`."""
    return f"{figure}{bucket:x}{kind:x}"


def in_day(figure: Figure, kind: int) -> str:
    """Return the counter of a figure in a day."""
    return f"{figure}{kind:x}"


def viewers_in_bucket(bucket: int, mask: int) -> str:
    """Return the counter of viewers who were seen in exactly the kinds of a mask, in a bucket of an hour (0 to 11)."""
    return f"u{bucket:x}{mask:x}"


def viewers_in_day(mask: int) -> str:
    """Return the counter of viewers who were seen in exactly the kinds of a mask on a day."""
    return f"u{mask:x}"


def quality(field: Quality, kind: int) -> str:
    """Return the counter of a quality figure, in an hour or in a day."""
    return f"q{field}{kind:x}"


def masks_of(kinds: Iterable[int]) -> list[int]:
    """Return the masks of viewers who were seen in any of these kinds."""
    wanted = mask_of(kinds)
    return [mask for mask in MASKS if mask & wanted]


def mask_of(kinds: Iterable[int]) -> int:
    """Return the mask of these kinds."""
    mask = 0
    for kind in kinds:
        mask |= 1 << kind
    return mask


@lru_cache(maxsize=1_024)  # a query reads thousands of items with the same few names
def is_counter(name: str) -> bool:
    """Return whether an attribute of an item is a counter."""
    return _COUNTER.fullmatch(name) is not None


def counts_viewers(name: str) -> bool:
    """Return whether a counter counts viewers: these are counted in any lane."""
    return name.startswith("u")
