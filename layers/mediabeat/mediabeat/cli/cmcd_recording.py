"""Recorded requests of CMCD players, sent over HTTP as their players sent them."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep, time
from typing import Any, Final
from uuid import uuid4

import httpx

from mediabeat.cli.replay import HEADERS, TIMEOUT_S, Refusal, ReplayedSession, ReplayOptions, trusts_proxy
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.core.cmcd.line import session_id

PREFIX: Final = "/cmcd/v2/"
_PATH: Final = re.compile(r"^/cmcd/v2/(?P<project>[^/?]+)(?P<query>\?.*)?$")
_TS: Final = re.compile(r"(?m)(?<![^,\n])ts=(\d+)")
_SID: Final = re.compile(r'(?m)(?<![^,\n])sid="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Post:
    """One request: when it was sent (milliseconds since the first), its project, the rest of its address, and its body."""

    at_ms: int
    project_id: str
    query: str
    body: str


@dataclass(frozen=True, slots=True)
class CmcdRecording:
    """What a CMCD player sent, in the order of arrival, and the known request headers."""

    posts: tuple[Post, ...]
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "CmcdRecording | None":
        """Return the recording in a file; None if none of its requests is one of a CMCD player, so that it is something else.

        Raises CommandFailed when its requests are not those of a CMCD player.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if "requests" not in content or not any(str(one.get("path", "")).startswith(PREFIX) for one in content["requests"]):
                return None
            posts = tuple(_post(request) for request in content["requests"] if request["method"] == "POST")
            headers: dict[str, str] = next((request["headers"] for request in content["requests"] if request.get("headers")), {})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CommandFailed(f"{path} is not a recording of CMCD requests: {type(error).__name__}: {error}") from None
        if not posts:
            raise CommandFailed(f"{path} is not a recording of CMCD requests: none of its requests is a POST.")
        named = {name: content[key] for key, name in HEADERS.items() if key in content}
        sent = {name: value for name, value in headers.items() if name in ("origin", "user-agent")}
        return cls(posts, named or sent)


def _post(request: Mapping[str, Any]) -> Post:
    found = _PATH.match(request["path"])
    if found is None:
        raise ValueError(f"{request['path']!r:.100} is not /cmcd/v2/PROJECT")
    return Post(int(request["t_ms"]), found["project"], found["query"] or "", str(request["body"]))


def replay_lines(
    recording: CmcdRecording,
    url: str,
    options: ReplayOptions | None = None,
    *,
    transport: httpx.BaseTransport | None = None,
    clock_s: Callable[[], float] = time,
    wait: Callable[[float], None] = sleep,
) -> list[ReplayedSession]:
    """Send the requests of a recording to an API, and return a result for each session of its player.

    With `shift_to_now`, the sessions get new ids, because they are new viewings. Raises httpx.TransportError when the API does
    not answer.
    """
    options = options or ReplayOptions()
    posts = _shifted(recording.posts, round(clock_s() * 1_000), paced=options.speed is not None) if options.shift_to_now else None
    began_s = clock_s()
    other: str | None = None  # the project that replaces the recorded one
    answers: dict[str, Counter[int]] = {}
    refusals: dict[str, Refusal] = {}
    with httpx.Client(
        base_url=url, headers=recording.headers, timeout=TIMEOUT_S, trust_env=trusts_proxy(url), transport=transport
    ) as http:
        for position, post in enumerate(posts or recording.posts):
            due_s = began_s + (post.at_ms - recording.posts[0].at_ms) / 1_000 / options.speed if options.speed else began_s
            if (wait_s := due_s - clock_s()) > 0:
                wait(wait_s)
            project_id = other or options.project_id or post.project_id
            answer = _sent(http, project_id, post)
            if answer.status_code == httpx.codes.GONE and options.fallback_project_id and other is None:
                project_id = other = options.fallback_project_id
                answer = _sent(http, project_id, post)
            for sid in dict.fromkeys(_SID.findall(post.body)):
                shown = session_id(project_id, sid)
                answers.setdefault(shown, Counter())[answer.status_code] += 1
                if answer.status_code != httpx.codes.NO_CONTENT:
                    refusals.setdefault(shown, Refusal(position, "CMCD", answer.status_code, answer.text))
    return [
        ReplayedSession(sid, counts.total(), dict(counts), refusals.get(sid), as_fallback_project=other is not None)
        for sid, counts in answers.items()
    ]


def _sent(http: httpx.Client, project_id: str, post: Post) -> httpx.Response:
    return http.post(f"/cmcd/v2/{project_id}{post.query}", content=post.body, headers={"Content-Type": "application/cmcd"})


def _shifted(posts: tuple[Post, ...], now_ms: int, *, paced: bool) -> tuple[Post, ...]:
    """Return the requests with every `ts` moved by the same time, so that the first (paced) or the last line is now."""
    stamps = [int(ts) for post in posts for ts in _TS.findall(post.body)]
    if not stamps:
        return posts
    offset_ms = now_ms - (min(stamps) if paced else max(stamps))
    new: dict[str, str] = {}

    def moved(body: str) -> str:
        body = _TS.sub(lambda found: f"ts={int(found[1]) + offset_ms}", body)
        return _SID.sub(lambda found: f'sid="{new.setdefault(found[1], str(uuid4()))}"', body)

    return tuple(Post(post.at_ms, post.project_id, post.query, moved(post.body)) for post in posts)
