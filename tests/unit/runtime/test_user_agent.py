"""Real user agents. Phones and tablets are `Mobile`; everything else is `PC`."""

import pytest

from mediabeat.core.records import Caller
from mediabeat.runtime.user_agent import caller_of

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"

AGENTS = {
    "Chrome on Windows": (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/142.0.0.0 Safari/537.36",
        ("PC", "Windows / 10", "Chrome"),
    ),
    "Safari on macOS": (
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.6 Safari/605.1.15",
        ("PC", "Mac OS / 10.15.7", "Safari"),
    ),
    "Edge on Windows": (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
        ("PC", "Windows / 10", "Edge"),
    ),
    "Firefox on Linux": (
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        ("PC", "Linux", "Firefox"),
    ),
    "Safari on an iPhone": (
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1",
        ("Mobile", "iOS / 18.6", "Mobile Safari"),
    ),
    "an iPhone app": (
        "QuayAudio/812 CFNetwork/3826.600.41 Darwin/24.6.0",
        ("Mobile", "iOS / 18", "QuayAudio"),
    ),
    "Safari on an iPad": (
        f"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) {WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1",
        ("Mobile", "iOS / 18.6", "Mobile Safari"),
    ),
    "Chrome on an Android phone": (
        f"Mozilla/5.0 (Linux; Android 10; K) {BLINK} Chrome/142.0.0.0 Mobile Safari/537.36",
        ("Mobile", "Android / 10", "Chrome Mobile"),
    ),
    "Chrome on an Android tablet": (
        f"Mozilla/5.0 (Linux; Android 13; SM-X700) {BLINK} Chrome/142.0.0.0 Safari/537.36",
        ("Mobile", "Android / 13", "Chrome"),
    ),
    "an Android app": (
        "Dalvik/2.1.0 (Linux; U; Android 15; Pixel 8 Build/AP4A.250205.002)",
        ("Mobile", "Android / 15", "Android"),
    ),
    "an app on Android TV": (
        "Dalvik/2.1.0 (Linux; U; Android 9; BRAVIA 4K UR2 Build/PTT1.190515.001.S104)",
        ("PC", "Android / 9", "Android"),
    ),
    "a Shield": (
        "Dalvik/2.1.0 (Linux; U; Android 11; SHIELD Android TV Build/RQ1A.210105.003)",
        ("PC", "Android / 11", "Android"),
    ),
    "a Fire TV": (
        f"Mozilla/5.0 (Linux; Android 9; AFTKA Build/PS7633.3445N; wv) {BLINK} Version/4.0 Chrome/138.0.0.0 Mobile Safari/537.36",
        ("PC", "Android / 9", "Chrome Mobile WebView"),
    ),
    "a Chromecast": (
        f"Mozilla/5.0 (X11; Linux armv7l) {BLINK} Chrome/114.0.5735.90 Safari/537.36 CrKey/1.56.500000 DeviceType/Chromecast",
        ("PC", "Chromecast Linux / 1.56.500000", "Chrome"),
    ),
    "a Chromecast with Google TV": (
        f"Mozilla/5.0 (Linux; Android 12.0; Build/STTL.240206.002) {BLINK} Chrome/130.0.0.0 Safari/537.36 CrKey/1.56.500000 "
        "DeviceType/AndroidTV",
        ("PC", "Chromecast Android / 12.0", "Chrome"),
    ),
    "a Samsung television": (
        f"Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) {BLINK} 94.0.4606.31/7.0 TV Safari/537.36",
        ("PC", "Tizen / 7.0", "Safari"),
    ),
    "an LG television": (
        f"Mozilla/5.0 (Web0S; Linux/SmartTV) {BLINK} Chrome/108.0.5359.211 Safari/537.36 WebAppManager",
        ("PC", "Web0S", "Chrome"),
    ),
    "a PlayStation": (
        f"Mozilla/5.0 (PlayStation; PlayStation 5/9.00) {WEBKIT} Version/15.4 Safari/605.1.15",
        ("PC", "unknown", "Safari"),
    ),
    "an app on Apple TV": (
        "AppleCoreMedia/1.0.0.22J357 (Apple TV; U; CPU OS 18_0 like Mac OS X; en_us)",
        ("PC", "ATV OS X", "unknown"),
    ),
    "tvOS": ("AppleTV14,1/18.5", ("PC", "ATV OS X", "unknown")),
    "a Roku": ("Roku/DVP-12.5 (12.5.0.4178-88)", ("PC", "Roku / 12.5", "Roku")),
    "curl": ("curl/8.7.1", ("PC", "unknown", "curl")),
    "nothing": ("", ("PC", "unknown", "unknown")),
}


@pytest.mark.parametrize(("user_agent", "expected"), AGENTS.values(), ids=AGENTS)
def test_user_agent_gives_device_system_and_browser(user_agent: str, expected: tuple[str, str, str]) -> None:
    caller = caller_of({"user-agent": user_agent})
    assert ((caller.device, caller.os, caller.browser), caller.user_agent) == (expected, user_agent)


@pytest.mark.parametrize(
    "user_agent",
    [
        "RTVPlay/5.1 CFNetwork/3826.600.41 Darwin/24.6.0",
        "SmartRadio/12 CFNetwork/3826.600.41 Darwin/24.6.0",
        "TVNOW/5.1 (Linux; Android 15; Pixel 8)",
    ],
)
def test_phone_app_of_a_television_station_is_mobile(user_agent: str) -> None:
    assert caller_of({"user-agent": user_agent}).device == "Mobile"


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({"origin": "https://video.example.com"}, "https://video.example.com"),
        ({"origin": "http://localhost:8080", "referer": "https://other.example.com/"}, "http://localhost:8080"),
        ({"referer": "https://video.example.com/watch?v=1#t"}, "https://video.example.com"),
        ({"origin": "null", "referer": "https://video.example.com/"}, "https://video.example.com"),  # from a sandboxed frame
        ({"origin": "null"}, ""),
        ({"origin": "video.example.com"}, ""),
        ({"origin": "https://[bad"}, ""),
        ({"origin": "", "referer": ""}, ""),
        ({}, ""),
    ],
)
def test_origin_is_scheme_and_host_of_origin_or_else_of_referer(headers: dict[str, str], origin: str) -> None:
    assert caller_of(headers).origin == origin


def test_page_is_the_referer_without_parts_that_may_name_the_viewer() -> None:
    referers = ["https://video.example.com/watch/7?mail=a@example.com#t=5", "https://video.example.com", "about:blank", ""]
    pages = [caller_of({"referer": referer}).page for referer in referers]
    assert pages == ["https://video.example.com/watch/7", "https://video.example.com", "", ""]


def test_language_is_the_first_that_the_viewer_reads() -> None:
    accepted = ["en-GB,en;q=0.9", "ko", "de;q=0.8, en", "*", ""]
    assert [caller_of({"accept-language": languages}).language for languages in accepted] == ["en-GB", "ko", "de", "*", ""]


def test_long_headers_are_cut_before_they_are_stored() -> None:
    long = "x" * 10_000
    headers = {"user-agent": long, "origin": f"https://{long}", "referer": f"https://example.com/{long}", "accept-language": long}
    caller = caller_of(headers)
    assert [len(text) for text in (caller.user_agent, caller.origin, caller.page, caller.language)] == [512, 256, 512, 32]


def test_caller_is_read_as_it_was_stored() -> None:
    caller = caller_of({"user-agent": AGENTS["a Fire TV"][0], "referer": "https://é.example.com/ü", "accept-language": "ko"})
    assert Caller.from_json(caller.to_json()) == caller
