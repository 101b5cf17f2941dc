"""The table's stream on the local cloud feeds the charts, as template.yaml says."""

from tests.e2e.charted import PLAYED_MS, ChartedSession

SOON_S = 90
"""A minute that has just ended is shown 30 s later."""

ON_A_BUSY_MACHINE_S = 15


def test_session_is_in_the_charts_soon_after_its_start_and_its_time_after_its_close(charted: ChartedSession) -> None:
    charted.finished()
    assert charted.figures == {"viewers now": 1, "attempts": 1, "viewers": 1, "plays": 1, "seconds": PLAYED_MS / 1_000}
    for figure in ("viewers now", "attempts", "viewers"):
        assert charted.seen_after_s[figure] < SOON_S + ON_A_BUSY_MACHINE_S, charted.seen_after_s
