"""Recorded situations with the values expected for them, which lie beside the repository; skipped when they are absent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.api import Api

CASES: Final = Path(__file__).parents[2].parent / "shared" / "cases"
FILES: Final = sorted(path for kind in ("phone", "tv", "viewer") for path in CASES.glob(f"{kind}-*.json"))


def details(api: Api, api_key: str, requests: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Send the requests of a case and yield the session of each detail; `{sid}` is the last session, `{sid1}` the first."""
    names = {"api_key": api_key}
    started = 0
    for request in requests:
        headers = {name.lower(): value.format(**names) for name, value in request.get("headers", {}).items()}
        answer = api.call(request["method"], request["path"].format(**names), request.get("body"), headers=headers)
        assert answer["statusCode"] < 300, answer
        if location := answer["headers"].get("Location"):
            started += 1
            names["sid"] = names[f"sid{started}"] = location.rpartition("/")[2]
        elif request["method"] == "GET":
            yield json.loads(answer["body"])["result"]


@pytest.mark.skipif(not FILES, reason=f"no cases in {CASES.name}")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_recorded_situation_has_the_expected_values(api: Api, api_key: str, path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    shown = list(details(api, api_key, case["requests"]))
    measured = {"device": shown[-1]["user"]["device"], "viewers": len({session["uuid"] for session in shown})}
    assert case["expected"]
    assert {name: measured[name] for name in case["expected"]} == case["expected"]
