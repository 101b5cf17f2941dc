"""Further runs of the function that is running, for work that one processor cannot do in time."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

_SLICE: Final = "slice"
"""The key of an event that names the slice of a run. The schedule's event has no such key."""


class SelfInvoke:
    """Starts further runs of a function; `create_client` makes the client of an AWS service by its name."""

    def __init__(self, create_client: Callable[[str], Any]) -> None:
        self._create_client = create_client

    @cached_property
    def _client(self) -> Any:
        return self._create_client("lambda")  # made when it is first needed: most deployments never do

    def slice_of(self, event: Mapping[str, Any], context: Any, *, slices: int) -> int:
        """Return which slice of the work this run does. The scheduled run does slice 0, and starts one run for each other slice.

        It does not wait for them.
        """
        if _SLICE in event:
            return int(event[_SLICE])
        for number in range(1, slices):
            payload = json.dumps({_SLICE: number}).encode()
            self._client.invoke(FunctionName=context.invoked_function_arn, InvocationType="Event", Payload=payload)
        return 0
