"""The server's clock, set by a test."""

from tests.support.builders import BASE_MS


class Clock:
    """Returns `now`, in epoch milliseconds, until the test moves it."""

    def __init__(self) -> None:
        self.now = BASE_MS

    def __call__(self) -> int:
        return self.now

    def forward(self, *, minutes: float = 0, seconds: float = 0) -> None:
        """Move the clock."""
        self.now += round((minutes * 60 + seconds) * 1_000)
