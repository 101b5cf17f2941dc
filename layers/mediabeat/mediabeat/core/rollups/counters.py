"""From a session's figures to counters: in which items they are counted, and under which names. Pure."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from mediabeat.core.event import MEDIA_ID, title_of
from mediabeat.core.event_codec import unpack
from mediabeat.core.quality.start_times import bin_of
from mediabeat.core.records import Start
from mediabeat.core.rollups import names
from mediabeat.core.rollups.figures import BUCKET_MS, Figures
from mediabeat.core.session_query import kind_of

HASH_DIGITS: Final = 16
HOURS_PER_DAY: Final = 24

TITLE_BYTES: Final = 256
URL_BYTES: Final = 1_024


class Counted(NamedTuple):
    """The facts of a session that its counters depend on. They never change. `started_at` in epoch ms, server's clock."""

    sid: str
    project_id: str
    lane: int
    kind: int
    viewer: str
    started_at: int
    content_id: str
    title: str
    url: str


class Period(StrEnum):
    """What an item of counters is about. The value begins its key."""

    HOUR = "h"
    DAY = "d"
    CONTENT_HOUR = "ch"
    CONTENT_DAY = "cd"


class Place(NamedTuple):
    """An item of counters: of a project's lane, in an epoch hour or day, and of a content (hash) or of all contents."""

    project_id: str
    lane: int
    period: Period
    number: int
    content: str = ""

    @property
    def day(self) -> int:
        """The epoch day that the item is about, or that its hour is in."""
        return self.number // HOURS_PER_DAY if self.period in (Period.HOUR, Period.CONTENT_HOUR) else self.number


class Seat(NamedTuple):
    """Where a session counts for its viewer: five-minute bucket of the day (0 to 287) and kind."""

    bucket: int
    kind: int


def lane_of(shard: int) -> int:
    """Return the lane of the sessions in a shard. Lanes share no items of counters."""
    return shard // 2


def content_hash(content_id: str) -> str:
    """Return the name of a content in keys: 16 hex digits, because an id may be longer than a key."""
    return hashlib.sha256(content_id.encode()).hexdigest()[:HASH_DIGITS]


def counted(sid: str, start: Start, *, shard: int) -> Counted | None:
    """Return the facts of a session for its counters; None for a kind of a later release, which is not counted."""
    kind = kind_of(start.device, start.video_type)
    if kind is None:
        return None
    params = unpack(start.event).params
    content_id = str(params[MEDIA_ID])
    return Counted(
        sid=sid,
        project_id=start.project_id,
        lane=lane_of(shard),
        kind=kind,
        viewer=start.viewer or sid,
        started_at=start.started_at,
        content_id=content_id,
        title=_cut(title_of(params), TITLE_BYTES),
        url=_cut(str(params.get("media.url") or ""), URL_BYTES),
    )


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")


