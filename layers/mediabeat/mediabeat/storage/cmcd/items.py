"""The items that only CMCD sessions have. Pure."""

from collections.abc import Iterable

from mediabeat.storage.table import Item, key


def with_tail(head: Item, events: Iterable[bytes]) -> Item:
    """Return the head of a new session that has these events already."""
    packed = sorted(set(events))
    return head | {"tail": {"BS": packed}, "tail_bytes": {"N": str(sum(map(len, packed)))}}


def waiting_key(sid: str) -> Item:
    """Return the key of the page for lines that came before their session exists. It is read with the session's other pages."""
    return key(sid, "page#waiting")
