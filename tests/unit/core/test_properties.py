"""Properties of every session, whatever a player sends: hypothesis generates usual and unusual sessions."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mediabeat.core.action_log import LogLine, action_log, rebufferings, totals
from mediabeat.core.close_rules import CloseReason, Limits, Liveness, close_reason, next_due
from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import canonical_json, pack, unpack
from mediabeat.core.folding.interruptions import interruptions
from mediabeat.core.folding.spans import FASTEST, SLOWEST, PlayState, Span, time_ms
from mediabeat.core.metrics import measure
from mediabeat.core.playback import union_length_s
from mediabeat.core.quality.outcome import Outcome
from mediabeat.core.records import Head, Phase, Start
from mediabeat.core.rollups.figures import BUCKET_MS, played_by_bucket
from mediabeat.core.session import QUIET_MS, Session, fold, order_of
from mediabeat.storage import session_items
from tests.support.builders import BASE_MS, end, event, live_start, pause, ping, play, start

# The same sessions in every run, so that a red build is the change's doing; take `derandomize` out to search further.
quickly = settings(max_examples=100, deadline=None, derandomize=True)

STATES: Final = ("mute", "MUTE", "fullScreen", "kids")


class Step(NamedTuple):
    """How one event comes after the one before it: how much later, and where the playhead is then."""

    type: EventType
    after_ms: int
    playhead: float | None
    """The playhead after a jump; None when it follows the clock or keeps still with the content."""


PARAMS: Final[dict[EventType, st.SearchStrategy[dict[str, Any]]]] = {
    EventType.AD_BREAK_START: st.fixed_dictionaries({"media.ad.podIndex": st.integers(0, 2), "media.ad.podSecond": st.just(0)}),
    EventType.AD_START: st.fixed_dictionaries(
        {"media.ad.id": st.sampled_from("ab"), "media.ad.podPosition": st.integers(1, 2)},
        optional={"media.ad.length": st.just(15), "media.ad.name": st.just("Ad")},
    ),
    EventType.CHAPTER_START: st.fixed_dictionaries(
        {"media.chapter.index": st.integers(1, 2), "media.chapter.offset": st.just(0), "media.chapter.length": st.just(30)}
    ),
    EventType.STATE_START: st.fixed_dictionaries({"media.state.name": st.sampled_from(STATES)}),
    EventType.STATE_END: st.fixed_dictionaries({"media.state.name": st.sampled_from(STATES)}),
    EventType.STATES_UPDATE: st.fixed_dictionaries(
        {},
        optional={
            name: st.lists(st.fixed_dictionaries({"media.state.name": st.sampled_from(STATES)}), max_size=2)
            for name in ("statesStart", "statesEnd")
        },
    ),
    EventType.ERROR: st.fixed_dictionaries(
        {}, optional={"media.errorId": st.sampled_from("xy"), "media.errorSource": st.sampled_from(["player", "external"])}
    ),
}
QOE: Final[st.SearchStrategy[dict[str, Any]]] = st.one_of(
    st.just({}),
    st.just({}),
    st.fixed_dictionaries(
        {},
        optional={
            "media.qoe.bitrate": st.sampled_from([0, 800_000, 4_000_000]),
            "bitrate": st.just(10_000),
            "media.qoe.droppedFrames": st.integers(0, 9),
            "media.qoe.timeToStart": st.integers(0, 9_000),
        },
    ),
)

# Pings and plays are what sessions are made of; each of the other types comes often enough to meet each of the others.
TYPES: Final = st.sampled_from(
    [EventType.PING] * 6
    + [EventType.PLAY] * 5
    + [EventType.PAUSE_START, EventType.BUFFER_START, EventType.AD_BREAK_START, EventType.AD_START] * 2
    + [one for one in EventType if one is not EventType.SESSION_START]
)
GAPS_MS: Final = st.sampled_from([0, 0, 1, 250, 1_000, 1_000, 10_000, 10_000, 10_000, 61_000, 1_800_000])
JUMPS: Final = st.one_of(
    *[st.none()] * 4,
    st.sampled_from([0.0, 10.0, 30.25, 59.75, 60.5, 99.0, 100.0, 101.5, 3.0039000000001397, -0.25, -5.0, 86_399.75, 1e9]),
)


@st.composite
def viewings(draw: st.DrawFn) -> list[Event]:
    """Draw the events of a session in the order in which they happened; some of them may be before its start."""
    live = draw(st.booleans())
    at_s, playhead, moving = 0.0, draw(st.sampled_from([0.0, 0.0, 20.5, 86_390.0] if live else [0.0, 0.0, 20.5])), False
    events: list[Event] = []
    steps = draw(st.lists(st.builds(Step, TYPES, GAPS_MS, JUMPS), max_size=24))
    start_comes = draw(st.sampled_from([0, 0, 0, 1, 3]))
    for step in steps:
        at_s += step.after_ms / 1_000
        moved = step.after_ms / 1_000 if moving else 0
        playhead = step.playhead if step.playhead is not None else (playhead + moved) % (86_400 if live else 1e12)
        params = draw(PARAMS[step.type]) if step.type in PARAMS else {}
        events.append(event(step.type, at_s, playhead, params=params, qoe=draw(QOE)))
        if step.type in (EventType.PLAY, EventType.AD_COMPLETE, EventType.AD_SKIP, EventType.AD_BREAK_COMPLETE):
            moving = True
        elif step.type in (EventType.PAUSE_START, EventType.BUFFER_START, EventType.AD_START):
            moving = False
    start_at_s = (events[start_comes - 1].ts - BASE_MS) / 1_000 if 0 < start_comes <= len(events) else 0
    length_s = draw(st.sampled_from([0, 30, 60.3333333333333, 100, 100, 3_600]))
    began = live_start(start_at_s) if live else start(start_at_s, media_length=length_s, media_resume=draw(st.booleans()))
    return [began, *events]


def all_told(events: list[Event]) -> tuple[Any, ...]:
    """Everything that is computed from a session."""
    session = fold(events)
    return measure(session, "no_events"), action_log(session), session.moved_ts


def wall_ms(session: Session) -> int:
    return session.spans[-1].end_ms - session.spans[0].begin_ms


def numbers(value: Any) -> Iterator[float]:
    """Yield every number in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from numbers(inner)
    elif isinstance(value, int | float):
        yield value


