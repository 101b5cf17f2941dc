"""A table on the engine, secrets on a stand-in, and the sample of events/ in both."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

import pytest
from botocore.session import get_session

from mediabeat.cli.local_cloud import sample
from mediabeat.cli.target import Target
from mediabeat.runtime.settings import server_clock
from tests.support.template import ROOT, table_definition

VIEWER_KEY: Final = "KEY-of-the-hashes-of-viewers"
TABLE: Final = "sample"
SESSION_TOKEN: Final = "TOKEN-of-the-role"
SECRET_ACCESS_KEY: Final = "SECRET-of-the-role"
ACCESS_KEY: Final = "AKIDOFTHEROLE"
ACCESS_KEY_SECRETS: Final = "mediabeat/sample/access-key/"


class Secrets(BaseHTTPRequestHandler):
    """What the functions and the sample need of Secrets Manager."""

    kept: Final[dict[str, str]] = {}

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers["x-amz-target"].endswith(".CreateSecret"):
            self.kept[asked["Name"]] = asked["SecretString"]
            self._answer(200, {"Name": asked["Name"]})
        elif asked["SecretId"] in self.kept:
            self._answer(200, {"Name": asked["SecretId"], "SecretString": self.kept[asked["SecretId"]]})
        else:
            self._answer(400, {"__type": "ResourceNotFoundException"})

    def _answer(self, status: int, body: dict[str, str]) -> None:
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class names it
        pass


@pytest.fixture(scope="session")
def secrets() -> Iterator[str]:
    """The address of the stand-in for Secrets Manager."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Secrets) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def deployment(engine: str, secrets: str) -> Target:
    """A deployment with the sample in it."""
    endpoints = {"dynamodb": engine, "secretsmanager": secrets}
    session = get_session()
    clients: dict[str, Any] = {name: session.create_client(name, endpoint_url=address) for name, address in endpoints.items()}
    clients["dynamodb"].create_table(TableName=TABLE, **table_definition())
    clients["secretsmanager"].create_secret(Name="viewer-key", SecretString=VIEWER_KEY)
    target = Target(TABLE, ACCESS_KEY_SECRETS, "viewer-key", 2, partial(clients.__getitem__))
    sample.keep(target, ROOT / "events", server_clock())
    return target


@pytest.fixture(scope="session")
def variables(deployment: Target, engine: str, secrets: str) -> dict[str, str]:
    """The environment of the functions of the deployment."""
    return {
        "TABLE_NAME": TABLE,
        "VIEWER_KEY_SECRET": "viewer-key",
        "ACCESS_KEY_SECRETS": ACCESS_KEY_SECRETS,
        "RETENTION_DAYS": "90",
        "ROLLUP_RETENTION_DAYS": "400",
        "QUIET_MINUTES": "10",
        "STUCK_MINUTES": "30",
        "MAX_AGE_HOURS": "24",
        "INDEX_SHARDS": "2",
        "POWERTOOLS_SERVICE_NAME": "mediabeat-prod",
        "AWS_ENDPOINT_URL_DYNAMODB": engine,
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": secrets,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_SESSION_TOKEN": SESSION_TOKEN,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
