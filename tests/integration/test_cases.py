"""Recorded situations of devices and viewers, with the values expected for them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.api import Api
from tests.support.cases import CASES, case_in, cases, values

FILES: Final = cases("phone-*", "tv-*", "viewer-*")


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
    case = case_in(path)
    found = values(list(details(api, api_key, case["requests"])), 0)
    assert {name: found[name] for name in case["expected"]} == case["expected"]
