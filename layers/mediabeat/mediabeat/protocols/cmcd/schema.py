"""The keys of a CMCD line that are kept: their types, and how each is read from a player that sends another type.

Everything else is left out: URLs, which can hold tokens, and figures about the network. Source: CTA-5004-B, and the traffic of
hls.js 1.7, dash.js 5.2 and Shaka Player 5.2.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from mediabeat.core.cmcd.line import MAX_CID, MAX_SID, STATES, Line
from mediabeat.core.event import MAX_TS_MS
from mediabeat.protocols.cmcd.structured_fields import Item, Token

VERSION: Final = 2
"""Lines of a later version are skipped: their keys may have another meaning."""

EARLIEST_TS: Final = 978_307_200_000
"""The first millisecond of 2001. An earlier `ts` is a mistake of units."""

MAX_NUMBER: Final = 2**53
MAX_TEXT: Final = 128
MAX_LIST: Final = 8
MAX_CUSTOM: Final = 8
"""Custom keys that are kept of a line; the first ones by name."""

CUSTOM_KEY: Final = re.compile(r"(?=.{3,64}$)[a-z0-9.]+-[A-Za-z0-9_.-]+")
"""A key with a hyphen is custom, and begins with a reversed host name (source: CTA-5004-B)."""

_Read = Callable[[Any], Any]


class Key(NamedTuple):
    """A key that is kept: how it is read, its JSON Schema after that, and what it means."""

    read: _Read
    schema: dict[str, Any]
    meaning: str


def _whole(value: Any) -> int | None:
    """Return a whole number from 0; a decimal is cut, as dash.js sends `ltc=8178.0`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < MAX_NUMBER else None


