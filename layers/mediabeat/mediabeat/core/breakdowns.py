"""Figures per ad, per chapter and per player state.

Source: Adobe's Streaming Media reporting documentation.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from mediabeat.core.event import (
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
    Event,
    EventType,
)
from mediabeat.core.folding.tally import Section
from mediabeat.core.session import Session
from mediabeat.core.stored_forms import neutral

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


def ads_of(session: Session, ads: dict[int, Section]) -> Iterator[AdMetrics]:
    """Yield the ads inside breaks, in the order of their starts."""
    breaks = {span.ad: span.ad_break for span in session.spans} if ads else {}
    for position, section in ads.items():
        ad = session.events[position].params
        opened = breaks[position]
        ad_break = session.events[opened].params if opened is not None else {}
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


def chapters_of(session: Session, chapters: dict[int, Section]) -> Iterator[ChapterMetrics]:
    """Yield the chapters, in the order of their starts."""
    for position, section in chapters.items():
        chapter = session.events[position].params
        yield ChapterMetrics(
            index=int(chapter[CHAPTER_INDEX]),
            name=chapter.get(CHAPTER_NAME),
            offset_s=chapter[CHAPTER_OFFSET],
            length_s=chapter[CHAPTER_LENGTH],
            time_ms=section.time_ms,
            completed=section.ended_by is EventType.CHAPTER_COMPLETE,
            skipped=section.ended_by is EventType.CHAPTER_SKIP,
        )


def states_of(session: Session) -> dict[str, StateMetrics]:
    """Return the first ten player states of a session. A state that is still on ends with the session.

    What is switched on and off in one `ts` comes on and goes off, in this order, unless it was on before.
    """
    counts: dict[str, int] = {}
    times_ms: dict[str, int] = {}
    since: dict[str, int] = {}
    switching = (event for event in session.events if event.type in _SWITCHING)
    for ts, moment in groupby(switching, key=lambda event: event.ts):
        switched = Counter(one for event in moment for one in _switched(event))
        for name in dict.fromkeys(name for name, _ in switched):
            starts, ends = switched[name, True], switched[name, False]
            while ends if name in since else starts:
                if name in since:
                    ends -= 1
                    times_ms[name] = times_ms.get(name, 0) + ts - since.pop(name)
                elif name in counts or len(counts) < MAX_STATES:
                    starts -= 1
                    since[name] = ts
                    counts[name] = counts.get(name, 0) + 1
                else:
                    break
    for name, begin in since.items():
        times_ms[name] = times_ms.get(name, 0) + session.events[-1].ts - begin
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
