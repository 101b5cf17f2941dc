"""The kinds of viewings: how each of them goes, from the start to the end."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from mediabeat.cli.viewings.player import Player
from mediabeat.core.quality.outcome import Outcome

BUSINESS_ERRORS: Final = "LICENCE_"
"""What the ids of the service's business errors begin with."""

DRM_ERROR: Final = "DRM_LICENSE_EXPIRED"
"""The error of the story: see `week`."""

_LIVE_S: Final = (600, 2_700)
"""How long a live stream is watched, at least and at most."""


def _starts(player: Player, random: Random) -> None:
    ads = random.choice((1, 2)) if player.content.has_ads else 0
    player.starts(round(player.device.start_s * random.uniform(0.6, 1.9), 3), ads=ads)
    if random.random() < 0.6:  # the player tries a higher bitrate as soon as it knows the network
        player.plays(random.randint(8, 20))
        player.adapts(+1)


def _whole_s(player: Player, random: Random) -> float:
    """Return how long the content could be watched from here."""
    return random.uniform(*_LIVE_S) if player.content.is_live else player.rest_s


def _goes_on(player: Player, random: Random, *, share: float = 0.4) -> None:
    """Watch to the end, or leave before it."""
    if random.random() < share and not player.content.is_live:
        player.completes()
    else:
        player.plays(round(_whole_s(player, random) * random.uniform(0.2, 0.8), 3))
        player.leaves()


def to_the_end(player: Player, random: Random) -> None:
    """Watch everything."""
    _starts(player, random)
    if player.content.is_live:
        player.plays(round(_whole_s(player, random), 3))
        player.leaves()
    else:
        player.completes()


def left_half_way(player: Player, random: Random) -> None:
    """Leave before the end."""
    _starts(player, random)
    player.plays(round(_whole_s(player, random) * random.uniform(0.1, 0.7), 3))
    player.leaves()


def paused(player: Player, random: Random) -> None:
    """Pause once or twice. A live stream is not paused: it is watched to the end."""
    _starts(player, random)
    for _ in range(0 if player.content.is_live else random.choice((1, 2))):
        player.plays(round(player.rest_s * random.uniform(0.1, 0.35), 3))
        player.pauses(random.randint(20, 400))
    _goes_on(player, random, share=0.6)


def sought(player: Player, random: Random) -> None:
    """Skip the opening, and jump forward and back. Nobody jumps in a live stream."""
    _starts(player, random)
    opening_s = player.content.chapters[0][2] if player.content.chapters else 0
    if player.place_s < opening_s:
        player.seeks(opening_s)
    for _ in range(0 if player.content.is_live else random.choice((2, 3))):
        player.plays(round(player.rest_s * random.uniform(0.04, 0.15), 3))
        player.seeks(player.place_s + random.choice((-30, 120, 300)) * min(1.0, player.content.length_s / 1_800))
    _goes_on(player, random)


def rebuffered(player: Player, random: Random) -> None:
    """Wait for data a few times, and get a lower bitrate."""
    _starts(player, random)
    whole_s = _whole_s(player, random)
    for _ in range(random.choice((1, 2, 2, 3))):
        player.plays(round(whole_s * random.uniform(0.05, 0.2), 3))
        player.rebuffers(round(random.uniform(1.5, 9), 3))
        player.adapts(-1, dropped=random.randint(0, 12))
    _goes_on(player, random)


def adapted(player: Player, random: Random) -> None:
    """Play on a network that changes, in several bitrates and with dropped frames."""
    _starts(player, random)
    whole_s = _whole_s(player, random)
    for step in random.sample((-1, +1, -1, +1, -2, +2), 5):
        player.plays(round(whole_s * random.uniform(0.03, 0.12), 3))
        player.adapts(step, dropped=random.randint(0, 40))
    _goes_on(player, random)


def stalled(player: Player, random: Random) -> None:
    """Stand still for half a minute or more, while the player says that it plays. A live stream rebuffers instead."""
    _starts(player, random)
    player.plays(round(_whole_s(player, random) * random.uniform(0.1, 0.4), 3))
    if player.content.is_live:
        player.rebuffers(random.randint(20, 40))
    else:
        player.stalls(random.randint(3, 6))
    _goes_on(player, random, share=0.2)


