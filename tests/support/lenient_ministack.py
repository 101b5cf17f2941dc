"""MiniStack that takes the whole template: it refuses alarms with metric math, and here it stores them without evaluating them.

Runs as a script in MiniStack's environment. It uses internals of MiniStack, whose version is pinned.
"""

from importlib import import_module
from typing import Any

SIMPLE = {"MetricName": "Computed", "Namespace": "Computed", "Metrics": None}


def main() -> None:
    """Run MiniStack."""
    provisioners: Any = import_module("ministack.services.cloudformation.provisioners")
    record = provisioners._cw_metric_alarm_record
    provisioners._cw_metric_alarm_record = lambda name, of: record(name, of | SIMPLE if of.get("Metrics") else of)
    import_module("ministack.app").main()


if __name__ == "__main__":
    main()
