"""The id of a session: 64 hex digits that also tell how far the player's clock was off at the start.

An append reads nothing. So only the id can tell it whether an event arrives when the player's clock says.

    bytes  what
    20     random
    6      the server's clock minus the player's, in milliseconds, plus MAX_TS_MS
    6      zero

A hash of the first 20 bytes masks the other 12. The id looks random, and an id that was made in another way does not end in zeros
when it is unmasked: that of an earlier release, or of downloaded content. One in 2^48 of these does, and then costs bytes only.
"""

import hashlib
import re
from typing import Final

from mediabeat.core.event import MAX_TS_MS

SESSION_ID: Final = re.compile("[0-9a-f]{64}")

ON_TIME_MS: Final = 10_000
"""An event is on time if it arrives within this time of when the player's clock says. Requests rarely take longer."""

RANDOM_BYTES: Final = 20


def session_id(random: bytes, ts_skew: int) -> str:
    """Return a session's id with the skew (milliseconds) of its player's clock. `random` are RANDOM_BYTES bytes."""
    return (random + (((ts_skew + MAX_TS_MS) << 48) ^ _mask(random)).to_bytes(12, "big")).hex()


def arrival_to_keep(sid: str, ts: int, now: int) -> int | None:
    """Return the arrival of an event (epoch milliseconds) if it is not on time; None if it is, or if the id tells no skew."""
    if not SESSION_ID.fullmatch(sid):
        return None
    packed = bytes.fromhex(sid)
    skew, zero = divmod(int.from_bytes(packed[RANDOM_BYTES:], "big") ^ _mask(packed[:RANDOM_BYTES]), 1 << 48)
    return now if zero == 0 and abs(now - ts - (skew - MAX_TS_MS)) > ON_TIME_MS else None


def _mask(random: bytes) -> int:
    return int.from_bytes(hashlib.sha256(random).digest()[:12], "big")
