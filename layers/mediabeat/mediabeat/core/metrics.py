"""Every number that is told of a session, defined once.

Source: Adobe's Streaming Media reporting documentation (see README.md, "Metrics"). Durations are computed from `ts`, never from
the playhead. Nothing is counted after a session's last event.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final, Literal

from mediabeat.core.breakdowns import AdMetrics, ChapterMetrics, Frozen, StateMetrics, ads_of, chapters_of, states_of
from mediabeat.core.event import Event, EventType
from mediabeat.core.played_ranges import played, reached_s, segment, union_length_s
from mediabeat.core.session import PlayState, Session, Span, time_ms
from mediabeat.core.truncation import first_fitting

METRICS_VERSION: Final = 1
"""Rises with every change of a formula; summaries written under a lower one can be recomputed from the log."""

ADS_BYTES: Final = 96 * 1024
CHAPTERS_BYTES: Final = 32 * 1024
ERROR_IDS_BYTES: Final = 16 * 1024
"""JSON of what is listed, the first ones of each kind: some 500 ads, 250 chapters. A session's start, caller and summary share an
item of 400 KB."""

STREAM_S: Final = 1_800
"""Each half hour of media time, begun or full, is one estimated stream."""


class Metrics(Frozen):
    """All that is measured of a session. Units are in the names; counts have none; `None` is: not known.

    The type of a metric that is added after release 0.1 permits `None`, which older summaries have for it: see `stored_forms`.
    """

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
    counts = Counter(span.event.type for span in spans)
    content_ms = time_ms(session.content)
    ad_ms = time_ms(span for span in spans if span.ad is not None and span.state is PlayState.PLAYING)
    pauses, pause_ms = _state_changes(spans, PlayState.PAUSED)
    buffers, buffer_ms = _state_changes(spans, PlayState.BUFFERING)
    stalls, stall_ms = _stalls(spans)
    stretches = list(played(session))
    farthest_s = reached_s(session)
    marks_s = {percent: session.length_s * percent / 100 for percent in (10, 25, 50, 75, 95)}
    dropped = int(_last_qoe(spans, "media.qoe.droppedFrames") or 0)
    ads = tuple(ads_of(spans))
    chapters = tuple(chapters_of(spans))
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
        unique_time_played_ms=round(1_000 * union_length_s(stretches)),
        average_minute_audience=content_ms / 1_000 / session.length_s if session.length_s else None,
        **{f"progress_{percent}": farthest_s is not None and farthest_s >= mark_s for percent, mark_s in marks_s.items()},
        segment=segment(stretches),
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
        player_errors=_error_ids(spans, "player"),
        external_errors=_error_ids(spans, "external"),
        ad_count=len(ads),
        ad_starts=len(ads),
        ad_completes=sum(ad.completed for ad in ads),
        ad_skips=sum(ad.skipped for ad in ads),
        ads=tuple(first_fitting(ads, ADS_BYTES)),
        chapter_count=len(chapters),
        chapter_starts=len(chapters),
        chapter_completes=sum(chapter.completed for chapter in chapters),
        chapter_skips=sum(chapter.skipped for chapter in chapters),
        chapters=tuple(first_fitting(chapters, CHAPTERS_BYTES)),
        states=states_of(spans),
    )


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


def _stalls(spans: Iterable[Span]) -> tuple[int, int]:
    """Return the number of stalls and the milliseconds in them; one that moves on into another place is another one."""
    stalls = stalled_ms = 0
    standing_s = None
    for span in spans:
        if span.state is PlayState.STALLED:
            stalls += span.event.playhead != standing_s
            stalled_ms += span.duration_ms
            standing_s = span.event.playhead
        else:
            standing_s = None
    return stalls, stalled_ms


def _last_qoe(spans: tuple[Span, ...], name: str) -> float | None:
    """Return the last value sent; one below zero is no value."""
    return next((qoe[name] for span in reversed(spans) if (qoe := span.event.qoe) and qoe.get(name, -1) >= 0), None)


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
        if qoe := span.event.qoe:
            sent = qoe.get("media.qoe.bitrate", qoe.get("bitrate", -1))
            in_force = sent if sent >= 0 else in_force
        if in_force is not None and span.state is PlayState.PLAYING:
            played_ms = span.duration_ms
            bits += in_force * played_ms
            weight_ms += played_ms
    return round(bits / weight_ms) if weight_ms else None


def error_id(event: Event) -> str | None:
    """Return the id in an `error` event: a parameter by the documentation, QoE data in real players."""
    return event.params.get("media.errorId") or event.qoe.get("media.qoe.errorID")


ErrorSource = Literal["player", "external"]


def error_source(event: Event) -> ErrorSource:
    """Return where an error came from: `external`, or by default `player`."""
    source = event.params.get("media.errorSource") or event.qoe.get("media.qoe.errorSource")
    return "external" if source == "external" else "player"


def _error_ids(spans: Iterable[Span], source: ErrorSource) -> tuple[str, ...]:
    errors = (span.event for span in spans if span.event.type is EventType.ERROR)
    ids = (error_id(event) for event in errors if error_source(event) == source)
    return tuple(first_fitting(dict.fromkeys(name for name in ids if name is not None), ERROR_IDS_BYTES))
