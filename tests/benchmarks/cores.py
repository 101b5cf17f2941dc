"""Which core does what: the engine on one, what is measured on another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def core(number: int) -> Iterator[None]:
    """Keep this process, and those that it starts meanwhile for good, on one core, where the system lets it be chosen."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(allowed)[number % len(allowed)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
