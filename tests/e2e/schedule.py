"""Sessions that are sent to the local cloud at the start of the test run, and closed by its schedule while other tests run."""

from collections.abc import Iterable
from functools import cached_property
from time import monotonic, sleep
from typing import Final

from mediabeat.cli.edge_replay import replay_file
from mediabeat.cli.local_cloud import clients
from mediabeat.cli.replay import Journey, ReplayOptions, replay
from mediabeat.core.metrics import Metrics, measure
from mediabeat.core.session import fold
from mediabeat.core.summary import Summary
from mediabeat.protocols.media_collection.requests import parse
from mediabeat.storage.session_store import Store
from tests.e2e.cloud import Cloud
from tests.support.journeys import EDGE_JOURNEYS, events_of
from tests.support.template import ROOT

JOURNEYS: Final = sorted((ROOT / "events" / "journeys").glob("*.json"))
CMCD_JOURNEYS: Final = sorted((ROOT / "events" / "journeys" / "cmcd").glob("*.json"))
RECORDED: Final = sorted((ROOT.parent / "shared" / "fixtures").glob("*.json"))
CLOSED_WITHIN_S: Final = 240


class SentSessions:
    """Every journey and every recorded session: `expected` holds the metrics by session id, `ids` the ids by file name."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.expected: dict[str, Metrics] = {}
        self.ids: dict[str, str] = {}
        for path in (*JOURNEYS, *RECORDED):
            options = ReplayOptions(shift_to_now=True, project_id=cloud.project_id)
            if path.stem in EDGE_JOURNEYS:
                [edge] = replay_file(path, cloud.url, options)
                assert edge.refusal is None
                assert edge.sid is not None
                self.expected[edge.sid] = measure(fold(events_of(path.stem)))
                self.ids[path.stem] = edge.sid
                continue
            journey = Journey.read(path)
            for session, events in zip(replay(journey, cloud.url, options), journey.sessions, strict=True):
                assert session.refusal is None, path.name
                assert session.sid is not None
                assert set(session.answers) <= {201, 204}
                self.expected[session.sid] = measure(fold(map(parse, events)))
                self.ids[path.stem] = session.sid

    @cached_property
    def closed(self) -> dict[str, Summary]:
        """Wait until the schedule has closed all of them, and return their summaries by session id."""
        client = clients.client("dynamodb", self._cloud.endpoint)
        store, found, began = Store(self._cloud.table, client), dict[str, Summary](), monotonic()
        while waiting := self.expected.keys() - found.keys():
            assert monotonic() - began < CLOSED_WITHIN_S, f"not closed: {waiting}"
            found |= _summaries(store, waiting)
            sleep(0 if len(found) == len(self.expected) else 1)
        client.close()
        return found


def _summaries(store: Store, sids: Iterable[str]) -> dict[str, Summary]:
    stored = {sid: store.read_session(sid) for sid in sids}
    return {sid: Summary.from_bytes(one.summary) for sid, one in stored.items() if one is not None and one.summary is not None}
