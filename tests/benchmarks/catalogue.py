"""Which benchmark takes which figures, in the order in which they run."""

from collections.abc import Callable
from typing import Final

from tests.benchmarks import charts, closer, counting, folding, layer, queries, shipped, throughput, units
from tests.benchmarks.figures import Reading

Benchmark = Callable[[int], dict[str, Reading]]

BENCHMARKS: Final[dict[Benchmark, tuple[str, ...]]] = {
    units.write_units: ("write_units_per_event", "write_units_per_session_start", "write_units_per_close"),
    counting.roll_ups: ("rollup_units_per_session",),
    shipped.cold_start: ("cold_start_ratio",),
    shipped.warm_cpu: ("warm_cpu_ratio",),
    throughput.durable_events: ("durable_events_per_s", "durable_cpu_ratio"),
    folding.folding: ("fold_events_per_s",),
    queries.recent: ("recent_cost",),
    charts.charts: ("contents_units", "chart_units"),
    closer.idle: ("closer_idle_units",),
    closer.closes: ("closes_per_s", "units_per_close"),
    layer.layer_size: ("layer_size",),
    shipped.memory: ("memory",),
}


def taking(name: str) -> Benchmark:
    """Return the benchmark that takes a figure."""
    return next(benchmark for benchmark, names in BENCHMARKS.items() if name in names)
