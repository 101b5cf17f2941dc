"""The size of an item, by DynamoDB's rules."""

import math
from typing import Final

from mediabeat.storage.table import Item

MAX_ITEM_BYTES: Final = 400 * 1_024


def size_of(item: Item) -> int:
    """Return the size of an item in bytes, by the rules of DynamoDB's developer guide ("Item sizes and formats").

    Names and text in UTF-8, a number a byte for each two digits and one more. Of sets the guide says nothing but their
    elements, so take for them what it says of lists, to be safe: three bytes, and one for each element.
    """
    return sum(len(name.encode()) + _size_of_value(*next(iter(value.items()))) for name, value in item.items())


def _size_of_value(kind: str, value: str | bytes | list[bytes]) -> int:
    match kind, value:
        case "S", str():
            return len(value.encode())
        case "N", str():
            return math.ceil(len(value.lstrip("-").strip("0")) / 2) + 1 + value.startswith("-")
        case "B", bytes():
            return len(value)
        case "BS", list():
            return 3 + sum(len(element) + 1 for element in value)
        case "SS", list():
            return 3 + sum(len(element) + 1 for element in value)
    raise AssertionError(f"no size is known of {kind}")
