"""Changes of sessions become counters: each once, whoever else counts, whatever is repeated."""

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from mediabeat.core.rollups.counters import Change, Content, Counted, content_hash
from mediabeat.core.rollups.figures import ATTEMPT, NOTHING
from mediabeat.errors import StorageUnavailable
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.rollups.rollup_batches import MAX_IDS
from mediabeat.storage.rollups.rollup_queries import RollUpQueries
from mediabeat.storage.rollups.rollup_store import MAX_ATTEMPTS, MOST_WAITED_MS, RollUpStore
from tests.support.builders import BASE_MS

DAY: Final = BASE_MS // 86_400_000
HOUR: Final = BASE_MS // 3_600_000
PLAYED: Final = ATTEMPT._replace(successes=1, played_ms=((0, 60_000), (1, 1_500)))
HASH: Final = content_hash("movie-1")
DAY_S: Final = 86_400


def session(number: int, **facts: Any) -> Counted:
    made = Counted(f"{number:064}", "demo", 0, 0, f"viewer-{number}", BASE_MS, "movie-1", "A film", "https://example.com/1")
    return made._replace(**facts)


def started(number: int, **facts: Any) -> Change:
    return Change(session(number, **facts), NOTHING, ATTEMPT, f"start{number:03}".encode(), BASE_MS / 1_000)


def played(number: int, **facts: Any) -> Change:
    return Change(session(number, **facts), ATTEMPT, PLAYED, f"plays{number:03}".encode(), BASE_MS / 1_000 + 70)


def erased(number: int, **facts: Any) -> Change:
    return Change(session(number, **facts), PLAYED, NOTHING, f"erase{number:03}".encode(), BASE_MS / 1_000 + 95)


class Deployed:
    """A store as a process has it, with a client of its own. `pauses` are those that it made, in milliseconds."""

    def __init__(self, table: str) -> None:
        self.client = dynamodb_client()
        self.pauses: list[int] = []
        self._meets: list[Callable[[], None]] = []
        events: Any = self.client.meta.events
        events.register("before-call.dynamodb.TransactWriteItems", self._meet)
        self.store = RollUpStore(
            table, self.client, retention_s=90 * DAY_S, rollup_retention_s=400 * DAY_S, pause=self.pauses.append
        )

    def meet(self, *others: Callable[[], None]) -> None:
        """Let others act before the next transactions, one before each."""
        self._meets = list(others)

    def _meet(self, **_: Any) -> None:
        if self._meets:
            self._meets.pop(0)()


class Refused:
    """An answer that botocore takes for a refusal."""

    status_code = 400


@pytest.fixture
def deployed(table: str) -> Deployed:
    return Deployed(table)


@pytest.fixture
def other(table: str) -> Deployed:
    return Deployed(table)


@pytest.fixture
def queries(table: str, dynamodb: DynamoDBClient) -> RollUpQueries:
    return RollUpQueries(table, dynamodb, index_shards=4)


def items(table: str, client: DynamoDBClient, kind: str) -> list[dict[str, Any]]:
    found: list[Any] = client.scan(TableName=table, ConsistentRead=True)["Items"]
    return [item for item in found if item["pk"]["S"].startswith(f"{kind}#")]


def nonzero(counters: dict[int, Counter[str]]) -> dict[int, dict[str, int]]:
    return {number: {name: value for name, value in counter.items() if value} for number, counter in counters.items()}


def test_changes_are_counted_by_hour_day_and_content(deployed: Deployed, queries: RollUpQueries) -> None:
    deployed.store.count([started(1), started(2, lane=1, kind=3), played(1)])
    assert queries.hours("demo", HOUR, HOUR) == {HOUR: Counter(a10=1, a13=1, p10=1, t10=60_000, t20=1_500, u11=1, u18=1)}
    assert queries.days("demo", DAY - 9, DAY + 9) == {DAY: Counter(a0=1, a3=1, p0=1, t0=61_500, u1=1, u8=1)}
    assert queries.content_hours("demo", HOUR, HOUR) == {HOUR: {HASH: Counter(p10=1, t10=60_000, t20=1_500)}}
    days, contents = queries.content_days("demo", DAY, DAY)
    assert days == {DAY: {HASH: Counter(p0=1, t0=61_500)}}
    assert contents == {HASH: Content("movie-1", "A film", "https://example.com/1")}


def test_query_has_neither_other_projects_nor_other_times(deployed: Deployed, queries: RollUpQueries) -> None:
    deployed.store.count([started(1), played(1), started(2, project_id="demo#0"), played(2, project_id="demo#0")])
    assert queries.days("demo", DAY + 1, DAY + 1) == queries.hours("demo", HOUR + 1, HOUR + 9) == {}
    assert queries.content_days("demo", DAY - 3, DAY - 1) == ({}, {})
    assert queries.content_hours("demo", HOUR - 9, HOUR - 1) == {}
    assert queries.days("demo", DAY, DAY)[DAY]["a0"] == queries.days("demo#0", DAY, DAY)[DAY]["a0"] == 1


