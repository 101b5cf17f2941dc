"""The benchmarks' own promises: names, targets and tables; and the one figure that is a quick count."""

from pathlib import Path
from typing import Final

import pytest

from tests.benchmarks import devices, documents
from tests.benchmarks.catalogue import BENCHMARKS
from tests.benchmarks.charts import charts
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


def test_charts_read_only_the_items_of_their_span() -> None:
    try:
        taken = charts(rounds=1, contents=100)
    except NotTaken as reason:
        pytest.skip(str(reason))
    assert taken["contents_units"].value <= 15
    assert taken["contents_units"].details["largest_units"] <= 25
    assert taken["chart_units"].value <= 10


# Devices

FIXTURES: Final = """\
- user_agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36
  headers: {Sec-CH-UA-Model: BRAVIA 4K, Sec-CH-UA-Mobile: null}
  device: {type: tv}
- user_agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0
  device: {type: tablet}
- user_agent: something
  device: []
"""


def test_devices_are_counted_by_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "some.yml").write_text(FIXTURES, encoding="utf-8")
    assert devices.main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "tablet                   PC       desktop       1",
        "tv                       PC       tv            1",
        "televisions called Mobile: 0 of 1 (0.00 %), at most 1%",
        "phones and tablets called PC: 1 of 1 (100.00 %), at most 1%",
    ]


def test_devices_are_not_counted_without_fixtures(capsys: pytest.CaptureFixture[str]) -> None:
    assert devices.main([]) == 0
    assert capsys.readouterr().out.startswith("skipped: name a folder")
