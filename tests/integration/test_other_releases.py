"""Two releases share one table: what one has stored, the other lists, shows, exports, imports and measures again.

The other release is made from what today's code stores, by a change of the bytes: one field more, or one fewer.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from mediabeat.archive import lines
from mediabeat.archive.folder import Archive, ArchiveWriter
from mediabeat.core.event import EventType
from mediabeat.core.metrics import METRICS_VERSION, Metrics
from mediabeat.core.projects import Project
from mediabeat.core.records import StoredSession
from mediabeat.core.stored_forms import compressed, decompressed
from mediabeat.runtime.settings import settings
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.export_sessions import exported_sessions
from mediabeat.use_cases.import_sessions import Outcome, import_sessions
from mediabeat.use_cases.recompute_summaries import Recomputed, recompute
from tests.support.api import Api
from tests.support.builders import BASE_MS, wire, wire_start
from tests.support.clock import Clock

Json = dict[str, Any]
IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
VIEW: Final = [
    wire("adBreakStart", 1, params={"media.ad.podIndex": 1, "media.ad.podSecond": 0}),
    wire("adStart", 1, params={"media.ad.id": "ad-1", "media.ad.podPosition": 1}),
    wire("adComplete", 4),
    wire("adBreakComplete", 4),
    wire("play", 5),
    wire("error", 7, 2, params={"media.errorId": "e-1"}),
    wire("sessionEnd", 9, 4),
]


class Table:
    """The three sessions of the project `demo`, and direct access to what is stored of them."""

    def __init__(self, name: str, api: Api, key: str, store: Store) -> None:
        self._name = name
        self._api = api
        self._key = key
        self.store = store
        self.queries = SessionQueries(name, dynamodb_client())
        self.starts = SessionStarts(name, dynamodb_client(), index_shards=settings().index_shards)
        self.changed, self.other, self.open = (api.start(wire_start(), headers={"user-agent": IPHONE}) for _ in range(3))

    def listed(self) -> list[Json]:
        answer = self._api.recent(self._key)
        assert answer["code"] == 200, answer
        result: list[Json] = answer["result"]
        return sorted(result, key=lambda one: one["uuid"])

    def detail(self, sid: str) -> Json:
        headers = {"x-api-key": self._key, "x-project-id": "demo"}
        answer = self._api.call("GET", f"/v1/sessionRecent/{sid}", headers=headers)
        assert answer["statusCode"] == 200, answer
        result: Json = json.loads(answer["body"])["result"]
        return result

    def exported(self) -> list[StoredSession]:
        moments = {"since": 0, "until": BASE_MS * 2, "now": BASE_MS}
        found = exported_sessions("demo", self.queries, shards=settings().index_shards, **moments, for_sharing=False)
        return sorted(found, key=lambda one: one.sid)

    def item(self, sk: str) -> Json:
        key = {"pk": {"S": self.changed}, "sk": {"S": sk}}
        found: Json = boto3.client("dynamodb").get_item(TableName=self._name, Key=key)["Item"]
        return found

    def put(self, item: Json) -> None:
        boto3.client("dynamodb").put_item(TableName=self._name, Item=item)

    @contextmanager
    def json_of(self, attribute: str) -> Iterator[Json]:
        """Let the block change the JSON in an attribute of the changed session's start."""
        item = self.item("start")
        stored = json.loads(decompressed(item[attribute]["B"]))
        yield stored
        self.put(item | {attribute: {"B": compressed(json.dumps(stored).encode())}})


@pytest.fixture
def sessions(table: str, api: Api, api_key: str, store: Store, clock: Clock) -> Table:
    """Three sessions: the first two are closed and summarized, the third is open."""
    made = Table(table, api, api_key, store)
    for sid in (made.changed, made.other):
        for body in VIEW:
            assert api.send(sid, body)["statusCode"] == 204
    api.send(made.open, wire("play", 1))
    clock.forward(minutes=1)
    assert api.close_due() == {"session_end": 2}
    return made


