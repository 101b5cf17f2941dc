"""One schedule: a seed decides who is there, whose turn it is, what time it is and what goes wrong; always the same way."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from botocore.awsrequest import AWSResponse

from mediabeat.core.close_rules import Limits
from mediabeat.core.event import Event
from mediabeat.core.event_codec import MAX_SESSION_WEIGHT
from mediabeat.errors import StorageUnavailable
from mediabeat.storage.due_partitions import LARGE_WEIGHT
from mediabeat.storage.session_items import HEAD, START
from tests.faults.faults import FAULTS, Effect, Fault, Outcome
from tests.faults.history import Arrival, Call, History, Kind, Truth, is_session
from tests.faults.interleaver import Actor, Idle, Interleaver, Killed
from tests.faults.requests import Request, Wire, answered
from tests.support.builders import BASE_MS

LIMITS: Final = Limits(quiet_ms=60_000, stuck_ms=150_000, max_age_ms=400_000)
"""Short, so that a dozen events reach each of them."""

SMALL_ROOM: Final = 6
"""What the events of a session may count in each fourth schedule, so that some sessions get full."""

SMALL_LARGE: Final = 4
"""What makes a session large in each third schedule, so that closers look at some of them alone."""

TIMEOUT_MS: Final = {Kind.START: 10_000, Kind.DOWNLOAD: 10_000, Kind.EVENT: 10_000, Kind.CLOSE: 55_000, Kind.ROLL_UP: 60_000}
"""How long Lambda lets a call live (template.yaml)."""

LATEST_MS: Final = 10_000
"""A request that was given up takes effect within this time, or never does."""

FAULT_RATES: Final = (0.0, 0.02, 0.1, 0.1, 0.25, 0.5)
DEATH_RATES: Final = (0.0, 0.0, 0.01, 0.05)
LAG_RATES: Final = (0.0, 0.0, 0.2)
RESTING: Final = 0.02
"""How likely a closer is to run again before time has passed, by a player's likelihood to go on."""

MAX_STEPS: Final = 5_000

Late = tuple[Request, Call, int]


