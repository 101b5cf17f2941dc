"""`python -m tests.golden RELEASE`: write golden files of the stored forms, by today's code, into a new folder.

Run it on the commit that is released, once. It writes no file that is there already: what was stored stays what it was.
"""

import sys
from pathlib import Path
from typing import Any
from unittest import mock

from mediabeat.archive import lines
from mediabeat.core.channels import Action, Status, changed, name_taken, new_channel
from mediabeat.core.close_rules import CloseReason
from mediabeat.core.cmcd import line
from mediabeat.core.event import Event, EventType
from mediabeat.core.event_codec import pack
from mediabeat.core.projects import AccessKey, Project
from mediabeat.core.records import Caller, Head, Phase, Start, StoredSession
from mediabeat.core.rollups.counters import Change, Counted
from mediabeat.core.rollups.figures import ATTEMPT, NOTHING, Figures
from mediabeat.core.summary import summarize
from mediabeat.protocols.cmcd.requests import parse_body, start_of
from mediabeat.runtime.user_agent import caller_of
from mediabeat.storage import (
    channel_items,
    checkpoints,
    due_partitions,
    project_items,
    session_items,
    upload_items,
    viewer_items,
)
from mediabeat.storage.cmcd import items
from mediabeat.storage.rollups.live_viewers import LiveViewers
from mediabeat.storage.rollups.rollup_batches import batches
from mediabeat.storage.rollups.stream_records import Sighting
from mediabeat.storage.rollups.watching import project_hash
from mediabeat.storage.upload_items import FirstTry, Upload
from tests.golden.forms import FORMS, SID, golden_text
from tests.support import builders
from tests.support.builders import BASE_MS

OF = bytes.fromhex("0123456789ab02")
EXPIRES_AT = BASE_MS // 1_000 + 90 * 86_400
VIEWER = "ad5aea06-fb78-81c7-a2ad-716b685e32db"
OTHER = "0c5aea06-fb78-81c7-a2ad-716b685e32db"
TITLE = "부산행 “x”"
CHROME = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
CALLERS = {
    "desktop": caller_of(
        {"user-agent": CHROME, "referer": "https://example.com/watch/1?x=1", "accept-language": "ko-KR,ko;q=0.9"}
    ),
    "phone": Caller("Mobile", "Android / 14", "Chrome Mobile", "", "", "", "x", "phone"),
    "no headers": caller_of({}),
}
IDS: dict[str, Any] = {"visitor_marketingCloudUserId": OTHER, "analytics_visitorId": VIEWER}
BEGIN = builders.start(**IDS, media_name=TITLE)
LONG = Event(1_000, EventType.PING, 3.0039000000001397, {}, {}, {})
LATE = builders.ping(15, 14)._replace(arrived_at=BASE_MS + 60_000)
ALL_KINDS = [
    BEGIN,
    builders.ad_break(1),
    builders.ad(1, ad_id="ad-1"),
    builders.ad_complete(6),
    builders.ad(6, ad_id="ad-2", position=2),
    builders.ad_skip(8),
    builders.ad_break_complete(8),
    builders.chapter(8.5),
    builders.play(9),
    builders.ping(19, 10, qoe={"media.qoe.bitrate": 1_000_000, "media.qoe.droppedFrames": 4, "media.qoe.timeToStart": 900}),
    builders.state_start(20, "fullScreen", 11),
    builders.bitrate_change(21, 12, bps=2_000_000),
    builders.pause(25, 16),
    builders.play(30, 16),
    builders.buffer(33, 19),
    builders.play(34, 19),
    *(builders.ping(at, playhead) for at, playhead in ((44, 29), (54, 29), (64, 39))),
    builders.error(66, 41, params={"media.errorId": "e-1", "media.errorSource": "player"}),
    builders.error(67, 42, params={"media.errorId": "e-2", "media.errorSource": "external"}),
    builders.chapter_complete(70, 45),
    builders.chapter(70, 45, 2),
    builders.chapter_skip(72, 47),
    builders.state_end(75, "fullScreen", 50),
    builders.event("nextTrack", 76, 51),
    builders.play(78, 90),
    builders.complete(88, 100),
    builders.end(88.5, 100),
]
FEW = [builders.play(1), builders.ping(11, 10), builders.end(20, 19)]

