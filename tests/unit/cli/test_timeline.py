"""The timeline in the terminal, letter by letter."""

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


def test_each_state_has_its_character_and_its_total() -> None:
    viewing = [start(0), play(4), pause(20, 16), buffer(28, 16), play(32, 16), ping(40, 24)]
    assert drawn(viewing) == [
        "                    P",
        "····████████████████────────▒▒▒▒████████",
        "0:00      0:10      0:20      0:30",
        "██ content 24.0 s   ── paused 8.0 s   ▒▒",
        "buffering 4.0 s   ·· starting 4.0 s   P",
        "pause",
    ]


def test_ads_and_errors_are_marked_where_they_happened() -> None:
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


def test_content_that_stands_still_is_not_drawn_as_content() -> None:
    viewing = [start(0), play(0), ping(10, 10), ping(20, 10), ping(30, 10), ping(40, 20)]
    assert drawn(viewing, width=40)[1] == "█" * 10 + "░" * 20 + "█" * 10


def test_a_terminal_without_unicode_gets_a_picture_too() -> None:
    viewing = [start(0), play(4), pause(20, 16), ping(40, 16)]
    assert drawn(viewing, encoding="ascii")[1] == "." * 4 + "#" * 16 + "-" * 20


def test_a_short_pause_does_not_disappear_from_the_marks() -> None:
    viewing = [start(0), play(0), pause(20, 20), play(20.01, 20), ping(40, 40)]
    assert drawn(viewing)[0] == " " * 20 + "P"


def test_hours_are_written_out() -> None:
    viewing = [start(0), play(0), ping(7_200, 7_200)]
    assert drawn(viewing)[2] == "0:00      30:00     1:00:00   1:30:00"


def test_a_session_in_which_no_time_passed_is_said_to_be_one() -> None:
    assert drawn([start(0), play(0)], width=80) == ["All events of this session happened at once: there is no time to draw."]
