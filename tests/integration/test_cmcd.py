"""CMCD players: their recorded traffic, sent to the deployed function, gives the figures that were worked out from it."""

import json
from pathlib import Path
from typing import Any

import pytest

import functions.receive_cmcd.app as receive_cmcd
from mediabeat.core.cmcd.line import session_id
from mediabeat.core.rollups.figures import ATTEMPT, NOTHING, Figures
from mediabeat.errors import StorageUnavailable
from mediabeat.storage.session_store import Store
from tests.support.api import Api
from tests.support.channel_client import ChannelClient
from tests.support.clock import Clock
from tests.support.cmcd import RECORDINGS, bodies_of, recording_in, regrouped, text_of

PATH = "/cmcd/v2/demo"


@pytest.fixture(autouse=True)
def new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the function remember no session of another test's table."""
    monkeypatch.setattr(receive_cmcd.sessions, "_listed_live", set())


def send(api: Api, *lines: str, path: str = PATH, **attributes: Any) -> int:
    """Send lines in one body, and return the status."""
    answer = api.call("POST", path, "\n".join(lines) + "\n", headers={"content-type": "application/cmcd"}, **attributes)
    assert answer["headers"]["Access-Control-Allow-Origin"] == "*"
    return int(answer["statusCode"])


def detail(api: Api, api_key: str, sid: str = "s-1", part: int = 1) -> dict[str, Any]:
    """Return a session in detail."""
    target = f"/v1/sessionRecent/{session_id('demo', sid, part)}"
    answer = api.call("GET", target, headers={"x-api-key": api_key, "x-project-id": "demo"})
    body: dict[str, Any] = json.loads(answer["body"])
    return dict(body["result"]) if answer["statusCode"] == 200 else {}


def figures(shown: dict[str, Any]) -> dict[str, Any]:
    """Return what the recordings say of a session, from its detail."""
    metrics = shown["metrics"]
    seeks = [line for line in shown["sessionLog"] if line["actionType"] == "seeking"]
    return {
        "content_ms": metrics["content_time_spent_ms"],
        "ad_ms": metrics["ad_time_spent_ms"],
        "pauses": metrics["pause_events"],
        "pause_ms": metrics["total_pause_duration_ms"],
        "buffers": metrics["buffer_events"],
        "buffer_ms": metrics["total_buffer_duration_ms"],
        "seeks": None if metrics["is_playing_time_assumed"] else len(seeks),
        "completed": None if metrics["content_completes"] is None else metrics["content_completes"] == 1,
        "errors": metrics["player_errors"],
        "live": shown["media"]["videoType"] == "LIVE",
    }


@pytest.mark.skipif(not RECORDINGS, reason="the recordings lie beside the repository, in shared/fixtures/cmcd")
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_recording_has_its_figures_in_order_and_in_any_other(path: Path, api: Api, api_key: str, clock: Clock) -> None:
    recording = recording_in(path)
    bodies = bodies_of(recording)
    clock.now = recording["truth"][-1]["ts"]
    assert {send(api, body) for body in bodies} == {204}
    found = {sid: detail(api, api_key, sid) for sid in recording["expect"]}
    for sid, expected in recording["expect"].items():
        if not expected["started"] and not found[sid]:
            continue  # a page with a player that nobody has touched
        assert figures(found[sid]) == {name: expected[name] for name in figures(found[sid])}, sid
        assert found[sid]["source"] == "cmcd"


@pytest.mark.skipif(not RECORDINGS, reason="the recordings lie beside the repository, in shared/fixtures/cmcd")
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_recording_has_its_figures_doubled_shuffled_and_regrouped(path: Path, api: Api, api_key: str, clock: Clock) -> None:
    recording = recording_in(path)
    clock.now = recording["truth"][-1]["ts"]
    assert {send(api, body) for body in regrouped(bodies_of(recording), seed=7)} == {204}
    for sid, expected in recording["expect"].items():
        found = detail(api, api_key, sid)
        if expected["started"] or found:
            assert figures(found) == {name: expected[name] for name in figures(found)}, sid


