"""The tables of METRICS.md and the sentences of the console, made from the docstrings of `Metrics`.

`python -m tests.repo.metrics_doc --write` updates them.
"""

import json
import re
import sys
from typing import Final

from mediabeat.core.metrics import Metrics
from tests.support.template import ROOT

METRICS: Final = ROOT / "METRICS.md"
SENTENCES: Final = ROOT / "functions" / "console" / "static" / "metrics.json"
BEGIN: Final = "<!-- metrics: made by python -m tests.repo.metrics_doc -->"
END: Final = "<!-- metrics: end -->"

GROUPS: Final = {  # a group begins with the field named here and holds those that follow it in `Metrics`
    "metrics_version": "The session",
    "content_time_spent_ms": "Time and audience",
    "progress_10": "Progress",
    "pause_events": "Pauses, buffering, stalls",
    "time_to_start_ms": "Quality",
    "error_events": "Errors",
    "ad_count": "Ads, chapters, player states",
}


def meanings() -> dict[str, str]:
    """Return the sentence that says what a figure means, by its name."""
    return {name: " ".join((field.description or "").split()) for name, field in Metrics.model_fields.items()}


def sentences() -> str:
    """Return the file that the console reads, with today's English column: the page has room for what precedes a semicolon.

    The other languages stay as they are; a new metric has an empty text until somebody writes it.
    """
    written: dict[str, list[str]] = json.loads(SENTENCES.read_text(encoding="utf-8"))
    lines = []
    for name, meaning in meanings().items():
        english = meaning.partition(";")[0].removesuffix(".") + "."
        texts = [english, *written.get(name, ["", "", ""])[1:]]
        lines.append(f" {json.dumps(name)}: {json.dumps(texts, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def tables() -> str:
    """Return a table for each group of fields."""
    lines: list[str] = []
    for name, meaning in meanings().items():
        if name in GROUPS:
            lines += ["", f"### {GROUPS[name]}", "", "| metric | meaning |", "| --- | --- |"]
        lines.append(f"| `{name}` | {meaning} |")
    return "\n".join(lines[1:])


def with_tables(document: str) -> str:
    """Return the document's text with today's tables between the two comments."""
    made, found = re.subn(f"(?s){BEGIN}.*?{END}", lambda _: f"{BEGIN}\n{tables()}\n{END}", document)
    assert found == 1, "METRICS.md has no place for the tables"
    return made


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.repo.metrics_doc --write")
    METRICS.write_text(with_tables(METRICS.read_text(encoding="utf-8")), encoding="utf-8")
    SENTENCES.write_text(sentences(), encoding="utf-8")
