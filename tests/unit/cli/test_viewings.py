"""The invented viewings of the demonstration, folded by the project's own code."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from random import Random
from typing import Final

import pytest

from mediabeat.cli.viewings import kinds, week
from mediabeat.cli.viewings.catalogue import FERRY, VIEWERS
from mediabeat.cli.viewings.devices import SAMSUNG
from mediabeat.cli.viewings.kinds import BUSINESS_ERRORS, DRM_ERROR, KINDS, STORY
from mediabeat.cli.viewings.watching import PING_S, Seat
from mediabeat.cli.viewings.week import Viewing
from mediabeat.core.action_log import action_log
from mediabeat.core.metrics import Metrics, measure
from mediabeat.core.quality.experience import experience_of
from mediabeat.core.quality.outcome import Outcome, outcome_of
from mediabeat.core.request_limits import DOWNLOADED_BYTES
from mediabeat.core.session import Session, fold
from mediabeat.protocols.media_collection.requests import parse_downloaded
from mediabeat.runtime.user_agent import UNKNOWN, caller_of

AFTERNOON: Final = datetime(2026, 11, 26, 14, 40, tzinfo=UTC)
AFTER_MIDNIGHT: Final = datetime(2026, 11, 26, 0, 5, tzinfo=UTC)
SUNDAY_NIGHT: Final = datetime(2027, 1, 3, 23, 50, tzinfo=UTC)
BROKEN_SINCE: Final = datetime(2026, 11, 25, 18, tzinfo=UTC)
EXACT_TO_S: Final = 0.3


@cache
def viewings_at(now: datetime) -> tuple[Viewing, ...]:
    return tuple(week.viewings(now))


FOLDED: Final[dict[tuple[object, ...], tuple[Session, Metrics]]] = {}


def folded(viewing: Viewing) -> Session:
    return folded_and_measured(viewing)[0]


def measured(viewing: Viewing) -> Metrics:
    return folded_and_measured(viewing)[1]


def folded_and_measured(viewing: Viewing) -> tuple[Session, Metrics]:
    place = (viewing.begins_at, viewing.viewer.id, len(viewing.events))
    if place not in FOLDED:
        session = fold(parse_downloaded([*viewing.events], require_downloaded_flag=False))
        FOLDED[place] = session, measure(session)
    return FOLDED[place]


def of_kind(kind: object) -> list[Viewing]:
    return [one for one in viewings_at(AFTERNOON) if one.kind.goes is kind]


def test_viewings_of_a_day_are_the_same_in_each_call() -> None:
    assert week.viewings(AFTERNOON) == list(viewings_at(AFTERNOON))


def test_later_calls_on_a_day_only_add_viewings() -> None:
    sent = [one.events for one in viewings_at(AFTERNOON)]
    assert all(events in sent for events in (one.events for one in viewings_at(AFTER_MIDNIGHT)))


def test_ordinary_days_are_the_same_on_the_next_day() -> None:
    sent = [one.events for one in viewings_at(AFTERNOON)]
    next_day = viewings_at(AFTERNOON + timedelta(days=1))
    again = [one for one in next_day if one.begins_at < AFTERNOON - timedelta(hours=3) and one.device is not SAMSUNG]
    assert len(again) > 100
    assert all(one.events in sent for one in again)


@pytest.mark.parametrize("now", [AFTERNOON, AFTER_MIDNIGHT, SUNDAY_NIGHT], ids=str)
def test_viewings_fill_seven_days_and_are_over(now: datetime) -> None:
    viewings = viewings_at(now)
    assert 200 <= len(viewings) <= 260
    assert all(one.ends_at + week.OVER_FOR < now for one in viewings)
    first_day = now.date() - timedelta(days=week.DAYS - 1)
    days = Counter(one.begins_at.date() for one in viewings)
    assert min(days) == first_day
    assert len(days) >= week.DAYS - 1
    assert [one.begins_at for one in viewings] == sorted({one.begins_at for one in viewings})


def test_most_viewings_begin_in_the_evening() -> None:
    hours = Counter(one.begins_at.hour for one in viewings_at(SUNDAY_NIGHT))
    assert sum(hours[hour] for hour in range(18, 23)) > sum(hours[hour] for hour in range(12))


@pytest.mark.parametrize("now", [AFTERNOON, AFTER_MIDNIGHT, SUNDAY_NIGHT], ids=str)
def test_every_kind_of_viewing_is_there(now: datetime) -> None:
    assert {one.kind.goes for one in viewings_at(now)} == {kind.goes for kind in (*KINDS, STORY)}


@pytest.mark.parametrize("now", [AFTERNOON, AFTER_MIDNIGHT, SUNDAY_NIGHT], ids=str)
def test_fold_finds_the_meant_outcome_and_play_time(now: datetime) -> None:
    for one in viewings_at(now):
        assert outcome_of(folded(one), (BUSINESS_ERRORS,)) is one.kind.outcome, one
        assert measured(one).content_time_spent_ms / 1_000 == pytest.approx(one.played_s, abs=EXACT_TO_S), one


def test_whole_content_counts_as_complete() -> None:
    whole = [one for one in of_kind(kinds.to_the_end) if not one.content.is_live]
    assert {(measured(one).content_completes, measured(one).progress_95) for one in whole} == {(1, True)}


def test_pauses_seeks_and_waits_are_in_the_log() -> None:
    def has(action: str, one: Viewing) -> bool:
        return any(line.action == action for line in action_log(folded(one)))

    recorded = [one for one in viewings_at(AFTERNOON) if not one.content.is_live]
    assert all(has("paused", one) for one in recorded if one.kind.goes is kinds.paused)
    assert all(has("seeking", one) for one in recorded if one.kind.goes is kinds.sought)
    assert all(has("rebuffering", one) for one in recorded if one.kind.goes in (kinds.rebuffered, kinds.poor))


def test_stalls_are_found_by_their_playhead() -> None:
    stalled = [measured(one) for one in of_kind(kinds.stalled) if not one.content.is_live]
    assert stalled
    assert all(one.stall_events == 1 and 30_000 <= (one.total_stall_duration_ms or 0) <= 60_000 for one in stalled)


def test_ads_chapters_bitrates_and_dropped_frames_are_measured() -> None:
    figures = [measured(one) for one in viewings_at(AFTERNOON)]
    assert sum((one.ad_completes or 0) > 2 for one in figures) > 10  # a preroll, and a break in the middle
    assert sum((one.chapter_completes or 0) > 0 for one in figures) > 50
    assert sum((one.chapter_skips or 0) > 0 for one in figures) > 0
    assert sum((one.bitrate_changes or 0) > 2 for one in figures) > 10
    assert sum((one.dropped_frames or 0) > 0 for one in figures) > 10
    assert all(one.average_bitrate_bps for one in figures if one.content_starts)
    assert all(one.time_to_start_ms for one in figures if one.content_starts)


def test_most_viewings_have_a_good_score_and_some_a_very_poor_one() -> None:
    def score(one: Viewing) -> float:
        session, figures = folded_and_measured(one)
        stalls, stall_ms = figures.stall_events or 0, figures.total_stall_duration_ms or 0
        playing_ms = figures.content_time_spent_ms
        experience = experience_of(session, one.kind.outcome, playing_ms=playing_ms, stalls=stalls, stall_ms=stall_ms)
        assert experience.score is not None
        return experience.score

    assert max(score(one) for one in of_kind(kinds.poor)) < 40
    assert min(score(one) for one in of_kind(kinds.to_the_end)) > 70


def test_viewings_are_moderate_in_size() -> None:
    events = [len(one.events) for one in viewings_at(AFTERNOON)]
    assert max(events) < 200
    assert max(len(str(one.events)) for one in viewings_at(AFTERNOON)) < DOWNLOADED_BYTES / 10


def test_viewers_devices_sites_and_contents_are_many_and_known() -> None:
    viewings = viewings_at(AFTERNOON)
    callers = [caller_of({name.lower(): value for name, value in one.headers.items()}) for one in viewings]
    assert UNKNOWN not in {one.os for one in callers} | {one.browser for one in callers}
    assert {one.device_type for one in callers} == {"desktop", "tv", "console", "phone", "tablet"}
    assert all(one.origin.endswith((".example.com", ".example.org")) for one in callers)
    assert len({one.origin for one in callers}) == 4
    by_viewer = Counter(one.viewer.id for one in viewings)
    assert len(by_viewer) >= 35
    assert max(by_viewer.values()) > 5
    assert len({one.content.id for one in viewings}) >= 18
    assert {one.content.kind for one in viewings} == {"film", "episode", "clip", "live"}


@pytest.mark.parametrize("now", [AFTERNOON, AFTER_MIDNIGHT], ids=str)
def test_story_is_one_film_on_one_television_since_one_moment(now: datetime) -> None:
    ferry = [one for one in viewings_at(now) if one.content is FERRY]
    on_others = [one for one in ferry if one.device is not SAMSUNG]
    before = [one for one in ferry if one.device is SAMSUNG and one.begins_at < BROKEN_SINCE]
    after = [one for one in ferry if one.device is SAMSUNG and one.begins_at >= BROKEN_SINCE]
    failing = [one for one in after if one.kind is STORY]
    assert len(before) == 8
    assert all(one.ends_at < BROKEN_SINCE for one in before)
    assert {measured(one).outcome or outcome_of(folded(one)) for one in before} == {Outcome.PLAYED}
    assert Outcome.PLAY_FAILURE not in {outcome_of(folded(one)) for one in on_others}
    assert any(one.begins_at >= BROKEN_SINCE for one in on_others)
    assert len(failing) >= 8
    assert len(failing) / len(after) > 0.7
    assert {errors for one in failing for errors in measured(one).player_errors} == {DRM_ERROR}
    assert all(590 <= one.played_s <= 1_200 for one in failing)
    assert DRM_ERROR not in {errors for one in viewings_at(now) if one not in failing for errors in measured(one).player_errors}


def test_some_viewers_try_again_and_fail_again() -> None:
    failing = Counter(one.viewer.id for one in viewings_at(AFTERNOON) if one.kind is STORY)
    assert max(failing.values()) >= 2


def test_seats_show_what_the_console_should_have_now() -> None:
    watched = [Seat(number, Random("seats")).next_viewing(AFTERNOON) for number in range(12)]
    assert [one.content.is_live for one in watched] == [True, True] + [False] * 10
    assert watched[2].kind.goes in (kinds.rebuffered, kinds.adapted, kinds.poor)
    assert (watched[3].kind, watched[3].content, watched[3].device) == (STORY, FERRY, SAMSUNG)
    assert watched[4].content is FERRY
    assert watched[4].device is not SAMSUNG
    assert len({one.viewer.id for one in watched}) >= 11


def test_viewer_who_watches_now_sends_a_ping_every_ten_seconds() -> None:
    watched = Seat(0, Random("pings")).next_viewing(AFTERNOON)
    stamps = [event["playerTime"]["ts"] for event in watched.events]
    assert stamps[0] == AFTERNOON.timestamp() * 1_000
    assert max(later - earlier for earlier, later in pairwise(stamps)) == PING_S * 1_000
    assert measured(watched).content_time_spent_ms / 1_000 == pytest.approx(watched.played_s, abs=EXACT_TO_S)


def test_live_viewing_goes_on_over_midnight() -> None:
    late = AFTERNOON.replace(hour=23, minute=55)
    player_kind = next(kind for kind in KINDS if kind.goes is kinds.to_the_end)
    live = next(one.content for one in viewings_at(AFTERNOON) if one.content.is_live)
    watched = week.viewing(player_kind, live, VIEWERS[-1].devices[0], VIEWERS[-1], late, Random("midnight"))
    playheads = [event["playerTime"]["playhead"] for event in watched.events]
    assert max(playheads) > 86_300
    assert playheads[-1] < 3_600
    assert measured(watched).content_time_spent_ms / 1_000 == pytest.approx(watched.played_s, abs=EXACT_TO_S)
