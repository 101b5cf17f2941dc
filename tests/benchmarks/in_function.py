"""Runs inside a new process that has the built layer and app.py on its path, as Lambda starts the ingest function.

`python in_function.py TASK SPEC`; SPEC is a JSON file: `event` as API Gateway makes it, `bodies`, and the `answer` of the table.
Imports nothing but what it measures, and writes what it found to stdout as JSON.
"""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from itertools import cycle
from pathlib import Path
from typing import Any

Call = Callable[[], None]


def stub_small_client(answer: list[bytes]) -> None:
    """Let every request of the function be answered with what `answer` holds, below signing and repeats."""
    from mediabeat.storage.clients.wire import Wire

    class Stub:
        def ask(self, request: bytes, left_s: Any) -> Any:
            return (200, {}, answer[0]), False

        def close(self) -> None:
            pass

    Wire._connected = lambda wire, left_s: Stub()  # type: ignore[assignment, return-value]


def stub_boto3(answer: list[bytes]) -> None:
    """Let every request of botocore be answered with what `answer` holds, below signing and retries."""
    from botocore.awsrequest import AWSResponse
    from botocore.endpoint import Endpoint

    class Raw(BytesIO):
        def stream(self) -> list[bytes]:
            return [self.read()]

    def send(self: Any, request: Any) -> Any:
        body = answer[0]
        headers = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "REQUEST", "content-length": str(len(body))}
        return AWSResponse(request.url, 200, headers, Raw(body))  # type: ignore[arg-type]

    Endpoint._send = send  # type: ignore[attr-defined]


def invocation(spec: Any) -> Call:
    """Import the function and return one invocation of it, each with the next event of a session."""
    app = import_module("app")
    events = cycle([spec["event"] | {"body": body} for body in spec["bodies"]])

    def invoke() -> None:
        answer = app.lambda_handler(next(events), None)
        assert answer["statusCode"] == 204, answer

    return invoke


def update() -> Call:
    """Return a conditional UpdateItem of a default client, of the size of the function's own."""
    import boto3

    stub_boto3([b"{}"])
    client = boto3.client("dynamodb")
    request: dict[str, Any] = {
        "TableName": "mediabeat-test",
        "Key": {"pk": {"S": "0" * 64}, "sk": {"S": "head"}},
        "UpdateExpression": "SET last_at = :now ADD tail :events",
        "ConditionExpression": "phase = :open AND due_at > :now AND last_at <= :now",
        "ExpressionAttributeValues": {
            ":now": {"N": "1795000000000"},
            ":open": {"S": "open"},
            ":events": {"BS": [b"0123456789abcde"]},
        },
    }

    def call() -> None:
        client.update_item(**request)

    return call


def peak_mb() -> float:
    """Return the peak resident set; from Linux's own account of this process, as getrusage counts its parent's as well."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1_024 / 1_000_000
    import resource

    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1_000_000  # macOS counts bytes


def interleaved(ours: Call, theirs: Call, spec: Any) -> list[tuple[float, float]]:
    """Return seconds of CPU per call, ours and theirs, of each round."""
    import gc
    import time

    calls: int = spec["calls"]

    def cpu_s(call: Call) -> float:
        gc.collect()
        began = time.thread_time()
        for _ in range(calls):
            call()
        return (time.thread_time() - began) / calls

    def one_round() -> tuple[float, float]:
        return cpu_s(ours), cpu_s(theirs)

    one_round()
    return [one_round() for _ in range(spec["rounds"])]


def main(task: str, spec: Any) -> Any:
    """Do one task."""
    if task == "update":
        call = update()
    else:
        call = invocation(spec)
        stub_small_client([spec["answer"].encode()])
    if task == "cpu":
        return interleaved(call, update(), spec)
    for _ in range(spec["calls"]):
        call()
    return peak_mb() if task == "memory" else None


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], json.loads(Path(sys.argv[2]).read_bytes()))))  # noqa: T201
