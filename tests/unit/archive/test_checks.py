"""Archives that somebody made by hand: their hashes are right, and their lines are not what an export writes."""

import gzip
import hashlib
import json
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from mediabeat.archive import lines
from mediabeat.archive.checks import MAX_KEPT_S, MAX_LINE_BYTES, not_after
from mediabeat.archive.folder import Archive, ArchiveWriter
from mediabeat.core.close_rules import DAY_MS, CloseReason
from mediabeat.core.event import MAX_TS_MS
from mediabeat.core.event_codec import pack, unpack
from mediabeat.core.projects import Project
from mediabeat.core.records import Head, Phase, Start, StoredSession
from mediabeat.errors import ArchiveUnusable
from mediabeat.runtime.user_agent import caller_of
from tests.support import builders
from tests.support.builders import BASE_MS

Json = dict[str, Any]
Change = Callable[[Json], None]
VIEWER: Final = "ad5aea06-fb78-41c7-b2ad-716b685e32db"
FIRST: Final = builders.start(analytics_visitorId=VIEWER)
START: Final = Start("demo", "PC", "VOD", VIEWER, caller_of({}).to_json(), BASE_MS, 0, pack(FIRST))
OPEN: Final = StoredSession(
    "5" * 64, Head(Phase.OPEN, BASE_MS, BASE_MS), START, frozenset({pack(FIRST), pack(builders.play(1))}), None, BASE_MS // 1_000
)
CLOSED: Final = OPEN._replace(
    head=Head(Phase.CLOSED, BASE_MS, None, closed_at=BASE_MS, close_reason=CloseReason.NO_EVENTS), summary=b"any"
)
ABOUT: Final[Json] = {"mediabeat_version": "1", "metrics_version": 1, "exported_at": "", "since": None, "until": None}
PROJECT: Final = Project("demo", "a" * 64, 1)


def archive(folder: Path, session: StoredSession = OPEN) -> Path:
    with ArchiveWriter(folder) as writer:
        writer.add(session)
        writer.finish(**ABOUT, project_id="demo", project=PROJECT)
    return folder


def change_manifest(folder: Path, change: Change) -> None:
    path = folder / "manifest.json"
    told = json.loads(path.read_text())
    change(told)
    told.pop("sha256")
    path.write_text(json.dumps(told | {"sha256": lines._digest(told)}))


def put(folder: Path, kind: str, packed: bytes, count: int | None = None) -> None:
    """Put another file in the place of the sessions' or the events', with its right hash in the manifest."""
    (folder / f"{kind}-0001.ndjson.gz").write_bytes(packed)

    def change(told: Json) -> None:
        told["parts"][0][kind] |= {"sha256": hashlib.sha256(packed).hexdigest()} | ({"lines": count} if count else {})

    change_manifest(folder, change)


def change_line(folder: Path, kind: str, number: int, change: Change) -> None:
    read = [json.loads(line) for line in gzip.decompress((folder / f"{kind}-0001.ndjson.gz").read_bytes()).splitlines()]
    change(read[number])
    put(folder, kind, gzip.compress("".join(json.dumps(line) + "\n" for line in read).encode()))


def refusal_of(folder: Path) -> str:
    with pytest.raises(ArchiveUnusable) as refused:
        list(Archive(folder).check())
    return str(refused.value)


def within(*path: str, **fields: Any) -> Change:
    """Return a change of fields within a line."""

    def change(line: Json) -> None:
        for name in path:
            line = line[name]
        line.update(fields)

    return change


