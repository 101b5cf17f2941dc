"""What is written into a session's start, its entry in the list of sessions, after it exists.

A change of its figures says which figures it replaces. The stream carries both, so a roll-up adds the difference, whatever the
order of the changes. `was` is there exactly when the last change of the item changed its figures.
"""

from contextlib import suppress
from typing import Final

from mediabeat.core.records import StoredSession
from mediabeat.core.rollups.figures import ATTEMPT, NOTHING
from mediabeat.storage.checkpoints import measured_item
from mediabeat.storage.dynamodb import EXISTS, ConditionFailed, Table
from mediabeat.storage.session_items import START
from mediabeat.storage.table import Item, key, number_in

FIGURES: Final = "was = if_not_exists(figures, :before), figures = :figures"
SAME_VERSION: Final = "version = :version"
NO_VERSION: Final = f"{EXISTS} AND attribute_not_exists(version)"


class ListEntries:
    """The list entries of one deployment. Its methods raise StorageUnavailable when the database refuses for now."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def write_summary(self, stored: StoredSession, summary: bytes, *, short: bytes | None, figures: bytes) -> None:
        """Write the summary of a closed session and its figures.

        If there is a `short` summary, the entry gets that one, and the whole summary is stored beside the session.
        """
        values = _replacing(stored.version, figures)
        if short is None:
            changes, whole = f"SET summary = :summary, {FIGURES} REMOVE is_short ADD version :one", None
            values |= {":summary": {"B": summary}}
        else:
            changes = f"SET summary = :summary, is_short = :true, {FIGURES} ADD version :one"
            values |= {":summary": {"B": short}, ":true": {"BOOL": True}}
            whole = measured_item(stored.sid, summary, as_of=stored.head.last_at, expires_at=stored.expires_at)
        update = {
            "Key": key(stored.sid, START),
            "UpdateExpression": changes,
            "ConditionExpression": EXISTS,
            "ExpressionAttributeValues": values,
        }
        with suppress(ConditionFailed):  # the session is being erased, and nothing of it comes back
            self._table.update_with(update, whole)

    def remove(self, sid: str) -> None:
        """Delete the start of a session, and take it out of the roll-ups first."""
        while (item := self._table.get(key(sid, START), consistent=True)) is not None:
            version, figures = number_in(item, "version"), item.get("figures")
            if figures == {"B": NOTHING.to_bytes()}:
                # A closer may have written figures since, which are not taken out yet.
                if self._table.delete_if(key(sid, START), SAME_VERSION, {":version": {"N": str(version)}}):
                    return
                continue
            self._change_figures(sid, NOTHING.to_bytes(), version)

    def write_figures(self, stored: StoredSession, figures: bytes) -> bool:
        """Write figures, unless the stored ones have changed since the session was read. Returns whether they are written."""
        return self._change_figures(stored.sid, figures, stored.version)

    def _change_figures(self, sid: str, figures: bytes, version: int | None) -> bool:
        condition, values = NO_VERSION, _replacing(version, figures)
        if version is not None:
            condition, values = SAME_VERSION, values | {":version": {"N": str(version)}}
        return self._table.update(key(sid, START), f"SET {FIGURES} ADD version :one", condition, values)


def _replacing(version: int | None, figures: bytes) -> Item:
    # The start of an earlier release has no version, and the stream has not counted it.
    before = NOTHING if version is None else ATTEMPT
    return {":before": {"B": before.to_bytes()}, ":figures": {"B": figures}, ":one": {"N": "1"}}
