"""The table of metrics in OPERATIONS.md, made from the registry: `python -m tests.repo.telemetry_doc --write` updates it."""

import re
import sys
from typing import Final

from mediabeat.runtime.telemetry import METRICS
from tests.support.template import ROOT

OPERATIONS: Final = ROOT / "OPERATIONS.md"
BEGIN: Final = "<!-- telemetry: made by python -m tests.repo.telemetry_doc -->"
END: Final = "<!-- telemetry: end -->"


def table() -> str:
    """Return the table of all metrics."""
    rows = [f"| `{name}` | {metric.unit} | {metric.meaning} |" for name, metric in METRICS.items()]
    return "\n".join(["| metric | unit | meaning |", "| --- | --- | --- |", *rows])


def with_table(document: str) -> str:
    """Return the document's text with today's table between the two comments."""
    made, found = re.subn(f"(?s){BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{table()}\n{END}", document)
    assert found == 1, "OPERATIONS.md has no place for the table"
    return made


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.repo.telemetry_doc --write")
    OPERATIONS.write_text(with_table(OPERATIONS.read_text(encoding="utf-8")), encoding="utf-8")
