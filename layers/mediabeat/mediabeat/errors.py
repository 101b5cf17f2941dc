"""What can go wrong, in the words of the domain. Only `http.py` knows which status each becomes."""

from dataclasses import dataclass
from typing import Final

MAX_PROBLEMS: Final = 100
"""Problems that are told of one request: a body has room for more mistakes than an answer."""

MAX_FIELD: Final = 300
"""Characters of a field's path that are told: names in a body can be as long as the body."""


class MediabeatError(Exception):
    """Base of every error that a caller is told about."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule that the input broke: the field's path as on the wire, and the rule in words."""

    field: str
    rule: str


class InvalidInput(MediabeatError):
    """The input breaks rules; nothing of it was stored."""

    def __init__(self, *problems: Problem) -> None:
        told = [Problem(one.field[:MAX_FIELD], one.rule) for one in problems[:MAX_PROBLEMS]]
        unsaid = "; and more" if len(problems) > len(told) else ""
        super().__init__("; ".join(f"{problem.field}: {problem.rule}" for problem in told) + unsaid)
        self.problems = told


class BodyTooLarge(InvalidInput):
    """The body is larger than the route takes."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(Problem("body", f"must not be larger than {limit_bytes} bytes"))


class SessionUnknown(MediabeatError):
    """No session has this id: it was never issued, or its retention is over."""


class SessionClosed(MediabeatError):
    """The session has ended, or its time was up before the event came."""


class LargeSession(MediabeatError):
    """What a session's events count is more than its reader has room for."""


class NotFound(MediabeatError):
    """There is nothing of this name."""


class Unauthorized(MediabeatError):
    """The key or the project is missing or wrong."""


class ProjectExists(MediabeatError):
    """A project of this id is there already."""


class ArchiveUnusable(MediabeatError):
    """The folder of an archive cannot be used: not empty, not an archive, or damaged. The message names the place."""


class StorageUnavailable(MediabeatError):
    """The database refused for now; nothing was acknowledged, and the caller may try again."""
