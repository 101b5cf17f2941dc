"""Roll-ups against an oracle: sessions by a script, delivered at the stream's worst, on a real engine.

The suite counts a part of the sessions; `python -m tests.scale.test_roll_ups` counts 3,000, of three projects and ten days.
"""

# ruff: noqa: T201 - the command prints
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final, NamedTuple

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

import tests.conftest  # noqa: F401 - sets the environment before any client exists
from mediabeat.core.rollups import counters as core_counters
from mediabeat.storage.rollups import rollup_batches, rollup_items
from mediabeat.storage.rollups.rollup_queries import RollUpQueries
from mediabeat.storage.table import Item
from tests.scale import watched
from tests.scale.delivered import Delivered, Mischief, deliver
from tests.scale.watched import DAYS, FIRST_DAY, PROJECTS, SHARDS, Where
from tests.support.engine import running
from tests.support.engine_connection import client_of
from tests.support.template import table_definition

TABLE: Final = "roll-ups"
SESSIONS: Final = 120
SESSIONS_OF_A_BUG: Final = 30
ALL_SESSIONS: Final = 3_000


@pytest.fixture
def client(engine: str) -> Iterator[DynamoDBClient]:
    with client_of(engine) as client:
        client.create_table(TableName=TABLE, **table_definition())
        yield client
        client.delete_table(TableName=TABLE)


class Outcome(NamedTuple):
    """What was delivered, how many counters there are, and those that are wrong: what they are and what they should be."""

    delivered: Delivered
    counters: int
    wrong: dict[tuple[Where, str], tuple[int, int]]
    viewers: tuple[int, int]
    """Items of viewers, and how many there should be."""


def outcome(client: DynamoDBClient, sessions: int, *, seed: int, mischief: Mischief | None = None) -> Outcome:
    """Watch some sessions, deliver what the stream says of them, and compare all counters with the oracle's."""
    random = Random(seed)
    scripts = watched.scripts(sessions, random)
    changes = [change for script in scripts for change in watched.changes(script, random)]
    delivered = deliver(changes, client, TABLE, random, mischief or Mischief())
    expected, stored = watched.right(scripts), _stored(client)
    wrong = {
        (where, name): (stored.get(where, Counter())[name], expected.get(where, Counter())[name])
        for where in expected.keys() | stored.keys()
        for name in expected.get(where, Counter()).keys() | stored.get(where, Counter()).keys()
        if stored.get(where, Counter())[name] != expected.get(where, Counter())[name]
    }
    items = [item for page in client.get_paginator("scan").paginate(TableName=TABLE) for item in page["Items"]]
    viewers = {(one.project, one.viewer, one.started_s // watched.DAY_S) for one in scripts if not one.is_erased}
    found = sum(item["pk"]["S"].startswith("uniq#") for item in items)
    return Outcome(delivered, sum(map(len, expected.values())), wrong, (found, len(viewers)))


def _stored(client: DynamoDBClient) -> dict[Where, Counter[str]]:
    """Return all counters as queries read them."""
    queries = RollUpQueries(TABLE, client, index_shards=SHARDS)
    contents = {hashlib.sha256(name.encode()).hexdigest()[:16]: name for name in (f"movie-{number}" for number in range(40))}
    days = FIRST_DAY, FIRST_DAY + DAYS + 1
    hours = 24 * days[0], 24 * days[1] + 23
    found: dict[Where, Counter[str]] = {}
    for project in PROJECTS:
        for hour, counter in queries.hours(project, *hours).items():
            found[project, f"h{watched.hour_text(hour)}", ""] = counter
        for day, counter in queries.days(project, *days).items():
            found[project, f"d{watched.day_text(day)}", ""] = counter
        for hour, by_content in queries.content_hours(project, *hours).items():
            found |= {(project, f"ch{watched.hour_text(hour)}", contents[one]): them for one, them in by_content.items()}
        for day, by_content in queries.content_days(project, *days)[0].items():
            found |= {(project, f"cd{watched.day_text(day)}", contents[one]): them for one, them in by_content.items()}
    return found


def test_every_counter_is_that_of_a_fold_over_all_sessions(client: DynamoDBClient) -> None:
    found = outcome(client, SESSIONS, seed=20_261_126)
    assert found.delivered.repeats > found.delivered.records / 5
    assert min(found.delivered.kills, found.delivered.conflicts) > 0
    assert found.counters > 2_000
    assert found.wrong == {}
    assert found.viewers[0] == found.viewers[1]


@pytest.mark.parametrize("mischief", [Mischief(0, 0, 0, 0, 100), Mischief(50, 50, 0, 0, 0)], ids=["two consumers", "kills"])
def test_counters_are_right_whatever_happens_more_often(client: DynamoDBClient, mischief: Mischief) -> None:
    found = outcome(client, SESSIONS_OF_A_BUG, seed=7, mischief=mischief)
    assert (found.wrong, found.viewers[0]) == ({}, found.viewers[1])


# Planted bugs: each of them has to be noticed.


def no_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Note what was counted, but count again what is noted."""
    applied_update = rollup_items.applied_update

    def planted(*args: Any) -> Item:
        update: Item = applied_update(*args)
        update["Update"]["ConditionExpression"] += " OR attribute_not_exists(pk) OR attribute_exists(pk)"
        return update

    monkeypatch.setattr(rollup_items, "applied_update", planted)


def counted_with_its_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the whole batch for counted if one of its changes is."""
    monkeypatch.setattr(rollup_batches.Batch, "without", lambda batch, ids: batch._replace(countings=()) if ids else batch)


def repeat_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Note a change where a repeat that is delivered in other company does not look for it."""
    calls = iter(range(10**9))
    monkeypatch.setattr(rollup_batches.Counting, "slot", property(lambda _: next(calls) // rollup_batches.MAX_IDS))


def wrong_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count everything five minutes late."""
    sums_of = core_counters.sums_of
    late: Callable[..., Any] = lambda session, *parts: sums_of(  # noqa: E731
        session._replace(started_at=session.started_at + 300_000), *parts
    )
    monkeypatch.setattr(core_counters, "sums_of", late)


PLANTED: Sequence[Callable[[pytest.MonkeyPatch], None]] = (no_condition, counted_with_its_repeat, repeat_counted, wrong_bucket)


@pytest.mark.parametrize("plant", PLANTED)
def test_planted_bug_is_noticed(
    client: DynamoDBClient, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    plant(monkeypatch)
    assert outcome(
        client, SESSIONS_OF_A_BUG, seed=1, mischief=Mischief(killed=30, conflicts=0, set_back=30, largest_batch=20)
    ).wrong


def main(sessions: int) -> int:
    """Count the sessions, print what was found, and return the number of wrong counters."""
    with running() as engine, client_of(engine) as client:
        client.create_table(TableName=TABLE, **table_definition())
        began = time.monotonic()
        found = outcome(client, sessions, seed=20_261_126)
    told = found.delivered._asdict() | {"counters": found.counters, "wrong": len(found.wrong), "viewers": found.viewers}
    print(
        f"{sessions} sessions in {time.monotonic() - began:.0f} s:", ", ".join(f"{name} {value}" for name, value in told.items())
    )
    for (where, name), (is_now, should_be) in list(found.wrong.items())[:20]:
        print(f"  {' '.join(where)} {name}: {is_now}, should be {should_be}")
    return len(found.wrong) + abs(found.viewers[0] - found.viewers[1])


if __name__ == "__main__":
    sys.exit(min(1, main(int(sys.argv[1]) if sys.argv[1:] else ALL_SESSIONS)))
