"""The records of a session, as the store returns them: data only."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from mediabeat.core.close_rules import CloseReason
from mediabeat.core.event import MAX_TS_MS
from mediabeat.core.stored_forms import StoredWord, by_name

if TYPE_CHECKING:
    from mediabeat.core.session_query import Device  # not loaded on the hot path

DeviceType = Literal["phone", "tablet", "tv", "console", "desktop", "other"]


class Caller(NamedTuple):
    """The caller of a request, from its headers. `device` is `PC` or `Mobile` (phones and tablets)."""

    device: "Device"
    os: str
    browser: str
    origin: str
    page: str
    language: str
    user_agent: str
    device_type: DeviceType | None  # None in callers stored by a release without this field

    def to_json(self) -> str:
        """Return the stored form, without fields that are None."""
        known = {name: value for name, value in self._asdict().items() if value is not None}
        return json.dumps(known, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Caller":
        """Read a stored caller of any release (see `stored_forms`)."""
        return cls.from_fields(json.loads(text))

    @classmethod
    def from_fields(cls, stored: Mapping[str, Any]) -> "Caller":
        """Return the caller with these stored fields; missing fields are unknown."""
        return _UNKNOWN_CALLER._replace(**by_name(stored, cls._fields))


_UNKNOWN_CALLER: Final = Caller(
    device="PC", os="unknown", browser="unknown", origin="", page="", language="", user_agent="", device_type=None
)
"""The caller of a request without headers. Missing fields of a stored caller have these values."""


class Phase(StoredWord):
    """The phases of a session's life; see `lifecycle`."""

    OPEN = "open"
    ENDED = "ended"  # `sessionEnd` arrived; stragglers are accepted until the due mark
    CLOSED = "closed"  # no event is accepted; the due mark stays until the summary is written


class Head(NamedTuple):
    """A session's head without its tail. Epoch milliseconds: `ended_ts` by the player's clock, others by the server's."""

    phase: Phase
    last_at: int
    due_at: int | None
    ended_at: int | None = None
    ended_ts: int | None = None
    closed_at: int | None = None
    close_reason: CloseReason | None = None
    weight: int = 0  # of its events together; stored as `taken`
    # What the last look knew, so that the next one need not read the log. None in heads of 0.1 and of downloaded sessions.
    began_at: int | None = None
    moved_at: int | None = None  # when the playhead last moved
    playhead: float | None = None  # where it was then
    noted: int | None = None  # the weight at the last checkpoint; None in a session that is small
    parts: int | None = None  # of a CMCD session's first part: how many parts it has; None while it is the only one


class Start(NamedTuple):
    """A session's first request. `started_at` is by the server's clock; `ts_skew` is the server's clock minus the player's."""

    project_id: str
    device: str
    video_type: str
    viewer: str  # here and in the event: pseudonyms
    caller: str
    started_at: int
    ts_skew: int
    event: bytes
    opt_out_share: bool = False  # with other companies
    opt_out_forwarding: bool = False  # to other systems
    source: str | None = None  # the protocol that reported the session; None: Media Collection


CLOCK_IS_OFF_MS: Final = 60_000
"""A player's clock is off if its first request differs by more than this: networks and queues delay by seconds."""


def on_server_clock(at_ms: int, ts_skew: int) -> int:
    """Return a moment on the server's clock if the player's clock is off, else as the player sent it."""
    return min(max(0, at_ms + ts_skew), MAX_TS_MS) if abs(ts_skew) > CLOCK_IS_OFF_MS else at_ms


class StoredSession(NamedTuple):
    """All that is stored of a session until `expires_at` (epoch seconds). `start` is None while its creation is unfinished."""

    sid: str
    head: Head
    start: Start | None
    events: frozenset[bytes]
    summary: bytes | None
    expires_at: int = 0
    figures: bytes | None = None  # what the roll-ups count of it; None before the first look
    version: int | None = None  # how often the figures changed; None if an earlier release started it and they never did

    def has_expired(self, now: int) -> bool:
        """Return whether the session's time is over (`now` in epoch ms). DynamoDB deletes it some days later."""
        return self.expires_at * 1_000 <= now


class ListEntry(NamedTuple):
    """A session's entry in the list of sessions. `summary` is None until the session is closed."""

    sid: str
    started_at: int
    ts_skew: int
    viewer: str
    caller: str
    summary: bytes | None
    device: str = ""
    video_type: str = ""
