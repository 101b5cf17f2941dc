"""Botocore: the session of this process, the clients that are made of it, and its errors."""

import logging
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's own
from botocore.session import Session, get_session

from mediabeat.storage.clients.lean import NoAnswer, Refused

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ERRORS: Final = (ClientError, HTTPClientError, ConnectionError)  # its connect time-outs are not HTTPClientErrors


@cache
def aws() -> Session:
    """Return the one botocore session of this process. A second one would load all service descriptions again."""
    # Lambda gives the root logger the level of `LogLevel`. At DEBUG, botocore would log whole requests and answers: secrets,
    # session tokens and stored items. urllib3 would log a line for each request.
    for library in ("botocore", "urllib3"):
        logging.getLogger(library).setLevel(logging.WARNING)
    return get_session()


def dynamodb_client(connections: int = 1) -> "DynamoDBClient":
    """Return a thread-safe client that gives up within the few seconds for which players wait."""
    config = Config(
        # botocore builds its long user agent for each request, which takes a quarter of a call's time. Only this package builds
        # requests, so checking them against the API's model finds nothing.
        user_agent="mediabeat",
        parameter_validation=False,
        connect_timeout=1,
        read_timeout=2,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=connections,
    )
    # botocore, not boto3: boto3 also loads S3's transfer manager, a tenth of a cold start.
    return cast("DynamoDBClient", aws().create_client("dynamodb", config=config))


def own(error: Exception) -> Refused | NoAnswer:
    """Return one of ERRORS as an error of this package."""
    return Refused(dict(error.response), str(error)) if isinstance(error, ClientError) else NoAnswer(str(error))
