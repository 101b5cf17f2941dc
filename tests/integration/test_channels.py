"""/api/v2/channels: the life of a channel, and the events that it leaves."""

import re
from typing import Any

import pytest

from mediabeat.runtime.settings import channel_settings
from mediabeat.storage.channel_store import ChannelRegistry
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.dynamodb import Table
from mediabeat.storage.project_store import Registry
from tests.support.api import Api
from tests.support.builders import wire, wire_start
from tests.support.channel_client import CHANNELS, ChannelClient
from tests.support.clock import Clock

NOW_S = 1_795_000_000
UNKNOWN = "vs-20261118110640-aaaaaaa"


def event(action: str, code: str, message: str, *, result: str = "SUCCESS", time: int = NOW_S) -> dict[str, Any]:
    return {
        "time": time,
        "actionType": action,
        "requestType": "API",
        "resultCode": result,
        "messageCode": code,
        "message": message,
    }


CREATED = [event("CREATE", "CHANNEL_READY", "api-guide ready"), event("CREATE", "CHANNEL_CREATING", "api-guide creating")]


def test_new_channel_is_ready_and_has_the_documented_events(client: ChannelClient) -> None:
    created = client.call("POST", CHANNELS, {"name": "api-guide", "segmentDuration": 10})
    channel_id = created.body["content"]["id"]
    assert re.fullmatch(r"vs-20261118110640-[A-Za-z0-9]{7}", channel_id)
    content = {"id": channel_id, "name": "api-guide", "channelStatus": "READY", "createTime": NOW_S * 1_000}
    assert (created.status, created.body) == (200, {"content": content})
    assert client.call("GET", f"{CHANNELS}/{channel_id}").body == {"content": content}
    answered = client.events(channel_id)
    assert (answered.status, answered.body) == (200, {"content": CREATED, "total": 2})
    assert [list(one) for one in answered.body["content"]] == [list(one) for one in CREATED]


def test_answers_have_the_headers_of_the_documented_gateway(client: ChannelClient) -> None:
    answers = [client.call("GET", CHANNELS), client.call("GET", f"{CHANNELS}/{UNKNOWN}"), client.call("GET", "/api/v2/streams")]
    assert [answered.status for answered in answers] == [200, 404, 404]
    for answered in answers:
        assert answered.headers["Content-Type"] == "application/json;charset=utf-8"
        assert answered.headers["Access-Control-Allow-Origin"] == "*"
        assert re.fullmatch(r"[0-9a-v]{26}", answered.headers["x-ncp-trace-id"])
    assert len({answered.headers["x-ncp-trace-id"] for answered in answers}) == 3


def test_events_of_a_channel_are_listed_newest_first(client: ChannelClient, clock: Clock) -> None:
    channel_id = client.create("api-guide")
    statuses = []
    for verb in ("stop", "start", "stop", "delete"):
        clock.forward(seconds=1)
        statuses.append(client.change(channel_id, verb).body["content"]["channelStatus"])
    assert statuses == ["STOPPED", "READY", "STOPPED", "TERMINATED"]
    told = [
        ("DELETE", "CHANNEL_TERMINATED", "terminated", 4),
        ("DELETE", "CHANNEL_TERMINATING", "terminating", 4),
        ("STOP", "CHANNEL_STOPPED", "stopped", 3),
        ("STOP", "CHANNEL_STOPPING", "stopping", 3),
        ("START", "CHANNEL_READY", "ready", 2),
        ("START", "CHANNEL_STARTING", "starting", 2),
        ("STOP", "CHANNEL_STOPPED", "stopped", 1),
        ("STOP", "CHANNEL_STOPPING", "stopping", 1),
    ]
    expected = [event(action, code, f"api-guide {word}", time=NOW_S + at) for action, code, word, at in told]
    assert client.events(channel_id).body == {"content": expected + CREATED, "total": 10}
    assert client.call("GET", f"{CHANNELS}/{channel_id}").body["content"]["channelStatus"] == "TERMINATED"


