"""Write units of half an hour that a stock player reports with CMCD, on a real engine."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.benchmarks.cmcd import cost_of_a_session
from tests.benchmarks.database import Database


@pytest.fixture(scope="module")
def database(engine: str) -> Iterator[Database]:
    """An engine; each session gets a table of its own."""
    with closing(Database(engine)) as database:
        yield database


OTHERS = 15
"""Units beside those of lines: the first line, the looks of the closer, the summary."""


@pytest.mark.parametrize("interval_s", [10, 30])
def test_line_costs_little_more_than_one_write_unit(database: Database, interval_s: int) -> None:
    cost = cost_of_a_session(database, interval_s)
    assert cost.start <= 10
    assert cost.lines <= cost.writes <= 1.2 * cost.lines + 2 * OTHERS


def test_body_of_several_lines_is_one_write(database: Database) -> None:
    cost = cost_of_a_session(database, 10, 5)
    assert cost.writes <= 1.9 * cost.lines / 5 + 2 * OTHERS
