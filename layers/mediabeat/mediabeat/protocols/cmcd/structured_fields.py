"""Dictionaries of Structured Fields (RFC 8941), as far as CMCD uses them.

A line that a strict parser reads is read the same way here. Real players also send strings that are not ASCII and numbers of any
length, for which a strict parser would refuse the whole line.
"""

import re
from typing import Any, Final, NamedTuple


class Token(str):
    """A bare word. It is not a string: `e=t` and `e="t"` differ."""

    __slots__ = ()


class Item(NamedTuple):
    """A member of an inner list, and its parameters."""

    value: Any
    params: dict[str, Any]


class NotStructured(ValueError):
    """The text is not a dictionary of Structured Fields."""


_KEY: Final = re.compile(r"[A-Za-z*][A-Za-z0-9_.*-]*")
_VALUE: Final = re.compile(
    r"""(?P<number>-?[0-9]{1,18}(?:\.[0-9]{1,18})?)
    |(?P<token>[A-Za-z*][!#$%&'*+.^_`|~:/0-9A-Za-z-]*)
    |"(?P<string>(?:[^"\\\x00-\x1f\x7f]|\\["\\])*)"
    |\?(?P<boolean>[01])
    |:(?P<bytes>[A-Za-z0-9+/=]*):
    |@(?P<date>-?[0-9]{1,15})""",
    re.VERBOSE,
)
_ESCAPED: Final = re.compile(r"\\(.)")
_COMMA: Final = re.compile(r"[ \t]*,[ \t]*")
_SPACES: Final = re.compile(" +")


def dictionary(text: str) -> dict[str, Any]:
    """Return the members of a dictionary: an int, float, str, Token or bool, or for an inner list a list of `Item`.

    The parameters of members are left out, and of a repeated key the last value counts. Raises NotStructured.
    """
    text = text.strip(" \t")
    members: dict[str, Any] = {}
    at = 0
    while at < len(text):
        key, at = _key(text, at)
        value: Any = True
        if text.startswith("=(", at):
            value, at = _inner_list(text, at + 2)
        elif text.startswith("=", at):
            value, at = _value(text, at + 1)
        _, at = _params(text, at)
        members[key] = value
        if at == len(text):
            break
        comma = _COMMA.match(text, at)
        if comma is None or comma.end() == len(text):
            raise NotStructured(f"no further member at {at}")
        at = comma.end()
    return members


def _key(text: str, at: int) -> tuple[str, int]:
    found = _KEY.match(text, at)
    if found is None:
        raise NotStructured(f"no key at {at}")
    return found.group(), found.end()


def _value(text: str, at: int) -> tuple[Any, int]:
    found = _VALUE.match(text, at)
    if found is None:
        raise NotStructured(f"no value at {at}")
    kind, value = found.lastgroup, found.group(found.lastgroup or 0)
    return _of_kind(kind, value), found.end()


def _of_kind(kind: str | None, value: str) -> Any:
    match kind:
        case "number":
            return float(value) if "." in value else int(value)
        case "token":
            return Token(value)
        case "string":
            return _ESCAPED.sub(r"\1", value) if "\\" in value else value
        case "boolean":
            return value == "1"
        case "date":
            return int(value)
        case _:
            return value.encode()


def _params(text: str, at: int) -> tuple[dict[str, Any], int]:
    params: dict[str, Any] = {}
    while text.startswith(";", at):
        spaces = _SPACES.match(text, at + 1)
        key, at = _key(text, spaces.end() if spaces else at + 1)
        value: Any = True
        if text.startswith("=", at):
            value, at = _value(text, at + 1)
        params[key] = value
    return params, at


def _inner_list(text: str, at: int) -> tuple[list[Item], int]:
    items: list[Item] = []
    while True:
        spaces = _SPACES.match(text, at)
        if spaces:
            at = spaces.end()
        elif items and not text.startswith(")", at):
            raise NotStructured(f"no space between members at {at}")
        if text.startswith(")", at):
            return items, at + 1
        value, at = _value(text, at)
        params, at = _params(text, at)
        items.append(Item(value, params))
