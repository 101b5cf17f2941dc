"""How fast stored events become metrics, on one core."""

import gc
import random
import time
from collections.abc import Callable

from mediabeat.core.event_codec import pack, unpack
from mediabeat.core.metrics import measure
from mediabeat.core.records import Head, Phase, StoredSession
from mediabeat.core.session import fold
from mediabeat.core.summary import summarize
from mediabeat.protocols.media_collection.requests import parse_event, parse_session_start
from tests.benchmarks.figures import Reading, reading
from tests.benchmarks.service import half_hour, start_body

REPEATS = 40


def folding(rounds: int) -> dict[str, Reading]:
    """Fold and measure the half-hour session; details: reading it from its packed form, and all that the closer does of it."""
    events = [parse_session_start(start_body()), *map(parse_event, half_hour())]
    random.Random(0).shuffle(events)
    packed = frozenset(map(pack, events))
    stored = StoredSession("0" * 64, Head(Phase.CLOSED, 0, 0), None, packed, None)
    work: dict[str, Callable[[], object]] = {
        "fold_and_measure": lambda: measure(fold(events)),
        "fold": lambda: fold(events),
        "unpack": lambda: [unpack(one) for one in packed],
        "unpack_fold_and_measure": lambda: measure(fold(map(unpack, packed))),
        "summarize": lambda: summarize(stored).to_bytes(),
    }
    gc.freeze()  # what only tests load is not in a function's process either, to be looked through again and again
    rates: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, do in work.items():
            rates[name].append(len(events) * REPEATS / _cpu_s(do))
    details = {f"{name}_per_s": reading(taken).value for name, taken in rates.items()}
    return {"fold_events_per_s": reading(rates["fold_and_measure"], **details)}


def _cpu_s(do: Callable[[], object]) -> float:
    gc.collect()
    began = time.thread_time()
    for _ in range(REPEATS):
        do()
    return time.thread_time() - began
