"""Write units: what storing items costs, by DynamoDB's rules. Pure.

Source: DynamoDB's developer guide, "Item sizes and formats" and "Capacity unit consumption".
"""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any, Final

from mediabeat.core.request_limits import APPEND_UNITS, LINES_UNITS
from mediabeat.errors import CostsTooMuch
from mediabeat.storage.table import Item

UNIT_BYTES: Final = 1_024
MAX_ITEM_BYTES: Final = 400 * 1_024


def item_bytes(item: Mapping[str, Any]) -> int:
    """Return the size of an item in bytes: names and text in UTF-8, a number a byte for each two digits and one more.

    The guide does not say how sets are counted. They count here as lists do: three bytes, and one for each element.
    """
    return sum(len(name.encode()) + _value_bytes(*next(iter(value.items()))) for name, value in item.items())


def _value_bytes(kind: str, value: Any) -> int:
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return ceil(len(value.lstrip("-").strip("0")) / 2) + 1 + int(value.startswith("-"))
        case "B":
            return len(value)
        case "BOOL":
            return 1
        case "BS" | "SS":
            return 3 + sum(len(element) + 1 for element in value)
    raise ValueError(f"no item has values of the kind {kind}")


def units_to_put(item: Item) -> int:
    """Return the write units of putting a new item, with its copies in the indexes: `due` has keys only, `newest` no event."""
    sizes = [item_bytes(item)]
    if "due_shard" in item:
        sizes.append(UNIT_BYTES)
    if "listing" in item:
        sizes.append(item_bytes({name: value for name, value in item.items() if name != "event"}))
    return sum(ceil(size / UNIT_BYTES) for size in sizes)


def check_append(page: Item) -> None:
    """Raise CostsTooMuch if a page and the update of its head, which are one transaction, need more units than an append may."""
    needed = 2 * (units_to_put(page) + 1)  # a transaction costs twice the units
    if needed > APPEND_UNITS:
        raise CostsTooMuch("a request", needed=needed, most=APPEND_UNITS)


def check_units(items: Iterable[Item], *, most: int, what: str) -> None:
    """Raise CostsTooMuch if putting these items needs more than `most` write units. `what` names the request in the message."""
    items = list(items)
    needed = sum(map(units_to_put, items))
    if needed > most or any(item_bytes(item) > MAX_ITEM_BYTES for item in items):
        raise CostsTooMuch(what, needed=needed, most=most)


LINES_START_UNITS: Final = 16
"""Write units of the transaction that begins a session of CMCD lines, at most, without the lines."""

FULL_TAIL_UNITS: Final = 3
"""Write units of a small append that finds the tail full."""


def check_lines(sizes: Iterable[int]) -> int:
    """Return the write units for the lines of a body, given their bytes by session, if all sessions exist.

    Raises CostsTooMuch if that is more than one request may use, also if one of the sessions begins with it.
    """
    each = [FULL_TAIL_UNITS if size <= UNIT_BYTES else 2 * (ceil(1.1 * size / UNIT_BYTES) + 1) for size in sizes]
    needed = sum(each) + LINES_START_UNITS
    if needed > LINES_UNITS or max(each, default=0) > APPEND_UNITS:
        raise CostsTooMuch("a body of CMCD lines", needed=needed, most=LINES_UNITS)
    return sum(each)
