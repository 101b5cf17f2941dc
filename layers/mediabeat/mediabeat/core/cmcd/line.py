"""A CMCD line: one report of a player that speaks CMCD v2, in the form in which it is kept.

The line itself is kept and not an event, because only the lines around it tell what it means. So a better mapping can compute old
sessions again. Source: CTA-5004-B, and the traffic of hls.js, dash.js and Shaka Player.
"""

import hashlib
import json
from typing import Any, Final, NamedTuple

from mediabeat.core.event_codec import canonical_json, keys_of, pack_line, place_of

MAX_SID: Final = 64
MAX_CID: Final = 128
"""Characters of a session's and a content's id (source: CTA-5004-B)."""

STATES: Final = frozenset("sprkawedfq")
"""The values of `sta` that are understood. Others are as if the line had none."""

STARTS_PART: Final = frozenset("pkrs")
"""States that begin the next part of a session that is closed. With any other, a page was only left open."""

IS_PLAYING: Final = "p"
IS_IDLE: Final = "d"
REQUEST: Final = "rr"
ERROR: Final = "e"


class Line(NamedTuple):
    """A line, checked: `ts` in epoch milliseconds by the player's clock, and the keys that are kept, by their names."""

    ts: int
    keys: dict[str, Any]

    @property
    def event(self) -> str | None:
        """What happened (`e`); None if the line does not say."""
        return self.keys.get("e")

    @property
    def state(self) -> str | None:
        """The state of the player after that (`sta`)."""
        return self.keys.get("sta")

    @property
    def content_id(self) -> str | None:
        """The id of the content that the line is about (`cid`)."""
        return self.keys.get("cid")

    @property
    def starts_session(self) -> bool:
        """Whether the line may be the first of a session. A page with a player that nobody has touched starts none."""
        if self.state is None:
            return "msd" in self.keys or self.event == ERROR
        return self.state != IS_IDLE

    @property
    def starts_part(self) -> bool:
        """Whether the line begins the next part of a session that is closed."""
        return self.state in STARTS_PART and self.event != REQUEST

    @property
    def waits(self) -> bool:
        """Whether the line is kept although no session has begun: its player reports media, but no states."""
        return self.state is None and "br" in self.keys

    @property
    def is_live(self) -> bool:
        """Whether the line says that the media is a live stream."""
        return self.keys.get("st") in ("l", "ll")

    @property
    def progress(self) -> float:
        """A playhead for the due mark: it moves while content plays and rests while it does not, and is nothing else."""
        if "pt" in self.keys:
            return float(self.keys["pt"] % 2**32) / 1_000
        return self.ts % 2**32 / 1_000 if self.state in (None, IS_PLAYING) else 0.0


def pack(line: Line) -> bytes:
    """Return a line as bytes. Equal lines give equal bytes."""
    return pack_line(line.ts, line.progress, canonical_json(line.keys))


def unpack(packed: bytes) -> Line:
    """Return the line that `pack` turned into bytes."""
    return Line(place_of(packed)[0], json.loads(keys_of(packed)))


def session_id(project_id: str, sid: str, part: int = 1) -> str:
    """Return the id of the session that a player's `sid` names in a project; `part` counts what follows after each closing.

    It is a hash, so that nothing has to be looked up and no answer has to carry it.
    """
    named = [project_id, sid] if part == 1 else [project_id, sid, str(part)]
    return hashlib.sha256(b"cmcd\n" + "\n".join(named).encode(errors="surrogatepass")).hexdigest()
