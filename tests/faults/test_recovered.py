"""Exported and imported again: `mediabeat export` and `mediabeat import`, on a real engine."""

import gzip
import itertools
import json
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws

from mediabeat.archive import folder as archive_folder
from mediabeat.cli import target
from mediabeat.cli.main import main
from mediabeat.cli.target import Target
from mediabeat.core.projects import Project, new_project
from mediabeat.core.records import StoredSession
from mediabeat.core.session_query import SessionQuery
from mediabeat.protocols.media_collection.requests import parse_event
from mediabeat.storage import session_items
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.storage.table import Item
from mediabeat.storage.upload_items import UPLOAD
from mediabeat.storage.viewer_items import OUTLIVES_S
from mediabeat.use_cases import export_sessions, import_sessions
from mediabeat.use_cases.append_events import append_event
from mediabeat.use_cases.close_sessions import close_due
from mediabeat.use_cases.list_sessions import list_sessions
from mediabeat.use_cases.show_session import show_session
from tests.support.builders import BASE_MS, wire, wire_start
from tests.support.engine_connection import client_of
from tests.support.template import table_definition
from tests.support.viewings import LIMITS, PROJECT, Viewers, notes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARDS: Final = 3
RETENTION_S: Final = 3_000 * 86_400
ALL: Final = SessionQuery(("PC", "Mobile"), ("VOD", "LIVE"), 0, 10**15, 100)

OF_THE_MOMENT: Final = frozenset({"closed_by", "seen", "was", "version"})
"""What is of use only while a session is closed, watched or counted. It is not exported."""

numbers = itertools.count()

Items = dict[tuple[str, str], Item]


class Deployment:
    """A table of its own, and the command on it."""

    def __init__(self, client: "DynamoDBClient", retention_s: int = RETENTION_S) -> None:
        self.table = f"recovered-{next(numbers)}"
        self.client = client
        client.create_table(TableName=self.table, **table_definition())
        starts = SessionStarts(self.table, client, retention_s=retention_s, index_shards=SHARDS)
        self.queries = SessionQueries(self.table, client)
        self.store = Store(self.table, client, retention_s=retention_s, index_shards=SHARDS)
        self.registry = Registry(self.table, client)
        self.viewers = Viewers(starts, self.store, self.registry)

    def mediabeat(self, *arguments: str | Path) -> Result:
        """Run the command as on a stack."""
        chosen = Target(self.table, "", "", SHARDS, lambda _: self.client)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(target, "_of_stack", lambda *_: chosen)
            return CliRunner().invoke(main, [*map(str, arguments), "--stack", "x"])

    def export(self, folder: Path, *options: str) -> Path:
        """Export the project."""
        done = self.mediabeat("export", PROJECT, "--to", folder, *options)
        assert done.exit_code == 0, done.output
        return folder

    def import_(self, folder: Path, *options: str) -> str:
        """Import, and return what is said of it."""
        done = self.mediabeat("import", folder, *options)
        assert done.exit_code == 0, done.output
        return done.stdout

    def exported(self, *, now: int) -> Iterator[StoredSession]:
        """What an export at this moment finds."""
        return export_sessions.exported_sessions(
            PROJECT, self.queries, shards=SHARDS, since=0, until=10**15, now=now, for_sharing=False
        )

    def items(self) -> Items:
        """Everything in the table."""
        pages = self.client.get_paginator("scan").paginate(TableName=self.table)
        return {(item["pk"]["S"], item["sk"]["S"]): _comparable(item) for page in pages for item in page["Items"]}

    def answers(self, *names: str) -> list[Any]:
        """What is answered of all sessions, and of these."""
        listed = list_sessions(PROJECT, ALL, self.queries, shards=SHARDS, now=0)
        shown = (show_session(PROJECT, name, self.queries, self.registry, shards=SHARDS, now=0) for name in names)
        return [listed, *(json.loads(json.dumps(one, default=repr)) for one in shown)]