@pytest.mark.parametrize(
    ("before", "verb", "code", "status", "needed"),
    [
        ([], "start", "260022", "READY", "STOPPED"),
        (["stop"], "stop", "260023", "STOPPED", "READY"),
        ([], "delete", "260024", "READY", "STOPPED"),
        (["stop", "delete"], "start", "260022", "TERMINATED", "STOPPED"),
        (["stop", "delete"], "stop", "260023", "TERMINATED", "READY"),
        (["stop", "delete"], "delete", "260024", "TERMINATED", "STOPPED"),
    ],
)
def test_request_in_the_wrong_status_is_refused_with_a_failed_event(
    client: ChannelClient, before: list[str], verb: str, code: str, status: str, needed: str
) -> None:
    channel_id = client.create("api-guide")
    for earlier in before:
        client.change(channel_id, earlier)
    total = client.events(channel_id).body["total"]
    reason = f"api-guide is {status}; only a channel that is {needed} can be asked to {verb}"
    assert client.change(channel_id, verb).error == (409, code, reason)
    assert client.call("GET", f"{CHANNELS}/{channel_id}").body["content"]["channelStatus"] == status
    events = client.events(channel_id).body
    failed = event(verb.upper(), f"CHANNEL_{verb.upper()}_FAILED", reason, result="FAILED")
    assert (events["content"][0], events["total"]) == (failed, total + 1)


def test_name_of_a_live_channel_is_refused_with_a_failed_event(client: ChannelClient) -> None:
    first = client.create("api-guide")
    taken = f"name: api-guide is the name of channel {first}"
    assert client.call("POST", CHANNELS, {"name": "api-guide"}).error == (400, "260002", taken)
    client.change(first, "stop")
    assert client.call("POST", CHANNELS, {"name": "api-guide"}).status == 400
    failed = event("CREATE", "CHANNEL_CREATE_FAILED", taken, result="FAILED")
    assert [one for one in client.events(first).body["content"] if one["resultCode"] == "FAILED"] == [failed, failed]
    client.change(first, "delete")
    second = client.create("api-guide")
    assert client.events(second).body == {"content": CREATED, "total": 2}
    assert client.change(first, "start").status == 409
    assert client.call("GET", f"{CHANNELS}/{second}").body["content"]["channelStatus"] == "READY"
    assert client.call("GET", CHANNELS).body["total"] == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "ab"}, "260032"),
        ({"name": "a" * 21}, "260032"),
        ({"name": "a_b"}, "260032"),
        ({"name": "a\n"}, "260032"),
        ({"name": "チャンネル"}, "260032"),
        ({"name": ""}, "260032"),
        ({"name": 123}, "260002"),
        ({"channelName": "abc"}, "260002"),
        (["abc"], "260002"),
        ("{", "260002"),
        (None, "260002"),
    ],
)
def test_body_without_a_valid_name_is_refused(client: ChannelClient, body: Any, code: str) -> None:
    answered = client.call("POST", CHANNELS, body)
    assert (answered.status, answered.body["error"]["errorCode"]) == (400, code)
    assert client.call("GET", CHANNELS).body == {"content": [], "total": 0}


def test_body_over_the_size_limit_is_refused(client: ChannelClient) -> None:
    assert client.call("POST", CHANNELS, {"name": "a" * 20_000}).error == (
        413,
        "430",
        "body: must not be larger than 16384 bytes",
    )


def test_channels_are_listed_newest_first_in_pages(client: ChannelClient, clock: Clock) -> None:
    ids = []
    for number in range(25):
        ids.append(client.create(f"channel-{number}"))
        clock.forward(seconds=1)
    newest = ids[::-1]

    def page(query: str) -> list[str]:
        answered = client.call("GET", f"{CHANNELS}{query}").body
        assert answered["total"] == 25
        return [one["id"] for one in answered["content"]]

    assert page("") == page("?pageNo=1") == newest[:20]
    assert page("?pageNo=2") == newest[20:]
    assert page("?pageNo=3") == page("?pageNo=999999999") == []
    assert page("?pageNo=3&pageSizeNo=10") == newest[20:]
    assert page("?pageSizeNo=100") == newest
    client.change(ids[3], "stop")
    content = client.call("GET", f"{CHANNELS}?pageNo=22&pageSizeNo=1").body["content"]
    told = {"id": ids[3], "name": "channel-3", "channelStatus": "STOPPED", "createTime": (NOW_S + 3) * 1_000}
    assert content == [told]