def _rate(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= 100 else None


def _text(most: int) -> _Read:
    def read(value: Any) -> str | None:
        return value if isinstance(value, str) and not isinstance(value, Token) and 1 <= len(value) <= most else None

    return read


def _word(value: Any) -> str | None:
    return str(value) if isinstance(value, Token) and len(value) <= MAX_TEXT else None


def _state(value: Any) -> str | None:
    return str(value) if isinstance(value, Token) and value in STATES else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _bitrates(value: Any) -> list[Any] | None:
    """Return bitrates in kbps, each a number or a number and its type: `(293)`, `(240;v 48;a)`. A plain number is one of them."""
    items = value if isinstance(value, list) else [Item(value, {})]
    read = []
    for item in items[:MAX_LIST]:
        number = _whole(item.value)
        if number is None:
            return None
        kind = next((name for name, is_set in item.params.items() if is_set is True), None)
        read.append([number, kind] if kind is not None and len(kind) <= 2 else number)
    return read or None


def _error_codes(value: Any) -> list[str] | None:
    """Return error codes as texts. dash.js sends `ec=27` for `ec=("27")`."""
    items = value if isinstance(value, list) else [Item(value, {})]
    codes = [str(item.value)[:MAX_TEXT] for item in items[:MAX_LIST] if isinstance(item.value, str | int | float)]
    return codes or None


_NUMBER: Final = {"type": "integer", "minimum": 0}
_LIST: Final = {"type": "array", "maxItems": MAX_LIST}


def _texts(most: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most}


KEYS: Final[Mapping[str, Key]] = {
    "cid": Key(_text(MAX_CID), _texts(MAX_CID), "the content"),
    "sn": Key(_whole, _NUMBER, "number of the line; begins again at 0 when the player is rebuilt"),
    "e": Key(_word, _texts(MAX_TEXT), "what happened"),
    "sta": Key(_state, {"type": "string", "enum": sorted(STATES)}, "the player's state after that"),
    "pt": Key(_whole, _NUMBER, "playhead in milliseconds; of a live stream, epoch milliseconds"),
    "pr": Key(_rate, {"type": "number", "minimum": 0, "maximum": 100}, "playback rate, left out when 1"),
    "br": Key(_bitrates, _LIST, "bitrates in kbps, of audio and video"),
    "msd": Key(_whole, _NUMBER, "milliseconds from the viewer's intent to the first frame"),
    "ec": Key(_error_codes, _LIST | {"items": {"type": "string"}}, "error codes"),
    "st": Key(_word, _texts(MAX_TEXT), "stream type: `v`, `l` or `ll`"),
    "sf": Key(_word, _texts(MAX_TEXT), "streaming format: `d`, `h`, `s` or `o`"),
    "bg": Key(_flag, {"type": "boolean"}, "the page is hidden"),
    "nr": Key(_flag, {"type": "boolean"}, "the content is not rendered"),
    "dfa": Key(_whole, _NUMBER, "dropped frames since the start"),
    "ltc": Key(_whole, _NUMBER, "live latency in milliseconds"),
    "ttlb": Key(_whole, _NUMBER, "milliseconds to the last byte of a media request"),
    "h": Key(_text(MAX_TEXT), _texts(MAX_TEXT), "host"),
    "cen": Key(_text(MAX_TEXT), _texts(MAX_TEXT), "name of a custom event"),
    "cs": Key(_text(MAX_TEXT), _texts(MAX_TEXT), "signature"),
}
"""The keys that are kept besides `sid`, `ts` and `v`, by their names on the wire."""

KEPT_OF_REQUESTS: Final = frozenset({"br", "cid", "e", "msd", "sn", "sta", "ttlb"})
"""What is kept of a line about a media request (`e=rr`): when it was, and what no other line may say."""


def session_id_in(members: Mapping[str, Any]) -> str | None:
    """Return the player's id of the session; None if the line has no valid one."""
    sid: str | None = _text(MAX_SID)(members.get("sid"))
    return sid


def ts_in(members: Mapping[str, Any]) -> int | None:
    """Return when the line was made, in epoch milliseconds; None if the line does not say."""
    ts = _whole(members.get("ts"))
    return ts if ts is not None and EARLIEST_TS <= ts <= MAX_TS_MS else None


def is_later_version(members: Mapping[str, Any]) -> bool:
    """Return whether a line is of a version that this release does not know."""
    version = members.get("v")
    return isinstance(version, int | float) and version > VERSION


def kept_keys(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a line that are kept, without values of a wrong type."""
    kept = {name: value for name, key in KEYS.items() if name in members and (value := key.read(members[name])) is not None}
    if kept.get("e") == "rr":
        return {name: value for name, value in kept.items() if name in KEPT_OF_REQUESTS}
    if kept.get("pr") == 1:
        del kept["pr"]  # as if it were left out
    custom = sorted(name for name in members if CUSTOM_KEY.fullmatch(name) and isinstance(members[name], str))
    return kept | {name: str(members[name])[:MAX_TEXT] for name in custom[:MAX_CUSTOM]}


def checked_line(value: Any) -> Line:
    """Return the line in a JSON value that has `ts` and the keys of a line as they are kept.

    Raises ValueError for a key that would not be kept so.
    """
    if not isinstance(value, dict) or (ts := ts_in(value)) is None:
        raise ValueError("cmcd: must be a JSON object with ts in epoch milliseconds")
    keys = {name: one for name, one in value.items() if name != "ts"}
    kept = kept_keys({name: _as_sent(name, one) for name, one in keys.items()})
    if kept != keys:
        wrong = sorted(name for name in keys if kept.get(name) != keys[name])
        raise ValueError(f"cmcd: not as a line is kept: {', '.join(wrong)!r:.100}")
    return Line(ts, keys)


def _as_sent(name: str, value: Any) -> Any:
    """Return a kept value as the parser has it: words are tokens, and lists have items."""
    if isinstance(value, str) and name in KEYS and KEYS[name].read in (_word, _state):
        return Token(value)
    if isinstance(value, list):
        return [Item(one[0], {str(one[1]): True}) if isinstance(one, list) and len(one) == 2 else Item(one, {}) for one in value]
    return value


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a line after it was read: the keys that are kept."""
    first = {
        "sid": _texts(MAX_SID) | {"description": "the session"},
        "ts": {"type": "integer", "minimum": EARLIEST_TS, "maximum": MAX_TS_MS, "description": "epoch milliseconds"},
        "v": {"type": "integer", "maximum": VERSION, "description": "version of CMCD"},
    }
    kept = {name: key.schema | {"description": key.meaning} for name, key in KEYS.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "CmcdLine",
        "description": "The keys of a CMCD line that are kept.",
        "type": "object",
        "properties": first | kept,
        "required": ["sid", "ts"],
        "additionalProperties": True,
    }
