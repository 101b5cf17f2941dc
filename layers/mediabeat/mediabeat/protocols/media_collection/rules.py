"""The rules that a parameter's value has to meet, without pydantic: what meets one for certain needs no model to be loaded."""

import re
from collections.abc import Mapping
from typing import Any, Final

MAX_NUMBER: Final = 10**12
"""No player means a larger number: it is a terabit per second, or 30,000 years in seconds."""

MAX_TEXT: Final = 4_096
"""Characters of a value. Adobe's reports show 255, and the signed URL of an ad's file may have about two thousand."""

MAX_NAME: Final = 128
"""Characters of a name."""

MAX_ENTRIES: Final = 250
"""Parameters of an event, and entries of its custom metadata. Adobe has 250 custom variables (eVars)."""

MAX_DEPTH: Final = 8
"""Levels of nesting in the value of an unknown parameter."""

MAX_UNKNOWN_NUMBER: Final = 2**63
"""The number of an unknown parameter may be an id of 64 bits."""

_HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")
"""Half of a character outside the basic plane, which no text may hold."""


class Rule:
    """What a value has to be. Each kind of rule is a pydantic type in `schema`."""

    def fits(self, _value: Any, /) -> bool:
        """Return whether a value meets the rule for certain; False where only the pydantic type knows."""
        return False


class Text(Rule):
    """A text of so many characters, and of this pattern as a whole if one is given."""

    def __init__(self, *, least: int = 0, most: int = MAX_TEXT, pattern: str = "") -> None:
        self.least, self.most, self.pattern = least, most, pattern

    def fits(self, value: Any, /) -> bool:
        """Say so of a text."""
        if type(value) is not str or not self.least <= len(value) <= self.most:
            return False
        if self.pattern:
            return re.fullmatch(self.pattern, value) is not None
        return value.isascii() or not _HALF_CHARACTER.search(value)


class Number(Rule):
    """A number within bounds."""

    def __init__(self, *, least: int = -MAX_NUMBER, most: int = MAX_NUMBER) -> None:
        self.least, self.most = least, most

    def fits(self, value: Any, /) -> bool:
        """Say so of a number; NaN is within no bounds."""
        return type(value) in (int, float) and self.least <= value <= self.most


class Whole(Number):
    """A whole number within bounds; 3.0 is one too."""

    def fits(self, value: Any, /) -> bool:
        """Say so of a whole number."""
        return super().fits(value) and value == int(value)


class Flag(Rule):
    """True or false."""

    def fits(self, value: Any, /) -> bool:
        """Say so of both."""
        return type(value) is bool


class ListOf(Rule):
    """A list of objects with these fields."""

    def __init__(self, fields: "Fields") -> None:
        self.fields = fields

    def fits(self, value: Any, /) -> bool:
        """Say so of a list of objects that have only these fields."""
        return type(value) is list and all(type(one) is dict and self.fields.fit(one) for one in value)


class MapOf(Rule):
    """An object whose values are objects with these fields, under any names."""

    def __init__(self, fields: "Fields") -> None:
        self.fields = fields


class Fields:
    """The fields of an object, by their names, and its own name in the JSON Schemas."""

    def __init__(self, name: str, required: Mapping[str, Rule] | None = None, optional: Mapping[str, Rule] | None = None) -> None:
        self.name = name
        self.required = required or {}
        self.rules = {**self.required, **(optional or {})}

    def fit(self, given: Mapping[str, Any], unknown: tuple[str, ...] | None = None) -> bool:
        """Return whether an object has these fields for certain. Others need one of these prefixes, and a plain value."""
        if len(given) > MAX_ENTRIES or not self.required.keys() <= given.keys():
            return False
        for name, value in given.items():
            rule = self.rules.get(name)
            if rule is None:
                if unknown is None or not name.startswith(unknown) or not name.isascii() or broken_rule({name: value}):
                    return False
                rule = _ANYTHING.get(type(value))
            if rule is None or not rule.fits(value):
                return False
        return True


TEXT, NUMBER, WHOLE, FLAG = Text(), Number(), Whole(), Flag()
_ANYTHING: Final[dict[type, Rule]] = {
    str: TEXT,
    bool: FLAG,
    int: Number(least=-MAX_UNKNOWN_NUMBER, most=MAX_UNKNOWN_NUMBER),
    float: Number(least=-MAX_UNKNOWN_NUMBER, most=MAX_UNKNOWN_NUMBER),
}
"""The rules of an unknown parameter's value; the models decide about lists, objects and null."""


def broken_rule(value: Any, level: int = 0) -> str:
    """Return the rule that a JSON value breaks, or an empty text."""
    match value:
        case str():
            return f"must not be longer than {MAX_TEXT} characters" if len(value) > MAX_TEXT else ""
        case int() | float() if not -MAX_UNKNOWN_NUMBER <= value <= MAX_UNKNOWN_NUMBER:
            return "must be a number of at most 64 bits"
        case dict() | list() if level > MAX_DEPTH:
            return f"must not be nested deeper than {MAX_DEPTH} levels"
        case dict() if any(len(name) > MAX_NAME for name in value):
            return f"must not have a name longer than {MAX_NAME} characters"
        case dict() | list():
            inner = value.values() if isinstance(value, dict) else value
            return next(filter(None, (broken_rule(one, level + 1) for one in inner)), "")
    return ""
