"""The list of the newest sessions: what may be asked, and how it is answered.

Source: NAVER's Media Analytics API, `GET /v1/sessionRecent`; keys, types, order and formats are those of its published example.
"""

import heapq
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final, TypeVar

from mediabeat.core.action_log import LogLine, totals
from mediabeat.core.projects import opens
from mediabeat.core.records import Caller, ListEntry
from mediabeat.core.session_query import DEFAULT_SPAN_MS, DEVICES, VIDEO_TYPES, SessionQuery
from mediabeat.core.summary import UNREADABLE, ListedSummary, summarize
from mediabeat.errors import InvalidInput, LargeSession, Problem, Unauthorized
from mediabeat.protocols.media_analytics.responses import RecentAnswer, RecentSession, SessionLogLine
from mediabeat.storage.project_store import Registry
from mediabeat.storage.session_items import listings
from mediabeat.storage.session_queries import SessionQueries

MAX_LIMIT: Final = 100
MAX_LOG_LINES: Final = 25_000
"""Lines of session logs in one answer, shared evenly: some 170 bytes each, of the 6 MB that a function may answer."""

MAX_FOLDED: Final = 120_000
"""What the open sessions of one answer may count together, newest first: a full one, and some more."""

PAGE: Final = 25
"""Entries read at a time from one listing: a default answer of 100 comes from at least four of them."""

Choice = TypeVar("Choice", bound=str)

_NUMBER: Final = re.compile("[0-9]{1,3}")
_DATE: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(_DATE.pattern + r"([ Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?")


def parse_query(parameters: Mapping[str, str], *, now: int) -> SessionQuery:
    """Return the query in a request's parameters.

    Raises InvalidInput naming each wrong parameter.
    """
    problems: list[Problem] = []
    devices = _choice(parameters, "device", DEVICES, problems)
    video_types = _choice(parameters, "videoType", VIDEO_TYPES, problems)
    until = _moment(parameters, "endDate", now, problems, last=True)
    since = _moment(parameters, "startDate", until - DEFAULT_SPAN_MS, problems, last=False)
    limit = parameters.get("limit", str(MAX_LIMIT))
    if not (_NUMBER.fullmatch(limit) and 1 <= int(limit) <= MAX_LIMIT):
        problems.append(Problem("limit", f"must be a whole number from 1 to {MAX_LIMIT}"))
    elif not problems and since > until:
        problems.append(Problem("startDate", "must not be after endDate"))
    if problems:
        raise InvalidInput(*problems)
    return SessionQuery(devices, video_types, since, until, int(limit))


def _choice(parameters: Mapping[str, str], name: str, allowed: tuple[Choice, ...], problems: list[Problem]) -> tuple[Choice, ...]:
    given = tuple(parameters.get(name, ",".join(allowed)).split(","))
    if not set(given) <= set(allowed):
        problems.append(Problem(name, f"must be one of: {','.join(allowed)} (default) | {' | '.join(allowed)}"))
    return tuple(one for one in allowed if one in given)


def _moment(parameters: Mapping[str, str], name: str, default: int, problems: list[Problem], *, last: bool) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    try:
        moment = datetime.fromisoformat(text.upper()) if _MOMENT.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None:
        problems.append(Problem(name, "must be a UTC date: YYYY-MM-DD, YYYY-MM-DD HH:mm:ss or RFC 3339"))
        return default
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if last and _DATE.fullmatch(text):
        moment += timedelta(days=1, seconds=-1)
    # A date without fractions means the whole of its last second.
    return int(moment.timestamp() * 1_000) + (999 if last and not moment.microsecond else 0)


def authorize(project_id: str | None, key: str | None, registry: Registry, *, now: int) -> str:
    """Return the id of the project that a key opens.

    Raises Unauthorized, in the same words for a wrong project and a wrong key.
    """
    if not key:
        raise Unauthorized("header x-api-key is missing")
    if not project_id:
        raise Unauthorized("header x-project-id is missing")
    project = registry.project(project_id)
    if project is None or not opens(project, key, now):
        raise Unauthorized("x-api-key is not a key of x-project-id")
    return project.id


