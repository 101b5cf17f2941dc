"""The events of a request, one by one: what each of them is, or why it is refused."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from mediabeat.core.event import Event, EventType
from mediabeat.errors import MAX_PROBLEMS, InvalidInput, Problem
from mediabeat.protocols.media_edge.events import COLLECTION, MISSING, Context, event_type_of, parse, timestamp_ms
from mediabeat.protocols.media_edge.schema import DOWNLOADED, PREFIX

MAX_STARTS_PER_REQUEST: Final = 10
"""Each may use START_UNITS write units. Clients send one."""

MAX_DOWNLOADED_EVENTS: Final = 20_000
MAX_NAME: Final = 128
"""Characters of a request's or an event's name."""

Json = Mapping[str, Any]

QUESTIONS: Final = ("v1/identity/acquire", "v1/privacy/set-consent")
"""The routes that store nothing, but refuse an unknown project."""


class Start(NamedTuple):
    """A `sessionStart`; `name` is the same in every try ("" if it has none), `sent_ts` the client's clock at the sending."""

    event: Event
    name: str
    sent_ts: int | None


class Later(NamedTuple):
    """An event of the session `sid`."""

    sid: str
    event: Event


class Downloaded(NamedTuple):
    """The events of a session that was watched offline."""

    events: list[Event]


class Ask(NamedTuple):
    """The question which project an id names."""

    config_id: str


class Refused(NamedTuple):
    """An event that breaks rules."""

    error: InvalidInput


Part = Start | Later | Downloaded | Ask | Refused


