"""The benchmarks' own promises: names, targets and tables; and the one figure that is a quick count."""

import pytest

from tests.benchmarks import documents
from tests.benchmarks.catalogue import BENCHMARKS
from tests.benchmarks.figures import FIGURES, NotTaken, ratio, reading
from tests.benchmarks.units import write_units
from tests.repo.documents import names, section, text


def test_each_figure_is_taken_by_one_benchmark() -> None:
    taken = [name for figures in BENCHMARKS.values() for name in figures]
    assert sorted(taken) == sorted(FIGURES)


def test_costs_document_has_every_figure() -> None:
    assert names(section("COSTS.md", "Performance").split("<!--")[1]) == set(FIGURES)


def test_tables_of_costs_document_are_made_from_the_stored_results() -> None:
    assert documents.with_tables(text("COSTS.md"), documents.stored()) == text("COSTS.md")


def test_reading_has_median_minimum_and_maximum_of_its_rounds() -> None:
    assert reading([3.0, 1.0, 8.0], at=2.0) == (3.0, 1.0, 8.0, 3, {"at": 2.0})


def test_ratio_has_the_quotient_of_medians_and_the_range_of_its_rounds() -> None:
    assert ratio([(6.0, 2.0), (4.0, 4.0), (5.0, 5.0)]) == (1.25, 1.0, 3.0, 3, {})


def test_event_costs_little_more_than_one_write_unit() -> None:
    try:
        taken = write_units(rounds=1)
    except NotTaken as reason:
        pytest.skip(str(reason))
    per_event = taken["write_units_per_event"]
    assert per_event.value == per_event.details["often_writes"] / per_event.details["often_events"]
    assert per_event.details["often_events"] == 192
    assert 1 < per_event.value < 1.2
    assert 2 <= taken["write_units_per_session_start"].value < 10
    assert 2 <= taken["write_units_per_close"].value < 10