# Roll-ups


@quickly
@given(viewings(), st.sampled_from([-86_400_000, -1, 0, 299_999, 10**9]), st.integers(0, 90_000_000))
def test_playing_of_all_buckets_is_that_of_the_action_log(events: list[Event], skew_ms: int, arrived_ms: int) -> None:
    session = fold(events)
    started_at = session.start.ts + skew_ms
    begun = Start("demo", "PC", "VOD", "viewer", "{}", started_at, skew_ms, b"")
    found = played_by_bucket(session, begun, last_at=started_at + arrived_ms)
    assert sum(ms for _, ms in found) == totals(action_log(session)).playing_ms
    assert all(0 <= bucket <= arrived_ms // BUCKET_MS + 1 for bucket, _ in found)


# Order and repeats


@quickly
@given(viewings(), st.data())
def test_order_of_arrival_and_repeats_change_nothing(events: list[Event], data: st.DataObject) -> None:
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=6))
    arrived = data.draw(st.permutations(repeated))
    assert all_told(arrived) == all_told(events)


@quickly
@given(viewings())
def test_sort_key_is_different_for_different_events(events: list[Event]) -> None:
    distinct: list[Event] = []
    for one in events:
        if one not in distinct:
            distinct.append(one)
    assert len({order_of(one) for one in events}) == len(distinct) == len({pack(one) for one in events})
    assert len(fold(events).events) == len(distinct)


@quickly
@given(viewings(), st.data())
def test_events_read_back_from_tail_and_pages_fold_to_the_same_session(events: list[Event], data: st.DataObject) -> None:
    began, *later = events
    sid = "5" * 64
    stored = sorted({pack(one) for one in later})
    cut = data.draw(st.integers(0, len(stored)))
    # While a tail is moved to its page, its events are in both.
    in_tail = stored[cut:] + data.draw(st.just([]) | st.just(stored[:cut]))
    head = session_items.head_item(sid, Head(Phase.OPEN, BASE_MS, BASE_MS), due_shard="1.4", expires_at=1)
    head |= {"tail": {"BS": in_tail}} if in_tail else {}
    begun = Start("demo", "PC", "VOD", "viewer", "{}", BASE_MS, 0, pack(began))
    items = [
        head,
        *(session_items.page_item(sid, page, expires_at=1) for page in session_items.pages(stored[:cut])),
        session_items.start_item(sid, begun, shards=2, expires_at=1),
    ]
    read = session_items.stored_session_from(sid, items)
    assert read is not None
    assert all_told([unpack(one) for one in read.events]) == all_told(events)


# Sums


