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
_UNCHECKED = "test"  # `gate` looks at the access key id only, and the emulator accepts any signature

_INHERITED = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH"),
        *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    }
)
_INHERITED_PREFIXES = ("LC_", "UV_")
"""The variables that the emulator and SAM get from the user's shell. All others may hold secrets, or lead to a real account."""


def client(service: str, endpoint: str) -> Any:
    """Return a boto3 client of a service of the user's emulator, whatever profile or proxy the user has set."""
    make: Any = boto3.Session(botocore_session=Session(_NO_ACCOUNT), region_name=REGION).client
    credentials = {"aws_access_key_id": StateFolder.of_user().access_key_id(), "aws_secret_access_key": _UNCHECKED}
    return make(service, endpoint_url=endpoint, config=Config(proxies={}), **credentials)


def environment(folder: StateFolder, endpoint: str) -> dict[str, str]:
    """Return the environment for the emulator and SAM: a few variables of the user's, and the key of the emulator."""
    inherited = {name: value for name, value in os.environ.items() if name in _INHERITED or name.startswith(_INHERITED_PREFIXES)}
    local_hosts = ",".join(filter(None, [os.environ.get("NO_PROXY"), "localhost,127.0.0.1"]))
    nothing = str(folder.path / "no-such-file")
    return {
        **inherited,
        "AWS_ACCESS_KEY_ID": folder.access_key_id(),
        "AWS_SECRET_ACCESS_KEY": _UNCHECKED,
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
