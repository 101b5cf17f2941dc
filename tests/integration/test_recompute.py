"""`mediabeat recompute`: summaries follow the formulas."""

import json
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.projects import new_project
from mediabeat.core.stored_forms import compressed, decompressed
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.recompute_summaries import Recomputed, recompute
from tests.support.api import Api
from tests.support.builders import wire, wire_start
from tests.support.clock import Clock
from tests.support.summaries import put_summary

pytestmark = pytest.mark.usefixtures("api_key")


def test_recompute_rewrites_summaries_of_an_older_version(api: Api, clock: Clock, table: str, store: Store) -> None:
    sids = [api.start(wire_start()) for _ in range(3)]
    for sid in sids[:2]:
        api.send(sid, wire("play", 1))
        api.send(sid, wire("sessionEnd", 9, 8))
    clock.forward(minutes=1)
    assert api.close_due() == {"session_end": 2}

    def summary(sid: str) -> bytes:
        stored = store.read_session(sid)
        assert stored is not None
        assert stored.summary is not None
        return stored.summary

    queries = SessionQueries(table, dynamodb_client())
    right = summary(sids[0])
    old = {"metrics": {"metrics_version": 0, "a_metric_of_old": 5}, "log": []}
    put_summary(store, sids[0], compressed(json.dumps(old).encode()))
    assert recompute(queries, store, since=clock.now) == Recomputed(seen=0, rewritten=0)
    assert recompute(queries, store) == Recomputed(seen=2, rewritten=1)
    assert summary(sids[0]) == right
    assert recompute(queries, store) == Recomputed(seen=2, rewritten=0)


def failed(api: Api, project: str) -> str:
    """Send a session that ends with an error, and return its id."""
    sid = api.start(wire_start(analytics_reportSuite=project))
    api.send(sid, wire("error", 3, params={"media.errorId": "drm.403"}))
    api.send(sid, wire("sessionEnd", 4))
    return sid


def metrics_of(sid: str, store: Store) -> dict[str, Any]:
    stored = store.read_session(sid)
    assert stored is not None
    assert stored.summary is not None
    metrics: dict[str, Any] = json.loads(decompressed(stored.summary))["metrics"]
    return metrics


def test_recompute_adds_outcome_and_score_to_summaries_of_an_earlier_release(
    api: Api, api_key: str, clock: Clock, table: str, store: Store, dynamodb: DynamoDBClient
) -> None:
    sid = failed(api, "demo")
    clock.forward(minutes=1)
    api.close_due()
    today = metrics_of(sid, store)
    added = ("outcome", "experience_score", "qoe_version")
    earlier = {name: value for name, value in today.items() if name not in added} | {"metrics_version": 3}
    put_metrics(dynamodb, table, sid, earlier)
    shown = shown_metrics(api, api_key, sid)
    assert [shown[name] for name in added] == [None, None, None]
    assert recompute(SessionQueries(table, dynamodb), store) == Recomputed(seen=1, rewritten=1)
    assert metrics_of(sid, store) == today
    assert [shown_metrics(api, api_key, sid)[name] for name in added] == ["start_failure", 0.0, 1]


def test_recompute_reads_the_business_errors_of_each_project_once(
    api: Api, clock: Clock, table: str, store: Store, registry: Registry, dynamodb: DynamoDBClient
) -> None:
    registry.create_project(new_project("other", 0, business_errors=["drm"])[0])
    projects = ("demo", "other", "demo", "other")
    sids = [failed(api, project) for project in projects]
    clock.forward(minutes=1)
    api.close_due()
    for sid in sids:
        put_metrics(dynamodb, table, sid, metrics_of(sid, store) | {"metrics_version": 3})
    read: list[str] = []

    def business_errors(project_id: str) -> tuple[str, ...]:
        read.append(project_id)
        return registry.business_errors(project_id)

    done = recompute(SessionQueries(table, dynamodb), store, business_errors=business_errors)
    assert (done, sorted(read)) == (Recomputed(seen=4, rewritten=4), ["demo", "other"])
    assert [metrics_of(sid, store)["outcome"] for sid in sids] == ["start_failure", "business_error"] * 2


def shown_metrics(api: Api, api_key: str, sid: str) -> dict[str, Any]:
    answer = api.call("GET", f"/v1/sessionRecent/{sid}", headers={"x-api-key": api_key, "x-project-id": "demo"})
    metrics: dict[str, Any] = json.loads(answer["body"])["result"]["metrics"]
    return metrics


def put_metrics(dynamodb: DynamoDBClient, table: str, sid: str, metrics: dict[str, Any]) -> None:
    """Give a session's stored summary other metrics."""
    key: Any = {"pk": {"S": sid}, "sk": {"S": "start"}}
    item: Any = dynamodb.get_item(TableName=table, Key=key)["Item"]
    summary = json.loads(decompressed(bytes(item["summary"]["B"]))) | {"metrics": metrics}
    dynamodb.put_item(TableName=table, Item=item | {"summary": {"B": compressed(json.dumps(summary).encode())}})
