"""What queries for charts and contents cost: read units, and processor time from the query to the body of the reply."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from mediabeat.core.close_rules import DAY_MS, HOUR_MS
from mediabeat.core.rollups.counters import Change, Counted, content_hash
from mediabeat.core.rollups.figures import BUCKET_MS, NOTHING, Figures
from mediabeat.core.rollups.names import is_counter
from mediabeat.core.session_query import KINDS
from mediabeat.protocols.media_analytics import chart_answers, chart_requests
from mediabeat.runtime.http_api import reply
from mediabeat.runtime.settings import settings
from mediabeat.storage.rollups.live_viewers import LiveViewers
from mediabeat.storage.rollups.rollup_queries import RollUpQueries
from mediabeat.storage.rollups.rollup_store import RollUpStore
from mediabeat.storage.table import Item
from mediabeat.use_cases import show_charts
from tests.benchmarks.cores import core
from tests.benchmarks.database import PROJECT, Database, Units, database, filled_database
from tests.benchmarks.figures import Reading, reading

CONTENTS: Final = 1_000
DAYS: Final = 7
HOURS: Final = 25
NOW: Final = 1_795_003_200_000 // DAY_MS * DAY_MS + 12 * HOUR_MS + 150_000
TABLE: Final = "charts"

LARGEST: Final = "full"
"""A project whose contents have a URL and are played in all four kinds. Few players send a URL, and few contents are live too."""

BUSY: Final = Figures(
    attempts=9_876,
    successes=9_765,
    played_ms=((0, 1_234_567_890),),
    outcome="played",
    time_to_start_ms=1_500,
    rebuffering_ms=12_345_678,
    score=894,
    is_good=True,
)
"""What a busy project adds to a bucket: numbers of as many digits."""

WEEK: Final = {"startDate": f"{datetime.fromtimestamp((NOW - (DAYS - 1) * DAY_MS) / 1_000, UTC):%Y-%m-%d}"}
UNALIGNED_DAY: Final = {"startDate": f"{datetime.fromtimestamp((NOW - DAY_MS) / 1_000, UTC):%Y-%m-%d %H:%M:%S}"}


def charts(rounds: int, contents: int = CONTENTS) -> dict[str, Reading]:
    """Ask for a page of so many contents, and for plays in steps of five minutes."""
    with database() as engine:
        items = list(_busy_items(engine))
    usual, largest = (PROJECT, ("0", "2")), (LARGEST, ("0", "1", "2", "3"))
    every = (*_contents(items, contents, *usual), *_contents(items, contents, *largest), *_hours(items))
    with core(1), filled_database({TABLE: every}) as engine, core(0):
        client = engine.lean_client()
        units = Units(client)
        queries = RollUpQueries(TABLE, client, index_shards=settings().index_shards)
        rollups = show_charts.RollUps(queries, LiveViewers(TABLE, client))

        def page(project: str = PROJECT) -> Any:
            query = chart_requests.parse_contents_query(WEEK | {"limit": "100"}, now=NOW)
            return chart_answers.contents_body(query, show_charts.most_played(project, query, rollups))

        def plays() -> Any:
            query = chart_requests.parse_chart_query(UNALIGNED_DAY, now=NOW)
            return chart_answers.play_count_body(query, show_charts.plays(PROJECT, query, rollups))

        assert page()["result"]["totalCount"] == contents
        assert page(LARGEST)["result"]["totalCount"] == 2 * contents
        buckets = [row["playSuccessCnt"] for row in plays()["result"]]
        assert (len(buckets), set(buckets)) == (289, {buckets[0]})
        raw = engine.client()
        of_largest = _cost(lambda: page(LARGEST), units, raw, "cd#", rounds)
        of_usual, of_hours = _cost(page, units, raw, "cd#", rounds), _cost(plays, units, raw, "h#", rounds)
        details = of_usual | {f"largest_{name}": value for name, value in of_largest.items()}
        return {
            "contents_units": reading([details.pop("units")], **details),
            "chart_units": reading([of_hours.pop("units")], **of_hours),
        }


def _cost(ask: Callable[[], Any], units: Units, raw: Any, items: str, rounds: int) -> dict[str, float]:
    """Return what a query costs, and its processor time as a multiple of reading the project's items with a default client."""

    def read() -> None:
        condition, values = "pk = :pk AND begins_with(sk, :sk)", {":pk": {"S": f"roll#{PROJECT}#0"}, ":sk": {"S": items}}
        for page in raw.get_paginator("query").paginate(
            TableName=TABLE, KeyConditionExpression=condition, ExpressionAttributeValues=values
        ):
            assert page["Items"]

    units.taken()
    reply(200, ask())
    spent = units.taken().reads
    taken = [(_cpu_ms(lambda: reply(200, ask())), _cpu_ms(read)) for _ in range(rounds)]
    cpu_ms, raw_ms = (min(each) for each in zip(*taken, strict=True))
    return {"units": spent, "cpu_ms": cpu_ms, "of_boto3_reads": cpu_ms / raw_ms}


