"""Start times in nine bins, which can be added up over sessions, lanes and hours, and their median and 95th percentile."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

EDGES_MS: Final = (500, 1_000, 2_000, 3_000, 5_000, 8_000, 13_000, 20_000)
"""Each bin includes its upper edge; the last bin has none. So the first five hold the starts of good sessions, at most 5 s."""

BINS: Final = len(EDGES_MS) + 1


def bin_of(start_ms: int) -> int:
    """Return the bin of a start time, from 0 to 8."""
    return bisect_left(EDGES_MS, start_ms)


def percentile_ms(counts: Sequence[int], percent: int) -> int | None:
    """Return the start time that so many per cent of the sessions did not exceed, by linear interpolation within its bin.

    `counts` has the sessions of each bin. The last bin has no upper edge, so nothing above 20 s is told apart. None without any
    session.
    """
    if sum(counts) <= 0:
        return None
    rank, below = sum(counts) * percent / 100, 0
    edges = (0, *EDGES_MS, EDGES_MS[-1])
    for lower, upper, count in zip(edges, edges[1:], counts, strict=True):
        if count > 0 and below + count >= rank:
            return round(lower + (upper - lower) * (rank - below) / count)
        below += count
    return EDGES_MS[-1]
