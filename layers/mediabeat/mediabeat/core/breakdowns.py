"""Figures per ad, per chapter and per player state.

Source: Adobe's Streaming Media reporting documentation.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from mediabeat.core.event import Event, EventType
from mediabeat.core.session import PlayState, Span
from mediabeat.core.stored_forms import neutral
from mediabeat.core.vocabulary import (
    AD_ID,
    AD_LENGTH,
    AD_NAME,
    AD_POSITION,
    BREAK_INDEX,
    BREAK_NAME,
    CHAPTER_INDEX,
    CHAPTER_LENGTH,
    CHAPTER_NAME,
    CHAPTER_OFFSET,
    STATE_NAME,
    STATES_END,
    STATES_START,
)

MAX_STATES: Final = 10
STANDARD_STATES: Final = {
    name.lower(): name for name in ("fullScreen", "closedCaptioning", "mute", "pictureInPicture", "inFocus")
}

_STORED: Final = "stored"
"""Validation context for reading stored figures; without it, figures are being made."""

_SWITCHING: Final = frozenset({EventType.STATE_START, EventType.STATE_END, EventType.STATES_UPDATE})


class Frozen(BaseModel):
    """A model of figures that do not change once measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> Self:
        """Return stored figures of any release (see `stored_forms`)."""
        return cls.model_validate(stored, extra="ignore", context=_STORED)

    @model_validator(mode="before")
    @classmethod
    def _with_what_is_missing(cls, figures: Any, info: ValidationInfo) -> Any:
        if info.context != _STORED or not isinstance(figures, dict):
            return figures
        missing = cls.model_fields.keys() - figures.keys()
        return figures | {name: neutral(cls.model_fields[name].annotation) for name in missing} if missing else figures


class AdMetrics(Frozen):
    """One ad inside an ad break; `time_ms` is the time for which it played."""

    id: str
    name: str | None
    break_index: int
    break_name: str | None
    position: int
    length_s: float | None
    time_ms: int
    completed: bool
    skipped: bool


class ChapterMetrics(Frozen):
    """One chapter; `time_ms` is its content time. A chapter that is open at the end is not complete."""

    index: int
    name: str | None
    offset_s: float
    length_s: float
    time_ms: int
    completed: bool
    skipped: bool


class StateMetrics(Frozen):
    """How often and for how long a player state, such as fullScreen, was on."""

    count: int
    time_ms: int
    set: bool


class _Section(NamedTuple):
    """The time of an ad or a chapter, and the type of the event that ended it."""

    time_ms: int
    ended_by: EventType | None


def _sections(spans: tuple[Span, ...], of: Callable[[Span], int | None], counts: Callable[[Span], bool]) -> dict[int, _Section]:
    """Return ads or chapters by the position of the event that opened them, in the order of their starts."""
    times_ms: dict[int, int] = {}
    ended_by: dict[int, EventType] = {}
    before: int | None = None
    for span in spans:
        opened_at = of(span)
        if before is not None and opened_at != before:
            ended_by[before] = span.event.type
        if opened_at is not None:
            times_ms[opened_at] = times_ms.get(opened_at, 0) + (span.duration_ms if counts(span) else 0)
        before = opened_at
    return {opened_at: _Section(time_ms, ended_by.get(opened_at)) for opened_at, time_ms in times_ms.items()}


def ads_of(spans: tuple[Span, ...]) -> Iterator[AdMetrics]:
    """Yield the ads inside breaks, in the order of their starts."""
    played = _sections(spans, lambda span: span.ad, lambda span: span.state is PlayState.PLAYING)
    for position, section in played.items():
        opened = spans[position]
        ad = opened.event.params
        ad_break = spans[opened.ad_break].event.params if opened.ad_break is not None else {}
        yield AdMetrics(
            id=ad[AD_ID],
            name=ad.get(AD_NAME),
            break_index=int(ad_break[BREAK_INDEX]),
            break_name=ad_break.get(BREAK_NAME),
            position=int(ad[AD_POSITION]),
            length_s=ad.get(AD_LENGTH),
            time_ms=section.time_ms,
            completed=section.ended_by is EventType.AD_COMPLETE,
            skipped=section.ended_by is EventType.AD_SKIP,
        )


def chapters_of(spans: tuple[Span, ...]) -> Iterator[ChapterMetrics]:
    """Yield the chapters, in the order of their starts."""
    for position, section in _sections(spans, lambda span: span.chapter, lambda span: span.is_content).items():
        chapter = spans[position].event.params
        yield ChapterMetrics(
            index=int(chapter[CHAPTER_INDEX]),
            name=chapter.get(CHAPTER_NAME),
            offset_s=chapter[CHAPTER_OFFSET],
            length_s=chapter[CHAPTER_LENGTH],
            time_ms=section.time_ms,
            completed=section.ended_by is EventType.CHAPTER_COMPLETE,
            skipped=section.ended_by is EventType.CHAPTER_SKIP,
        )


def states_of(spans: tuple[Span, ...]) -> dict[str, StateMetrics]:
    """Return the first ten player states of a session. A state that is still on ends with the session."""
    counts: dict[str, int] = {}
    times_ms: dict[str, int] = {}
    since: dict[str, int] = {}
    for event in (span.event for span in spans if span.event.type in _SWITCHING):
        for name, on in _switched(event):
            if on and name not in since and (name in counts or len(counts) < MAX_STATES):
                since[name] = event.ts
                counts[name] = counts.get(name, 0) + 1
            elif not on and name in since:
                times_ms[name] = times_ms.get(name, 0) + event.ts - since.pop(name)
    for name, begin in since.items():
        times_ms[name] = times_ms.get(name, 0) + spans[-1].event.ts - begin
    return {name: StateMetrics(count=count, time_ms=times_ms[name], set=True) for name, count in counts.items()}


def _switched(event: Event) -> Iterator[tuple[str, bool]]:
    def named(state: dict[str, Any]) -> str:
        name: str = state[STATE_NAME]
        return STANDARD_STATES.get(name.lower(), name)

    if event.type is EventType.STATES_UPDATE:
        yield from ((named(state), False) for state in event.params.get(STATES_END, ()))
        yield from ((named(state), True) for state in event.params.get(STATES_START, ()))
    else:
        yield named(event.params), event.type is EventType.STATE_START
