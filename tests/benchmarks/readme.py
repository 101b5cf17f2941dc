"""The README's tables that are made from results.json, each between two comments that name it."""

import json
import re
from pathlib import Path
from typing import Final

from tests.benchmarks import costs
from tests.benchmarks.report import Results, as_json, performance
from tests.support.template import ROOT

RESULTS: Final = Path(__file__).with_name("results.json")
README: Final = ROOT / "README.md"


def tables(results: Results) -> dict[str, str]:
    """Return the tables by the names that stand in the README's comments."""
    return {
        "performance": performance(results),
        "cost": costs.cost_table(results),
        "scale": costs.scale_table(results),
    }


def with_tables(text: str, results: Results) -> str:
    """Return the README's text with the tables that these results make."""
    for name, table in tables(results).items():
        begin, end = f"<!-- {name}: made by tests/benchmarks -->", f"<!-- {name}: end -->"
        text, found = re.subn(f"(?s){begin}.*?{end}", lambda _, made=f"{begin}\n{table}\n{end}": made, text)  # type: ignore[misc]
        assert found == 1, f"README.md has no place for the table {name}"
    return text


def stored() -> Results:
    """Return the results that the README tells of."""
    kept: Results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    return kept


def write(results: Results) -> None:
    """Keep results, beside those of figures that were not taken this time, and bring the README up to date."""
    kept = stored() | results
    RESULTS.write_text(as_json(kept) + "\n", encoding="utf-8")
    README.write_text(with_tables(README.read_text(encoding="utf-8"), kept), encoding="utf-8")
