"""A player's clock that is set while it plays, in real time and on the deployed template."""

import pytest

from tests.e2e.stepped import SET_BY_S, SteppedViewings


@pytest.mark.parametrize("by_s", SET_BY_S)
def test_clock_that_is_set_by_five_minutes_changes_no_figure(stepped: SteppedViewings, by_s: int) -> None:
    """Only the arrivals tell how long it was. Play and pause have two ends each, which may be late on a busy machine."""
    metrics, late_ms = stepped.metrics(by_s)
    tolerance_ms = 1_000 + 2 * late_ms
    assert tolerance_ms < 20_000, "the machine is too busy to tell"
    assert metrics["content_time_spent_ms"] == pytest.approx(34_000, abs=tolerance_ms)
    assert metrics["unique_time_played_ms"] == 34_000
    assert metrics["total_pause_duration_ms"] == pytest.approx(16_000, abs=tolerance_ms)