@pytest.mark.parametrize("again", [[1, 2], [2, 1], [1], [2], [1, 1, 2]])
def test_repeat_in_any_company_counts_once(deployed: Deployed, queries: RollUpQueries, again: list[int]) -> None:
    changes = {1: started(1), 2: played(1)}
    deployed.store.count([*changes.values(), changes[1]])
    deployed.store.count([started(3), *(changes[one] for one in again)])
    assert nonzero(queries.days("demo", DAY, DAY)) == {DAY: {"a0": 2, "p0": 1, "t0": 61_500, "u1": 2}}
    assert deployed.pauses == []


def test_many_repeats_are_known_at_once(deployed: Deployed, queries: RollUpQueries) -> None:
    changes = [started(number) for number in range(MAX_IDS)]
    deployed.store.count(changes[: MAX_IDS // 2])
    deployed.store.count(changes)
    deployed.store.count(changes)
    assert nonzero(queries.days("demo", DAY, DAY)) == {DAY: {"a0": MAX_IDS, "u1": MAX_IDS}}


def test_erased_session_is_gone_with_its_viewer(deployed: Deployed, queries: RollUpQueries, table: str) -> None:
    deployed.store.count([started(1, viewer="v"), started(2, viewer="V", kind=1)])
    deployed.store.count([played(1, viewer="v")])
    assert nonzero(queries.days("demo", DAY, DAY))[DAY]["u3"] == 1
    deployed.store.count([erased(1, viewer="v")])
    assert nonzero(queries.days("demo", DAY, DAY)) == {DAY: {"a1": 1, "u2": 1}}
    assert nonzero(queries.hours("demo", HOUR, HOUR)) == {HOUR: {"a11": 1, "u12": 1}}
    assert len(items(table, deployed.client, "uniq")) == 1
    deployed.store.count([Change(session(2, viewer="V", kind=1), ATTEMPT, NOTHING, b"erase002", BASE_MS / 1_000)])
    assert nonzero(queries.days("demo", DAY, DAY)) == {DAY: {}}
    assert nonzero(queries.hours("demo", HOUR, HOUR)) == {HOUR: {}}
    assert items(table, deployed.client, "uniq") == []


def test_day_counts_the_transactions_that_touch_it(deployed: Deployed, table: str) -> None:
    midnight = {"started_at": (DAY + 1) * 86_400_000 - 299_000}
    deployed.store.count([started(1, **midnight)])
    deployed.store.count([played(1, **midnight)])
    deployed.store.count([played(1, **midnight)])
    days = [item for item in items(table, deployed.client, "roll") if item["sk"]["S"].startswith("d#")]
    assert {item["sk"]["S"]: item["v"]["N"] for item in days} == {"d#20261118": "2", "d#20261119": "1"}


def test_items_expire(deployed: Deployed, table: str) -> None:
    deployed.store.count([started(1), played(1)])
    expiries = {
        item["pk"]["S"].partition("#")[0] + item["sk"]["S"].partition("#")[0]: int(item["expires_at"]["N"])
        for kind in ("roll", "uniq", "applied")
        for item in items(table, deployed.client, kind)
    }
    hour, day, second = 3_600 * (HOUR + 1), DAY_S * (DAY + 1), BASE_MS // 1_000
    assert expiries == {
        "rollh": hour + 400 * DAY_S,
        "rollch": hour + 400 * DAY_S,
        "rolld": day + 400 * DAY_S,
        "rollcd": day + 400 * DAY_S,
        "uniq20261118": second + 97 * DAY_S,
        f"applied{second // 10}": second + 10 + 26 * 3_600,
        f"applied{second // 10 + 7}": second + 80 + 26 * 3_600,
    }


def test_names_are_those_of_the_newest_session(deployed: Deployed, other: Deployed, queries: RollUpQueries) -> None:
    def name() -> str:
        return queries.content_days("demo", DAY, DAY)[1][HASH].title

    deployed.store.count([played(1, title="old")])
    other.store.count([played(2, title="new", started_at=BASE_MS + 1)])
    assert name() == "new"
    deployed.store.count([played(3, title="older", started_at=BASE_MS - 1)])
    other.store.count([played(4, title="oldest", started_at=BASE_MS - 2)])
    assert name() == "new"
    deployed.store.count([played(5, title="newer", started_at=BASE_MS + 1)])  # the same time: the later word counts
    assert name() == "newer"
    assert queries.days("demo", DAY, DAY)[DAY]["p0"] == 5


def test_process_learns_that_names_it_remembers_are_old(deployed: Deployed, other: Deployed, queries: RollUpQueries) -> None:
    deployed.store.count([played(1)])
    other.store.count([played(2, title="newest", started_at=BASE_MS + 9)])
    deployed.store.count([played(3, title="newer", started_at=BASE_MS + 5)])
    assert queries.content_days("demo", DAY, DAY)[1][HASH].title == "newest"
    assert queries.days("demo", DAY, DAY)[DAY]["p0"] == 3
    asked: list[str] = []
    events: Any = deployed.client.meta.events
    events.register("before-call.dynamodb", lambda model, **_: asked.append(model.name))
    deployed.store.count([played(4, title="newer", started_at=BASE_MS + 6)])
    assert asked == ["TransactWriteItems"]


# Two at once


def test_two_that_count_the_same_at_once_count_it_once(deployed: Deployed, other: Deployed, queries: RollUpQueries) -> None:
    deployed.meet(lambda: other.store.count([started(1), started(2)]))
    deployed.store.count([started(1), started(3)])
    assert nonzero(queries.days("demo", DAY, DAY)) == {DAY: {"a0": 3, "u1": 3}}


@pytest.mark.parametrize("before", [[], [started(9, viewer="v", kind=2)]], ids=["new viewer", "known viewer"])
def test_viewer_who_changes_after_the_read_is_read_again(
    deployed: Deployed, other: Deployed, queries: RollUpQueries, before: list[Change]
) -> None:
    deployed.store.count(before)
    deployed.meet(lambda: other.store.count([started(1, viewer="v")]))
    deployed.store.count([started(2, viewer="v", kind=1)])
    mask = 7 if before else 3
    assert nonzero(queries.days("demo", DAY, DAY))[DAY] == {"a0": 1, "a1": 1, f"u{mask}": 1} | ({"a2": 1} if before else {})


def test_viewer_who_went_and_came_back_after_the_read_is_read_again(
    deployed: Deployed, other: Deployed, queries: RollUpQueries
) -> None:
    deployed.store.count([started(1, viewer="v")])

    def goes_and_comes() -> None:
        other.store.count([Change(session(1, viewer="v"), ATTEMPT, NOTHING, b"erase001", BASE_MS / 1_000)])
        other.store.count([started(2, viewer="v", kind=1)])

    deployed.meet(goes_and_comes)
    deployed.store.count([started(3, viewer="v", kind=2)])
    assert nonzero(queries.days("demo", DAY, DAY)) == {DAY: {"a1": 1, "a2": 1, "u6": 1}}


def test_store_waits_ever_longer_and_gives_up(deployed: Deployed, other: Deployed, queries: RollUpQueries) -> None:
    numbers = iter(range(100, 999))
    deployed.meet(*(lambda: other.store.count([started(next(numbers), viewer="v")]) for _ in range(MAX_ATTEMPTS)))
    with pytest.raises(StorageUnavailable, match="keep changing"):
        deployed.store.count([started(1, viewer="v")])
    assert len(deployed.pauses) == MAX_ATTEMPTS
    assert 0 <= min(deployed.pauses) <= max(deployed.pauses) < 1_000
    assert max(deployed.pauses[:2]) < 100
    deployed.store.count([started(1, viewer="v")])
    assert nonzero(queries.days("demo", DAY, DAY)) == {DAY: {"a0": MAX_ATTEMPTS + 1, "u1": 1}}


def test_store_waits_no_longer_than_the_function_has_time(deployed: Deployed) -> None:
    conflict = {"Error": {"Code": "TransactionCanceledException", "Message": ""}}
    reasons = {"CancellationReasons": [{"Code": "TransactionConflict"}]}
    turns = itertools.cycle([False, *[True] * (MAX_ATTEMPTS - 1)])
    events: Any = deployed.client.meta.events
    events.register_first(
        "before-call.dynamodb.TransactWriteItems", lambda **_: (Refused(), conflict | reasons) if next(turns) else None
    )
    with pytest.raises(StorageUnavailable, match="keep changing"):
        deployed.store.count([started(number, lane=number) for number in range(999)])
    assert MOST_WAITED_MS - 1_000 < sum(deployed.pauses) <= MOST_WAITED_MS


def test_transaction_that_meets_another_is_repeated(deployed: Deployed, queries: RollUpQueries) -> None:
    conflict = {"Error": {"Code": "TransactionCanceledException", "Message": ""}}
    reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]

    answers = [(Refused(), conflict | {"CancellationReasons": reasons})] * 2
    events: Any = deployed.client.meta.events
    events.register_first("before-call.dynamodb.TransactWriteItems", lambda **_: answers.pop() if answers else None)
    deployed.store.count([started(1)])
    assert len(deployed.pauses) == 2
    assert nonzero(queries.days("demo", DAY, DAY)) == {DAY: {"a0": 1, "u1": 1}}


def test_throttled_database_is_unavailable(deployed: Deployed) -> None:
    error = {"Error": {"Code": "ThrottlingException", "Message": ""}}

    events: Any = deployed.client.meta.events
    events.register_first("before-call.dynamodb.TransactWriteItems", lambda **_: (Refused(), error))
    with pytest.raises(StorageUnavailable):
        deployed.store.count([started(1)])
