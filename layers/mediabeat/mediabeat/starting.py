"""Starting a session: a live one with its first event, or a downloaded one with all of its events."""

import re
import secrets
import uuid
from typing import Any, Final, NamedTuple

from mediabeat.callers import Caller
from mediabeat.channels import takes_sessions
from mediabeat.errors import MAX_PROBLEMS, InvalidInput, Problem
from mediabeat.events import MAX_BATCH_EVENTS, MAX_EVENT_BYTES, Event, EventType, is_live, parse_later, parse_start
from mediabeat.packing import canonical_json, count_of, pack
from mediabeat.registry import Registry
from mediabeat.session import fold
from mediabeat.store import Store
from mediabeat.table import Head, Phase, Start
from mediabeat.timeouts import CloseReason, Limits, Liveness, next_due

_UUID: Final = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Started(NamedTuple):
    """A session that has been stored, and whose it is."""

    sid: str
    project_id: str


def start_session(value: Any, caller: Caller, store: Store, registry: Registry, limits: Limits, *, now: int) -> Started:
    """Store a new session with its `sessionStart` and return it. `now` is the server's clock, epoch milliseconds.

    Raises InvalidInput, also for a report suite that is no project and for a channel that is stopped or deleted.
    """
    event = parse_start(value)
    start = _start(event, caller, registry, "", started_at=now, ts_skew=now - event.ts)
    sid = _new_sid()
    due_at = next_due(Liveness(now, now, now), limits)
    store.create_session(sid, Head(Phase.OPEN, now, due_at), start, now=now)
    return Started(sid, start.project_id)


def store_downloaded(value: Any, caller: Caller, store: Store, registry: Registry, *, now: int, must_say_so: bool) -> Started:
    """Store a whole session that was watched offline, closed, dated by its own clock, and return it.

    `must_say_so`: its `sessionStart` has to carry `media.downloaded: true`. Raises InvalidInput naming the wrong fields of all
    events, and stores nothing then.
    """
    events = _batch(value, must_say_so)
    start = _start(events[0], caller, registry, "[0].", started_at=events[0].ts, ts_skew=0)
    session = fold(events)
    ended = any(event.type is EventType.SESSION_END for event in events)
    reason = CloseReason.COMPLETED if session.is_complete and not ended else CloseReason.SESSION_END
    packed = {pack(event) for event in events[1:]}
    taken = sum(map(count_of, packed))
    head = Head(Phase.CLOSED, now, now, closed_at=session.spans[-1].event.ts, close_reason=reason, taken=taken)
    sid = _new_sid()
    store.create_session(sid, head, start, packed, now=now)
    return Started(sid, start.project_id)


def _batch(value: Any, must_say_so: bool) -> list[Event]:
    if not isinstance(value, list) or not value:
        raise InvalidInput(Problem("body", "must be a JSON array of events, the first one a sessionStart"))
    if len(value) > MAX_BATCH_EVENTS:
        raise InvalidInput(Problem("body", f"must not hold more than {MAX_BATCH_EVENTS} events"))
    events: list[Event] = []
    problems: list[Problem] = []
    for position, one in enumerate(value):
        if len(canonical_json(one).encode()) > MAX_EVENT_BYTES:
            problems.append(Problem(f"[{position}]", f"must not be larger than {MAX_EVENT_BYTES} bytes"))
            continue
        parse = parse_later if position else parse_start
        try:
            events.append(parse(one, f"[{position}]."))
        except InvalidInput as error:
            problems.extend(error.problems)
        if len(problems) > MAX_PROBLEMS:
            break  # no more are told
    if not problems and must_say_so and events[0].params.get("media.downloaded") is not True:
        problems.append(Problem("[0].params.media.downloaded", "must be true in a session that is sent as an array"))
    if problems:
        raise InvalidInput(*problems)
    return events


def _start(event: Event, caller: Caller, registry: Registry, where: str, *, started_at: int, ts_skew: int) -> Start:
    project_id, channel = event.params["analytics.reportSuite"], event.params["media.channel"]
    admission = registry.admission(project_id, channel)
    if not admission.is_project:
        raise InvalidInput(Problem(f"{where}params.analytics.reportSuite", f"{project_id!r:.100} is not a project here"))
    status = admission.channel_status
    if status is not None and not takes_sessions(status):
        rule = f"the channel {channel!r:.100} is {status} and takes no sessions"
        raise InvalidInput(Problem(f"{where}params.media.channel", rule))
    return Start(
        project_id=project_id,
        device=caller.device,
        video_type="LIVE" if is_live(event) else "VOD",
        viewer=viewer_uuid(event, project_id),
        caller=caller.to_json(),
        started_at=started_at,
        ts_skew=ts_skew,
        event=pack(event),
    )


def viewer_uuid(start: Event, project_id: str) -> str:
    """Return the viewer as a UUID: a UUID that the player sent, else one made from its id, else a random one."""
    ids = [start.params.get(name) for name in ("analytics.visitorId", "visitor.marketingCloudUserId")]
    given = [one for one in ids if one]
    for one in given:
        if _UUID.fullmatch(one):
            return str(one)
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{project_id}/{given[0]}")) if given else str(uuid.uuid4())


def _new_sid() -> str:
    return secrets.token_hex(32)
