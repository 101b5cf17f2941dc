"""The form of exported sessions: lines of JSON that other tools can read, and that can be imported again.

A session is one line. Each of its events is a line in another file: the body that the player sent, and the session's id. The
events are the truth here too. A session's line has metrics and action log for other tools; an import measures them again.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, field_serializer
from pydantic_core import from_json, to_json

from mediabeat.archive.checks import check_project, check_session, checked_arrival
from mediabeat.core.cmcd import line as cmcd
from mediabeat.core.event import Event, EventType, event_to_body
from mediabeat.core.event_codec import canonical_json, is_line, pack, unpack
from mediabeat.core.projects import Project
from mediabeat.core.records import Caller, Head, Phase, Start, StoredSession
from mediabeat.core.rollups.measured import measured
from mediabeat.core.session import order_of
from mediabeat.core.session_id import SESSION_ID
from mediabeat.core.stored_forms import by_name
from mediabeat.core.summary import summarize
from mediabeat.errors import InvalidInput
from mediabeat.protocols.cmcd.schema import checked_line
from mediabeat.protocols.media_collection.requests import parse_event, parse_session_start

FORMAT_VERSION: Final = 1
"""Raise it when an earlier mediabeat would misread what this one writes."""

Line = dict[str, Any]
SessionId = Annotated[str, Field(pattern=f"^{SESSION_ID.pattern}$")]

_START: Final = TypeAdapter(Start)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ArchivedFile(_Record):
    """One file of lines, with the hash and the number of lines that it had when it was written."""

    name: Annotated[str, Field(pattern=r"^(sessions|events)-[0-9]{4,9}\.ndjson\.gz$")]
    sha256: str
    lines: int


class ArchivePart(_Record):
    """Two files: some sessions, and their events in the same order."""

    sessions: ArchivedFile
    events: ArchivedFile


class Manifest(_Record):
    """The contents of an archive. `since` and `until` are included.

    `project` has the hashes of its keys, so it is None in an archive for sharing.
    """

    format: Literal["mediabeat-archive"] = "mediabeat-archive"
    format_version: int = FORMAT_VERSION
    mediabeat_version: str
    metrics_version: int
    exported_at: str
    project_id: str
    project: Annotated[Project | None, BeforeValidator(lambda value: _fields(value, Project))]
    since: str | None
    until: str | None
    sessions: int
    events: int
    parts: tuple[ArchivePart, ...]

    @field_serializer("project")
    def _with_names(self, project: Project | None) -> Line | None:
        return project._asdict() if project else None


class _SessionLine(BaseModel):
    session_id: SessionId
    start: Line
    head: Annotated[Head, BeforeValidator(lambda value: _fields(value, Head))]
    expires_at: int
    metrics: Line | None = None


_DEFAULTS: Final[Line] = {
    "mediabeat_version": "",
    "metrics_version": 0,
    "exported_at": "",
    "project": None,
    "since": None,
    "until": None,
}
"""Defaults for fields of a manifest that only people read. An archive of another release may lack them."""


_EVENT_FIELDS: Final = ("eventType", "playerTime", "params", "customMetadata", "qoeData")

_WEIGHT: Final = "taken"
"""The name of a head's weight in archives, as in the table."""

_CMCD: Final = "cmcd"
"""The keys of a CMCD line, in place of an event's body."""

_ARRIVAL: Final = "arrived_at"
"""When an event arrived, in epoch milliseconds; only in the lines of events that were not on time."""


def _fields(value: Any, of: type[Head | Project | Start]) -> Any:
    if not isinstance(value, dict):
        return value
    named = value | {"weight": value[_WEIGHT]} if of is Head and _WEIGHT in value else value
    return by_name(named, of._fields)


def manifest_text(manifest: Manifest) -> str:
    """Return a manifest as text, with a hash of itself."""
    fields = manifest.model_dump(mode="json")
    return json.dumps(fields | {"sha256": _digest(fields)}, ensure_ascii=False, indent=1) + "\n"


def read_manifest(text: bytes) -> Manifest:
    """Return the manifest in a file's text.

    Raises LookupError, TypeError or ValueError if the text is not a manifest, has another format, or was changed.
    """
    fields = json.loads(text)
    if fields["format_version"] != FORMAT_VERSION:
        raise ValueError(f"it is of format version {fields['format_version']!r}, and this mediabeat reads {FORMAT_VERSION}")
    if fields.pop("sha256") != _digest(fields):
        raise ValueError("it was changed after the export: its own SHA-256 is another")
    manifest = Manifest.model_validate(_DEFAULTS | fields, extra="ignore")
    check_project(manifest.project, manifest.project_id)
    return manifest


