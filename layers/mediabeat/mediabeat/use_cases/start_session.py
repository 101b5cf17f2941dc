"""Starting a session: a live one with its first event, or a downloaded one with all of its events."""

import secrets
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mediabeat.core.channels import takes_sessions
from mediabeat.core.close_rules import CloseReason, Limits, Liveness, next_due
from mediabeat.core.event import CHANNEL, OPT_OUT_FORWARDING, OPT_OUT_SHARE, REPORT_SUITE, Event, EventType, identifies, is_live
from mediabeat.core.event_codec import event_weight, pack
from mediabeat.core.projects import Project
from mediabeat.core.pseudonyms import Pseudonyms
from mediabeat.core.records import Caller, Head, Phase, Start
from mediabeat.core.session import fold
from mediabeat.core.session_id import RANDOM_BYTES, session_id
from mediabeat.errors import InvalidInput, Problem, ProjectUnknown
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import ViewerKey
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.upload_items import FirstTry, session_id_of

if TYPE_CHECKING:
    from mediabeat.core.session_query import VideoType


class Started(NamedTuple):
    """A session that has been stored, its project, and the project's organisation ("": not known).

    `is_repeat`: an earlier request had stored it, or had begun to.
    """

    sid: str
    project_id: str
    is_repeat: bool = False
    org: str = ""

    @property
    def outcome(self) -> str:
        """The request's outcome in the log."""
        return "request repeated" if self.is_repeat else "session started"


def start_session(
    event: Event,
    caller: Caller,
    store: SessionStarts,
    registry: Registry,
    viewer_key: ViewerKey,
    limits: Limits,
    *,
    now: int,
    name: str = "",
    sent_ts: int | None = None,
    source: str | None = None,
) -> Started:
    """Store a new session with its `sessionStart` and return it. `now` is the server's clock, epoch milliseconds.

    A request with the `name` of an earlier start of the project is a repeat and gets the same session. `sent_ts` is the player's
    clock when it sent the request, if that is not the event's `ts`. `source` names the protocol, unless it is Media Collection.
    Raises ProjectUnknown for a report suite that is not a project, and InvalidInput for a channel that is stopped or deleted.
    """
    began, project = admitted_start(event, caller, registry, viewer_key, "", started_at=now, ts_skew=0)
    first, is_repeat = FirstTry(now, secrets.token_bytes(RANDOM_BYTES)), False
    if name:
        first, is_repeat = store.first_try(project.id, name, first)
    # Every try makes the same session, with the same key in each list.
    ts_skew = first.arrived_at - (event.ts if sent_ts is None else sent_ts)
    sid = _new_sid(first.random, ts_skew)
    viewer = began.viewer or str(uuid.uuid5(uuid.NAMESPACE_OID, sid))
    start = began._replace(started_at=first.arrived_at, ts_skew=ts_skew, viewer=viewer, source=source)
    due_at = next_due(Liveness(now, now, now), limits)
    head = Head(Phase.OPEN, now, due_at, began_at=now, moved_at=now, playhead=event.playhead)
    store.create_session(sid, head, start, now=now, is_repeat=is_repeat)
    return Started(sid, project.id, is_repeat, project.org)


def store_downloaded(
    events: Sequence[Event],
    caller: Caller,
    store: SessionStarts,
    registry: Registry,
    viewer_key: ViewerKey,
    *,
    now: int,
    source: str | None = None,
) -> Started:
    """Store a whole session that was watched offline, closed and dated by its own clock, and return it.

    The first event is its `sessionStart`. The same events of the same project are the same session, however often they are sent.
    Raises InvalidInput as `start_session` does, and stores nothing then.
    """
    start, project = admitted_start(events[0], caller, registry, viewer_key, "[0].", started_at=events[0].ts, ts_skew=0)
    session = fold(events)
    ended = any(event.type is EventType.SESSION_END for event in events)
    reason = CloseReason.COMPLETED if session.is_complete and not ended else CloseReason.SESSION_END
    packed = {pack(event) for event in events[1:]}
    weight = sum(map(event_weight, packed))
    head = Head(Phase.CLOSED, now, now, closed_at=session.events[-1].ts, close_reason=reason, weight=weight)
    sid = session_id_of(start.project_id, packed | {start.event})
    if not start.viewer:
        # Not a random one: two uploads at once write the same items.
        start = start._replace(viewer=str(uuid.uuid5(uuid.NAMESPACE_OID, sid)))
    is_new = store.upload_session(sid, head, start._replace(source=source), packed, now=now)
    return Started(sid, project.id, is_repeat=not is_new, org=project.org)


def admitted_start(
    event: Event,
    caller: Caller,
    registry: Registry,
    viewer_key: ViewerKey | None,
    where: str = "",
    *,
    started_at: int,
    ts_skew: int,
) -> tuple[Start, Project]:
    """Return the start of a session, and its project. Its viewer is empty when the player sent no id.

    Only ids of viewers need the key. `where` is put before the names of fields. Raises ProjectUnknown, and InvalidInput for a
    channel that is stopped or deleted.
    """
    project_id, channel = event.params[REPORT_SUITE], event.params[CHANNEL]
    admission = registry.admission(project_id, channel)
    if admission.project is None:
        rule = f"{project_id!r:.100} is not a project here"
        if "," in project_id:
            # Not the first one that is a project: then a new project would take sessions from another.
            rule = f"{project_id!r:.100} names several report suites; send one, because a session belongs to one project"
        field = f"{where}params.analytics.reportSuite"
        raise ProjectUnknown(Problem(field, rule, logged=f"{field}: is not a project here"))
    project = admission.project
    if project.id != project_id:  # a further id of the project
        project_id = project.id
        event = event._replace(params=event.params | {REPORT_SUITE: project_id})
    status = admission.channel_status
    if status is not None and not takes_sessions(status):
        rule = f"the channel {channel!r:.100} is {status} and accepts no sessions"
        field = f"{where}params.media.channel"
        raise InvalidInput(Problem(field, rule, logged=f"{field}: the channel is {status}"))
    video_type: VideoType = "LIVE" if is_live(event) else "VOD"
    viewer = ""
    if viewer_key is not None and any(map(identifies, event.params)):
        pseudonyms = Pseudonyms(viewer_key.read(), project_id, keeps_uuids=project.keeps_viewer_uuids)
        viewer = pseudonyms.shown(event.params) or ""
        event = event._replace(params=pseudonyms.hide(event.params))
    start = Start(
        project_id=project_id,
        device=caller.device,
        video_type=video_type,
        viewer=viewer,
        caller=caller.to_json(),
        started_at=started_at,
        ts_skew=ts_skew,
        event=pack(event),
        opt_out_share=event.params.get(OPT_OUT_SHARE, False),
        opt_out_forwarding=event.params.get(OPT_OUT_FORWARDING, False),
    )
    return start, project


def _new_sid(random: bytes, ts_skew: int) -> str:
    return session_id(random, ts_skew)
