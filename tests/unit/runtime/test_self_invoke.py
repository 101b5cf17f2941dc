"""Further runs of a function: who does which slice, and what becomes of runs that Lambda refuses to start."""

import json
from threading import Barrier, Event
from types import SimpleNamespace
from typing import Any

import pytest

from mediabeat.runtime.self_invoke import SIDE_BY_SIDE, SelfInvoke

CONTEXT = SimpleNamespace(invoked_function_arn="arn:closer")


class Lambda:
    """Lambda's API, and the session that makes its client."""

    def __init__(self, invoke: Any = lambda number: None) -> None:
        self.made = 0
        self.asked: list[int] = []
        self._invoke = invoke

    def create_client(self, service: str, config: Any) -> "Lambda":
        assert (service, config.connect_timeout, config.read_timeout) == ("lambda", 1, 2)
        self.made += 1
        return self

    def invoke(self, **call: Any) -> None:
        assert (call["FunctionName"], call["InvocationType"]) == ("arn:closer", "Event")
        number = json.loads(call["Payload"])["slice"]
        self.asked.append(number)
        self._invoke(number)


def test_scheduled_run_does_slice_0_and_starts_a_run_for_each_other() -> None:
    aws = Lambda()
    with SelfInvoke(lambda: aws).run({}, CONTEXT, slices=24) as run:
        assert run.number == 0
    assert (sorted(aws.asked), run.refused, aws.made) == (list(range(1, 24)), [], 1)


@pytest.mark.parametrize(("event", "slices", "number"), [({"slice": 3}, 24, 3), ({}, 1, 0)])
def test_further_run_and_only_run_start_no_others(event: dict[str, int], slices: int, number: int) -> None:
    with SelfInvoke(lambda: pytest.fail("no client is needed")).run(event, CONTEXT, slices=slices) as run:
        assert run.number == number
    assert run.refused == []


def test_refused_run_ends_neither_this_run_nor_the_others() -> None:
    def throttled(number: int) -> None:
        if number % 2:
            raise ConnectionError(number)

    aws = Lambda(throttled)
    with SelfInvoke(lambda: aws).run({}, CONTEXT, slices=6) as run:
        done = "own slice"
    assert (done, sorted(aws.asked), len(run.refused)) == ("own slice", [1, 2, 3, 4, 5], 3)


def test_client_that_cannot_be_made_refuses_all_runs() -> None:
    with SelfInvoke(lambda: 1 / 0).run({}, CONTEXT, slices=3) as run:
        done = "own slice"
    assert (done, [type(error) for error in run.refused]) == ("own slice", [ZeroDivisionError] * 2)


def test_own_slice_does_not_wait_for_runs_that_are_slow_to_start() -> None:
    done, begun = Event(), Barrier(SIDE_BY_SIDE + 1)

    def slow(number: int) -> None:
        begun.wait(5)
        assert done.wait(5)

    aws = Lambda(slow)
    with SelfInvoke(lambda: aws).run({}, CONTEXT, slices=SIDE_BY_SIDE + 1) as run:
        begun.wait(5)
        done.set()
    assert (len(aws.asked), run.refused) == (SIDE_BY_SIDE, [])


def test_run_that_fails_passes_its_error_on() -> None:
    aws = Lambda()
    with pytest.raises(KeyError), SelfInvoke(lambda: aws).run({}, CONTEXT, slices=3):
        raise KeyError
    assert sorted(aws.asked) == [1, 2]
