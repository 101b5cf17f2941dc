"""Situations from public bug reports of other products, as requests with the figures that are right for them.

The cases are in a folder beside the project; without it the tests are skipped.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.api import Api
from tests.support.clock import Clock
from tests.support.template import ROOT

CASES: Final = ROOT.parent / "shared" / "cases"
NOT_OF_THE_FOLD: Final = ("b-*", "tv-*", "phone-*", "title-*", "viewer-*", "export-*")
TODAY_MS: Final = 1_795_600_000_000
LONGEST_MS: Final = 590_000
"""A session without events for ten minutes is closed."""


def cases() -> list[Path]:
    """Return the cases that the fold decides."""
    return [path for path in sorted(CASES.glob("*.json")) if not any(map(path.match, NOT_OF_THE_FOLD))]


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder of cases is not there")
def test_cases_are_found() -> None:
    assert {"played-at-double-speed", "loading-after-preroll", "tab-left-open-after-the-end"} <= {path.stem for path in cases()}


@pytest.mark.parametrize("path", cases(), ids=lambda path: path.stem)
def test_case_has_its_expected_figures(path: Path, api: Api, api_key: str, clock: Clock) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    *sent, asked = case["requests"]
    sid = ""
    before_ms = sent[0]["body"]["playerTime"]["ts"]
    clock.now = TODAY_MS
    for one in sent:
        ts = one["body"]["playerTime"]["ts"]
        clock.now += min(abs(ts - before_ms), LONGEST_MS)  # the server's clock goes on, whatever the player's does
        before_ms = ts
        if not sid:
            sid = api.start(one["body"])
        else:
            assert api.send(sid, one["body"])["statusCode"] == 204
    headers = {"x-api-key": api_key, "x-project-id": "demo"}
    shown = api.call("GET", asked["path"].replace("{sid}", sid), headers=headers)
    found = figures(json.loads(shown["body"])["result"], clock.now)
    assert {name: found[name] for name in case["expected"]} == case["expected"]


def figures(result: dict[str, Any], now: int) -> dict[str, Any]:
    """Return the metrics of a session in detail, and what the cases derive from its log."""
    log = result["sessionLog"]
    today = datetime.fromtimestamp(now / 1_000, UTC).strftime("%Y-%m-%d")
    metrics: dict[str, Any] = result["metrics"]
    return metrics | {
        "playingLogMs": sum(line["actionDuration"] for line in log if line["actionType"] == "playing"),
        "seekingLines": sum(line["actionType"] == "seeking" for line in log),
        "lastLogDate": "the date of the request" if log[-1]["logDate"].startswith(today) else log[-1]["logDate"],
    }
