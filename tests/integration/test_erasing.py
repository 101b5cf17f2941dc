"""`mediabeat viewer erase`: nothing of a viewer is left, whatever goes on meanwhile and however often it is cut off."""

import threading
from collections.abc import Callable
from itertools import count
from typing import Any, Final, NamedTuple

import pytest
from botocore.client import BaseClient
from click.testing import CliRunner, Result
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.cli import target, viewers
from mediabeat.cli.main import main
from mediabeat.cli.target import Target
from mediabeat.core.pseudonyms import Pseudonyms
from mediabeat.core.rollups.figures import NOTHING
from mediabeat.runtime.settings import settings, viewer_key_secret
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.project_store import Registry
from mediabeat.storage.rollups.rollup_items import ViewerDay, seen_key
from mediabeat.storage.upload_items import UPLOAD, Upload, upload_item, upload_of
from mediabeat.storage.viewer_store import ViewerStore
from mediabeat.use_cases.erase_viewer import UNDER_WAY_S, Erased, erase, viewers_called
from tests.integration.conftest import VIEWER_KEY, viewer_uuid
from tests.integration.contents import Item, in_clear, items, put_back
from tests.support.api import Api
from tests.support.builders import Wire, noise, wire, wire_start
from tests.support.clock import Clock

JANE: Final = viewer_uuid("jane")
HER_DEVICE: Final = viewer_uuid("device-7")

pytestmark = pytest.mark.usefixtures("api_key")


def start_of_jane(**params: Any) -> Wire:
    return wire_start(analytics_visitorId="jane", visitor_marketingCloudUserId="device-7", **params)


@pytest.fixture
def store(table: str) -> ViewerStore:
    """What the operator's command works with."""
    return ViewerStore(table, dynamodb_client())


def erase_jane(store: ViewerStore, *, name: str = "jane", wait: Callable[[int], None] = lambda seconds: None) -> Erased:
    return erase("demo", viewers_called(name, Pseudonyms(VIEWER_KEY.encode(), "demo")), store, wait=wait)


def assert_nothing_is_left_of(words: set[str], table: str) -> None:
    stored = in_clear(table)
    assert {word for word in words if word in stored} == set()


FILLING: Final = 900
"""Bytes that fill a tail, but make no event that goes to a page of its own."""


def event(at: float = 1, *, weight: int = 0) -> Wire:
    """Return an event that is stored in somewhat more than so many bytes."""
    return wire("ping", at, customMetadata={"note": noise(round(weight * 1.4))}) if weight else wire("ping", at)


def kept(table: str) -> list[Item]:
    """All items but the marks of uploads, which hold nothing about a viewer and outlive the sessions."""
    return [item for item in items(table) if item["sk"]["S"] != UPLOAD]


def keys(stored: list[Item]) -> list[tuple[str, str]]:
    return [(item["pk"]["S"], item["sk"]["S"]) for item in stored]


@pytest.fixture
def others(api: Api, table: str) -> list[Item]:
    """Items of another viewer and of no viewer: a session with a page, and one without."""
    api.send(api.start(wire_start(analytics_visitorId="joe")), event(weight=2_000))
    api.start(wire_start())
    return items(table)


@pytest.fixture
def sids(others: list[Item], api: Api, clock: Clock) -> list[str]:
    """Jane's sessions: one closed, one downloaded, one that has ended and one that is open."""
    closed = api.start(start_of_jane())
    api.send(closed, wire("sessionEnd", 9))
    clock.forward(minutes=1)
    assert api.close_due() == {"session_end": 1}
    downloaded = api.start([start_of_jane(media_downloaded=True), wire("play", 1), wire("sessionEnd", 9)])
    ended, running = api.start(start_of_jane()), api.start(start_of_jane())
    api.send(ended, wire("sessionEnd", 9))
    api.send(running, event(weight=2_000))
    return [closed, downloaded, ended, running]


def test_erasing_removes_one_viewer_from_every_item(
    store: ViewerStore, sids: list[str], others: list[Item], api: Api, table: str
) -> None:
    waited: list[int] = []
    erased = erase_jane(store, wait=waited.append)
    heads_starts_and_pages, two_entries_each = 2 * len(sids) + 2, 2 * len(sids)
    assert erased == Erased(
        viewers=(JANE,), others=(HER_DEVICE,), sessions=4, items=heads_starts_and_pages, entries=two_entries_each, left=0
    )
    assert waited == [UNDER_WAY_S]
    assert kept(table) == others
    assert_nothing_is_left_of({"jane", "device-7", JANE, HER_DEVICE, *sids}, table)
    assert [api.send(sid, wire("ping", 20))["statusCode"] for sid in sids] == [404] * 4
    assert kept(table) == others


