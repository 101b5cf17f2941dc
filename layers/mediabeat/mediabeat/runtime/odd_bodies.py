"""Bodies that are not plain JSON in UTF-8: what can be repaired, and what has to be refused with a clear message."""

import re
from contextlib import suppress
from typing import Any, Final

from pydantic_core import from_json

from mediabeat.errors import InvalidInput, Problem

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_GZIP_FIRST: Final = b"\x1f"
"""A gateway may have replaced the bytes that follow, as they are not UTF-8. No JSON begins with this one."""

_NOT_UTF_8: Final = (b"\xff\xfe", b"\xfe\xff", "\ufffd\ufffd".encode())
"""The byte order marks of UTF-16, and what a gateway may make of one."""

_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""One escape, or the two of a surrogate pair. The group matches a surrogate without its other half."""


def read_odd_body(body: bytes) -> Any:
    """Return the JSON value in a body, repaired if need be.

    Raises InvalidInput.
    """
    with suppress(ValueError):
        return from_json(body, allow_inf_nan=False)
    try:
        return from_json(repaired(body), allow_inf_nan=False)
    except ValueError as error:
        raise InvalidInput(Problem("body", encoding_problem(body) or f"must be JSON: {error}")) from None


def repaired(body: bytes) -> bytes:
    """Return a body without a byte order mark of UTF-8, and with U+FFFD for every lone surrogate that is escaped.

    Players cut titles at a number of UTF-16 units, which may be the middle of an emoji.
    """
    return _ESCAPE.sub(_without_lone_surrogate, body.removeprefix(_BYTE_ORDER_MARK))


def _without_lone_surrogate(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape[1] else escape[0]


def encoding_problem(body: bytes) -> str | None:
    """Return the rule that a body in another encoding breaks; None for a body that may be UTF-8."""
    if body.startswith(_GZIP_FIRST):
        return "must not be compressed; it looks like gzip. Send JSON in UTF-8"
    if body.startswith(_NOT_UTF_8) or b"\0" in body[:4]:
        return "must be UTF-8; it looks like UTF-16 or UTF-32. Send JSON in UTF-8"
    return None