def recent_sessions(project_id: str, query: SessionQuery, store: SessionQueries, *, shards: int) -> RecentAnswer:
    """Return the answer's body: the newest sessions of a project, open ones as far as they have come."""
    streams = [
        store.newest(listing, since=query.since, until=query.until, page_size=min(PAGE, query.limit))
        for listing in listings(project_id, query.devices, query.video_types, shards)
    ]
    newest = heapq.merge(*streams, key=lambda entry: entry.started_at, reverse=True)
    shown = _with_summaries(islice(newest, query.limit), store, MAX_LOG_LINES // query.limit)
    results = [_result(entry, summary) for entry, summary in shown]
    interval = "1d" if query.spans_days else "5m"
    return {"code": 200, "message": f"sessionRecent ({interval})", "result": results}


def _with_summaries(
    entries: Iterable[ListEntry], store: SessionQueries, most_lines: int
) -> Iterator[tuple[ListEntry, ListedSummary | None]]:
    """Yield sessions with their summaries: stored when they are closed, folded now when they are not or cannot be read.

    None for one that has just expired, and for one too large to be folded besides those before it.
    """
    left = MAX_FOLDED
    for entry in entries:
        summary = _stored_summary(entry, most_lines)
        if summary is not None:
            yield entry, summary
            continue
        try:
            stored = store.read_session(entry.sid, up_to=left)
        except LargeSession:
            stored = None
        left -= stored.head.weight if stored else 0
        yield entry, summarize(stored).listed(most_lines=most_lines) if stored else None


def _stored_summary(entry: ListEntry, most_lines: int) -> ListedSummary | None:
    """Return the stored summary; none when there is none yet, or when its bytes are damaged, as the log can tell instead."""
    if entry.summary is not None:
        with suppress(*UNREADABLE):
            return ListedSummary.from_bytes(entry.summary, most_lines=most_lines)
    return None


def _result(entry: ListEntry, summary: ListedSummary | None) -> RecentSession:
    log = summary.log if summary else []
    sums = summary.totals if summary else totals([])
    caller = Caller.from_json(entry.caller)
    result: RecentSession = {
        "logDate": date_text(log[-1].at_ms if log else entry.started_at),
        "no": number_of(entry),
        "uuid": entry.viewer,
        "origin": caller.origin,
        "os": caller.os,
        "device": caller.device,
        "totalStartTime": sums.start_ms / 1_000,
        "rebufferingTime": sums.rebuffering_ms / 1_000,
        "playingTime": sums.playing_ms / 1_000,
        "isError": summary is not None and summary.is_error,
        "sessionLog": log_lines(log, entry.viewer),
    }
    if sums.lines > len(log):
        result["sessionLogTotal"] = sums.lines
    return result


def log_lines(log: list[LogLine], viewer: str) -> list[SessionLogLine]:
    """Return a session's log as it is answered; durations in milliseconds."""
    return [
        {
            "logDate": date_text(line.at_ms),
            "videoTime": video_time(line.playhead_s),
            "actionType": line.action,
            "actionDuration": line.duration_ms,
            "uuid": masked(viewer),
        }
        for line in log
    ]


def number_of(entry: ListEntry) -> str:
    """Return a session's number: larger for newer ones, the same for ever, told apart within a millisecond by its id."""
    return str(entry.started_at * 1_000 + zlib.crc32(entry.sid.encode()) % 1_000)


def masked(viewer: str) -> str:
    """Return a UUID of which only the first and the last group can be read."""
    first, *_, last = viewer.split("-")
    return f"{first}-****-****-****-{last}"


def date_text(at_ms: int) -> str:
    """Return a moment as `YYYY-MM-DD HH:mm:ss` UTC."""
    return datetime.fromtimestamp(at_ms // 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def video_time(playhead_s: float) -> str:
    """Return a playhead as `HH:MM:SS`."""
    whole = max(0, int(playhead_s))
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
