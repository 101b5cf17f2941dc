"""The server's clock, read at the edge and passed on from there; and waiting."""

import time


def server_clock() -> int:
    """Return the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def pause(duration_ms: int) -> None:
    """Do nothing for a while."""
    time.sleep(duration_ms / 1_000)
