"""The id of a session, which tells an append how far the player's clock was off at the start."""

import hashlib
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediabeat.core.event import MAX_TS_MS
from mediabeat.core.session_id import ON_TIME_MS, RANDOM_BYTES, SESSION_ID, arrival_to_keep, session_id
from tests.support.builders import BASE_MS

RANDOM = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)
NOW = st.integers(BASE_MS, 2**41)
TS = st.integers(0, MAX_TS_MS)


@given(RANDOM, NOW, TS, TS, st.integers(0, 86_400_000))
def test_id_tells_which_events_are_not_on_time(random: bytes, now: int, start_ts: int, ts: int, later_ms: int) -> None:
    sid = session_id(random, now - start_ts)
    assert SESSION_ID.fullmatch(sid)
    is_on_time = abs((now + later_ms - ts) - (now - start_ts)) <= ON_TIME_MS
    assert arrival_to_keep(sid, ts, now + later_ms) == (None if is_on_time else now + later_ms)


@pytest.mark.parametrize(("off_ms", "is_kept"), [(-10_001, True), (-10_000, False), (10_000, False), (10_001, True)])
def test_arrival_is_kept_when_an_event_is_more_than_ten_seconds_off(off_ms: int, is_kept: bool) -> None:
    sid = session_id(bytes(RANDOM_BYTES), 5_000)
    now = BASE_MS + 5_000 + off_ms
    assert arrival_to_keep(sid, BASE_MS, now) == (now if is_kept else None)


@pytest.mark.parametrize(
    "sid",
    [
        "5" * 64,
        "f" * 64,
        hashlib.sha256(b"downloaded").hexdigest(),
        hashlib.sha256(b"earlier").hexdigest(),
        "",
        "../../etc",
        "é" * 64,
        "5" * 63,
    ],
)
def test_id_of_another_origin_tells_no_skew(sid: str) -> None:
    assert arrival_to_keep(sid, 0, BASE_MS) is None


def test_ids_with_one_skew_have_no_digits_in_common() -> None:
    ids = [session_id(secrets.token_bytes(RANDOM_BYTES), 250) for _ in range(400)]
    assert all(len({sid[place] for sid in ids}) == 16 for place in range(64))
