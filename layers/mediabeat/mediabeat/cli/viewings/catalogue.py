"""What the invented service shows, and who its viewers are. All of it is made up."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from mediabeat.cli.viewings.devices import DEVICES, SAMSUNG, Device

Kind = Literal["film", "episode", "clip", "live"]


@dataclass(frozen=True, slots=True)
class Content:
    """A content as its players name it. `length_s` is 0 for a live stream; `has_ads` says whether ad breaks are in it."""

    id: str
    title: str
    kind: Kind
    length_s: int
    weight: int
    show: str = ""
    season: str = ""
    episode: str = ""
    genre: str = "drama"
    has_ads: bool = False

    @property
    def is_live(self) -> bool:
        """Whether it is a live stream."""
        return self.kind == "live"

    @property
    def chapters(self) -> tuple[tuple[str, int, int], ...]:
        """Name, offset and length of each chapter, in seconds; only episodes and films have chapters."""
        if self.kind not in ("film", "episode"):
            return ()
        opening_s, part_s, credits_s = (90, 1_500, 300) if self.kind == "film" else (45, 600, 60)
        ends = [opening_s, *range(opening_s + part_s, self.length_s - credits_s - part_s // 2, part_s)]
        ends += [self.length_s - credits_s, self.length_s]
        names = ["Opening", *(f"Part {number}" for number in range(1, len(ends) - 1)), "Credits"]
        return tuple((name, begin, end - begin) for name, begin, end in zip(names, [0, *ends], ends, strict=False))

    @property
    def mid_rolls(self) -> tuple[int, ...]:
        """The seconds of the content at which ads interrupt it."""
        return tuple(range(780, self.length_s - 300, 900)) if self.has_ads else ()


def _film(name: str, title: str, minutes: int, weight: int, *, genre: str = "drama", has_ads: bool = False) -> Content:
    return Content(name, title, "film", minutes * 60 + len(title), weight, genre=genre, has_ads=has_ads)


def _episode(show: str, season: int, episode: int, title: str, minutes: int, weight: int, *, genre: str = "crime") -> Content:
    name = f"{show.lower().replace(' ', '-')}-s{season}e{episode}"
    return Content(
        name,
        f"{show} {season}.{episode}: {title}",
        "episode",
        minutes * 60 + len(title),
        weight,
        show,
        str(season),
        str(episode),
        genre,
        has_ads=True,
    )


FERRY: Final = _film("the-night-ferry", "The Night Ferry", 94, 9)
"""The film of the story: see `week`."""

CONTENTS: Final[tuple[Content, ...]] = (
    FERRY,
    _film("the-cartographers-winter", "The Cartographer's Winter", 108, 4),
    _film("salt-and-copper", "Salt and Copper", 87, 3, genre="history"),
    _film("nine-doors-down", "Nine Doors Down", 101, 4, genre="thriller", has_ads=True),
    _film("leaving-and-other-habits", "Leaving, and Other Habits", 83, 2, genre="comedy", has_ads=True),
    _episode("Signal Box", 2, 1, "Platform Zero", 44, 7),
    _episode("Signal Box", 2, 2, "Night Freight", 43, 6),
    _episode("Signal Box", 2, 3, "Points Failure", 45, 5),
    _episode("The Borrowed Umbrella", 1, 4, "Low Tide", 31, 4),
    _episode("The Borrowed Umbrella", 1, 5, "Lost Property", 29, 3),
    _episode("Kitchen Without Walls", 3, 2, "Rye", 26, 4, genre="food"),
    _episode("Kitchen Without Walls", 3, 3, "Ferment", 27, 3, genre="food"),
    Content("ferry-trailer", "Trailer: The Night Ferry", "clip", 134, 4),
    Content("otters-learn-to-swim", "Otters learn to swim", "clip", 151, 4, genre="nature"),
    Content("tides-in-three-minutes", "How tides work, in three minutes", "clip", 185, 3, genre="nature"),
    Content("goals-of-the-week", "Goals of the week", "clip", 208, 4, genre="sport"),
    Content("coast-news-live", "Coast News", "live", 0, 5, genre="news"),
    Content("league-kestrel-northport", "League: Kestrel Bay against Northport", "live", 0, 3, genre="sport"),
    Content("harbour-camera", "Harbour camera", "live", 0, 1, genre="nature"),
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A viewer: the id that players send, the devices that they own, and how often they watch, compared with others."""

    id: str
    devices: tuple[Device, ...]
    weight: int


_OWNERS: Final = (7, 3, 3, 2, 6, 2, 5, 2, 5, 2, 5)
"""How many of the viewers own each of DEVICES as their first one. The others are the second devices of some."""


def _viewers() -> tuple[Viewer, ...]:
    random = Random("the viewers")  # noqa: S311 - nothing secret
    first = [device for device, owners in zip(DEVICES, _OWNERS, strict=True) for _ in range(owners)]
    found = []
    for number, device in enumerate(first):
        others = [one for one in DEVICES if one.is_handheld != device.is_handheld and one is not SAMSUNG]
        devices = (device, random.choice(others)) if random.random() < 0.4 else (device,)
        id_ = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"viewer{number}.lumen.example.com"))
        found.append(Viewer(id_, devices, random.choice((1, 1, 2, 2, 3, 6))))
    return tuple(found)


VIEWERS: Final = _viewers()
TELEVISION_OWNERS: Final = tuple(viewer for viewer in VIEWERS if SAMSUNG in viewer.devices)


def one_of(random: Random, contents: Sequence[Content]) -> Content:
    """Return a content; those with a greater weight come more often."""
    return random.choices(contents, [content.weight for content in contents])[0]
