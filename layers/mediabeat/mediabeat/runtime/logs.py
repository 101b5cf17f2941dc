"""What a request leaves in the log: a line when it is refused or fails; `counting` does the rest.

Never a body, a value, a key, an address or a viewer's id: of input that breaks a rule, the field and the rule.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from mediabeat.errors import InvalidInput, MediabeatError, Problem, SessionClosed, SessionUnknown, StorageUnavailable

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

PROJECT: Final = "project"
"""Under this name a handler adds the project to its request, as soon as it is known."""

SESSION_ID_LENGTH: Final = 64

PROBLEMS: Final = 5
CHARACTERS: Final = 200
"""A line is paid for by the byte, and the caller chooses the names of fields."""

_QUOTED: Final = re.compile(r"""'(\\.|[^'\\])*'|"(\\.|[^"\\])*\"""")
"""What a rule quotes may be what the caller sent."""


@cache
def logger() -> "Logger":
    """Return the logger, imported with the first line: most processes log none, and cold starts should not pay for it."""
    from aws_lambda_powertools import Logger

    return Logger()


def log_refusal(error: MediabeatError, status: int, event: dict[str, Any], **rest: Any) -> None:
    """Log that a request was refused, and why.

    That a session is over, or never was, is told to each later ping of its player too: that is for debugging only.
    """
    told: dict[str, Any] = {"status": status, "error": type(error).__name__, **_subject(event), **rest}
    if isinstance(error, StorageUnavailable):
        logger().warning("storage unavailable", reason=str(error), **told)
    elif isinstance(error, SessionClosed | SessionUnknown):
        logger().debug("refused", **told)
    elif isinstance(error, InvalidInput):
        logger().info("refused", problems=[_without_values(one) for one in error.problems[:PROBLEMS]], **told)
    else:
        logger().info("refused", **told)


def log_failure(event: dict[str, Any], **rest: Any) -> None:
    """Log the exception that is being handled, which nobody expected."""
    logger().exception("unexpected error", **_subject(event), **rest)


def _subject(event: dict[str, Any]) -> dict[str, Any]:
    """Return a request's route, and its project and session as far as they are known."""
    told = {"route": event.get("routeKey"), PROJECT: event.get(PROJECT), "session_id": _session_id(event)}
    return {name: value for name, value in told.items() if value}


def _session_id(event: dict[str, Any]) -> str | None:
    """Return the session's id in a request's path; what is no such thing may be a viewer's id."""
    named = event.get("pathParameters") or {}
    given: str = named.get("sid") or named.get("uuid") or ""
    return given if len(given) == SESSION_ID_LENGTH and given.isalnum() else None


def _without_values(problem: Problem) -> str:
    return f"{problem.field[:CHARACTERS]}: {_QUOTED.sub('…', problem.rule)[:CHARACTERS]}"
