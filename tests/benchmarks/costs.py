"""What a deployment costs and where it meets a limit, computed from measured units and list prices."""

from typing import Final, NamedTuple

from tests.benchmarks import prices
from tests.benchmarks.prices import GB, MILLION
from tests.benchmarks.report import NOTHING, Results, markdown
from tests.benchmarks.service import LENGTH_S, PING_S
from tests.benchmarks.units import SELDOM_S
from tests.template import source

# What cannot be measured here, and is taken to be so.
TABLE_MS: Final = 5
"""An UpdateItem's way to the table and back."""

PLATFORM_LINES_BYTES: Final = 300
"""START, END and REPORT, which Lambda writes to the log for each call."""

EVENT_BYTES: Final = 500
"""An event as JSON, with what tells session and viewer, as a Firehose would deliver it."""

CROWDS: Final = (1_000, 10_000, 100_000, 1_000_000)
DAYS_A_MONTH: Final = 30
RETENTION_MONTHS: Final = int(source()["Parameters"]["RetentionDays"]["Default"]) / DAYS_A_MONTH
MEMORY_MB: Final[int] = source()["Globals"]["Function"]["MemorySize"]


class Session(NamedTuple):
    """Half an hour with pings at some interval, as it was measured."""

    events: float
    writes: float
    reads: float
    stored_bytes: float

    @property
    def million_events_in_1000_viewer_hours(self) -> float:
        """How many millions of events a thousand hours of viewing are."""
        return 1_000 * 3_600 / LENGTH_S * self.events / MILLION


def sessions(results: Results) -> tuple[Session, Session]:
    """Return the sessions with a ping each 10 s and each 30 s."""
    told: dict[str, float] = results["write_units_per_event"]["details"]
    return tuple(  # type: ignore[return-value]
        Session(*(told[f"{name}_ping_{ping_s}_s"] for name in ("events", "writes", "reads", "stored_bytes")))
        for ping_s in (10, 30)
    )


def call_ms(results: Results) -> float:
    """Return how long a call takes: its CPU, on the share of a core that its memory brings, and waiting for the table."""
    cpu_ms = results["warm_cpu_ratio"]["details"]["invocation_us"] / 1_000
    return TABLE_MS + float(cpu_ms) * prices.FULL_CORE_MB / MEMORY_MB


def cost_table(results: Results) -> str:
    """Return dollars per million events by what they are paid for, and what a thousand viewer-hours come to."""
    often, seldom = sessions(results)
    lambda_time = call_ms(results) / 1_000 * MEMORY_MB / 1_024 * prices.LAMBDA_A_GB_S * MILLION
    logs = PLATFORM_LINES_BYTES * MILLION / GB * prices.LOGS_A_GB
    firehose = prices.FIREHOSE_RECORD_BYTES * MILLION / GB * prices.FIREHOSE_A_GB
    s3 = EVENT_BYTES * MILLION / GB * prices.S3_A_GB_MONTH * RETENTION_MONTHS

    def units(session: Session) -> tuple[float, float, float]:
        stored_gb = session.stored_bytes / session.events * MILLION / GB
        return (
            session.writes / session.events * prices.WRITE_UNITS_A_MILLION,
            session.reads / session.events * prices.READ_UNITS_A_MILLION,
            stored_gb * (prices.TABLE_A_GB_MONTH + prices.BACKUP_A_GB_MONTH) * RETENTION_MONTHS,
        )

    called = (prices.LAMBDA_A_MILLION, lambda_time, logs)
    columns = [
        (prices.HTTP_API_A_MILLION, *called, *units(often), 0.0, 0.0),
        (prices.HTTP_API_A_MILLION, *called, *units(seldom), 0.0, 0.0),
        (prices.HTTP_API_A_MILLION, *called, 0.0, 0.0, 0.0, firehose, s3),
        (prices.REST_API_A_MILLION, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, firehose, s3),
    ]
    labels = (
        "API requests",
        "Lambda calls",
        f"Lambda time, {call_ms(results):.1f} ms of {MEMORY_MB} MB",
        "Lambda's own log lines",
        f"write units, {often.writes / often.events:.2f} and {seldom.writes / seldom.events:.2f}",
        f"read units at the close, {often.reads / often.events:.2f} and {seldom.reads / seldom.events:.2f}",
        f"table and its backup, {RETENTION_MONTHS:.0f} months",
        "Firehose, 5 KB a record",
        f"S3, {RETENTION_MONTHS:.0f} months",
    )
    rows = [[label, *(f"{one:.2f}" if one else NOTHING for one in line)] for label, *line in zip(labels, *columns, strict=True)]
    sums = [sum(column) for column in columns]
    rows.append(["**a million events**", *(f"**{one:.2f} $**" for one in sums)])
    for ping_s, session, ours in ((PING_S, often, (True, False)), (SELDOM_S, seldom, (False, True))):
        shown = (*ours, True, True)
        totals = [one * session.million_events_in_1000_viewer_hours for one in sums]
        label = (
            f"**1,000 viewer-hours, a ping each {ping_s} s** ({session.million_events_in_1000_viewer_hours:.3f} million events)"
        )
        rows.append([label, *(f"**{one:.2f} $**" if is_shown else NOTHING for one, is_shown in zip(totals, shown, strict=True))])
    head = [
        "$ per million events",
        "ping each 10 s",
        "ping each 30 s",
        "HTTP API → Lambda → Firehose → S3",
        "REST API → Firehose → S3",
    ]
    return markdown(head, rows)


def scale_table(results: Results) -> str:
    """Return what so many viewers at once ask of each part, with a ping each 10 s, and what it gives unless asked."""
    often, _ = sessions(results)
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
