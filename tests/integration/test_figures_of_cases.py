"""Situations from public bug reports of other products, as requests with the figures that are right for them."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.api import Api
from tests.support.cases import CASES, case_in, cases, values
from tests.support.clock import Clock

OF_THE_FOLD: Final = cases(without=("b-*", "tv-*", "phone-*", "title-*", "viewer-*", "export-*"))
TODAY_MS: Final = 1_795_600_000_000
LONGEST_MS: Final = 590_000
"""A session without events for ten minutes is closed."""

REQUEST_MS: Final = 20


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder of cases is not there")
def test_cases_are_found() -> None:
    found = {path.stem for path in OF_THE_FOLD}
    assert {"played-at-double-speed", "loading-after-preroll", "tab-left-open-after-the-end", "clock-steps-back"} <= found


@pytest.mark.parametrize("way", ["in time", "in a burst", "in one request"])
@pytest.mark.parametrize("path", OF_THE_FOLD, ids=lambda path: path.stem)
def test_case_has_its_expected_figures(path: Path, way: str, api: Api, api_key: str, clock: Clock) -> None:
    case = case_in(path)
    *sent, asked = case["requests"]
    first, *later = [one["body"] for one in sent]
    clock.now = TODAY_MS
    sid = api.start(first)
    if way == "in one request":
        clock.now += REQUEST_MS
        assert api.send(sid, later)["statusCode"] == 204
    else:
        _send_each(api, sid, [first, *later], clock, in_time=way == "in time")
    headers = {"x-api-key": api_key, "x-project-id": "demo"}
    shown = api.call("GET", asked["path"].replace("{sid}", sid), headers=headers)
    found = values([json.loads(shown["body"])["result"]], clock.now)
    assert {name: found[name] for name in case["expected"]} == case["expected"]


def _send_each(api: Api, sid: str, bodies: list[dict[str, Any]], clock: Clock, *, in_time: bool) -> None:
    """Send all but the first; the server's clock goes on as the player's does, whatever that is set to."""
    before_ms = bodies[0]["playerTime"]["ts"]
    for body in bodies[1:]:
        ts = body["playerTime"]["ts"]
        clock.now += min(abs(ts - before_ms), LONGEST_MS) if in_time else REQUEST_MS
        before_ms = ts
        assert api.send(sid, body)["statusCode"] == 204
