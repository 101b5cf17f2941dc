"""Every figure of a session, defined once. The docstrings of the fields of `Metrics` make METRICS.md and the OpenAPI document.

Source: Adobe's Streaming Media reporting documentation. Durations are computed from `ts`, never from the playhead. Nothing is
counted after a session's last event.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from pydantic import ConfigDict

from mediabeat.core.breakdowns import AdMetrics, ChapterMetrics, Frozen, StateMetrics, ads_of, chapters_of, states_of
from mediabeat.core.event import DROPPED_FRAMES, RESUME, Event, EventType
from mediabeat.core.folding.hints import IS_ASSUMED, UNKNOWN
from mediabeat.core.folding.tally import tally
from mediabeat.core.playback import (
    ErrorSource,
    error_id,
    error_source,
    last_qoe,
    reached_s,
    segment,
    time_to_start_ms,
    union_length_s,
    within,
)
from mediabeat.core.quality.experience import QOE_VERSION, experience_of
from mediabeat.core.quality.outcome import outcome_of
from mediabeat.core.session import Session
from mediabeat.core.truncation import first_fitting

METRICS_VERSION: Final = 4
"""Raise it with every change of a formula. `mediabeat recompute` rewrites the summaries of lower versions."""

ADS_BYTES: Final = 96 * 1024
CHAPTERS_BYTES: Final = 32 * 1024
ERROR_IDS_BYTES: Final = 16 * 1024
"""Bytes of JSON that each list keeps: about 500 ads, 250 chapters. Start, caller and summary share an item of 400 KB."""

STREAM_S: Final = 1_800
"""Seconds of media time per estimated stream, the last one begun counted as full."""


class Metrics(Frozen):
    """All figures of a session. Units are in the names; counts have none. `None` means unknown.

    The type of a metric that was added after release 0.1 permits `None`, the value in older summaries: see `stored_forms`.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    metrics_version: int = METRICS_VERSION
    """Version of the formulas that produced these figures; it rises with every change of a formula."""
    close_reason: str | None
    """Why the session was closed; one of `session_end`, `completed`, `no_events`, `no_playhead_progress` and `max_age`, or null
    while it is open."""
    media_starts: int
    """Always 1: the viewer asked for the media."""
    content_starts: int
    """1 if the content started: with a `play` outside ad breaks, or by moving after a preroll; else 0."""
    drops_before_start: int
    """1 if the session was closed before the content started; else 0."""
    content_completes: int | None
    """1 if the player sent `sessionComplete`; else 0."""
    content_resumes: int
    """1 if `sessionStart` carried `media.resume: true`; else 0."""
    content_time_spent_ms: int
    """Time for which content played by the clock, without ads, stalls and waiting."""
    ad_time_spent_ms: int
    """Time for which ads played."""
    media_time_spent_ms: int
    """Content time and ad time together."""
    unique_time_played_ms: int | None
    """Length of the content that was played at least once; a second viewing of the same minutes adds nothing."""
    playback_rate: float | None
    """Mean speed at which content played, weighted by time: 2 is twice as fast as recorded; null if unknown."""
    average_minute_audience: float | None
    """Content time divided by content length; null for live content and for an unknown length."""
    progress_10: bool | None
    """True if the playhead reached 10 % of the length after the content had started; a seek counts too."""
    progress_25: bool | None
    """True if the playhead reached 25 % of the length after the content had started; a seek counts too."""
    progress_50: bool | None
    """True if the playhead reached 50 % of the length after the content had started; a seek counts too."""
    progress_75: bool | None
    """True if the playhead reached 75 % of the length after the content had started; a seek counts too."""
    progress_95: bool | None
    """True if the playhead reached 95 % of the length after the content had started; a seek counts too."""
    segment: str | None
    """Range of content minutes that covers everything played, in steps of five, such as `[0-5]`; for live content, before the
    first midnight (UTC); null if no content played."""
    estimated_streams: int
    """1, and 1 more for each full half hour of media time."""
    pause_events: int | None
    """How often the player went into a pause."""
    total_pause_duration_ms: int | None
    """Time for which the player was paused."""
    pause_impacted: bool | None
    """True if there was a pause."""
    buffer_events: int | None
    """How often the player began to buffer, at start-up too."""
    total_buffer_duration_ms: int | None
    """Time for which the player buffered, at start-up too."""
    buffer_impacted: bool | None
    """True if the player buffered."""
    stall_events: int | None
    """How often content stalled: the player played but sent the same playhead at three moments in a row or more; ad breaks do not
    count, nor does a playhead that catches up."""
    total_stall_duration_ms: int | None
    """Time for which content was stalled."""
    stall_impacted: bool | None
    """True if content stalled."""
    time_to_start_ms: int | None
    """The last `media.qoe.timeToStart`, or else the time from `sessionStart` to the content without the ads between; null if
    unknown."""
    average_bitrate_bps: int | None
    """Mean of the bitrates that the player sent, each weighted by the time for which it played; null if it sent none."""
    bitrate_changes: int | None
    """Number of `bitrateChange` events."""
    bitrate_change_impacted: bool | None
    """True if there was a `bitrateChange` event."""
    dropped_frames: int | None
    """The last `media.qoe.droppedFrames` that the player sent; 0 if it sent none."""
    dropped_frame_impacted: bool | None
    """True if frames were dropped."""
    outcome: str | None
    """How the session ended for its viewer; one of `played`, `start_failure`, `play_failure`, `business_error`,
    `exit_before_start` and `early_exit`, or null while it is open."""
    experience_score: float | None
    """How good the session was for its viewer, from 0 to 100; null while it is open, and if it is not judged."""
    qoe_version: int | None
    """Version of the formula behind outcome and score; null while the session is open."""
    error_events: int
    """Number of `error` events."""
    error_impacted: bool
    """True if there was an `error` event."""
    player_errors: tuple[str, ...]
    """Distinct ids of the errors whose source is the player, which is the default; the first 16 KB of them."""
    external_errors: tuple[str, ...]
    """Distinct ids of the errors whose source is `external`; the first 16 KB of them."""
    ad_count: int
    """Number of ads inside ad breaks."""
    ad_starts: int
    """Number of ads that started; the same as `ad_count`."""
    ad_completes: int
    """Number of ads that ended with `adComplete`."""
    ad_skips: int
    """Number of ads that ended with `adSkip`."""
    ads: tuple[AdMetrics, ...]
    """Each ad with its id, name, break, position, length, time played and end; the first 96 KB of JSON."""
    chapter_count: int | None
    """Number of chapters."""
    chapter_starts: int | None
    """Number of chapters that started; the same as `chapter_count`."""
    chapter_completes: int | None
    """Number of chapters that ended with `chapterComplete`; a chapter left open is not complete."""
    chapter_skips: int | None
    """Number of chapters that ended with `chapterSkip`."""
    chapters: tuple[ChapterMetrics, ...]
    """Each chapter with its index, name, offset, length, content time and end; the first 32 KB of JSON."""
    states: dict[str, StateMetrics]
    """The first ten player states, such as `fullScreen`: how often and for how long each was on."""
    is_playing_time_assumed: bool | None
    """True if the player reported neither events nor states of playback; content time then lasts from the first frame to the last
    report, whatever the viewer did. With CMCD, release builds of Shaka Player report neither."""


