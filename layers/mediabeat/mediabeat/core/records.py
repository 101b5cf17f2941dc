"""The records of a session, as the store returns them and the rules read them: data only."""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mediabeat.core.close_rules import CloseReason
from mediabeat.core.stored_forms import StoredWord, by_name

if TYPE_CHECKING:
    from mediabeat.core.session_query import Device  # not loaded on the hot path

SESSION_ID: Final = re.compile("[0-9a-f]{64}")


class Caller(NamedTuple):
    """What a request's headers tell. `device` is `PC` or `Mobile` (phones and tablets)."""

    device: "Device"
    os: str
    browser: str
    origin: str
    page: str
    language: str
    user_agent: str

    def to_json(self) -> str:
        """Write the caller as it is stored."""
        return json.dumps(self._asdict(), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Caller":
        """Read a stored caller, whichever release wrote it: see `stored_forms`."""
        return cls.from_fields(json.loads(text))

    @classmethod
    def from_fields(cls, stored: Mapping[str, Any]) -> "Caller":
        """Return the caller of stored fields, unknown where they do not tell."""
        return _NOT_TOLD._replace(**by_name(stored, cls._fields))


_NOT_TOLD: Final = Caller(device="PC", os="unknown", browser="unknown", origin="", page="", language="", user_agent="")
"""What a request without headers tells: a stored caller's missing fields read so."""


class Phase(StoredWord):
    """Where a session is in its life."""

    OPEN = "open"
    ENDED = "ended"  # sessionEnd came; stragglers of before it are still taken until the due mark
    CLOSED = "closed"  # nothing is taken any more; the due mark stays until the summary is written


class Head(NamedTuple):
    """A session's head, without its tail. Times in epoch milliseconds on the server's clock, `ended_ts` on the player's."""

    phase: Phase
    last_at: int
    due_at: int | None
    ended_at: int | None = None
    ended_ts: int | None = None
    closed_at: int | None = None
    close_reason: CloseReason | None = None
    weight: int = 0  # of its events together; stored as `taken`


class Start(NamedTuple):
    """What is known of a session from its first request: `started_at` by the server's clock, `ts_skew` that less the player's."""

    project_id: str
    device: str
    video_type: str
    viewer: str  # here and in the event, what stands for the viewer's ids: see viewers
    caller: str
    started_at: int
    ts_skew: int
    event: bytes
    opt_out_share: bool = False  # with other companies
    opt_out_forwarding: bool = False  # to other systems


class StoredSession(NamedTuple):
    """All that is stored of one session, until `expires_at` (epoch seconds); `start` is none while its creation is unfinished."""

    sid: str
    head: Head
    start: Start | None
    events: frozenset[bytes]
    summary: bytes | None
    expires_at: int = 0


class ListEntry(NamedTuple):
    """One session in the list of the newest; `summary` is none until it is closed."""

    sid: str
    started_at: int
    ts_skew: int
    viewer: str
    caller: str
    summary: bytes | None