@quickly
@given(viewings())
def test_every_moment_of_a_session_belongs_to_one_state(events: list[Event]) -> None:
    session = fold(events)
    metrics = measure(session)
    others = (PlayState.STARTING, PlayState.WAITING, PlayState.ENDED)
    others_ms = sum(span.duration_ms for span in session.spans if span.state in others)
    assert metrics.content_time_spent_ms + metrics.ad_time_spent_ms == metrics.media_time_spent_ms
    assert wall_ms(session) == (
        others_ms
        + metrics.media_time_spent_ms
        + (metrics.total_pause_duration_ms or 0)
        + (metrics.total_buffer_duration_ms or 0)
        + (metrics.total_stall_duration_ms or 0)
    )
    assert all(before.end_ms == span.begin_ms for before, span in pairwise(session.spans))


@quickly
@given(viewings())
def test_a_session_counts_no_longer_than_its_clock_ran(events: list[Event]) -> None:
    gaps_ms = [now.ts - before.ts for before, now in pairwise(sorted(events, key=order_of))]
    assert wall_ms(fold(events)) <= sum(gaps_ms)
    assert wall_ms(fold(events)) <= sum(min(gap_ms, 86_400_000 / SLOWEST if gap_ms > QUIET_MS else gap_ms) for gap_ms in gaps_ms)


@quickly
@given(viewings())
def test_figures_are_not_negative_nor_longer_than_the_session(events: list[Event]) -> None:
    session = fold(events)
    metrics = measure(session)
    assert min(numbers(metrics.model_dump(mode="json"))) >= 0
    assert sum(one.time_ms for one in metrics.ads) == metrics.ad_time_spent_ms
    assert sum(one.time_ms for one in metrics.chapters) <= metrics.content_time_spent_ms
    assert max([0, *(state.time_ms for state in metrics.states.values())]) <= wall_ms(session)


@quickly
@given(viewings())
def test_unique_time_is_at_most_the_content_length_and_the_playing_time(events: list[Event]) -> None:
    session = fold(events)
    unique_ms = measure(session).unique_time_played_ms or 0
    if session.length_s:
        assert unique_ms <= round(session.length_s * 1_000)
    # No farther than where the playhead was seen, or where it would have come at the fastest pace before it jumped.
    reached = [
        (span.begin_s, max(span.end_s, span.begin_s + FASTEST * span.duration_ms / 1_000) if span.jumps else span.end_s)
        for span in session.spans
        if span.is_content
    ]
    assert unique_ms <= round(1_000 * union_length_s((begin, end) for begin, end in reached if begin < end))


@quickly
@given(st.integers(25, 400), st.integers(4, 20), st.sampled_from([3, 5, 10, 20, 30]), st.booleans())
def test_a_steady_pace_has_the_unique_time_of_its_playheads_and_no_seeks(
    percent: int, pings: int, each_s: int, is_paused: bool
) -> None:
    pace = percent / 100
    viewing = [start(media_length=0), play(0)]
    viewing += [ping(each_s * number, pace * each_s * number) for number in range(1, pings)]
    at_s, playhead = each_s * pings, pace * each_s * pings
    if is_paused:
        viewing += [pause(at_s, playhead), play(at_s + 7, playhead)]
        viewing += [ping(at_s + 7 + each_s * number, playhead + pace * each_s * number) for number in (1, 2)]
        at_s, playhead = at_s + 7 + each_s * 3, playhead + pace * each_s * 3
    session = fold([*viewing, end(at_s, playhead)])
    metrics = measure(session)
    assert metrics.unique_time_played_ms == pytest.approx(1_000 * playhead, abs=1)
    assert metrics.content_time_spent_ms == 1_000 * (at_s - 7 * is_paused)
    assert not [line for line in action_log(session) if line.action == "seeking"]
    if abs(playhead - metrics.content_time_spent_ms / 1_000) > 10 or not is_paused:
        near_the_clock = abs(1 - pace) * each_s * pings <= max(1.5, 0.02 * each_s * pings)
        assert metrics.playback_rate == pytest.approx(1 if near_the_clock else pace, abs=0.2 if is_paused else 0.006)


@quickly
@given(viewings())
def test_impacted_flags_agree_with_the_counts(events: list[Event]) -> None:
    figures = measure(fold(events)).model_dump()
    counts = {
        "pause_impacted": "pause_events",
        "buffer_impacted": "buffer_events",
        "stall_impacted": "stall_events",
        "bitrate_change_impacted": "bitrate_changes",
        "dropped_frame_impacted": "dropped_frames",
        "error_impacted": "error_events",
    }
    assert {name: figures[name] for name in counts} == {name: figures[count] > 0 for name, count in counts.items()}
    assert figures["ad_completes"] + figures["ad_skips"] <= figures["ad_starts"]
    assert figures["chapter_completes"] + figures["chapter_skips"] <= figures["chapter_starts"]
    marks = [figures[f"progress_{percent}"] for percent in (10, 25, 50, 75, 95)]
    assert marks == sorted(marks, reverse=True)


