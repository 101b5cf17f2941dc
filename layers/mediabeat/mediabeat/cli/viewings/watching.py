"""Viewers who watch now: a process that `local_cloud.background` starts. `python -m mediabeat.cli.viewings.watching --help`.

Each viewer is a thread that plays one viewing after the other in real time, and sends it as a player does.
"""

import signal
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from threading import Event, Thread
from typing import Final

import click
import httpx

from mediabeat.cli.replay import Journey, ReplayOptions, replay, with_project
from mediabeat.cli.viewings import kinds
from mediabeat.cli.viewings.catalogue import CONTENTS, FERRY, TELEVISION_OWNERS, VIEWERS, one_of
from mediabeat.cli.viewings.devices import DEVICES, SAMSUNG
from mediabeat.cli.viewings.kinds import KINDS, STORY
from mediabeat.cli.viewings.week import Viewing, viewing

PING_S: Final = 10.0
"""Players send a ping this often."""

ARRIVE_WITHIN_S: Final = 30.0
"""The first viewers come within this time, and after each viewing the next one comes within it."""

_REFUSED_S: Final = 30.0
"""The pause after a viewing that the API did not take."""

_LIVE: Final = tuple(one for one in CONTENTS if one.is_live)
_CLIPS: Final = tuple(one for one in CONTENTS if one.kind == "clip")
_LONG: Final = tuple(one for one in CONTENTS if one.kind in ("film", "episode") and one is not FERRY)
_GOING_WELL: Final = KINDS[:4]
_GOING_WRONG: Final = tuple(one for one in KINDS if one.goes in (kinds.rebuffered, kinds.poor, kinds.adapted))
_NEVER_STARTING: Final = tuple(one for one in KINDS if one.goes in (kinds.start_failed, kinds.given_up, kinds.not_licensed))
_WATCHED: Final = ((_LIVE, KINDS[:2]), (_LIVE, KINDS[:2]), (_LONG, _GOING_WRONG), ((FERRY,), (STORY,)), ((FERRY,), _GOING_WELL))
"""What is watched in the first seats, and how it goes."""

_EACH: Final = 3
"""Viewers who take turns in a seat."""


class _Over(Exception):
    """It is time to end."""


class Seat:
    """A place in the audience: who sits there watches something, leaves, and another viewer comes.

    In the first seats are two live streams, a poor network, and the film of the story on its television and on another device.
    In every second of the others, viewers watch clips and leave soon.
    """

    def __init__(self, number: int, random: Random) -> None:
        self._number = number
        self._random = random

    def next_viewing(self, now: datetime) -> Viewing:
        """Return what is watched here from now on."""
        random, number = self._random, self._number
        contents, of = _WATCHED[number] if number < len(_WATCHED) else (_LONG if number % 2 else _CLIPS, _GOING_WELL)
        if number >= len(_WATCHED) and random.random() < 0.15:
            of = _NEVER_STARTING
        kind, content = random.choice(of), one_of(random, contents)
        if kind is STORY:
            viewer, device = random.choice(TELEVISION_OWNERS), SAMSUNG
        else:
            viewer = VIEWERS[(_EACH * number + random.randrange(_EACH)) % len(VIEWERS)]
            device = random.choice(viewer.devices)
            if content is FERRY and device is SAMSUNG:
                device = DEVICES[-1]
        return viewing(kind, content, device, viewer, now, random, ping_s=PING_S)


class Audience:
    """Viewers who watch until `over` is set."""

    def __init__(self, url: str, project_id: str, viewers: int, *, seed: str, say: Callable[[str], None]) -> None:
        self.over = Event()
        self._url = url
        self._project_id = project_id
        self._say = say
        self._threads = [
            Thread(target=self._watch, args=(number, viewers, Random(f"{seed} {number}")), daemon=True)  # noqa: S311
            for number in range(viewers)
        ]

    def start(self) -> None:
        """Let the viewers come, one after the other."""
        for thread in self._threads:
            thread.start()

    def _watch(self, number: int, viewers: int, random: Random) -> None:
        seat = Seat(number, random)
        try:
            self._wait(ARRIVE_WITHIN_S * number / viewers)
            while True:
                self._wait(self._play(seat.next_viewing(datetime.now(UTC)), random))
        except _Over:
            return
        except httpx.ConnectError as error:
            self._say(f"the API is gone: {error}")
            self.over.set()

    def _play(self, watched: Viewing, random: Random) -> float:
        """Send a viewing in real time, and return how long the seat is empty then, in seconds."""
        self._say(f"{watched.kind.goes.__name__}: {watched.content.title} on {watched.device.name}")
        journey = Journey(
            downloaded=False, sessions=(tuple(with_project(watched.events, self._project_id)),), headers=watched.headers
        )
        try:
            [sent] = replay(journey, self._url, ReplayOptions(speed=1), wait=self._wait)
        except httpx.ConnectError:
            raise
        except httpx.TransportError as error:
            self._say(f"no answer: {type(error).__name__}")
            return _REFUSED_S
        if sent.refusal:
            self._say(f"refused with {sent.refusal.status}: {sent.refusal.body}")
            return _REFUSED_S
        return random.uniform(1, ARRIVE_WITHIN_S)

    def _wait(self, seconds: float) -> None:
        if self.over.wait(seconds):
            raise _Over


@click.command()
@click.option("--url", required=True, help="Address of the API.")
@click.option("--project", required=True, help="The project to report to.")
@click.option("--viewers", type=click.IntRange(min=1), required=True, help="How many watch at the same time.")
@click.option("--minutes", type=click.FloatRange(min=0), required=True, help="End after this many minutes.")
def main(url: str, project: str, viewers: int, minutes: float) -> None:
    """Let viewers watch for some minutes, until SIGTERM, or until nothing listens at the address any more."""

    def say(text: str) -> None:
        click.echo(f"{datetime.now(UTC):%H:%M:%S} {text}")

    began = datetime.now(UTC)
    audience = Audience(url, project, viewers, seed=began.isoformat(), say=say)
    signal.signal(signal.SIGTERM, lambda *_: audience.over.set())
    audience.start()
    audience.over.wait(minutes * 60)
    audience.over.set()
    say(f"ended after {datetime.now(UTC) - began}")


if __name__ == "__main__":
    main()