def test_pages_of_events_omit_and_repeat_nothing(client: ChannelClient) -> None:
    channel_id = client.create("api-guide")
    for verb in ("start", "stop", "start", "stop", "delete"):
        client.change(channel_id, verb)
    everything = client.events(channel_id).body
    total = everything["total"]
    assert total == len(everything["content"]) == 11
    for size in (1, 2, 3, 10, 11, 100):
        pages = [client.events(channel_id, f"?pageNo={number}&pageSizeNo={size}").body for number in range(1, total // size + 2)]
        assert [one for page in pages for one in page["content"]] == everything["content"]
        assert {page["total"] for page in pages} == {total}
    assert client.events(channel_id, "?pageNo=12&pageSizeNo=1").body == {"content": [], "total": total}


@pytest.mark.parametrize(
    ("query", "code", "details"),
    [
        ("?pageNo=0", "260025", "pageNo: must be 1 or more"),
        ("?pageNo=-1", "260025", "pageNo: must be 1 or more"),
        ("?pageNo=one", "260002", "pageNo: must be a whole number"),
        ("?pageNo=1.5", "260002", "pageNo: must be a whole number"),
        ("?pageNo=", "260002", "pageNo: must be a whole number"),
        ("?pageNo=%D9%A1", "260002", "pageNo: must be a whole number"),
        ("?pageNo=1&pageNo=2", "260002", "pageNo: must be a whole number"),
        (f"?pageNo={'9' * 5_000}", "260002", "pageNo: must be a whole number"),
        ("?pageSizeNo=0", "260002", "pageSizeNo: must be 1 to 100"),
        ("?pageSizeNo=101", "260002", "pageSizeNo: must be 1 to 100"),
        ("?pageSizeNo=ten", "260002", "pageSizeNo: must be a whole number"),
    ],
)
def test_wrong_page_parameter_is_named(client: ChannelClient, query: str, code: str, details: str) -> None:
    channel_id = client.create("api-guide")
    for path in (CHANNELS, f"{CHANNELS}/{channel_id}/events"):
        assert client.call("GET", f"{path}{query}").error == (400, code, details)


def test_unknown_parameters_are_ignored(client: ChannelClient) -> None:
    channel_id = client.create("api-guide")
    answered = client.events(channel_id, "?pageSizeNo=1&responseFormatType=json&regionCode=KR")
    assert answered.body == {"content": CREATED[:1], "total": 2}


@pytest.mark.parametrize("channel_id", ["vs-2026-aaaaaaa", "x", f"{UNKNOWN}a", "vs-20261118110640-aaa_aaa", UNKNOWN.upper()])
def test_malformed_id_and_unknown_id_get_different_errors(client: ChannelClient, channel_id: str) -> None:
    wrong = (400, "260017", "channelId: must be vs-, 14 digits, -, and 7 letters or digits")
    missing = (404, "260004", f"there is no channel {UNKNOWN}")
    for method, rest in (("GET", ""), ("DELETE", ""), ("PUT", "/start"), ("PUT", "/stop"), ("GET", "/events")):
        assert client.call(method, f"{CHANNELS}/{channel_id}{rest}").error == wrong
        assert client.call(method, f"{CHANNELS}/{UNKNOWN}{rest}").error == missing


def test_channel_of_another_project_is_answered_as_unknown(client: ChannelClient, stranger: ChannelClient) -> None:
    channel_id = client.create("api-guide")
    for method, rest in (("GET", ""), ("DELETE", ""), ("PUT", "/start"), ("PUT", "/stop"), ("GET", "/events")):
        missing = (404, "260004", f"there is no channel {channel_id}")
        assert stranger.call(method, f"{CHANNELS}/{channel_id}{rest}").error == missing
    assert stranger.call("GET", CHANNELS).body == {"content": [], "total": 0}
    stranger.create("api-guide")
    assert client.events(channel_id).body == {"content": CREATED, "total": 2}
    assert client.call("GET", CHANNELS).body["total"] == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v2/streams"), ("POST", f"{CHANNELS}/{UNKNOWN}"), ("PUT", f"{CHANNELS}/{UNKNOWN}/pause"), ("PATCH", CHANNELS)],
)
def test_unknown_route_gets_a_404_in_the_gateway_format(client: ChannelClient, method: str, path: str) -> None:
    answered = client.call(method, path)
    error = {"errorCode": "300", "message": "Not Found Exception", "details": "URL not found."}
    assert (answered.status, answered.body) == (404, {"error": error})


# Two clients at once


def test_change_is_decided_again_when_another_client_was_faster(client: ChannelClient, monkeypatch: pytest.MonkeyPatch) -> None:
    channel_id = client.create("api-guide")
    overtake(monkeypatch, lambda: client.change(channel_id, "stop"))
    refused = client.change(channel_id, "stop")
    assert refused.error[:2] == (409, "260023")
    told = [(one["messageCode"], one["resultCode"]) for one in client.events(channel_id).body["content"]]
    assert told == [
        ("CHANNEL_STOP_FAILED", "FAILED"),
        ("CHANNEL_STOPPED", "SUCCESS"),
        ("CHANNEL_STOPPING", "SUCCESS"),
        ("CHANNEL_READY", "SUCCESS"),
        ("CHANNEL_CREATING", "SUCCESS"),
    ]


def test_parallel_creates_of_one_name_make_one_channel(client: ChannelClient, monkeypatch: pytest.MonkeyPatch) -> None:
    overtake(monkeypatch, lambda: client.create("api-guide"))
    assert client.call("POST", CHANNELS, {"name": "api-guide"}).error[:2] == (400, "260002")
    assert client.call("GET", CHANNELS).body["total"] == 1


def test_parallel_creates_of_two_names_make_two_channels(client: ChannelClient, monkeypatch: pytest.MonkeyPatch) -> None:
    overtake(monkeypatch, lambda: client.create("the-faster"))
    client.create("the-slower")
    listed = client.call("GET", CHANNELS).body
    assert ([one["name"] for one in listed["content"]], listed["total"]) == (["the-slower", "the-faster"], 2)


def overtake(monkeypatch: pytest.MonkeyPatch, do: Any) -> None:
    """Let something happen between a request's reading and its writing, once."""
    transact = Table.transact
    waiting = [do]

    def overtaken(self: Table, writes: Any) -> bool:
        if waiting:
            waiting.pop()()
        return transact(self, writes)

    monkeypatch.setattr(Table, "transact", overtaken)


def test_change_gets_503_when_others_keep_changing_the_channel(client: ChannelClient, monkeypatch: pytest.MonkeyPatch) -> None:
    channel_id = client.create("api-guide")
    with monkeypatch.context() as context:
        context.setattr("functions.channels.app.pause", lambda duration_ms: None)
        context.setattr(Table, "transact", lambda self, writes: False)
        answered = client.change(channel_id, "stop")
    assert answered.error == (503, "500", "The request may not have been carried out. Send it again.")
    assert client.events(channel_id).body == {"content": CREATED, "total": 2}


def test_unexpected_error_gets_a_500_without_details(client: ChannelClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ChannelRegistry, "channel_count", broken)
    answered = client.call("GET", CHANNELS)
    assert answered.error == (500, "900", "internal error")


# Sessions


def test_stopped_or_deleted_channel_refuses_new_sessions(client: ChannelClient, stranger: ChannelClient, api: Api) -> None:
    live = wire_start(media_channel="api-guide")
    channel_id = client.create("api-guide")
    sid = api.start(live)
    client.change(channel_id, "stop")
    stopped = api.call("POST", "/api/v1/sessions", live)
    rule = "the channel 'api-guide' is STOPPED and accepts no sessions"
    assert stopped["statusCode"] == 400
    assert f'"errors":[{{"field":"params.media.channel","rule":"{rule}"}}]' in stopped["body"]
    downloaded = api.call("POST", "/api/v1/downloaded", [live, wire("sessionEnd", 9)])
    assert (downloaded["statusCode"], "[0].params.media.channel" in downloaded["body"]) == (400, True)
    assert api.send(sid, wire("play", 1))["statusCode"] == 204
    api.start(wire_start(media_channel="api-guide", analytics_reportSuite="other"))
    client.change(channel_id, "start")
    api.start(live)
    client.change(channel_id, "stop")
    client.change(channel_id, "delete")
    assert "is TERMINATED and accepts no sessions" in api.call("POST", "/api/v1/sessions", live)["body"]
    client.create("api-guide")
    api.start(live)


@pytest.mark.parametrize("name", ["nobody's", "never-registered", "", "x" * 3_000, "ein Kanal"])
def test_unregistered_channel_accepts_sessions(client: ChannelClient, api: Api, name: str) -> None:
    assert api.call("POST", "/api/v1/sessions", wire_start(media_channel=name))["statusCode"] == 201


def test_session_start_with_a_channel_costs_one_more_read(client: ChannelClient, registry: Registry) -> None:
    client.create("api-guide")
    requests: list[dict[str, Any]] = []
    database = dynamodb_client()
    database.meta.events.register("provide-client-params.dynamodb.*", lambda params, **_: requests.append(params))
    Registry(channel_settings().table_name, database).admission("demo", "api-guide")
    (request,) = requests
    assert len(request["RequestItems"][channel_settings().table_name]["Keys"]) == 2