def _digest(fields: Line) -> str:
    return hashlib.sha256(canonical_json(fields).encode()).hexdigest()


def session_line(stored: StoredSession, business_errors: tuple[str, ...] = ()) -> Line:
    """Return the line of a session. A closed session with a summary also gets its metrics and action log, by today's formulas.

    `business_errors` are those of its project.
    """
    if stored.start is None:
        raise ValueError(f"session {stored.sid} has no start")
    is_closed = stored.summary is not None and stored.head.phase is Phase.CLOSED
    summary = summarize(stored, business_errors=business_errors) if is_closed else None
    start = stored.start._asdict() | {"caller": Caller.from_json(stored.start.caller)._asdict()}
    del start["event"]  # the `sessionStart` is among the events
    return {
        "session_id": stored.sid,
        "start": start,
        "head": {_WEIGHT if name == "weight" else name: value for name, value in stored.head._asdict().items()},
        "expires_at": stored.expires_at,
        "events": len(stored.events),
        "metrics": summary.metrics.model_dump(mode="json") if summary else None,
        "action_log": [line._asdict() for line in summary.log] if summary else None,
    }


def event_lines(stored: StoredSession) -> list[Line]:
    """Return the lines of a session's events, in the order of the fold."""
    packed = [event for event in stored.events if not is_line(event)]
    events = sorted(map(unpack, packed), key=lambda event: (order_of(event), event.arrived_at or 0))
    told = [{"session_id": stored.sid, **event_to_body(event), **_arrival(event)} for event in events]
    reports = sorted(map(cmcd.unpack, stored.events - set(packed)), key=lambda line: (line.ts, canonical_json(line.keys)))
    return told + [{"session_id": stored.sid, _CMCD: {"ts": line.ts} | line.keys} for line in reports]


def _arrival(event: Event) -> Line:
    return {} if event.arrived_at is None else {_ARRIVAL: event.arrived_at}


def as_text(line: Line) -> bytes:
    """Return a line as text."""
    return to_json(line) + b"\n"


def read_line(text: bytes) -> Line:
    """Return the JSON object in a line.

    Raises ValueError if it is not one.
    """
    line = from_json(text)
    if not isinstance(line, dict):
        raise ValueError("not a JSON object")
    return line


def read_event(line: Line, session_id: str) -> Event | cmcd.Line:
    """Return the event or the CMCD line in a line, checked as if a player had sent it. Ids of viewers are pseudonyms already.

    Raises LookupError, TypeError or ValueError if the line is not an event, or is one of another session.
    """
    if line["session_id"] != session_id:
        raise ValueError(f"not an event of session {session_id}, the next one in the sessions' file")
    if _CMCD in line:
        return checked_line(line[_CMCD])
    body = by_name(line, _EVENT_FIELDS)
    parse = parse_session_start if body.get("eventType") == EventType.SESSION_START else parse_event
    try:
        event = parse(body)
    except InvalidInput as error:
        raise ValueError(str(error)) from None
    arrived_at = line.get(_ARRIVAL)
    return event if arrived_at is None else event._replace(arrived_at=checked_arrival(arrived_at))


def read_session(
    line: Line, events: Sequence[Event | cmcd.Line], project_id: str, business_errors: tuple[str, ...] = ()
) -> StoredSession:
    """Return the session of a line and its events, checked, measured again and ready to be stored.

    `business_errors` are those of the project that gets the session.
    Raises ArithmeticError, AttributeError, LookupError, TypeError or ValueError if they are not a session of the project.
    """
    parsed = _SessionLine.model_validate(line)
    [first] = (event for event in events if isinstance(event, Event) and event.type is EventType.SESSION_START)
    if not parsed.head.phase.is_known:
        raise ValueError(f"phase {parsed.head.phase.value!r:.100} is of a later release; import the session with that")
    start = _fields(parsed.start, Start) | {"caller": Caller.from_fields(parsed.start["caller"]).to_json(), "event": pack(first)}
    stored = StoredSession(
        sid=parsed.session_id,
        head=parsed.head,
        start=_START.validate_python(start),
        events=frozenset(pack(event) if isinstance(event, Event) else cmcd.pack(event) for event in events),
        summary=None,
        expires_at=parsed.expires_at,
    )
    check_session(stored, project_id)
    # Of an open session too: a session that cannot be folded must not be stored.
    summary, figures = measured(stored, business_errors=business_errors)
    if parsed.metrics is None:
        return stored
    return stored._replace(summary=summary.to_bytes(), figures=figures.to_bytes())
