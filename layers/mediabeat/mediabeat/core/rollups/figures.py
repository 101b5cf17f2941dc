"""What one session adds to the roll-ups, and its packed form in the session's start item.

Figures are a pure function of a session's events. The start item keeps the newest figures and those before them, so a change says
what it adds by itself. Source of the rules: API.md, "Charts".
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from mediabeat.core.close_rules import DAY_MS, MINUTE_MS

if TYPE_CHECKING:
    from mediabeat.core.metrics import Metrics
    from mediabeat.core.records import Start
    from mediabeat.core.session import Session

BUCKET_MS: Final = 5 * MINUTE_MS

MAX_BUCKETS: Final = DAY_MS // BUCKET_MS + 1
"""Buckets in which a session can have played: what was played later than 24 h after its start counts at 24 h."""


class Figures(NamedTuple):
    """What one session adds to the roll-ups. Times in milliseconds."""

    attempts: int = 0
    successes: int = 0
    played_ms: tuple[tuple[int, int], ...] = ()
    """Five-minute buckets, counted from that of the session's start, and how long content played in each; ascending, above 0."""
    outcome: str | None = None
    """How the session went, once it is closed: see `core.quality`. A word of a later release is kept."""
    time_to_start_ms: int | None = None
    """Of a session that played; of an exit before the start, how long the viewer waited."""
    rebuffering_ms: int = 0
    score: int | None = None
    """The experience score in tenths, 0 to 1000; None where the session is not judged."""
    is_good: bool = False

    def to_bytes(self) -> bytes:
        """Return the packed form: some 50 bytes for half an hour, at most about 1 KB."""
        fields = {
            _ATTEMPTS: _number(self.attempts) if self.attempts else b"",
            _SUCCESSES: _number(self.successes) if self.successes else b"",
            _PLAYED: b"".join(_packed(self.played_ms)),
            _OUTCOME: self.outcome.encode() if self.outcome else b"",
            _TIME_TO_START: _number(self.time_to_start_ms) if self.time_to_start_ms is not None else b"",
            _REBUFFERING: _number(self.rebuffering_ms) if self.rebuffering_ms else b"",
            _SCORE: _number(self.score) if self.score is not None else b"",
            _IS_GOOD: _number(1) if self.is_good else b"",
        }
        return b"".join(_number(tag) + _number(len(value)) + value for tag, value in fields.items() if value)

    @classmethod
    def from_bytes(cls, packed: bytes) -> "Figures":
        """Read the packed form of any release: unknown fields are ignored, missing ones are not known or zero.

        Raises ValueError for damaged bytes.
        """
        fields = dict(_fields(packed))

        def number(tag: int) -> int | None:
            return _read(fields[tag], 0)[0] if tag in fields else None

        return cls(
            attempts=number(_ATTEMPTS) or 0,
            successes=number(_SUCCESSES) or 0,
            played_ms=tuple(_unpacked(fields.get(_PLAYED, b""))),
            outcome=fields[_OUTCOME].decode() if _OUTCOME in fields else None,
            time_to_start_ms=number(_TIME_TO_START),
            rebuffering_ms=number(_REBUFFERING) or 0,
            score=number(_SCORE),
            is_good=bool(number(_IS_GOOD)),
        )


NOTHING: Final = Figures()
"""Figures of a session that is not counted: not yet, or no more, because it is erased."""

ATTEMPT: Final = Figures(attempts=1)
"""Figures of a session of which nothing is measured yet: somebody asked for the media."""


# The packed form is a sequence of fields: tag, length, value. Numbers are base-128 varints, the lowest seven bits first.
# A tag never changes its meaning, and a new field gets a new one.
_ATTEMPTS: Final = 1
_SUCCESSES: Final = 2
_PLAYED: Final = 3
_OUTCOME: Final = 4
_TIME_TO_START: Final = 5
_REBUFFERING: Final = 6
_SCORE: Final = 7
_IS_GOOD: Final = 8

_SKIPS: Final = 1
_REPEATS: Final = 2


