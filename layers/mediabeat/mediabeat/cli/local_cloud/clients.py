"""AWS clients and the environment of tools, both for the emulator and never for a real AWS account."""

import os
import sys
from typing import Any

import boto3
from botocore.config import Config
from botocore.session import Session

from mediabeat.cli.local_cloud.state_folder import StateFolder

REGION = "us-east-1"

# boto3's sources for the user's profile and account, each replaced by nothing.
_NO_ACCOUNT = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}  # the emulator accepts any

# Prefixes of variables in the user's shell that would change the emulator, SAM, or their interpreter.
_NOT_INHERITED = ("AWS_", "SAM_CLI_", "MINISTACK_", "LOCALSTACK_", "LAMBDA_", "S3_", "PYTHON")


def client(service: str, endpoint: str) -> Any:
    """Return a boto3 client of a service of the emulator, whatever profile or proxy the user has set."""
    make: Any = boto3.Session(botocore_session=Session(_NO_ACCOUNT), region_name=REGION).client
    credentials = {name.lower(): value for name, value in _CREDENTIALS.items()}
    return make(service, endpoint_url=endpoint, config=Config(proxies={}), **credentials)


def environment(folder: StateFolder, endpoint: str) -> dict[str, str]:
    """Return the environment for the emulator and SAM: the user's, without anything that could lead to a real account."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
    local_hosts = ",".join(filter(None, [os.environ.get("NO_PROXY"), "localhost,127.0.0.1"]))
    nothing = str(folder.path / "no-such-file")
    return {
        **inherited,
        **_CREDENTIALS,
        "AWS_CONFIG_FILE": nothing,
        "AWS_SHARED_CREDENTIALS_FILE": nothing,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": local_hosts,
        "no_proxy": local_hosts,
        # Functions run on the emulator's interpreter, and the layer is built for it; use the one that runs this command.
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
    }