@pytest.mark.parametrize("name", ["device-7", JANE, HER_DEVICE.upper()])
def test_viewer_is_found_by_either_id_and_by_the_shown_uuid(
    store: ViewerStore, sids: list[str], others: list[Item], table: str, name: str
) -> None:
    assert (erased := erase_jane(store, name=name)).left == 0
    assert erased.sessions == 4
    assert kept(table) == others


def test_viewer_is_found_by_the_uuid_that_a_player_sent(store: ViewerStore, api: Api, others: list[Item], table: str) -> None:
    sent = "AD5AEA06-fb78-41c7-b2ad-716b685e32db"
    api.start(wire_start(analytics_visitorId=sent.lower()))
    assert erase_jane(store, name=sent).sessions == 1
    assert kept(table) == others


@pytest.fixture
def command(table: str, secrets_manager: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `mediabeat viewer erase` as on a stack."""
    clients = {"dynamodb": dynamodb_client(), "secretsmanager": secrets_manager}
    chosen = Target(table, "", viewer_key_secret(), 2, clients.__getitem__)
    monkeypatch.setattr(target, "_of_stack", lambda *_: chosen)
    monkeypatch.setattr(viewers, "sleep", lambda seconds: None)
    return lambda *arguments: CliRunner().invoke(main, ["viewer", "erase", "--stack", "x", *arguments])


def test_erasing_in_a_misspelt_project_fails(command: Callable[..., Result], others: list[Item], table: str) -> None:
    refused = command("dmeo", "jane")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Error: There is no project 'dmeo', and nothing is stored of this viewer")
    assert command("demo", "jane").exit_code == 0
    assert items(table) == others


def test_viewer_of_a_deleted_project_is_erased(
    command: Callable[..., Result], api: Api, registry: Registry, others: list[Item], table: str
) -> None:
    api.start(start_of_jane())
    registry.delete_project("demo")
    erased = command("demo", "jane")
    assert (erased.exit_code, "Removed        1 sessions" in erased.stdout) == (0, True)
    assert kept(table) == [item for item in others if item["pk"]["S"] != "projects"]


def test_id_that_begins_with_a_dash_is_erased(command: Callable[..., Result], api: Api, others: list[Item], table: str) -> None:
    api.start(wire_start(analytics_visitorId="-17"))
    assert "Removed        1 sessions" in command("demo", "--", "-17").stdout
    assert kept(table) == others


def test_sessions_with_only_the_other_id_are_kept_and_reported(store: ViewerStore, api: Api, table: str) -> None:
    api.start(start_of_jane())
    sid = api.start(wire_start(visitor_marketingCloudUserId="device-7"))
    assert erase_jane(store).others == (HER_DEVICE,)
    assert [item["sk"]["S"] for item in items(table) if item["pk"]["S"] == sid] == ["head", "start"]


def upload_of_jane() -> list[Wire]:
    return [start_of_jane(media_downloaded=True), wire("play", 1), wire("sessionEnd", 9)]


def test_erased_upload_does_not_come_back_by_a_repeat(
    store: ViewerStore, api: Api, others: list[Item], clock: Clock, table: str
) -> None:
    sid = api.start(upload_of_jane())
    assert erase_jane(store).sessions == 1
    [mark] = [item for item in items(table) if item not in others]
    assert upload_of(mark).erased
    assert mark == upload_item(sid, upload_of(mark), expires_at=int(mark["expires_at"]["N"]))
    assert_nothing_is_left_of({"jane", "device-7", JANE, HER_DEVICE, sid}, table)
    clock.forward(minutes=60)
    assert api.start(upload_of_jane()) == sid
    assert kept(table) == others


def test_mark_of_an_upload_outlives_the_session_by_the_retention(api: Api, clock: Clock, table: str) -> None:
    api.start(upload_of_jane())
    [mark] = [item for item in items(table) if item["sk"]["S"] == UPLOAD]
    retention_s = settings().retention_s
    assert upload_of(mark) == Upload(clock.now // 1_000 + retention_s)
    assert int(mark["expires_at"]["N"]) == clock.now // 1_000 + 2 * retention_s


def test_unknown_id_finds_no_viewer(store: ViewerStore, others: list[Item], table: str) -> None:
    waited: list[int] = []
    assert erase_jane(store, wait=waited.append) == Erased((), (), 0, 0, 0, 0)
    assert (waited, items(table)) == ([], others)


class Killed(BaseException):
    """The process is gone."""


class Requests:
    """Sees each request to AWS before it is made."""

    def __init__(self, patches: pytest.MonkeyPatch) -> None:
        self.before: Callable[[], None] = lambda: None
        self.is_waiting = False
        make = BaseClient._make_api_call  # type: ignore[attr-defined]

        def seen(client: BaseClient, *asked: Any) -> Any:
            self.before()
            return make(client, *asked)

        patches.setattr(BaseClient, "_make_api_call", seen)

    def kill_at(self, number: int) -> None:
        """Let the process die before its request of this number (from 0)."""
        self.do_at(number, _die)

    def do_at(self, number: int, act: Callable[[], None]) -> None:
        """Do something before the request of this number, and let everything pass from then on."""
        numbers = count()
        self.is_waiting = True

        def before() -> None:
            if self.is_waiting and next(numbers) == number:
                self.is_waiting = False
                act()

        self.before = before


def _die() -> None:
    raise Killed


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Requests:
    """All requests of this process."""
    return Requests(monkeypatch)


@pytest.mark.slow
def test_killed_erasing_is_completed_by_the_next_run(
    store: ViewerStore, sids: list[str], others: list[Item], table: str, requests: Requests
) -> None:
    saved = items(table)
    for number in count():
        requests.kill_at(number)
        try:
            erase_jane(store)
            break
        except Killed:
            assert erase_jane(store).left == 0
            assert kept(table) == others, f"killed before request {number}"
            put_back(table, saved)
    assert number > 40, "each request has had its turn"


@pytest.mark.slow
def test_session_stays_erased_whatever_happens_during_erasing(
    store: ViewerStore, sids: list[str], others: list[Item], api: Api, clock: Clock, table: str, requests: Requests
) -> None:
    saved = items(table)
    clock.forward(seconds=31)  # what has ended is due

    def meanwhile() -> None:
        for sid in sids[-2:]:
            assert api.send(sid, event(2, weight=2_000))["statusCode"] in {204, 404, 410}
            assert api.send(sid, wire("ping", 3))["statusCode"] in {204, 404, 410}
        api.close_due()
        assert api.send(sids[-1], wire("sessionEnd", 5))["statusCode"] in {204, 404}

    for number in count():
        requests.do_at(number, meanwhile)
        assert erase_jane(store).left == 0
        assert keys(kept(table)) == keys(others), f"meanwhile, before request {number}"
        if requests.is_waiting:
            break  # there was no such request any more
        put_back(table, saved)
    assert number > 40


class Writer:
    """A request of somebody else, in a thread of its own, that stops before one of its calls to AWS until it is let go."""

    def __init__(self, requests: Requests, write: Callable[[], Any], stop_at: int) -> None:
        self.has_stopped = False
        self._may_go, self._is_at_rest = threading.Event(), threading.Event()
        numbers = count()

        def before() -> None:
            if threading.current_thread() is not threading.main_thread() and next(numbers) == stop_at:
                self.has_stopped = True
                self._is_at_rest.set()
                self._may_go.wait()

        def run() -> None:
            write()
            self._is_at_rest.set()

        requests.before = before
        self._thread = threading.Thread(target=run)
        self._thread.start()
        self._is_at_rest.wait()

    def let_go(self, seconds: int = 0) -> None:
        """Let it come to its end."""
        self._may_go.set()
        self._thread.join()


class Write(NamedTuple):
    """What somebody else writes to a session, and how many requests to AWS that takes at least."""

    write: Callable[[Api, str], Any]
    requests: int
    is_late: bool = False  # when the session's due mark has passed


WRITES: Final = {
    "an event": Write(lambda api, sid: api.send(sid, event(2)), 1),
    "an event that finds the tail full": Write(
        lambda api, sid: [api.send(sid, one) for one in (event(2, weight=FILLING), event(3))], 4
    ),
    "a large event": Write(lambda api, sid: api.send(sid, event(2, weight=2_000)), 1),
    "an event that closes its session": Write(lambda api, sid: api.send(sid, event(1_600)), 2, is_late=True),
    "a sessionEnd": Write(lambda api, sid: api.send(sid, wire("sessionEnd", 2)), 1),
    "the closer": Write(lambda api, sid: api.close_due(), 10, is_late=True),
    "a start": Write(lambda api, sid: api.start(start_of_jane()), 5),
    "a downloaded session": Write(lambda api, sid: api.start([start_of_jane(media_downloaded=True), event()]), 7),
}


@pytest.mark.parametrize("write", WRITES)
def test_pending_writer_brings_nothing_back_after_erasing(
    store: ViewerStore, others: list[Item], api: Api, clock: Clock, table: str, requests: Requests, write: str
) -> None:
    writing = WRITES[write]
    sid = api.start(start_of_jane())
    for minute in (9, 18, 27)[: 3 if writing.is_late else 0]:
        clock.forward(minutes=9)
        api.send(sid, wire("ping", minute * 60, minute * 60))
    if writing.is_late:
        clock.forward(minutes=11)
    saved, now = items(table), clock.now
    for number in count():
        clock.now = now
        writer = Writer(requests, lambda: writing.write(api, sid), number)
        erased = erase_jane(store, wait=writer.let_go)
        assert (erased.left, erased.sessions >= 1) == (0, True)
        assert keys(kept(table)) == keys(others), f"stopped before request {number}"
        if not writer.has_stopped:
            break
        put_back(table, saved)
    assert number >= writing.requests


def test_session_started_during_erasing_is_erased_or_whole(
    store: ViewerStore, api: Api, others: list[Item], table: str, requests: Requests
) -> None:
    api.start(start_of_jane())
    saved = items(table)
    for number in count():
        started: list[str] = []
        requests.do_at(number, lambda: started.append(api.start(start_of_jane())))  # noqa: B023
        assert erase_jane(store).sessions >= 1
        if requests.is_waiting:
            break  # there was no such request any more
        if found := [item["sk"]["S"] for item in items(table) if item["pk"]["S"] == started[0]]:
            assert (found, api.send(started[0], event(2))["statusCode"]) == (["head", "start"], 204)
            assert erase_jane(store).left == 0
        assert kept(table) == others, f"started before request {number}"
        put_back(table, saved)
    assert number > 10


def test_erasing_counts_what_is_left(store: ViewerStore, api: Api, sids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ViewerStore, "remove_session", lambda self, sid: 1)  # as if something came back each time
    assert (erased := erase_jane(store)).left == 4 * 2 + 2 + 4 * 2
    assert (erased.sessions, erased.entries) == (4, 0)


def test_erasing_waits_until_the_charts_have_forgotten_the_viewer(
    store: ViewerStore, api: Api, dynamodb: DynamoDBClient, table: str
) -> None:
    api.start(start_of_jane())
    first = erase_jane(store)
    (viewer,) = first.viewers
    counted = seen_key(ViewerDay("demo", viewer, 20_783))
    waited: list[int] = []

    def forget(seconds: int) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            dynamodb.delete_item(TableName=table, Key=counted)

    dynamodb.put_item(TableName=table, Item=counted)
    assert erase_jane(store, wait=forget).is_counted is False
    assert len(waited) == 3
    dynamodb.put_item(TableName=table, Item=counted)
    assert erase_jane(store, wait=waited.append).is_counted is True
    assert sum(waited[3:]) == 120
    assert first.is_counted is False


def test_erased_start_takes_its_figures_back_before_it_goes(
    store: ViewerStore, api: Api, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = api.start(start_of_jane())
    api.send(sid, wire("play", 1))
    clock.forward(minutes=11)
    api.close_due()
    changes: list[tuple[str, bytes]] = []
    update = Table.update

    def noted(self: Table, key: Item, expression: str, condition: str, values: Item) -> bool:
        if ":figures" in values:
            changes.append((key["sk"]["S"], values[":figures"]["B"]))
        return update(self, key, expression, condition, values)

    monkeypatch.setattr(Table, "update", noted)
    erase_jane(store)
    assert changes == [("start", NOTHING.to_bytes())]
