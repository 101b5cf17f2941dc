"""Sessions that a deleted project has left: a new project of its name, with another key, must not get them unnoticed."""

from functools import partial

from mediabeat.cli.target import Target
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core.event import MAX_TS_MS
from mediabeat.core.projects import PROJECT_ID
from mediabeat.core.session_query import DEVICES, VIDEO_TYPES
from mediabeat.runtime.settings import server_clock
from mediabeat.storage.session_items import listings


def refuse(project_id: str, target: Target) -> None:
    """Raise CommandFailed if a project does not exist, and a deleted one of its name has sessions that have not expired."""
    if not PROJECT_ID.fullmatch(project_id) or target.registry.project(project_id) is not None:
        return
    newest = partial(target.queries.newest, since=0, until=MAX_TS_MS, page_size=1, now=server_clock())
    if any(next(newest(kind), None) for kind in listings(project_id, DEVICES, VIDEO_TYPES, target.index_shards)):
        raise CommandFailed(
            f"A deleted project was called {project_id!r}, and its sessions are still stored. The new project could read them.\n"
            "Choose another name, or wait until they have expired.\n"
            f"If they are yours, take them over: mediabeat project create {project_id} --with-sessions"
        )