def poor(player: Player, random: Random) -> None:
    """Wait long for the start and very often after it, and give up."""
    player.starts(round(random.uniform(14, 26), 3))
    for _ in range(random.randint(6, 11)):
        player.plays(random.randint(9, 35))
        player.rebuffers(random.randint(6, 24))
        player.adapts(-1, dropped=random.randint(5, 90))
    player.plays(random.randint(5, 15))
    player.leaves()


def start_failed(player: Player, random: Random) -> None:
    """Fail before the content starts."""
    player.loads(round(random.uniform(2, 9), 3))
    error_id, source = random.choice((("MANIFEST_TIMEOUT", "external"), ("CDN_503", "external"), ("DECODER_INIT", "player")))
    player.fails(error_id, after_s=random.randint(1, 5), source=source)


def failed(player: Player, random: Random) -> None:
    """Fail in the middle, after some rebuffering."""
    _starts(player, random)
    player.plays(round(_whole_s(player, random) * random.uniform(0.1, 0.6), 3))
    player.rebuffers(random.randint(8, 20))
    player.plays(random.randint(2, 6))
    error_id = random.choice(("SEGMENT_NOT_FOUND", "DECODE_ERROR", "NETWORK_LOST"))
    player.fails(error_id, after_s=random.randint(2, 12), source="external" if error_id == "SEGMENT_NOT_FOUND" else "player")


def not_licensed(player: Player, random: Random) -> None:
    """Be refused, because the licence does not cover the viewer."""
    player.loads(round(random.uniform(0.6, 1.6), 3))
    player.fails(BUSINESS_ERRORS + random.choice(("NOT_IN_COUNTRY", "TOO_MANY_DEVICES")), after_s=random.randint(2, 8))


def given_up(player: Player, random: Random) -> None:
    """Wait for the start in vain, and leave."""
    player.loads(round(random.uniform(5, 19), 3))
    player.leaves()


def left_at_once(player: Player, random: Random) -> None:
    """Leave before anything could start."""
    player.loads(round(random.uniform(0.5, 1.7), 3))
    player.leaves()


def lost_its_licence(player: Player, random: Random) -> None:
    """Play for ten to twenty minutes, and fail with the error of the story."""
    player.starts(round(player.device.start_s * random.uniform(0.8, 1.5), 3))
    player.plays(random.randint(12, 25))
    player.adapts(+1)
    player.plays(random.randint(580, 1_170))
    player.fails(DRM_ERROR, after_s=random.randint(4, 20))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of viewing: how it goes, the outcome that it has to have, and how many of it there can be on a day."""

    goes: Callable[[Player, Random], None]
    outcome: Outcome
    a_day: tuple[int, ...]


KINDS: Final = (
    Kind(to_the_end, Outcome.PLAYED, (6, 8)),
    Kind(left_half_way, Outcome.PLAYED, (5, 8)),
    Kind(paused, Outcome.PLAYED, (3, 4)),
    Kind(sought, Outcome.PLAYED, (2, 4)),
    Kind(rebuffered, Outcome.PLAYED, (2, 4)),
    Kind(adapted, Outcome.PLAYED, (1, 3)),
    Kind(stalled, Outcome.PLAYED, (0, 1, 1)),
    Kind(poor, Outcome.PLAYED, (0, 1, 2)),
    Kind(start_failed, Outcome.START_FAILURE, (0, 1, 1, 2)),
    Kind(failed, Outcome.PLAY_FAILURE, (0, 1, 1, 2)),
    Kind(not_licensed, Outcome.BUSINESS_ERROR, (0, 1, 1)),
    Kind(given_up, Outcome.EXIT_BEFORE_START, (1, 1, 2)),
    Kind(left_at_once, Outcome.EARLY_EXIT, (0, 1, 1)),
)
"""The kinds of an ordinary day."""

STORY: Final = Kind(lost_its_licence, Outcome.PLAY_FAILURE, (0,))
