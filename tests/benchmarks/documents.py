"""The tables of COSTS.md that are made from results.json, each between two comments that name it."""

import json
import re
from pathlib import Path
from typing import Final

from tests.benchmarks import costs
from tests.benchmarks.report import Results, as_json, performance
from tests.support.template import ROOT

RESULTS: Final = Path(__file__).with_name("results.json")
COSTS: Final = ROOT / "COSTS.md"


def tables(results: Results) -> dict[str, str]:
    """Return the tables by the names in the comments of COSTS.md."""
    return {
        "performance": performance(results),
        "cost": costs.cost_table(results),
        "scale": costs.scale_table(results),
    }


def with_tables(text: str, results: Results) -> str:
    """Return the text of COSTS.md with the tables that these results make."""
    for name, table in tables(results).items():
        begin, end = f"<!-- {name}: made by tests/benchmarks -->", f"<!-- {name}: end -->"
        text, found = re.subn(f"(?s){begin}.*?{end}", lambda _, made=f"{begin}\n{table}\n{end}": made, text)  # type: ignore[misc]
        assert found == 1, f"COSTS.md has no place for the table {name}"
    return text


def stored() -> Results:
    """Return the results from which COSTS.md was made."""
    kept: Results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    return kept


def write(results: Results) -> None:
    """Store results, keep those of figures that were not taken this time, and update COSTS.md."""
    kept = stored() | results
    RESULTS.write_text(as_json(kept) + "\n", encoding="utf-8")
    COSTS.write_text(with_tables(COSTS.read_text(encoding="utf-8"), kept), encoding="utf-8")
