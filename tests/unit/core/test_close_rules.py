"""When a session's time is up. Minutes on the server's clock; the session starts at 0."""

import pytest

from mediabeat.core.close_rules import CloseReason, Limits, Liveness, close_reason, next_due
from mediabeat.core.event import Event
from mediabeat.core.event_codec import pack
from mediabeat.core.lifecycle import liveness_of
from mediabeat.core.records import Head, Phase, Start, StoredSession
from tests.support.builders import BASE_MS, pause, ping, play, start

MINUTE = 60_000


def life(*, heard: float, moved: float, began: float = 0) -> Liveness:
    """Return what the rules look at, in minutes."""
    return Liveness(round(began * MINUTE), round(heard * MINUTE), round(moved * MINUTE))


def struck(alive: Liveness, minutes: float, limits: Limits = Limits()) -> tuple[str, float] | None:  # noqa: B008 - immutable
    """Return which rule has struck by some minute, and in which minute it did."""
    found = close_reason(alive, limits, now=round(minutes * MINUTE))
    return (str(found[0]), found[1] / MINUTE) if found else None


def test_limits_are_those_of_the_collection_api() -> None:
    assert Limits() == Limits(quiet_ms=10 * MINUTE, stuck_ms=30 * MINUTE, max_age_ms=24 * 60 * MINUTE)


def test_ten_minutes_without_an_event_close_a_session() -> None:
    assert struck(life(heard=5, moved=5), 14.999) is None
    assert struck(life(heard=5, moved=5), 15) == ("no_events", 15)


def test_pinging_session_closes_after_half_an_hour_without_movement() -> None:
    assert struck(life(heard=34, moved=5), 34.999) is None
    assert struck(life(heard=34, moved=5), 35) == ("no_playhead_progress", 35)


def test_active_session_closes_after_a_day() -> None:
    assert struck(life(heard=1_439, moved=1_439), 1_439.999) is None
    assert struck(life(heard=1_439, moved=1_439), 1_440) == ("max_age", 1_440)


def test_late_closer_closes_a_session_as_of_its_time_out() -> None:
    assert struck(life(heard=5, moved=5), 10_000) == ("no_events", 15)


def test_first_of_several_time_outs_closes_a_session() -> None:
    assert struck(life(heard=30, moved=5), 100) == ("no_playhead_progress", 35)
    assert struck(life(heard=20, moved=5), 100) == ("no_events", 30)
    assert struck(life(heard=1_435, moved=1_435), 2_000) == ("max_age", 1_440)


def test_deployment_sets_its_own_limits() -> None:
    limits = Limits(quiet_ms=2 * MINUTE, stuck_ms=3 * MINUTE, max_age_ms=4 * MINUTE)
    assert struck(life(heard=0, moved=0), 1.9, limits) is None
    assert [struck(life(heard=heard, moved=moved), 9, limits) for heard, moved in ((0, 0), (3, 0.5), (3.5, 3.5))] == [
        ("no_events", 2),
        ("no_playhead_progress", 3.5),
        ("max_age", 4),
    ]


@pytest.mark.parametrize(
    ("heard", "moved", "due"),
    [(0, 0, 10), (5, 5, 15), (25, 5, 35), (20, 10, 30), (1_439, 1_439, 1_440), (1_425, 1_409, 1_435)],
)
def test_due_mark_is_the_time_of_the_first_time_out(heard: float, moved: float, due: float) -> None:
    assert next_due(life(heard=heard, moved=moved), Limits()) == due * MINUTE


def test_close_reasons_have_the_names_of_the_metrics() -> None:
    assert set(CloseReason) == {"session_end", "completed", "no_events", "no_playhead_progress", "max_age"}


# What the rules look at, in a session that is stored


def stored(*events: Event, heard_at: float, skew_s: float = 0) -> StoredSession:
    """Return a session whose start arrived at second 0 by a server's clock that is `skew_s` ahead of the player's."""
    skew_ms = round(skew_s * 1_000)
    began_at = BASE_MS + skew_ms
    begun = Start("demo", "PC", "VOD", "viewer", "{}", began_at, skew_ms, pack(start()))
    head = Head(Phase.OPEN, began_at + round(heard_at * 1_000), None)
    return StoredSession("5" * 64, head, begun, frozenset({begun.event, *map(pack, events)}), None)


def seconds(alive: Liveness, skew_s: float = 0) -> tuple[float, float, float]:
    """Return start, last arrival and last movement in seconds since the start."""
    began, heard, moved = ((at - BASE_MS) / 1_000 - skew_s for at in alive)
    return began, heard, moved


def test_last_movement_is_the_last_event_with_another_playhead() -> None:
    viewing = [play(2), ping(10, 8), pause(12, 10), ping(20, 10), ping(30, 10)]
    assert seconds(liveness_of(stored(*viewing, heard_at=31))) == (0, 31, 12)


def test_seek_back_counts_as_movement() -> None:
    viewing = [play(2, 50), ping(10, 58), ping(20, 8), ping(30, 8)]
    assert seconds(liveness_of(stored(*viewing, heard_at=31))) == (0, 31, 20)


def test_players_clock_is_corrected_by_the_skew_seen_at_the_start() -> None:
    viewing = [play(2), ping(10, 8), ping(20, 8)]
    for skew_s in (-86_400, 3_600):
        assert seconds(liveness_of(stored(*viewing, heard_at=21, skew_s=skew_s)), skew_s) == (0, 21, 10)


def test_last_movement_lies_between_start_and_last_arrival() -> None:
    ahead = stored(play(2), ping(90_000, 8), heard_at=21)
    behind = stored(play(-90_000, 5), ping(-89_000, 0), heard_at=21)
    assert [seconds(liveness_of(one)) for one in (ahead, behind)] == [(0, 21, 21), (0, 21, 21)]


def test_movement_that_a_look_has_seen_counts_too() -> None:
    one = stored(play(2), ping(10, 8), heard_at=100)
    looked = one._replace(head=one.head._replace(moved_at=BASE_MS + 90_000))
    assert seconds(liveness_of(looked)) == (0, 100, 90)


def test_session_without_a_start_has_no_liveness() -> None:
    with pytest.raises(ValueError, match="no start"):
        liveness_of(stored(heard_at=0)._replace(start=None))
