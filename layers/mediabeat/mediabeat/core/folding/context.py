"""What the player does from an event on, given what it did before: the table of states in `session`, as a function."""

from typing import Final, NamedTuple

from mediabeat.core.event import Event, EventType
from mediabeat.core.folding.hints import STATE
from mediabeat.core.folding.spans import CLOCK_TOLERANCE_S, PlayState


class Context(NamedTuple):
    """What holds from an event on. Ad, break and chapter are the positions of the events that opened them."""

    content: PlayState = PlayState.STARTING
    in_break: PlayState = PlayState.WAITING
    resumes: bool = False
    """Whether content plays as soon as its playhead moves."""
    ended_s: float = 0.0
    """The playhead at `sessionComplete`."""
    ad_break: int | None = None
    ad: int | None = None
    chapter: int | None = None

    @property
    def state(self) -> PlayState:
        """What the player does."""
        return self.content if self.ad_break is None else self.in_break


def apply(context: Context, event: Event, position: int) -> Context:
    """Return what holds from this event on, given what held before it. `position` is the event's place in its session."""
    after = _applied(context, event, position)
    if event.params and STATE in event.params:  # the player says what it does, so nothing has to be concluded
        return after._replace(content=PlayState(event.params[STATE]), resumes=False)
    return after


def _applied(context: Context, event: Event, position: int) -> Context:
    in_break = context.ad_break is not None
    match event.type:
        case EventType.PLAY | EventType.PAUSE_START | EventType.BUFFER_START:
            return _in_break(context, event) if in_break else _of_content(context, event)
        case EventType.AD_BREAK_START:
            return _resting(context)._replace(in_break=PlayState.WAITING, ad_break=position, ad=None)
        case EventType.AD_BREAK_COMPLETE:
            return context._replace(ad_break=None, ad=None)
        case EventType.AD_START if in_break:
            # Players need not send `play` in a preroll: an ad that starts is playing. A `play` before it was meant for it.
            return _resting(context)._replace(in_break=PlayState.PLAYING, ad=position)
        case EventType.AD_COMPLETE | EventType.AD_SKIP if context.ad is not None:
            return context._replace(in_break=PlayState.WAITING, ad=None)
        case EventType.CHAPTER_START:
            return context._replace(chapter=position)
        case EventType.CHAPTER_COMPLETE | EventType.CHAPTER_SKIP:
            return context._replace(chapter=None)
        case EventType.SESSION_COMPLETE:
            return context._replace(content=PlayState.ENDED, resumes=False, ended_s=event.playhead)
        case _:
            return context


_STATES: Final = {EventType.PAUSE_START: PlayState.PAUSED, EventType.BUFFER_START: PlayState.BUFFERING}


def _in_break(context: Context, event: Event) -> Context:
    if event.type is not EventType.PLAY:
        return context._replace(in_break=_STATES[event.type])
    if context.ad is not None:
        return context._replace(in_break=PlayState.PLAYING)
    return _of_content(context, event)._replace(in_break=PlayState.WAITING)


def _of_content(context: Context, event: Event) -> Context:
    if context.content is PlayState.ENDED:
        goes_back = event.type is EventType.PLAY and event.playhead < context.ended_s - CLOCK_TOLERANCE_S
        return context._replace(resumes=goes_back)
    return context._replace(content=_STATES.get(event.type, PlayState.PLAYING), resumes=False)


def _resting(context: Context) -> Context:
    """Return the context with content that rests until the break is over."""
    match context.content:
        case PlayState.PLAYING:
            return context._replace(content=PlayState.WAITING, resumes=True)
        case PlayState.ENDED:
            return context
        case _:
            return context._replace(resumes=True)