def _comparable(item: Item) -> Item:
    def of(kind: str, value: Any) -> Any:
        return (
            {bytes(one) for one in value}
            if kind == "BS"
            else set(value)
            if kind == "SS"
            else bytes(value)
            if kind == "B"
            else value
        )

    return {
        name: {kind: of(kind, value)}
        for name, typed in item.items()
        for kind, value in typed.items()
        if name not in OF_THE_MOMENT
    }


def as_imported(items: Items) -> Items:
    """Return a table's items as an import writes them: all events of a session are in pages, which expire with it.

    The marks of uploads are not exported: a repeat finds the imported items.
    """
    imported = {at: item for at, item in items.items() if not at[1].startswith(("page#", UPLOAD))}
    for (pk, sk), item in items.items():
        if sk == session_items.HEAD:
            imported[pk, sk] = {name: value for name, value in item.items() if name != "tail"} | {"tail_bytes": {"N": "0"}}
            pages = [each["events"]["BS"] for (of, at), each in items.items() if of == pk and at.startswith("page#")]
            events = sorted(set(item.get("tail", {"BS": set()})["BS"]).union(*pages))
            for page in session_items.pages(events):
                made = session_items.page_item(pk, page, expires_at=int(item["expires_at"]["N"]))
                imported[pk, made["sk"]["S"]] = _comparable(made)
    return imported


@pytest.fixture
def client(engine_if_any: str | None, monkeypatch: pytest.MonkeyPatch) -> Iterator["DynamoDBClient"]:
    """A client of the engine. Where none can run, of moto, which loses updates under threads: one request after the other."""
    if engine_if_any:
        with client_of(engine_if_any) as client:
            yield client
        return
    for module in (export_sessions, import_sessions):
        monkeypatch.setattr(module, "WORKERS", 1)
    with mock_aws():
        yield boto3.client("dynamodb")


@pytest.fixture
def deploy(client: "DynamoDBClient") -> Callable[[], Deployment]:
    """Make a deployment with nothing in it."""
    return lambda: Deployment(client)


@pytest.fixture
def key() -> tuple[Project, str]:
    """The project, and its key."""
    return new_project(PROJECT, BASE_MS)


@pytest.fixture
def old(deploy: Callable[[], Deployment], key: tuple[Project, str]) -> Deployment:
    """A deployment with the project."""
    deployment = deploy()
    deployment.registry.create_project(key[0])
    return deployment


def test_imported_sessions_equal_the_exported_ones(old: Deployment, deploy: Callable[[], Deployment], tmp_path: Path) -> None:
    sids = old.viewers.watch_all_kinds()
    before = old.items()
    folder = old.export(tmp_path / "archive")
    new = deploy()
    assert new.import_(folder) == f"{len(sids)} stored, 0 there already, 0 expired\n"
    assert new.items() == as_imported(before)
    viewers = {before[sid, "start"]["viewer"]["S"] for sid in sids.values()}
    assert new.answers(*sids.values(), *viewers) == old.answers(*sids.values(), *viewers)

    assert new.import_(folder) == f"0 stored, {len(sids)} there already, 0 expired\n"
    assert new.items() == as_imported(before)
    assert old.items() == before
    assert lines_in(new.export(tmp_path / "again")) == lines_in(folder)

    for deployment in (old, new):  # what was open or only ended is finished the same
        run = close_due(deployment.store, LIMITS, lambda: old.viewers.now + LIMITS.quiet_ms, ms_left=lambda: 55_000)
        assert {one.sid for one in run.closed} == {sids["ended"], sids["open"]}
    assert new.items() == as_imported(old.items())


def lines_in(folder: Path) -> dict[str, list[Any]]:
    """All lines of an archive, in an order of their own."""
    kinds = {kind: sorted(folder.glob(f"{kind}-*.ndjson.gz")) for kind in ("sessions", "events")}
    return {
        kind: sorted((json.loads(line) for path in paths for line in gzip.open(path)), key=lambda line: json.dumps(line))
        for kind, paths in kinds.items()
    }