def measure(session: Session, close_reason: str | None = None, business_errors: tuple[str, ...] = ()) -> Metrics:
    """Return all metrics of a session, up to its last event. `close_reason` is given once it is closed.

    An error whose id begins with one of `business_errors` is a decision of the project's business.
    """
    events, sums = session.events, tally(session)
    counts = Counter(event.type for event in events)
    farthest_s = reached_s(session)
    dropped = int(last_qoe(events, DROPPED_FRAMES) or 0)
    ads = tuple(ads_of(session, sums.ads))
    chapters = tuple(chapters_of(session, sums.chapters))
    outcome = None if close_reason is None else outcome_of(session, business_errors)
    experience = experience_of(session, outcome, playing_ms=sums.content_ms, stalls=sums.stalls, stall_ms=sums.stall_ms)
    metrics = Metrics(
        close_reason=close_reason,
        media_starts=1,
        content_starts=int(session.content_start is not None),
        drops_before_start=int(close_reason is not None and session.content_start is None),
        content_completes=int(session.is_complete),
        content_resumes=int(session.start.params.get(RESUME) is True),
        content_time_spent_ms=sums.content_ms,
        ad_time_spent_ms=sums.ad_ms,
        media_time_spent_ms=sums.content_ms + sums.ad_ms,
        unique_time_played_ms=round(1_000 * union_length_s(within(session, sums.played_s))),
        playback_rate=sums.playback_rate,
        average_minute_audience=sums.content_ms / 1_000 / session.length_s if session.length_s else None,
        progress_10=_has_reached(session, farthest_s, 10),
        progress_25=_has_reached(session, farthest_s, 25),
        progress_50=_has_reached(session, farthest_s, 50),
        progress_75=_has_reached(session, farthest_s, 75),
        progress_95=_has_reached(session, farthest_s, 95),
        segment=segment(session, sums.played_s),
        estimated_streams=(sums.content_ms + sums.ad_ms) // 1_000 // STREAM_S + 1,
        pause_events=sums.pauses,
        total_pause_duration_ms=sums.pause_ms,
        pause_impacted=sums.pauses > 0,
        buffer_events=sums.buffers,
        total_buffer_duration_ms=sums.buffer_ms,
        buffer_impacted=sums.buffers > 0,
        stall_events=sums.stalls,
        total_stall_duration_ms=sums.stall_ms,
        stall_impacted=sums.stalls > 0,
        time_to_start_ms=time_to_start_ms(session),
        average_bitrate_bps=sums.average_bitrate_bps,
        bitrate_changes=counts[EventType.BITRATE_CHANGE],
        bitrate_change_impacted=counts[EventType.BITRATE_CHANGE] > 0,
        dropped_frames=dropped,
        dropped_frame_impacted=dropped > 0,
        outcome=outcome,
        experience_score=experience.score,
        qoe_version=QOE_VERSION if outcome else None,
        error_events=counts[EventType.ERROR],
        error_impacted=counts[EventType.ERROR] > 0,
        player_errors=_error_ids(events, "player") if counts[EventType.ERROR] else (),
        external_errors=_error_ids(events, "external") if counts[EventType.ERROR] else (),
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
        states=states_of(session),
        is_playing_time_assumed=bool(session.start.params.get(IS_ASSUMED)),
    )
    unknown = session.start.params.get(UNKNOWN, ())
    return metrics.model_copy(update=dict.fromkeys(unknown)) if unknown else metrics


def _has_reached(session: Session, farthest_s: float | None, percent: int) -> bool:
    return farthest_s is not None and farthest_s >= session.length_s * percent / 100


def _error_ids(events: Iterable[Event], source: ErrorSource) -> tuple[str, ...]:
    errors = (event for event in events if event.type is EventType.ERROR)
    ids = (error_id(event) for event in errors if error_source(event) == source)
    return tuple(first_fitting(dict.fromkeys(name for name in ids if name is not None), ERROR_IDS_BYTES))
