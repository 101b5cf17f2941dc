"""The table's entries that find a viewer's sessions."""

from mediabeat.table import Item, Start, key


def viewer_partition(project_id: str, viewer: str) -> str:
    """Return where the entries of a viewer's sessions are."""
    return f"viewer#{project_id}#{viewer.lower()}"


def viewer_item(sid: str, start: Start, *, expires_at: int) -> Item:
    """Return the entry that finds a session by its viewer; entries sort by the start of their sessions."""
    at = f"{start.started_at:015}#{sid}"
    return key(viewer_partition(start.project_id, start.viewer), at) | {"expires_at": {"N": str(expires_at)}}


def sid_of_viewer_item(item: Item) -> str:
    """Return the session that a viewer's entry finds."""
    sid: str = item["sk"]["S"].rpartition("#")[2]
    return sid
