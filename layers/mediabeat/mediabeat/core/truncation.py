"""Cuts lists that a hostile session could make too long for an item of the table or for a response.

Counts and sums are computed before the cut, so they stay exact.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from pydantic_core import to_json

Entry = TypeVar("Entry")


def first_fitting(entries: Iterable[Entry], most_bytes: int) -> Iterator[Entry]:
    """Yield the first entries that together fit into `most_bytes` of JSON."""
    for entry in entries:
        most_bytes -= len(to_json(entry)) + 1
        if most_bytes < 0:
            return
        yield entry


def both_ends(entries: Sequence[Entry], most: int) -> list[Entry]:
    """Return all entries; if there are more than `most`, the first and the last `most` / 2."""
    if len(entries) <= most:
        return list(entries)
    return [*entries[: most // 2], *entries[len(entries) - (most - most // 2) :]]