def test_first_line_begins_a_session_and_others_go_to_it(api: Api, api_key: str) -> None:
    assert send(api, text_of(0, e="ps", sta="s", sn=0), path=f"{PATH}?channel=web&name=Film&length=600&player=mine") == 204
    assert send(api, text_of(1, e="ps", sta="p", sn=1)) == 204
    assert send(api, text_of(31, e="t", sta="p", sn=2)) == 204
    shown = detail(api, api_key)
    assert shown["media"] == {
        "videoType": "VOD",
        "id": "movie-1",
        "contentType": "VOD",
        "length": 600.0,
        "playerName": "mine",
        "channel": "web",
        "name": "Film",
    }
    assert (shown["metrics"]["content_time_spent_ms"], shown["metrics"]["time_to_start_ms"]) == (30_000, 1_000)
    assert len(api.recent(api_key)["result"]) == 1


@pytest.mark.parametrize("line", [text_of(0, e="t", sta="d"), text_of(0, e="t"), text_of(0, e="t", br="(288)")])
def test_page_with_a_player_that_nobody_touched_begins_nothing(line: str, api: Api, api_key: str) -> None:
    assert send(api, line) == 204
    assert api.recent(api_key)["result"] == []


def test_unknown_project_is_gone_and_unusable_lines_are_skipped(api: Api, api_key: str) -> None:
    assert send(api, text_of(0, e="ps", sta="s"), path="/cmcd/v2/nobody") == 410
    assert send(api, "e=ps,ts=1795645970772,v=2", "(", text_of(0, e="ps", sta="p", v=3), text_of(0, e="ps", sta="s")) == 204
    assert send(api, "") == 204
    assert len(api.recent(api_key)["result"]) == 1


def test_body_of_more_than_256_kb_is_refused(api: Api, api_key: str) -> None:
    assert send(api, "x" * (256 * 1_024)) == 413


def test_line_of_a_closed_session_begins_its_next_part(api: Api, api_key: str, clock: Clock) -> None:
    for part in (1, 2, 3):
        begin = 3_600.0 * part
        clock.forward(minutes=60)
        assert send(api, text_of(begin, e="ps", sta="p")) == 204
        assert send(api, text_of(begin + 20, e="t", sta="p")) == 204
        assert send(api, text_of(begin + 20, e="ps", sta="a")) == 204
        clock.forward(minutes=20)
        api.close_due()
        assert send(api, text_of(begin + 1_200, e="t", sta="a")) == 204  # a page that was left open
        clock.forward(minutes=-20)
    shown = [detail(api, api_key, part=part) for part in (1, 2, 3)]
    assert [one["metrics"]["content_time_spent_ms"] for one in shown] == [20_000] * 3
    assert [one["metrics"]["content_resumes"] for one in shown] == [0, 1, 1]
    assert detail(api, api_key, part=4) == {}


def test_page_left_open_after_the_end_adds_nothing_and_is_completed(api: Api, api_key: str, clock: Clock) -> None:
    lines = [text_of(0, e="ps", sta="s"), text_of(1, e="ps", sta="p"), text_of(61, e="ps", sta="e")]
    assert send(api, *lines) == 204
    for minute in range(1, 62):
        clock.forward(minutes=1)
        assert send(api, text_of(61 + 60 * minute, e="t", sta="e", sn=minute)) == 204
        api.close_due()
    metrics = detail(api, api_key)["metrics"]
    assert (metrics["content_time_spent_ms"], metrics["close_reason"]) == (60_000, "completed")
    assert len(api.recent(api_key)["result"]) == 1


def test_stream_that_turns_out_to_be_live_moves_to_the_live_list(api: Api, api_key: str) -> None:
    assert send(api, text_of(0, e="ps", sta="s")) == 204
    assert len(api.recent(api_key, videoType="VOD")["result"]) == 1
    assert send(api, text_of(1, e="ps", sta="p", st="l")) == 204
    assert api.recent(api_key, videoType="VOD")["result"] == []
    assert len(api.recent(api_key, videoType="LIVE")["result"]) == 1
    assert detail(api, api_key)["media"]["contentType"] == "live"