def test_upload_repeated_after_an_import_changes_no_session(
    old: Deployment, deploy: Callable[[], Deployment], tmp_path: Path
) -> None:
    upload = [wire_start(media_downloaded=True), wire("play", 1), wire("sessionEnd", 9, 8)]
    sid = old.viewers.download(upload)
    old.viewers.close()
    folder, new = old.export(tmp_path / "archive"), deploy()
    new.import_(folder, "--keep-days", "500")
    imported = new.items()
    assert new.viewers.download(upload) == sid
    assert {at: item for at, item in new.items().items() if at[1] != UPLOAD} == imported


def test_archive_has_each_event_as_its_player_sent_it(old: Deployment, tmp_path: Path) -> None:
    sent = [wire_start(media_name="부산행"), wire("error", 1.5, 1.25, params={"media.errorId": "E"}, qoeData={"bitrate": 5})]
    sid = old.viewers.watch(sent)
    assert lines_in(old.export(tmp_path / "archive"))["events"] == [{"session_id": sid, **body} for body in reversed(sent)]


@pytest.mark.usefixtures("engine")
def test_imported_open_session_accepts_events(old: Deployment, deploy: Callable[[], Deployment], tmp_path: Path) -> None:
    sid = old.viewers.watch([wire_start(), *(wire("ping", n / 3, n / 3) for n in range(100))])
    folder = old.export(tmp_path / "archive")
    new = deploy()
    new.import_(folder)
    for n in range(100, 200):
        append_event(sid, parse_event(wire("ping", n / 3, n / 3)), new.store, LIMITS, now=old.viewers.now)
    newer = new.items()
    assert new.import_(folder) == "0 stored, 1 there already, 0 expired\n"
    assert new.items() == newer
    stored = new.store.read_session(sid)
    assert stored is not None
    assert len(stored.events) == 201


def test_import_creates_the_project_unless_it_exists(
    old: Deployment, deploy: Callable[[], Deployment], key: tuple[Project, str], tmp_path: Path
) -> None:
    old.viewers.watch([wire_start()])
    folder = old.export(tmp_path / "archive")
    new, other = deploy(), deploy()
    done = new.mediabeat("import", folder)
    assert f"The project {PROJECT!r} is new here. It has the API key that it had when it was exported" in done.stderr
    assert "is new here" not in new.mediabeat("import", folder).stderr
    assert list(new.registry.projects()) == [key[0]]
    there = [new_project(name, 7)[0] for name in (PROJECT, "theirs", "yours")]
    for project in there:
        other.registry.create_project(project)
    assert other.import_(folder, "--project", "theirs") == "1 stored, 0 there already, 0 expired\n"
    assert other.import_(folder) == "0 stored, 1 there already, 0 expired\n"
    assert list(other.registry.projects()) == there
    there_already = other.mediabeat("import", folder, "--project", "yours").stderr
    assert "1 sessions were not stored, because this deployment has sessions with their ids." in there_already
    assert "They are in 'yours' if an\nearlier import stored them there, otherwise in another project." in there_already
    assert len(list_sessions("theirs", ALL, other.queries, shards=SHARDS, now=0)) == 1
    missing = other.mediabeat("import", folder, "--project", "nobody")
    assert (missing.exit_code, missing.stderr) == (1, "Error: There is no project 'nobody'.\n")


def test_shared_archive_has_no_keys_and_no_opted_out_viewers(
    old: Deployment, deploy: Callable[[], Deployment], key: tuple[Project, str], tmp_path: Path
) -> None:
    shared = old.viewers.watch([wire_start(), wire("play", 1)])
    old.viewers.watch([wire_start(analytics_optOutShare=True), wire("play", 1)])
    folder = old.export(tmp_path / "archive", "--for-sharing")
    assert [line["session_id"] for line in lines_in(folder)["sessions"]] == [shared]
    assert [line["session_id"] for line in lines_in(folder)["events"]] == [shared, shared]
    assert key[0].key_hash not in (folder / "manifest.json").read_text()
    new = deploy()
    refused = new.mediabeat("import", folder)
    message = "Error: An export for sharing has no project. Name an existing one with --project.\n"
    assert (refused.exit_code, refused.stderr, new.items()) == (1, message, {})
    new.registry.create_project(new_project("theirs", 7)[0])
    assert new.import_(folder, "--project", "theirs") == "1 stored, 0 there already, 0 expired\n"


