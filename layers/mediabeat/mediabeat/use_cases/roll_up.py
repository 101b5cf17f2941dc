"""Rolling up: a batch of the table's stream is counted in the figures by which charts are drawn."""

from mediabeat.storage.rollups.live_viewers import LiveViewers
from mediabeat.storage.rollups.rollup_store import RollUpStore
from mediabeat.storage.rollups.stream_records import Records


def roll_up(records: Records, counters: RollUpStore, viewers: LiveViewers) -> None:
    """Count what the records say. Can be cut off and repeated, and each session counts once nevertheless.

    Raises StorageUnavailable.
    """
    # The gauge counts a batch once only if it is cut in the same way each time, so it comes last: then the rest has succeeded.
    counters.count(records.changes)
    viewers.count(records.sightings)
