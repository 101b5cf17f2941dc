"""The states that a CMCD player reported, as the fold has them: what its content did, and from when on.

    sta    meaning
    -----  ---------------------------------------------------------------------------------------------
    s, d   the content is starting
    p      it plays
    a      it is paused; not if `e` follows within 500 ms, because dash.js pauses just before each end
    k      the viewer seeks: neither a pause, nor buffering, nor content
    r, w   it buffers; not just before `k`, nor from `k` to the next p or a, nor before the first p: these belong to the seek
           or to the start
    e      it has ended: nothing plays, pauses or buffers until the next p
    f      it has failed: the same until the next p or s
    q      the session has ended

Source: the traffic of hls.js 1.7, dash.js 5.2 and Shaka Player 5.2, compared with what their video elements did.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from mediabeat.core.folding.spans import PlayState

SETTLES_MS: Final = 500
"""States that are replaced this fast are steps of one change."""


class Report(NamedTuple):
    """A state that a player reported, at epoch milliseconds of its clock."""

    ts: int
    state: str


class Change(NamedTuple):
    """A change of what the content does. `goes_on`: it is a pause that a seek or buffering had interrupted."""

    ts: int
    state: PlayState
    completes: bool = False
    fails: bool = False
    ends: bool = False
    goes_on: bool = False


_HELD: Final = {"a": PlayState.PAUSED, "k": PlayState.SEEKING, "r": PlayState.BUFFERING, "w": PlayState.BUFFERING}


def changes_of(reports: Sequence[Report]) -> list[Change]:
    """Return the changes that these reports, in the order of time, describe. There is at most one for each `ts`."""
    found: list[Change] = []
    state, has_played, is_over, in_pause = PlayState.STARTING, False, False, False
    for position, (ts, sta) in enumerate(reports):
        following = reports[position + 1] if position + 1 < len(reports) else None
        follows = following.state if following and following.ts - ts <= SETTLES_MS else ""
        match sta:
            case "p":
                change = Change(ts, PlayState.PLAYING)
                has_played, is_over = True, False
            case "s" | "d" | "f" | "q":
                change = Change(ts, PlayState.STARTING, fails=sta == "f", ends=sta == "q")
                has_played, is_over = False, sta in "fq"
            case "e":
                change = Change(ts, PlayState.ENDED, completes=state is not PlayState.ENDED)
                is_over = True
            case _ if is_over:
                continue
            case "a" if follows == "e":
                continue
            case "k" | "r" | "w" if not has_played:
                change = Change(ts, PlayState.STARTING)
            case "r" | "w" if state is PlayState.SEEKING or follows == "k":
                continue
            case _:
                change = Change(ts, _HELD[sta], goes_on=sta == "a" and in_pause)
        in_pause = change.state is PlayState.PAUSED or (in_pause and change.state in (PlayState.SEEKING, PlayState.BUFFERING))
        if change.state is state and not (change.completes or change.fails or change.ends):
            continue
        if found and found[-1].ts == ts:
            last = found.pop()
            change = change._replace(completes=change.completes or last.completes, fails=change.fails or last.fails)
        found.append(change)
        state = change.state
    return found
