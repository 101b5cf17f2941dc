"""Situations from public bug reports of other products, sent to the local cloud over HTTP as fast as it takes them."""

from pathlib import Path
from time import time
from typing import Any

import httpx
import pytest

from tests.e2e.cloud import Cloud
from tests.support.cases import case_in, cases, values

OVER_HTTP = cases(without=("b-*", "export-*"))


@pytest.mark.parametrize("path", OVER_HTTP, ids=lambda path: path.stem)
def test_case_has_its_expected_values_over_http(cloud: Cloud, path: Path) -> None:
    case = case_in(path)
    names = {"api_key": cloud.api_key}
    shown: list[dict[str, Any]] = []
    statuses: list[int] = []
    with httpx.Client(base_url=cloud.url, timeout=30, trust_env=False) as http:
        for request in case["requests"]:
            raw = request.get("rawBody")
            answer = http.request(
                request["method"],
                request["path"].format(**names),
                headers={name: value.format(**names) for name, value in request.get("headers", {}).items()},
                json=None if raw else request.get("body"),
                content=raw and raw.encode(),
            )
            statuses.append(answer.status_code)
            assert answer.is_success, answer.text
            if location := answer.headers.get("Location"):
                names["sid"] = names[f"sid{sum(name.startswith('sid') for name in names) or 1}"] = location.rpartition("/")[2]
            elif request["method"] == "GET":
                shown.append(answer.json()["result"])
    found = (values(shown, round(time() * 1_000)) if shown else {}) | {"statuses": statuses}
    assert {name: found[name] for name in case["expected"]} == case["expected"]
