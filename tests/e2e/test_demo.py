"""The first thing that a newcomer runs."""

import re

from tests.e2e.cloud import Cloud
from tests.support.template import ROOT


def test_the_demo_shows_what_is_known_of_every_viewing_once_the_schedule_has_closed_it(cloud: Cloud) -> None:
    demo = cloud.mediabeat("demo", "--quiet-minutes", "0.2")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    journeys = sorted(path.stem for path in (ROOT / "events" / "journeys").glob("*.json"))
    assert sorted(re.findall(r"closed: (\S+)", demo.stdout)) == journeys
    assert "██ content 33.0 s   ▓▓ ad 15.0 s   E error   A ad starts" in demo.stdout
    assert f"The API is at {cloud.url}, the project id is demo" in demo.stdout
