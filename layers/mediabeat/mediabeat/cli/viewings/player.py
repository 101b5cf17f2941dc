"""A player that reports a viewing to the Media Collection API, on a clock that the viewing moves. It sends nothing by itself."""

from datetime import datetime
from typing import Any, Final

from mediabeat.cli.replay import REPORT_SUITE, Body
from mediabeat.cli.viewings.catalogue import Content, Viewer
from mediabeat.cli.viewings.devices import Device
from mediabeat.core.event import SECONDS_PER_DAY

STANDING_PING_S: Final = 10
"""A stall is seen only where several events in a row have the same playhead, so they have to come often."""

_AD_NAMES: Final = ("Lantern Insurance", "Oat Valley Muesli", "Northport Trams", "Paper Boat Bank")
_AD_LENGTHS_S: Final = (15, 20, 30, 15)


class Player:
    """One viewing. Each method lets the clock go on and adds the events that a player sends meanwhile.

    `ping_s` is the time between two pings. `played_s` is how long content has played.
    """

    def __init__(
        self, content: Content, device: Device, viewer: Viewer, begins_at: datetime, *, ping_s: float, resumes_s: float = 0.0
    ) -> None:
        self.content = content
        self.device = device
        self.events: list[Body] = []
        self.played_s = 0.0
        self._now_ms = self._began_ms = round(begins_at.timestamp() * 1_000)
        self._ping_ms = round(ping_s * 1_000)
        self._last_ms = self._now_ms
        self._playhead = self._began_ms / 1_000 % SECONDS_PER_DAY if content.is_live else resumes_s
        self._bitrate = len(device.bitrates) - 2
        self._dropped = 0
        self._breaks = 0
        self._chapter: int | None = None
        self._seen: set[float] = {at for at in content.mid_rolls if at <= resumes_s}
        self._send("sessionStart", self._start_params(viewer))

    @property
    def now_ms(self) -> int:
        """The clock, in epoch milliseconds."""
        return self._now_ms

    @property
    def place_s(self) -> float:
        """The playhead, in seconds of content."""
        return self._playhead

    @property
    def rest_s(self) -> float:
        """How much of recorded content comes after the playhead."""
        return self.content.length_s - self._playhead

    def starts(self, waited_s: float, *, ads: int = 0) -> None:
        """Load the player, play a preroll of so many ads, load the content, and play it."""
        opening_s = min(0.4, waited_s / 3)
        self._pass(opening_s)
        if ads:
            self._ad_break(ads, at_s=0)
        self._send("bufferStart")
        self._pass(waited_s - opening_s)
        self._send("play", qoe=self._qoe({"media.qoe.timeToStart": round(waited_s * 1_000)}))
        self._enter_chapter()

    def loads(self, seconds: float) -> None:
        """Load content that does not start."""
        self._pass(min(0.4, seconds / 2))
        self._send("bufferStart")
        self._pass(seconds - min(0.4, seconds / 2))

    def plays(self, seconds: float) -> None:
        """Play content, with the ad breaks and chapters on the way. Recorded content plays no farther than to its end."""
        left_s = seconds if self.content.is_live else min(seconds, self.rest_s)
        while left_s > 0:
            piece_s = min(left_s, self._next_mark_s())
            self._pass(piece_s, moves=True)
            self.played_s += piece_s
            left_s = round(left_s - piece_s, 3)
            if self._playhead in self.content.mid_rolls and self._playhead not in self._seen:
                self._seen.add(self._playhead)
                self._ad_break(2, at_s=self._playhead)
                self._send("play")
            self._enter_chapter()

    def pauses(self, seconds: float) -> None:
        """Pause."""
        self._send("pauseStart")
        self._pass(seconds)
        self._send("play")

    def seeks(self, to_s: float) -> None:
        """Jump to another second of recorded content."""
        self._send("pauseStart")
        self._pass(1.2)
        self._playhead = round(min(max(to_s, 0.0), self.content.length_s - 1.0), 3)
        self._seen |= {at for at in self.content.mid_rolls if at <= self._playhead}
        self._send("play")
        self._enter_chapter()

    def rebuffers(self, seconds: float) -> None:
        """Wait for data. A live stream goes on at the live edge."""
        self._send("bufferStart")
        self._pass(seconds)
        if self.content.is_live:
            self._playhead = round((self._playhead + seconds) % SECONDS_PER_DAY, 3)
        self._send("play")

    def stalls(self, times: int) -> None:
        """Stand still although the player plays, for so many pings and without a report of it."""
        for _ in range(times):
            self._send("ping")
            self._now_ms += STANDING_PING_S * 1_000
        self._send("ping")

    def adapts(self, step: int, *, dropped: int = 0) -> None:
        """Change to a higher or lower bitrate, if there is one."""
        before, self._dropped = self._bitrate, self._dropped + dropped
        self._bitrate = min(max(before + step, 0), len(self.device.bitrates) - 1)
        if self._bitrate != before or dropped:
            self._send("bitrateChange", qoe=self._qoe())

    def fails(self, error_id: str, *, after_s: float, source: str = "player") -> None:
        """Report an error and show a message, until the viewer leaves."""
        self._send("error", {"media.errorId": error_id, "media.errorSource": source}, self._qoe())
        self.leaves(after_s=after_s)

    def leaves(self, *, after_s: float = 0.0) -> None:
        """End the viewing."""
        self._pass(after_s)
        self._send("sessionEnd")

    def completes(self) -> None:
        """Play recorded content to its end, and end the viewing."""
        self.plays(self.rest_s)
        if self._chapter is not None:
            self._send("chapterComplete")
        self._send("sessionComplete")
        self.leaves()

    def _next_mark_s(self) -> float:
        """Return the seconds until an ad break or the end of a chapter."""
        marks = [at for at in self.content.mid_rolls if at not in self._seen]
        marks += [offset + length for _, offset, length in self.content.chapters]
        return min((at - self._playhead for at in marks if at > self._playhead), default=float("inf"))

    def _enter_chapter(self) -> None:
        """Close the chapter that the playhead has left, and open the one in which it is."""
        chapters = self.content.chapters
        inside = (number for number, (_, offset, length) in enumerate(chapters) if offset <= self._playhead < offset + length)
        found = next(inside, self._chapter)
        if found == self._chapter or found is None:
            return
        if self._chapter is not None:
            _, offset, length = chapters[self._chapter]
            self._send("chapterComplete" if self._playhead == offset + length else "chapterSkip")
        name, offset, length = chapters[found]
        self._chapter = found
        params = {"media.chapter.index": found + 1, "media.chapter.offset": offset, "media.chapter.length": length}
        self._send("chapterStart", params | {"media.chapter.friendlyName": name})

    def _ad_break(self, ads: int, *, at_s: float) -> None:
        self._breaks += 1
        name = "preroll" if not at_s else f"midroll {self._breaks}"
        params = {"media.ad.podFriendlyName": name, "media.ad.podIndex": self._breaks - 1, "media.ad.podSecond": at_s}
        self._send("adBreakStart", params)
        for position in range(1, ads + 1):
            number = (self._breaks + position) % len(_AD_NAMES)
            ad = {
                "media.ad.id": f"ad-{number + 301}",
                "media.ad.name": _AD_NAMES[number],
                "media.ad.length": _AD_LENGTHS_S[number],
            }
            self._send("adStart", ad | {"media.ad.podPosition": position, "media.ad.playerName": self.device.player})
            self._pass(_AD_LENGTHS_S[number])
            self._send("adComplete")
        self._send("adBreakComplete")

    def _pass(self, seconds: float, *, moves: bool = False) -> None:
        """Let the clock go on, with a ping whenever nothing has been reported for long enough."""
        until_ms = self._now_ms + round(seconds * 1_000)
        while self._last_ms + self._ping_ms < until_ms:
            self._go_to(self._last_ms + self._ping_ms, moves=moves)
            self._send("ping")
        self._go_to(until_ms, moves=moves)

    def _go_to(self, at_ms: int, *, moves: bool) -> None:
        if moves:
            playhead = self._playhead + (at_ms - self._now_ms) / 1_000
            self._playhead = round(playhead % SECONDS_PER_DAY if self.content.is_live else playhead, 3)
        self._now_ms = at_ms

    def _send(self, event_type: str, params: dict[str, Any] | None = None, qoe: dict[str, Any] | None = None) -> None:
        body: Body = {"eventType": event_type, "playerTime": {"playhead": self._playhead, "ts": self._now_ms}}
        self.events.append(body | {name: one for name, one in (("params", params), ("qoeData", qoe)) if one})
        self._last_ms = self._now_ms

    def _qoe(self, more: dict[str, Any] | None = None) -> dict[str, Any]:
        bitrate = self.device.bitrates[self._bitrate]
        return {"media.qoe.bitrate": bitrate, "media.qoe.framesPerSecond": 25, "media.qoe.droppedFrames": self._dropped} | (
            more or {}
        )

    def _start_params(self, viewer: Viewer) -> dict[str, Any]:
        content, device = self.content, self.device
        params = {
            "analytics.trackingServer": "metrics.example.com",
            REPORT_SUITE: "demo",
            "analytics.visitorId": viewer.id,
            "visitor.marketingCloudOrgId": "5A1E2F3C0B4D6E7F0A495C01@AdobeOrg",
            "media.id": content.id,
            "media.name": content.title,
            "media.length": content.length_s,
            "media.contentType": "live" if content.is_live else "VOD",
            "media.streamType": "video",
            "media.playerName": device.player,
            "media.sdkVersion": device.version,
            "media.channel": "lumen-live" if content.is_live else "lumen-on-demand",
            "media.genre": content.genre,
            "media.resume": not content.is_live and self._playhead > 0,
        }
        series = {"media.show": content.show, "media.season": content.season, "media.episode": content.episode}
        return params | {name: value for name, value in series.items() if value}
