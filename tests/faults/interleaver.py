"""Actors that take turns: threads of which exactly one runs at any moment, so that one seed gives one history.

An actor runs until it parks: before it sends a request, between two calls, or while it waits for others. Whoever drives the
interleaver looks at what the parked ones wait for, chooses one, and lets it run until it parks again.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Any, Self


class Killed(BaseException):
    """The process of this actor died: no handler may catch it."""


@dataclass(frozen=True)
class Idle:
    """Waits for its next turn to do something; on nobody's behalf."""


@dataclass(frozen=True)
class Joining:
    """Waits until these actors are done."""

    others: tuple["Actor", ...]


@dataclass(eq=False)
class Actor:
    """One thread; `parked_on` is what it waits for, `call` the handler's call on whose behalf it runs, if any."""

    name: str
    work: Callable[[], Any]
    parked_on: Any = field(default_factory=Idle)
    call: Any = None
    result: Any = None
    error: BaseException | None = None
    is_done: bool = False
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    told: Any = None
    thread: threading.Thread | None = None


class Interleaver:
    """Gives one actor at a time its turn."""

    def __init__(self) -> None:
        self.actors: list[Actor] = []
        self._parked = threading.Semaphore(0)
        self._running: Actor | None = None

    @property
    def running(self) -> Actor:
        """The actor whose turn it is."""
        assert self._running is not None, "only actors may ask for this"
        return self._running

    def spawn(self, name: str, work: Callable[[], Any], call: Any = None) -> Actor:
        """Add an actor, parked before its first step."""
        actor = Actor(name, work, call=call)
        self.actors.append(actor)
        return actor

    def park(self, on: Any) -> Any:
        """Give the turn back (called by the running actor) and return the outcome that the actor gets with its next turn.

        Raises what it is told if that is an exception.
        """
        actor = self.running
        actor.parked_on = on
        self._parked.release()
        actor.turn.acquire()
        if isinstance(actor.told, BaseException):
            raise actor.told
        return actor.told

    def resume(self, actor: Actor, told: Any = None) -> None:
        """Let an actor run until it parks or is done (called by whoever drives)."""
        actor.told = told
        self._running = actor
        if actor.thread is None:
            actor.thread = threading.Thread(target=self._live, args=(actor,), name=actor.name, daemon=True)
            actor.thread.start()
        else:
            actor.turn.release()
        self._parked.acquire()
        self._running = None
        if actor.is_done:
            actor.thread.join()
            self.actors.remove(actor)

    def _live(self, actor: Actor) -> None:
        try:
            if isinstance(actor.told, BaseException):
                raise actor.told
            actor.result = actor.work()
        except BaseException as error:
            actor.error = error
        actor.is_done = True
        self._parked.release()

    def ready(self) -> list[Actor]:
        """Return the actors that could go on."""
        return [actor for actor in self.actors if not is_waiting_for_others(actor)]

    def end(self) -> None:
        """Kill whoever is left."""
        while left := self.ready():
            self.resume(left[0], Killed())


def is_waiting_for_others(actor: Actor) -> bool:
    """Say whether an actor waits for others that are not done yet."""
    return isinstance(actor.parked_on, Joining) and not all(other.is_done for other in actor.parked_on.others)


class TakingTurns:
    """Stands in for the ThreadPoolExecutor of a handler: its tasks become actors of the same call."""

    def __init__(self, interleaver: Interleaver) -> None:
        self._interleaver = interleaver

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leave nothing behind: `map` has waited for all."""

    def map(self, work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        """Do the work for each item, side by side, and return the results in the order of the items."""
        parent = self._interleaver.running
        named = [(f"{parent.name}/{place}", partial(work, item)) for place, item in enumerate(items)]
        tasks = [self._interleaver.spawn(name, task, parent.call) for name, task in named]
        self._interleaver.park(Joining(tuple(tasks)))
        for task in tasks:
            if task.error is not None:
                raise task.error
        return [task.result for task in tasks]
