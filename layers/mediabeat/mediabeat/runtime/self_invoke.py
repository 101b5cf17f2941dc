"""Further runs of the function that is running, for work that one processor cannot do in time."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from threading import Lock
from types import TracebackType
from typing import Any, Final, Self

_SLICE: Final = "slice"
"""The key of an event that names the slice of a run. The schedule's event has no such key."""

SIDE_BY_SIDE: Final = 4
"""Runs that are started at a time: each takes some 20 ms, or seconds when Lambda does not answer."""


class SelfInvoke:
    """Starts further runs of a function; `session` returns the process's botocore session."""

    def __init__(self, session: Callable[[], Any]) -> None:
        self._session = session
        self._making = Lock()

    @cached_property
    def _client(self) -> Any:
        from botocore.config import Config  # made when it is first needed: most deployments never do

        # A run has 55 s, and Lambda takes such a call in milliseconds. The next scheduled run tries again.
        config = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
        return self._session().create_client("lambda", config=config)

    def run(self, event: Mapping[str, Any], context: Any, *, slices: int) -> "SlicedRun":
        """Return which slice this run does. The scheduled run does slice 0, and starts a run for each other slice meanwhile."""
        if _SLICE in event:
            return SlicedRun(int(event[_SLICE]), [])
        return SlicedRun(0, [partial(self._start, number, context) for number in range(1, slices)])

    def _start(self, number: int, context: Any) -> None:
        payload = json.dumps({_SLICE: number}).encode()
        with self._making:
            client = self._client
        client.invoke(FunctionName=context.invoked_function_arn, InvocationType="Event", Payload=payload)


class SlicedRun:
    """A run of one slice. While the block runs, other threads start the other runs; it does not wait for what those do.

    After the block, `refused` has the error of each run that could not be started. It ends neither this run nor the others.
    """

    def __init__(self, number: int, starts: list[Callable[[], None]]) -> None:
        self.number: Final = number
        self.refused: list[Exception] = []
        self._starts = starts

    def __enter__(self) -> Self:
        if self._starts:
            self._threads = ThreadPoolExecutor(SIDE_BY_SIDE)
            for start in self._starts:
                self._threads.submit(self._try, start)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Wait until all runs are started or refused."""
        if self._starts:
            self._threads.shutdown()

    def _try(self, start: Callable[[], None]) -> None:
        try:
            start()
        except Exception as error:
            self.refused.append(error)