def seat_of(session: Counted) -> tuple[int, Seat]:
    """Return the epoch day on which a session counts for its viewer, and where on that day."""
    day, bucket = divmod(session.started_at // BUCKET_MS, names.BUCKETS_PER_DAY)
    return day, Seat(bucket, session.kind)


def counters(session: Counted, figures: Figures) -> dict[Place, Counter[str]]:
    """Return what a session adds to each item of counters, without its viewer (see `viewers`). Nothing is zero."""
    quality = quality_counters(figures, session.kind)
    return sums_of(session, figures.attempts, figures.successes, dict(figures.played_ms), quality)


def sums_of(
    session: Counted, attempts: int, successes: int, played_ms: Mapping[int, int], quality: Mapping[str, int]
) -> dict[Place, Counter[str]]:
    """Return what these parts of a session's figures, or of the difference of two, add to each item. Nothing is zero.

    `played_ms` is by bucket from that of the start, and `quality` by counter.
    """
    first, kind, of = session.started_at // BUCKET_MS, session.kind, (session.project_id, session.lane)
    added: list[tuple[names.Figure, int, int]] = [(names.SUCCESSES, first, successes)] if successes else []
    added += [(names.PLAYED_MS, first + bucket, ms) for bucket, ms in played_ms.items()]
    content = content_hash(session.content_id) if added else ""
    sums: defaultdict[Place, Counter[str]] = defaultdict(Counter)
    for figure, bucket, value in added:
        hour, of_hour = divmod(bucket, names.BUCKETS_PER_HOUR)
        day = bucket // names.BUCKETS_PER_DAY
        in_bucket, in_day = names.in_bucket(figure, of_hour, kind), names.in_day(figure, kind)
        sums[Place(*of, Period.HOUR, hour)][in_bucket] += value
        sums[Place(*of, Period.DAY, day)][in_day] += value
        sums[Place(*of, Period.CONTENT_HOUR, hour, content)][in_bucket] += value
        sums[Place(*of, Period.CONTENT_DAY, day, content)][in_day] += value
    hour, of_hour = divmod(first, names.BUCKETS_PER_HOUR)
    for place, name in (
        (Place(*of, Period.HOUR, hour), names.in_bucket(names.ATTEMPTS, of_hour, kind)),
        (Place(*of, Period.DAY, first // names.BUCKETS_PER_DAY), names.in_day(names.ATTEMPTS, kind)),
    ):
        sums[place][name] += attempts
        sums[place].update(quality)
    nonzero = {place: Counter({name: value for name, value in found.items() if value}) for place, found in sums.items()}
    return {place: found for place, found in nonzero.items() if found}


class Change(NamedTuple):
    """A change of a session's figures.

    `id` is that of the write that made it: the same, however often the change is reported. `at` is its time in epoch seconds.
    """

    counted: Counted
    before: Figures
    after: Figures
    id: bytes
    at: float

    def difference(self) -> dict[Place, Counter[str]]:
        """Return what the change adds to each item of counters, without the viewer. Nothing is zero; values may be negative."""
        before, after, kind = self.before, self.after, self.counted.kind
        # A day of live content has 289 buckets, of which a look changes three.
        played_ms, quality = Counter(dict(after.played_ms)), quality_counters(after, kind)
        played_ms.subtract(dict(before.played_ms))
        quality.subtract(quality_counters(before, kind))
        changed_ms = {bucket: ms for bucket, ms in played_ms.items() if ms}
        attempts, successes = after.attempts - before.attempts, after.successes - before.successes
        return sums_of(self.counted, attempts, successes, changed_ms, quality)


class Content(NamedTuple):
    """A content as its newest session names it."""

    id: str
    title: str
    url: str


_OUTCOMES: Final[Mapping[str, names.Quality]] = {
    "early_exit": names.EARLY_EXIT,
    "exit_before_start": names.EXIT_BEFORE_START,
    "start_failure": names.START_FAILURE,
    "play_failure": names.PLAY_FAILURE,
    "business_error": names.BUSINESS_ERROR,
}


def quality_counters(figures: Figures, kind: int) -> Counter[str]:
    """Return what a session adds to the quality of its hour and day. Nothing is zero."""
    found = Counter[str]()
    if figures.outcome is not None and figures.outcome in _OUTCOMES:
        found[names.quality(_OUTCOMES[figures.outcome], kind)] = 1
    if figures.time_to_start_ms is not None:
        found[names.quality(names.START_TIMES[bin_of(figures.time_to_start_ms)], kind)] = 1
    if figures.rebuffering_ms:
        found[names.quality(names.REBUFFERING_MS, kind)] = figures.rebuffering_ms
    if figures.score is not None:
        found[names.quality(names.JUDGED, kind)] = 1
        if figures.score:
            found[names.quality(names.SCORES, kind)] = figures.score
    if figures.is_good:
        found[names.quality(names.GOOD, kind)] = 1
    return found


def viewers(seats: Mapping[Seat, int]) -> tuple[dict[int, Counter[str]], Counter[str]]:
    """Return what a viewer adds to the hours (0 to 23) and to the day, given how many sessions count at each seat.

    The change of one session is the difference of this before and after it.
    """
    hours: defaultdict[int, Counter[str]] = defaultdict(Counter)
    seen: defaultdict[int, set[int]] = defaultdict(set)
    for seat, sessions in seats.items():
        if sessions > 0:
            seen[seat.bucket].add(seat.kind)
    for bucket, kinds in seen.items():
        hour, of_hour = divmod(bucket, names.BUCKETS_PER_HOUR)
        hours[hour][names.viewers_in_bucket(of_hour, names.mask_of(kinds))] += 1
    everywhere = names.mask_of({kind for kinds in seen.values() for kind in kinds})
    return dict(hours), Counter({names.viewers_in_day(everywhere): 1} if everywhere else {})
