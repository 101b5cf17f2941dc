"""The ingest function as it is shipped, in processes of its own: cold start, CPU, memory."""

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Final
from unittest import mock

from botocore.endpoint import Endpoint

import functions.ingest_event.app as ingest_event
from tests.benchmarks.database import database
from tests.benchmarks.figures import NotTaken, Reading, ratio, reading
from tests.benchmarks.layer import function_environment, scratch
from tests.benchmarks.service import Service, half_hour, request
from tests.support.builders import BASE_MS

SCRIPT: Final = Path(__file__).with_name("in_function.py")

HALF_FULL: Final = 25
"""Events in a head on the average, whose tail moves to a page at about fifty."""

COUNTED_CALLS: Final = 40
COLD_ROUNDS: Final = 2
"""Instructions hardly vary; the second round shows it."""

CALLGRIND: Final = ("--tool=callgrind", "--callgrind-out-file=/dev/null")
CACHEGRIND: Final = ("--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
"""Counts the same in half the time, but for a thousandth: enough for a difference."""

CLIENT_WITH_ROOTS: Final = """
import boto3, botocore.httpsession, ssl
boto3.client("dynamodb")
ssl.create_default_context(cafile=botocore.httpsession.get_cert_path(True))
"""
"""A client that can send its first request. botocore loads the certificates for that request, our client when it is made."""

_INSTRUCTIONS: Final = re.compile(r"I +refs: +([\d,]+)")


def cold_start(rounds: int) -> dict[str, Reading]:
    """Count the instructions of a cold start, and of a boto3 client's; details: what makes them up."""
    rounds = min(rounds, COLD_ROUNDS)
    cold, boto3, bare = ["invocation", _spec(calls=1)], ["-c", CLIENT_WITH_ROOTS], ["-c", "pass"]
    *counts, interpreter = _instructions_of([cold, boto3] * rounds + [bare], CALLGRIND)
    pairs = list(zip(counts[::2], counts[1::2], strict=True))
    million = {"cold_start": pairs[0][0], "boto3_client": pairs[0][1], "interpreter": interpreter}
    details = {f"{name}_million": count / 1e6 for name, count in million.items()}
    return {"cold_start_ratio": reading((ours / theirs for ours, theirs in pairs), **details)}


def warm_cpu(rounds: int) -> dict[str, Reading]:
    """Measure the CPU of an invocation and of an UpdateItem, and count the instructions of both where valgrind is there."""
    taken: list[tuple[float, float]] = json.loads(_run(["cpu", _spec(calls=200, rounds=4 * rounds + 1)]).stdout)
    details = {
        "invocation_us": 1e6 * reading(ours for ours, _ in taken).value,
        "update_us": 1e6 * reading(theirs for _, theirs in taken).value,
    }
    if shutil.which("valgrind"):
        details |= _warm_instructions()
    return {"warm_cpu_ratio": ratio(taken, **details)}


def _warm_instructions() -> dict[str, float]:
    """Count the instructions of a call: what many calls take more than one."""
    commands = [[task, _spec(calls=calls)] for task in ("invocation", "update") for calls in (1, 1 + COUNTED_CALLS)]
    ours_1, ours_many, theirs_1, theirs_many = _instructions_of(commands, CACHEGRIND)
    ours, theirs = (ours_many - ours_1) / COUNTED_CALLS, (theirs_many - theirs_1) / COUNTED_CALLS
    return {"instruction_ratio": ours / theirs, "invocation_instructions": ours, "update_instructions": theirs}


def memory(rounds: int) -> dict[str, Reading]:
    """Measure the peak memory of a function that has answered a thousand events."""
    return {"memory": reading(float(_run(["memory", _spec(calls=1_000)]).stdout) for _ in range(min(rounds, 3)))}


def _run(arguments: list[str], *before: str) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, *([] if arguments[0] == "-c" else [str(SCRIPT)]), *arguments]
    done = subprocess.run(command, env=function_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotTaken(f"a process of the function failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}")
    return done


def _instructions_of(commands: list[list[str]], tool: tuple[str, ...]) -> list[int]:
    """Count the instructions of Python processes, as many at a time as there are cores.

    Raises NotTaken.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise NotTaken("valgrind, which counts instructions, is not on the PATH")
    function_environment()  # made once, before the threads ask for it

    def count(arguments: list[str]) -> int:
        (told,) = _INSTRUCTIONS.findall(_run(arguments, valgrind, *tool).stderr)
        return int(told.replace(",", ""))

    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        return list(side_by_side.map(count, commands))


def _spec(**how_often: int) -> str:
    """Write down what a process is to do, and return the file's name."""
    path = scratch() / ("-".join(f"{name}-{count}" for name, count in how_often.items()) + ".json")
    path.write_text(json.dumps(_session() | how_often), encoding="utf-8")
    return str(path)


@cache
def _session() -> dict[str, Any]:
    """Return the pings of a session as API Gateway hands them over, and what a real table answers to one in the middle."""
    pings = [json.dumps(body) for body in half_hour() if body["eventType"] == "ping"]
    event = request("ingest_event")
    answers: list[str] = []
    send = Endpoint._send  # type: ignore[attr-defined]

    def listening(self: Endpoint, asked: Any) -> Any:
        answer = send(self, asked)
        answers.append(answer.text)
        return answer

    with database() as engine:
        service = Service(engine)
        sid = service.start()
        event["pathParameters"]["sid"] = sid
        with (
            mock.patch.object(ingest_event, "store", service.store),
            mock.patch.object(ingest_event, "server_clock", return_value=BASE_MS),
            mock.patch.object(Endpoint, "_send", listening),
        ):
            for body in pings[:HALF_FULL]:
                assert ingest_event.lambda_handler(event | {"body": body}, None)["statusCode"] == 204
    # The process that is measured has today's clock. An id that tells no skew keeps it from taking all pings for late ones.
    event["pathParameters"]["sid"] = "5" * len(sid)
    return {"event": event, "bodies": pings, "answer": answers[-1]}
