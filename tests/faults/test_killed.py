"""The database killed by SIGKILL while events are stored, and started again: what was acknowledged is there."""

import itertools
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Final

import pytest

import functions.create_session.app as create_session
import functions.ingest_event.app as ingest_event
from mediabeat.core.event_codec import pack
from mediabeat.core.projects import new_project
from mediabeat.core.summary import Summary
from mediabeat.protocols.media_collection.requests import parse
from mediabeat.runtime.settings import settings
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.close_sessions import close_due
from tests.support.api import Api
from tests.support.builders import BASE_MS, Wire, wire, wire_start
from tests.support.engine import Engine, NoEngine
from tests.support.template import table_definition
from tests.support.viewings import notes

PLAYERS: Final = 6
SHARDS: Final = 2


@pytest.fixture
def engine_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine that keeps its data in a file, with the functions deployed on it."""
    try:
        engine = Engine("--db-path", str(tmp_path / "engine.db"))
        engine.start()
    except NoEngine as error:
        pytest.skip(str(error))
    monkeypatch.setenv("AWS_ENDPOINT_URL", engine.endpoint)
    client = dynamodb_client(PLAYERS)
    options = {"retention_s": settings().retention_s, "index_shards": SHARDS}
    monkeypatch.setattr(create_session, "store", SessionStarts(settings().table_name, client, **options))
    monkeypatch.setattr(ingest_event, "store", Store(settings().table_name, client, **options))
    for module in (create_session, ingest_event):
        monkeypatch.setattr(module, "server_clock", lambda: BASE_MS)
    monkeypatch.setattr(create_session, "registry", Registry(settings().table_name, client))
    client.create_table(TableName=settings().table_name, **table_definition())
    create_session.registry.create_project(new_project("demo", 0)[0])
    yield engine
    client.close()
    engine.kill()


class Player:
    """Sends events, one after the other, until one is refused; `taken` is what was acknowledged of each session."""

    def __init__(self) -> None:
        self.taken: dict[str, list[Wire]] = {}
        self.refused: tuple[str, Wire] | None = None
        self.status = 0
        self._api = Api()

    def play(self, seed: int, over: Event) -> None:
        """Play sessions of some length, the first events of which are large enough for pages of their own."""
        lengths = random.Random(seed)
        while not over.is_set():
            sid = self._start(wire_start(media_length=0, media_name=f"{seed}"))
            if not sid:
                return
            for second in range(1, lengths.randrange(20, 120)):
                told = notes(3_000, seed=second) if second % 20 == 1 else {}
                body = wire("ping", second / 10, second, customMetadata=told)
                if self.send(sid, body) != 204:
                    self.refused = sid, body
                    return

    def send(self, sid: str, body: Wire) -> int:
        """Send an event and note it if it is acknowledged."""
        self.status = self._api.send(sid, body)["statusCode"]
        if self.status == 204:
            self.taken[sid].append(body)
        return self.status

    def _start(self, body: Wire) -> str:
        answer = self._api.call("POST", "/api/v1/sessions", body)
        self.status = answer["statusCode"]
        sid = str(answer["headers"].get("Location", "")).rpartition("/")[2]
        if self.status == 201:
            self.taken[sid] = [body]
        return sid


@pytest.mark.parametrize("seed", range(6))
def test_acknowledged_events_survive_a_killed_database(seed: int, engine_on_disk: Engine) -> None:
    chance, over = random.Random(seed), Event()
    players = [Player() for _ in range(PLAYERS)]
    with ThreadPoolExecutor(PLAYERS) as threads:
        playing = [threads.submit(player.play, seed * PLAYERS + n, over) for n, player in enumerate(players)]
        until = chance.randrange(50, 400)
        while sum(len(events) for player in players for events in list(player.taken.values())) < until:
            if any(one.done() for one in playing):
                break  # a player failed: its result says why, and the loop would not end
            over.wait(chance.random() / 1_000)
        engine_on_disk.kill()
        for one in playing:
            one.result()
    assert [player.status for player in players] == [503] * PLAYERS

    engine_on_disk.start()
    store: Store = ingest_event.store
    for player in players:
        if player.refused:  # as players do; whether or not it had been stored, it is in there once
            assert player.send(*player.refused) == 204
        for sid, bodies in player.taken.items():
            stored = store.read_session(sid)
            assert stored is not None
            assert stored.events == {pack(parse(body)) for body in bodies}
    sids = set(itertools.chain.from_iterable(player.taken for player in players))
    later = BASE_MS + 86_400_000
    run = close_due(store, ingest_event.deployed.limits, lambda: later, ms_left=lambda: 55_000)
    assert run.failed == []
    assert sids <= {one.sid for one in run.closed}  # and perhaps a session whose start was stored, but not acknowledged
    for sid in sids:
        finished = store.read_session(sid)
        assert finished is not None
        assert finished.summary is not None
        assert Summary.from_bytes(finished.summary).metrics.media_starts == 1
