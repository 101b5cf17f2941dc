"""Building template.yaml and deploying it to the emulator, with the tools that deploy it to AWS."""

import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import uv
from botocore.exceptions import BotoCoreError, ClientError

from mediabeat.cli.local_cloud import clients, make_shim, pinned_tools
from mediabeat.cli.local_cloud.state_folder import StateFolder
from mediabeat.cli.terminal.failure import CommandFailed

STACK = "mediabeat"
_BUCKET = "mediabeat-artifacts"
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # as in the template's Runtime
_PROCESSORS = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}


def source_folder() -> Path:
    """Return the checkout with template.yaml: the one that this package runs from, or the one around the current folder."""
    for folder in (*Path(__file__).resolve().parents, Path.cwd(), *Path.cwd().parents):
        if (folder / "template.yaml").is_file() and (folder / "layers" / "mediabeat").is_dir():
            return folder
    raise CommandFailed("No mediabeat checkout found. Change to the folder that holds template.yaml.")


def build(source: Path, folder: StateFolder, endpoint: str) -> None:
    """Run `sam build`, with the layer built for this machine and interpreter, because functions run on them here."""
    environment = _sam_environment(folder, endpoint) | {"LAYER_PYTHON": _PYTHON, "LAYER_PLATFORM": _platform()}
    arguments = ["--template", str(source / "template.yaml"), "--build-dir", str(_built(folder))]
    folder.deployment_log.write_bytes(b"")
    _sam("build", arguments, folder, environment)


def deploy(folder: StateFolder, endpoint: str, parameters: Mapping[str, str]) -> None:
    """Run `sam deploy` on the build; it creates the stack, or updates it and keeps its data."""
    # Our own bucket: --resolve-s3 would create a second stack for one, and wait 15 s for it.
    with closing(clients.client("s3", endpoint)) as storage:
        storage.create_bucket(Bucket=_BUCKET)
    # MiniStack 1.5.33 refuses alarms with metric math, and then the whole stack.
    overrides = {"ComputedAlarms": "off", "Runtime": f"python{_PYTHON}", "Architecture": _processor(), **parameters}
    arguments = [
        *("--template-file", str(_built(folder) / "template.yaml"), "--stack-name", STACK, "--s3-bucket", _BUCKET),
        *("--no-confirm-changeset", "--no-fail-on-empty-changeset", "--capabilities", "CAPABILITY_IAM"),
        *("--parameter-overrides", *(f"{name}={value}" for name, value in overrides.items())),
    ]
    began = datetime.now(UTC)
    try:
        _sam("deploy", arguments, folder, _sam_environment(folder, endpoint))
    except CommandFailed as failure:
        # SAM's log has the reasons too, but buried in a table of everything that was rolled back.
        raise CommandFailed("\n".join([failure.message, *_failures(endpoint, since=began)])) from None


def _failures(endpoint: str, since: datetime) -> Iterator[str]:
    try:
        with closing(clients.client("cloudformation", endpoint)) as stacks:
            pages = stacks.get_paginator("describe_stack_events").paginate(StackName=STACK)
            events = [event for page in pages for event in page["StackEvents"]]
    except (BotoCoreError, ClientError):
        return  # the emulator has ended or the stack does not exist; the log must do
    for event in events:
        if event["ResourceStatus"].endswith("_FAILED") and event["Timestamp"] >= since:
            yield f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'failed')}"


def outputs(endpoint: str) -> dict[str, str]:
    """Return the stack's outputs by name."""
    with closing(clients.client("cloudformation", endpoint)) as stacks:
        [stack] = stacks.describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def resources(endpoint: str) -> dict[str, str]:
    """Return the physical id of every resource of the stack by its name in the template."""
    with closing(clients.client("cloudformation", endpoint)) as stacks:
        found = stacks.describe_stack_resources(StackName=STACK)
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found["StackResources"]}


def check_machine() -> None:
    """Raise CommandFailed if the local cloud cannot run on this machine, before anything starts."""
    _processor()
    _platform()
    if _PYTHON not in _PYTHONS:
        raise CommandFailed(
            f"The local cloud needs Python {', '.join(_PYTHONS[:-1])} or {_PYTHONS[-1]}; this is Python {_PYTHON}."
        )


def _sam(command: str, arguments: list[str], folder: StateFolder, environment: Mapping[str, str]) -> None:
    with folder.deployment_log.open("ab") as log:
        done = subprocess.run(
            pinned_tools.command("aws-sam-cli", "sam", command, *arguments),
            env=environment,
            cwd=folder.sam,  # a folder without samconfig.toml, whose defaults are for AWS
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise CommandFailed(f"`sam {command}` failed.", folder.deployment_log)


def _built(folder: StateFolder) -> Path:
    return folder.sam / "build"


def _sam_environment(folder: StateFolder, endpoint: str) -> dict[str, str]:
    folder.sam.mkdir(exist_ok=True)
    environment = clients.environment(folder, endpoint)
    search = [str(Path(uv.find_uv_bin()).parent), environment.get("PATH", "")]  # the layer's Makefile calls uv
    if shutil.which("make") is None:
        make_shim.install(folder.stand_ins)
        search.insert(0, str(folder.stand_ins))
    return {
        **environment,
        "PATH": ":".join(search),
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.2",  # seconds instead of 5, because the emulator deploys at once
        "__SAM_CLI_APP_DIR": str(folder.sam / "app"),
    }


def _processor() -> str:
    machine = platform.machine().lower()
    if machine not in _PROCESSORS:
        raise CommandFailed(f"The local cloud needs a processor of type x86_64 or arm64; this machine has {machine}.")
    return _PROCESSORS[machine]


def _platform() -> str:
    """Return uv's name for this machine, to choose the layer's wheels."""
    processor = {"x86_64": "x86_64", "arm64": "aarch64"}[_processor()]
    if sys.platform == "darwin":
        return f"{processor}-apple-darwin"
    if sys.platform == "linux":
        musl = "musl" in str(sysconfig.get_config_var("SOABI"))
        return f"{processor}-unknown-linux-musl" if musl else f"{processor}-manylinux2014"
    raise CommandFailed(f"The local cloud runs on Linux and macOS; this is {sys.platform}.")
