"""What roll-ups cost a session in write units, in a busy project and in a quiet one."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from random import Random
from typing import Final, NamedTuple

from mediabeat.core.close_rules import HOUR_MS, CloseReason
from mediabeat.core.event_codec import pack
from mediabeat.core.metrics import measure
from mediabeat.core.records import Start
from mediabeat.core.rollups.counters import Change, counted
from mediabeat.core.rollups.figures import ATTEMPT, BUCKET_MS, NOTHING, Figures, figures_of
from mediabeat.core.session import fold
from mediabeat.core.session_query import KINDS
from mediabeat.protocols.media_collection.requests import parse_event, parse_session_start
from mediabeat.storage.rollups.rollup_store import RollUpStore
from mediabeat.storage.session_items import start_item
from tests.benchmarks.database import PROJECT, Database, Units, database
from tests.benchmarks.figures import Reading, reading
from tests.benchmarks.service import LENGTH_S, half_hour, start_body
from tests.support.builders import BASE_MS

LOOKS_S: Final = (600, 1_200, 1_795)
"""The closer looks every ten minutes; at half of the sessions, it comes a third time before they close."""

STEP_S: Final = 10
VIEWERS: Final = 5_000
CONTENTS: Final = (50, 1, 1_000)
"""Contents of which so many viewers choose. The first number is the usual one."""

STREAM_SHARDS: Final = 4
WINDOW_S: Final = 20
"""A new table's stream has so many shards, and a batch has the records of so many seconds of one shard."""

MEASURED_AT_S: Final = (120, 1_500, 3_300)
"""Windows of an hour that are measured: its items grow."""

HOUR_MS_BEGINS: Final = BASE_MS // HOUR_MS * HOUR_MS + HOUR_MS
DAY_S: Final = 86_400


class Watched(NamedTuple):
    """A half-hour session: its number, and when it starts, in seconds of the measured hour."""

    number: int
    started_s: int


@cache
def versions(offset_ms: int) -> tuple[tuple[int, Figures], ...]:
    """Return what the start item of a session has, and from which second on; the session starts so late in a bucket."""
    begun = HOUR_MS_BEGINS + offset_ms
    shift = begun - BASE_MS
    events = [parse_session_start(start_body()), *map(parse_event, half_hour())]
    moved = [event._replace(ts=event.ts + shift) for event in events]
    start = Start(PROJECT, "PC", "VOD", "", "{}", begun, 0, b"")

    def figures(until_s: int, reason: str | None = None) -> Figures:
        some = [event for event in moved if event.ts <= begun + 1_000 * until_s]
        session = fold(some, ts_skew=0)
        return figures_of(session, start, measure(session, reason), last_at=some[-1].ts)

    looks = [(at, figures(at)) for at in LOOKS_S]
    return ((0, ATTEMPT), *looks, (LENGTH_S + 30, figures(LENGTH_S, CloseReason.COMPLETED)))


def changes(watched: Watched, random: Random, contents: int = 1) -> Iterator[Change]:
    """Yield the changes of a session's start item. Viewers choose among contents by Zipf's law."""
    begun = HOUR_MS_BEGINS + 1_000 * watched.started_s
    body = start_body()
    content = random.choices(range(contents), [1 / rank for rank in range(1, contents + 1)])[0]
    body["params"] |= {"media.id": f"episode-{content:08}", "media.name": f"A series, season 2, episode {content}"}
    device, video_type = random.choices(KINDS, (5, 1, 8, 2))[0]
    viewer = f"ad5aea06-fb78-41c7-b2ad-{watched.number if random.random() < 0.9 else random.randrange(99):012}"
    start = Start(PROJECT, device, video_type, viewer, "{}", begun, 0, pack(parse_session_start(body)))
    session = counted(f"{random.randrange(1 << 256):064x}", start, shard=0)
    assert session is not None
    stored = [one for one in versions(begun % BUCKET_MS) if one[0] != LOOKS_S[-1] or watched.number % 2]
    before = NOTHING
    for at, after in stored:
        yield Change(session, before, after, random.randbytes(8), begun / 1_000 + at)
        before = after


def store_on(engine: Database) -> tuple[RollUpStore, Units]:
    """Return a store on a table of its own, and what its requests cost."""
    client = engine.client()
    kept = {"retention_s": 90 * DAY_S, "rollup_retention_s": 400 * DAY_S}
    return RollUpStore(engine.new_table(), client, pause=lambda _: None, **kept), Units(client)