def one_metric_more(summary: Json) -> None:
    summary["metrics"]["of_a_later_release"] = {"a": [1]}


def one_ad_figure_more(summary: Json) -> None:
    summary["metrics"]["ads"][0]["of_a_later_release"] = 1


def one_more_beside_the_metrics(summary: Json) -> None:
    summary["of_a_later_release"] = 1


def one_log_field_more(summary: Json) -> None:
    summary["log"] = [[*line, "later"] for line in summary["log"]]


def one_total_more(summary: Json) -> None:
    summary["totals"].append(1)


@pytest.mark.parametrize(
    "change", [one_metric_more, one_ad_figure_more, one_more_beside_the_metrics, one_log_field_more, one_total_more]
)
def test_additions_of_a_later_release_change_no_answer(change: Callable[[Json], None], sessions: Table) -> None:
    listed, details = sessions.listed(), [sessions.detail(sid) for sid in (sessions.changed, sessions.other)]
    with sessions.json_of("summary") as summary:
        change(summary)
    stored = sessions.item("start")["summary"]
    assert sessions.listed() == listed
    assert [sessions.detail(sid) for sid in (sessions.changed, sessions.other)] == details
    assert len(sessions.exported()) == 3
    assert recompute(sessions.queries, sessions.store) == Recomputed(seen=2, rewritten=0)
    assert sessions.item("start")["summary"] == stored


def test_summary_without_a_later_metric_is_still_answered(sessions: Table) -> None:
    listed, other, start = sessions.listed(), sessions.detail(sessions.other), sessions.item("start")
    metrics = sessions.detail(sessions.changed)["metrics"]
    for name in Metrics.model_fields:
        sessions.put(start)
        with sessions.json_of("summary") as summary:
            del summary["metrics"][name]
        read = sessions.detail(sessions.changed)["metrics"]
        assert read[name] in (None, 0, [], {})
        assert read | {name: metrics[name]} == metrics
        again = sessions.listed()
        assert sum(one["isError"] for one in again) == (1 if name == "error_impacted" else 2)
        shown = {"close_reason": "closeReason", "outcome": "outcome", "experience_score": "experienceScore"}.get(name)
        if name in {"player_errors", "external_errors"}:
            shown = "errorIds"
        unsure = {"isError": True} | ({shown: None} if shown else {})
        assert [one | unsure for one in again] == [one | unsure for one in listed]
        assert recompute(sessions.queries, sessions.store) == Recomputed(seen=2, rewritten=int(name == "metrics_version"))
    with sessions.json_of("summary") as summary:
        summary["metrics"] = {"metrics_version": METRICS_VERSION}
    assert len(sessions.exported()) == 3
    assert sessions.detail(sessions.other) == other


def test_log_and_totals_of_an_earlier_release_are_still_answered(sessions: Table) -> None:
    listed, detail = sessions.listed(), sessions.detail(sessions.changed)
    with sessions.json_of("summary") as summary:
        summary["log"] = [line[:-1] for line in summary["log"]]
        summary["totals"].pop()
        del summary["metrics"]["ads"][0]["break_name"]
    for line in detail["sessionLog"]:
        line["actionDuration"] = 0
    assert sessions.detail(sessions.changed) == detail
    other = [one for one in listed if one["uuid"] != detail["uuid"]]
    assert [one for one in sessions.listed() if one["uuid"] != detail["uuid"]] == other
    [before], [changed] = ([one for one in result if one["uuid"] == detail["uuid"]] for result in (listed, sessions.listed()))
    assert changed == before | {"sessionLog": detail["sessionLog"]}


