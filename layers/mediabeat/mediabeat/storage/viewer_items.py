"""The table's entries that find a viewer's sessions: one for each id by which a session's viewer is known.

    pk              sk            what
    viewer#{p}#{v}  {time}#{sid}  a session of the viewer v in the project p, and by what else that viewer is known in it

Access patterns: the newest session of a viewer by one query; all of them, to be erased. Each entry names its fellows, so that
whoever finds one finds all, even where the session itself is not there (its start failed, or it has been erased in part).
"""

from typing import NamedTuple

from mediabeat.core.event_codec import unpack
from mediabeat.core.records import Start
from mediabeat.core.vocabulary import VIEWER_IDS
from mediabeat.storage.table import Item, key


class ViewerEntry(NamedTuple):
    """An entry: it finds the session `sid`, as those of the viewer's other UUIDs do, under the same sort key."""

    project_id: str
    viewer: str
    sort_key: str
    others: tuple[str, ...]

    @property
    def sid(self) -> str:
        """The session that it finds."""
        return self.sort_key.rpartition("#")[2]

    @property
    def keys(self) -> list[Item]:
        """The keys of all entries of that session, this one's last."""
        return [key(viewer_partition(self.project_id, one), self.sort_key) for one in (*self.others, self.viewer)]


def viewer_partition(project_id: str, viewer: str) -> str:
    """Return where the entries of a viewer's sessions are."""
    return f"viewer#{project_id}#{viewer.lower()}"


def viewer_items(sid: str, start: Start, *, expires_at: int) -> list[Item]:
    """Return the entries that find a session by its viewer; a viewer's entries sort by the start of their sessions."""
    params = unpack(start.event).params
    known = [start.viewer, *(params[name] for name in VIEWER_IDS if params.get(name))]
    viewers = list(dict.fromkeys(map(str.lower, known)))
    items = []
    for viewer in viewers:
        item = key(viewer_partition(start.project_id, viewer), f"{start.started_at:015}#{sid}")
        item |= {"expires_at": {"N": str(expires_at)}}
        if others := [one for one in viewers if one != viewer]:
            item |= {"others": {"SS": others}}
        items.append(item)
    return items


def viewer_entry_of(item: Item) -> ViewerEntry:
    """Read an entry."""
    _, project_id, viewer = item["pk"]["S"].split("#")
    return ViewerEntry(project_id, viewer, item["sk"]["S"], tuple(sorted(item.get("others", {}).get("SS", ()))))
