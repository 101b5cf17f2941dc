"""Who is there: players with several requests in flight, retrying and giving up, and closers side by side."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mediabeat.core.event import Event
from mediabeat.core.pseudonyms import Pseudonyms
from mediabeat.protocols.media_collection.requests import parse_event, parse_session_start
from mediabeat.protocols.media_edge.events import Context
from mediabeat.protocols.media_edge.events import parse as parse_xdm
from mediabeat.protocols.media_edge.schema import EVENT_TYPES
from tests.faults.deployment import VIEWER_KEY, Api
from tests.faults.history import GOOD, Call
from tests.faults.schedule import Schedule
from tests.support.builders import Wire as Body
from tests.support.builders import wire_start
from tests.support.edge import Xdm, as_xdm

if TYPE_CHECKING:
    import random

TYPES: Final = {
    "ping": 10,
    "play": 4,
    "pauseStart": 2,
    "bufferStart": 2,
    "bitrateChange": 1,
    "adBreakComplete": 1,
    "adComplete": 1,
    "chapterComplete": 1,
    "sessionComplete": 0.3,
    "prevTrack": 0.3,
}

MOST_TOGETHER: Final = 10
"""Events in one request: more of the largest would need more write units than a request may use."""


class Player:
    """One viewing: its events in order, taken by its clients, which may be several."""

    def __init__(self, api: Api, schedule: Schedule, name: str) -> None:
        self.api, self.schedule, self.name = api, schedule, name
        self.random: random.Random = schedule.random
        self.sid = ""
        self.is_over = False
        self.skew_ms = self.random.choice((0, 0, -2_500, 1_800, -7_200_000, 86_400_000))
        self.left = self.random.choice((2, 6, 12, 25))
        self.moves = self.random.choice((0, 0.7, 1))
        self.sizes = self.random.choice(((0,), (0, 90, 400), (0, 400, 2_300), (2_300,)))
        self.gathers = self.random.choice((0, 0, 0, 0.4, 0.8))
        self.is_stubborn = self.random.random() < 0.4
        self.playhead = 0.0
        self.ready: list[Body] = []

    def now(self) -> int:
        """Return the time by the player's clock."""
        return self.schedule.clock() + self.skew_ms

    def live(self) -> None:
        """Start the session, then let the clients loose."""
        start = self.start()
        call = self._insisting(lambda: self.api.start(start, events=(as_stored(start),)))
        if call.is_good:
            self.sid = call.sid
            for number in range(self.random.randint(1, 3)):
                self.schedule.turns.spawn(f"{self.name}.{number}", self.client)

    def start(self, **params: Any) -> Body:
        """Return the start of the session, of a viewer who has one id or two."""
        ids: Any = {"analytics_visitorId": f"viewer-{self.name}", "visitor_marketingCloudUserId": f"device-{self.name}"}
        start = wire_start(**dict(list(ids.items())[: 1 + ord(self.name[-1]) % 2]), **params)
        start["playerTime"] = {"playhead": 0, "ts": self.now()}
        return start

    def client(self) -> None:
        """Send events as long as there are any."""
        while (body := self._next()) is not None:
            bodies = [body]
            while len(bodies) < MOST_TOGETHER and self.random.random() < self.gathers and (body := self._next()) is not None:
                bodies.append(body)
            events = tuple(map(parse_event, bodies))
            if self.gathers:
                send = partial(self.api.send_each, self.sid, bodies, events=events)
            else:
                send = partial(self.api.send, self.sid, bodies[0], events=events)
            self.schedule.idle()
            call = self._insisting(send)
            if call.status == 410 and not self.is_stubborn:
                self.is_over = True
            if call.is_good and self.random.random() < 0.05:
                self.schedule.idle()
                send()

    def _insisting(self, send: Callable[[], Call]) -> Call:
        """Send until there is an answer that means something, as patiently as a player is."""
        patience = self.random.choice((0, 1, 4, 8))
        call = send()
        while call.status not in GOOD and (call.status is None or call.status >= 500) and patience:
            patience -= 1
            self.schedule.idle()
            call = send()
        return call

    def _next(self) -> Body | None:
        if self.ready:
            return self.ready.pop()
        if self.is_over or not self.left:
            return None
        self.left -= 1
        if self.left == 0 and self.random.random() < 0.7:
            return self._end()
        return self._event(self.random.choices(list(TYPES), list(TYPES.values()))[0], self.now())

    def _end(self) -> Body:
        """End the session; what was before it may come after it, and so may what was not."""
        now = self.now()
        for _ in range(self.random.choice((0, 0, 1, 2))):
            self.ready.append(self._event("ping", now - self.random.choice((-4_000, 0, 1, 900))))
        if self.random.random() < 0.3:
            self.ready.append(self._event("adComplete", now))
        if self.random.random() < 0.2:
            self.ready.append(self._event("sessionEnd", now + 5))
        if self.random.random() < 0.3:
            self.left = 3  # goes on as if nothing had been
        return self._event("sessionEnd", now)

    def _event(self, event_type: str, ts: int) -> Body:
        if self.random.random() < self.moves:
            self.playhead += 1
        body: Body = {"eventType": event_type, "playerTime": {"playhead": self.playhead, "ts": ts}}
        if size := self.random.choice(self.sizes):
            body["customMetadata"] = {"note": f"{self.random.getrandbits(size * 4):0{size}x}"}
        return body