@pytest.mark.parametrize(("name", "key"), [("browser", None), ("device", "device"), ("os", "os"), ("origin", "origin")])
def test_callers_of_other_releases_are_still_answered(name: str, key: str | None, sessions: Table) -> None:
    listed, detail = sessions.listed(), sessions.detail(sessions.changed)
    with sessions.json_of("caller") as caller:
        caller["of_a_later_release"] = "x"
    assert (sessions.listed(), sessions.detail(sessions.changed)) == (listed, detail)
    with sessions.json_of("caller") as caller:
        del caller[name]
    unknown = {"device": "PC", "origin": ""}.get(name, "unknown")
    assert sessions.detail(sessions.changed) == detail | {"user": detail["user"] | {name: unknown}}
    told = {key: unknown} if key else {}
    assert sessions.listed() == [one | told if one["uuid"] == detail["uuid"] else one for one in listed]
    assert len(sessions.exported()) == 3
    assert recompute(sessions.queries, sessions.store) == Recomputed(seen=2, rewritten=0)


@pytest.mark.parametrize("version", [METRICS_VERSION - 1, METRICS_VERSION, METRICS_VERSION + 1])
def test_recompute_measures_only_summaries_of_an_earlier_version(version: int, sessions: Table) -> None:
    detail = sessions.detail(sessions.changed)
    with sessions.json_of("summary") as summary:
        summary["metrics"] |= {"metrics_version": version, "of_a_later_release": 1}
        del summary["metrics"]["content_resumes"]
    is_older = version < METRICS_VERSION
    assert recompute(sessions.queries, sessions.store) == Recomputed(seen=2, rewritten=int(is_older))
    read = sessions.detail(sessions.changed)
    assert read["metrics"] == detail["metrics"] | {"metrics_version": METRICS_VERSION if is_older else version}


# What cannot be read at all


@pytest.mark.parametrize("damaged", [b"\xff\xff", compressed(b"[]"), compressed(b'{"metrics": {"ads": 5}, "log": 1}')])
def test_damaged_summary_is_measured_from_the_log(damaged: bytes, sessions: Table) -> None:
    listed, detail = sessions.listed(), sessions.detail(sessions.changed)
    sessions.put(sessions.item("start") | {"summary": {"B": damaged}})
    assert (sessions.listed(), sessions.detail(sessions.changed)) == (listed, detail)
    assert len(sessions.exported()) == 3
    assert recompute(sessions.queries, sessions.store) == Recomputed(seen=2, rewritten=1)
    assert recompute(sessions.queries, sessions.store) == Recomputed(seen=2, rewritten=0)
    assert (sessions.listed(), sessions.detail(sessions.changed)) == (listed, detail)


# Words of a later release


def test_close_reason_of_a_later_release_is_shown(sessions: Table, api: Api) -> None:
    listed = sessions.listed()
    sessions.put(sessions.item("head") | {"close_reason": {"S": "later"}, "of_a_later_release": {"N": "1"}})
    with sessions.json_of("summary") as summary:
        summary["metrics"]["close_reason"] = "later"
    shown = [one["closeReason"] for one in sessions.listed()]
    assert sorted(map(str, shown)) == ["None", "later", "session_end"]
    assert [one | {"closeReason": None} for one in sessions.listed()] == [one | {"closeReason": None} for one in listed]
    assert sessions.detail(sessions.changed)["metrics"]["close_reason"] == "later"
    assert api.send(sessions.changed, wire("ping", 10))["statusCode"] == 410
    assert {one.head.close_reason for one in sessions.exported()} == {None, "session_end", "later"}


def test_session_in_an_unknown_phase_is_shown_and_left_alone(sessions: Table, api: Api, clock: Clock) -> None:
    sessions.changed, closed = sessions.open, sessions.changed
    listed, detail = sessions.listed(), sessions.detail(sessions.open)
    head = sessions.item("head") | {"phase": {"S": "later"}}
    sessions.put(head)
    assert (sessions.listed(), sessions.detail(sessions.open)) == (listed, detail)
    for body in (wire("ping", 11, 10), wire("sessionEnd", 12, 11), [wire("ping", 11, 10)]):
        answer = api.send(sessions.open, body)
        assert (answer["statusCode"], "Retry-After" in answer["headers"]) == (503, True)
    clock.forward(minutes=60)
    assert api.close_due() == {}
    del head["seen"]
    assert sessions.item("head") == head | {"due_shard": {"S": "aside.0"}}
    assert sessions.detail(closed)["metrics"]["close_reason"] == "session_end"


