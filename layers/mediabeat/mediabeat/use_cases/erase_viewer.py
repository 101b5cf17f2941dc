"""Erasing a viewer: every session, and every entry by which one is found. At the end it counts what is left.

A session's items are deleted first and its entry last, so that an interrupted run can be repeated. Players keep sending while
this runs. Without its head, a session accepts no event and no closer can write to it. But a request that was already running may
still write a page or a start until it times out. So each session is deleted a second time after that time-out, and its entry is
deleted only when nothing was found.

Before the start of a session is deleted, its figures are taken back. The charts follow within a minute, and the command waits.

A downloaded session leaves the mark of its upload, without anything about the viewer. By that mark a player's repeat is refused.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from mediabeat.core.pseudonyms import Pseudonyms, is_uuid
from mediabeat.storage.viewer_items import ViewerEntry
from mediabeat.storage.viewer_store import ViewerStore

UNDER_WAY_S: Final = 15
"""No write of a running request takes effect later than this: functions that write without a condition run for 10 s at most."""

CHARTS_WITHIN_S: Final = 120
CHARTS_STEP_S: Final = 5
"""How long the charts may take to forget a viewer, and how often that is looked at."""

MAX_ROUNDS: Final = 10
"""If a viewer starts sessions faster than they are erased, the command has to be repeated later."""


class Erased(NamedTuple):
    """The result: `viewers` are the UUIDs by which sessions were found, `others` further UUIDs of the same sessions.

    `left` is the number of items that were found at the end. `is_counted`: the charts still count the viewer.
    """

    viewers: tuple[str, ...]
    others: tuple[str, ...]
    sessions: int
    items: int
    entries: int
    left: int
    is_counted: bool = False


def viewers_called(name: str, pseudonyms: Pseudonyms) -> tuple[str, ...]:
    """Return the UUIDs under which a viewer may be stored. `name` is an id as a player sends it, or a UUID of a reply."""
    return (pseudonyms.viewer(name), *((name.lower(),) if is_uuid(name) else ()))


def erase(project_id: str, viewers: tuple[str, ...], store: ViewerStore, *, wait: Callable[[int], None]) -> Erased:
    """Delete all sessions of a viewer and report what is left; `wait` waits for a number of seconds.

    Can be interrupted and repeated. Raises StorageUnavailable.
    """
    found: dict[ViewerEntry, None] = {}
    items = entries = 0
    for _ in range(MAX_ROUNDS):
        listed = _entries(project_id, viewers, store)
        if not listed:
            break
        found |= dict.fromkeys(listed)
        for entry in listed:
            store.refuse_repeats(entry.sid)
        items += sum(store.remove_session(entry.sid) for entry in listed)
        wait(UNDER_WAY_S)
        for entry in listed:
            came_back = store.remove_session(entry.sid)
            items += came_back
            if not came_back:
                entries += store.remove_entry(entry)
    looked_at = found | dict.fromkeys(_entries(project_id, viewers, store))
    known_by = {entry.viewer for entry in looked_at}
    others = {other for entry in looked_at for other in entry.others} - known_by
    return Erased(
        tuple(sorted(known_by)),
        tuple(sorted(others)),
        len({entry.sid for entry in found}),
        items,
        entries,
        sum(map(store.left, looked_at)),
        _is_counted(project_id, {*viewers, *known_by}, store, wait),
    )


def _is_counted(project_id: str, viewers: Iterable[str], store: ViewerStore, wait: Callable[[int], None]) -> bool:
    """Return whether the charts count one of these viewers, after they had time to forget them."""

    def counted() -> bool:
        return any(store.is_counted(project_id, viewer) for viewer in viewers)

    for _ in range(CHARTS_WITHIN_S // CHARTS_STEP_S):
        if not counted():
            return False
        wait(CHARTS_STEP_S)
    return counted()


def _entries(project_id: str, viewers: Iterable[str], store: ViewerStore) -> list[ViewerEntry]:
    return [entry for viewer in viewers for entry in store.entries(project_id, viewer)]
