"""The deployment that an operator's command works on: a stack in an AWS account, or the local cloud."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from mediabeat.cli.local_cloud import clients, deployment, lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder, Status
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.errors import StorageUnavailable
from mediabeat.storage.clients.lean import Refused
from mediabeat.storage.project_store import Registry
from mediabeat.storage.secrets import SecretStore, ViewerKey
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.storage.viewer_store import ViewerStore


@dataclass(frozen=True, slots=True)
class Target:
    """A deployment, described by the outputs of its stack; `cloud` is None for a stack in an AWS account."""

    table: str
    access_key_secrets: str
    viewer_key_secret: str
    index_shards: int
    client: Callable[[str], Any]
    cloud: Status | None = None

    @property
    def variables(self) -> dict[str, str]:
        """The variables with which a function outside the deployment uses its table and its secrets."""
        address = str(self.cloud.endpoint) if self.cloud else ""
        return {
            "TABLE_NAME": self.table,
            "VIEWER_KEY_SECRET": self.viewer_key_secret,
            "ACCESS_KEY_SECRETS": self.access_key_secrets,
            "INDEX_SHARDS": str(self.index_shards),
            "AWS_ENDPOINT_URL_DYNAMODB": address,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": address,
        }

    @property
    def registry(self) -> Registry:
        """The projects and access keys."""
        return Registry(self.table, self.client("dynamodb"))

    @property
    def secrets(self) -> SecretStore:
        """The secrets of the access keys."""
        return SecretStore(self.access_key_secrets, self.client("secretsmanager"))

    @property
    def store(self) -> Store:
        """The sessions."""
        return Store(self.table, self.client("dynamodb"), index_shards=self.index_shards)

    @property
    def queries(self) -> SessionQueries:
        """The queries about sessions."""
        return SessionQueries(self.table, self.client("dynamodb"))

    @property
    def starts(self) -> SessionStarts:
        """The way in for sessions of an archive."""
        return SessionStarts(self.table, self.client("dynamodb"), index_shards=self.index_shards)

    @property
    def viewers(self) -> ViewerStore:
        """The sessions of one viewer."""
        return ViewerStore(self.table, self.client("dynamodb"))

    @property
    def viewer_key(self) -> ViewerKey:
        """The key that hashes viewers' ids."""
        return ViewerKey(self.viewer_key_secret, partial(self.client, "secretsmanager"))


@contextmanager
def chosen(stack: str | None, region: str | None) -> Iterator[Target]:
    """Yield the deployment that --stack and --region name.

    Raises CommandFailed when it does not exist, or when AWS refuses a call inside the block.
    """
    if stack is None:
        if region is not None:
            raise click.UsageError("--region goes with --stack.")
        yield of_local_cloud(lifecycle.require(StateFolder.of_user()))
        return
    try:
        yield _of_stack(stack, boto3.Session(region_name=region).client)
    except (BotoCoreError, ClientError, Refused, StorageUnavailable) as error:
        raise CommandFailed(f"The stack {stack!r}: {error}") from error


def of_local_cloud(cloud: Status) -> Target:
    """Return the local cloud as a deployment."""
    assert cloud.endpoint, "the local cloud is up"
    return _target(deployment.outputs(cloud.endpoint), partial(clients.client, endpoint=cloud.endpoint), cloud)


def _of_stack(stack: str, client: Callable[..., Any]) -> Target:
    found = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return _target({output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}, client)


def _target(outputs: dict[str, str], client: Callable[[str], Any], cloud: Status | None = None) -> Target:
    try:
        values = outputs["TableName"], outputs["AccessKeySecrets"], outputs["ViewerKeySecret"], int(outputs["IndexShards"])
        return Target(*values, client, cloud)
    except KeyError as error:
        update = "sam build && sam deploy" if cloud is None else "mediabeat up"
        raise CommandFailed(f"The stack has no output {error.args[0]}; update it with: {update}") from None
