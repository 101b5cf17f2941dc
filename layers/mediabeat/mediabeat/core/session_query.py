"""What can be asked about sessions: devices, video types and a span of time, or one session by its shown id.

The shown id is the id of a session in answers. It finds the session again, and nobody can add events with it: a player adds them
with the session's own id, which only it knows. The shown id is made from the session's place in the list of sessions and from a
hash of its own id, so it costs no write and no index.
"""

import hashlib
import re
import zlib
from typing import Final, Literal, NamedTuple

from mediabeat.core.close_rules import DAY_MS

Device = Literal["PC", "Mobile"]
VideoType = Literal["VOD", "LIVE"]

DEVICES: Final[tuple[Device, ...]] = ("PC", "Mobile")
VIDEO_TYPES: Final[tuple[VideoType, ...]] = ("VOD", "LIVE")

DEFAULT_SPAN_MS: Final = 7 * DAY_MS
"""A query without a first moment begins this long before its last one."""


class SessionQuery(NamedTuple):
    """Which sessions to list, newest first. `since` and `until` in epoch milliseconds, both included."""

    devices: tuple[Device, ...]
    video_types: tuple[VideoType, ...]
    since: int
    until: int
    limit: int

    @property
    def spans_days(self) -> bool:
        """Whether the span is longer than a day."""
        return is_longer_than(1, self.since, self.until)


def is_longer_than(days: int, since: int, until: int) -> bool:
    """Return whether a span in epoch milliseconds is longer than some days. Its end may be all of the next second."""
    return until - since >= days * DAY_MS + 1_000  # a bare end date means its whole last second


KINDS: Final[tuple[tuple[str, str], ...]] = tuple((device, video_type) for device in DEVICES for video_type in VIDEO_TYPES)
"""Device and video type of a session. Counters, answers and bookmarks have an index of this tuple: add kinds at the end only."""


def kind_of(device: str, video_type: str) -> int | None:
    """Return the index of a device and video type in KINDS; None for those of a later release."""
    return KINDS.index((device, video_type)) if (device, video_type) in KINDS else None


SHOWN_ID: Final = re.compile("[0-9a-f]{48}")

_LABEL: Final = b"mediabeat shown id\n"


class Place(NamedTuple):
    """Where a shown id says that its session is listed. `started_at` in epoch milliseconds."""

    device: str
    video_type: str
    started_at: int
    checksum: int


def shown_id(sid: str, *, device: str, video_type: str, started_at: int) -> str:
    """Return the id of a session in answers, as `SHOWN_ID` matches it.

    Twelve digits of the start (epoch ms), one of device and video type, eight of the checksum behind shards, 27 of a hash. A
    session's own id has 64 digits and a viewer's UUID 32, so a request can name any of the three.
    """
    # Kinds of a later release are not in the list. Their sessions get an id that finds nothing here.
    kind = kind_of(device, video_type)
    kind = 15 if kind is None else kind
    return f"{max(0, started_at):012x}{kind:x}{_of_sid(sid)}"


def _of_sid(sid: str) -> str:
    return f"{zlib.crc32(sid.encode()):08x}{hashlib.sha256(_LABEL + sid.encode()).hexdigest()[:27]}"


def stands_for(shown: str, sid: str) -> bool:
    """Return whether a shown id is one of the session with this own id."""
    return shown[13:] == _of_sid(sid)


def place_of(shown: str) -> Place | None:
    """Return where the session of a shown id is listed; None when no session can have the id."""
    kind = int(shown[12], 16)
    if kind >= len(KINDS):
        return None
    return Place(*KINDS[kind], started_at=int(shown[:12], 16), checksum=int(shown[13:21], 16))
