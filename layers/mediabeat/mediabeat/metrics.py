"""Every number that is told of a session, defined once.

Source: Adobe's Streaming Media reporting documentation (see README.md, "Metrics"). Durations are computed from `ts`, never from
the playhead. Nothing is counted after a session's last event.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from mediabeat.events import SECONDS_A_DAY, Event, EventType
from mediabeat.session import PlayState, Session, Span

METRICS_VERSION: Final = 1
"""Rises with every change of a formula; summaries written under a lower one can be recomputed from the log."""

CLOCK_TOLERANCE_S: Final = 1.5
CLOCK_TOLERANCE_SHARE: Final = 0.1
"""A playhead that moves as the clock does, within 1.5 s or 10 %, was played; one that does not has jumped."""

STREAM_S: Final = 1_800
SEGMENT_S: Final = 300
MAX_STATES: Final = 10
STANDARD_STATES: Final = {
    name.lower(): name for name in ("fullScreen", "closedCaptioning", "mute", "pictureInPicture", "inFocus")
}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AdMetrics(_Frozen):
    """One ad inside an ad break; `time_ms` is what was played of it."""

    id: str
    name: str | None
    break_index: int
    break_name: str | None
    position: int
    length_s: float | None
    time_ms: int
    completed: bool
    skipped: bool


class ChapterMetrics(_Frozen):
    """One chapter; `time_ms` is the content played in it. A chapter left open at the end is not complete."""

    index: int
    name: str | None
    offset_s: float
    length_s: float
    time_ms: int
    completed: bool
    skipped: bool


class StateMetrics(_Frozen):
    """How often and for how long a player state, like fullScreen, was on."""

    count: int
    time_ms: int
    set: bool


class Metrics(_Frozen):
    """All that is measured of a session. Units are in the names; counts have none; `None` is: not known."""

    metrics_version: int = METRICS_VERSION
    close_reason: str | None
    media_starts: int
    content_starts: int
    drops_before_start: int
    content_completes: int
    content_resumes: int
    content_time_spent_ms: int
    ad_time_spent_ms: int
    media_time_spent_ms: int
    unique_time_played_ms: int
    average_minute_audience: float | None
    progress_10: bool
    progress_25: bool
    progress_50: bool
    progress_75: bool
    progress_95: bool
    segment: str | None
    estimated_streams: int
    pause_events: int
    total_pause_duration_ms: int
    pause_impacted: bool
    buffer_events: int
    total_buffer_duration_ms: int
    buffer_impacted: bool
    stall_events: int
    total_stall_duration_ms: int
    stall_impacted: bool
    time_to_start_ms: int | None
    average_bitrate_bps: int | None
    bitrate_changes: int
    bitrate_change_impacted: bool
    dropped_frames: int
    dropped_frame_impacted: bool
    error_events: int
    error_impacted: bool
    player_errors: tuple[str, ...]
    external_errors: tuple[str, ...]
    ad_count: int
    ad_starts: int
    ad_completes: int
    ad_skips: int
    ads: tuple[AdMetrics, ...]
    chapter_count: int
    chapter_starts: int
    chapter_completes: int
    chapter_skips: int
    chapters: tuple[ChapterMetrics, ...]
    states: dict[str, StateMetrics]


def measure(session: Session, close_reason: str | None = None) -> Metrics:
    """Return all metrics of a session as far as it has come; `close_reason` is given once it is closed."""
    spans = session.spans
    counts = dict.fromkeys(EventType, 0)
    for span in spans:
        counts[span.event.type] += 1
    content_ms = _time(spans, lambda s: s.is_content)
    ad_ms = _time(spans, lambda s: s.ad is not None and s.state is PlayState.PLAYING)
    pauses, pause_ms = _state_changes(spans, PlayState.PAUSED)
    buffers, buffer_ms = _state_changes(spans, PlayState.BUFFERING)
    stalls, stall_ms = _state_changes(spans, PlayState.STALLED)
    played = list(_played(session))
    dropped = int(_last_qoe(spans, "media.qoe.droppedFrames") or 0)
    ads = tuple(_ads(spans))
    chapters = tuple(_chapters(spans))
    return Metrics(
        close_reason=close_reason,
        media_starts=1,
        content_starts=int(session.content_start is not None),
        drops_before_start=int(close_reason is not None and session.content_start is None),
        content_completes=int(session.is_complete),
        content_resumes=int(session.start.params.get("media.resume") is True),
        content_time_spent_ms=content_ms,
        ad_time_spent_ms=ad_ms,
        media_time_spent_ms=content_ms + ad_ms,
        unique_time_played_ms=round(1_000 * _union_length(played)),
        average_minute_audience=content_ms / 1_000 / session.length_s if session.length_s else None,
        **{f"progress_{percent}": _reached(session, percent) for percent in (10, 25, 50, 75, 95)},
        segment=_segment(played),
        estimated_streams=(content_ms + ad_ms) // 1_000 // STREAM_S + 1,
        pause_events=pauses,
        total_pause_duration_ms=pause_ms,
        pause_impacted=pauses > 0,
        buffer_events=buffers,
        total_buffer_duration_ms=buffer_ms,
        buffer_impacted=buffers > 0,
        stall_events=stalls,
        total_stall_duration_ms=stall_ms,
        stall_impacted=stalls > 0,
        time_to_start_ms=_time_to_start(session),
        average_bitrate_bps=_average_bitrate(spans),
        bitrate_changes=counts[EventType.BITRATE_CHANGE],
        bitrate_change_impacted=counts[EventType.BITRATE_CHANGE] > 0,
        dropped_frames=dropped,
        dropped_frame_impacted=dropped > 0,
        error_events=counts[EventType.ERROR],
        error_impacted=counts[EventType.ERROR] > 0,
        player_errors=_error_ids(spans, external=False),
        external_errors=_error_ids(spans, external=True),
        ad_count=len(ads),
        ad_starts=len(ads),
        ad_completes=sum(ad.completed for ad in ads),
        ad_skips=sum(ad.skipped for ad in ads),
        ads=ads,
        chapter_count=len(chapters),
        chapter_starts=len(chapters),
        chapter_completes=sum(chapter.completed for chapter in chapters),
        chapter_skips=sum(chapter.skipped for chapter in chapters),
        chapters=chapters,
        states=_states(spans),
    )


def _time(spans: Iterable[Span], counts: Callable[[Span], bool]) -> int:
    return sum(span.duration_ms for span in spans if counts(span))


def _state_changes(spans: Iterable[Span], state: PlayState) -> tuple[int, int]:
    """Return how often the player went into a state, and the milliseconds that it stayed there."""
    entered = stayed_ms = 0
    before = None
    for span in spans:
        if span.state is state:
            entered += before is not state
            stayed_ms += span.duration_ms
        before = span.state
    return entered, stayed_ms


def _played(session: Session) -> Iterator[tuple[float, float]]:
    """Yield the stretches of content that were played, in seconds of the content, cut to its length."""
    end_s = session.length_s or (SECONDS_A_DAY if session.is_live else float("inf"))
    for span in session.spans:
        if not span.is_content:
            continue
        begin_s, moved_s = span.event.playhead, session.moved_s(span)
        as_the_clock = moved_as_the_clock(moved_s, span.duration_ms)
        until_s = begin_s + (max(moved_s, 0.0) if as_the_clock else span.duration_ms / 1_000)
        yield _clamped(begin_s, end_s), _clamped(until_s, end_s)
        if session.is_live and until_s > SECONDS_A_DAY:
            yield 0.0, until_s - SECONDS_A_DAY


def moved_as_the_clock(moved_s: float, elapsed_ms: int) -> bool:
    """Say whether a playhead that moved by so many seconds in so many milliseconds was just playing."""
    elapsed_s = elapsed_ms / 1_000
    return abs(moved_s - elapsed_s) <= max(CLOCK_TOLERANCE_S, CLOCK_TOLERANCE_SHARE * elapsed_s)


def _clamped(playhead_s: float, end_s: float) -> float:
    return min(max(playhead_s, 0.0), end_s)


def _union_length(intervals: Iterable[tuple[float, float]]) -> float:
    length = 0.0
    reached = float("-inf")
    for begin, end in sorted(intervals):
        length += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return length


def _reached(session: Session, percent: int) -> bool:
    """Say whether an event after the content start has its playhead at or past a share of the length."""
    begin = session.content_start
    if begin is None or not session.length_s:
        return False
    mark_s = session.length_s * percent / 100
    return any(span.event.playhead >= mark_s for span in session.spans if span.event.ts >= begin.ts)


def _segment(played: list[tuple[float, float]]) -> str | None:
    """Return `[a-b]`: the minutes, in steps of five, around all content played."""
    if not played:
        return None
    first = int(min(begin for begin, _ in played) // SEGMENT_S)
    last = max(first + 1, int(-(-max(end for _, end in played) // SEGMENT_S)))
    return f"[{first * 5}-{last * 5}]"


def _last_qoe(spans: Iterable[Span], *names: str) -> float | None:
    sent = [span.event.qoe[name] for span in spans for name in names if name in span.event.qoe]
    return sent[-1] if sent else None


def _time_to_start(session: Session) -> int | None:
    sent = _last_qoe(session.spans, "media.qoe.timeToStart")
    if sent is not None:
        return int(sent)
    if session.content_start is None:
        return None
    asked, began = session.start.ts, session.content_start.ts
    ads = (
        max(0, min(span.end_ms, began) - max(span.event.ts, asked))
        for span in session.spans
        if span.ad is not None and span.state is PlayState.PLAYING
    )
    return max(0, began - asked - sum(ads))


def _average_bitrate(spans: Iterable[Span]) -> int | None:
    """Return the mean of the bitrates sent, each weighted by the time for which it was played."""
    in_force: float | None = None
    bits = weight_ms = 0.0
    for span in spans:
        qoe = span.event.qoe
        in_force = qoe.get("media.qoe.bitrate", qoe.get("bitrate", in_force))
        if in_force is not None and span.state is PlayState.PLAYING:
            bits += in_force * span.duration_ms
            weight_ms += span.duration_ms
    return round(bits / weight_ms) if weight_ms else None


def error_id(event: Event) -> str | None:
    """Return the id in an `error` event: a parameter by the documentation, QoE data in real players."""
    return event.params.get("media.errorId") or event.qoe.get("media.qoe.errorID")


def _error_ids(spans: Iterable[Span], *, external: bool) -> tuple[str, ...]:
    ids: dict[str, None] = {}
    for event in (span.event for span in spans if span.event.type is EventType.ERROR):
        source = event.params.get("media.errorSource") or event.qoe.get("media.qoe.errorSource")
        name = error_id(event)
        if name is not None and (source == "external") is external:
            ids[name] = None
    return tuple(ids)


def _closed_by(spans: tuple[Span, ...], opened: int, held: Callable[[Span], int | None]) -> EventType | None:
    """Return the type of the event that ended what the event at `opened` began; none if the session's end did."""
    return next((span.event.type for span in spans[opened + 1 :] if held(span) != opened), None)


