"""Sessions by a script, for the roll-ups: what the table's stream says of them, and what is right by the script alone."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final, NamedTuple

from mediabeat.core.close_rules import CloseReason
from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import pack
from mediabeat.core.metrics import measure
from mediabeat.core.records import Start
from mediabeat.core.rollups.counters import Change, counted
from mediabeat.core.rollups.figures import ATTEMPT, NOTHING, Figures, figures_of
from mediabeat.core.session import fold
from mediabeat.core.session_query import KINDS
from mediabeat.storage.session_items import shard_of
from tests.support import builders

FIRST_DAY: Final = 20_780
"""Epoch day: 23 November 2026."""

DAYS: Final = 10
DAY_S: Final = 86_400
SHARDS: Final = 4
PROJECTS: Final = ("demo", "news.tv", "sport-1")
OUTCOMES: Final = (
    ("played", 1_200, 894, True),
    ("played", 9_000, 612, False),
    ("exit_before_start", 4_000, 333, False),
    ("early_exit", None, None, False),
    ("start_failure", None, 0, False),
    ("play_failure", None, 0, False),
    ("business_error", None, None, False),
    ("a word of a later release", None, None, False),
)
"""Outcome, time to start, score in tenths, and whether the session is good."""


class Script(NamedTuple):
    """One session. Times in seconds; the start is on the server's clock, and the player's is `skew_s` behind it."""

    sid: str
    project: str
    kind: int
    viewer: str
    content: str
    started_s: int
    skew_s: int
    parts: Sequence[tuple[int, int]]
    """How long nothing plays, and then for how long content plays, again and again."""
    ends: bool
    outcome: int
    rebuffering_ms: int
    recomputed_ms: int | None
    """What `mediabeat recompute` makes of the rebuffering; None if it never looks at the session."""
    is_erased: bool

    @property
    def played(self) -> Iterator[tuple[int, int]]:
        """When content plays, by the server's clock."""
        at = self.started_s
        for rest_s, play_s in self.parts:
            yield at + rest_s, at + rest_s + play_s
            at += rest_s + play_s

    @property
    def duration_s(self) -> int:
        """How long the session lasts."""
        return sum(map(sum, self.parts))


def scripts(count: int, random: Random) -> list[Script]:
    """Make up sessions: most of some minutes, a few of a day, many at the edges of buckets and days."""
    made = []
    for number in range(count):
        parts = [(random.choice((0, 1, 7, 60, 300)), random.randrange(1, 1_500)) for _ in range(random.randrange(5))]
        if random.random() < 0.01:
            parts = [(3, DAY_S - 1_000), (50, 900)]
        edge_s = random.choice((300, 3_600, DAY_S))
        started_s = FIRST_DAY * DAY_S + random.randrange((DAYS - 1) * DAY_S)
        if random.random() < 0.3:
            started_s = started_s // edge_s * edge_s + random.choice((0, -1, edge_s - 1))
        made.append(
            Script(
                sid=hashlib.sha256(f"{number}{random.random()}".encode()).hexdigest(),
                project=random.choice(PROJECTS),
                kind=random.randrange(len(KINDS)),
                viewer=f"00000000-0000-4000-8000-{random.randrange(max(4, count // 8)):012}",
                content=f"movie-{min(random.randrange(40), random.randrange(40))}",
                started_s=max(FIRST_DAY * DAY_S, started_s),
                skew_s=random.choice((0, 0, 0, -2, 90, -3_600, 10**6)),
                parts=parts or [(random.choice((1, 30)), 0)],
                ends=random.random() < 0.6,
                outcome=random.randrange(len(OUTCOMES)),
                rebuffering_ms=random.choice((0, 0, 1_234)),
                recomputed_ms=random.choice((0, 777)) if random.random() < 0.05 else None,
                is_erased=random.random() < 0.03,
            )
        )
    return made


def _events(script: Script) -> list[Event]:
    """Return what the player sends."""
    at, playhead = 0, 0

    def event(kind: EventType, seconds: int) -> Event:
        return Event(1_000 * (script.started_s - script.skew_s + seconds), kind, float(playhead), {}, {}, {})

    length, content_type = (0, "live") if KINDS[script.kind][1] == "LIVE" else (100_000, "vod")
    params: dict[str, Any] = {"media_id": script.content, "media_length": length, "media_contentType": content_type}
    title = f"{script.content} of {script.started_s}"
    sent = [builders.start(**params, media_name=title)._replace(ts=1_000 * (script.started_s - script.skew_s))]
    for rest_s, play_s in script.parts:
        if at:
            sent.append(event(EventType.PAUSE_START, at))
            sent += [event(EventType.PING, one) for one in range(at + 60, at + rest_s, 60)]
        at += rest_s
        if play_s:
            sent.append(event(EventType.PLAY, at))
            began, first = at, playhead
            for one in range(began + 60, began + play_s, 60):
                playhead = first + one - began
                sent.append(event(EventType.PING, one))
            at, playhead = began + play_s, first + play_s
    sent.append(event(EventType.SESSION_END if script.ends else EventType.PING, at))
    return sent


