"""What a deployment sets, read once from the environment."""

import os
from dataclasses import dataclass
from functools import cache

from mediabeat.core.close_rules import Limits

MINUTE_MS = 60_000
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """The parameters of template.yaml, as the functions see them."""

    table_name: str
    retention_s: int
    limits: Limits
    index_shards: int


@cache
def settings() -> Settings:
    """Return the deployment's settings.

    Raises KeyError with the name of a variable that is missing, ValueError for one that is not a number.
    """
    env = os.environ
    return Settings(
        table_name=env["TABLE_NAME"],
        retention_s=int(env["RETENTION_DAYS"]) * DAY_S,
        limits=Limits(
            quiet_ms=round(float(env["QUIET_MINUTES"]) * MINUTE_MS),
            stuck_ms=round(float(env["STUCK_MINUTES"]) * MINUTE_MS),
            max_age_ms=round(float(env["MAX_AGE_HOURS"]) * 60 * MINUTE_MS),
        ),
        index_shards=int(env["INDEX_SHARDS"]),
    )


@cache
def viewer_key_secret() -> str:
    """Return which secret holds the key of viewers' hashes: told to the function that starts sessions, and to no other.

    Raises KeyError with the name of the variable when it is missing.
    """
    return os.environ["VIEWER_KEY_SECRET"]


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """What the channels' function is told besides: `access_key_secrets` is what the names of its secrets begin with."""

    table_name: str
    access_key_secrets: str


@cache
def channel_settings() -> ChannelSettings:
    """Return the settings of the channels' function.

    Raises KeyError with the name of a variable that is missing.
    """
    return ChannelSettings(os.environ["TABLE_NAME"], os.environ["ACCESS_KEY_SECRETS"])
