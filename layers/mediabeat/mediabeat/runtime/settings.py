"""What a function reads from its surroundings: the settings of its deployment, and the time."""

import os
import time
from functools import cache
from typing import Any, NamedTuple

from mediabeat.core.close_rules import HOUR_MS, MINUTE_MS, Limits
from mediabeat.core.event import SECONDS_PER_DAY


class Settings(NamedTuple):
    """The parameters of template.yaml, as the functions see them.

    `retention_s` counts from a session's start, and includes the longest life that a session can have.
    """

    table_name: str
    retention_s: int
    limits: Limits
    index_shards: int


@cache
def settings() -> Settings:
    """Return the deployment's settings.

    Raises KeyError with the name of a missing variable, and ValueError for a variable that is not a number.
    """
    env = os.environ
    limits = Limits(
        quiet_ms=round(float(env["QUIET_MINUTES"]) * MINUTE_MS),
        stuck_ms=round(float(env["STUCK_MINUTES"]) * MINUTE_MS),
        max_age_ms=round(float(env["MAX_AGE_HOURS"]) * HOUR_MS),
    )
    return Settings(
        table_name=env["TABLE_NAME"],
        retention_s=int(env["RETENTION_DAYS"]) * SECONDS_PER_DAY + limits.max_age_ms // 1_000,
        limits=limits,
        index_shards=int(env["INDEX_SHARDS"]),
    )


@cache
def viewer_key_secret() -> str:
    """Return the name of the secret with the key of viewers' hashes. Only the function that starts sessions has it.

    Raises KeyError with the name of the variable when it is missing.
    """
    return os.environ["VIEWER_KEY_SECRET"]


class RollUpSettings(NamedTuple):
    """The settings of the function that counts: how long it keeps what names a viewer, and how long counters."""

    table_name: str
    retention_s: int
    rollup_retention_s: int


@cache
def roll_up_settings() -> RollUpSettings:
    """Return the settings of the function that counts.

    Raises KeyError with the name of a missing variable, and ValueError for a variable that is not a number.
    """
    deployed = settings()
    return RollUpSettings(deployed.table_name, deployed.retention_s, int(os.environ["ROLLUP_RETENTION_DAYS"]) * SECONDS_PER_DAY)


class ChannelSettings(NamedTuple):
    """The settings of the channels' function; the names of its secrets begin with `access_key_secrets`."""

    table_name: str
    access_key_secrets: str


@cache
def channel_settings() -> ChannelSettings:
    """Return the settings of the channels' function.

    Raises KeyError with the name of a missing variable.
    """
    return ChannelSettings(os.environ["TABLE_NAME"], os.environ["ACCESS_KEY_SECRETS"])


def surroundings() -> dict[str, Any]:
    """Return what `storage.clients.lean.lean_client` needs of this process, by the names of its parameters."""
    return {
        "environment": os.environ,
        "clock": server_clock,
        "timer_s": time.monotonic,
        "pause": pause,
        "on_boto3": _log_boto3,
    }


def _log_boto3(reason: str) -> None:
    from mediabeat.runtime.logs import log_boto3_used  # hardly a deployment needs it

    log_boto3_used(reason)


def processor_s() -> float:
    """Return the processor time that this process has used, in seconds."""
    return time.process_time()


def server_clock() -> int:
    """Return the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def pause(duration_ms: int) -> None:
    """Wait for a number of milliseconds."""
    time.sleep(duration_ms / 1_000)
