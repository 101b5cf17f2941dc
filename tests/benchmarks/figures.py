"""The figures: what each is, what is asked of it, and where its physical limit lies."""

from collections.abc import Callable, Iterable
from statistics import median
from typing import Final, NamedTuple

COMPARED: Final = {"boto3": "1.44.8", "botocore": "1.44.8"}
"""The versions that the figures "of boto3" are ratios to. A figure must not change because somebody else makes a release."""

OF_BOTO3: Final = "of boto3"


class NotTaken(Exception):
    """A figure cannot be taken on this machine; the message says why."""


class Reading(NamedTuple):
    """One figure as it was taken: the median of its rounds, the least and the greatest of them, and what stands behind it."""

    value: float
    low: float
    high: float
    rounds: int
    details: dict[str, float]


def reading(values: Iterable[float], **details: float) -> Reading:
    """Return the reading that these rounds make."""
    taken = sorted(values)
    return Reading(median(taken), taken[0], taken[-1], len(taken), details)


def ratio(pairs: Iterable[tuple[float, float]], **details: float) -> Reading:
    """Return the reading of a ratio: the two medians', which a busy machine moves less than the rounds' own."""
    taken = list(pairs)
    above, below = (median(each) for each in zip(*taken, strict=True))
    return reading((one / other for one, other in taken), **details)._replace(value=above / below)


class Target(NamedTuple):
    """What is asked of a figure, in words and as a condition."""

    text: str
    holds: Callable[[Reading], bool]


def at_most(most: float) -> Target:
    """Ask for a value of at most so much."""
    return Target(f"≤ {most:g}", lambda taken: taken.value <= most)


def at_least(least: float) -> Target:
    """Ask for a value of at least so much."""
    return Target(f"≥ {least:,g}", lambda taken: taken.value >= least)


class Figure(NamedTuple):
    """One figure: `how` it is taken, its `target` (none: it is stated only), and the `limit` that physics or AWS sets."""

    name: str
    what: str
    unit: str
    how: str
    target: Target | None = None
    limit: str = ""


