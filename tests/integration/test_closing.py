"""How sessions end: the rules, at the time at which they strike, and the two steps of closing."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.close_rules import CloseReason
from mediabeat.core.event_codec import pack
from mediabeat.core.records import Phase, StoredSession
from mediabeat.core.rollups.figures import ATTEMPT, Figures
from mediabeat.core.summary import Summary
from mediabeat.runtime.self_invoke import SelfInvoke
from mediabeat.runtime.settings import settings
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.rollups.list_entries import ListEntries
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.storage.table import Item, key
from mediabeat.use_cases.close_sessions import close_due, slices_of
from tests.support.api import Api
from tests.support.builders import play, wire, wire_start
from tests.support.clock import Clock
from tests.support.due import due_sids

pytestmark = pytest.mark.usefixtures("api_key")


def read(store: Store, sid: str) -> StoredSession:
    stored = store.read_session(sid)
    assert stored is not None
    return stored


def summary(store: Store, sid: str) -> Summary:
    packed = read(store, sid).summary
    assert packed is not None
    return Summary.from_bytes(packed)


def test_session_is_closed_when_no_event_came_for_ten_minutes(api: Api, clock: Clock, store: Store) -> None:
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


def test_event_after_ten_quiet_minutes_gets_410_before_the_closer_runs(api: Api, clock: Clock) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=10)
    assert api.send(sid, wire("ping", 600))["statusCode"] == 410
    assert api.close_due() == {"no_events": 1}


def test_pings_keep_a_paused_session_open_for_half_an_hour(api: Api, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("pauseStart", 1, 50))
    answers = []
    for minute in range(1, 33):
        clock.forward(minutes=1)
        answers.append(api.send(sid, wire("ping", 60 * minute, 50))["statusCode"])
    # No event proves that a playhead stands still, so the session is alive until the closer has looked.
    assert answers == [204] * 32
    assert api.close_due() == {"no_playhead_progress": 1}
    assert api.send(sid, wire("ping", 60 * 33, 50))["statusCode"] == 410
    # It was the pauseStart, one second after the start by the player's clock, that found the playhead elsewhere.
    started_at = clock.now - 32 * 60_000
    assert read(store, sid).head.closed_at == started_at + 1_000 + 30 * 60_000


def test_paused_session_lives_on_when_it_moves_before_the_closer_looks(api: Api, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    for minute in range(1, 33):
        clock.forward(minutes=1)
        assert api.send(sid, wire("ping", 60 * minute, 0))["statusCode"] == 204
    clock.forward(minutes=1)
    assert api.send(sid, wire("ping", 60 * 33, 7))["statusCode"] == 204
    assert api.close_due() == {}
    head = read(store, sid).head
    assert (head.due_at, head.moved_at, head.playhead) == (clock.now + 600_000, clock.now, 7.0)


def test_playhead_that_moves_keeps_a_session_open_when_the_clock_was_set_back(api: Api, clock: Clock) -> None:
    sid = api.start(wire_start())
    answers = []
    for minute in range(1, 61):
        clock.forward(minutes=1)
        at = 60 * minute - (7_200 if minute > 5 else 0)  # two hours back
        answers.append(api.send(sid, wire("ping", at, minute))["statusCode"])
        assert api.close_due() == {}
    assert answers == [204] * 60


def test_event_that_closes_a_session_leaves_the_reason_to_the_closer(api: Api, clock: Clock, store: Store) -> None:
    stuck, complete = api.start(wire_start()), api.start(wire_start())
    api.send(complete, wire("sessionComplete", 1, 100))
    for minute in range(8, 30, 8):
        clock.forward(minutes=8)
        api.send(stuck, wire("ping", 60 * minute, 0))
    clock.forward(minutes=11)
    assert [api.send(sid, wire("ping", 2_200, 1))["statusCode"] for sid in (stuck, complete)] == [410, 410]
    assert read(store, stuck).head.close_reason is CloseReason.NO_EVENTS
    assert api.close_due() == {"no_playhead_progress": 1, "completed": 1}
    assert [read(store, sid).head.close_reason for sid in (stuck, complete)] == ["no_playhead_progress", "completed"]
    assert summary(store, stuck).metrics.close_reason == "no_playhead_progress"


def test_session_end_after_the_due_mark_ends_the_session(api: Api, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=9)
    api.send(sid, wire("ping", 540, 0))
    clock.forward(minutes=2)
    assert api.send(sid, wire("sessionEnd", 660, 5))["statusCode"] == 204
    head = read(store, sid).head
    assert (head.phase, head.due_at) == (Phase.ENDED, clock.now + 30_000)


def test_session_of_an_earlier_release_lives_until_the_closer_looks(
    api: Api, clock: Clock, store: Store, table: str, dynamodb: DynamoDBClient
) -> None:
    sid = api.start(wire_start())
    started_at = clock.now
    dynamodb.update_item(TableName=table, Key=key(sid, "head"), UpdateExpression="REMOVE began_at, moved_at, playhead")
    clock.forward(minutes=9)
    api.send(sid, wire("ping", 540, 5))
    clock.forward(minutes=2)
    due_at = read(store, sid).head.due_at
    assert [api.send(sid, wire("ping", 660 + at, at))["statusCode"] for at in range(3)] == [204] * 3
    assert read(store, sid).head.due_at == due_at
    assert api.close_due() == {}
    head = read(store, sid).head
    assert (head.due_at, head.began_at, head.moved_at) == (clock.now + 600_000, started_at, clock.now)
    clock.forward(minutes=11)
    assert api.send(sid, wire("ping", 1_400, 9))["statusCode"] == 410


def test_event_past_the_due_mark_is_one_write(api: Api, clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=9)
    api.send(sid, wire("ping", 540, 5))
    clock.forward(minutes=2)
    due_at = read(store, sid).head.due_at
    changed: list[str] = []
    update_with = Table.update_with

    def noted(self: Table, update: Item, new: Item | None) -> None:
        changed.append(update["UpdateExpression"])
        update_with(self, update, new)

    monkeypatch.setattr(Table, "update_with", noted)
    assert api.send(sid, wire("ping", 660, 6))["statusCode"] == 204
    assert (len(changed), read(store, sid).head.due_at) == (1, due_at)


def test_closer_measures_a_small_session_that_goes_on(api: Api, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    started_at = clock.now
    api.send(sid, wire("play", 0, 0))
    for minute in (3, 6, 9):
        clock.forward(minutes=3)
        api.send(sid, wire("ping", 60 * minute, 60 * minute))
    clock.forward(minutes=2)
    assert read(store, sid).figures is None
    assert api.close_due() == {}
    stored = read(store, sid)
    assert (stored.head.due_at, stored.version) == (started_at + 19 * 60_000, 1)
    assert stored.figures is not None
    figures = Figures.from_bytes(stored.figures)
    assert (figures.attempts, figures.successes, figures.outcome) == (1, 1, None)
    assert sum(ms for _, ms in figures.played_ms) == 540_000
    clock.forward(minutes=11)
    assert api.close_due() == {"no_events": 1}
    assert read(store, sid).version == 2


def test_figures_of_a_late_closer_do_not_replace_those_of_a_closed_session(api: Api, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("play", 1))
    late = read(store, sid)
    clock.forward(minutes=11)
    assert api.close_due() == {"no_events": 1}
    assert store.entries.write_figures(late, ATTEMPT.to_bytes()) is False
    assert read(store, sid).version == 1


def test_event_that_closes_a_session_reads_nothing(api: Api, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=9)
    api.send(sid, wire("ping", 540, 5))
    clock.forward(minutes=2)
    monkeypatch.setattr(Table, "_pages", lambda *_: pytest.fail("the table was read"))
    clock.forward(minutes=8)
    assert api.send(sid, wire("ping", 1_320, 7))["statusCode"] == 410


def test_closer_reads_only_the_head_of_a_large_session_that_moves(
    api: Api, clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediabeat.core.lifecycle.CHECKPOINT_FROM", 3)
    monkeypatch.setattr("mediabeat.core.lifecycle.CHECKPOINT_STEP", 2)
    sid = api.start(wire_start())
    api.send(sid, [wire("play", 0, 0), wire("ping", 1, 1)])
    clock.forward(minutes=9)
    api.send(sid, wire("ping", 540, 5))
    clock.forward(minutes=2)
    assert api.close_due() == {}
    clock.forward(minutes=7)
    api.send(sid, wire("ping", 1_080, 6))
    clock.forward(minutes=2)
    monkeypatch.setattr("mediabeat.storage.session_items.stored_session_from", lambda *_: pytest.fail("all was read"))
    assert api.close_due() == {}
    opened = store.open_session(sid)
    assert opened is not None
    assert (opened.head.due_at, opened.head.playhead, opened.head.noted) == (clock.now + 480_000, 6.0, 3)


def test_active_session_is_closed_after_a_day(api: Api, clock: Clock) -> None:
    sid = api.start(wire_start(media_contentType="live", media_length=0))
    answers = []
    for step in range(1, 162):
        clock.forward(minutes=9)
        answers.append(api.send(sid, wire("ping", 540 * step, step))["statusCode"])
    assert answers == [204] * 159 + [410] * 2
    assert api.close_due() == {"max_age": 1}


def test_time_out_after_session_complete_has_reason_completed(api: Api, clock: Clock) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("sessionComplete", 9, 100))
    clock.forward(minutes=11)
    assert api.close_due() == {"completed": 1}


def test_closer_moves_the_due_mark_of_an_active_session(api: Api, clock: Clock, store: Store) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=9)
    api.send(sid, wire("ping", 540, 5))
    last_at = clock.now
    clock.forward(minutes=2)
    assert api.close_due() == {}
    assert read(store, sid).head.due_at == last_at + 600_000


class Killed(BaseException):
    """The closer's process has ended."""


