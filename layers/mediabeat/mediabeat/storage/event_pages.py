"""The table's pages: older events of a session, or those of a batch, in items that are written once."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from mediabeat.storage.session_items import Item, key

PAGE_BYTES: Final = 300_000
"""Pages of a batch hold at most this much, below DynamoDB's 400 KB an item."""


def page_item(sid: str, events: Iterable[bytes], *, expires_at: int) -> Item:
    """Return a page; its key is made from its events, so that writing it twice is writing it once."""
    packed = sorted(set(events))
    digest = hashlib.sha256(b"".join(len(event).to_bytes(4, "big") + event for event in packed)).hexdigest()[:24]
    return key(sid, f"page#{digest}") | {"events": {"BS": packed}, "expires_at": {"N": str(expires_at)}}


def pages(events: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Deal a batch's events out to pages that each fit into an item."""
    page: list[bytes] = []
    size = 0
    for event in events:
        if page and size + len(event) > PAGE_BYTES:
            yield page
            page, size = [], 0
        page.append(event)
        size += len(event)
    if page:
        yield page
