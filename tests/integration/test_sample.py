"""What the files in events/ name, as `mediabeat up` keeps it: the project `sample` and a session that stays open."""

import json
from contextlib import nullcontext
from typing import Any

import pytest

from mediabeat.cli import invocation, target
from mediabeat.cli.local_cloud import sample
from mediabeat.cli.target import Target
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.runtime.settings import channel_settings, settings, viewer_key_secret
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.secrets import secrets_client
from tests.support.api import Api, answer
from tests.support.builders import wire
from tests.support.clock import Clock
from tests.support.local_status import UP
from tests.support.template import ROOT

EVENTS = ROOT / "events"


@pytest.fixture
def deployment(table: str, clock: Clock) -> Target:
    """A deployment with the sample in it."""
    clients: dict[str, Any] = {"dynamodb": dynamodb_client(), "secretsmanager": secrets_client()}
    shards = settings().index_shards
    made = Target(table, channel_settings().access_key_secrets, viewer_key_secret(), shards, clients.__getitem__)
    sample.keep(made, EVENTS, clock())
    return made


def sent(function: str) -> int:
    """Let a function answer its sample event, and return the status."""
    return int(answer(invocation.read_event(EVENTS / f"{function}.json"))["statusCode"])


def test_sample_events_are_answered_days_after_the_start(deployment: Target, api: Api, clock: Clock) -> None:
    for _ in range(3):
        assert [sent(name) for name in ("create_session", "ingest_event", "recent_sessions")] == [201, 204, 200]
        clock.forward(minutes=24 * 60)
        api.close_due()


def test_sample_is_created_once_and_its_session_again_when_it_has_ended(deployment: Target, api: Api, clock: Clock) -> None:
    keys = list(deployment.registry.access_keys(sample.PROJECT_ID))
    assert api.send(sample.SESSION_ID, wire("sessionEnd", 5))["statusCode"] == 204
    clock.forward(minutes=5)
    api.close_due()
    assert sent("ingest_event") == 410
    for _ in range(2):
        sample.keep(deployment, EVENTS, clock())
        assert sent("ingest_event") == 204
    assert list(deployment.registry.access_keys(sample.PROJECT_ID)) == keys


def test_only_signed_calls_of_the_deployment_are_signed_again(
    deployment: Target, clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(target, "of_local_cloud", lambda cloud: nullcontext(deployment))
    monkeypatch.setattr(invocation, "server_clock", clock)
    assert answer(invocation.ready_event(UP, EVENTS / "channels.json"))["statusCode"] == 200
    unchanged: list[Any] = [[], None, {"headers": None}, {"headers": []}, {"headers": {"x-ncp-iam-access-key": "A" * 20}}]
    for event in unchanged:
        (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")
        assert invocation.ready_event(UP, tmp_path / "event.json") == event
    (tmp_path / "event.json").write_text(
        json.dumps({"headers": {"x-ncp-iam-access-key": sample.ACCESS_KEY_ID}}), encoding="utf-8"
    )
    with pytest.raises(CommandFailed, match="is not a signed call: KeyError"):
        invocation.ready_event(UP, tmp_path / "event.json")
