"""What a deployment costs and where it meets a limit, computed from measured units and list prices."""

from typing import Final, NamedTuple

from tests.benchmarks import prices
from tests.benchmarks.prices import GB, MILLION
from tests.benchmarks.report import NOTHING, Results, markdown
from tests.benchmarks.service import LENGTH_S, PING_S
from tests.benchmarks.units import SELDOM_S, TOGETHER
from tests.support.template import source

# What cannot be measured here, and is taken to be so.
TABLE_MS: Final = 5
"""An UpdateItem's way to the table and back."""

EVENT_BYTES: Final = 500
"""An event as JSON, with what tells session and viewer, as a Firehose would deliver it."""

CROWDS: Final = (1_000, 10_000, 100_000, 1_000_000)
RETENTION_MONTHS: Final = int(source()["Parameters"]["RetentionDays"]["Default"]) / 30
MEMORY_MB: Final[int] = source()["Globals"]["Function"]["MemorySize"]

KINDS: Final = {
    "often": f"a ping each {PING_S} s",
    "seldom": f"each {SELDOM_S} s",
    "together": f"each {PING_S} s, {TOGETHER} to a request",
}


class Session(NamedTuple):
    """Half an hour of viewing, as it was measured."""

    events: float
    requests: float
    writes: float
    reads: float
    stored_bytes: float


class Bill(NamedTuple):
    """Dollars of a million events, by what they are paid for."""

    requests: float
    calls: float = 0
    time: float = 0
    writes: float = 0
    reads: float = 0
    table: float = 0
    firehose: float = 0
    s3: float = 0


LABELS: Final = ("API requests", "Lambda calls", "Lambda time", "write units", "read units", "table, backup", "Firehose", "S3")
"""In the order of a bill."""


def sessions(results: Results) -> dict[str, Session]:
    """Return the measured sessions by kind."""
    told: dict[str, float] = results["write_units_per_event"]["details"]
    return {kind: Session(*(told[f"{kind}_{name}"] for name in Session._fields)) for kind in KINDS}


def call_ms(results: Results) -> float:
    """Return how long a call takes: its CPU, on the share of a core that its memory brings, and waiting for the table."""
    cpu_ms = results["warm_cpu_ratio"]["details"]["invocation_us"] / 1_000
    return TABLE_MS + float(cpu_ms) * prices.FULL_CORE_MB / MEMORY_MB


def bill(session: Session, results: Results) -> Bill:
    """Return what a million events of such sessions cost."""
    requests = session.requests / session.events
    call_gb_s = call_ms(results) / 1_000 * MEMORY_MB / 1_024
    gb_months = session.stored_bytes / session.events * MILLION / GB * RETENTION_MONTHS
    return Bill(
        requests=requests * prices.HTTP_API_A_MILLION,
        calls=requests * prices.LAMBDA_A_MILLION,
        time=requests * call_gb_s * prices.LAMBDA_A_GB_S * MILLION,
        writes=session.writes / session.events * prices.WRITE_UNITS_A_MILLION,
        reads=session.reads / session.events * prices.READ_UNITS_A_MILLION,
        table=gb_months * (prices.TABLE_A_GB_MONTH + prices.BACKUP_A_GB_MONTH),
    )


def cost_table(results: Results) -> str:
    """Return dollars per million events by what they are paid for, and what a thousand viewer-hours come to."""
    measured = sessions(results)
    bills = {KINDS[kind]: bill(session, results) for kind, session in measured.items()}
    delivered = Bill(
        requests=prices.REST_API_A_MILLION,
        firehose=prices.FIREHOSE_RECORD_BYTES * MILLION / GB * prices.FIREHOSE_A_GB,
        s3=EVENT_BYTES * MILLION / GB * prices.S3_A_GB_MONTH * RETENTION_MONTHS,
    )
    called = bills[KINDS["often"]]
    bills["HTTP API → Lambda → Firehose → S3"] = delivered._replace(
        requests=prices.HTTP_API_A_MILLION, calls=prices.LAMBDA_A_MILLION, time=called.time
    )
    bills["REST API → Firehose → S3"] = delivered
    rows = [
        [label, *(f"{one:.2f}" if one else NOTHING for one in line)] for label, *line in zip(LABELS, *bills.values(), strict=True)
    ]
    rows.append(["**a million events**", *(f"**{sum(one):.2f}**" for one in bills.values())])
    often, seldom, _ = (1_000 * 3_600 / LENGTH_S * session.events / MILLION for session in measured.values())
    hours = zip((often, seldom, often, often, often), bills.values(), strict=True)
    rows.append(["**1,000 viewer-hours**", *(f"**{millions * sum(one):.2f}**" for millions, one in hours)])
    return markdown(["$", *bills], rows)


def scale_table(results: Results) -> str:
    """Return what so many viewers at once ask of each part, with a ping each 10 s, and what it gives unless asked."""
    often = sessions(results)["often"]
    told: dict[str, float] = results["write_units_per_event"]["details"]
    events, starts = often.events / LENGTH_S, 1 / LENGTH_S
    shard = f"{prices.PARTITION_WRITES_A_SECOND:,} a shard"
    table = f"{prices.TABLE_WRITES_A_SECOND:,} (a table); {prices.NEW_TABLE_WRITES_A_SECOND:,} (one that is new)"
    a_viewer = {
        "requests/s": (events, f"{prices.API_REQUESTS_A_SECOND:,} (API Gateway, account and region)"),
        "calls at once": (events * call_ms(results) / 1_000, f"{prices.LAMBDA_CONCURRENCY:,} (Lambda, account and region)"),
        "table writes/s": (often.writes / LENGTH_S, table),
        "starts/s, and closes/s": (starts, f"{results['closes_per_s']['value']:.0f} closes/s on a core (measured)"),
        "writes/s to `due`": (told["writes_of_due"] * starts, shard),
        "writes/s to `newest`": (told["writes_of_newest"] * starts, f"{shard} of a project's device and video type"),
    }
    rows = [[what, *(f"{crowd * each:,.0f}" for crowd in CROWDS), limit] for what, (each, limit) in a_viewer.items()]
    return markdown(["viewers at once", *(f"{crowd:,}" for crowd in CROWDS), "limit, unless asked for more"], rows)
