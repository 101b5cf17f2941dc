"""How sessions end: the rules, at the time at which they strike, and the two steps of closing."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from mediabeat.core.close_rules import CloseReason
from mediabeat.core.event_codec import pack
from mediabeat.core.records import Phase, StoredSession
from mediabeat.core.summary import Summary
from mediabeat.runtime.settings import settings
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.session_store import Store
from mediabeat.storage.table import Item
from mediabeat.use_cases.close_sessions import close_due, slices_of
from tests.support.api import Api
from tests.support.builders import play, wire, wire_start
from tests.support.clock import Clock

pytestmark = pytest.mark.usefixtures("api_key")


def read(store: Store, sid: str) -> StoredSession:
    stored = store.read_session(sid)
    assert stored is not None
    return stored


def summary(store: Store, sid: str) -> Summary:
    packed = read(store, sid).summary
    assert packed is not None
    return Summary.from_bytes(packed)


def test_a_session_without_events_for_ten_minutes_is_closed_as_of_then(api: Api, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=5)
    api.send(sid, wire("play", 300))
    last_at = clock.now
    clock.forward(minutes=9.9)
    assert api.close_due() == {}
    clock.forward(minutes=7)
    assert api.close_due() == {"no_events": 1}
    head = read(store, sid).head
    assert (head.phase, head.close_reason, head.closed_at, head.due_at) == (
        Phase.CLOSED,
        CloseReason.NO_EVENTS,
        last_at + 600_000,
        None,
    )
    assert summary(store, sid).metrics.close_reason == "no_events"
    assert api.close_due() == {}


def test_an_event_after_ten_quiet_minutes_is_410_before_the_closer_has_come(api: Api, clock: Clock) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=10)
    assert api.send(sid, wire("ping", 600))["statusCode"] == 410
    assert api.close_due() == {"no_events": 1}


def test_pings_keep_a_paused_session_for_half_an_hour_and_not_longer(api: Api, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("pauseStart", 1, 50))
    answers = []
    for minute in range(1, 33):
        clock.forward(minutes=1)
        answers.append(api.send(sid, wire("ping", 60 * minute, 50))["statusCode"])
    assert answers == [204] * 30 + [410] * 2
    assert api.close_due() == {"no_playhead_progress": 1}
    # It was the pauseStart, one second after the start by the player's clock, that found the playhead elsewhere.
    started_at = clock.now - 32 * 60_000
    assert read(store, sid).head.closed_at == started_at + 1_000 + 30 * 60_000


def test_a_session_is_closed_after_a_day_however_lively_it_is(api: Api, clock: Clock) -> None:
    sid = api.start(wire_start(media_contentType="live", media_length=0))
    answers = []
    for step in range(1, 162):
        clock.forward(minutes=9)
        answers.append(api.send(sid, wire("ping", 540 * step, step))["statusCode"])
    assert answers == [204] * 159 + [410] * 2
    assert api.close_due() == {"max_age": 1}


def test_a_time_out_after_session_complete_is_called_completed(api: Api, clock: Clock) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("sessionComplete", 9, 100))
    clock.forward(minutes=11)
    assert api.close_due() == {"completed": 1}


def test_the_closer_moves_the_mark_of_a_session_that_is_alive(api: Api, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=9)
    api.send(sid, wire("ping", 540, 5))
    last_at = clock.now
    clock.forward(minutes=2)
    assert api.close_due() == {}
    assert read(store, sid).head.due_at == last_at + 600_000


@pytest.mark.parametrize("lost", ["mark_closed", "write_summary", "_update_head of the mark"])
def test_a_closer_killed_between_its_steps_leaves_a_session_that_the_next_run_finishes_once(
    api: Api, clock: Clock, store: Store, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("play", 1))
    clock.forward(minutes=11)
    calls = 0

    class Killed(BaseException):
        pass

    method, _, which = lost.partition(" ")
    dies_at_call = {"": 1, "of the mark": 2}[which]
    real = getattr(Store, method)

    def dying(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == dies_at_call:
            raise Killed
        return real(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Store, method, dying)
        with pytest.raises(Killed):
            close_due(store, settings().limits, clock, ms_left=lambda: 55_000)
    assert calls == dies_at_call

    clock.forward(minutes=1)
    assert api.close_due() == {"no_events": 1}
    assert read(store, sid).head.due_at is None
    assert summary(store, sid).metrics.content_starts == 1
    assert api.close_due() == {}


def test_an_event_that_comes_between_reading_and_closing_is_in_the_summary(
    api: Api, clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid, began = api.start(wire_start()), clock.now
    mark_closed = Store.mark_closed

    def overtaken(self: Store, sid: str, **about: Any) -> bool:
        monkeypatch.setattr(Store, "mark_closed", mark_closed)
        store.append(sid, {pack(play(1))}, now=began)  # sent in the millisecond of the start, and under way ever since
        return mark_closed(self, sid, **about)

    monkeypatch.setattr(Store, "mark_closed", overtaken)
    clock.forward(minutes=11)
    assert [api.close_due(), api.close_due()] == [{}, {"no_events": 1}]
    assert summary(store, sid).metrics.content_starts == 1


def test_a_creation_that_was_cut_off_is_forgotten(api: Api, clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    puts: list[str] = []
    real = Table.put

    def failing(self: Table, item: Item, condition: str | None = None) -> bool:
        puts.append(item["sk"]["S"])
        if item["sk"]["S"] == "start":
            raise ConnectionClosedError(endpoint_url="http://localhost")
        return real(self, item, condition)

    with monkeypatch.context() as patched:
        patched.setattr(Table, "put", failing)
        assert api.call("POST", "/api/v1/sessions", wire_start())["statusCode"] == 500
    assert (puts[0], puts[-1]) == ("head", "start")
    (sid,) = store.due_sessions(clock.now + 3_600_000)
    clock.forward(minutes=11)
    api.close_due()
    assert store.read_session(sid) is not None
    clock.forward(minutes=11)
    assert api.close_due() == {}
    assert store.read_session(sid) is None


def test_with_many_shards_the_closer_runs_many_times_at_once(
    api: Api, clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions.close_idle_sessions import app as closer
    from functions.create_session import app as starter

    for app in (closer, starter):
        monkeypatch.setattr(app.store, "_shards", 5)
    monkeypatch.setattr(closer, "slices", slices_of(5))
    invoked: list[dict[str, Any]] = []
    client = SimpleNamespace(invoke=lambda **call: invoked.append(call))
    monkeypatch.setattr(closer, "self_invoke", SelfInvoke(lambda service: client))
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 55_000, invoked_function_arn="arn:closer")
    sids = [api.start(wire_start()) for _ in range(40)]
    clock.forward(minutes=11)

    closed = [closer.lambda_handler({}, context)["closed"]["no_events"]]
    assert [(call["FunctionName"], call["InvocationType"]) for call in invoked] == [("arn:closer", "Event")] * 2
    further = [json.loads(call["Payload"]) for call in invoked]
    closed += [closer.lambda_handler(event, context)["closed"]["no_events"] for event in further]
    assert (len(invoked), sum(closed), min(closed) > 0) == (2, 40, True)
    assert {read(store, sid).head.phase for sid in sids} == {Phase.CLOSED}
