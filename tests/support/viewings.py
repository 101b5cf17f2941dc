"""Viewings of every kind in a table, put there by the code that the functions run."""

import json
import random
from collections.abc import Iterable
from typing import Final

from mediabeat.cli.replay import with_project
from mediabeat.core.close_rules import Limits
from mediabeat.protocols.media_collection.requests import parse_downloaded, parse_event, parse_session_start
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import ViewerKey
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.append_events import append_event
from mediabeat.use_cases.close_sessions import close_due
from mediabeat.use_cases.start_session import start_session, store_downloaded
from tests.support.builders import BASE_MS, Wire, wire, wire_start
from tests.support.journeys import COLLECTION_JOURNEYS, JOURNEYS
from tests.support.template import ROOT

PROJECT: Final = "demo"
LIMITS: Final = Limits()
DAY_MS: Final = 86_400_000
RECORDINGS: Final = (
    *(JOURNEYS[name] for name in COLLECTION_JOURNEYS),
    *sorted((ROOT.parent / "shared" / "fixtures").glob("*.json")),
)
PHONE: Final = {"user-agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) Mobile", "accept-language": "ko-KR,ko;q=0.9"}
TITLE: Final = '부산행 🎬 “Train to Busan” \u2028 \\ "\x7f'


class KnownKey(ViewerKey):
    """A key of viewers' hashes that no secret holds."""

    def read(self) -> bytes:
        return b"of the tests"


KEY: Final = KnownKey("")


class Viewers:
    """Those who watch what is in one table, one after the other, on one clock."""

    def __init__(self, starts: SessionStarts, store: Store, registry: Registry, *, now: int = BASE_MS) -> None:
        self.now = now
        self._starts = starts
        self._store = store
        self._registry = registry
        self._caller = caller_of(PHONE)

    def watch(self, bodies: Iterable[Wire]) -> str:
        """Send these bodies, each when its `ts` says, and return the session's id."""
        first, *later = bodies
        offset = self.now - first["playerTime"]["ts"]
        start = parse_session_start(_at(first, offset))
        sid = start_session(start, self._caller, self._starts, self._registry, KEY, LIMITS, now=self.now).sid
        for body in later:
            moved = _at(body, offset)
            self.now = max(self.now, moved["playerTime"]["ts"])
            append_event(sid, parse_event(moved), self._store, LIMITS, now=self.now)
        return sid

    def download(self, bodies: list[Wire]) -> str:
        """Send these bodies at once."""
        offset = self.now - bodies[0]["playerTime"]["ts"]
        events = parse_downloaded([_at(body, offset) for body in bodies], require_downloaded_flag=False)
        return store_downloaded(events, self._caller, self._starts, self._registry, KEY, now=self.now).sid

    def watch_a_minute(self) -> str:
        """Send a start, some pings and an end."""
        pings = (wire("ping", 10 * n, 10 * n) for n in range(1, 6))
        return self.watch([wire_start(), wire("play", 1), *pings, wire("sessionEnd", 60, 59)])

    def close(self) -> None:
        """Wait until every time-out has struck, and let the closer run."""
        self.now += 2 * DAY_MS
        run = close_due(self._store, LIMITS, lambda: self.now, ms_left=lambda: 55_000)
        assert (run.failed, run.has_more) == ([], False)

    def watch_all_kinds(self) -> dict[str, str]:
        """Watch every recording, and what is rare: long, large, foreign, opted out, cut off; return the ids by name."""
        sids = {}
        for path in RECORDINGS:
            recording = json.loads(path.read_text(encoding="utf-8"))
            send = self.download if recording["downloaded"] else self.watch
            for number, session in enumerate(recording["sessions"]):
                sids[f"{path.stem}.{number}"] = send(with_project(session["events"], PROJECT))
        sids["hours"] = self.watch([wire_start(media_length=9_000), *(wire("ping", 10 * n, 10 * n) for n in range(1, 161))])
        large = (wire("ping", n, n, customMetadata=notes(3_000, seed=n)) for n in range(1, 30))
        sids["large"] = self.watch([wire_start(), wire("play"), *large, wire("sessionEnd", 40, 40)])
        sids["foreign"] = self.watch([wire_start(media_name=TITLE), wire("error", 1.5, -0.0, params={"media.errorId": TITLE})])
        sids["private"] = self.watch([wire_start(analytics_optOutShare=True), wire("play", 1), wire("sessionEnd", 9, 8)])
        two_ids = wire_start(visitor_marketingCloudUserId="4711", analytics_visitorId="jane")
        sids["of two ids"] = self.watch([two_ids, wire("play", 1)])
        self.close()
        sids["ended"] = self.watch([wire_start(), wire("play", 1), wire("sessionEnd", 8.25, 7.125)])
        sids["open"] = self.watch([wire_start(), *(wire("ping", n / 3, n / 3) for n in range(60))])
        return sids


def notes(characters: int, *, seed: int) -> dict[str, str]:
    """Return custom metadata of some length that does not compress to nothing."""
    text = random.Random(seed).randbytes(characters // 2).hex()
    return {f"note{at}": text[at : at + 4_000] for at in range(0, characters, 4_000)}


def _at(body: Wire, offset_ms: int) -> Wire:
    return body | {"playerTime": body["playerTime"] | {"ts": body["playerTime"]["ts"] + offset_ms}}
