"""The parts of a session that have metrics of their own: its ads, its chapters, the states that its player was in.

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
"""The context in which models are read, not made."""

_SWITCHING: Final = frozenset({EventType.STATE_START, EventType.STATE_END, EventType.STATES_UPDATE})


class Frozen(BaseModel):
    """A model of figures that, once measured, do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> Self:
        """Return the stored figures, whichever release wrote them: see `stored_forms`."""
        return cls.model_validate(stored, extra="ignore", context=_STORED)

    @model_validator(mode="before")
    @classmethod
    def _with_what_is_missing(cls, figures: Any, info: ValidationInfo) -> Any:
        if info.context != _STORED or not isinstance(figures, dict):
            return figures
        missing = cls.model_fields.keys() - figures.keys()
        return figures | {name: neutral(cls.model_fields[name].annotation) for name in missing} if missing else figures


class AdMetrics(Frozen):
    """One ad inside an ad break; `time_ms` is what was played of it."""

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
    """One chapter; `time_ms` is the content played in it. A chapter left open at the end is not complete."""

    index: int
    name: str | None
    offset_s: float
    length_s: float
    time_ms: int
    completed: bool
    skipped: bool


class StateMetrics(Frozen):
    """How often and for how long a player state, like fullScreen, was on."""

    count: int
    time_ms: int
    set: bool


class _Part(NamedTuple):
    """What became of an ad or a chapter, which is known by the position of the event that opened it."""

    time_ms: int
    ended_by: EventType | None


def _parts(spans: tuple[Span, ...], held: Callable[[Span], int | None], counts: Callable[[Span], bool]) -> dict[int, _Part]:
    """Return the parts that the spans held, in the order of their starts, each with the time that counts for it."""
    times_ms: dict[int, int] = {}
    ended_by: dict[int, EventType] = {}
    before: int | None = None
    for span in spans:
        part = held(span)
        if before is not None and part != before:
            ended_by[before] = span.event.type
        if part is not None:
            times_ms[part] = times_ms.get(part, 0) + (span.duration_ms if counts(span) else 0)
        before = part
    return {part: _Part(time, ended_by.get(part)) for part, time in times_ms.items()}


def ads_of(spans: tuple[Span, ...]) -> Iterator[AdMetrics]:
    """Yield the ads inside breaks, in the order of their starts."""
    played = _parts(spans, lambda span: span.ad, lambda span: span.state is PlayState.PLAYING)
    for position, part in played.items():
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
            time_ms=part.time_ms,
            completed=part.ended_by is EventType.AD_COMPLETE,
            skipped=part.ended_by is EventType.AD_SKIP,
        )


def chapters_of(spans: tuple[Span, ...]) -> Iterator[ChapterMetrics]:
    """Yield the chapters, in the order of their starts."""
    for position, part in _parts(spans, lambda span: span.chapter, lambda span: span.is_content).items():
        chapter = spans[position].event.params
        yield ChapterMetrics(
            index=int(chapter[CHAPTER_INDEX]),
            name=chapter.get(CHAPTER_NAME),
            offset_s=chapter[CHAPTER_OFFSET],
            length_s=chapter[CHAPTER_LENGTH],
            time_ms=part.time_ms,
            completed=part.ended_by is EventType.CHAPTER_COMPLETE,
            skipped=part.ended_by is EventType.CHAPTER_SKIP,
        )


def states_of(spans: tuple[Span, ...]) -> dict[str, StateMetrics]:
    """Return the first ten player states of a session; one still open ends with the session."""
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