OPEN = Head(Phase.OPEN, BASE_MS, BASE_MS + 600_000)
ENDED = Head(Phase.ENDED, BASE_MS + 9_000, BASE_MS + 39_000, BASE_MS + 9_000, BASE_MS + 8_500, weight=3)


def closed(reason: CloseReason, due_at: int | None = None) -> Head:
    ended = reason is CloseReason.SESSION_END
    ended_at, ended_ts = (BASE_MS + 9_000, BASE_MS + 8_500) if ended else (None, None)
    return Head(Phase.CLOSED, BASE_MS, due_at, ended_at, ended_ts, BASE_MS + 600_000, reason, 86_000)


def session(sid: str, head: Head, events: list[Event], start: Start | None = None, summary: bytes | None = None) -> StoredSession:
    return StoredSession(sid, head, start, frozenset(map(pack, events)), summary, EXPIRES_AT)


Cases = list[tuple[str, Any]]


def of_sessions() -> dict[str, Cases]:
    """Return what is stored of sessions."""
    heads = {
        "open": OPEN,
        "ended": ENDED,
        "closed, not summarized yet": closed(CloseReason.NO_EVENTS, BASE_MS),
        **{f"closed by {reason}": closed(reason) for reason in CloseReason},
    }
    items = {
        name: session_items.head_item(SID, head, due_shard="1.4", expires_at=EXPIRES_AT, of=OF) for name, head in heads.items()
    }
    tail = [pack(builders.play(1)), pack(builders.ping(11.25, 10.5, qoe={"media.qoe.bitrate": 1_000_000}))]
    with_tail = session_items.head_item(SID, OPEN._replace(weight=2), due_shard="1.4", expires_at=EXPIRES_AT)
    items["open with a tail"] = with_tail | {"tail": {"BS": tail}, "tail_bytes": {"N": str(sum(map(len, tail)))}}
    looked = OPEN._replace(began_at=BASE_MS - 600_000, moved_at=BASE_MS - 10_000, playhead=589.9999)
    large = looked._replace(weight=9_000, noted=8_000)
    items["open and large"] = session_items.head_item(SID, large, due_shard="1.4", expires_at=EXPIRES_AT)
    items["open, with what a look knew"] = session_items.head_item(SID, looked, due_shard="1.4", expires_at=EXPIRES_AT)
    items["closed, and by which run"] = items["closed by session_end"] | {"closed_by": {"S": "0123456789abcdef"}}
    items["large"] = items["open"] | {"due_shard": {"S": due_partitions.large("4")}}
    items["put aside"] = items["open"] | {"due_shard": {"S": due_partitions.aside(0)}}
    summaries = {
        "all kinds of events": summarize(session(SID, closed(CloseReason.SESSION_END), ALL_KINDS)),
        "play and end": summarize(session(SID, closed(CloseReason.SESSION_END), [builders.start(), *FEW])),
        "nothing but a start": summarize(session(SID, closed(CloseReason.NO_EVENTS), [builders.start()])),
        "failed": summarize(session(SID, closed(CloseReason.NO_EVENTS), [builders.start(), builders.error(3)])),
        "open": summarize(session(SID, OPEN, [builders.start(), *FEW[:2]])),
    }
    short = summaries["all kinds of events"].shortened().to_bytes()
    desktop, phone = (CALLERS[name].to_json() for name in ("desktop", "phone"))
    begun = Start("demo.web-1_x", "PC", "VOD", VIEWER, desktop, BASE_MS, -250, pack(BEGIN))
    live = pack(builders.live_start(0, 3_600))
    starts: list[tuple[str, Start, bytes | None, bytes | None]] = [
        ("no opt-outs", begun, None, None),
        ("opted out of sharing", begun._replace(opt_out_share=True), None, None),
        ("opted out of both", begun._replace(opt_out_share=True, opt_out_forwarding=True), None, None),
        ("live on a phone", begun._replace(device="Mobile", video_type="LIVE", caller=phone, event=live), None, None),
        ("with a summary", begun, summaries["all kinds of events"].to_bytes(), ATTEMPT.to_bytes()),
    ]
    one, two = begun._replace(event=pack(builders.start())), begun
    viewers = [
        *viewer_items.viewer_items(SID, two, expires_at=EXPIRES_AT),
        *viewer_items.viewer_items(SID, one, expires_at=EXPIRES_AT),
    ]
    archived = {
        "closed": session(
            SID,
            closed(CloseReason.SESSION_END),
            ALL_KINDS,
            begun._replace(opt_out_share=True),
            summaries["all kinds of events"].to_bytes(),
        ),
        "open": session("6" * 64, OPEN, [BEGIN, *FEW[:2]], begun),
        "with an event that was not on time": session("8" * 64, OPEN, [BEGIN, *FEW[:2], LATE], begun),
        "ended": session("7" * 64, ENDED, [BEGIN, *FEW], begun),
    }
    return {
        "heads": list(items.items()),
        "tails": [("open with a tail", items["open with a tail"])],
        "summaries": [(name, summary.to_bytes()) for name, summary in summaries.items()],
        "starts": [
            *(
                (name, session_items.start_item(SID, start, shards=2, expires_at=EXPIRES_AT, summary=summary, figures=figures))
                for name, start, summary, figures in starts
            ),
            (
                "with a short summary",
                session_items.start_item(SID, begun, shards=2, expires_at=EXPIRES_AT, summary=short, is_short=True),
            ),
        ],
        "pages": [("five events", session_items.page_item(SID, map(pack, [*ALL_KINDS[1:5], LONG]), expires_at=EXPIRES_AT))],
        "measured": [
            ("checkpoint", checkpoints.measured_item(SID, short, as_of=BASE_MS, expires_at=EXPIRES_AT)),
            ("asked for", checkpoints.measured_key(SID) | {"due_at": {"N": str(BASE_MS)}, "due_shard": {"S": "1"}}),
        ],
        "first_tries": [
            ("of an event", upload_items.first_try_item("demo", "event 61D24676", FirstTry(BASE_MS, bytes(range(20))))),
        ],
        "uploads": [
            (name, upload_items.upload_item(SID, Upload(EXPIRES_AT, erased=erased), expires_at=EXPIRES_AT + 90 * 86_400))
            for name, erased in (("stored", False), ("erased", True))
        ],
        "viewers": list(zip(("first of two ids", "second of two ids", "only id"), viewers, strict=True)),
        "archived_sessions": [(name, _archived(stored)) for name, stored in archived.items()],
    }


