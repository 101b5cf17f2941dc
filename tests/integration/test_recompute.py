"""`mediabeat recompute`: summaries follow the formulas."""

import json

import pytest

from mediabeat.core.stored_forms import compressed
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_store import Store
from mediabeat.use_cases.recompute_summaries import Recomputed, recompute
from tests.support.api import Api
from tests.support.builders import wire, wire_start
from tests.support.clock import Clock

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
    store.write_summary(sids[0], compressed(json.dumps(old).encode()))
    assert recompute(queries, store, since=clock.now) == Recomputed(seen=0, rewritten=0)
    assert recompute(queries, store) == Recomputed(seen=2, rewritten=1)
    assert summary(sids[0]) == right
    assert recompute(queries, store) == Recomputed(seen=2, rewritten=0)