def _ads(spans: tuple[Span, ...]) -> Iterator[AdMetrics]:
    for position, span in enumerate(spans):
        if span.ad != position or span.ad_break is None:
            continue
        ad, ad_break = span.event.params, spans[span.ad_break].event.params
        ended_by = _closed_by(spans, position, lambda s: s.ad)
        yield AdMetrics(
            id=ad["media.ad.id"],
            name=ad.get("media.ad.name"),
            break_index=int(ad_break["media.ad.podIndex"]),
            break_name=ad_break.get("media.ad.podFriendlyName"),
            position=int(ad["media.ad.podPosition"]),
            length_s=ad.get("media.ad.length"),
            time_ms=_time(spans, lambda s, p=position: s.ad == p and s.state is PlayState.PLAYING),  # type: ignore[misc]
            completed=ended_by is EventType.AD_COMPLETE,
            skipped=ended_by is EventType.AD_SKIP,
        )


def _chapters(spans: tuple[Span, ...]) -> Iterator[ChapterMetrics]:
    for position, span in enumerate(spans):
        if span.chapter != position:
            continue
        chapter = span.event.params
        ended_by = _closed_by(spans, position, lambda s: s.chapter)
        yield ChapterMetrics(
            index=int(chapter["media.chapter.index"]),
            name=chapter.get("media.chapter.friendlyName"),
            offset_s=chapter["media.chapter.offset"],
            length_s=chapter["media.chapter.length"],
            time_ms=_time(spans, lambda s, p=position: s.chapter == p and s.is_content),  # type: ignore[misc]
            completed=ended_by is EventType.CHAPTER_COMPLETE,
            skipped=ended_by is EventType.CHAPTER_SKIP,
        )