def _archived(stored: StoredSession) -> dict[str, Any]:
    told = [lines.session_line(stored), *lines.event_lines(stored)]
    first, *events = (lines.as_text(line).decode() for line in told)
    return {"session": first, "events": events}


def of_events() -> Cases:
    """Return packed events: of each type, and of each form."""
    rich = {"media.name": TITLE, "media.n": [1, 2.5, None, True]}, {"note": "é"}, {"media.qoe.bitrate": 2_350_000}
    none: tuple[Any, ...] = ({}, {}, {})
    events = {
        **{str(kind): Event(BASE_MS, kind, 12.5, *none) for kind in EventType},
        "long ts before 2020": Event(1_000, EventType.PING, 3.0, *none),
        "long ts of the year 9999": Event(253_402_300_799_999, EventType.PLAY, 0.0, *none),
        "long playhead": LONG._replace(ts=BASE_MS),
        "negative playhead": Event(BASE_MS, EventType.PING, -1.5, *none),
        "long ts and playhead": LONG._replace(type=EventType.ERROR),
        "params, custom metadata and quality data": Event(BASE_MS, EventType.PLAY, 12.5, *rich),
        "all of it in the long forms": Event(1_000, EventType.AD_START, 1e9, *rich),
        "not on time": LATE,
        "not on time, with parameters": builders.ad(6)._replace(arrived_at=BASE_MS + 60_000),
        "start with params": builders.start(**IDS, media_sdkVersion="3.2"),
    }
    return [(name, pack(event)) for name, event in events.items()]


