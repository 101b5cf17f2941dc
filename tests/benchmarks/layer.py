"""The layer as `sam build` makes it for this machine, and Python processes that run on it as a function does."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import boto3

from mediabeat.cli.local_cloud import deployment
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.terminal.failure import CommandFailed
from tests.benchmarks.figures import NotTaken, Reading, reading
from tests.support.environment import usual_environment
from tests.support.template import ROOT

NOWHERE = "http://127.0.0.1:9"
"""Building asks no endpoint."""

BOTO3 = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
"""What Lambda's runtime brings, compiled; a development environment need not."""


@cache
def scratch() -> Path:
    """Return a folder that lives as long as the run."""
    folder = Path(tempfile.mkdtemp(prefix="mediabeat-benchmarks-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def built_layer() -> Path:
    """Build the layer and return the folder that Lambda puts on the path.

    Raises NotTaken.
    """
    try:
        deployment.check_machine()
        deployment.build(ROOT, StateFolder(scratch()), NOWHERE)
    except CommandFailed as failure:
        raise NotTaken(f"the layer cannot be built: {failure.message}") from None
    return scratch() / "sam" / "build" / "MediabeatLayer" / "python"


@cache
def function_environment() -> dict[str, str]:
    """Return the environment of the ingest function's process: its parameters, its code, the layer, and boto3 compiled."""
    code = scratch() / "ingest_event"
    code.mkdir()
    shutil.copy(ROOT / "functions" / "ingest_event" / "app.py", code)
    packages = [str(Path(boto3.__file__).parents[1] / name) for name in BOTO3]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *packages], check=True)
    return usual_environment() | {
        "PYTHONPATH": os.pathsep.join([str(built_layer()), str(code)]),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def layer_size(rounds: int) -> dict[str, Reading]:
    """Measure the built layer."""
    sizes = [path.stat().st_size for path in built_layer().rglob("*") if path.is_file()]
    return {"layer_size": reading([sum(sizes) / 1e6], files=len(sizes))}
