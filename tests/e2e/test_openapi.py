"""Schemathesis against the deployed template: whatever is sent, the answers are those of the OpenAPI document."""

from tests.e2e.fuzzed import Fuzzing


def test_every_answer_is_documented_whatever_is_sent(fuzzed: Fuzzing) -> None:
    told = fuzzed.finished()
    assert told.returncode == 0, told.printed
    assert f"Tested: {told.operations}\n" in told.printed
