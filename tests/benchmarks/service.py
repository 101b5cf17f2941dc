"""The functions' code on a table of its own, and the viewings that are sent to it; the time is told by the events."""

import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain, count, islice
from typing import Any, Final

from mediabeat.core.close_rules import LATE_EVENT_GRACE_MS
from mediabeat.protocols.media_collection.requests import parse_event, parse_events, parse_session_start
from mediabeat.runtime.settings import settings
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_items import HEAD, START, shard_of
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.storage.table import Item
from mediabeat.use_cases.append_events import append_event, append_events
from mediabeat.use_cases.close_sessions import WORKERS, Run, close_due
from mediabeat.use_cases.start_session import start_session
from tests.benchmarks.database import PROJECT, Database, Units
from tests.support.builders import BASE_MS, Wire, wire
from tests.support.template import ROOT
from tests.support.viewings import KEY, LIMITS

LENGTH_S: Final = 1_800
PING_S: Final = 10
SPARE_MS: Final = 55_000

DESKTOP: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
PHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


def request(function: str) -> dict[str, Any]:
    """Return the event with which API Gateway calls a function, from events/."""
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{function}.json").read_text(encoding="utf-8"))
    return event


def start_body(video_type: str = "VOD") -> Wire:
    """Return a `sessionStart` as a real player sends it."""
    body: Wire = json.loads(request("create_session")["body"])
    body["playerTime"]["ts"] = BASE_MS
    body["params"] |= {"analytics.reportSuite": PROJECT, "media.length": LENGTH_S, "media.contentType": video_type}
    return body


def half_hour(ping_s: int = PING_S) -> list[Wire]:
    """Return what follows the `sessionStart` in half an hour: pings, an ad break, two pauses, the end."""
    ad_break = {"media.ad.podFriendlyName": "mid-roll", "media.ad.podIndex": 1, "media.ad.podSecond": 599}
    ad = {"media.ad.podPosition": 1, "media.ad.id": "ad-1", "media.ad.length": 15, "media.ad.playerName": "player"}
    told = [
        wire("play", 1),
        *(wire("ping", second, second - 1.0001) for second in range(ping_s + 1, LENGTH_S, ping_s)),
        wire("adBreakStart", 600, 599, params=ad_break),
        wire("adStart", 600, 599, params=ad),
        wire("adComplete", 615, 599),
        wire("adBreakComplete", 615, 599),
        wire("play", 615, 599),
        wire("pauseStart", 900, 884),
        wire("play", 910, 884),
        wire("pauseStart", 1_200, 1_174),
        wire("play", 1_210, 1_174),
        wire("sessionComplete", 1_799.5, LENGTH_S),
        wire("sessionEnd", LENGTH_S, LENGTH_S),
    ]
    return sorted(told, key=lambda body: body["playerTime"]["ts"])


HALF_A_MINUTE_MS = 30_000


class Service:
    """One deployment: a table, a new one unless it is named, and the code of the functions that write to it."""

    def __init__(self, database: Database, table: str | None = None) -> None:
        self.table = table or database.new_table()
        self.client = database.client(WORKERS)
        deployed = settings()
        self.queries = SessionQueries(self.table, self.client)
        kept = {"retention_s": deployed.retention_s, "index_shards": deployed.index_shards}
        self._starts = SessionStarts(self.table, self.client, **kept)
        self.store = Store(self.table, self.client, **kept)
        self.lean = database.lean_client(WORKERS)
        self.lean_store = Store(self.table, self.lean, **kept)
        self.registry = Registry(self.table, self.client)

    @cached_property
    def units(self) -> Units:
        """What requests cost from the first look on; until then they are not asked for it, which takes time."""
        return Units(self.client, self.lean)

    def start(self, *, user_agent: str = DESKTOP, video_type: str = "VOD") -> str:
        """Start a session and return its id."""
        caller = caller_of(request("create_session")["headers"] | {"user-agent": user_agent})
        event = parse_session_start(start_body(video_type))
        return start_session(event, caller, self._starts, self.registry, KEY, LIMITS, now=BASE_MS).sid

    def send(self, sid: str, bodies: list[Wire], at_a_time: int = 1, *, is_looked_at: bool = False) -> int:
        """Send events of a session, one or several to a request, each request when its last event is; return the requests.

        If it `is_looked_at`, the closer comes half a minute after each due mark, as it does on average.
        """
        requests = [bodies[first : first + at_a_time] for first in range(0, len(bodies), at_a_time)]
        look_at = BASE_MS + LIMITS.quiet_ms + HALF_A_MINUTE_MS
        for some in requests:
            now = some[-1]["playerTime"]["ts"]
            if is_looked_at and now > look_at:
                assert self.close(look_at).closed == []
                look_at += LIMITS.quiet_ms + HALF_A_MINUTE_MS
            if at_a_time == 1:
                append_event(sid, parse_event(some[0]), self.store, LIMITS, now=now)
            else:
                assert not any(append_events(sid, parse_events(some), self.store, LIMITS, now=now))
        return len(requests)

    def close(self, now: int = BASE_MS + LENGTH_S * 1_000 + LATE_EVENT_GRACE_MS) -> Run:
        """Let the closer run once; by default, when the sessions of half an hour are due."""
        return close_due(self.lean_store, LIMITS, lambda: now, ms_left=lambda: SPARE_MS)

    def items_of(self, sid: str) -> list[Item]:
        """Return all items that name a session."""
        pages = self.client.get_paginator("scan").paginate(TableName=self.table)
        return [item for page in pages for item in page["Items"] if sid in item["pk"]["S"] + item["sk"]["S"]]

    def start_in(self, shard: int, **about: str) -> str:
        """Start sessions until one is in a shard of the indexes, which follows from its random id."""
        sids = (self.start(**about) for _ in count())
        return next(sid for sid in sids if shard_of(sid, settings().index_shards) == shard)


def in_turns(models: Iterable[list[Item]], number: int) -> Iterator[list[Item]]:
    """Yield the items of so many sessions, each a copy of one of these in its turn."""
    return islice(chain.from_iterable(zip(*map(clones, models), strict=True)), number)


def clones(items: list[Item]) -> Iterator[list[Item]]:
    """Yield the items of ever more sessions like this one; they are in its partitions of the indexes."""
    sid: str = next(item["pk"]["S"] for item in items if item["sk"]["S"] in (HEAD, START))
    for number in count():
        name = f"{sid[:16]}{number:048x}"
        yield [_renamed(item, sid, name) for item in items]


def _renamed(item: Item, old: str, new: str) -> Item:
    return {name: {"S": value["S"].replace(old, new)} if "S" in value else value for name, value in item.items()}
