"""From figures to counters: where a session counts, and that changes add up whatever comes between."""

from collections import Counter
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediabeat.core.event_codec import pack
from mediabeat.core.records import Start
from mediabeat.core.rollups import names
from mediabeat.core.rollups.counters import (
    Change,
    Counted,
    Period,
    Place,
    Seat,
    content_hash,
    counted,
    counters,
    seat_of,
    viewers,
)
from mediabeat.core.rollups.figures import ATTEMPT, NOTHING, Figures
from mediabeat.core.session_query import KINDS
from tests.support.builders import start

quickly = settings(max_examples=200, deadline=None, derandomize=True)

DAY: Final = 20_783
HOUR: Final = 24 * DAY + 23
STARTED_MS: Final = (DAY + 1) * 86_400_000 - 301_000
"""26 November 2026, 23:54:59."""

SESSION: Final = Counted(
    sid="5" * 64,
    project_id="demo",
    lane=3,
    kind=2,
    viewer="viewer-1",
    started_at=STARTED_MS,
    content_id="movie-1",
    title="A film",
    url="",
)
HASH: Final = content_hash("movie-1")


def place(period: Period, number: int) -> Place:
    content = HASH if period in (Period.CONTENT_HOUR, Period.CONTENT_DAY) else ""
    return Place("demo", 3, period, number, content)


def test_attempt_counts_in_the_hour_and_day_of_the_start() -> None:
    assert counters(SESSION, ATTEMPT) == {place(Period.HOUR, HOUR): {"aa2": 1}, place(Period.DAY, DAY): {"a2": 1}}


def test_playing_counts_where_it_was_and_all_else_at_the_start() -> None:
    played = ((0, 250_000), (1, 300_000), (2, 9_000))
    figures = Figures(1, 1, played, "played", 1_500, 40, 894, is_good=True)
    quality = {"q22": 1, "qw2": 40, "qj2": 1, "qs2": 894, "qg2": 1}
    assert counters(SESSION, figures) == {
        place(Period.HOUR, HOUR): {"aa2": 1, "pa2": 1, "ta2": 250_000, "tb2": 300_000} | quality,
        place(Period.HOUR, HOUR + 1): {"t02": 9_000},
        place(Period.DAY, DAY): {"a2": 1, "p2": 1, "t2": 550_000} | quality,
        place(Period.DAY, DAY + 1): {"t2": 9_000},
        place(Period.CONTENT_HOUR, HOUR): {"pa2": 1, "ta2": 250_000, "tb2": 300_000},
        place(Period.CONTENT_HOUR, HOUR + 1): {"t02": 9_000},
        place(Period.CONTENT_DAY, DAY): {"p2": 1, "t2": 550_000},
        place(Period.CONTENT_DAY, DAY + 1): {"t2": 9_000},
    }


@pytest.mark.parametrize(
    ("outcome", "score", "expected"),
    [
        ("played", 750, {"qj2": 1, "qs2": 750}),
        ("early_exit", None, {"qE2": 1}),
        ("exit_before_start", 250, {"qX2": 1, "qj2": 1, "qs2": 250}),
        ("start_failure", 0, {"qF2": 1, "qj2": 1}),
        ("play_failure", 0, {"qV2": 1, "qj2": 1}),
        ("business_error", None, {"qB2": 1}),
        ("a word of a later release", None, {}),
    ],
)
def test_outcome_has_a_counter(outcome: str, score: int | None, expected: dict[str, int]) -> None:
    found = counters(SESSION, ATTEMPT._replace(outcome=outcome, score=score))
    assert found[place(Period.DAY, DAY)] == {"a2": 1} | expected
    assert found[place(Period.HOUR, HOUR)] == {"aa2": 1} | expected


@pytest.mark.parametrize(("start_ms", "bin_"), [(0, 0), (500, 0), (501, 1), (1_000, 1), (5_000, 4), (20_000, 7), (20_001, 8)])
def test_start_time_counts_in_its_bin(start_ms: int, bin_: int) -> None:
    found = counters(SESSION, ATTEMPT._replace(time_to_start_ms=start_ms))
    assert found[place(Period.DAY, DAY)] == {"a2": 1, f"q{bin_}2": 1}


PLAYED: Final = st.dictionaries(st.integers(0, 288), st.integers(1, 300_000), max_size=6)
VERSIONS: Final = st.one_of(
    st.just(NOTHING),
    st.just(ATTEMPT),
    st.builds(
        Figures,
        attempts=st.just(1),
        successes=st.integers(0, 1),
        played_ms=PLAYED.map(lambda one: tuple(sorted(one.items()))),
        outcome=st.sampled_from([None, "played", "early_exit", "start_failure"]),
        time_to_start_ms=st.none() | st.integers(0, 30_000),
        rebuffering_ms=st.integers(0, 9_999),
        score=st.none() | st.integers(0, 1_000),
        is_good=st.booleans(),
    ),
)


