"""Which projects exist, as this process remembers it for a minute: players of an unknown project go on sending."""

from typing import Final

from mediabeat.core.close_rules import MINUTE_MS
from mediabeat.storage.project_store import Registry

REMEMBERED_MS: Final = MINUTE_MS
MOST_REMEMBERED: Final = 1_000
"""Ids that are remembered. Anybody can make up more."""


class KnownProjects:
    """The projects that were asked for in the last minute."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[str, tuple[bool, int]] = {}

    def has(self, project_id: str, *, now: int) -> bool:
        """Return whether a project exists, or did a minute ago (`now` in epoch milliseconds). Raises StorageUnavailable."""
        exists, until = self._known.get(project_id, (False, 0))
        if now < until:
            return exists
        exists = self._registry.admission(project_id, "").project is not None  # also by a further id
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[project_id] = exists, now + REMEMBERED_MS
        return exists