def test_archive_of_an_export_is_let_in(tmp_path: Path) -> None:
    assert [one.events for one in Archive(archive(tmp_path / "open")).check()] == [OPEN.events]
    [closed] = Archive(archive(tmp_path / "closed", CLOSED)).check()
    assert (closed.start, closed.head) == (START, CLOSED.head)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (within("start", project_id="victim"), "start.project_id: not a session of 'demo'"),
        (within("start", device="Toaster"), "start: 'Toaster' or 'VOD' is not a device"),
        (within("start", video_type="a#b"), "start: 'PC' or 'a#b' is not a device"),
        (within("start", viewer="jane"), "start.viewer: not a UUID"),
        (within("start", viewer=f"{VIEWER}#"), "start.viewer: not a UUID"),
        (within("start", started_at=MAX_TS_MS + 1), "start.started_at"),
        (within("start", started_at=-1), "start.started_at"),
        (within("start", ts_skew=10**18), "start.started_at, start.ts_skew"),
        (within("start", "caller", device="Watch"), "start.caller.device"),
        (within("start", "caller", os=5), "start.caller.os"),
        (within("start", "caller", page="x" * 2_000), "start.caller.page"),
        (within("start", "caller", device_type=["tv"]), "start.caller.device_type"),
        (within("head", last_at=MAX_TS_MS + 1), "head: not times"),
        (within("head", due_at=-5), "head: not times"),
        (within("head", due_at=None), "head.due_at: missing"),
        (within("head", taken=10**9), "head.taken"),
        (within("head", phase="ended", ended_ts=None), "head.ended_ts: missing"),
        (within("head", close_reason="x" * 5_000), "head.close_reason: too long"),
        (within(expires_at=-1), "expires_at"),
        (within(expires_at=10**15), "expires_at"),
        (within(events=10**9), "1000000000 events are more than a session can have"),
        (within(session_id="A" * 64), "events-0001.ndjson.gz, line 1: ValueError: not an event of session"),
    ],
)
def test_session_line_out_of_bounds_is_refused(tmp_path: Path, change: Change, told: str) -> None:
    folder = archive(tmp_path / "archive")
    change_line(folder, "sessions", 0, change)
    assert told in refusal_of(folder)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (within("playerTime", ts=MAX_TS_MS + 1), "playerTime.ts: "),
        (within("playerTime", ts=-1), "playerTime.ts: "),
        (within("playerTime", playhead=1e300), "playerTime.playhead: "),
        (within("params", **{"media.length": "long"}), "params.media.length: "),
        (within("params", **{"media.name": "x" * 5_000}), "params.media.name: "),
        (within("params", **{"analytics.visitorId": "jane@example.com"}), "analytics.visitorId: not a pseudonym"),
        (within("params", **{"analytics.aid": "4E2B"}), "analytics.aid: not a pseudonym"),
        (within("params", **{"visitor.other": [VIEWER, "jane"]}), "visitor.other: not a pseudonym"),
        (within("params", **{"visitor.other": 170_523}), "visitor.other: not a pseudonym"),
        (within("params", **{"visitor.customerIDs": {"crm": {"id": "jane"}}}), "visitor.customerIDs: not a pseudonym"),
        (within("params", other=1), "params.other: "),
        (within(customMetadata={"a b": "c"}), "customMetadata"),
        (within(qoeData={"media.qoe.bitrate": "fast"}), "qoeData.media.qoe.bitrate: "),
    ],
)
def test_event_that_no_player_could_send_is_refused(tmp_path: Path, change: Change, told: str) -> None:
    folder = archive(tmp_path / "archive")
    change_line(folder, "events", 0, change)
    assert told in refusal_of(folder)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (within(project_id="a#b c"), "project_id: not the id of a project"),
        (within("project", id="other"), "project.id: another project"),
        (within("project", key_hash="a1"), "a key's hash is not one"),
        (within("project", old_key_hash="A" * 64), "a key's hash is not one"),
        (within("project", created_at=10**18), "project: not times"),
        (within("project", business_errors=["x" * 65]), "project.business_errors: a prefix must be"),
        (within("project", business_errors=[str(one) for one in range(21)]), "project.business_errors: a project may have"),
    ],
)
def test_manifest_out_of_bounds_is_refused(tmp_path: Path, change: Change, told: str) -> None:
    folder = archive(tmp_path / "archive")
    change_manifest(folder, change)
    assert told in refusal_of(folder)


def test_line_without_end_is_refused_before_it_is_read(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive")
    put(folder, "sessions", gzip.compress(b" " * 400_000_000, compresslevel=1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert f"sessions-0001.ndjson.gz, line 1: ValueError: longer than {MAX_LINE_BYTES} bytes" in refusal_of(folder)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "KB"


def test_file_with_more_lines_than_it_tells_is_refused(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive")
    put(folder, "events", gzip.compress(b"{}\n" * 100_000), count=None)
    assert "events-0001.ndjson.gz, line 1: KeyError: 'session_id'." in refusal_of(folder)
    whole = gzip.decompress((archive(tmp_path / "other") / "events-0001.ndjson.gz").read_bytes())
    put(folder, "events", gzip.compress(whole + whole))
    assert "events-0001.ndjson.gz, line 3: ValueError: the file was written with 2 lines" in refusal_of(folder)


def test_line_of_an_event_loses_ids_that_only_a_start_may_have(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive")
    change_line(folder, "events", 1, within(params={"analytics.visitorId": "jane", "media.note": 1}))
    [session] = Archive(folder).check()
    assert session.events == {pack(FIRST), pack(builders.play(1, params={"media.note": 1}))}


def test_ids_that_are_hidden_or_identify_nobody_are_let_in(tmp_path: Path) -> None:
    folder = archive(tmp_path / "archive")
    customers = {"crm": {"id": VIEWER, "authState": 2}, "none": {"id": ""}}
    hidden = {"visitor.customerIDs": customers, "analytics.aid": "", "visitor.list": [VIEWER, ""], "analytics.flag": True}
    change_line(folder, "events", 0, within("params", **hidden))
    [session] = Archive(folder).check()
    assert hidden.items() <= {name: value for one in map(unpack, session.events) for name, value in one.params.items()}.items()


def times_of(session: StoredSession) -> Iterator[int]:
    assert session.start is not None
    head = session.head
    yield from (one for one in (head.last_at, head.due_at, head.ended_at, head.closed_at, session.start.started_at) if one)


def test_imported_session_has_no_time_of_the_far_future() -> None:
    far = CLOSED._replace(
        head=CLOSED.head._replace(last_at=MAX_TS_MS, due_at=MAX_TS_MS, ended_at=MAX_TS_MS, closed_at=MAX_TS_MS),
        start=START._replace(started_at=MAX_TS_MS),
        expires_at=MAX_TS_MS // 1_000,
    )
    near = not_after(far, BASE_MS)
    assert set(times_of(near)) == {BASE_MS + DAY_MS}
    assert near.expires_at == BASE_MS // 1_000 + MAX_KEPT_S
    assert not_after(CLOSED, BASE_MS) == CLOSED
    assert not_after(OPEN, BASE_MS) == OPEN