def sum_of(changes: list[Change]) -> dict[Place, Counter[str]]:
    """Add up what changes add, without zeros."""
    sums: dict[Place, Counter[str]] = {}
    for change in changes:
        for where, counter in change.difference().items():
            sums.setdefault(where, Counter()).update(counter)
    nonzero = {where: Counter({name: value for name, value in one.items() if value}) for where, one in sums.items()}
    return {where: counter for where, counter in nonzero.items() if counter}


@quickly
@given(st.lists(VERSIONS, min_size=1, max_size=6), st.integers(STARTED_MS - 10**8, STARTED_MS + 10**8), st.randoms())
def test_changes_in_any_order_add_up_to_the_last_figures(versions: list[Figures], started_at: int, random: st.DataObject) -> None:
    session = SESSION._replace(started_at=started_at)
    changes = [
        Change(session, before, after, bytes([number]), 0)
        for number, (before, after) in enumerate(zip([NOTHING, *versions], versions, strict=False))
    ]
    random.shuffle(changes)  # type: ignore[attr-defined]
    assert sum_of(changes) == counters(session, versions[-1])


def test_change_that_changes_nothing_has_no_difference() -> None:
    assert Change(SESSION, ATTEMPT, ATTEMPT, b"1", 0).difference() == {}


# Viewers

SEATS: Final = st.builds(Seat, st.sampled_from([0, 1, 11, 12, 13, 287]), st.integers(0, len(KINDS) - 1))


@quickly
@given(st.dictionaries(SEATS, st.integers(-1, 3)), st.sets(st.integers(0, len(KINDS) - 1), min_size=1))
def test_viewers_of_any_kinds_are_a_sum_over_masks(seats: dict[Seat, int], kinds: set[int]) -> None:
    hours, day = viewers(seats)
    for bucket in (0, 1, 11, 12, 13, 287):
        counter = hours.get(bucket // 12, Counter())
        found = sum(counter[names.viewers_in_bucket(bucket % 12, mask)] for mask in names.masks_of(kinds))
        assert found == any(sessions > 0 and seat.bucket == bucket and seat.kind in kinds for seat, sessions in seats.items())
    found = sum(day[names.viewers_in_day(mask)] for mask in names.masks_of(kinds))
    assert found == any(sessions > 0 and seat.kind in kinds for seat, sessions in seats.items())


@quickly
@given(st.lists(st.tuples(SEATS, st.sampled_from([1, 1, 1, -1])), max_size=12))
def test_masks_before_and_after_add_up_to_those_of_the_last_seats(steps: list[tuple[Seat, int]]) -> None:
    seats: Counter[Seat] = Counter()
    hours: dict[int, Counter[str]] = {}
    day = Counter[str]()
    for seat, change in steps:
        before = viewers(seats)
        seats[seat] += change
        for sign, (by_hour, of_day) in ((-1, before), (1, viewers(seats))):
            day.update({name: sign * value for name, value in of_day.items()})
            for hour, counter in by_hour.items():
                hours.setdefault(hour, Counter()).update({name: sign * value for name, value in counter.items()})
    in_hours, in_day = viewers(seats)
    assert {hour: +counter for hour, counter in hours.items() if +counter} == in_hours
    assert +day == in_day
    assert min(day.values(), default=0) >= 0


def test_viewer_of_two_kinds_is_one_viewer() -> None:
    seats = {Seat(0, 0): 2, Seat(0, 3): 1, Seat(13, 1): 1, Seat(14, 2): 0}
    assert viewers(seats) == ({0: {"u09": 1}, 1: {"u12": 1}}, {"ub": 1})


def test_seat_is_that_of_the_start() -> None:
    assert seat_of(SESSION) == (DAY, Seat(286, 2))


# Facts of a session

BEGUN: Final = Start("demo", "Mobile", "LIVE", "viewer-1", "{}", STARTED_MS, 0, pack(start()))


def test_facts_of_a_session_are_those_of_its_start() -> None:
    begun = BEGUN._replace(event=pack(start(media_id="m", media_name="Ä" * 200, media_url="https://example.com/" + "é" * 600)))
    found = counted("5" * 64, begun, shard=7)
    assert found is not None
    assert found == Counted("5" * 64, "demo", 3, 3, "viewer-1", STARTED_MS, "m", "Ä" * 128, "https://example.com/" + "é" * 502)


def test_content_without_a_name_goes_by_its_id_and_a_viewer_by_its_session() -> None:
    found = counted("5" * 64, BEGUN._replace(viewer=""), shard=0)
    assert found is not None
    assert (found.title, found.url, found.viewer) == ("movie-1", "", "5" * 64)


def test_kind_of_a_later_release_is_not_counted() -> None:
    assert counted("5" * 64, BEGUN._replace(device="Watch"), shard=0) is None


@pytest.mark.parametrize("name", ["aa2", "p0", "t3", "tb3", "u0f", "uf", "qE0", "q83", "qw1"])
def test_counters_are_known_by_their_names(name: str) -> None:
    assert names.is_counter(name)


@pytest.mark.parametrize("name", ["pk", "sk", "v", "expires_at", "id", "title", "url", "named_at", "abcd", "q1", "x00"])
def test_other_attributes_are_no_counters(name: str) -> None:
    assert not names.is_counter(name)
