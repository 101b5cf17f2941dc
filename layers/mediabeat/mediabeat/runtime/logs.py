"""The log lines of requests that were refused or failed, and of sessions that the closer could not close.

A line never holds a body, a value, a key, an address or a viewer's id. For input that breaks a rule it has the field and the
rule, without names that the caller chose.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final

from mediabeat.errors import (
    InvalidInput,
    MediabeatError,
    Problem,
    SessionClosed,
    SessionUnknown,
    StorageUnavailable,
)

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

MAX_PROBLEMS: Final = 3
MAX_CHARACTERS: Final = 120
"""Lines are paid for by the byte, and a line may not cost more than the request."""

MAX_NOT_CLOSED: Final = 10
"""Sessions that one run of the closer, or one list, logs: usually all fail for the same reason."""

MAX_SKIPPED: Final = 100
"""Projects and reasons for which a process logs skipped lines."""

_QUOTED: Final = re.compile(r"""'(\\.|[^'\\])*('|$)|"(\\.|[^"\\])*("|$)""")
"""Text in quotation marks, also without the second one: a rule may quote what the client sent."""


@cache
def logger() -> "Logger":
    """Return the logger, imported for the first line: most processes write none, and a cold start should not pay for it."""
    from aws_lambda_powertools import Logger

    return Logger(use_rfc3339=True, serialize_stacktrace=False)  # the exception's text has the stack trace already


def log_refusal(error: MediabeatError, status: int, subject: Mapping[str, str]) -> None:
    """Log that a request was refused, and why. `subject` has the request's route, project and session.

    Refusals for a session that is over, or a session or project that is unknown, are logged at DEBUG only: the player keeps
    pinging.
    """
    fields: dict[str, Any] = {"status": status, "error": type(error).__name__, **subject}
    if isinstance(error, StorageUnavailable):
        logger().warning("storage unavailable", reason=str(error), **fields)
    elif isinstance(error, SessionClosed | SessionUnknown) or status == 410:
        logger().debug("refused", **fields)
    elif isinstance(error, InvalidInput):
        logger().info("refused", problems=[_without_values(one) for one in error.problems[:MAX_PROBLEMS]], **fields)
    else:
        logger().info("refused", **fields)


def log_failure(subject: Mapping[str, str]) -> None:
    """Log the exception that is being handled: a defect."""
    fields: dict[str, Any] = {**subject}
    logger().exception("unexpected error", **fields)


def log_boto3_used(reason: str) -> None:
    """Log that a process uses boto3 where the small client would be cheaper, and what in its environment asks for that."""
    logger().warning("boto3 is used", reason=reason)


def log_not_closed(failures: Iterable[tuple[str, Exception]], context: Any) -> None:
    """Log the first sessions that the closer could not close, each with its error and the run's id."""
    run_id = getattr(context, "aws_request_id", None)
    for sid, error in islice(failures, MAX_NOT_CLOSED):
        logger().error("session not closed", session_id=sid, function_request_id=run_id, exc_info=error)


def log_unreadable(failures: Iterable[tuple[str | None, Exception]], subject: Mapping[str, str]) -> None:
    """Log the first sessions that could not be read: where the code stopped, but not the message, which may quote a value."""
    for sid, error in islice(failures, MAX_NOT_CLOSED):
        *_, last = extract_tb(error.__traceback__)
        where = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
        fields: dict[str, Any] = {**subject, **({"session_id": sid} if sid else {})}
        logger().error("session not readable", error=type(error).__name__, where=where, **fields)


_skipped: set[tuple[str, str]] = set()
"""What this process has logged of skipped lines: a player makes the same mistake in each request."""


def log_skipped(counts: Mapping[str, int], subject: Mapping[str, str]) -> None:
    """Log why lines of a project were skipped, each reason once in a process."""
    for reason, count in counts.items():
        known = subject.get("project", ""), reason
        if known not in _skipped and len(_skipped) < MAX_SKIPPED:
            _skipped.add(known)
            fields: dict[str, Any] = {**subject}
            logger().info("lines skipped", reason=reason, lines=count, **fields)


def log_runs_not_started(errors: Iterable[Exception], context: Any) -> None:
    """Log the first refusal to start a further run of the closer, with this run's id: the others have the same reason."""
    for error in islice(errors, 1):
        logger().error("run not started", function_request_id=getattr(context, "aws_request_id", None), exc_info=error)


def _without_values(problem: Problem) -> str:
    return _QUOTED.sub("…", problem.logged or f"{problem.field}: {problem.rule}")[:MAX_CHARACTERS]