def of_lines() -> dict[str, Cases]:
    """Return packed CMCD lines, as the three players send them, and what is stored of their sessions."""
    texts = {
        "state of hls.js": 'br=(293),cid="movie-1",e=ps,sf=h,sid="s",sn=4,st=v,sta=p,ts=1795000000000,v=2',
        "interval of dash.js": 'br=(240;v 48;a),cid="movie-1",e=t,sf=d,sid="s",sn=12,st=v,sta=a,ts=1795000010000,v=2',
        "first frame of Shaka Player": 'br=(288),cid="movie-1",e=rr,msd=247,sid="s",sn=2,ts=1795000001000,v=2',
        "error": 'cid="movie-1",e=e,ec=("27"),sid="s",sn=19,sta=p,ts=1795000020000,v=2',
        "custom event": 'cen="chapter 日本",com.example-x="y",e=ce,pt=12000,sid="s",sta=p,ts=1795000030000,v=2',
        "rate, frames, latency": 'bg,dfa=4,e=b,ltc=8178.0,pr=1.5,sid="s",st=ll,sta=p,ts=1795000040000,v=2',
    }
    [(_, read)] = parse_body("\n".join(texts.values()).encode()).lines.items()
    packed = [line.pack(one) for one in read]
    event = pack(start_of(read[0], False, "demo", {"channel": "web", "name": TITLE}))
    start = Start("demo", "PC", "VOD", VIEWER, CALLERS["desktop"].to_json(), BASE_MS, 40, event, source="cmcd")
    many_parts = closed(CloseReason.COMPLETED)._replace(parts=3)
    head = session_items.head_item(SID, OPEN._replace(weight=2), due_shard="1.4", expires_at=EXPIRES_AT)
    stored = StoredSession(SID, OPEN, start, frozenset([event, *packed]), None, EXPIRES_AT)
    waiting = items.waiting_key(SID) | {"events": {"BS": packed[2:3]}, "expires_at": {"N": str(EXPIRES_AT)}}
    return {
        "cmcd_lines": list(zip(texts, packed, strict=True)),
        "cmcd_heads": [
            ("with a tail of lines", items.with_tail(head, packed[:2])),
            ("with three parts", session_items.head_item(SID, many_parts, due_shard="1.4", expires_at=EXPIRES_AT)),
        ],
        "cmcd_starts": [("started by a line", session_items.start_item(SID, start, shards=2, expires_at=EXPIRES_AT))],
        "cmcd_pages": [("waiting for the start", waiting)],
        "archived_cmcd": [("open", _archived(stored))],
    }


def of_projects() -> dict[str, Cases]:
    """Return what is stored of projects, their access keys and their channels, and the manifest of an archive."""
    one_key = Project("demo", "a1" * 32, BASE_MS)
    rotated = one_key._replace(old_key_hash="b2" * 32, old_key_until=BASE_MS + 86_400_000)
    edge = Project("edge", "0" * 64, BASE_MS, org="5A1E2F3C0B4D6E7F0A495C01@AdobeOrg", datastreams=("1fb4ee53-2f0e", "older"))
    projects = {
        "one key": one_key._replace(id="demo.web-1_x"),
        "rotated key": rotated,
        "keeps UUIDs": one_key._replace(keeps_viewer_uuids=True),
        "business errors": one_key._replace(business_errors=("drm", "geo.", "권리")),
        "rotated key and keeps UUIDs": rotated._replace(keeps_viewer_uuids=True, old_key_until=BASE_MS + 1),
    }
    keys: Cases = []
    for enabled in (True, False):
        items = project_items.access_key_items(AccessKey("ABCDEFGHIJ0123456789", "demo", BASE_MS, enabled=enabled))
        state = "enabled" if enabled else "disabled"
        keys += [(f"{state}, {where}", item) for where, item in zip(("by id", "in the list"), items, strict=True)]
    made = new_channel("demo", "channel-1", "aB3dE6g", number=1, now=BASE_MS)
    stopped = changed(made.channel, 2, Action.STOP, now=BASE_MS + 1_000)
    refused = changed(stopped.channel, 4, Action.STOP, now=BASE_MS + 2_000)
    deleted = changed(stopped.channel, 5, Action.DELETE, now=BASE_MS + 3_000)
    again = name_taken(made.channel, 7, now=BASE_MS + 4_000)
    events = [event for change in (made, stopped, refused, deleted, again) for event in change.events]
    channels = [made.channel._replace(status=status) for status in Status]
    return {
        "projects": [(name, project_items.project_item(project)) for name, project in projects.items()],
        "edge_projects": [
            ("with an organisation and further ids", project_items.project_item(edge)),
        ],
        "datastreams": [(one, project_items.datastream_item(one, edge.id)) for one in edge.datastreams],
        "access_keys": keys,
        "channels": [(one.status, channel_items.channel_item(one, 2)) for one in channels],
        "channel_entries": [(one.status, channel_items.entry_item(one)) for one in channels],
        "channel_names": [(one.status, channel_items.name_item(one)) for one in channels],
        "channel_events": [(f"event {one.number}", channel_items.event_item(made.channel.id, one)) for one in events],
        "channel_counts": [("two channels", channel_items.count_key("demo") | {"channel_count": {"N": "2"}})],
        "manifests": [
            ("to restore", _manifest(projects["rotated key and keeps UUIDs"], None, None)),
            ("with business errors", _manifest(projects["business errors"], None, None)),
            ("for sharing", _manifest(None, "2026-11-01", "2026-11-25")),
        ],
    }