def test_export_names_dates_the_wrong_way_round(old: Deployment, tmp_path: Path) -> None:
    dates = ("--since", "2026-11-25", "--until", "2026-11-24")
    refused = old.mediabeat("export", PROJECT, "--to", tmp_path / "new", *dates)
    assert refused.exit_code == 1
    assert refused.stderr == "Error: --since is after --until: no day is from 2026-11-25 to 2026-11-24.\n"
    assert not (tmp_path / "new").exists()


def test_export_selects_sessions_by_start_date_inclusive(old: Deployment, tmp_path: Path) -> None:
    for number in range(4):
        old.viewers.now = BASE_MS + number * 86_400_000  # from 2026-11-18 11:06:40 UTC on
        old.viewers.watch([wire_start(media_name=f"day {number}")])
    for number, (options, days) in enumerate(
        {
            (): [0, 1, 2, 3],
            ("--since", "2026-11-19"): [1, 2, 3],
            ("--until", "2026-11-19"): [0, 1],
            ("--since", "2026-11-20", "--until", "2026-11-20"): [2],
            ("--since", "2027-01-01", "--until", "9999-12-31"): [],
        }.items()
    ):
        lines = lines_in(old.export(tmp_path / f"{number}", *options))["events"]
        assert sorted(line["params"]["media.name"] for line in lines) == [f"day {day}" for day in days]


def test_import_skips_expired_sessions_unless_their_retention_restarts(
    client: "DynamoDBClient", key: tuple[Project, str], tmp_path: Path
) -> None:
    brief, new = Deployment(client, retention_s=60), Deployment(client)
    brief.registry.create_project(key[0])
    brief.viewers.watch([wire_start(), wire("play", 1)])
    assert lines_in(brief.export(tmp_path / "late")) == {"sessions": [], "events": []}
    with archive_folder.ArchiveWriter(tmp_path / "in time") as writer:
        for session in brief.exported(now=brief.viewers.now):
            writer.add(session)
        told = {"mediabeat_version": "0", "metrics_version": 1, "exported_at": "", "since": None, "until": None}
        writer.finish(**told, project_id=PROJECT, project=key[0])
    assert new.import_(tmp_path / "in time") == "0 stored, 0 there already, 1 expired\n"
    assert new.import_(tmp_path / "in time", "--keep-days", "2") == "1 stored, 0 there already, 0 expired\n"
    kept = {at: int(item["expires_at"]["N"]) for at, item in new.items().items() if "expires_at" in item}
    [until] = {expires_at for (pk, _), expires_at in kept.items() if not pk.startswith("viewer#")}
    assert {expires_at - until for (pk, _), expires_at in kept.items() if pk.startswith("viewer#")} == {OUTLIVES_S}


# Archives that are not whole


