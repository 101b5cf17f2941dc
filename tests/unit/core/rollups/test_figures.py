"""What a session adds to the roll-ups: its figures, their packed form, and where its time of playing counts."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediabeat.core.action_log import action_log, totals
from mediabeat.core.event import Event
from mediabeat.core.event_codec import pack, unpack
from mediabeat.core.metrics import measure
from mediabeat.core.records import Start
from mediabeat.core.rollups.figures import ATTEMPT, BUCKET_MS, MAX_BUCKETS, NOTHING, Figures, figures_of, played_by_bucket
from mediabeat.core.session import fold
from mediabeat.protocols.media_collection.requests import parse_downloaded, parse_event, parse_session_start
from tests.support.builders import BASE_MS, end, live_start, pause, ping, play, start
from tests.support.cases import cases
from tests.support.viewings import RECORDINGS

quickly = settings(max_examples=200, deadline=None, derandomize=True)

NOON_MS: Final = BASE_MS // BUCKET_MS * BUCKET_MS
"""The begin of a bucket."""


def start_at(started_at: int, ts_skew: int) -> Start:
    return Start("demo", "PC", "VOD", "viewer", "{}", started_at, ts_skew, b"")


def played(events: Iterable[Event], *, started_at: int, skew_ms: int = 0, last_at: int | None = None) -> dict[int, int]:
    session = fold(events, ts_skew=skew_ms)
    last = session.events[-1].ts + skew_ms if last_at is None else last_at
    return dict(played_by_bucket(session, start_at(started_at, skew_ms), last_at=last))


def shifted(events: Iterable[Event], ms: int) -> list[Event]:
    return [event._replace(ts=event.ts + ms) for event in events]


# Packed form


FIGURES: Final = st.builds(
    Figures,
    attempts=st.integers(0, 1),
    successes=st.integers(0, 1),
    played_ms=st.dictionaries(
        st.integers(0, MAX_BUCKETS - 1), st.one_of(st.just(BUCKET_MS), st.integers(1, BUCKET_MS), st.integers(1, 2**50))
    ).map(lambda one: tuple(sorted(one.items()))),
    outcome=st.none() | st.sampled_from(["played", "early_exit", "later word é"]),
    time_to_start_ms=st.none() | st.integers(0, 2**40),
    rebuffering_ms=st.integers(0, 2**40),
    score=st.none() | st.integers(0, 1_000),
    is_good=st.booleans(),
)


@quickly
@given(FIGURES)
def test_packed_figures_read_as_they_were(figures: Figures) -> None:
    assert Figures.from_bytes(figures.to_bytes()) == figures


@quickly
@given(FIGURES, st.binary(min_size=1, max_size=20), st.integers(9, 2_000))
def test_field_of_a_later_release_is_ignored(figures: Figures, value: bytes, tag: int) -> None:
    tag_bytes = bytes([tag % 128 | 128, tag // 128]) if tag > 127 else bytes([tag])
    assert Figures.from_bytes(tag_bytes + bytes([len(value)]) + value + figures.to_bytes()) == figures


def test_nothing_is_packed_to_nothing() -> None:
    assert (NOTHING.to_bytes(), Figures.from_bytes(b"")) == (b"", NOTHING)
    assert Figures.from_bytes(ATTEMPT.to_bytes()) == ATTEMPT


@pytest.mark.parametrize(
    "damaged", [b"\x01", b"\x01\x02\x01", b"\x80", b"\x03\x03\x02\x01\x80", b"\x03\x03\x02\xff\x7f", b"\x04\x01\xff"]
)
def test_damaged_figures_are_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut off|no such bucket|invalid start byte"):
        Figures.from_bytes(damaged)


CLOSED: Final = Figures(1, 1, (), "exit_before_start", 123_456, 654_321, 1_000, is_good=True)


@pytest.mark.parametrize(
    ("played_ms", "most_bytes"),
    [
        ([(0, 212_345), *((bucket, BUCKET_MS) for bucket in range(1, 6)), (6, 87_655)], 55),  # half an hour
        ([(bucket, BUCKET_MS) for bucket in range(MAX_BUCKETS)], 50),  # a day of live content
        ([(bucket, BUCKET_MS - bucket % 7) for bucket in range(MAX_BUCKETS)], 920),  # a day, with a pause in every bucket
        ([(bucket, BUCKET_MS - bucket % 7) for bucket in range(0, MAX_BUCKETS, 2)], 640),
    ],
)
def test_packed_figures_have_a_bound(played_ms: list[tuple[int, int]], most_bytes: int) -> None:
    figures = CLOSED._replace(played_ms=tuple(played_ms))
    assert most_bytes * 0.8 < len(figures.to_bytes()) <= most_bytes


# Where playing counts


def test_playing_counts_in_the_buckets_in_which_it_was_played() -> None:
    events = shifted([start(0), play(1), *(ping(at, at - 1) for at in range(11, 671, 10)), end(671, 670)], NOON_MS - BASE_MS)
    assert played(events, started_at=NOON_MS) == {0: 299_000, 1: 300_000, 2: 71_000}


def test_pause_counts_in_no_bucket() -> None:
    events = [
        start(0),
        play(0),
        pause(100, 100),
        *(ping(at, 100) for at in range(110, 1_000, 300)),
        play(1_000, 100),
        end(1_010, 110),
    ]
    assert played(shifted(events, NOON_MS - BASE_MS), started_at=NOON_MS) == {0: 100_000, 3: 10_000}


def test_first_bucket_is_that_of_the_start_on_the_servers_clock() -> None:
    events = shifted([start(0), play(0), ping(10, 10), end(20, 20)], NOON_MS - BASE_MS)
    assert played(events, started_at=NOON_MS - 10_000, skew_ms=-10_000) == {0: 10_000, 1: 10_000}
    assert played(events, started_at=NOON_MS + 10**9, skew_ms=10**9) == {0: 20_000}


def test_playing_before_the_start_counts_at_the_start() -> None:
    events = shifted([start(0), play(0), *(ping(at, at) for at in range(60, 660, 60)), end(660, 660)], NOON_MS - BASE_MS)
    assert played(events, started_at=NOON_MS + 310_000) == {0: 600_000, 1: 60_000}


def test_playing_after_the_last_arrival_counts_at_the_last_arrival() -> None:
    events = shifted([start(0), play(0), *(ping(at, at) for at in range(60, 1_200, 60)), end(1_200, 1_200)], NOON_MS - BASE_MS)
    assert played(events, started_at=NOON_MS, last_at=NOON_MS + 310_000) == {0: 300_000, 1: 900_000}
    assert played(events, started_at=NOON_MS, last_at=NOON_MS - 1) == {0: 1_200_000}


def test_playing_of_more_than_a_day_counts_at_24_hours() -> None:
    hours = [live_start(0), play(0), *(ping(at, at % 86_400) for at in range(300, 90_300, 300)), end(90_300, 3_900)]
    found = played(shifted(hours, NOON_MS - BASE_MS), started_at=NOON_MS)
    assert found == dict.fromkeys(range(288), 300_000) | {288: 3_900_000}
    assert len(found) == MAX_BUCKETS


def test_downloaded_content_counts_by_its_own_time() -> None:
    events = shifted([start(0), play(0), ping(400, 400), end(410, 410)], NOON_MS - BASE_MS)
    assert played(events, started_at=NOON_MS, last_at=NOON_MS + 30 * 86_400_000) == {0: 300_000, 1: 110_000}


# Figures


def test_figures_of_a_session_that_never_played() -> None:
    session = fold([start(0), end(1)])
    assert figures_of(session, start_at(BASE_MS, 0), measure(session), last_at=BASE_MS + 1_000) == ATTEMPT


def test_figures_of_an_open_session_have_no_outcome() -> None:
    session = fold([start(0), play(2), ping(12, 10)])
    found = figures_of(session, start_at(NOON_MS, NOON_MS - BASE_MS), measure(session), last_at=NOON_MS + 12_000)
    assert found == Figures(attempts=1, successes=1, played_ms=((0, 10_000),))


def recorded() -> dict[str, list[Event]]:
    """Return the events of every journey, fixture and case, as they are stored."""
    found: dict[str, list[Event]] = {}
    for path in RECORDINGS:
        recording = json.loads(path.read_text(encoding="utf-8"))
        for number, session in enumerate(recording["sessions"]):
            bodies = session["events"]
            if recording["downloaded"]:
                events = parse_downloaded(bodies, require_downloaded_flag=False)
            else:
                events = [parse_session_start(bodies[0]), *map(parse_event, bodies[1:])]
            found[f"{path.stem}.{number}"] = events
    for path in cases(without=("b-*", "title-*", "export-*")):
        found |= {f"{path.stem}.{number}": events for number, events in enumerate(_sessions_in(path))}
    return {name: [unpack(pack(event)) for event in events] for name, events in found.items()}


def _sessions_in(path: Path) -> list[list[Event]]:
    sessions: list[list[Event]] = []
    for request in json.loads(path.read_text(encoding="utf-8"))["requests"]:
        for body in _bodies(request):
            if body["eventType"] == "sessionStart":
                sessions.append([parse_session_start(body)])
            elif sessions:
                sessions[-1].append(parse_event(body))
    return sessions


def _bodies(request: dict[str, Any]) -> list[dict[str, Any]]:
    body = request.get("body")
    bodies = body if isinstance(body, list) else [body]
    return [one for one in bodies if isinstance(one, dict) and "eventType" in one]


RECORDED: Final = recorded()


@pytest.mark.parametrize("name", RECORDED)
def test_playing_of_all_buckets_is_that_of_the_action_log(name: str) -> None:
    events = RECORDED[name]
    started_at = NOON_MS + 200_000
    skew_ms = started_at - events[0].ts
    session = fold(events, ts_skew=skew_ms)
    last_at = max(event.ts for event in events) + skew_ms
    found = played_by_bucket(session, start_at(started_at, skew_ms), last_at=last_at)
    assert sum(ms for _, ms in found) == totals(action_log(session)).playing_ms
    assert all(0 <= bucket < MAX_BUCKETS and ms > 0 for bucket, ms in found)