class Reader(NamedTuple):
    """Reads the events of a request. `start_params` are added to each `sessionStart`; `library` names the client."""

    start_params: Mapping[str, str]
    request_id: str
    queued_ms: int
    library: str
    now_ms: int

    @property
    def context(self) -> Context:
        """What the request says about all of its events."""
        return Context(self.now_ms, self.queued_ms, self.library)

    def parts(self, route: str, events: Sequence[Any], path_event: str | None) -> Iterator[tuple[int, Part]]:
        """Yield the parts of a request that are ours."""
        if route in QUESTIONS:
            return
        if route == "va/v1/downloaded":
            yield from self._downloaded(events)
            return
        expected = path_event if path_event is not None else ("sessionStart" if route == "va/v1/sessionStart" else None)
        starts = 0
        for position, one in enumerate(events):
            xdm = one.get("xdm") if isinstance(one, dict) else None
            name = xdm.get("eventType") if isinstance(xdm, dict) else None
            if expected is None and not (isinstance(name, str) and name.startswith(PREFIX)):
                continue  # an event of the site, not of a player
            starts += name == f"{PREFIX}{EventType.SESSION_START}"
            yield position, self._part(xdm, expected, position, starts)

    def _part(self, xdm: Any, expected: str | None, position: int, starts: int) -> Part:
        try:
            if not isinstance(xdm, dict):
                raise InvalidInput(Problem("xdm", MISSING if xdm is None else "must be an object"))
            name = xdm.get("eventType")
            if expected is not None and isinstance(name, str) and name != f"{PREFIX}{expected}":
                raise Mismatch(name, expected)
            if event_type_of(name) is not EventType.SESSION_START:
                return self._later(xdm)
            if starts > MAX_STARTS_PER_REQUEST:
                raise InvalidInput(Problem("xdm", f"a request must not have more than {MAX_STARTS_PER_REQUEST} sessionStart"))
            sent_at = timestamp_ms(xdm.get("timestamp"), short_fractions=self.library.startswith("mobilesdk/roku"))
            event = parse(xdm, self.context, self.start_params)
            named = name_of([xdm], self.request_id, str(position))
            return Start(event, named, None if sent_at is None else sent_at + self.queued_ms)
        except InvalidInput as error:
            return Refused(error)

    def _later(self, xdm: Json) -> Later:
        collection = xdm.get("mediaCollection")
        sid = collection.get("sessionID") if isinstance(collection, dict) else None
        if sid is None or sid == "":
            missing = Problem(f"{COLLECTION}.sessionID", MISSING)
            try:
                parse(xdm, self.context)
            except InvalidInput as error:
                raise InvalidInput(missing, *error.problems) from None
            raise InvalidInput(missing)
        return Later(str(sid), parse(xdm, self.context))

    def _downloaded(self, events: Sequence[Any]) -> Iterator[tuple[int, Part]]:
        """Yield the sessions of a request."""
        if len(events) > MAX_STARTS_PER_REQUEST:
            raise InvalidInput(Problem("events", f"must not hold more than {MAX_STARTS_PER_REQUEST} sessions"))
        for position, one in enumerate(events):
            xdm = one.get("xdm") if isinstance(one, dict) else None
            try:
                yield position, Downloaded(self._session(xdm))
            except InvalidInput as error:
                yield position, Refused(error)

    def _session(self, xdm: Any) -> list[Event]:
        if not isinstance(xdm, dict):
            raise InvalidInput(Problem("xdm", MISSING if xdm is None else "must be an object"))
        if (name := xdm.get("eventType")) != DOWNLOADED:
            raise Mismatch(str(name), "downloaded") if isinstance(name, str) else InvalidInput(Problem("xdm.eventType", MISSING))
        stored = xdm.get("mediaDownloadedEvents")
        field = "xdm.mediaDownloadedEvents"
        if not isinstance(stored, list) or not stored:
            raise InvalidInput(Problem(field, MISSING if stored is None else "must be an array of events"))
        if len(stored) > MAX_DOWNLOADED_EVENTS:
            raise InvalidInput(Problem(field, f"must not hold more than {MAX_DOWNLOADED_EVENTS} events"))
        events: list[Event] = []
        problems: list[Problem] = []
        for position, one in enumerate(stored):
            where = f"{field}[{position}]"
            try:
                events.append(self._stored(one, where, is_first=position == 0))
            except InvalidInput as error:
                problems += error.problems
            if len(problems) > MAX_PROBLEMS:
                break  # the reply lists no more
        if problems:
            raise InvalidInput(*problems)
        return events

    def _stored(self, one: Any, where: str, *, is_first: bool) -> Event:
        if not isinstance(one, dict):
            raise InvalidInput(Problem(where, "must be an object"))
        name = one.get("mediaEventType")
        if (name == f"{PREFIX}{EventType.SESSION_START}") is not is_first:
            rule = "must be media.sessionStart in the first event, and in no other"
            raise InvalidInput(Problem(f"{where}.mediaEventType", rule))
        xdm = {"eventType": name, "timestamp": one.get("mediaEventTimestamp"), "mediaCollection": one.get("mediaCollection")}
        try:
            return parse(xdm, Context(self.now_ms, library=self.library), self.start_params, f"{where}.mediaCollection")
        except InvalidInput as error:
            renamed = {"xdm.eventType": f"{where}.mediaEventType"}
            raise InvalidInput(*(one._replace(field=renamed.get(one.field, one.field)) for one in error.problems)) from None


class Mismatch(InvalidInput):
    """The body's event is of another type than the path says."""

    def __init__(self, name: str, expected: str) -> None:
        self.text = f"The payload eventType {name!r:.100} is different from the path eventType {expected!r:.100}"
        super().__init__(Problem("xdm.eventType", self.text, logged="xdm.eventType: is not that of the path"))


def name_of(xdms: Sequence[Json], request_id: str, position: str) -> str:
    """Return a name that is the same in every try of a request: the event's own, or else that of the request and a position."""
    own = next((one for xdm in xdms if isinstance(one := xdm.get("_id"), str) and 0 < len(one) <= MAX_NAME), None)
    return f"event {own}" if own else (f"request {request_id} {position}" if request_id else "")
