"""Every function with its event of events/ on AWS's own runtime."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from mediabeat.cli.invocation import read_event, signed
from mediabeat.cli.local_cloud import sample
from mediabeat.runtime.settings import server_clock
from tests.aws.conftest import ACCESS_KEY, SECRET_ACCESS_KEY, SESSION_TOKEN, VIEWER_KEY
from tests.support.builders import wire
from tests.support.lambda_runtime import running
from tests.support.template import FUNCTIONS, ROOT

ANSWERS: Final = {
    "create_session": 201,
    "ingest_event": 204,
    "media_edge": 204,
    "receive_cmcd": 204,
    "recent_sessions": 200,
    "charts": 200,
    "channels": 200,
    "schemas": 200,
    "console": 200,
}


def sample_event(function: str) -> Any:
    """Return the function's event of events/; a signed call is signed now, as `mediabeat invoke` does."""
    event = read_event(ROOT / "events" / f"{function}.json")
    return signed(event, sample.SECRET, server_clock()) if function == "channels" else event


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_function_runs_on_lambdas_runtime_and_logs_no_secret_at_debug(
    function: str, variables: dict[str, str], tmp_path: Path
) -> None:
    event = sample_event(function)
    with running(function, variables, tmp_path / "log", level="DEBUG") as lambda_function:
        answer = lambda_function.call(event)
        assert answer.get("statusCode") == ANSWERS.get(function), lambda_function.log
        if function == "close_idle_sessions":
            assert (answer["failed"], answer["has_more"]) == (0, False)
        if function == "roll_up":
            assert answer == {"changes": 2, "sightings": 1, "skipped": 0}
        if function in ("recent_sessions", "charts"):
            assert json.loads(answer["body"])["result"] != []
        lambda_function.call(event | {"body": json.dumps(wire("sessionStart", customMetadata={"a": 1}))})
        log, lines = lambda_function.log, lambda_function.lines()
    assert "START RequestId" in log
    assert "boto3 is used" not in log
    secrets = (VIEWER_KEY, SESSION_TOKEN, SECRET_ACCESS_KEY, ACCESS_KEY, sample.API_KEY, sample.SECRET)
    assert [secret for secret in secrets if secret in log] == []
    assert [line["logger"] for line in lines if "logger" in line] == []  # Lambda names the library that wrote a line