@pytest.fixture
def archived(old: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of several parts."""
    monkeypatch.setattr(archive_folder, "PART_BYTES", 4_000)
    for _ in range(6):
        old.viewers.watch_a_minute()
    old.viewers.close()
    folder = old.export(tmp_path / "archive")
    assert len(list(folder.iterdir())) == 7
    return folder


def refusal_of(folder: Path, new: Deployment) -> str:
    """Import, see that nothing was stored, and return the reason."""
    refused = new.mediabeat("import", folder)
    assert (refused.exit_code, new.items()) == (1, {}), refused.output
    return refused.stderr.splitlines()[-1].removeprefix("Error: ")


def test_import_detects_one_wrong_bit_in_any_file(archived: Path, deploy: Callable[[], Deployment]) -> None:
    new = deploy()
    for path in sorted(archived.iterdir()):
        whole = path.read_bytes()
        for position in range(0, len(whole), len(whole) // 10):
            if not whole[position : position + 1].isspace():
                path.write_bytes(whole[:position] + bytes([whole[position] ^ 4]) + whole[position + 1 :])
                assert path.name in refusal_of(archived, new)
        path.write_bytes(whole)
    assert new.import_(archived) == "6 stored, 0 there already, 0 expired\n"


def test_import_detects_a_truncated_or_missing_file(archived: Path, deploy: Callable[[], Deployment]) -> None:
    new = deploy()
    for path in sorted(archived.iterdir()):
        whole = path.read_bytes()
        for length in (0, 1, 20, len(whole) // 2, len(whole) - 2):
            path.write_bytes(whole[:length])
            assert path.name in refusal_of(archived, new)
        path.unlink()
        missing = f"{path.name} is missing." if path.suffix == ".gz" else "its export was cut off: it has no manifest.json."
        assert refusal_of(archived, new).endswith(missing)
        path.write_bytes(whole)


def edit(path: Path, change: Callable[[list[Any]], None]) -> None:
    """Change the lines of a file."""
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    change(lines)
    path.write_bytes(gzip.compress(b"".join(json.dumps(line).encode() + b"\n" for line in lines)))


SESSIONS, EVENTS, SECOND = "sessions-0001.ndjson.gz", "events-0001.ndjson.gz", "sessions-0002.ndjson.gz"


Edit = tuple[str, Callable[[list[Any]], None], str]
EDITS: Final[tuple[Edit, ...]] = (
    (SESSIONS, lambda lines: lines[0].update(session_id="x"), f"{EVENTS}, line 1: "),
    (SESSIONS, lambda lines: lines[1].update(session_id="x" * 64), f"{EVENTS}, line 9: "),
    (SESSIONS, lambda lines: lines[1].pop("head"), f"{SESSIONS}, line 2: head: Field required."),
    (
        SESSIONS,
        lambda lines: lines[1]["head"].update(phase="open?"),
        f"{SESSIONS}, line 2: ValueError: phase 'open?' is of a later release",
    ),
    (SESSIONS, lambda lines: lines[0]["start"].update(started_at="once"), f"{SESSIONS}, line 1: started_at: "),
    (SESSIONS, lambda lines: lines[0]["start"].update(caller=5), f"{SESSIONS}, line 1: TypeError: "),
    (SESSIONS, lambda lines: lines[0]["start"]["caller"].pop("os"), "No line in it is wrong by itself."),  # as of another release
    (SESSIONS, lambda lines: lines[0].update(events=-1), f"{SESSIONS}, line 1: ValueError: "),
    (SESSIONS, lambda lines: lines[0].update(events=7), f"{EVENTS}, line 8: "),
    (SECOND, lambda lines: lines.__setitem__(1, 5), f"{SECOND}, line 2: ValueError: not a JSON object."),
    (SESSIONS, lambda lines: lines.pop(), f"{SESSIONS} ends after 1 of 2 lines."),
    (EVENTS, lambda lines: lines.pop(), f"{EVENTS} ends after 15 of 16 lines."),
    (EVENTS, lambda lines: lines.pop(0), f"{EVENTS}, line 8: ValueError: not an event of session "),
    (
        EVENTS,
        lambda lines: lines[3].update(eventType="teleport"),
        f"{EVENTS}, line 4: ValueError: eventType: is 'teleport'; must be one of: ",
    ),
    (EVENTS, lambda lines: lines[3].update(playerTime=[]), f"{EVENTS}, line 4: ValueError: playerTime: "),
    (EVENTS, lambda lines: lines[0].update(params={}), f"{EVENTS}, line 1: ValueError: params.analytics.trackingServer: "),
    (EVENTS, lambda lines: lines[3]["playerTime"].update(ts=5), "No line in it is wrong by itself."),
    (SECOND, lambda lines: lines[0]["metrics"].update(ad_count=5), "No line in it is wrong by itself."),
)


def test_import_names_the_first_edited_line(archived: Path, deploy: Callable[[], Deployment]) -> None:
    new = deploy()
    for file, change, told in EDITS:
        whole = (archived / file).read_bytes()
        edit(archived / file, change)
        assert refusal_of(archived, new).startswith(f"{file} was changed after the export (SHA-256). {told}")
        (archived / file).write_bytes(whole)


def test_import_refuses_other_formats_and_folders_without_an_archive(archived: Path, deploy: Callable[[], Deployment]) -> None:
    new, manifest = deploy(), archived / "manifest.json"
    told = json.loads(manifest.read_text())
    for text, reason in {
        json.dumps(told | {"format_version": 2}): "ValueError: it is of format version 2, and this mediabeat reads 1.",
        json.dumps(told | {"sessions": 5}): "ValueError: it was changed after the export: its own SHA-256 is another.",
        "[]": "TypeError: list indices must be integers or slices, not str.",
        "{}": "KeyError: 'format_version'.",
    }.items():
        manifest.write_text(text)
        assert refusal_of(archived, new) == f"manifest.json cannot be read: {reason}"
    assert "it has no manifest.json" in refusal_of(archived / "nothing", new)


def test_export_never_writes_into_a_folder_with_files(old: Deployment, archived: Path, tmp_path: Path) -> None:
    there = {path: path.read_bytes() for path in archived.iterdir()}
    refused = old.mediabeat("export", PROJECT, "--to", archived)
    assert (refused.exit_code, refused.stderr) == (1, f"Error: {archived} is not empty; name a new folder.\n")
    assert {path: path.read_bytes() for path in archived.iterdir()} == there
    unknown = old.mediabeat("export", "nobody", "--to", tmp_path / "new")
    assert (unknown.exit_code, unknown.stderr) == (1, "Error: There is no project 'nobody'.\n")
    assert not (tmp_path / "new").exists()


# Cut off, and meanwhile


class Cut(Exception):
    """The power is gone."""


class Plug:
    """Pulled at the n-th request, before it takes effect or when its answer is lost; from then on nothing gets through."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._events = client.meta.events
        self._left = -1
        self._when = ""
        for when in ("before-call", "after-call"):
            self._events.register(f"{when}.dynamodb", partial(self._pull, when), unique_id=f"plug-{when}")

    def pull_at(self, request: int, when: str) -> None:
        self._left, self._when = request, when

    def put_in(self) -> bool:
        """Let requests through again; whether it had been pulled."""
        pulled, self._left = self._left == 0, -1
        return pulled

    def _pull(self, when: str, **_: Any) -> None:
        if when == self._when and self._left > 0:
            self._left -= 1
        if self._left == 0 and (when == self._when or when == "before-call"):
            raise Cut


@pytest.mark.usefixtures("engine")
def test_interrupted_import_is_completed_by_the_next_one(
    old: Deployment, deploy: Callable[[], Deployment], client: "DynamoDBClient", tmp_path: Path
) -> None:
    # More than fits into one page, in events that an append may cost.
    large = (wire("ping", n / 10, n / 10, customMetadata=notes(12_000, seed=n)) for n in range(1, 70))
    old.viewers.watch([wire_start(media_length=10), *large, wire("sessionEnd", 9, 8)])
    old.viewers.watch_a_minute()
    old.viewers.close()
    old.viewers.watch([wire_start(), wire("play", 1)])
    folder = old.export(tmp_path / "archive")
    expected = as_imported(old.items())
    plug = Plug(client)
    for request in itertools.count(1):
        new = deploy()
        plug.pull_at(request, "before-call")  # stored is then what a cut after the call before this one leaves
        cut = new.mediabeat("import", folder)
        if not plug.put_in():
            break
        assert isinstance(cut.exception, Cut)
        # Meanwhile the schedule fires: a closer leaves alone what is not whole.
        run = close_due(new.store, LIMITS, lambda: old.viewers.now, ms_left=lambda: 55_000)
        assert (run.closed, run.failed) == ([], [])
        new.import_(folder)
        assert new.items() == expected
    assert request > 10


def test_interrupted_export_leaves_no_archive(old: Deployment, client: "DynamoDBClient", tmp_path: Path) -> None:
    for _ in range(20):
        old.viewers.watch_a_minute()
    plug, new = Plug(client), Deployment(client)
    plug.pull_at(20, "before-call")
    assert isinstance(old.mediabeat("export", PROJECT, "--to", tmp_path / "archive").exception, Cut)
    assert plug.put_in()
    assert "its export was cut off: it has no manifest.json." in refusal_of(tmp_path / "archive", new)


@pytest.fixture
def units(client: "DynamoDBClient") -> Iterator[Counter[str]]:
    """Read units that requests have cost, by index."""
    spent: Counter[str] = Counter()

    def ask(params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def note(parsed: dict[str, Any], **_: Any) -> None:
        spent["read"] += parsed.get("ConsumedCapacity", {}).get("CapacityUnits", 0)

    hooks: dict[str, Callable[..., None]] = {"before-parameter-build": ask, "after-call": note}
    for hook, function in hooks.items():
        client.meta.events.register(f"{hook}.dynamodb.Query", function)
    yield spent
    for hook, function in hooks.items():
        client.meta.events.unregister(f"{hook}.dynamodb.Query", function)


@pytest.mark.usefixtures("engine")
def test_export_cost_depends_only_on_the_exported_project(old: Deployment, units: Counter[str], tmp_path: Path) -> None:
    for _ in range(20):
        old.viewers.watch_a_minute()
    old.viewers.close()
    costs = []
    for number in range(2):
        units.clear()
        old.export(tmp_path / f"{number}")
        costs.append(units["read"])
        old.registry.create_project(new_project(f"other-{number}", 0)[0])
        for _ in range(40):
            old.viewers.watch([wire_start(analytics_reportSuite=f"other-{number}")])
    assert costs[0] == costs[1] > 0


@pytest.mark.usefixtures("engine")
def test_export_has_each_session_as_it_was_at_one_moment(
    old: Deployment, deploy: Callable[[], Deployment], tmp_path: Path
) -> None:
    sids = [old.viewers.watch([wire_start(media_length=0)]) for _ in range(6)]
    sent: dict[str, list[int]] = {sid: [] for sid in sids}
    taken: dict[str, list[int]] = {sid: [] for sid in sids}
    over = Event()

    def play(sid: str) -> None:
        for second in itertools.count(1):
            if over.is_set():
                return
            sent[sid].append(second)
            append_event(sid, parse_event(wire("ping", second / 10, second)), old.store, LIMITS, now=old.viewers.now)
            taken[sid].append(second)

    with ThreadPoolExecutor(len(sids)) as players:
        playing = [players.submit(play, sid) for sid in sids]
        try:
            for number in range(2):
                while min(map(len, taken.values())) < 20 * (number + 1):
                    over.wait(0.01)
                before = {sid: list(seconds) for sid, seconds in taken.items()}
                folder = old.export(tmp_path / f"{number}")
                after = {sid: list(seconds) for sid, seconds in sent.items()}
                found: dict[str, list[float]] = {sid: [] for sid in sids}
                for line in lines_in(folder)["events"]:
                    found[line["session_id"]].append(line["playerTime"]["playhead"])
                for sid in sids:
                    assert set(before[sid]) <= set(found[sid]) - {0} <= set(after[sid])
                assert deploy().import_(folder) == f"{len(sids)} stored, 0 there already, 0 expired\n"
        finally:
            over.set()
    assert [player.result() for player in playing] == [None] * len(sids)


@pytest.mark.usefixtures("engine")
def test_memory_of_export_and_import_is_constant(
    old: Deployment, deploy: Callable[[], Deployment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_sessions, "BATCH_SIZE", 4)
    monkeypatch.setattr(import_sessions, "BATCH_SIZE", 4)
    peaks = []
    for number in range(3):
        for _ in range(8):
            long = (wire("ping", n, n, customMetadata=notes(9_000, seed=n)) for n in range(1, 15))
            old.viewers.download([wire_start(media_length=0), *long])
        new = deploy()
        tracemalloc.start()
        new.import_(old.export(tmp_path / f"{number}"))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.3 * peaks[0], peaks
