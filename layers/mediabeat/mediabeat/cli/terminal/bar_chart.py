"""A chart for a terminal: one figure over time, as columns of block characters."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

HEIGHT: Final = 4
MAX_WIDTH: Final = 110
_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_GROUPS: Final = (1, 2, 3, 4, 6, 12, 24, 36, 72, 144)
"""Points that may share a column. With points of five minutes, these are whole parts of an hour or of a day."""

_MOST_WIDE: Final = 7
_LABEL: Final = 6
"""Characters of a label, and the space behind it."""

_DISTANCES: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1_440))
"""Distances between the labels of times of day."""


@dataclass(frozen=True)
class BarChart:
    """A figure over time that rich prints as wide as the terminal. The points are in order; the first one begins at `begins_at`.

    `None` is a time that has not come yet. When several points share a column, `joined` makes one figure of them.
    """

    begins_at: datetime
    step: timedelta
    points: Sequence[float | None]
    joined: Callable[[Iterable[float]], float] = sum
    colour: str = "green"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the columns, the axis and the scale."""
        room = min(options.max_width, MAX_WIDTH) - len(_number(sum(value or 0 for value in self.points))) - 2
        size = self._points_per_column(room)
        columns = self._columns(size)
        most = max((value for value in columns if value is not None), default=0)
        width = max(1, min(_MOST_WIDE, room // max(1, len(columns))))
        margin = len(_number(most))
        bar, corner, line = "|+-" if options.ascii_only else "│└─"
        for row in range(HEIGHT, 0, -1):
            label = _number(most) if row == HEIGHT and most else ""
            cells = (_cell(value, most, row, ascii_only=options.ascii_only) for value in columns)
            blocks = "".join(f"{cell * max(1, width - 1):{width}}" for cell in cells).rstrip()
            yield Text.assemble((f"{label:>{margin}} {bar}", "dim"), (blocks, self.colour))
        yield Text(f"{0:>{margin}} {corner}{line * width * len(columns)}", "dim")
        yield Text(" " * (margin + 2) + _scale(self.begins_at, self.step * size, len(columns), width), "dim")

    def _points_per_column(self, width: int) -> int:
        fitting = (size for size in _GROUPS if ceil(len(self.points) / size) <= width)
        return next(fitting, ceil(len(self.points) / max(1, width)))

    def _columns(self, size: int) -> list[float | None]:
        groups = [self.points[first : first + size] for first in range(0, len(self.points), size)]
        known = [[value for value in group if value is not None] for group in groups]
        return [self.joined(group) if group else None for group in known]


def _cell(value: float | None, most: float, row: int, *, ascii_only: bool) -> str:
    """Return the part of a column in a row, counted from 1 at the bottom. A figure above 0 is never invisible."""
    if not value:
        return " "
    eighths = max(1, round(8 * HEIGHT * value / most)) - 8 * (row - 1)
    if ascii_only:
        return "#" if eighths >= 4 or (row == 1 and eighths > 0) else " "
    return _EIGHTHS[min(max(eighths, 0), 8)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def _scale(begins_at: datetime, step: timedelta, columns: int, width: int) -> str:
    """Return the labels below the axis: dates, or times of day when the columns are shorter than a day."""
    is_of_days = step >= timedelta(days=1)
    distance = step * ceil(_LABEL / width)
    if not is_of_days:
        distance = next((one for one in _DISTANCES if one >= distance), _DISTANCES[-1])
    first = begins_at if is_of_days else datetime.min.replace(tzinfo=UTC)
    scale = [" "] * columns * width
    for column in range(columns):
        at, place = begins_at + step * column, column * width
        marked = at + (first - at) % distance  # the first label at this time or later
        label = f"{marked:%m-%d}" if is_of_days else f"{marked:%H:%M}"
        if marked < at + step and place + len(label) <= len(scale):
            scale[place : place + len(label)] = label
    return "".join(scale).rstrip()