def test_several_sessions_in_a_body_are_kept_apart(api: Api, api_key: str) -> None:
    assert send(api, *(text_of(0, sid=f'"s-{number}"', e="ps", sta="s") for number in range(4))) == 204
    assert len(api.recent(api_key)["result"]) == 4


def test_nothing_is_stored_of_a_url(api: Api, api_key: str, table: str, store: Any) -> None:
    assert send(api, text_of(0, e="ps", sta="s", url='"https://cdn/x?token=secret"', nor='("seg?token=secret")')) == 204
    items = store._table.client.scan(TableName=table)["Items"]
    assert "secret" not in str(items)
    [stored] = [item for item in items if item["sk"]["S"] == "head"]
    assert all(b"secret" not in event for event in stored["tail"]["BS"])


def test_player_sends_again_what_the_table_refused(api: Api, api_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    append = Store.append

    def refusing(self: Store, sid: str, *args: Any, **options: Any) -> None:
        if sid == session_id("demo", "s-1"):
            raise StorageUnavailable("for now")
        append(self, sid, *args, **options)

    monkeypatch.setattr(Store, "append", refusing)
    body = "\n".join([text_of(0, e="ps", sta="p"), text_of(0, sid='"s-2"', e="ps", sta="p")])
    answer = api.call("POST", PATH, body)
    assert (answer["statusCode"], answer["headers"]["Retry-After"], answer["body"]) == (503, "1", "")
    assert answer["headers"]["Access-Control-Allow-Origin"] == "*"
    assert (detail(api, api_key), bool(detail(api, api_key, "s-2"))) == ({}, True)
    monkeypatch.undo()
    assert send(api, body) == 204
    assert len(api.recent(api_key)["result"]) == 2


def test_body_that_would_cost_too_much_stores_nothing(api: Api, api_key: str) -> None:
    assert send(api, *(text_of(0, sid=f'"s-{number}"', e="ps", sta="s") for number in range(40))) == 413
    assert api.recent(api_key)["result"] == []


def test_many_lines_of_a_session_are_one_write(api: Api, api_key: str) -> None:
    assert send(api, *(text_of(at, e="t", sta="p", sn=at) for at in range(100))) == 204
    assert send(api, *(text_of(at, e="t", sta="p", sn=at) for at in range(100, 200))) == 204
    assert detail(api, api_key)["metrics"]["content_time_spent_ms"] == 199_000


def test_lines_for_a_stopped_channel_are_answered_and_not_kept(api: Api, client: ChannelClient, store: Store) -> None:
    assert client.change(client.create("web-tv"), "stop").status == 200
    assert send(api, text_of(0, e="ps", sta="p"), path=f"{PATH}?channel=web-tv") == 204
    assert send(api, text_of(0, sid='"s-2"', e="ps", sta="p"), path=f"{PATH}?channel=other") == 204
    assert store.read_session(session_id("demo", "s-1")) is None
    assert store.read_session(session_id("demo", "s-2")) is not None


def test_log_says_once_why_lines_are_skipped(api: Api, api_key: str, logged: list[str]) -> None:
    for _ in range(3):
        assert send(api, "e=ps,ts=1795645970772,v=2", "e=t,sid=2") == 204
    told = [json.loads(line) for line in logged if line.startswith("{") and "lines skipped" in line]
    assert [(one["reason"], one["lines"], one["project"]) for one in told] in ([], [("without sid", 2, "demo")])


def test_charts_count_a_stream_as_live_once_it_is_known(api: Api, api_key: str, store: Store, table: str) -> None:
    def start() -> dict[str, Any]:
        key: Any = {"pk": {"S": session_id("demo", "live")}, "sk": {"S": "start"}}
        return dict(store._table.client.get_item(TableName=table, Key=key)["Item"])

    assert send(api, text_of(0, sid='"live"', e="ps", sta="s")) == 204
    before = start()
    assert send(api, text_of(1, sid='"live"', e="ps", sta="p", st="l")) == 204
    after = start()
    assert (before["version"], after["version"]) == ({"N": "0"}, {"N": "2"})
    assert Figures.from_bytes(after["was"]["B"]) == NOTHING
    assert Figures.from_bytes(after["figures"]["B"]) == ATTEMPT
