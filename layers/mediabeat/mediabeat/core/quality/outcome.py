"""The outcome of a session: whether it played, and if not, what the viewer met instead.

Source: the terms of the field, as Conviva and Mux define them: exit before video start (EBVS), video start failure (VSF), video
playback failure (VPF), and failures that are technical or business decisions. Adobe's errors do not say whether they are fatal,
so only what happened after the last one tells.
"""

from typing import Final

from mediabeat.core.event import Event, EventType
from mediabeat.core.playback import error_id
from mediabeat.core.session import Session
from mediabeat.core.stored_forms import StoredWord

WAITED_MS: Final = 2_000
"""A viewer who leaves sooner after the start has not waited."""

PLAYED_ON_MS: Final = 1_000
"""An error after which this much content was played did not end the playback."""


class Outcome(StoredWord):
    """How a session ended for its viewer. Every session that is over has exactly one."""

    BUSINESS_ERROR = "business_error"
    START_FAILURE = "start_failure"
    EXIT_BEFORE_START = "exit_before_start"
    EARLY_EXIT = "early_exit"
    PLAY_FAILURE = "play_failure"
    PLAYED = "played"


def outcome_of(session: Session, business_errors: tuple[str, ...] = ()) -> Outcome:
    """Return the outcome of a session that is over.

    * No content start and an `error`: `start_failure`.
    * No content start, no `error`: `exit_before_start` if the last event came two seconds or more after the start, else
      `early_exit`.
    * Less than a second of content after the last `error`, and no `sessionComplete`: `play_failure`.
    * A failure of these two kinds is a `business_error` if the id of the last `error` begins with one of `business_errors`.
    * Everything else: `played`.
    """
    last_error = next((event for event in reversed(session.events) if event.type is EventType.ERROR), None)
    if session.content_start is None:
        if last_error is None:
            has_waited = session.events[-1].ts - session.start.ts >= WAITED_MS
            return Outcome.EXIT_BEFORE_START if has_waited else Outcome.EARLY_EXIT
        failure = Outcome.START_FAILURE
    elif last_error is None or session.is_complete or _played_since_ms(session, last_error) >= PLAYED_ON_MS:
        return Outcome.PLAYED
    else:
        failure = Outcome.PLAY_FAILURE
    return Outcome.BUSINESS_ERROR if _is_business(last_error, business_errors) else failure


def _is_business(error: Event, prefixes: tuple[str, ...]) -> bool:
    name = error_id(error)
    return name is not None and name.startswith(prefixes)


def _played_since_ms(session: Session, error: Event) -> int:
    """Return for how long content was played after an error; 0 if its playhead stands from there on.

    The fold lets a playhead be known 1.5 s late. A player that fails and ends within that time has played nothing.
    """
    played_ms, moved = 0, False
    for span in reversed(session.spans):
        if span.end_ms <= error.ts:
            break
        if span.is_content:
            played_ms += span.end_ms - max(span.begin_ms, error.ts)
            moved = moved or span.reach_s != span.begin_s
    return played_ms if moved else 0