class Schedule:
    """Drives the actors; `calm` turns all faults off."""

    def __init__(self, seed: int, wire: Wire) -> None:
        self.random = random.Random(seed)
        self.wire = wire
        self.turns = Interleaver()
        most = SMALL_ROOM if seed % 4 == 3 else MAX_SESSION_WEIGHT
        self.history = History(seed, LIMITS, most, clock_at=[BASE_MS + self.random.randrange(1_000)])
        self.large = SMALL_LARGE if seed % 3 == 0 else LARGE_WEIGHT
        self.calm = False
        self._late: list[Late] = []
        self._writes = 0
        self._rested: set[str] = set()
        self._weights: dict[str, float] = {}
        self._done_transactions: set[str] = set()
        self._old_answers: dict[str, list[bytes]] = {}
        # Each schedule has its own weather: a few kinds of faults, seldom or often.
        kinds = self.random.randint(1, len(FAULTS))
        self._kinds = self.random.sample(FAULTS, kinds)
        self._fault_rate = self.random.choice(FAULT_RATES)
        self._death_rate = self.random.choice(DEATH_RATES)
        self._lag_rate = self.random.choice(LAG_RATES)
        self._pace = self.random.choice((0.1, 0.3, 0.7))
        self._haste = self.random.choice((0.2, 0.6))

    # What actors use

    def clock(self) -> int:
        """Return the simulated time in epoch milliseconds."""
        return self.history.clock_at[-1]

    def idle(self) -> None:
        """Wait for a turn, without being in the middle of anything."""
        self.turns.park(Idle())

    def gate(self, request: Request) -> AWSResponse:
        """Hold a request until its turn comes."""
        answer: AWSResponse = self.turns.park(request)
        return answer

    @contextmanager
    def calling(self, kind: Kind, *, events: tuple[Event, ...] = (), by_each: bool = False, **about: Any) -> Iterator[Call]:
        """Make a call of a handler in the block; its death ends the block, and no more."""
        actor = self.turns.running
        call = Call(kind, actor.name, self.step, self.clock(), events=events, **about)
        if by_each:
            call.parts = [replace(call, events=(event,)) for event in events]
        self.history.calls += call.each
        actor.call = call
        told = "".join(f" {event.type} ts={event.ts - BASE_MS} at {event.playhead:g}" for event in call.events[:1])
        self.history.tell(actor.name, f"{kind}{told} {call.sid[:6]} …")
        try:
            yield call
        except Killed:
            self.history.tell(actor.name, f"{kind} died")
        except Exception as error:
            if not (kind is Kind.CLOSE or (kind is Kind.ROLL_UP and isinstance(error, StorageUnavailable))):
                self.history.crashes.append(f"{kind} raised {error!r}")
            self.history.tell(actor.name, f"{kind} raised {error!r}")
        else:
            self.history.tell(actor.name, f"{kind} → {call.status}")
        finally:
            for part in call.each:
                part.ended_step = self.step
            actor.call = None

    # Driving

    @property
    def step(self) -> int:
        """How many turns there have been."""
        return len(self.history.clock_at) - 1

    def drive(self, until: Callable[[], bool]) -> None:
        """Give turns until it is enough."""
        while not until():
            assert self.step < MAX_STEPS, "the schedule does not come to an end"
            self.history.clock_at.append(self.clock() + self._passing())
            actors = self.turns.ready()
            if self._is_still():
                if not self.calm and self.random.random() < self._pace:
                    self.jump()
            elif self._late and self.random.random() < 0.15:
                self._deliver_late()
            self._turn(self._chosen(actors))

    def forward(self, duration_ms: int) -> None:
        """Let time pass while nothing is under way."""
        while self._late:
            self._deliver_late()
        self.history.clock_at.append(self.clock() + duration_ms)

    def _passing(self) -> int:
        return self.random.choice((0, 0, 0, 0, 1, 1, 7, 60, 400))

    def _is_still(self) -> bool:
        return not self._late and all(actor.call is None for actor in self.turns.actors)

    def jump(self) -> None:
        """Let time pass, often to about the moment at which something strikes."""
        ways = [self.random.randrange(500, 20_000), *(self.random.randrange(15_000, 58_000) for _ in range(3)), 90_000]
        strikes = [truth.strikes_at(LIMITS) - self.clock() for truth in self.history.truths.values()]
        ended = [truth.head.due_at - self.clock() for truth in self.history.truths.values() if truth.head.due_at]
        near = [way + self.random.choice((-2_000, -300, -8, -1, 0, 1, 5_000)) for way in strikes + ended if way > 0]
        self.forward(max(0, self.random.choice(near if near and self.random.random() < self._haste else ways)))
        self.history.tell("time", "passes")
        self._rested = {actor.name for actor in self.turns.actors}

    def _chosen(self, actors: list[Actor]) -> Actor:
        """Choose whose turn it is; some are slow for the whole schedule."""
        rests = [self._rests(actor) for actor in actors]
        roots = [actor.name.partition("/")[0] for actor in actors]
        for root in roots:
            if root not in self._weights:
                self._weights[root] = self.random.choice((0.1, 1, 1, 1, 4))
        weights = [self._weights[root] * (RESTING if rest else 1) for root, rest in zip(roots, rests, strict=True)]
        (chosen,) = self.random.choices(actors, weights)
        self._rested.discard(chosen.name)
        return chosen

    def _rests(self, actor: Actor) -> bool:
        is_closer = isinstance(actor.parked_on, Idle) and actor.name.startswith("closer")
        return is_closer and actor.name not in self._rested

    def _turn(self, actor: Actor) -> None:
        request, call = actor.parked_on, actor.call
        if call is not None and self.clock() - call.began_at > TIMEOUT_MS[call.kind]:
            self.history.faults["function time-out"] += 1
            self._kill(call)
        elif isinstance(request, Request):
            self._answer(actor, request, call)
        else:
            self.turns.resume(actor)

    def _answer(self, actor: Actor, request: Request, call: Call) -> None:
        self.history.requests += 1
        dies = not self.calm and self.random.random() < self._death_rate
        if dies:
            after = self.random.random() < 0.5
            self.history.faults["death after" if after else "death before"] += 1
            if after:
                self._take_effect(request, call, lost=True)
            self.history.tell(actor.name, f"{request}: death {'after' if after else 'before'}")
            self._kill(call)
            return
        fault = self._fault(request)
        outcome: Outcome
        if fault is None:
            outcome = self._take_effect(request, call, lost=False)
            self.history.tell(actor.name, f"{request}: {outcome.status_code}")
        else:
            self.history.faults[fault.name] += 1
            if fault.effect is Effect.DONE:
                self._take_effect(request, call, lost=True)
            elif fault.effect is Effect.LATE:
                self._late.append((request, call, self.clock() + LATEST_MS))
            outcome = fault.outcome(request)
            self.history.tell(actor.name, f"{request}: {fault.name}")
        self.turns.resume(actor, outcome)

    def _fault(self, request: Request) -> Fault | None:
        if self.calm or self.random.random() >= self._fault_rate:
            return None
        fitting = [fault for fault in self._kinds if fault.fits(request)]
        return self.random.choice(fitting) if fitting else None

    def _kill(self, call: Call) -> None:
        """End the process that serves a call, with all of its threads."""
        call.is_dead = True
        while doomed := [actor for actor in self.turns.ready() if actor.call is call]:
            self.turns.resume(doomed[-1], Killed())

    def _deliver_late(self) -> None:
        request, call, deadline = self._late.pop(self.random.randrange(len(self._late)))
        if self.clock() <= deadline:
            answer = self._take_effect(request, call, lost=True)
            self.history.tell("late", f"{call.actor}: {request}: {answer.status_code}")

    def _take_effect(self, request: Request, call: Call, *, lost: bool) -> AWSResponse:
        """Send a request to the engine, and note which event arrived by it."""
        answer = self.wire.send(request)
        token = request.body.get("ClientRequestToken", "")
        if answer.status_code != 200 or token in self._done_transactions:
            return answer  # the second time, a transaction only says that it is done
        if token:
            self._done_transactions.add(token)
        truths = self.history.truths
        if "REMOVE due_at" in str(request) and request.key[1] == HEAD:
            self.history.unmarked[request.key[0]] = call
        if call.kind is Kind.EVENT:
            if call.sid in truths:
                truth = truths[call.sid]
                self._writes += 1
                arrived = [Arrival(self.step, part, lost, self._writes) for part in call.each if request.appends(part.packed)]
                truths[call.sid] = Truth(truth.sid, truth.start, truth.arrivals + arrived)
        elif (
            call.kind is Kind.START and request.operation == "PutItem" and request.key[1] == START and is_session(request.key[0])
        ):
            truths.setdefault(request.key[0], Truth(request.key[0], call))
        elif call.kind is Kind.START and request.operation == "PutItem" and request.key[1] == HEAD and request.key[0] in truths:
            truths[request.key[0]] = Truth(request.key[0], call)  # a repeat, which found no event there
        elif request.body.get("IndexName") == "due":
            return self._as_the_index_lags(request, answer)
        return answer

    def _as_the_index_lags(self, request: Request, answer: AWSResponse) -> AWSResponse:
        """Return what an index may answer, which is not always up to date: perhaps one of its earlier answers."""
        old = self._old_answers.setdefault(request.body["ExpressionAttributeValues"][":partition"]["S"], [])
        old.append(answer.content or b"")
        if self.calm or self.random.random() >= self._lag_rate:
            return answer
        self.history.faults["lagging index"] += 1
        return answered(200, self.random.choice(old))
