"""What the functions count, and when they tell CloudWatch: in its embedded metric format, a line that stands for many requests.

A line costs more than a ping does, so counts stay in the process and are told together, at most once a minute. What a process
has counted since is lost when Lambda drops it: these figures are for eyes and alarms, the exact ones are in the table.
"""

from collections import Counter
from typing import Final

from mediabeat.runtime.clock import server_clock

NAMESPACE: Final = "mediabeat"
EVERY_MS: Final = 60_000

_counts: Counter[str] = Counter()
_told_at: int | None = None


def count(name: str, number: int = 1) -> None:
    """Count what has just happened, `number` times."""
    _counts[name] += number


def tell_each_minute() -> None:
    """Tell the counts if a minute has passed since that was done last, or since the process was first asked."""
    global _told_at
    now = server_clock()
    if _told_at is None:
        _told_at = now
    elif now - _told_at >= EVERY_MS:
        tell()


def tell(**about: str) -> None:
    """Tell the counts now, in one line that says besides what it is about; nothing when nothing was counted."""
    global _told_at
    # Here, so that a cold start does not pay for it.
    from aws_lambda_powertools import Metrics
    from aws_lambda_powertools.metrics import MetricUnit

    counted, _told_at = {name: number for name, number in dict(_counts).items() if number}, server_clock()
    _counts.clear()
    if not counted:
        return
    metrics = Metrics(namespace=NAMESPACE)
    for name, number in counted.items():
        metrics.add_metric(name, MetricUnit.Count, number)
    for name, value in about.items():
        metrics.add_metadata(name, value)
    metrics.flush_metrics()