def busy(engine: Database, contents: int) -> dict[str, float]:
    """Count what is reported of 5,000 viewers in some windows of an hour, a batch for each shard of the stream."""
    random, (store, units) = Random(1), store_on(engine)
    per_step = VIEWERS * STEP_S / LENGTH_S
    first_s, last_s = MEASURED_AT_S[0] - LENGTH_S - 60, MEASURED_AT_S[-1] + WINDOW_S
    # Nothing is measured of these few: they make the items as wide as a busy project's are.
    few = [
        change
        for number, at in enumerate(range(first_s, last_s, 90))
        for change in changes(Watched(number, at), random, contents)
    ]
    few.sort(key=lambda change: change.at)
    sums = {"writes": 0.0, "reads": 0.0, "records": 0.0, "batches": 0.0, "starts": 0.0}
    for window_s in MEASURED_AT_S:
        begins = HOUR_MS_BEGINS / 1_000 + window_s
        earlier = [change for change in few if change.at < begins]
        store.count(earlier)
        few = few[len(earlier) :]
        reported: list[Change] = []
        for at in range(window_s - LENGTH_S - 60, window_s + WINDOW_S, STEP_S):
            count = int(per_step) + (random.random() < per_step % 1)
            for _ in range(count):
                every = changes(Watched(random.randrange(10**9), at), random, contents)
                reported += [change for change in every if begins <= change.at < begins + WINDOW_S]
        units.taken()
        for shard in range(STREAM_SHARDS):
            batch = [change for change in reported if int(change.counted.sid[:4], 16) % STREAM_SHARDS == shard]
            sums["batches"] += 1
            sums["records"] += len(batch)
            sums["starts"] += sum(change.before == NOTHING for change in batch)
            store.count(batch)
        spent = units.taken()
        sums["writes"] += spent.writes
        sums["reads"] += spent.reads
    # Records per session as they are in the long run; a window has a few starts more or less.
    per_record = {name: sums[name] / sums["records"] for name in ("writes", "reads")}
    return {
        "writes": per_record["writes"] * RECORDS,
        "reads": per_record["reads"] * RECORDS,
        "records_per_batch": sums["records"] / sums["batches"],
    }


RECORDS: Final = 4.5
"""Records of a session that count: its start, two or three looks, its close."""


def idle(engine: Database) -> dict[str, float]:
    """Count what is reported of two sessions, each record alone, in a project with no others."""
    random, (store, units) = Random(2), store_on(engine)
    reported = [change for number in (0, 1) for change in changes(Watched(number, 1_000 * number), random)]
    assert len(reported) == 2 * RECORDS
    for change in sorted(reported, key=lambda change: change.at):
        store.count([change])
    spent = units.taken()
    return {"writes": spent.writes / 2, "reads": spent.reads / 2}


def looks(engine: Database) -> float:
    """Return what the closer's figures cost a session: at each look a write of its own, at the close a part of the summary's."""
    client = engine.client()
    table, units = engine.new_table(), Units(client)
    event = parse_session_start(start_body())
    start = Start(PROJECT, "PC", "VOD", "ad5aea06-fb78-41c7-b2ad-716b685e32db", "{}", BASE_MS, 0, pack(event))
    item = start_item("5" * 64, start, shards=2, expires_at=BASE_MS)
    client.put_item(TableName=table, Item=item)
    units.taken()
    stored: Sequence[tuple[int, Figures]] = versions(0)
    for (_, before), (_, after) in pairwise(stored[:-1]):
        client.update_item(
            TableName=table,
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="SET was = :was, figures = :figures ADD version :one",
            ExpressionAttributeValues={
                ":was": {"B": before.to_bytes()},
                ":figures": {"B": after.to_bytes()},
                ":one": {"N": "1"},
            },
        )
    return units.taken().writes / len(LOOKS_S) * (len(LOOKS_S) - 0.5)


def roll_ups(rounds: int = 1) -> dict[str, Reading]:
    """Count the write units of roll-ups for each session."""
    with database() as engine:
        at_looks, in_idle = looks(engine), idle(engine)
        in_busy = {contents: busy(engine, contents) for contents in CONTENTS}
    many = {f"of_{contents}_contents": one["writes"] + at_looks for contents, one in in_busy.items()}
    usual = in_busy[CONTENTS[0]]
    details = {"looks": at_looks, "reads": usual["reads"], "records_per_batch": usual["records_per_batch"], **many}
    value = usual["writes"] + at_looks
    quiet = {"idle": in_idle["writes"] + at_looks, "idle_reads": in_idle["reads"]}
    return {"rollup_units_per_session": reading([value], **details, **quiet)}