def changes(script: Script, random: Random) -> list[Change]:
    """Return the changes of a session's start item in their order, as the stream has them."""
    sent = _events(script)
    device, video_type = KINDS[script.kind]
    start = Start(
        project_id=script.project,
        device=device,
        video_type=video_type,
        viewer=script.viewer if random.random() < 0.5 else script.viewer.upper(),
        caller="{}",
        started_at=1_000 * script.started_s,
        ts_skew=1_000 * script.skew_s,
        event=pack(sent[0]),
    )
    facts = counted(script.sid, start, shard=shard_of(script.sid, SHARDS))
    assert facts is not None

    def figures(events: Sequence[Event], reason: str | None = None) -> Figures:
        session = fold(events, ts_skew=start.ts_skew)
        found = figures_of(session, start, measure(session, reason), last_at=events[-1].ts + start.ts_skew)
        return found._replace(outcome=None, time_to_start_ms=None, rebuffering_ms=0, score=None, is_good=False)

    outcome, start_ms, score, is_good = OUTCOMES[script.outcome]
    closed = figures(sent, CloseReason.SESSION_END)._replace(
        outcome=outcome, time_to_start_ms=start_ms, rebuffering_ms=script.rebuffering_ms, score=score, is_good=is_good
    )
    looks = [figures(sent[:at]) for at in range(10, len(sent), 10)]
    versions: list[tuple[float, Figures]] = [(script.started_s, ATTEMPT)]
    versions += [(sent[10 * at + 9].ts / 1_000 + script.skew_s, look) for at, look in enumerate(looks[:6])]
    ended_s = script.started_s + script.duration_s
    versions.append((ended_s + 30, closed))
    if random.random() < 0.2:
        versions.append((ended_s + 31, closed))  # a closer that was cut off, and the one after it
    if script.recomputed_ms is not None:
        versions.append((ended_s + 3_600, closed._replace(rebuffering_ms=script.recomputed_ms)))
    if script.is_erased:
        versions = versions[: random.randrange(1, len(versions) + 1)]
        versions.append((versions[-1][0] + 1, NOTHING))
    before = [NOTHING, *(one for _, one in versions)]
    return [
        Change(facts, was, now, hashlib.sha256(f"{script.sid}#{number}".encode()).digest()[:8], at)
        for number, (was, (at, now)) in enumerate(zip(before, versions, strict=False))
    ]


Where = tuple[str, str, str]
"""A project, `h2026112300`, `d20261123`, `ch…` or `cd…`, and a content's id or an empty text."""


def right(watched: Sequence[Script]) -> dict[Where, Counter[str]]:
    """Return every counter of every item, from the scripts, second by second and with nothing of the package."""
    sums: defaultdict[Where, Counter[str]] = defaultdict(Counter)
    seen: defaultdict[tuple[str, str, int], set[tuple[int, int]]] = defaultdict(set)
    for one in watched:
        if one.is_erased:
            continue
        hour, day, of_hour = _at(one.started_s)
        seen[one.project, one.viewer, one.started_s // DAY_S].add((one.started_s % DAY_S // 300, one.kind))
        sums[one.project, f"h{hour}", ""][f"a{of_hour}{one.kind}"] += 1
        sums[one.project, f"d{day}", ""][f"a{one.kind}"] += 1
        outcome, start_ms, score, is_good = OUTCOMES[one.outcome]
        letters = {"early_exit": "E", "exit_before_start": "X", "start_failure": "F", "play_failure": "V", "business_error": "B"}
        quality = Counter({letters[outcome]: 1} if outcome in letters else {})
        quality["w"] = one.rebuffering_ms if one.recomputed_ms is None else one.recomputed_ms
        quality["j"], quality["s"], quality["g"] = int(score is not None), score or 0, int(is_good)
        if start_ms is not None:
            quality[{1_200: "2", 9_000: "6", 4_000: "4"}[start_ms]] = 1
        for name, value in quality.items():
            sums[one.project, f"h{hour}", ""][f"q{name}{one.kind}"] += value
            sums[one.project, f"d{day}", ""][f"q{name}{one.kind}"] += value
        if any(begin < end for begin, end in one.played):
            for content in ("", one.content):
                mark = "c" if content else ""
                sums[one.project, f"{mark}h{hour}", content][f"p{of_hour}{one.kind}"] += 1
                sums[one.project, f"{mark}d{day}", content][f"p{one.kind}"] += 1
        for begin, end in one.played:
            for bucket in range(begin // 300, (end - 1) // 300 + 1):
                ms = 1_000 * (min(end, 300 * bucket + 300) - max(begin, 300 * bucket))
                hour, day, of_hour = _at(300 * bucket)
                for content in ("", one.content):
                    mark = "c" if content else ""
                    sums[one.project, f"{mark}h{hour}", content][f"t{of_hour}{one.kind}"] += ms
                    sums[one.project, f"{mark}d{day}", content][f"t{one.kind}"] += ms
    for (project, _, day_number), seats in seen.items():
        for bucket in {bucket for bucket, _ in seats}:
            hour, _, of_hour = _at(DAY_S * day_number + 300 * bucket)
            sums[project, f"h{hour}", ""][f"u{of_hour}{_mask(kind for at, kind in seats if at == bucket):x}"] += 1
        sums[project, f"d{_at(DAY_S * day_number)[1]}", ""][f"u{_mask(kind for _, kind in seats):x}"] += 1
    return {where: nonzero for where, counter in sums.items() if (nonzero := Counter({k: v for k, v in counter.items() if v}))}


def _mask(kinds: Iterator[int]) -> int:
    return sum({1 << kind for kind in kinds})


def _at(seconds: int) -> tuple[str, str, str]:
    """Return the hour, the day and the bucket of a second, as keys and counters have them."""
    return hour_text(seconds // 3_600), day_text(seconds // DAY_S), "0123456789ab"[seconds % 3_600 // 300]


def hour_text(hour: int) -> str:
    """Return an epoch hour as keys have it."""
    return f"{day_text(hour // 24)}{hour % 24:02}"


def day_text(day: int) -> str:
    """Return an epoch day from 23 November to 7 December 2026 as keys have it."""
    november = day - FIRST_DAY + 23
    return f"202611{november:02}" if november <= 30 else f"202612{november - 30:02}"
