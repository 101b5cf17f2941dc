"""The deployment that an operator's command works on: a stack in an AWS account, or the local cloud."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError

from mediabeat.cli.local_cloud import clients, deployment, lifecycle
from mediabeat.cli.local_cloud.state_folder import StateFolder, Status
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core.event import SECONDS_PER_DAY
from mediabeat.errors import StorageUnavailable
from mediabeat.storage.clients.lean import Refused
from mediabeat.storage.project_store import Registry
from mediabeat.storage.rollups.rollup_repairs import RollUpRepairs
from mediabeat.storage.secrets import SecretStore, ViewerKey
from mediabeat.storage.session_queries import SessionQueries
from mediabeat.storage.session_starts import SessionStarts
from mediabeat.storage.session_store import Store
from mediabeat.storage.viewer_store import ViewerStore
from mediabeat.use_cases.check_roll_ups import RollUpChecks


@dataclass(frozen=True, slots=True)
class Target:
    """A deployment, described by the outputs of its stack; `cloud` is None for a stack in an AWS account."""

    table: str
    access_key_secrets: str
    viewer_key_secret: str
    index_shards: int
    client: Callable[[str], Any]
    cloud: Status | None = None
    retention_days: int | None = None  # None in a stack of a release without charts
    rollup_retention_days: int | None = None

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
    def roll_up_checks(self) -> RollUpChecks:
        """The way to check and correct the charts' counters. Raises CommandFailed if the stack has none."""
        if self.retention_days is None or self.rollup_retention_days is None:
            raise CommandFailed(f"The stack has no output RollupRetentionDays; update it with: {_update(self.cloud)}")
        repairs = RollUpRepairs(
            self.table,
            self.client("dynamodb"),
            index_shards=self.index_shards,
            retention_s=self.retention_days * SECONDS_PER_DAY,
            rollup_retention_s=self.rollup_retention_days * SECONDS_PER_DAY,
        )
        return RollUpChecks(self.queries, self.store, self.registry, repairs, shards=self.index_shards)

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
        with of_local_cloud(lifecycle.require(StateFolder.of_user())) as found:
            yield found
        return
    try:
        with _made_once(boto3.Session(region_name=region).client) as client:
            yield _of_stack(stack, client)
    except (BotoCoreError, ClientError, Refused, StorageUnavailable) as error:
        raise CommandFailed(f"The stack {stack!r}: {error}") from error


@contextmanager
def of_local_cloud(cloud: Status) -> Iterator[Target]:
    """Yield the local cloud as a deployment."""
    assert cloud.endpoint, "the local cloud is up"
    with _made_once(partial(clients.client, endpoint=cloud.endpoint)) as client:
        yield _target(deployment.outputs(cloud.endpoint), client, cloud)


@contextmanager
def _made_once(make: Callable[..., Any]) -> Iterator[Callable[[str], Any]]:
    """Yield what makes the client of each service once. The clients hang up with the block."""
    with ExitStack() as stack:
        yield cache(lambda service: stack.enter_context(closing(make(service))))


def _of_stack(stack: str, client: Callable[[str], Any]) -> Target:
    found = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return _target({output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}, client)


def _target(outputs: dict[str, str], client: Callable[[str], Any], cloud: Status | None = None) -> Target:
    try:
        values = outputs["TableName"], outputs["AccessKeySecrets"], outputs["ViewerKeySecret"], int(outputs["IndexShards"])
        kept = (int(outputs[name]) if name in outputs else None for name in ("RetentionDays", "RollupRetentionDays"))
        return Target(*values, client, cloud, *kept)
    except KeyError as error:
        raise CommandFailed(f"The stack has no output {error.args[0]}; update it with: {_update(cloud)}") from None


def _update(cloud: Status | None) -> str:
    return "sam build && sam deploy" if cloud is None else "mediabeat up"
