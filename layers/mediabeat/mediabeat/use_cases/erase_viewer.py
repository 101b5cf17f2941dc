"""Erasing a viewer: every session, and every entry that finds one, and then a look at what is left.

A session's items are deleted first and the entry that found it last, so that whoever is cut off can begin again. Players go on
meanwhile. With its head gone a session takes no event, and no closer can write to it; but a request that was under way then may
still write a page or a start, which nothing but its own end stops. So each session is looked at again when that has come, and
its entry goes only when nothing was there.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from mediabeat.core.pseudonyms import Pseudonyms, is_uuid
from mediabeat.storage.viewer_items import ViewerEntry
from mediabeat.storage.viewer_store import ViewerStore

UNDER_WAY_S: Final = 15
"""No request that a function makes takes effect later than this: those that write without a condition run for 10 s at most."""

ROUNDS: Final = 10
"""A viewer who starts sessions faster than these are erased has to be tried again later."""


class Erased(NamedTuple):
    """What was done: `viewers` are the UUIDs by which sessions were found, `others` those by which they could be found too.

    `left` is how many items were there at the last look.
    """

    viewers: tuple[str, ...]
    others: tuple[str, ...]
    sessions: int
    items: int
    entries: int
    left: int


def viewers_called(name: str, pseudonyms: Pseudonyms) -> tuple[str, ...]:
    """Return the UUIDs that may stand for a viewer of this name: an id as a player sends it, or a UUID of an answer."""
    return (pseudonyms.viewer(name), *((name.lower(),) if is_uuid(name) else ()))


def erase(project_id: str, viewers: tuple[str, ...], store: ViewerStore, *, wait: Callable[[int], None]) -> Erased:
    """Remove all sessions of a viewer and report what is left; `wait` lets so many seconds pass.

    Can be cut off and run again. Raises StorageUnavailable.
    """
    found: dict[ViewerEntry, None] = {}
    items = entries = 0
    for _ in range(ROUNDS):
        listed = _entries(project_id, viewers, store)
        if not listed:
            break
        found |= dict.fromkeys(listed)
        items += sum(store.remove_session(entry.sid) for entry in listed)
        wait(UNDER_WAY_S)
        for entry in listed:
            came_back = store.remove_session(entry.sid)
            items += came_back
            if not came_back:
                entries += store.remove_entry(entry)
    looked_at = found | dict.fromkeys(_entries(project_id, viewers, store))
    known_by = {entry.viewer for entry in looked_at}
    return Erased(
        tuple(sorted(known_by)),
        tuple(sorted({other for entry in looked_at for other in entry.others} - known_by)),
        len({entry.sid for entry in found}),
        items,
        entries,
        sum(map(store.left, looked_at)),
    )


def _entries(project_id: str, viewers: Iterable[str], store: ViewerStore) -> list[ViewerEntry]:
    return [entry for viewer in viewers for entry in store.entries(project_id, viewer)]
