"""Requests of CMCD players: a body of lines, and what the query says once for all of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from mediabeat.core.cmcd.line import REQUEST, Line
from mediabeat.core.event import CHANNEL, CONTENT_TYPE, LENGTH, PLAYER_NAME, REPORT_SUITE, Event, EventType
from mediabeat.protocols.cmcd.schema import is_later_version, kept_keys, session_id_in, ts_in
from mediabeat.protocols.cmcd.structured_fields import NotStructured, dictionary

MAX_PARAMETER: Final = 255
MAX_LENGTH_S: Final = 30 * 86_400


QUERY: Final = {
    "channel": "The channel (`media.channel`); `cmcd` without it.",
    "length": "Length of the content in seconds; unknown without it.",
    "type": "`live` for a live stream.",
    "player": "The name of the player; `CMCD` without it.",
    "name": "The name of the content.",
}
"""What CMCD does not say and the address may say once, with its meaning."""

_NEEDED: Final = {"analytics.trackingServer": "", "visitor.marketingCloudOrgId": ""}
"""Parameters that every canonical `sessionStart` has. CMCD has nothing like them."""


class Body(NamedTuple):
    """The lines of a body by the players' session ids, and how many lines could not be used, by the reason."""

    lines: dict[str, list[Line]]
    skipped: dict[str, int]

    @property
    def skipped_lines(self) -> int:
        """How many lines could not be used."""
        return sum(self.skipped.values())


def parse_body(raw: bytes) -> Body:
    """Return the lines of a body. A line that cannot be used is skipped and counted, and the others are read."""
    lines: dict[str, list[Line]] = {}
    skipped: dict[str, int] = {}
    for text in raw.decode(errors="replace").split("\n"):
        if not (text := text.strip(" \t\r")):
            continue
        read = _read(text)
        if isinstance(read, str):
            skipped[read] = skipped.get(read, 0) + 1
        else:
            sid, line = read
            lines.setdefault(sid, []).append(line)
    kept = {sid: _worth_keeping(of_session) for sid, of_session in lines.items()}
    return Body({sid: of_session for sid, of_session in kept.items() if of_session}, skipped)


def _worth_keeping(lines: Sequence[Line]) -> list[Line]:
    """Return the lines without those about media requests that say nothing new: 65 to 80 % of all, where a player sends them.

    One is kept if it has the time to start, if its player reports no states (then the last line tells how long it played), or if
    it has the bitrates of dash.js, which reports no changes. Not if the line numbered before it is here and has the same.
    """
    numbered = {line.keys["sn"]: line for line in lines if "sn" in line.keys}
    kept: list[Line] = []
    for position, line in enumerate(lines):
        if line.event != REQUEST:
            kept.append(line)
            continue
        before = numbered.get(line.keys["sn"] - 1) if "sn" in line.keys else lines[position - 1] if position else None
        rates = line.keys.get("br", ())
        is_new = any(isinstance(one, list) for one in rates) and (before is None or before.keys.get("br") != rates)
        if is_new or "msd" in line.keys or line.state is None:
            kept.append(line._replace(keys={name: value for name, value in line.keys.items() if name != "sn"}))
    return kept


def _read(text: str) -> tuple[str, Line] | str:
    """Return a line with its session's id, or why it cannot be used."""
    try:
        members = dictionary(text)
    except NotStructured:
        return "not a dictionary of Structured Fields"
    if is_later_version(members):
        return "of a later version"
    sid, ts = session_id_in(members), ts_in(members)
    if sid is None:
        return "without sid"  # the usual mistake: a dash.js target without `enabledKeys`
    if ts is None:
        return "without ts"
    return sid, Line(ts, kept_keys(members))


def start_of(line: Line, is_live: bool, project_id: str, query: Mapping[str, str]) -> Event:
    """Return the `sessionStart` of a session whose first line this is; the query names what CMCD does not.

    `is_live`: a line that came with it says that its stream is live.
    """
    is_live = is_live or query.get("type", "").lower() == "live"
    params: dict[str, Any] = {
        **_NEEDED,
        REPORT_SUITE: project_id,
        "media.id": line.content_id or "unknown",
        CONTENT_TYPE: "live" if is_live else "VOD",
        LENGTH: 0.0 if is_live else _length_s(query.get("length", "")),
        PLAYER_NAME: query.get("player", "")[:MAX_PARAMETER] or "CMCD",
        CHANNEL: query.get("channel", "")[:MAX_PARAMETER] or "cmcd",
    }
    if name := query.get("name", "")[:MAX_PARAMETER]:
        params["media.name"] = name
    return Event(line.ts, EventType.SESSION_START, 0.0, params, {}, {})


def _length_s(text: str) -> float:
    try:
        length_s = float(text)
    except ValueError:
        return 0.0
    return length_s if 0 <= length_s <= MAX_LENGTH_S else 0.0
