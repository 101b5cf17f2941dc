"""The form in which sessions are exported: lines of JSON that other tools read, and from which everything can be stored again.

A session is one line, each of its events another: as its player sent it, with the id of the session. The log is the truth here
too: metrics and action log stand in a session's line for other tools, and are measured again when it is read.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, field_serializer
from pydantic_core import from_json, to_json

from mediabeat.core.event import Event, EventType, event_from_body, event_to_body
from mediabeat.core.event_codec import canonical_json, pack, unpack
from mediabeat.core.projects import Project
from mediabeat.core.records import Caller, Head, Phase, Start, StoredSession
from mediabeat.core.session import order_of
from mediabeat.core.stored_forms import by_name
from mediabeat.core.summary import summarize

FORMAT_VERSION: Final = 1
"""Raise it when what is written here would be read wrongly by a mediabeat of before."""

Line = dict[str, Any]
SessionId = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

_START: Final = TypeAdapter(Start)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ArchivedFile(_Told):
    """One file of lines, as it was when it was written."""

    name: Annotated[str, Field(pattern=r"^(sessions|events)-[0-9]{4,9}\.ndjson\.gz$")]
    sha256: str
    lines: int


class ArchivePart(_Told):
    """Some sessions, and their events in the same order."""

    sessions: ArchivedFile
    events: ArchivedFile


class Manifest(_Told):
    """What an archive holds. `project` has the hashes of its keys, so it is none in what is for sharing. Both dates included."""

    format: Literal["mediabeat-archive"] = "mediabeat-archive"
    format_version: int = FORMAT_VERSION
    mediabeat_version: str
    metrics_version: int
    exported_at: str
    project_id: str
    project: Annotated[Project | None, BeforeValidator(lambda told: _fields(told, Project))]
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
    head: Annotated[Head, BeforeValidator(lambda told: _fields(told, Head))]
    expires_at: int
    metrics: Line | None = None


_NOT_TOLD: Final[Line] = {
    "mediabeat_version": "",
    "metrics_version": 0,
    "exported_at": "",
    "project": None,
    "since": None,
    "until": None,
}
"""Fields of a manifest that are for people, as they read when an archive of another release lacks them."""


_WEIGHT: Final = "taken"
"""The name of a head's weight in archives, as in the table."""


def _fields(told: Any, of: type[Head | Project | Start]) -> Any:
    if not isinstance(told, dict):
        return told
    named = told | {"weight": told[_WEIGHT]} if of is Head and _WEIGHT in told else told
    return by_name(named, of._fields)


def manifest_text(manifest: Manifest) -> str:
    """Write a manifest, with a hash of itself."""
    told = manifest.model_dump(mode="json")
    return json.dumps(told | {"sha256": _digest(told)}, ensure_ascii=False, indent=1) + "\n"


def read_manifest(text: bytes) -> Manifest:
    """Return the manifest in a file's text.

    Raises LookupError, TypeError or ValueError for what is none, for another format and for one that was changed.
    """
    told = json.loads(text)
    if told["format_version"] != FORMAT_VERSION:
        raise ValueError(f"it is of format version {told['format_version']!r}, and this mediabeat reads {FORMAT_VERSION}")
    if told.pop("sha256") != _digest(told):
        raise ValueError("it was changed after the export: its own SHA-256 is another")
    return Manifest.model_validate(_NOT_TOLD | told, extra="ignore")


def _digest(told: Line) -> str:
    return hashlib.sha256(canonical_json(told).encode()).hexdigest()


def session_line(stored: StoredSession) -> Line:
    """Return the line of a session, with its metrics and action log by today's formulas once it is closed and summarized."""
    if stored.start is None:
        raise ValueError(f"session {stored.sid} has no start")
    summary = summarize(stored) if stored.summary is not None and stored.head.phase is Phase.CLOSED else None
    start = stored.start._asdict() | {"caller": Caller.from_json(stored.start.caller)._asdict()}
    del start["event"]  # it is the first of the events
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
    """Return the lines of a session's events, in the order in which they happened."""
    events = sorted(map(unpack, stored.events), key=order_of)
    return [{"session_id": stored.sid, **event_to_body(event)} for event in events]


def as_text(line: Line) -> bytes:
    """Write a line."""
    return to_json(line) + b"\n"


def read_line(text: bytes) -> Line:
    """Return what a line tells.

    Raises ValueError for what is no JSON object.
    """
    line = from_json(text)
    if not isinstance(line, dict):
        raise ValueError("not a JSON object")
    return line


def read_event(line: Line, session_id: str) -> Event:
    """Return the event in a line.

    Raises LookupError, TypeError or ValueError for a line that is none, or another session's.
    """
    if line["session_id"] != session_id:
        raise ValueError(f"not an event of session {session_id}, the next one in the sessions' file")
    return event_from_body(line)


def read_session(line: Line, events: Sequence[Event]) -> StoredSession:
    """Return the session that a line and its events tell, measured, as it is to be stored.

    Raises ArithmeticError, AttributeError, LookupError, TypeError or ValueError where they tell none.
    """
    told = _SessionLine.model_validate(line)
    [first] = (event for event in events if event.type is EventType.SESSION_START)
    if not told.head.phase.is_known:
        raise ValueError(f"phase {told.head.phase.value!r:.100} is of a later release; import the session with that")
    start = _fields(told.start, Start) | {"caller": Caller.from_fields(told.start["caller"]).to_json(), "event": pack(first)}
    stored = StoredSession(
        told.session_id, told.head, _START.validate_python(start), frozenset(map(pack, events)), None, told.expires_at
    )
    summary = summarize(stored).to_bytes()  # of an open one too: what cannot be folded is not stored
    return stored._replace(summary=summary) if told.metrics is not None else stored
