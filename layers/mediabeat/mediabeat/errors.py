"""Errors in the words of the domain. The protocols decide which status each error becomes."""

from typing import Final, NamedTuple

MAX_PROBLEMS: Final = 100
"""Problems listed for one request: a body has room for more mistakes than a reply."""

MAX_FIELD: Final = 300
"""Characters of a field's path in a problem: the names in a body can be as long as the body."""


class MediabeatError(Exception):
    """An error that the caller gets to know."""


class Problem(NamedTuple):
    """One rule that the input broke: the field's path as on the wire, and the rule in words.

    `logged` is what the log says of it, if field or rule contain something that the caller chose.
    """

    field: str
    rule: str
    logged: str = ""


class InvalidInput(MediabeatError):
    """The input breaks rules; nothing of it was stored."""

    def __init__(self, *problems: Problem) -> None:
        listed = [Problem(one.field[:MAX_FIELD], one.rule, one.logged) for one in problems[:MAX_PROBLEMS]]
        more = "; and more" if len(problems) > len(listed) else ""
        super().__init__("; ".join(f"{problem.field}: {problem.rule}" for problem in listed) + more)
        self.problems = listed


class ProjectUnknown(InvalidInput):
    """The request names a project that does not exist."""


class BodyTooLarge(InvalidInput):
    """The body is larger than the route accepts."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(Problem("body", f"must not be larger than {limit_bytes} bytes"))


class CostsTooMuch(InvalidInput):
    """What the request would store needs more write units than one request may use."""

    def __init__(self, what: str, *, needed: int, most: int) -> None:
        rule = f"{what} may use {most} write units of 1 KB; this one needs {needed} after hashing and compression"
        super().__init__(Problem("body", rule))


class SessionUnknown(MediabeatError):
    """No session has this id: it was never issued, or its retention is over."""


class SessionClosed(MediabeatError):
    """The session is over or full."""


class LargeSession(MediabeatError):
    """The session's events weigh more than its reader has room for."""


class NotFound(MediabeatError):
    """The thing with this name does not exist."""


class Unauthorized(MediabeatError):
    """The key, the signature or the project is missing or wrong."""


class ProjectExists(MediabeatError):
    """A project with this id exists already."""


class ArchiveUnusable(MediabeatError):
    """The folder of an archive cannot be used: not empty, not an archive, or damaged. The message names the place."""


class StorageUnavailable(MediabeatError):
    """The database refuses for the moment. Nothing was acknowledged, and the caller may try again."""
