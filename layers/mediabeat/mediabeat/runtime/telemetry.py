"""The metrics that the functions publish to CloudWatch, in its embedded metric format: one log line for many requests.

A line costs more than a ping does, so a process adds up its counts and publishes them together, at most once a minute. Lambda
drops processes without notice, and the last counts with them. These figures are for dashboards and alarms; the table has the
exact ones.
"""

from collections.abc import Callable
from typing import Final, Literal

from mediabeat.core.close_rules import MINUTE_MS, CloseReason
from mediabeat.runtime.settings import server_clock

NAMESPACE: Final = "mediabeat"


class Metric:
    """One metric: its unit in CloudWatch, and what it means to the operator."""

    # Written out: every cold start makes this class, and a named tuple would compile its methods first.
    def __init__(self, unit: Literal["Count", "Milliseconds"], meaning: str) -> None:
        self.unit: Final = unit
        self.meaning: Final = meaning


_REFUSALS: Final = {
    400: "a rule was broken",
    401: "a key or a signature was wrong",
    404: "the session, the channel or the route does not exist",
    409: "the status of the channel does not allow the change",
    410: "the session was over or full, or a CMCD player reports to an unknown project",
    413: "the body was too large",
    500: "a defect of mediabeat",
    503: "the table refused for the moment",
}

_CLOSED: Final = {
    CloseReason.SESSION_END: "the player sent `sessionEnd`, or a downloaded session came without one",
    CloseReason.COMPLETED: "the player sent `sessionComplete` but no `sessionEnd`",
    CloseReason.NO_EVENTS: "no event arrived for `QuietMinutes`",
    CloseReason.NO_PLAYHEAD_PROGRESS: "the playhead did not move for `StuckMinutes`",
    CloseReason.MAX_AGE: "the session was older than `MaxAgeHours`",
}


def refused_metric(status: int) -> str:
    """Return the name of the metric that counts the requests refused with a status."""
    return f"Refused{status}"


def closed_metric(reason: CloseReason) -> str:
    """Return the name of the metric that counts the sessions closed for a reason."""
    return f"Closed{reason.title().replace('_', '')}"


METRICS: Final[dict[str, Metric]] = {
    "SessionsStarted": Metric("Count", "sessions that were stored"),
    "EventsAccepted": Metric("Count", "events that were stored"),
    "LinesSkipped": Metric("Count", "CMCD lines that could not be used; the log says why"),
    "AppendRetries": Metric("Count", "repeated attempts to store an event, because another event of the session came first"),
    **{refused_metric(status): Metric("Count", f"requests refused: {why}") for status, why in _REFUSALS.items()},
    "SessionsUnreadable": Metric("Count", "sessions in answers whose stored form could not be read, and so without figures"),
    **{closed_metric(reason): Metric("Count", f"sessions closed: {why}") for reason, why in _CLOSED.items()},
    "CloseLag": Metric("Milliseconds", "the longest delay of a run of the closer, from the time a session could be closed"),
    "SessionsNotClosed": Metric("Count", "sessions that a run of the closer could not close"),
    "RunIncomplete": Metric("Count", "1 if a run of the closer ended before it had reached every due session, else 0"),
    "RunsNotStarted": Metric("Count", "further runs of the closer that Lambda refused to start; see `IndexShards`"),
    "RollUpChanges": Metric("Count", "changes of sessions that the roll-ups counted"),
    "RollUpSkipped": Metric("Count", "records of the stream that could not be read, and so were not counted"),
}
"""Every metric by its name. The code, the dashboard in template.yaml and the table in OPERATIONS.md have these and no others."""


class Telemetry:
    """The figures of one process, until they are published. Every method raises KeyError for a name that METRICS lacks."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._figures: dict[str, int] = {}
        self._published_at: int | None = None

    @property
    def figures(self) -> dict[str, int]:
        """The figures that are not published yet."""
        return dict(self._figures)

    def count(self, name: str, number: int = 1) -> None:
        """Add to a count; adding 0 publishes nothing."""
        if name not in METRICS:
            raise KeyError(name)
        if number:
            self._figures[name] = self._figures.get(name, 0) + number

    def record(self, name: str, value: int) -> None:
        """Set a figure that is published even when it is 0."""
        if name not in METRICS:
            raise KeyError(name)
        self._figures[name] = value

    def publish_each_minute(self) -> None:
        """Publish if a minute has passed since the last line, or since the process was first asked to."""
        now = self._clock()
        if self._published_at is None:
            self._published_at = now
        elif now - self._published_at >= MINUTE_MS:
            self.publish()

    def publish(self, **fields: str) -> None:
        """Publish the figures in one log line, which also has these fields; without figures, write nothing."""
        # Imported here: most processes end before they publish, and a cold start should not pay for it.
        from aws_lambda_powertools import Metrics
        from aws_lambda_powertools.metrics import MetricUnit

        self._published_at = self._clock()
        figures, self._figures = self._figures, {}
        if not figures:
            return
        metrics = Metrics(namespace=NAMESPACE)
        for name, value in figures.items():
            metrics.add_metric(name, MetricUnit(METRICS[name].unit), value)
        for field, text in fields.items():
            metrics.add_metadata(field, text)
        metrics.flush_metrics()


process = Telemetry(server_clock)
"""The figures of this process. A test puts another one in its place."""


def load() -> None:
    """Import now what the first line needs, in a function that writes one in each call."""
    import aws_lambda_powertools.metrics  # noqa: F401


def count(name: str, number: int = 1) -> None:
    """Add to a count of this process."""
    process.count(name, number)


def record(name: str, value: int) -> None:
    """Set a figure of this process, which is published even when it is 0."""
    process.record(name, value)


def publish(**fields: str) -> None:
    """Publish the figures of this process in one log line, which also has these fields."""
    process.publish(**fields)