def _cpu_ms(run: Callable[[], Any]) -> float:
    began = time.process_time()
    run()
    return 1_000 * (time.process_time() - began)


def _busy_items(engine: Database) -> Iterator[Item]:
    """Yield the counters of an hour and of a day in which every kind of session was seen in every bucket, and of a content."""
    client = engine.client()
    store = RollUpStore(
        (table := engine.new_table()), client, retention_s=1, rollup_retention_s=400 * 86_400, pause=lambda _: None
    )
    store.count(_changes())
    for page in client.get_paginator("scan").paginate(TableName=table):
        yield from (item for item in page["Items"] if item["pk"]["S"].startswith("roll#"))


def _changes() -> Iterator[Change]:
    hour_ms = NOW // HOUR_MS * HOUR_MS
    seen_in = ((0,), (1,), (2,), (3,), (0, 2), (1, 3), (0, 1), (0, 1, 2, 3))
    title, url = "The title of a content, as long as usual", "https://media.example.com/contents/0000/index.m3u8"
    for bucket in range(12):
        for viewer, kinds in enumerate(seen_in):
            for kind in kinds:
                at, name = hour_ms + bucket * BUCKET_MS, f"{bucket:02} {viewer} {kind}"
                about = Counted(name, PROJECT, 0, kind, f"{bucket} {viewer}", at, "content-0000", title, url)
                yield Change(about, NOTHING, BUSY, f"{name:<8}".encode()[:8], at / 1_000)


def _contents(items: Iterable[Item], contents: int, project: str, kinds: tuple[str, ...]) -> Iterator[Item]:
    """Yield the items of so many contents on seven days, played in these kinds; without a URL unless they are all."""
    [model] = [item for item in items if item["sk"]["S"].startswith("cd#")]
    played = {name: value for name, value in model.items() if not is_counter(name) or name[1] in kinds}
    about = {"pk": {"S": f"roll#{project}#0"}} | ({} if len(kinds) == len(KINDS) else {"url": {"S": ""}})
    for number in range(contents):
        name = f"content-{number:04}"
        for day in range(DAYS):
            date = f"{datetime.fromtimestamp((NOW - day * DAY_MS) / 1_000, UTC):%Y%m%d}"
            yield {**played, **about, "sk": {"S": f"cd#{date}#{content_hash(name)}"}, "id": {"S": name}}


def _hours(items: Iterable[Item]) -> Iterator[Item]:
    [model] = [item for item in items if item["sk"]["S"].startswith("h#")]
    for hour in range(HOURS):
        yield {**model, "sk": {"S": f"h#{datetime.fromtimestamp((NOW - hour * HOUR_MS) / 1_000, UTC):%Y%m%d%H}"}}