class EdgePlayer(Player):
    """A player that speaks the Media Edge API: one event a request, and each try of its start has the same name."""

    def live(self) -> None:
        """Start the session, perhaps once more, then let the client loose."""
        start = as_xdm(self.start())
        events = (as_stored_by_edge(start),)
        send = partial(self.api.start_edge, start, f"request-{self.name}", events=events)
        call = self._insisting(send)
        if call.is_good:
            self.sid = call.sid
            if self.random.random() < 0.4:
                self.schedule.idle()
                again = send()
                if again.is_good and again.sid != self.sid:
                    self.schedule.history.crashes.append(f"a repeat of {self.name}'s start got another session")
            self.schedule.turns.spawn(f"{self.name}.0", self.client)

    def client(self) -> None:
        """Send events as long as there are any."""
        while (body := self._next()) is not None:
            if f"media.{body['eventType']}" not in EVENT_TYPES:
                continue
            xdm = as_xdm(body, self.sid)
            send = partial(self.api.send_edge, xdm, sid=self.sid, events=(parse_xdm(xdm, Context(0)),))
            self.schedule.idle()
            call = self._insisting(send)
            if call.status == 410 and not self.is_stubborn:
                self.is_over = True


def as_stored_by_edge(start: Xdm) -> Event:
    """Return an Edge client's start as it is stored."""
    event = parse_xdm(start, Context(0), {"analytics.reportSuite": "demo"})
    return event._replace(params=Pseudonyms(VIEWER_KEY, "demo").hide(event.params))


def as_stored(start: Body) -> Event:
    """Return a start as it is stored: with what stands for the viewer's ids."""
    event = parse_session_start(start)
    return event._replace(params=Pseudonyms(VIEWER_KEY, "demo").hide(event.params))


def download(api: Api, schedule: Schedule, name: str) -> None:
    """Send one session that was watched offline."""
    player = Player(api, schedule, name)
    start = player.start(media_downloaded=True)
    later = [player._event("ping", player.now() + second * 1_000) for second in range(player.left)]
    events = (as_stored(start), *map(parse_event, later))
    player._insisting(lambda: api.start([start, *later], events=events))


def watch(api: Api, schedule: Schedule, is_over: Callable[[], bool]) -> None:
    """Be one of the schedules' closers, until everybody has gone."""
    schedule.idle()
    while not is_over():
        api.close(remaining_ms=schedule.random.choice((55_000, 55_000, 55_000, 5_000)))
        schedule.idle()


def people(api: Api, schedule: Schedule) -> Callable[[], bool]:
    """Bring in all the actors of a schedule; what is returned says whether the players are done."""
    choose: Any = schedule.random.choice
    players = [f"player{number}" for number in range(choose((1, 1, 2, 3)))]
    for name in players:
        schedule.turns.spawn(name, Player(api, schedule, name).live)
    if choose((False, False, True)):
        schedule.turns.spawn("player-edge", EdgePlayer(api, schedule, "player-edge").live)
    if choose((False, False, False, True)):
        schedule.turns.spawn("player-dl", lambda: download(api, schedule, "player-dl"))

    def is_over() -> bool:
        return not any(actor.name.startswith("player") for actor in schedule.turns.actors)

    for number in range(choose((0, 1, 1, 2, 3))):
        schedule.turns.spawn(f"closer{number}", lambda: watch(api, schedule, is_over))
    return is_over
