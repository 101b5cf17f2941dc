"""The server's clock, read at the edge and passed on from there."""

import time


def server_clock() -> int:
    """Return the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000
