"""The entries that find a viewer's sessions: one for each id by which a session's viewer is known. Pure; `table` has the map.

Each entry names the other ids. So from one entry all of them can be found, even if the session itself is gone or was never
finished.
"""

from typing import Final, NamedTuple

from mediabeat.core.event import VIEWER_IDS
from mediabeat.core.event_codec import unpack
from mediabeat.core.records import Start
from mediabeat.storage.table import Item, key

OUTLIVES_S: Final = 48 * 3_600
"""An entry outlives its session, because pages that are written later expire later: at most by the largest `MaxAgeHours`."""


class ViewerEntry(NamedTuple):
    """An entry that finds the session `sid`. The entries of the viewer's other UUIDs have the same sort key."""

    project_id: str
    viewer: str
    sort_key: str
    others: tuple[str, ...]

    @property
    def sid(self) -> str:
        """The session that the entry finds."""
        return self.sort_key.rpartition("#")[2]

    @property
    def keys(self) -> list[Item]:
        """The keys of all entries of that session; the key of this entry is last."""
        return [key(viewer_partition(self.project_id, one), self.sort_key) for one in (*self.others, self.viewer)]


def viewer_partition(project_id: str, viewer: str) -> str:
    """Return the partition of the entries of a viewer's sessions."""
    return f"viewer#{project_id}#{viewer.lower()}"


def viewer_items(sid: str, start: Start, *, expires_at: int) -> list[Item]:
    """Return the entries that find a session by its viewer; `expires_at`, in epoch seconds, is the session's.

    A viewer's entries sort by the start of the sessions.
    """
    params = unpack(start.event).params
    known = [start.viewer, *(params[name] for name in VIEWER_IDS if params.get(name))]
    viewers = list(dict.fromkeys(map(str.lower, known)))
    items = []
    for viewer in viewers:
        item = key(viewer_partition(start.project_id, viewer), f"{start.started_at:015}#{sid}")
        item |= {"expires_at": {"N": str(expires_at + OUTLIVES_S)}}
        if others := [one for one in viewers if one != viewer]:
            item |= {"others": {"SS": others}}
        items.append(item)
    return items


def viewer_entry_of(item: Item) -> ViewerEntry:
    """Read an entry."""
    _, project_id, viewer = item["pk"]["S"].split("#")
    others = tuple(sorted(item.get("others", {}).get("SS", ())))
    return ViewerEntry(project_id=project_id, viewer=viewer, sort_key=item["sk"]["S"], others=others)
