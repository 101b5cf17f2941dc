"""Situations from public bug reports of other products: requests, and the values that are right for them.

They lie in a folder beside the repository. Where it is missing, the tests that use them are skipped.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.support.template import ROOT

CASES: Final = ROOT.parent / "shared" / "cases"

Case = dict[str, Any]
Result = dict[str, Any]


def cases(*patterns: str, without: Sequence[str] = ("b-*",)) -> list[Path]:
    """Return the files of the cases with a name of one of these patterns, or all, but none of those in `without`."""
    named = {path for pattern in patterns or ("*",) for path in CASES.glob(f"{pattern}.json")}
    return sorted(path for path in named if not any(map(path.match, without)))


def case_in(path: Path) -> Case:
    """Return the case in a file."""
    case: Case = json.loads(path.read_text(encoding="utf-8"))
    assert case["expected"]
    return case


def values(shown: Sequence[Result], now: int) -> dict[str, Any]:
    """Return what the cases expect of sessions in detail; `now` (epoch milliseconds) is the server's clock."""
    last = shown[-1]
    log = last["sessionLog"]
    today = datetime.fromtimestamp(now / 1_000, UTC).strftime("%Y-%m-%d")
    measured: dict[str, Any] = last["metrics"]
    return measured | {
        "playingLogMs": sum(line["actionDuration"] for line in log if line["actionType"] == "playing"),
        "seekingLines": sum(line["actionType"] == "seeking" for line in log),
        "lastLogDate": "the date of the request" if log[-1]["logDate"].startswith(today) else log[-1]["logDate"],
        "device": last["user"]["device"],
        "viewers": len({session["uuid"] for session in shown}),
    }
