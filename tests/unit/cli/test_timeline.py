"""The timeline in the terminal, character by character."""

from collections.abc import Iterable

from rich.console import Console

from mediabeat.cli.terminal.timeline import Timeline
from mediabeat.core.event import Event
from mediabeat.core.session import fold
from tests.support.builders import ad, ad_break, buffer, event, pause, ping, play, start


def drawn(events: Iterable[Event], width: int = 40, encoding: str = "utf-8") -> list[str]:
    console = Console(width=width, color_system=None)
    options = console.options.update(width=width)
    options.encoding = encoding
    lines = console.render_lines(Timeline(fold(events)), options, pad=False)
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def test_timeline_draws_each_state_and_its_total() -> None:
    viewing = [start(0), play(4), pause(20, 16), buffer(28, 16), play(32, 16), ping(40, 24)]
    assert drawn(viewing) == [
        "                    P",
        "····████████████████────────▒▒▒▒████████",
        "0:00      0:10      0:20      0:30",
        "██ content 24.0 s   ── paused 8.0 s   ▒▒",
        "buffering 4.0 s   ·· starting 4.0 s   P",
        "pause",
    ]


def test_timeline_marks_ads_and_errors_at_their_time() -> None:
    viewing = [
        start(0),
        ad_break(0),
        ad(0),
        event("adComplete", 10),
        event("adBreakComplete", 10),
        play(10),
        event("error", 30, 20),
        ping(40, 30),
    ]
    assert drawn(viewing, width=80)[:4] == [
        "A                                                           E",
        "▓" * 20 + "█" * 60,
        "0:00      0:05      0:10      0:15      0:20      0:25      0:30      0:35",
        "██ content 30.0 s   ▓▓ ad 10.0 s   E error   A ad starts",
    ]


def test_timeline_draws_a_stall_when_the_playhead_does_not_move() -> None:
    viewing = [start(0), play(0), ping(10, 10), ping(20, 10), ping(30, 10), ping(40, 20)]
    assert drawn(viewing, width=40)[1] == "█" * 10 + "░" * 20 + "█" * 10


def test_timeline_uses_ascii_when_the_terminal_has_no_unicode() -> None:
    viewing = [start(0), play(4), pause(20, 16), ping(40, 16)]
    assert drawn(viewing, encoding="ascii")[1] == "." * 4 + "#" * 16 + "-" * 20


def test_timeline_marks_a_pause_that_is_shorter_than_a_column() -> None:
    viewing = [start(0), play(0), pause(20, 20), play(20.01, 20), ping(40, 40)]
    assert drawn(viewing)[0] == " " * 20 + "P"


def test_timeline_labels_hours() -> None:
    viewing = [start(0, media_length=7_200), play(0), ping(7_200, 7_200)]
    assert drawn(viewing)[2] == "0:00      30:00     1:00:00   1:30:00"


def test_timeline_says_so_when_a_session_has_no_duration() -> None:
    message = "All events of this session have the same time, so there is no timeline to draw."
    assert drawn([start(0), play(0)], width=80) == [message]
