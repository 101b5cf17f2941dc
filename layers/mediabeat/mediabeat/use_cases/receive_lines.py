"""Receiving CMCD lines: each goes to the session that its player's `sid` names, which the first of them begins."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple

from mediabeat.core.close_rules import Limits, Liveness, next_due
from mediabeat.core.cmcd.line import Line, pack, session_id, unpack
from mediabeat.core.event import RESUME, Event
from mediabeat.core.event_codec import is_full
from mediabeat.core.lifecycle import over_by_head
from mediabeat.core.records import Caller, Head, Phase
from mediabeat.core.request_limits import LINES_UNITS
from mediabeat.errors import InvalidInput, Problem, ProjectUnknown, StorageUnavailable
from mediabeat.storage.cmcd.known_projects import KnownProjects
from mediabeat.storage.cmcd.sessions import LineSessions
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_store import NotAppended, Store
from mediabeat.storage.write_units import check_lines
from mediabeat.use_cases.start_session import admitted_start

SOURCE: Final = "cmcd"

MAX_ATTEMPTS: Final = 50
"""An attempt fails only when a concurrent request for the same session succeeds, or has to be repeated for its next part."""


class Received(NamedTuple):
    """What became of the lines of a body. `ignored` are those that say nothing about a session that exists."""

    stored: int = 0
    ignored: int = 0
    started: int = 0


class Outcome(Enum):
    """Why a session did not take lines."""

    FULL = "the session is full"
    CLOSED = "the session is over"
    AGAIN = "another request has just changed the session"


class Lines:
    """Receives the lines of the players of one deployment."""

    def __init__(self, store: Store, sessions: LineSessions, registry: Registry, limits: Limits) -> None:
        self._store = store
        self._sessions = sessions
        self._registry = registry
        self._projects = KnownProjects(registry)
        self._limits = limits

    def receive(
        self,
        project_id: str,
        lines: Mapping[str, Sequence[Line]],
        start_of: Callable[[Line, bool], Event],
        caller: Callable[[], Caller],
        *,
        now: int,
        on_retry: Callable[[], None] = lambda: None,
    ) -> Received:
        """Store the lines of a body, by the players' session ids; once this returns, every line that counts is durable.

        `start_of` makes the `sessionStart` of a session from its first line, and from whether its stream is live. `now` is the
        server's clock, epoch milliseconds.
        Raises ProjectUnknown and CostsTooMuch with nothing stored, and StorageUnavailable when some of the lines may be stored:
        they count once when they come again.
        """
        if not self._projects.has(project_id, now=now):
            raise ProjectUnknown(Problem("projectId", "is not a project here"))
        units = check_lines(sum(map(len, map(pack, of_session))) for of_session in lines.values())
        received, failure = Received(), None
        for player_sid, of_session in lines.items():
            one = _OneSession(project_id, player_sid, start_of, caller, LINES_UNITS - units)
            try:
                part = self._receive(one, of_session, now, on_retry)
            except StorageUnavailable as error:
                failure = error  # the others are stored all the same, and the player sends all of them again
            else:
                received = Received(*map(sum, zip(received, part, strict=True)))
            units += one.units
        if failure is not None:
            raise failure
        return received

    def _receive(self, one: "_OneSession", lines: Sequence[Line], now: int, on_retry: Callable[[], None]) -> Received:
        part, left = 1, lines
        for attempt in range(MAX_ATTEMPTS):
            if attempt:
                on_retry()
            sid = session_id(one.project_id, one.player_sid, part)
            try:
                self._store.append(sid, set(map(pack, left)), self._limits, now=now)
            except NotAppended as refusal:
                head = refusal.head
            else:
                if any(line.is_live for line in left):
                    self._sessions.list_as_live(sid)
                return Received(stored=len(left), ignored=len(lines) - len(left))
            if head is None:
                if (begun := self._begin(one, sid, part, left, now)) is not None:
                    return begun._replace(ignored=begun.ignored + len(lines) - len(left))
                continue
            # A later request may have been faster, or another server's clock may be ahead.
            now = max(now, head.last_at)
            outcome = self._refused_by(sid, head, now)
            if outcome is Outcome.FULL:
                return Received(ignored=len(lines))
            if outcome is Outcome.AGAIN:
                continue
            if part == 1 and head.parts is not None:
                part = head.parts
                continue
            left = _of_next_part(left)
            part += 1
            if not left:
                return Received(ignored=len(lines))
        raise StorageUnavailable("other lines of the same session were faster")

    def _refused_by(self, sid: str, head: Head, now: int) -> Outcome:
        """Return why the head of a session did not take lines. A session whose time is up is closed."""
        if not head.phase.is_known:
            raise StorageUnavailable("the session is in a phase of a later release, which takes the repeat")
        if head.phase is not Phase.OPEN:
            return Outcome.CLOSED
        if is_full(head.weight):
            return Outcome.FULL
        if over := over_by_head(head, self._limits, now=now):
            # Close first: an earlier request that is still running could otherwise bring the session back to life.
            is_closed = self._store.mark_closed(sid, reason=over[0], closed_at=over[1], seen=head)
            return Outcome.CLOSED if is_closed else Outcome.AGAIN
        return Outcome.AGAIN

    def _begin(self, one: "_OneSession", sid: str, part: int, lines: Sequence[Line], now: int) -> Received | None:
        """Create a session with its first lines, or let them wait for it. None if another request has just created it."""
        firsts = [line for line in lines if (line.starts_session if part == 1 else line.starts_part)]
        if not firsts:
            waiting = {pack(line) for line in lines if line.waits} if part == 1 else set()
            kept = len(waiting) if waiting and self._sessions.keep_waiting(sid, waiting, now=now) else 0
            return Received(stored=kept, ignored=len(lines) - kept)
        known = [*lines, *(map(unpack, self._sessions.waiting(sid)) if part == 1 else ())]
        event = one.start_of(min(firsts, key=lambda line: line.ts), any(line.is_live for line in known))
        if part > 1:
            event = event._replace(params=event.params | {RESUME: True})
        skew = now - max(line.ts for line in lines)
        try:
            start, _ = admitted_start(event, one.caller(), self._registry, None, started_at=now, ts_skew=skew)
        except InvalidInput:  # the operator has stopped the channel
            return Received(ignored=len(lines))
        start = start._replace(viewer=str(uuid.uuid4()), source=SOURCE)
        head = Head(Phase.OPEN, now, next_due(Liveness(now, now, now), self._limits), began_at=now, moved_at=now, playhead=0.0)
        first_part = (session_id(one.project_id, one.player_sid), part) if part > 1 else None
        new = self._sessions.new_session(sid, head, start, set(map(pack, lines)), now=now, first_part=first_part)
        if new.units > one.units_left:
            raise StorageUnavailable("more sessions begin in this body than one request may store; the repeat begins others")
        if not self._sessions.create(new):
            return None
        one.units += new.units
        return Received(stored=len(lines), started=1)


class _OneSession:
    """What is known of a session whose lines are received, and the write units that were used to begin it."""

    def __init__(
        self,
        project_id: str,
        player_sid: str,
        start_of: Callable[[Line, bool], Event],
        caller: Callable[[], Caller],
        units_left: int,
    ) -> None:
        self.project_id = project_id
        self.player_sid = player_sid
        self.start_of = start_of
        self.caller = caller
        self.units_left = units_left
        self.units = 0


def _of_next_part(lines: Sequence[Line]) -> list[Line]:
    """Return the lines that begin the next part of a session that is over, from the first that does so."""
    begins = min((line.ts for line in lines if line.starts_part), default=None)
    return [] if begins is None else [line for line in lines if line.ts >= begins]
