"""What waits for the closer."""

from itertools import chain

from mediabeat.storage import due_partitions
from mediabeat.storage.session_store import Store


def due_sids(store: Store, now: int) -> list[str]:
    """Return the ids of the sessions that are due, of all projects and lanes: oldest mark first, those aside last."""
    usual = chain(*store.due.usual().values(), *store.due.large().values())
    aside = (due_partitions.ASIDE, *map(due_partitions.aside, range(due_partitions.MAX_LEVEL + 1)))
    due = (sorted(entry for one in some for entry in store.due.read(one, now)) for some in (usual, aside))
    return [sid for _, sid in chain(*due)]