def _manifest(project: Project | None, since: str | None, until: str | None) -> str:
    sessions, events = (
        lines.ArchivedFile(name=f"{kind}-0001.ndjson.gz", sha256="c3" * 32, lines=3) for kind in ("sessions", "events")
    )
    told = lines.Manifest(
        mediabeat_version="0.1.0",
        metrics_version=1,
        exported_at="2026-11-26T00:00:00Z",
        project_id="demo",
        project=project,
        since=since,
        until=until,
        sessions=3,
        events=33,
        parts=(lines.ArchivePart(sessions=sessions, events=events),),
    )
    return lines.manifest_text(told)


PLAYED = Figures(1, 1, ((0, 212_345), (1, 300_000), (2, 300_000), (7, 87_655)))
FIGURES = {
    "nothing": NOTHING,
    "attempt": ATTEMPT,
    "open": PLAYED,
    "played": PLAYED._replace(outcome="played", time_to_start_ms=1_500, rebuffering_ms=2_250, score=894, is_good=True),
    "failed": ATTEMPT._replace(outcome="start_failure", score=0),
    "exit": ATTEMPT._replace(outcome="exit_before_start", time_to_start_ms=9_000, score=235),
    "live for a day": PLAYED._replace(played_ms=((0, 1_000), *((bucket, 300_000) for bucket in range(1, 288)), (288, 5_400_000))),
}
VIEWED = Counted(SID, "demo.web-1_x", 1, 3, VIEWER, BASE_MS, "movie-1", TITLE, "https://example.com/movie-1.m3u8")


def of_roll_ups() -> dict[str, Cases]:
    """Return what is stored of roll-ups: the figures in a start, and items as the updates of a transaction make them."""
    [batch] = batches([Change(VIEWED, NOTHING, FIGURES["played"], bytes(range(8)), BASE_MS / 1_000)])
    writes = batch.writes({}, lambda *_: True, retention_s=90 * 86_400, rollup_retention_s=400 * 86_400)
    made = [_after(write.request["Update"]) for write in writes]
    of_kind: dict[str, Cases] = {"counters": [], "viewers_of_days": [], "applied": []}
    kinds = {"roll": "counters", "uniq": "viewers_of_days", "applied": "applied"}
    for item in made:
        of_kind[kinds[item["pk"]["S"].partition("#")[0]]].append((item["sk"]["S"], item))
    return {"figures": [(name, figures.to_bytes()) for name, figures in FIGURES.items()], "live_viewers": _live(), **of_kind}


def _live() -> Cases:
    minute = BASE_MS // 60_000
    hashed = project_hash("demo.web-1_x")
    client = mock.Mock()
    LiveViewers("", client).count(Sighting(hashed, kind, minute, str(number)) for number, kind in enumerate((0, 3, 3)))
    return [("three sessions", _after(client.update_item.call_args.kwargs))]


def _after(update: dict[str, Any]) -> dict[str, Any]:
    """Return the item that an update makes of none."""
    item = dict(update["Key"])
    values, names = update["ExpressionAttributeValues"], update.get("ExpressionAttributeNames", {})
    for assignment in update["UpdateExpression"].removeprefix("SET ").replace(" ADD ", ", ").split(", "):
        name, value = assignment.replace(" = ", " ").split(" ")
        item[names.get(name, name)] = values[value]
    return item


def main(release: str) -> None:
    """Write the files of a release that are not there yet."""
    folder = Path(__file__).parent / release
    folder.mkdir(exist_ok=True)
    callers: Cases = [(name, caller.to_json()) for name, caller in CALLERS.items()]
    forms = {"events": of_events(), **of_lines(), "callers": callers, **of_sessions(), **of_projects(), **of_roll_ups()}
    for name, cases in forms.items():
        path = folder / f"{name}.json"
        if not path.exists():
            path.write_text(golden_text(cases, FORMS[name]), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