@pytest.mark.parametrize("step", [(Store, "mark_closed"), (ListEntries, "write_summary"), (Store, "drop_due_mark")])
def test_next_run_finishes_the_session_of_a_killed_closer_once(
    api: Api, clock: Clock, store: Store, step: tuple[type, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = api.start(wire_start())
    api.send(sid, wire("play", 1))
    clock.forward(minutes=11)

    def killed(*args: object, **kwargs: object) -> object:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(*step, killed)
        with pytest.raises(Killed):
            close_due(store, settings().limits, clock, ms_left=lambda: 55_000)

    clock.forward(minutes=1)
    assert api.close_due() == {"no_events": 1}
    assert read(store, sid).head.due_at is None
    assert summary(store, sid).metrics.content_starts == 1
    assert api.close_due() == {}


def test_session_is_counted_once_when_the_last_write_is_repeated(
    api: Api, clock: Clock, dynamodb: DynamoDBClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = api.start(wire_start())
    update, repeats = dynamodb.update_item, 0

    def answer_is_lost(**request: Any) -> Any:
        nonlocal repeats
        if "REMOVE due_at" in request["UpdateExpression"] and not repeats:
            repeats += 1
            update(**request)
        return update(**request)

    monkeypatch.setattr(dynamodb, "update_item", answer_is_lost)
    clock.forward(minutes=11)
    run = close_due(store, settings().limits, clock, ms_left=lambda: 55_000)
    assert ([one.sid for one in run.closed], run.failed, repeats) == ([sid], [], 1)


def test_session_that_two_closers_finish_is_counted_by_one(
    api: Api, clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = api.start(wire_start())
    clock.forward(minutes=11)
    counted: list[str] = []
    write_summary = ListEntries.write_summary

    def overtaken(self: ListEntries, stored: StoredSession, summary: bytes, **about: Any) -> None:
        monkeypatch.setattr(ListEntries, "write_summary", write_summary)
        counted.extend(one.sid for one in close_due(store, settings().limits, clock, ms_left=lambda: 55_000).closed)
        write_summary(self, stored, summary, **about)

    monkeypatch.setattr(ListEntries, "write_summary", overtaken)
    counted += [one.sid for one in close_due(store, settings().limits, clock, ms_left=lambda: 55_000).closed]
    assert counted == [sid]


def test_summary_has_an_event_that_came_between_read_and_close(
    api: Api, clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid, began = api.start(wire_start()), clock.now
    mark_closed = Store.mark_closed

    def overtaken(self: Store, sid: str, **about: Any) -> bool:
        monkeypatch.setattr(Store, "mark_closed", mark_closed)
        store.append(
            sid, {pack(play(1))}, settings().limits, now=began
        )  # sent in the millisecond of the start, and under way ever since
        return mark_closed(self, sid, **about)

    monkeypatch.setattr(Store, "mark_closed", overtaken)
    clock.forward(minutes=11)
    assert [api.close_due(), api.close_due()] == [{}, {"no_events": 1}]
    assert summary(store, sid).metrics.content_starts == 1


def test_closer_removes_a_session_whose_creation_failed(
    api: Api, clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    (sid,) = due_sids(store, clock.now + 3_600_000)
    clock.forward(minutes=11)
    api.close_due()
    assert store.read_session(sid) is not None
    clock.forward(minutes=11)
    assert api.close_due() == {}
    assert store.read_session(sid) is None


def test_closer_starts_parallel_runs_when_there_are_many_shards(
    api: Api, clock: Clock, store: Store, table: str, dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions.close_idle_sessions import app as closer
    from functions.create_session import app as starter

    starts = SessionStarts(table, dynamodb, retention_s=settings().retention_s, index_shards=5)
    monkeypatch.setattr(starter, "store", starts)
    monkeypatch.setattr(closer, "store", Store(table, dynamodb, index_shards=5))
    monkeypatch.setattr(closer, "slices", slices_of(5))
    invoked: list[dict[str, Any]] = []
    client = SimpleNamespace(invoke=lambda **call: invoked.append(call))
    session = SimpleNamespace(create_client=lambda service, config: client)
    monkeypatch.setattr(closer, "self_invoke", SelfInvoke(lambda: session))
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 55_000, invoked_function_arn="arn:closer")
    sids = [api.start(wire_start()) for _ in range(40)]
    clock.forward(minutes=11)

    closed = [closer.lambda_handler({}, context)["closed"]["no_events"]]
    assert [(call["FunctionName"], call["InvocationType"]) for call in invoked] == [("arn:closer", "Event")] * 2
    further: list[dict[str, int]] = sorted((json.loads(call["Payload"]) for call in invoked), key=lambda event: event["slice"])
    closed += [closer.lambda_handler(event, context)["closed"]["no_events"] for event in further]
    assert (len(invoked), sum(closed), min(closed) > 0) == (2, 40, True)
    assert {read(store, sid).head.phase for sid in sids} == {Phase.CLOSED}
