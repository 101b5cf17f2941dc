"""The earlier viewings of the demonstration: seven days (UTC) of the invented service, up to now. Pure.

An ordinary day depends on nothing but its date. The story depends on the date of the demonstration. Since six in the evening of
the day before, most viewings of one film on one kind of television fail after ten to twenty minutes, with one error. Other
devices play the film well, and until then so did these televisions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final

from mediabeat.cli.replay import Body
from mediabeat.cli.viewings import kinds
from mediabeat.cli.viewings.catalogue import CONTENTS, FERRY, TELEVISION_OWNERS, VIEWERS, Content, Viewer, one_of
from mediabeat.cli.viewings.devices import SAMSUNG, Device
from mediabeat.cli.viewings.kinds import KINDS, STORY, Kind
from mediabeat.cli.viewings.player import Player

DAYS: Final = 7
OVER_FOR: Final = timedelta(minutes=10)
"""The last viewing was over this long ago: those that go on now are sent otherwise."""

_PING_S: Final = 60.0
"""One ping a minute. Players send six, which would say nothing more and take six times as long to send."""

_HOURLY: Final = (3, 2, 1, 1, 1, 1, 3, 6, 7, 6, 6, 7, 9, 8, 6, 6, 7, 9, 12, 15, 17, 15, 10, 5)
"""How many viewings begin in each hour, compared with the others: an evening's peak, and few in the night."""

_TV_HOURS_BEFORE: Final = ((6, 20), (5, 21), (4, 20), (3, 19), (2, 20), (2, 21), (1, 11), (1, 14))
"""When the story's televisions played the film: days before the demonstration, and hours."""

_TV_HOURS_AFTER: Final = (
    *((1, 18), (1, 18), (1, 19), (1, 20), (1, 20), (1, 21), (1, 21), (1, 22), (1, 23)),
    *((0, 0), (0, 7), (0, 9), (0, 11), (0, 13), (0, 16), (0, 18), (0, 19), (0, 20), (0, 21)),
)
"""When they fail with it, most of them."""

_STILL_PLAYS: Final = (3, 10, 15)
"""The positions in `_TV_HOURS_AFTER` of those that do not fail."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """A viewing: of which kind, what its player sends, and how long content plays in it."""

    kind: Kind
    content: Content
    device: Device
    viewer: Viewer
    begins_at: datetime
    ends_at: datetime
    played_s: float
    events: tuple[Body, ...]

    @property
    def headers(self) -> dict[str, str]:
        """The headers with which its player sends requests."""
        return {"User-Agent": self.device.user_agent, "Origin": self.device.site}


def viewing(
    kind: Kind, content: Content, device: Device, viewer: Viewer, begins_at: datetime, random: Random, *, ping_s: float = _PING_S
) -> Viewing:
    """Return a viewing of this kind. `ping_s` is the time between two pings."""
    resumes = content.kind == "film" and kind is not STORY and random.random() < 0.15
    resumes_s = float(round(content.length_s * random.uniform(0.2, 0.6))) if resumes else 0.0
    player = Player(content, device, viewer, begins_at, ping_s=ping_s, resumes_s=resumes_s)
    kind.goes(player, random)
    ends_at = datetime.fromtimestamp(player.now_ms / 1_000, UTC)
    return Viewing(kind, content, device, viewer, begins_at, ends_at, player.played_s, tuple(player.events))


def viewings(now: datetime) -> list[Viewing]:
    """Return the viewings of the last seven days that are over, in the order of their begin. Later calls on a day add to them."""
    today = now.astimezone(UTC).date()
    days = [today - timedelta(days=ago) for ago in range(DAYS)]
    found = [one for day in days for one in _ordinary_day(day)] + list(_story(today))
    return sorted((one for one in found if one.ends_at + OVER_FOR < now), key=lambda one: one.begins_at)


def _ordinary_day(day: date) -> Iterator[Viewing]:
    random = Random(f"ordinary {day}")  # noqa: S311 - nothing secret
    is_weekend = day.weekday() >= 5
    deck = [kind for kind in KINDS for _ in range(random.choice(kind.a_day))]
    deck += random.choices(KINDS[:4], k=random.randint(2, 5) if is_weekend else 0)
    random.shuffle(deck)
    busy_until: dict[str, datetime] = {}
    for begins_at, kind in zip(sorted(_moment(day, random) for _ in deck), deck, strict=True):
        free = [one for one in VIEWERS if one.id not in busy_until or busy_until[one.id] < begins_at]
        viewer = random.choices(free, [one.weight for one in free])[0]
        device = random.choice(viewer.devices)
        content = one_of(random, _suited(kind, device))
        found = viewing(kind, content, device, viewer, begins_at, random)
        busy_until[viewer.id] = found.ends_at
        yield found


def _suited(kind: Kind, device: Device) -> list[Content]:
    """Return the contents for a kind of viewing on a device, without what is left to the story."""
    long = kind in KINDS[2:8] or kind.goes is kinds.failed
    return [
        one
        for one in CONTENTS
        if not (one is FERRY and (device is SAMSUNG or kind.goes is kinds.failed)) and not (long and one.kind == "clip")
    ]


def _story(today: date) -> Iterator[Viewing]:
    random = Random(f"story {today}")  # noqa: S311 - nothing secret
    well = (KINDS[0], KINDS[0], KINDS[1], KINDS[2])
    for ago, hour in _TV_HOURS_BEFORE:
        viewer = random.choice(TELEVISION_OWNERS)
        yield viewing(random.choice(well), FERRY, SAMSUNG, viewer, _at(today, ago, hour, random), random)
    for position, (ago, hour) in enumerate(_TV_HOURS_AFTER):
        kind = random.choice(well) if position in _STILL_PLAYS else STORY
        begins_at = _at(today, ago, hour, random)
        viewer = TELEVISION_OWNERS[position % len(TELEVISION_OWNERS)]
        found = viewing(kind, FERRY, SAMSUNG, viewer, begins_at, random)
        yield found
        if kind is STORY and position % 4 == 1:  # the viewer tries again
            again = found.ends_at + timedelta(seconds=random.randint(20, 90))
            yield viewing(kind, FERRY, SAMSUNG, viewer, again, random)


def _at(today: date, ago: int, hour: int, random: Random) -> datetime:
    moment = datetime.combine(today - timedelta(days=ago), time(hour), UTC)
    return moment + timedelta(milliseconds=random.randrange(3_600_000))


def _moment(day: date, random: Random) -> datetime:
    hour = random.choices(range(24), _HOURLY)[0]
    return datetime.combine(day, time(hour), UTC) + timedelta(milliseconds=random.randrange(3_600_000))
