"""A 2xx means stored: seeded schedules of players, retries, closers and faults on a real engine, and that they notice mistakes.

`python -m tests.faults --schedules 5000 --seed 1000` runs more of them.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from mediabeat.core.close_rules import CloseReason, Limits
from mediabeat.core.lifecycle import decide_close
from mediabeat.core.records import Phase, StoredSession
from mediabeat.errors import StorageUnavailable
from mediabeat.storage.checkpoints import Checkpoints, measured_item
from mediabeat.storage.due_index import DueIndex
from mediabeat.storage.dynamodb import EXISTS, Table
from mediabeat.storage.rollups import rollup_items
from mediabeat.storage.session_items import HEAD
from mediabeat.storage.session_store import STILL_OPEN, Store
from mediabeat.storage.table import Item, key
from tests.faults.deployment import Deployment
from tests.faults.faults import FAULTS
from tests.faults.requests import ClientKind
from tests.faults.running import Report, as_text, run, run_all, run_side_by_side

SCHEDULES: Final = {ClientKind.LEAN: 120, ClientKind.BOTO3: 60}
NOTICED_WITHIN: Final = 100


@pytest.fixture(scope="module")
def deployment(engine: str) -> Iterator[Deployment]:
    """The functions, deployed on the engine."""
    deployment = Deployment(engine)
    yield deployment
    deployment.close()


@pytest.mark.parametrize("kind", SCHEDULES)
def test_every_answer_is_true_whatever_fails(engine: str, kind: ClientKind) -> None:
    report = Report()
    for part in run_side_by_side(range(SCHEDULES[kind]), jobs=min(4, os.cpu_count() or 1), kind=kind):
        report.add(part)
    assert report.schedules == SCHEDULES[kind]
    assert report.violations == [], as_text(report)
    assert {fault.name for fault in FAULTS} <= set(report.faults), "some kind of fault was never tried"
    assert {"start 201", "start 200", "download 201", "event 204", "event 410", "event 503", "close 200", "roll up 200"} <= set(
        report.statuses
    )
    assert not [status for status in report.statuses if status.endswith(" 500")]


def test_seed_reproduces_the_same_history(deployment: Deployment) -> None:
    assert run(7, deployment).lines == run(7, deployment).lines


def acknowledge_whatever_became_of_the_write(monkeypatch: pytest.MonkeyPatch) -> None:
    append = Store._append

    def hasty(self: Store, *args: Any) -> None:
        try:
            append(self, *args)
        except StorageUnavailable:
            return

    monkeypatch.setattr(Store, "_append", hasty)


def skip_the_open_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediabeat.storage.session_store.STILL_OPEN", f"({STILL_OPEN} OR {EXISTS})")


def cut_the_tail_without_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    put = Table.put

    def forgetful(self: Table, item: Item, condition: str | None = None) -> bool:
        return item["sk"]["S"].startswith("page#") or put(self, item, condition)

    monkeypatch.setattr(Table, "put", forgetful)


def cut_a_tail_that_has_changed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediabeat.storage.session_store.SAME_TAIL", ":tail = :tail")


def take_events_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediabeat.storage.session_store.HAS_ROOM", ":most = :most")


def let_a_slow_call_turn_the_clock_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediabeat.storage.session_store.STILL_OPEN", STILL_OPEN.replace("last_at <= :now AND ", ""))


def let_every_closer_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "mediabeat.storage.session_store.SAME_AS_READ", f"(phase = :phase AND last_at = :last_at AND taken = :taken) OR {EXISTS}"
    )
    monkeypatch.setattr("mediabeat.storage.session_store.HAS_MARK", EXISTS)


def promise_more_than_the_rules_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("core.lifecycle", "use_cases.start_session"):
        monkeypatch.setattr(f"mediabeat.{module}.next_due", lambda life, limits: life.last_at + 10 * limits.quiet_ms)


def trust_the_reason_of_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    def trusting(stored: StoredSession, limits: Limits, *, now: int, **about: Any) -> Any:
        head = stored.head
        return (head.close_reason, head.closed_at) if head.phase is Phase.CLOSED else decide_close(stored, limits, now=now)

    monkeypatch.setattr("mediabeat.use_cases.look_at_session.decide_close", trusting)


def forget_the_figures_of_the_close(monkeypatch: pytest.MonkeyPatch) -> None:
    first_figures = "was = :figures, figures = if_not_exists(figures, :before)"
    monkeypatch.setattr("mediabeat.storage.rollups.list_entries.FIGURES", first_figures)


def say_that_a_checkpoint_is_newer_than_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def newer(sid: str, summary: bytes, *, as_of: int, expires_at: int) -> Item:
        return measured_item(sid, summary, as_of=as_of + 60_000, expires_at=expires_at)

    monkeypatch.setattr("mediabeat.use_cases.look_at_session.measured_item", newer)
    monkeypatch.setattr(Checkpoints, "forget", lambda self, sid: None)


def leave_large_sessions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DueIndex, "large", lambda *args: {})


def forget_what_was_put_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DueIndex, "aside", lambda *args: {})


def move_sessions_that_have_no_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediabeat.storage.due_index.HAS_MARK", EXISTS)


def take_a_repeat_for_another_closer(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubting(self: Store, sid: str, *, reason: CloseReason, closed_at: int) -> bool:
        values = {":reason": {"S": reason}, ":closed_at": {"N": str(closed_at)}}
        changes = "SET close_reason = :reason, closed_at = :closed_at REMOVE due_at, due_shard"
        return self._table.update(key(sid, HEAD), changes, "attribute_exists(due_at)", values)

    monkeypatch.setattr(Store, "drop_due_mark", doubting)


def count_repeats_again(monkeypatch: pytest.MonkeyPatch) -> None:
    applied_update = rollup_items.applied_update

    def forgetful(*args: Any) -> Item:
        update: Item = applied_update(*args)
        update["Update"]["ConditionExpression"] = f"({update['Update']['ConditionExpression']}) OR {EXISTS}"
        return update

    monkeypatch.setattr(rollup_items, "applied_update", forgetful)


def count_viewers_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediabeat.storage.rollups.live_viewers.NOT_COUNTED", f"NOT contains(batches, :id) AND NOT {EXISTS}")


@pytest.mark.parametrize(
    ("broken", "noticed_by"),
    [
        (acknowledge_whatever_became_of_the_write, "acknowledged_events_are_stored_and_folded_once"),
        (skip_the_open_check, "only_live_sessions_take_events"),
        (take_events_without_end, "only_live_sessions_take_events"),
        (cut_the_tail_without_a_page, "acknowledged_events_are_stored_and_folded_once"),
        (cut_a_tail_that_has_changed_meanwhile, "acknowledged_events_are_stored_and_folded_once"),
        (let_a_slow_call_turn_the_clock_back, "sessions_are_closed_once_for_the_right_reason"),
        (promise_more_than_the_rules_allow, "only_live_sessions_take_events"),
        (trust_the_reason_of_a_head, "sessions_are_closed_once_for_the_right_reason"),
        (forget_the_figures_of_the_close, "figures_are_those_of_the_log"),
        (say_that_a_checkpoint_is_newer_than_it_is, "checkpoints_are_folds_of_what_arrived"),
        (leave_large_sessions_alone, "every_session_is_whole_or_forgotten"),
        (forget_what_was_put_aside, "every_session_is_whole_or_forgotten"),
        (move_sessions_that_have_no_mark, "every_session_is_whole_or_forgotten"),
        (take_a_repeat_for_another_closer, "every_close_is_counted"),
        (let_every_closer_win, "sessions_are_closed_once_for_the_right_reason"),
        (count_repeats_again, "counters_are_the_sum_over_all_sessions"),
        (count_viewers_once_a_minute, "current_viewers_are_not_too_few"),
    ],
)
def test_planted_mistake_is_detected(
    broken: Callable[[pytest.MonkeyPatch], None], noticed_by: str, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    report = run_all(range(NOTICED_WITHIN), deployment, stop_at_first=True)
    assert report.violations, f"nothing was noticed in {NOTICED_WITHIN} schedules"
    assert noticed_by in {sentence.partition(":")[0] for sentence in report.violations[0].sentences}