@quickly
@given(viewings())
def test_log_is_in_order_and_plays_as_long_as_the_content_did(events: list[Event]) -> None:
    session = fold(events)
    log = action_log(session)
    at = [line.at_ms for line in log]
    assert at == sorted(at)
    assert session.spans[0].event.ts <= at[0] <= at[-1] <= session.spans[-1].event.ts
    assert min(line.duration_ms for line in log) >= 0
    assert max([0, *(line.duration_ms for line in log if line.action == "playing")]) <= 60_000
    assert totals(log).playing_ms == measure(session).content_time_spent_ms


@quickly
@given(viewings())
def test_rebufferings_are_those_of_the_log(events: list[Event]) -> None:
    session = fold(events)
    count, waited_ms = rebufferings(session)
    log = action_log(session)
    assert waited_ms == totals(log).rebuffering_ms
    assert (count > 0) is (waited_ms > 0)
    assert count <= sum(line.action == "rebuffering" for line in log)


@quickly
@given(viewings(), st.data())
def test_interruptions_last_as_long_as_ads_and_stalls_and_meet_no_stretch_of_the_log(
    events: list[Event], data: st.DataObject
) -> None:
    session = fold(events)
    found = list(interruptions(session))
    begins = [one.at_ms - one.duration_ms for one in found]
    assert all(one.duration_ms > 0 for one in found)
    assert all(before.at_ms <= begin for before, begin in zip(found, begins[1:], strict=False))
    if found:
        assert session.spans[0].begin_ms <= begins[0] <= found[-1].at_ms <= session.spans[-1].end_ms
    lasted_ms = Counter[str]()
    for one in found:
        lasted_ms[one.type] += one.duration_ms
    assert lasted_ms["stalled"] == (measure(session).total_stall_duration_ms or 0)
    assert lasted_ms["ad"] == time_ms(span for span in session.spans if span.ad is not None)
    for line in action_log(session):
        for one, begin_ms in zip(found, begins, strict=True):
            common_ms = min(one.at_ms, line.at_ms) - max(begin_ms, line.at_ms - line.duration_ms)
            is_of_the_ad = (
                one.type == "ad" and common_ms == line.duration_ms and line.action in ("paused", "rebuffering", "seeking")
            )
            assert common_ms <= 0 or is_of_the_ad
    repeated = data.draw(st.permutations([*events, *events[:3]]))
    assert list(interruptions(fold(repeated))) == found


@quickly
@given(viewings(), st.sampled_from([(), ("x",)]))
def test_every_session_that_is_over_has_one_outcome_and_a_score_if_judged(events: list[Event], business: tuple[str, ...]) -> None:
    metrics = measure(fold(events), "no_events", business)
    outcome, score = Outcome(metrics.outcome or ""), metrics.experience_score
    assert outcome.is_known
    assert (score is None) is (outcome in (Outcome.BUSINESS_ERROR, Outcome.EARLY_EXIT))
    assert score is None or 0 <= score <= 100
    has_started = outcome in (Outcome.PLAYED, Outcome.PLAY_FAILURE)
    assert has_started is bool(metrics.content_starts) or outcome is Outcome.BUSINESS_ERROR
    if outcome in (Outcome.START_FAILURE, Outcome.PLAY_FAILURE, Outcome.BUSINESS_ERROR):
        assert (metrics.error_impacted, score or 0) == (True, 0)


# A ping more


def as_it_goes(session: Session, span: Span, after_ms: int) -> float | None:
    """Return the playhead at some time in a span whose course is known; none where it is not."""
    begin = span.begin_s
    if span.state is PlayState.WAITING:
        return None  # with one ping more, content that stands still may be a stall
    if not span.is_content:
        return begin
    moving = 0 <= begin < 86_400 and (span.end_s - span.begin_s) * 1_000 == span.duration_ms
    return (begin + after_ms / 1_000) % (86_400 if session.is_live else float("inf")) if moving else None


def to_the_microsecond(log: list[LogLine]) -> list[LogLine]:
    """Return the log without what floats make of the order of additions."""
    return [line._replace(playhead_s=round(line.playhead_s, 6)) for line in log]


