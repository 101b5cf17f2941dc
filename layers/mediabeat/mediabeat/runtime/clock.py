"""The server's clock, which functions read and pass on; and waiting."""

import time


def server_clock() -> int:
    """Return the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def pause(duration_ms: int) -> None:
    """Wait for a number of milliseconds."""
    time.sleep(duration_ms / 1_000)
