"""Events for tests: `at` is in seconds since the start of the session, on a player's clock that begins at `BASE_MS`."""

from collections.abc import Iterable
from random import Random
from string import ascii_letters, digits
from typing import Any, Final

from mediabeat.core.event import Event, EventType
from mediabeat.storage.secrets import ViewerKey

BASE_MS: Final = 1_795_000_000_000

NO_IDS: Final = ViewerKey("never asked for")
"""The key of viewers' hashes where no player sends an id."""

Wire = dict[str, Any]


def wire(event_type: str, at: float = 0, playhead: float = 0, **rest: Any) -> Wire:
    """Return a body as a player sends it."""
    return {"eventType": event_type, "playerTime": {"playhead": playhead, "ts": BASE_MS + round(at * 1_000)}, **rest}


def wire_start(at: float = 0, playhead: float = 0, *, without: str = "", **params: Any) -> Wire:
    """Return a `sessionStart` with the parameters that are needed, and those given (`media_name` for `media.name`)."""
    needed = {
        "analytics.trackingServer": "metrics.example.com",
        "analytics.reportSuite": "demo",
        "visitor.marketingCloudOrgId": "org@AdobeOrg",
        "media.id": "movie-1",
        "media.contentType": "VOD",
        "media.playerName": "player",
        "media.channel": "channel",
        "media.length": 100,
    }
    given = {name.replace("_", "."): value for name, value in params.items()}
    kept = {name: value for name, value in (needed | given).items() if name != without}
    return wire("sessionStart", at, playhead, params=kept)


def event(event_type: EventType | str, at: float = 0, playhead: float = 0, **rest: Any) -> Event:
    """Return an event."""
    params, custom, qoe = (rest.get(name, {}) for name in ("params", "custom", "qoe"))
    return Event(BASE_MS + round(at * 1_000), EventType(event_type), float(playhead), params, custom, qoe)


def start(at: float = 0, playhead: float = 0, **params: Any) -> Event:
    """Return a `sessionStart` of recorded content, 100 s long unless said otherwise (`media_length=60`)."""
    return event("sessionStart", at, playhead, params=wire_start(**params)["params"])


def live_start(at: float = 0, playhead: float = 0) -> Event:
    """Return a `sessionStart` of a live stream."""
    return start(at, playhead, media_contentType="live", media_length=0)


def play(at: float, playhead: float = 0, **rest: Any) -> Event:
    """Return a `play`."""
    return event("play", at, playhead, **rest)


def noise(length: int, seed: int = 0) -> str:
    """Return text that no compression makes much shorter."""
    return "".join(Random(seed).choices(ascii_letters + digits, k=length))


def ping(at: float, playhead: float = 0, **rest: Any) -> Event:
    """Return a `ping`."""
    return event("ping", at, playhead, **rest)


def pause(at: float, playhead: float = 0) -> Event:
    """Return a `pauseStart`."""
    return event("pauseStart", at, playhead)


def buffer(at: float, playhead: float = 0) -> Event:
    """Return a `bufferStart`."""
    return event("bufferStart", at, playhead)


def error(at: float, playhead: float = 0, **rest: Any) -> Event:
    """Return an `error`."""
    return event("error", at, playhead, **rest)


def complete(at: float, playhead: float = 0) -> Event:
    """Return a `sessionComplete`."""
    return event("sessionComplete", at, playhead)


def end(at: float, playhead: float = 0) -> Event:
    """Return a `sessionEnd`."""
    return event("sessionEnd", at, playhead)


def bitrate_change(at: float, playhead: float = 0, *, bps: int) -> Event:
    """Return a `bitrateChange`."""
    return event("bitrateChange", at, playhead, qoe={"media.qoe.bitrate": bps})


def ad_break(at: float, playhead: float = 0, index: int = 1) -> Event:
    """Return an `adBreakStart`."""
    params = {"media.ad.podIndex": index, "media.ad.podSecond": playhead}
    return event("adBreakStart", at, playhead, params=params)


def ad(at: float, playhead: float = 0, ad_id: str = "ad-1", position: int = 1) -> Event:
    """Return an `adStart`."""
    return event("adStart", at, playhead, params={"media.ad.id": ad_id, "media.ad.podPosition": position})


def ad_complete(at: float, playhead: float = 0) -> Event:
    """Return an `adComplete`."""
    return event("adComplete", at, playhead)


def ad_skip(at: float, playhead: float = 0) -> Event:
    """Return an `adSkip`."""
    return event("adSkip", at, playhead)


def ad_break_complete(at: float, playhead: float = 0) -> Event:
    """Return an `adBreakComplete`."""
    return event("adBreakComplete", at, playhead)


def chapter(at: float, playhead: float = 0, index: int = 1) -> Event:
    """Return a `chapterStart`."""
    params = {"media.chapter.index": index, "media.chapter.offset": playhead, "media.chapter.length": 30}
    return event("chapterStart", at, playhead, params=params)


def chapter_complete(at: float, playhead: float = 0) -> Event:
    """Return a `chapterComplete`."""
    return event("chapterComplete", at, playhead)


def chapter_skip(at: float, playhead: float = 0) -> Event:
    """Return a `chapterSkip`."""
    return event("chapterSkip", at, playhead)


def state_start(at: float, name: str, playhead: float = 0) -> Event:
    """Return a `stateStart`."""
    return event("stateStart", at, playhead, params={"media.state.name": name})


def state_end(at: float, name: str, playhead: float = 0) -> Event:
    """Return a `stateEnd`."""
    return event("stateEnd", at, playhead, params={"media.state.name": name})


def states_update(at: float, playhead: float = 0, *, started: Iterable[str] = (), ended: Iterable[str] = ()) -> Event:
    """Return a `statesUpdate`."""
    params = {
        "statesStart": [{"media.state.name": name} for name in started],
        "statesEnd": [{"media.state.name": name} for name in ended],
    }
    return event("statesUpdate", at, playhead, params=params)