@settings(quickly, max_examples=200)
@given(viewings(), st.data())
def test_ping_more_in_a_steady_state_changes_nothing(events: list[Event], data: st.DataObject) -> None:
    session = fold(events)
    assume(all(now.ts - before.ts <= QUIET_MS for before, now in pairwise(sorted(events, key=order_of))))
    spans = [span for span in session.spans if span.duration_ms > 1 and as_it_goes(session, span, 1) is not None]
    assume(spans)
    span = data.draw(st.sampled_from(spans))
    after_ms = data.draw(st.sampled_from([1, 250, 500, 5_000, 60_000]).filter(lambda ms: ms < span.duration_ms))
    playhead = as_it_goes(session, span, after_ms)
    assert playhead is not None
    one_more = fold([*events, Event(span.begin_ms + after_ms, EventType.PING, playhead, {}, {}, {})])
    assert measure(one_more) == measure(session)
    if span.event is not session.start:  # the player's start lasts until the next event, whatever it is
        assert to_the_microsecond(action_log(one_more)) == to_the_microsecond(action_log(session))


# Packing


JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS: Final = st.dictionaries(st.text(max_size=8), JSON, max_size=4)
ANY_EVENT: Final = st.builds(
    Event,
    st.integers(0, 253_402_300_799_999),
    st.sampled_from(EventType),
    st.floats(allow_nan=False, allow_infinity=False),
    OBJECTS,
    st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
    OBJECTS,
    st.none() | st.integers(1_577_836_800_000, 2_000_000_000_000),
)


@quickly
@given(ANY_EVENT)
def test_packed_event_is_unpacked_unchanged(one: Event) -> None:
    assert unpack(pack(one)) == one
    assert unpack(pack(one)).type is one.type


def turned(value: Any) -> Any:
    """Return an equal JSON value whose objects have their keys the other way round."""
    if isinstance(value, dict):
        return {name: turned(value[name]) for name in reversed(value)}
    return [turned(inner) for inner in value] if isinstance(value, list) else value


@quickly
@given(ANY_EVENT)
def test_equal_events_pack_equally_whatever_the_order_of_keys(one: Event) -> None:
    other = one._replace(params=turned(one.params), custom=turned(one.custom), qoe=turned(one.qoe))
    assert pack(other) == pack(one)
    assert canonical_json(turned(one.params)) == canonical_json(one.params)


@quickly
@given(st.lists(st.binary(min_size=1, max_size=60), max_size=30), st.integers(1, 100))
def test_pages_hold_all_events_in_order_and_no_more_than_fits(events: list[bytes], page_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(session_items, "PAGE_BYTES", page_bytes)
        pages = list(session_items.pages(events))
    assert [one for page in pages for one in page] == events
    assert all(len(page) == 1 or 0 < sum(map(len, page)) <= page_bytes for page in pages)


# Time-outs


MINUTES: Final = st.integers(0, 3_000).map(lambda minutes: minutes * 60_000)


@quickly
@given(MINUTES, MINUTES, MINUTES, st.integers(-2_000_000, 200_000_000))
def test_session_closes_when_it_is_due_and_not_before(started_at: int, moved_after: int, heard_after: int, later: int) -> None:
    limits = Limits()
    moved_at = started_at + min(moved_after, heard_after)
    life = Liveness(started_at, started_at + heard_after, moved_at)
    due_at = next_due(life, limits)
    now = due_at + later
    rules = {
        CloseReason.NO_EVENTS: life.last_at + 10 * 60_000,
        CloseReason.NO_PLAYHEAD_PROGRESS: life.moved_at + 30 * 60_000,
        CloseReason.MAX_AGE: life.started_at + 24 * 60 * 60_000,
    }
    assert due_at == min(rules.values())
    struck = close_reason(life, limits, now=now)
    if later < 0:
        assert struck is None
    else:
        assert struck is not None
        reason, struck_at = struck
        assert (struck_at, rules[reason]) == (due_at, due_at)


@quickly
@given(MINUTES, st.integers(0, 86_400_000), st.integers(0, 86_400_000))
def test_event_never_brings_the_due_mark_forward(started_at: int, moved_after: int, heard_after: int) -> None:
    life = Liveness(started_at, started_at + max(moved_after, heard_after), started_at + moved_after)
    for later in (
        life._replace(last_at=life.last_at + 1_000),
        life._replace(last_at=life.last_at + 1_000, moved_at=life.last_at),
    ):
        assert next_due(later, Limits()) >= next_due(life, Limits())