def test_event_type_of_a_later_release_is_ignored(sessions: Table, api: Api, clock: Clock) -> None:
    sessions.changed = sessions.open
    listed, detail = sessions.listed(), sessions.detail(sessions.open)
    head = sessions.item("head")
    later = bytes([len(EventType)]) + head["tail"]["BS"][0][1:]
    sessions.put(head | {"tail": {"BS": [*head["tail"]["BS"], later]}})
    assert (sessions.listed(), sessions.detail(sessions.open)) == (listed, detail)
    clock.forward(minutes=60)
    assert api.close_due() == {"no_events": 1}
    stored = sessions.store.read_session(sessions.open)
    assert stored is not None
    assert later in stored.events


# Archives


def archive_of(sessions: Table, folder: Path, edit: Callable[[Json], Json], told: Json) -> Archive:
    """Return an archive of the sessions whose session lines and event lines were changed before they were written."""
    with pytest.MonkeyPatch.context() as patch, ArchiveWriter(folder) as writer:
        session_line, event_lines = lines.session_line, lines.event_lines
        patch.setattr(lines, "session_line", lambda stored, *_: edit(session_line(stored)))
        patch.setattr(lines, "event_lines", lambda stored: [line | {"of_a_later_release": 1} for line in event_lines(stored)])
        for stored in sessions.exported():
            writer.add(stored)
        about = {"mediabeat_version": "9", "metrics_version": 9, "exported_at": "", "project_id": "demo"}
        manifest = writer.finish(**about, project=Project("demo", "a1" * 32, 1), since=None, until=None)
        changed = manifest.model_dump(mode="json") | told
        sha256 = lines._digest(changed)
        (folder / "manifest.json").write_text(json.dumps(changed | {"sha256": sha256}))
    return Archive(folder)


def a_later_line(line: Json) -> Json:
    parts = {name: line[name] | {"of_a_later_release": 1} for name in ("start", "head")}
    parts["start"]["caller"] |= {"of_a_later_release": 1}
    return line | parts | {"of_a_later_release": 1}


def an_earlier_line(line: Json) -> Json:
    del line["start"]["caller"]["language"], line["start"]["opt_out_share"], line["head"]["ended_ts"], line["action_log"]
    return line


@pytest.mark.parametrize("edit", [a_later_line, an_earlier_line])
def test_archive_of_another_release_is_imported(
    edit: Callable[[Json], Json], sessions: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediabeat.use_cases.import_sessions.WORKERS", 1)  # moto is not safe for threads that write
    written = archive_of(sessions, tmp_path / "archive", edit, {"of_a_later_release": 1})
    listed, before = sessions.listed(), sessions.exported()
    restored = list(written.check())
    assert [one.events for one in sorted(restored)] == [one.events for one in before]
    other = [one._replace(sid=one.sid[::-1]) for one in restored]
    assert list(import_sessions(other, sessions.starts, now=BASE_MS)) == [Outcome.STORED] * 3
    shown = [{name: value for name, value in one.items() if name not in {"no", "sessionId"}} for one in sessions.listed()]
    twice = [{name: value for name, value in one.items() if name not in {"no", "sessionId"}} for one in listed for _ in range(2)]
    assert shown == twice


def test_manifest_of_an_earlier_release_is_read(sessions: Table, tmp_path: Path) -> None:
    archive_of(sessions, tmp_path / "archive", a_later_line, {})
    path = tmp_path / "archive" / "manifest.json"
    told = json.loads(path.read_text())
    del told["since"], told["mediabeat_version"], told["sha256"]
    path.write_text(json.dumps(told | {"sha256": lines._digest(told)}))
    assert len(list(Archive(tmp_path / "archive").check())) == 3
