"""Receiving what one request brings, in any mix: new sessions, whole downloaded ones, and events of sessions that exist."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from mediabeat.core.close_rules import Limits
from mediabeat.core.event import Event
from mediabeat.core.projects import Project
from mediabeat.core.records import Caller
from mediabeat.errors import MediabeatError, Problem, ProjectUnknown
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import ViewerKey
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.append_events import append_events
from mediabeat.use_cases.start_session import Started, start_session, store_downloaded

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


SOURCE: Final = "media_edge"
"""The protocol of these sessions, as their detail names it."""


class NewSession(NamedTuple):
    """A `sessionStart`. `name` is the same in every try; `sent_ts` is the player's clock when the request was sent."""

    event: Event
    name: str
    sent_ts: int | None = None


class DownloadedSession(NamedTuple):
    """The events of a session that was watched offline, the `sessionStart` first."""

    events: Sequence[Event]


class LaterEvent(NamedTuple):
    """An event of a session that has started."""

    sid: str
    event: Event


class ProjectAsked(NamedTuple):
    """The question which project an id names."""

    project_id: str


class NotParsed(NamedTuple):
    """What a request brings that breaks rules."""

    error: MediabeatError


Item = NewSession | DownloadedSession | LaterEvent | ProjectAsked | NotParsed

Outcome = Started | Project | MediabeatError | None
"""A session that was stored, the project that was asked for, why it was refused, or None for an event that is durable."""


class Deployment(NamedTuple):
    """Where to store what comes in, and the closing rules."""

    starts: SessionStarts
    store: Store
    registry: Registry
    viewer_key: ViewerKey
    limits: Limits


def deployment(
    client: "DynamoDBClient", viewer_key: ViewerKey, *, table_name: str, retention_s: int, limits: Limits, index_shards: int
) -> Deployment:
    """Return the parts of a deployment with these settings."""
    return Deployment(
        SessionStarts(table_name, client, retention_s=retention_s, index_shards=index_shards),
        Store(table_name, client, retention_s=retention_s, index_shards=index_shards),
        Registry(table_name, client),
        viewer_key,
        limits,
    )


def started(outcomes: Iterable[Outcome]) -> list[Started]:
    """Return the sessions that were stored."""
    return [one for one in outcomes if isinstance(one, Started)]


def receive(
    items: Sequence[Item], caller: Callable[[], Caller], to: Deployment, *, now: int, on_retry: Callable[[], None] = lambda: None
) -> list[Outcome]:
    """Store what a request brings, and return the outcome of each item. `now` is the server's clock, epoch milliseconds.

    The events of one session are stored by one write. `caller` is asked only for new sessions.
    """
    outcomes: dict[int, Outcome] = {}
    later: dict[str, list[int]] = {}
    for position, item in enumerate(items):
        match item:
            case LaterEvent():
                later.setdefault(item.sid, []).append(position)
            case NotParsed(error):
                outcomes[position] = error
            case _:
                outcomes[position] = _outcome(item, caller, to, now=now)
    for sid, positions in later.items():
        events = [item.event for item in items if isinstance(item, LaterEvent) and item.sid == sid]
        outcomes |= zip(positions, _appended(sid, events, to, now=now, on_retry=on_retry), strict=True)
    return [outcomes[position] for position in range(len(items))]


def _outcome(
    item: NewSession | DownloadedSession | ProjectAsked, caller: Callable[[], Caller], to: Deployment, *, now: int
) -> Outcome:
    try:
        match item:
            case NewSession(event, name, sent_ts):
                stores = to.starts, to.registry, to.viewer_key, to.limits
                return start_session(event, caller(), *stores, now=now, name=name, sent_ts=sent_ts, source=SOURCE)
            case DownloadedSession(events):
                return store_downloaded(events, caller(), to.starts, to.registry, to.viewer_key, now=now, source=SOURCE)
            case ProjectAsked(project_id):
                project = to.registry.project_by_any_id(project_id)
                return project or ProjectUnknown(Problem("project", "is not a project here"))
    except MediabeatError as error:
        return error


def _appended(
    sid: str, events: Sequence[Event], to: Deployment, *, now: int, on_retry: Callable[[], None]
) -> Sequence[MediabeatError | None]:
    try:
        return append_events(sid, events, to.store, to.limits, now=now, on_retry=on_retry)
    except MediabeatError as error:  # nothing was stored
        return [error] * len(events)
