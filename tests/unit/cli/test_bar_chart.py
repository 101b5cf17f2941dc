"""Charts in the terminal, character by character."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from mediabeat.cli.terminal.bar_chart import BarChart

MIDNIGHT = datetime(2026, 11, 26, tzinfo=UTC)
MINUTE, FIVE, HOUR, DAY = timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)


def drawn(chart: BarChart, width: int = 80, encoding: str = "utf-8") -> list[str]:
    console = Console(width=width, color_system=None)
    options = console.options.update(width=width)
    options.encoding = encoding
    lines = console.render_lines(chart, options, pad=False)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def chart(begins_at: datetime, step: timedelta, points: Sequence[float | None], joined: Any = sum) -> BarChart:
    return BarChart(begins_at, step, points, joined)


def test_highest_figure_fills_the_chart_and_the_others_are_in_proportion() -> None:
    hour = [*range(33), *[0] * 27]
    assert drawn(chart(MIDNIGHT, MINUTE, hour)) == [
        "32 │                         ▁▂▃▄▅▆▇█",
        "   │                 ▁▂▃▄▅▆▇█████████",
        "   │         ▁▂▃▄▅▆▇█████████████████",
        "   │ ▁▂▃▄▅▆▇█████████████████████████",
        " 0 └────────────────────────────────────────────────────────────",
        "    00:00     00:10     00:20     00:30     00:40     00:50",
    ]


def test_small_figure_beside_a_large_one_can_be_seen() -> None:
    assert drawn(chart(MIDNIGHT, DAY, [1, 100_000]))[3] == "        │▁▁▁▁▁▁ ██████"


def test_few_points_are_wide_and_have_their_dates() -> None:
    assert drawn(chart(MIDNIGHT, DAY, [2, 0, 1.5])) == [
        "2 │██████",
        "  │██████        ██████",
        "  │██████        ██████",
        "  │██████        ██████",
        "0 └─────────────────────",
        "   11-26  11-27  11-28",
    ]


def test_points_share_columns_when_the_terminal_is_narrow() -> None:
    points = [1.0] * 144 + [3.0] * 144
    assert drawn(chart(MIDNIGHT, FIVE, points), width=30)[0] == "36 │            ████████████"
    assert drawn(chart(MIDNIGHT, FIVE, points, max), width=30)[0] == "3 │            ████████████"
    for width in (8, 20, 30, 79, 80, 200):
        assert max(map(len, drawn(chart(MIDNIGHT, FIVE, points), width=width))) <= width


def test_time_that_has_not_come_is_blank_but_on_the_scale() -> None:
    assert drawn(chart(MIDNIGHT, HOUR, [1.0] * 6 + [None] * 18), width=40) == [
        "1 │██████",
        "  │██████",
        "  │██████",
        "  │██████",
        "0 └────────────────────────",
        "   00:00 06:00 12:00 18:00",
    ]


def test_labels_are_round_times_wherever_the_chart_begins() -> None:
    [*_, scale] = drawn(chart(MIDNIGHT + timedelta(hours=12, minutes=35), FIVE, [1.0] * 289))
    assert scale.split() == [f"{hour % 24:02}:00" for hour in range(14, 35, 2)]


def test_chart_without_figures_has_its_axes() -> None:
    assert drawn(chart(MIDNIGHT, DAY, [0, 0]))[-2:] == ["0 └──────────────", "   11-26  11-27"]


def test_terminal_without_unicode_gets_ascii() -> None:
    lines = drawn(chart(MIDNIGHT, DAY, [4, 1, 3]), encoding="ascii")
    assert lines == [
        "4 |######",
        "  |######        ######",
        "  |######        ######",
        "  |###### ###### ######",
        "0 +---------------------",
        "   11-26  11-27  11-28",
    ]
    assert all(line.isascii() for line in lines)
