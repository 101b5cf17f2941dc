"""The canonical events that the lines of a CMCD session mean, made whenever its log is folded.

The order of the lines is that of `ts`, then of `sn`. So neither the order in which they arrived nor repeats can change a figure.

**Playhead.** No player of today sends one (`pt`). Without it, a virtual one moves with the clock while content plays: it starts
at 0, or for a live stream at the second of the day. It does not know where a seek went.

**Players without states.** The release builds of Shaka Player report none. Content then starts with the line that carries `msd`,
and plays up to the last line: `UNKNOWN` and `IS_ASSUMED` say so.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from mediabeat.core.cmcd.adverts import REPORTED, Adverts, Named
from mediabeat.core.cmcd.content import LONGEST_GAP_MS, Content, Playhead
from mediabeat.core.cmcd.line import ERROR, REQUEST, Line
from mediabeat.core.cmcd.states import Change, Report, changes_of
from mediabeat.core.cmcd.unknown import unknown_figures
from mediabeat.core.event import (
    BITRATE,
    CONTENT_TYPE,
    DROPPED_FRAMES,
    ERROR_ID,
    ERROR_SOURCE,
    RESUME,
    STATE_NAME,
    TIME_TO_START,
    Event,
    EventType,
    is_live,
)
from mediabeat.core.folding.hints import IS_ASSUMED, STATE, UNKNOWN
from mediabeat.core.folding.spans import PlayState

SHOWS_PACE_MS: Final = 6_000
"""The fold believes another pace than 1 if two movements show it, each of 3 s. So a longer one is shown as two."""

LEAST_MSD: Final = 10
"""A shorter time to start is not one: dash.js measures 1 to 3 ms."""

ERROR_OF_STATE_MS: Final = 1_000
"""A state `f` is an error of its own, unless the player reports one within this time."""

_SWITCHES: Final[dict[str | None, tuple[EventType, str]]] = {
    "m": (EventType.STATE_START, "mute"),
    "um": (EventType.STATE_END, "mute"),
    "pe": (EventType.STATE_START, "fullScreen"),
    "pc": (EventType.STATE_END, "fullScreen"),
}
_EVENT_OF: Final = {
    PlayState.STARTING: EventType.BUFFER_START,
    PlayState.PLAYING: EventType.PLAY,
    PlayState.PAUSED: EventType.PAUSE_START,
    PlayState.BUFFERING: EventType.BUFFER_START,
    PlayState.SEEKING: EventType.PAUSE_START,
    PlayState.ENDED: EventType.SESSION_COMPLETE,
}


def events_of(start: Event, lines: Iterable[Line]) -> list[Event]:
    """Return the events of a session, given its stored `sessionStart` and its distinct lines.

    Lines that differ in `ts` or `sn` may come in any order, and the others in one that depends on themselves only.
    """
    kept = _counted(start, sorted(lines, key=lambda line: (line.ts, line.keys.get("sn", -1))))
    return list(_Walk(start, kept).events()) if kept else [start]


def _counted(start: Event, ordered: list[Line]) -> list[Line]:
    """Return the lines from the first one that may start a session: those before it are kept or not, as they happen to arrive.

    Lines long before the start of a later part belong to the part before.
    """
    if start.params.get(RESUME):
        ordered = [line for line in ordered if line.ts >= start.ts - LONGEST_GAP_MS]
    has_states = any(line.state for line in ordered)
    begins = (at for at, line in enumerate(ordered) if line.starts_session and not (has_states and line.event == REQUEST))
    return ordered[next(begins, 0) :]


class _Walk:
    """One walk over the lines of a session, in order."""

    def __init__(self, start: Event, lines: Sequence[Line]) -> None:
        self._start = start
        self._lines = lines
        self._reports_ads = any(line.event in REPORTED for line in lines)
        self._content = Content(lines, counts_all=self._reports_ads)
        self._is_live = is_live(start) or any(line.is_live for line in lines)
        self._has_states = any(line.state for line in lines)
        self._has_changes = any(line.event == "bc" for line in lines)
        self._adverts = Adverts()
        self._state, self._shown = PlayState.STARTING, PlayState.STARTING
        self._playhead = Playhead(lines[0].ts, is_live=self._is_live)
        self._bitrate: float | None = None
        self._has_started = False
        self._ad_ms, self._ad_since = 0, 0
        self._first_start: int | None = None  # when a state `s` was reported first
        self._first_report: int | None = None
        self._errors = [line.ts for line in lines if line.event == ERROR]

    def events(self) -> Iterator[Event]:
        """Yield the events, the `sessionStart` first."""
        yield self._session_start()
        changes = {change.ts: change for change in self._changes()}
        # The time of a media request is its beginning, and its state that of its end. So it says nothing about playing.
        telling = [line for line in self._lines if line.event != REQUEST or not self._has_states]
        last = telling[-1].ts if telling else self._lines[0].ts
        late = {min(_arrival_of(line), last): line for line in self._lines if self._has_late_bitrate(line)}
        at: dict[int, list[Line]] = {ts: [] for ts in late}
        for line in telling:
            at.setdefault(line.ts, []).append(line)
        for ts in sorted(at):
            lines = at[ts]
            own = [line for line in lines if self._content.has(line)]
            plays = self._state is PlayState.PLAYING and not self._adverts.break_is_open
            if plays and self._playhead.has_other_rate and SHOWS_PACE_MS <= ts - self._playhead.ts <= LONGEST_GAP_MS:
                self._playhead.move_to((self._playhead.ts + ts) // 2, (), plays=True)
                yield self._event(EventType.PING)
            self._playhead.move_to(ts, own, plays=plays)
            change = changes.get(ts)
            if change is not None:
                if change.state is PlayState.PLAYING:
                    self._playhead.play(from_start=self._state is PlayState.ENDED)
                self._state = change.state
            for line in lines:
                yield from self._of_ads(line, ts)
            yield from self._of_state(change, ts)
            yield from map(self._of_line, lines)
            self._playhead.take_rate(own)
            if ts in late and (event := self._bitrate_event(late[ts], ts)):
                yield event

    def _session_start(self) -> Event:
        known: dict[str, Any] = {UNKNOWN: unknown_figures(self._lines, has_states=self._has_states)}
        known |= {} if self._has_states else {IS_ASSUMED: True}
        content_id = self._content.first
        named = {"media.id": content_id} if content_id is not None else {}
        live = {CONTENT_TYPE: "live"} if self._is_live else {}
        return self._start._replace(
            ts=self._lines[0].ts, playhead=self._playhead.at_s, params=self._start.params | named | live | known
        )

    # States

    def _changes(self) -> list[Change]:
        if not self._has_states:
            first = next((line.ts for line in self._lines if "msd" in line.keys), None)
            return [] if first is None else [Change(first, PlayState.PLAYING)]
        reports = [
            Report(line.ts, line.state)
            for line in self._lines
            if line.state is not None and line.event != REQUEST and self._content.has(line)
        ]
        self._first_start = next((one.ts for one in reports if one.state == "s"), None)
        self._first_report = reports[0].ts if reports else None
        return changes_of(reports)

    def _of_state(self, change: Change | None, ts: int) -> Iterator[Event]:
        """Yield the change of what the content does. During an ad it waits until the ad is over, but for an end or an error."""
        if change is not None and change.fails and not any(abs(ts - one) <= ERROR_OF_STATE_MS for one in self._errors):
            yield self._event(EventType.ERROR, {ERROR_ID: "unknown", ERROR_SOURCE: "player"})
        if change is not None and change.ends:
            yield self._event(EventType.SESSION_END)
        if self._adverts.break_is_open or self._shown is self._state:
            return
        self._shown = self._state
        kind = _EVENT_OF[self._state]
        if change is not None and change.goes_on:
            kind = EventType.BUFFER_START  # a second `pauseStart` would be a second pause
        event = self._event(kind, {STATE: str(self._state)})
        if self._state is PlayState.PLAYING and not self._has_started:
            self._has_started = True
            if (took_ms := self._time_to_start(ts)) is not None:
                event = event._replace(qoe={TIME_TO_START: took_ms})
        yield event

    def _time_to_start(self, ts: int) -> int | None:
        if self._first_start is not None and self._first_start <= ts:
            return max(0, ts - self._first_start - self._ad_ms)
        sent = next((line.keys["msd"] for line in self._lines if line.keys.get("msd", 0) >= LEAST_MSD), None)
        if sent is not None or self._first_report is None:
            return sent
        return max(0, ts - self._first_report - self._ad_ms)

    # Ads

    def _of_ads(self, line: Line, ts: int) -> Iterator[Event]:
        if line.event == REQUEST:
            return
        was_open = self._adverts.break_is_open
        if self._reports_ads:
            said: Iterator[Named] = self._adverts.take_event(line, self._playhead.at_s)
        elif not self._content.has(line):
            said = self._adverts.take_foreign(line, self._playhead.at_s)
        else:
            return
        for kind, params in said:
            yield self._event(kind, params)
        if self._adverts.break_is_open and not was_open:
            self._ad_since = ts
            if self._shown is PlayState.PLAYING:
                self._shown = PlayState.WAITING  # so that it is reported again when the ad is over
        elif was_open and not self._adverts.break_is_open:
            self._ad_ms += ts - self._ad_since

    # Lines

    def _of_line(self, line: Line) -> Event:
        """Return the event of a line, besides what its state and its ads say."""
        keys, params = line.keys, dict[str, Any]()
        kind = EventType.PING
        if line.event == ERROR:
            kind, params = EventType.ERROR, {ERROR_ID: ",".join(keys.get("ec", ())) or "unknown", ERROR_SOURCE: "player"}
        elif line.event in _SWITCHES:
            kind, name = _SWITCHES[line.event]
            params = {STATE_NAME: name}
        elif line.event == "b":
            kind = EventType.STATE_START if keys.get("bg") else EventType.STATE_END
            params = {STATE_NAME: "background"}
        elif self._tells_bitrate(line) and (event := self._bitrate_event(line, line.ts)):
            kind, qoe = event.type, event.qoe
            return self._event(kind, params)._replace(qoe=qoe | _dropped(line), custom=_custom(line))
        return self._event(kind, params)._replace(qoe=_dropped(line), custom=_custom(line))

    def _tells_bitrate(self, line: Line) -> bool:
        return (line.event != REQUEST or not self._has_states) and self._content.has(line)

    def _has_late_bitrate(self, line: Line) -> bool:
        """Return whether a line tells the bitrate at the end of a media request: dash.js has no event for a change."""
        return line.event == REQUEST and not self._has_changes and "br" in line.keys and self._content.has(line)

    def _bitrate_event(self, line: Line, ts: int) -> Event | None:
        """Return the event of a bitrate that differs from the last one known; the first is a ping. None if there is none."""
        if not line.keys.get("br"):
            return None
        sent = 1_000 * sum(one[0] if isinstance(one, list) else one for one in line.keys["br"])
        if sent == self._bitrate or (self._has_changes and self._bitrate is not None and line.event != "bc"):
            return None
        kind = EventType.PING if self._bitrate is None else EventType.BITRATE_CHANGE
        self._bitrate = sent
        return self._event(kind)._replace(ts=ts, qoe={BITRATE: sent})

    def _event(self, kind: EventType, params: dict[str, Any] | None = None) -> Event:
        return Event(self._playhead.ts, kind, self._playhead.at_s, params or {}, {}, {})


def _arrival_of(line: Line) -> int:
    return line.ts + min(int(line.keys.get("ttlb", 0)), LONGEST_GAP_MS)


def _dropped(line: Line) -> dict[str, Any]:
    return {DROPPED_FRAMES: line.keys["dfa"]} if "dfa" in line.keys else {}


def _custom(line: Line) -> dict[str, str]:
    return {name: str(value) for name, value in line.keys.items() if name == "cen" or "." in name or "-" in name}
