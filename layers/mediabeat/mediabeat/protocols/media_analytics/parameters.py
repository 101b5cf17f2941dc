"""How the parameters of queries are read. A `Parameter` is written once: parser and OpenAPI document are made from it."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from mediabeat.core.session_query import DEFAULT_SPAN_MS, DEVICES, VIDEO_TYPES
from mediabeat.errors import InvalidInput, Problem

_NUMBER: Final = re.compile("[0-9]{1,4}")
_DATE: Final = re.compile("[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_CLOCK: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
MOMENT: Final = re.compile(rf"{_DATE.pattern}([ Tt]{_CLOCK}:[0-5][0-9](\.[0-9]{{1,6}})?([Zz]|[ +-]{_CLOCK})?)?")
"""A date, or a date and a time of day. An offset may begin with a space: a `+` that a client did not encode.

The year 0000 matches too, and a day that its month does not have."""


class Parameter(NamedTuple):
    """A query parameter: its JSON Schema, and how its text is read. `read` raises ValueError with the rule that was broken."""

    name: str
    schema: dict[str, Any]
    read: Callable[[str], Any]


class Moment(NamedTuple):
    """A moment, and the last millisecond of the day or of the second that its text names."""

    first: int
    last: int


class Given(NamedTuple):
    """The parameters of a request: the values that are right, and what is wrong with the others."""

    values: dict[str, Any]
    problems: list[Problem]

    def span(self, now: int) -> tuple[int, int]:
        """Return the span of time from `startDate` to `endDate` in epoch milliseconds, both included; the last 7 days by default.

        A span that ends before it begins becomes one of the problems.
        """
        until: int = self.values["endDate"].last if "endDate" in self.values else now
        since: int = self.values["startDate"].first if "startDate" in self.values else until - DEFAULT_SPAN_MS
        if since > until and not self.problems:
            self.problems.append(Problem("startDate", "must not be after endDate"))
        return since, until

    def check(self) -> None:
        """Raise InvalidInput if a parameter is wrong."""
        if self.problems:
            raise InvalidInput(*self.problems)


def given(parameters: Mapping[str, str], known: Iterable[Parameter]) -> Given:
    """Read the known parameters of a request; others are ignored."""
    read = Given({}, [])
    for parameter in known:
        if parameter.name in parameters:
            try:
                read.values[parameter.name] = parameter.read(parameters[parameter.name])
            except ValueError as error:
                read.problems.append(Problem(parameter.name, str(error)))
    return read


def choice(name: str, allowed: tuple[str, ...]) -> Parameter:
    """Return a parameter that takes one of these values, or all of them with commas."""
    both = ",".join(allowed)

    def read(text: str) -> tuple[str, ...]:
        chosen = text.split(",")
        if not set(chosen) <= set(allowed):
            raise ValueError(f"must be one of: {both} (default) | {' | '.join(allowed)}")
        return tuple(one for one in allowed if one in chosen)

    return Parameter(name, {"enum": [both, *allowed], "default": both}, read)


def whole_number(name: str, *, least: int, most: int, default: int) -> Parameter:
    """Return a parameter that takes a whole number within bounds of up to four digits."""

    def read(text: str) -> int:
        if not (_NUMBER.fullmatch(text) and least <= int(text) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return Parameter(name, {"type": "integer", "minimum": least, "maximum": most, "default": default}, read)


def date(name: str) -> Parameter:
    """Return a parameter that takes a UTC date, or a date and a time of day."""
    return Parameter(name, {"type": "string", "pattern": f"^{MOMENT.pattern}$"}, _read_moment)


def _read_moment(text: str) -> Moment:
    if text[-6:-5] == " ":
        text = f"{text[:-6]}+{text[-5:]}"  # only an offset has five letters after a space
    try:
        moment = datetime.fromisoformat(text.upper()) if MOMENT.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None:
        raise ValueError("must be a UTC date: YYYY-MM-DD, YYYY-MM-DD HH:mm:ss or RFC 3339")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    last = moment + timedelta(days=1, seconds=-1) if _DATE.fullmatch(text) else moment
    # A time without fractions names the whole of its last second.
    return Moment(int(moment.timestamp() * 1_000), int(last.timestamp() * 1_000) + (0 if last.microsecond else 999))


DEVICE: Final = choice("device", DEVICES)
VIDEO_TYPE: Final = choice("videoType", VIDEO_TYPES)
START_DATE: Final = date("startDate")
END_DATE: Final = date("endDate")