_FIGURES: Final = (
    Figure(
        "write_units_per_event",
        "all write units of a session / its events",
        "write units",
        "half an hour, a ping each 10 s, an ad break, two pauses; start, close, both indexes; ConsumedCapacity of an engine",
        at_most(1.15),
        "1: a durable write is one unit",
    ),
    Figure(
        "write_units_per_session_start",
        "write units to start a session",
        "write units",
        "the same session: its first request; three items, of which two have an index entry",
        None,
        "2: one item and its entry in the list",
    ),
    Figure(
        "write_units_per_close",
        "write units to close a session",
        "write units",
        "the same session: the closer's run that closes it; the summary is written to the table and to the list",
        None,
        "3: the summary, its copy in the list, the mark",
    ),
    Figure(
        "rollup_units_per_session",
        "write units of roll-ups for a session",
        "write units",
        "half an hour, 4.5 changes of its figures, and the closer's writes of them; 5,000 viewers, 50 contents by Zipf's law, "
        "batches of 20 s of a stream with 4 shards; details: with other numbers of contents, and each change alone (idle)",
        Target("≤ 13, idle ≤ 55", lambda taken: taken.value <= 13 and taken.details["idle"] <= 55),
    ),
    Figure(
        "cold_start_ratio",
        "cold start of the ingest function / boto3's DynamoDB client",
        OF_BOTO3,
        "callgrind instructions of a new interpreter that imports app.py with the built layer and answers a ping, HTTP stubbed / "
        "of one that makes boto3.client('dynamodb'), with .pyc; both load the same 126 certificates",
        at_most(0.75),
        "about 0.25: the interpreter, TLS and the certificates",
    ),
    Figure(
        "warm_cpu_ratio",
        "CPU of one ingest invocation / one boto3 UpdateItem",
        OF_BOTO3,
        "thread time of lambda_handler on API Gateway's event / of a default client's conditional UpdateItem; built layer, "
        "one process, HTTP stubbed, rounds interleaved",
        at_most(0.25),
        "about 0.1: signing one request",
    ),
    Figure(
        "durable_events_per_s",
        "acknowledged events per second / raw boto3 UpdateItems that append",
        OF_BOTO3,
        "lambda_handler in a process of one core, engine with a file on another / a loop of a default client's conditional "
        "UpdateItems that keep as much, on the same engine (of_raw_updates: that overwrite one small item); rounds interleaved",
        at_least(1.25),
        "one request an event",
    ),
    Figure(
        "durable_cpu_ratio",
        "processor time per durable event over HTTP / per raw boto3 UpdateItem",
        OF_BOTO3,
        "the same run: user and system time of lambda_handler's process / of the loop that overwrites one small item; no TLS",
        at_most(0.65),
        "about 0.1: the system calls of one request",
    ),
    Figure(
        "fold_events_per_s",
        "events folded and measured per second and core",
        "events/s",
        "measure(fold(events)) of the half-hour session in shuffled order; thread time",
        at_least(100_000),
    ),
    Figure(
        "recent_cost",
        "read units of the default query at 100,000 sessions / at 1,000",
        "ratio",
        "GET /v1/sessionRecent without parameters: 100 results of which 5 are open; two tables of one engine, asked in turns",
        Target(
            "≤ 1.1, latency ≤ 1.5",
            lambda taken: taken.value <= 1.1 and taken.details["latency_ratio"] <= 1.5,
        ),
        "1: the answer is the same",
    ),
    Figure(
        "contents_units",
        "read units of a page of 1,000 contents, 7 days",
        "read units",
        "GET /v1/contentsSummary with limit=100, until the reply's JSON: contents with a title, played daily on PC and Mobile "
        "(largest: with a URL, in all four kinds); of_boto3_reads: a default client that reads the same items",
        Target("≤ 150, ≤ 500 ms of a core", lambda taken: taken.value <= 150 and taken.details["cpu_ms"] <= 500),
        "the contents' items, at 4 KB a half unit",
    ),
    Figure(
        "chart_units",
        "read units of plays in 24 hours, in steps of 5 minutes",
        "read units",
        "GET /v1/charts/playCnt of 24 unaligned hours, 289 buckets, in a project that is busy in all four kinds",
        Target("≤ 10, ≤ 200 ms of a core", lambda taken: taken.value <= 10 and taken.details["cpu_ms"] <= 200),
        "25 items, at 4 KB a half unit",
    ),
    Figure(
        "closer_idle_units",
        "read units of a closer's run with nothing due, 100,000 sessions open",
        "read units",
        "one run on a table of 100,000 open sessions, and on one of 100",
        Target("the same at 100", lambda taken: taken.value == taken.details["at_100"]),
        "½ a partition: an empty query",
    ),
    Figure(
        "closes_per_s",
        "sessions closed per second by one closer",
        "sessions/s",
        "1,000 due half-hour sessions, one run of the closer with 16 threads, engine on another core",
    ),
    Figure(
        "units_per_close",
        "read and write units per closed session, 1,000 due",
        "units",
        "the same run; details: reads and writes, and the same with 100 due",
        Target("in proportion to what is due", lambda taken: taken.value <= 1.01 * taken.details["at_100"]),
    ),
    Figure(
        "layer_size",
        "the layer, unpacked",
        "MB",
        "all files that `sam build` leaves for this machine's Python and processor, .pyc files included",
        at_most(20),
    ),
    Figure(
        "memory",
        "peak memory of the ingest function",
        "MB",
        "peak resident set of a new process with the built layer after 1,000 events, certificates loaded",
        at_most(40),
        "512 MB are given (template.yaml)",
    ),
)

FIGURES: Final = {figure.name: figure for figure in _FIGURES}
"""All figures by name, in the order in which they are told."""
