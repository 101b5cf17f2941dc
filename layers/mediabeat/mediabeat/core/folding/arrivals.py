"""The events of a session in the order of their arrival. The arrival of an event on time is known to 10 s only."""

from collections.abc import Sequence
from itertools import islice, pairwise
from typing import Final, NamedTuple

from mediabeat.core.event import Event, EventType
from mediabeat.core.session_id import ON_TIME_MS

MOST_TIMES_AGAIN: Final = 8
"""The first seconds after the start are looked for at so many places."""


class Heard(NamedTuple):
    """An event, and when it arrived: epoch milliseconds, by the clock that the player had at the start."""

    at: int
    event: Event


def in_order_of_arrival(events: Sequence[Event], ts_skew: int) -> list[Heard]:
    """Return the events in the order of their arrival, and of `ts` if they arrived together. The `sessionStart` is the first."""
    heard = [Heard(event.ts if event.arrived_at is None else event.arrived_at - ts_skew, event) for event in events]
    late = sorted((one for one in heard if one.event.arrived_at is not None), key=lambda one: one.at)
    # In a burst, an event on time came before the first that was not, or where a clock that was set back tells its time again.
    pairs = [(one, other) for one, other in pairwise(late) if _is_bunched(one, other)]
    again: list[tuple[Heard, Heard | None]] = [*islice((pair for pair in pairs if _tells_again(*pair)), MOST_TIMES_AGAIN)]
    if pairs and pairs[-1][1] is late[-1]:
        again.append((late[-1], None))
    is_burst = any(other.at < other.event.ts for _, other in pairs)
    for position, (at, event) in enumerate(heard):
        if event.arrived_at is None:
            at_again = next((one.at for one, other in again if _is_between(event, one, other)), None)
            if at_again is not None:
                heard[position] = Heard(at_again, event)
            elif is_burst and late[0].at <= at <= late[0].at + ON_TIME_MS:
                heard[position] = Heard(late[0].at - 1, event)
    return sorted(heard, key=lambda one: (one.event.type is not EventType.SESSION_START, one.at))


def _is_bunched(one: Heard, other: Heard) -> bool:
    return 2 * (other.at - one.at) < other.event.ts - one.event.ts


def _tells_again(one: Heard, other: Heard) -> bool:
    return one.event.ts <= one.at + ON_TIME_MS and other.event.ts >= one.at - ON_TIME_MS


def _is_between(event: Event, one: Heard, other: Heard | None) -> bool:
    if abs(event.ts - one.at) > ON_TIME_MS or event.ts < one.event.ts or event.playhead < one.event.playhead:
        return False
    return other is None or (event.ts <= other.event.ts and event.playhead <= other.event.playhead)
