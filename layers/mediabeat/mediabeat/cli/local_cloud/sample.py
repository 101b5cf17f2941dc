"""What the files in events/ name: the project `sample` with its keys, and one session that stays open.

These keys are no secrets, because everybody can read them here. So only a local cloud has this project.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mediabeat.cli import projects
from mediabeat.core.event import identifies
from mediabeat.core.event_codec import pack
from mediabeat.core.projects import AccessKey, Project, hash_of
from mediabeat.core.records import Head, Phase, Start
from mediabeat.errors import NotFound
from mediabeat.protocols.media_collection.requests import parse_session_start
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage import session_items
from mediabeat.storage.due_partitions import partition_of
from mediabeat.storage.dynamodb import Table

if TYPE_CHECKING:
    from mediabeat.cli.target import Target

PROJECT_ID: Final = "sample"
API_KEY: Final = "mb_key-of-the-sample"
ACCESS_KEY_ID: Final = "SAMPLE00ACCESS00KEY0"
SECRET: Final = "secret-of-the-sample"  # noqa: S105 - see above
SESSION_ID: Final = "0123456789abcdef" * 4
VIEWER: Final = "00000000-0000-4000-8000-000000000000"
DAY_MS: Final = 86_400_000
OPEN_MS: Final = 3_650 * DAY_MS
"""The session's due mark lies so far ahead that the closer never comes to it."""


def keep(target: "Target", events: Path, now: int) -> None:
    """Create the project, its keys and its session, or what of them is missing. `events` is the folder; `now` in epoch ms."""
    registry = target.registry
    projects.restore(Project(PROJECT_ID, hash_of(API_KEY), now), registry)
    if registry.access_key(ACCESS_KEY_ID) is None:
        if target.secrets.secret(ACCESS_KEY_ID, now=now) is None:
            target.secrets.keep(ACCESS_KEY_ID, SECRET)
        with suppress(NotFound):  # an `up` at the same moment created it
            registry.create_access_key(AccessKey(ACCESS_KEY_ID, PROJECT_ID, now))
    stored = target.store.read_session(SESSION_ID)
    if stored is None or stored.start is None or stored.head.phase is not Phase.OPEN:
        _write_session(target, json.loads((events / "create_session.json").read_text(encoding="utf-8")), now)


def _write_session(target: "Target", request: dict[str, Any], now: int) -> None:
    event = parse_session_start(json.loads(request["body"]))
    event = event._replace(params={name: value for name, value in event.params.items() if not identifies(name)})
    caller = caller_of(request["headers"])
    start = Start(
        project_id=PROJECT_ID,
        device=caller.device,
        video_type="VOD",
        viewer=VIEWER,
        caller=caller.to_json(),
        started_at=now,
        ts_skew=now - event.ts,
        event=pack(event),
    )
    table, shards, expires_at = Table(target.table, target.client("dynamodb")), target.index_shards, (now + OPEN_MS) // 1_000
    head = Head(Phase.OPEN, now, now + OPEN_MS)
    due_shard = partition_of(SESSION_ID, PROJECT_ID, weight=0, shards=shards)
    table.put(session_items.head_item(SESSION_ID, head, due_shard=due_shard, expires_at=expires_at))
    table.put(session_items.start_item(SESSION_ID, start, shards=shards, expires_at=expires_at))
