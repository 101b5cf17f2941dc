"""What can be asked about sessions: devices, video types and a span of time."""

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
        """Whether the span is longer than a day. A bare end date means all of its last second, hence one second more."""
        return self.until - self.since >= DAY_MS + 1_000
