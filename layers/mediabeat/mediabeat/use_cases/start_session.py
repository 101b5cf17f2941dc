"""Starting a session: a live one with its first event, or a downloaded one with all of its events."""

import secrets
import uuid
from typing import Any, NamedTuple

from mediabeat.core.channels import takes_sessions
from mediabeat.core.close_rules import CloseReason, Limits, Liveness, next_due
from mediabeat.core.event import MAX_BATCH_EVENTS, MAX_EVENT_BYTES, Event, EventType, is_live, parse_later, parse_start
from mediabeat.core.event_codec import canonical_json, count_of, pack
from mediabeat.core.pseudonyms import Pseudonyms, identifies
from mediabeat.core.records import Caller, Head, Phase, Start
from mediabeat.core.session import fold
from mediabeat.errors import MAX_PROBLEMS, InvalidInput, Problem
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import ViewerKey
from mediabeat.storage.session_store import Store


class Started(NamedTuple):
    """A session that has been stored, and whose it is."""

    sid: str
    project_id: str


def start_session(
    value: Any, caller: Caller, store: Store, registry: Registry, viewer_key: ViewerKey, limits: Limits, *, now: int
) -> Started:
    """Store a new session with its `sessionStart` and return it. `now` is the server's clock, epoch milliseconds.

    Raises InvalidInput, also for a report suite that is no project and for a channel that is stopped or deleted.
    """
    event = parse_start(value)
    start = _start(event, caller, registry, viewer_key, "", started_at=now, ts_skew=now - event.ts)
    sid = _new_sid()
    due_at = next_due(Liveness(now, now, now), limits)
    store.create_session(sid, Head(Phase.OPEN, now, due_at), start, now=now)
    return Started(sid, start.project_id)


def store_downloaded(
    value: Any, caller: Caller, store: Store, registry: Registry, viewer_key: ViewerKey, *, now: int, must_say_so: bool
) -> Started:
    """Store a whole session that was watched offline, closed, dated by its own clock, and return it.

    `must_say_so`: its `sessionStart` has to carry `media.downloaded: true`. Raises InvalidInput naming the wrong fields of all
    events, and stores nothing then.
    """
    events = _batch(value, must_say_so)
    start = _start(events[0], caller, registry, viewer_key, "[0].", started_at=events[0].ts, ts_skew=0)
    session = fold(events)
    ended = any(event.type is EventType.SESSION_END for event in events)
    reason = CloseReason.COMPLETED if session.is_complete and not ended else CloseReason.SESSION_END
    packed = {pack(event) for event in events[1:]}
    taken = sum(map(count_of, packed))
    head = Head(Phase.CLOSED, now, now, closed_at=session.events[-1].ts, close_reason=reason, taken=taken)
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


def _start(
    event: Event, caller: Caller, registry: Registry, viewer_key: ViewerKey, where: str, *, started_at: int, ts_skew: int
) -> Start:
    project_id, channel = event.params["analytics.reportSuite"], event.params["media.channel"]
    admission = registry.admission(project_id, channel)
    if admission.project is None:
        raise InvalidInput(Problem(f"{where}params.analytics.reportSuite", f"{project_id!r:.100} is not a project here"))
    status = admission.channel_status
    if status is not None and not takes_sessions(status):
        rule = f"the channel {channel!r:.100} is {status} and takes no sessions"
        raise InvalidInput(Problem(f"{where}params.media.channel", rule))
    viewer = None
    if any(map(identifies, event.params)):
        pseudonyms = Pseudonyms(viewer_key.read(), project_id, keeps_uuids=admission.project.keeps_viewer_uuids)
        viewer = pseudonyms.shown(event.params)
        event = event._replace(params=pseudonyms.hide(event.params))
    return Start(
        project_id=project_id,
        device=caller.device,
        video_type="LIVE" if is_live(event) else "VOD",
        viewer=viewer or str(uuid.uuid4()),
        caller=caller.to_json(),
        started_at=started_at,
        ts_skew=ts_skew,
        event=pack(event),
        opt_out_share=event.params.get("analytics.optOutShare", False),
        opt_out_forwarding=event.params.get("analytics.optOutServerSideForwarding", False),
    )


def _new_sid() -> str:
    return secrets.token_hex(32)