def _states(spans: tuple[Span, ...]) -> dict[str, StateMetrics]:
    """Return the first ten player states of a session; one still open ends with the session."""
    counts: dict[str, int] = {}
    times_ms: dict[str, int] = {}
    since: dict[str, int] = {}
    for span in spans:
        for name, on in _switched(span.event):
            if on and name not in since and (name in counts or len(counts) < MAX_STATES):
                since[name] = span.event.ts
                counts[name] = counts.get(name, 0) + 1
            elif not on and name in since:
                times_ms[name] = times_ms.get(name, 0) + span.event.ts - since.pop(name)
    for name, begin in since.items():
        times_ms[name] = times_ms.get(name, 0) + spans[-1].event.ts - begin
    return {name: StateMetrics(count=count, time_ms=times_ms[name], set=True) for name, count in counts.items()}


def _switched(event: Event) -> Iterator[tuple[str, bool]]:
    def named(state: dict[str, Any]) -> str:
        name: str = state["media.state.name"]
        return STANDARD_STATES.get(name.lower(), name)

    if event.type in (EventType.STATE_START, EventType.STATE_END):
        yield named(event.params), event.type is EventType.STATE_START
    elif event.type is EventType.STATES_UPDATE:
        yield from ((named(state), False) for state in event.params.get("statesEnd", ()))
        yield from ((named(state), True) for state in event.params.get("statesStart", ()))
