"""The figures in their forms: JSON, a table for the terminal, tables for COSTS.md."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.benchmarks.figures import COMPARED, FIGURES, OF_BOTO3, Figure, Reading

Results = dict[str, dict[str, Any]]
"""What `--json` prints and results.json keeps: by name, the value and all that explains it."""

DIGITS = 4

NOTHING = "–"  # noqa: RUF001 - as tables have it


def result(figure: Figure, taken: Reading) -> dict[str, Any]:
    """Return a figure as JSON."""
    return {
        "value": rounded(taken.value),
        "unit": f"{figure.unit} {COMPARED['boto3']}" if figure.unit == OF_BOTO3 else figure.unit,
        "how": figure.how,
        "target": figure.target.text if figure.target else None,
        "met": figure.target.holds(taken) if figure.target else None,
        "limit": figure.limit or None,
        "spread": [rounded(taken.low), rounded(taken.high)],
        "rounds": taken.rounds,
        "details": {name: rounded(value) for name, value in taken.details.items()},
    }


def rounded(value: float) -> float:
    """Return a value to as many digits as a measurement has."""
    return float(f"{value:.{DIGITS}g}") if abs(value) < 10**DIGITS else round(value)


def as_json(results: Results) -> str:
    """Write results as JSON."""
    return json.dumps(results, indent=1, ensure_ascii=False)


def as_text(results: Results) -> str:
    """Write results as an aligned table, with how each was taken and what stands behind it."""
    head = ("figure", "value", "spread", "target", "met", "limit")
    rows = [head, *((name, *(cell.strip("*") for cell in cells(one))) for name, one in results.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    notes = [f"{name}: {one['how']}\n    {_details(one['details'])}" for name, one in results.items()]
    return "\n".join([*lines, "", *notes])


def _details(details: Mapping[str, float]) -> str:
    return " · ".join(f"{name} {number(value)}" for name, value in details.items()) or NOTHING


def performance(results: Results) -> str:
    """Return the table of all figures in COSTS.md."""
    rows = [[FIGURES[name].what, f"`{name}`", *cells(one)] for name, one in results.items()]
    return markdown(["what", "name", "figure", "spread", "target", "met", "limit"], rows)


def cells(one: Mapping[str, Any]) -> list[str]:
    """Return what a table tells of a result: value, spread, target, whether it is met, limit."""
    low, high = one["spread"]
    spread = "none" if low == high else f"{number(low)} to {number(high)}"
    met = {True: "yes", False: "**no**", None: "stated"}[one["met"]]
    return [f"{number(one['value'])} {one['unit']}", spread, one["target"] or NOTHING, met, one["limit"] or NOTHING]


def number(value: float) -> str:
    """Write a number for people."""
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.{DIGITS}g}"


def markdown(head: list[str], rows: Iterable[list[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
