"""Further runs of the function that is just running, so that one which has more to do than a processor can is many."""

import json
from functools import cache
from typing import Any

from mediabeat.storage.dynamodb import aws


@cache
def lambda_client() -> Any:
    """Return the client, made when it is first needed: most deployments never do."""
    return aws().create_client("lambda")


def start_run(function_arn: str, event: dict[str, Any]) -> None:
    """Let a function run with an event, and do not wait for it."""
    lambda_client().invoke(FunctionName=function_arn, InvocationType="Event", Payload=json.dumps(event).encode())
