"""Recorded CMCD traffic of hls.js, dash.js and Shaka Player, in a folder beside the repository, and lines for tests."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from mediabeat.core.cmcd.events import events_of
from mediabeat.core.cmcd.line import Line, pack, unpack
from mediabeat.core.session import Session, fold
from mediabeat.protocols.cmcd.requests import parse_body, start_of
from tests.support.builders import BASE_MS
from tests.support.template import ROOT

RECORDINGS: Final = sorted((ROOT.parent / "shared" / "fixtures" / "cmcd").glob("*.json"))

Recording = dict[str, Any]


def recording_in(path: Path) -> Recording:
    """Return the recording in a file."""
    recording: Recording = json.loads(path.read_text(encoding="utf-8"))
    return recording


def bodies_of(recording: Recording) -> list[str]:
    """Return the bodies that the stub accepted, in the order of arrival."""
    posts = (one for one in recording["requests"] if one["method"] == "POST")
    return [one["body"] for one in posts if str(one["status"]).startswith("2")]


def regrouped(bodies: Sequence[str], *, seed: int, size: int = 4) -> list[str]:
    """Return the lines of bodies twice, in another order, `size` in a body."""
    lines = 2 * [line for body in bodies for line in body.split("\n") if line]
    Random(seed).shuffle(lines)
    return ["\n".join(lines[at : at + size]) + "\n" for at in range(0, len(lines), size)]


def lines_of(bodies: Sequence[str]) -> dict[str, list[Line]]:
    """Return the lines of bodies as they are kept, by the player's session ids."""
    kept: dict[str, list[Line]] = {}
    for body in bodies:
        for sid, lines in parse_body(body.encode()).lines.items():
            kept.setdefault(sid, []).extend(unpack(pack(line)) for line in lines)
    return kept


def folded(lines: Sequence[Line], **query: str) -> Session:
    """Return the session of these lines, the first of which arrived first."""
    return fold(events_of(start_of(lines[0], lines[0].is_live, "demo", query), map(unpack, sorted(set(map(pack, lines))))))


def text_of(at: float, /, **keys: str | int) -> str:
    """Return the text of a line, `at` seconds after the tests' beginning; the values of keys are as on the wire."""
    words = {"cid": '"movie-1"', "sid": '"s-1"', "ts": str(BASE_MS + round(at * 1_000)), "v": "2"}
    given = {name: str(value) for name, value in keys.items()}
    return ",".join(f"{name}={value}" for name, value in sorted((words | given).items()) if value)


def states(*reports: tuple[float, str], **keys: str | int) -> list[Line]:
    """Return lines with these states, each at seconds after the tests' beginning."""
    texts = (text_of(at, **keys, e="ps", sn=number, sta=state) for number, (at, state) in enumerate(reports))
    return [line for text in texts for line in parse_body(text.encode()).lines["s-1"]]