def _packed(played_ms: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """Yield the buckets: `ms * 4 + flags`; then how many buckets are skipped before, and how many more have the same time."""
    runs: list[list[int]] = []  # first bucket, time, number of buckets
    for bucket, ms in played_ms:
        if runs and runs[-1][1] == ms and runs[-1][0] + runs[-1][2] == bucket:
            runs[-1][2] += 1
        else:
            runs.append([bucket, ms, 1])
    expected = 0
    for bucket, ms, count in runs:
        skipped = bucket - expected
        yield _number(ms << 2 | (_SKIPS if skipped else 0) | (_REPEATS if count > 1 else 0))
        yield _number(skipped) if skipped else b""
        yield _number(count - 1) if count > 1 else b""
        expected = bucket + count


def _unpacked(packed: bytes) -> Iterator[tuple[int, int]]:
    at, bucket = 0, 0
    while at < len(packed):
        value, at = _read(packed, at)
        if value & _SKIPS:
            skipped, at = _read(packed, at)
            bucket += skipped
        more = 0
        if value & _REPEATS:
            more, at = _read(packed, at)
        if bucket + more >= MAX_BUCKETS:
            raise ValueError("a session plays in no such bucket")
        for _ in range(1 + more):
            yield bucket, value >> 2
            bucket += 1


def _fields(packed: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(packed):
        tag, at = _read(packed, at)
        length, at = _read(packed, at)
        if at + length > len(packed):
            raise ValueError("the figures are cut off")
        yield tag, packed[at : at + length]
        at += length


def _number(value: int) -> bytes:
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def _read(packed: bytes, at: int) -> tuple[int, int]:
    """Return the number at a place, and the place behind it."""
    value = shift = 0
    while at < len(packed):
        value |= (packed[at] & 127) << shift
        shift += 7
        at += 1
        if packed[at - 1] < 128:
            return value, at
    raise ValueError("the figures are cut off")


def figures_of(session: "Session", start: "Start", metrics: "Metrics", *, last_at: int) -> Figures:
    """Return what a session adds to the roll-ups, open or closed. `last_at` is its last arrival (epoch ms, server's clock).

    The time played is that of the action log (`playing`), on the server's clock: the player's clock plus the skew at the start.
    """
    # Imported here: the function that counts reads figures and folds no session.
    from mediabeat.core.quality.experience import experience_of

    experience = experience_of(
        session,
        metrics.outcome,
        playing_ms=metrics.content_time_spent_ms,
        stalls=metrics.stall_events or 0,
        stall_ms=metrics.total_stall_duration_ms or 0,
    )
    return Figures(
        attempts=1,
        successes=metrics.content_starts,
        played_ms=played_by_bucket(session, start, last_at=last_at),
        outcome=metrics.outcome,
        time_to_start_ms=experience.start_ms,
        rebuffering_ms=experience.rebuffering_ms,
        score=None if metrics.experience_score is None else round(10 * metrics.experience_score),
        is_good=experience.is_good,
    )


def played_by_bucket(session: "Session", start: "Start", *, last_at: int) -> tuple[tuple[int, int], ...]:
    """Return how long content played in each five-minute bucket from that of the start on, as `Figures.played_ms`.

    Time by a clock that is off is kept between start and last arrival, and within 24 h after the start.
    """
    first, latest = start.started_at, max(start.started_at, min(last_at, start.started_at + DAY_MS))
    first_bucket, last_bucket = first // BUCKET_MS, latest // BUCKET_MS
    played: dict[int, int] = {}
    for span in session.content:
        at_ms, end_ms = span.begin_ms + start.ts_skew, span.end_ms + start.ts_skew
        while at_ms < end_ms:
            bucket = at_ms // BUCKET_MS
            if bucket < first_bucket:
                bucket, until_ms = first_bucket, min(end_ms, first_bucket * BUCKET_MS)
            elif bucket >= last_bucket:
                bucket, until_ms = last_bucket, end_ms
            else:
                until_ms = min(end_ms, (bucket + 1) * BUCKET_MS)
            played[bucket - first_bucket] = played.get(bucket - first_bucket, 0) + until_ms - at_ms
            at_ms = until_ms
    return tuple(sorted(played.items()))
