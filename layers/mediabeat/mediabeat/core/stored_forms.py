"""How code reads a stored form that another release wrote, older or newer than itself.

Two releases share one table during a deployment, after a rollback, and as long as sessions are kept. Hence these rules:

* A reader ignores what it does not know: a field, an attribute, a value after the last known one.
* A field that is missing reads as None, which means "not known", where its type permits None. Otherwise it reads as the neutral
  value of its type: zero, false, empty. Unknown is not zero, so the type of a new field has to permit None.
* A word that it does not know, such as a new close reason, stays the word that it is. No branch of this release acts on it.
* Fields that are stored by position (a log line, the totals) are only ever added, at the end.
* What identifies a thing (a key, a phase, a moment) has no default: without it there is nothing to read.

Construction stays strict: code that makes a value names every field, and mypy and pydantic complain about one that is missing.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Self, get_args, get_origin


class StoredWord(StrEnum):
    """A word that is stored. A reader takes one of a later release as it is; `is_known` tells that this release has it."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_ = word._value_ = value
        return word

    @property
    def is_known(self) -> bool:
        """Whether this release knows the word."""
        return any(self is one for one in type(self))


def neutral(kind: Any) -> Any:
    """Return what a missing field of a type reads as: None where the type permits it, else zero, false or empty."""
    return None if type(None) in get_args(kind) else (get_origin(kind) or kind)()


def by_position(stored: Sequence[Any], missing: tuple[Any, ...]) -> list[Any]:
    """Return stored values for as many fields as `missing` has, with its values where the stored ones end earlier."""
    return [*stored[: len(missing)], *missing[len(stored) :]]


def by_name(stored: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """Return the stored values of these fields, as far as they are there."""
    return {name: stored[name] for name in fields if name in stored}
