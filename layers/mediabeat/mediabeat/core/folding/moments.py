"""The order of events with one `ts`. Nothing tells in which order they happened, so the order that makes sense is taken.

Before is what held just before this `ts`. A break's own events stay inside it.

    one `ts` has                       before                 order                      then
    ---------------------------------  ---------------------  -------------------------  -----------------------------
    adStart, adComplete or adSkip      no ad runs             start, end                 an ad of no length
    adStart, adComplete or adSkip      an ad runs             end, start                 the next ad runs
    adBreakStart, adBreakComplete      no break is open       start, ads, complete       a break of no length
    adBreakStart, adBreakComplete      a break is open        complete, start, ads       the next break is open
    chapterStart, chapterComplete      no chapter is open     start, end                 a chapter of no length
    chapterStart, chapterComplete      a chapter is open      end, start                 the next chapter is open
    pause or buffer, adBreakStart      any                    pause, break               content is paused, the ad plays
    pause or buffer, adStart           a break is open        pause, ad                  the ad plays
    the same, and `play` comes next    a break is open        ad, pause                  the ad is paused
    pause or buffer, play              any                    pause, play                content plays (a seek)
    the same, and the playhead does    any                    play, pause                content is paused
      not move until the next `play`
    pause, buffer                      any                    pause, buffer              content buffers
    end of an ad or break, play        any                    end, play                  content plays
    adStart, play                      any                    ad, play                   the ad plays
    sessionComplete, pause or buffer   any                    complete, pause            content has ended: no pause
    sessionComplete, play              any                    play, complete             content has ended
    the same, `play` is further back   any                    complete, play             a replay

Player states (mute) that go on and off in one `ts` are settled by `states_of`, for each name.
"""

from collections.abc import Callable, Iterable
from itertools import compress
from typing import Final

from mediabeat.core.event import AD_POSITION, Event, EventType
from mediabeat.core.folding.spans import CLOCK_TOLERANCE_S, FASTEST

_AD_ENDS: Final = frozenset({EventType.AD_COMPLETE, EventType.AD_SKIP})
_CHAPTER_ENDS: Final = frozenset({EventType.CHAPTER_COMPLETE, EventType.CHAPTER_SKIP})
_HOLDS: Final = frozenset({EventType.PAUSE_START, EventType.BUFFER_START})
_ORDERED: Final = frozenset(
    {
        *(*_AD_ENDS, EventType.AD_START, EventType.AD_BREAK_START, EventType.AD_BREAK_COMPLETE),
        *(*_CHAPTER_ENDS, EventType.CHAPTER_START),
        *(*_HOLDS, EventType.PLAY, EventType.SESSION_COMPLETE),
    }
)
_CHANGES: Final = _HOLDS | {EventType.PLAY, EventType.AD_BREAK_START, EventType.SESSION_COMPLETE, EventType.SESSION_END}
_NEUTRAL: Final = frozenset({EventType.PING, EventType.BITRATE_CHANGE, EventType.ERROR})

MOVING_S: Final = 0.5
"""A playhead that moves by more than this is moving: paused players were seen to waver by 0.3 s."""


def is_moving(moved_s: float, elapsed_s: float) -> bool:
    """Return whether a movement of the playhead shows that content plays: it is neither standing nor a seek."""
    return MOVING_S < moved_s <= FASTEST * elapsed_s + CLOCK_TOLERANCE_S


def in_order(
    moment: list[Event], following: Callable[[], Iterable[Event]], *, break_is_open: bool, ad_is_open: bool, chapter_is_open: bool
) -> list[Event]:
    """Return the events of one `ts` in the order of the table above. `following` returns the events after them."""
    if sum(event.type in _ORDERED for event in moment) < 2 and len({event.playhead for event in moment}) == 1:
        return moment

    def of(types: Iterable[EventType]) -> list[Event]:
        return [event for event in moment if event.type in types]

    holds, plays, completes = of(_HOLDS), of({EventType.PLAY}), of({EventType.SESSION_COMPLETE})
    breaks = of({EventType.AD_BREAK_START})
    ads = sorted(of({EventType.AD_START}), key=lambda event: float(event.params[AD_POSITION]))
    advertising = _advertising(breaks, ads, of(_AD_ENDS), of({EventType.AD_BREAK_COMPLETE}), break_is_open, ad_is_open)
    if holds and (breaks or (ads and break_is_open and not _next_change_is_play(following()))):
        player = [*holds, *advertising, *plays, *completes]
    elif completes and plays and plays[0].playhead < completes[-1].playhead - CLOCK_TOLERANCE_S:
        player = [*advertising, *completes, *holds, *plays]
    elif holds and plays and not _stays_held(plays[-1], following()):
        player = [*advertising, *holds, *plays, *completes]
    else:
        player = [*advertising, *plays, *completes, *holds]
    chapters = _pairs(of({EventType.CHAPTER_START}), of(_CHAPTER_ENDS), is_open=chapter_is_open)
    starts = of({EventType.SESSION_START})
    rest = [event for event in moment if event.type not in _ORDERED and event.type is not EventType.SESSION_START]
    # A `play` that found the playhead elsewhere comes after what still reports the old place.
    is_early = [bool(plays) and event.playhead != plays[-1].playhead and event.type in _NEUTRAL for event in rest]
    return [*starts, *chapters, *compress(rest, is_early), *player, *compress(rest, (not early for early in is_early))]


def _advertising(
    breaks: list[Event], ads: list[Event], ad_ends: list[Event], break_ends: list[Event], break_is_open: bool, ad_is_open: bool
) -> list[Event]:
    if not breaks:
        return [*_pairs(ads, ad_ends, is_open=ad_is_open), *break_ends]
    old_ad = int(ad_is_open and bool(ad_ends))
    old_break = int(break_is_open and bool(break_ends))
    closed = [*ad_ends[:old_ad], *break_ends[:old_break]]
    return [*closed, *breaks, *_pairs(ads, ad_ends[old_ad:], is_open=False), *break_ends[old_break:]]


def _pairs(opens: list[Event], closes: list[Event], *, is_open: bool) -> list[Event]:
    """Return what opens and closes in turns, beginning with what closes the one that is open."""
    closing = iter(closes)
    ordered = [next(closing)] if is_open and closes else []
    for opened in opens:
        ordered.append(opened)
        ordered += [closed for closed in [next(closing, None)] if closed is not None]
    return [*ordered, *closing]


def _next_change_is_play(following: Iterable[Event]) -> bool:
    changes = (event.type for event in following if event.type in _CHANGES or event.type in _AD_ENDS)
    return next(changes, None) is EventType.PLAY


def _stays_held(play: Event, following: Iterable[Event]) -> bool:
    """Return whether the playhead does not move between a `play` and a further one, so that what held it came last."""
    for event in following:
        if is_moving(event.playhead - play.playhead, (event.ts - play.ts) / 1_000):
            return False
        if event.type in _CHANGES:
            return event.type is EventType.PLAY
    return False
