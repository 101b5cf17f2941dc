"""The device types of user agents of phones, tablets, televisions, consoles and others."""

import time
from typing import Final

import pytest

from mediabeat.core.records import DeviceType
from mediabeat.runtime.user_agent import caller_of

WEBKIT: Final = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BLINK: Final = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME: Final = f"{BLINK} Chrome/142.0.0.0 Safari/537.36"
CHROME_MOBILE: Final = f"{BLINK} Chrome/142.0.0.0 Mobile Safari/537.36"
WEB_VIEW: Final = f"{BLINK} Version/4.0 Chrome/120.0.0.0 Mobile Safari/537.36"

AGENTS: Final[dict[DeviceType, tuple[str, ...]]] = {
    "tv": (
        "com.example.player/1020 (Linux; U; Android 11; de_DE; Example Android UHD TV; Build/RTM7.240101.001; Cronet/119.0)",
        "Dalvik/2.1.0 (Linux; U; Android 10; EXAMPLE 4K TV Build/QTM1.210101.001) CTV",
        f"Mozilla/5.0 (Linux; Android 11; BRAVIA VH2 Build/RTT3.230101.002; wv) {WEB_VIEW}",
        f"Mozilla/5.0 (Linux; Android 9; AFTSSS Build/PS7650.3445N; wv) {WEB_VIEW}",
        f"Mozilla/5.0 (Linux; Android 9; 55U650KD Build/PPR2.180905.006.A1; wv) {WEB_VIEW}",
        f"Mozilla/5.0 (Linux; Android 12; MIBOX4K) {CHROME}",
        f"Mozilla/5.0 (Linux; Android 10; H96 Max V11) {CHROME}",
        f"Mozilla/5.0 (Linux; Android 11; X96_X4_1000) {CHROME}",
        f"Mozilla/5.0 (Linux; Android 12; onn. 4K Streaming Box Build/SGZ1.221127.063) {CHROME}",
        f"Mozilla/5.0 (Linux; Android 9; Some Smart Stick) {CHROME}",
        f"Mozilla/5.0 (Linux; Android 12; XGIMI TV Build/STT1.230101.001) {CHROME}",
        f"Mozilla/5.0 (Linux; Tizen 8.0; SMART-TV) {BLINK} SamsungBrowser/6.0 Chrome/108.0.0.0 TV Safari/537.36",
        f"Mozilla/5.0 (Web0S; Linux/SmartTV) {BLINK} Chrome/120.0.6099.270 Safari/537.36 WebAppManager",
        f"Mozilla/5.0 (Linux; Linux armv7l) {CHROME} HbbTV/1.6.1 (+DRM; Vendor; Model; 1.0; ; _TV_X_2023)",
        "Roku/DVP-14.0 (14.0.0.1234-A1)",
        "AppleCoreMedia/1.0.0.22K155 (Apple TV; U; CPU OS 18_1 like Mac OS X; en_us)",
        f"Mozilla/5.0 (X11; Linux aarch64) {CHROME} CrKey/1.56.500000",
        "Mozilla/5.0 (TV; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1",
    ),
    "phone": (
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1",
        f"Mozilla/5.0 (Linux; Android 10; K) {CHROME_MOBILE}",
        "Dalvik/2.1.0 (Linux; U; Android 15; Pixel 9 Build/AP4A.250205.002)",
        "okhttp/4.12.0 (Linux; Android 14; SM-S928B)",
        "Example TV/5.1 (Linux; Android 15; Pixel 8)",
        "Smart TV Remote/2.0 (Linux; Android 14; SM-A546B)",
        "Example TV Box/2.0 (iPhone; iOS 18.1; Scale/3.00)",
        f"Mozilla/5.0 (Linux; Android 8.0; QUEST Build/O00623; wv) {WEB_VIEW}",
        f"Mozilla/5.0 (Linux; Android 13; CUBOT NOTE BOXER) {CHROME_MOBILE}",
        f"Mozilla/5.0 (Linux; Android 9; HTV33) {CHROME_MOBILE}",
        f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {BLINK} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile",
        f"Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00) {BLINK} Chrome/114.0.5735.196 Mobile Safari/537.36",
        f"Mozilla/5.0 (Linux; Tizen 3.0; SAMSUNG SM-Z400F) {BLINK} SamsungBrowser/2.0 Chrome/47.0.2526.69 Mobile Safari/537.36",
        "Mozilla/5.0 (Mobile; Nokia 2780 Flip; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/3.1",
        "SonyEricssonW995/R1EA Browser/NetFront/3.4 Profile/MIDP-2.1 Configuration/CLDC-1.1",
        f"Mozilla/5.0 (iPod touch; CPU iPhone OS 15_8 like Mac OS X) {WEBKIT} Version/15.6 Mobile/15E148 Safari/604.1",
    ),
    "tablet": (
        f"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) {WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Mobile/15E148",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT}",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} CriOS/142 Version/11.1.1 Safari/605.1.15",
        f"Mozilla/5.0 (Linux; Android 13; SM-X710) {CHROME}",
        "Dalvik/2.1.0 (Linux; U; Android 14; SM-X210 Build/UP1A.231005.007)",
        f"Mozilla/5.0 (Linux; Android 7.0; SHIELD Tablet K1 Build/NRD90M) {CHROME}",
        f"Mozilla/5.0 (Linux; Android 11; KFTRWI) {BLINK} Silk/120.4.1 like Chrome/120.0.6099.193 Safari/537.36",
        f"Mozilla/5.0 (Tablet; OpenHarmony 5.0) {BLINK} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1",
        "Example TV/5.1 (Linux; Android 13; SM-T870)",
    ),
    "console": (
        f"Mozilla/5.0 (PlayStation; PlayStation 5/9.00) {WEBKIT} Version/15.4 Safari/605.1.15",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox Series X) {CHROME} Edge/44.18363.8131",
        "Mozilla/5.0 (Nintendo Switch; WebApplet) AppleWebKit/613.0 (KHTML, like Gecko) NF/6.0.3.15.4",
    ),
    "desktop": (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME}",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/18.6 Safari/605.1.15",
        f"Mozilla/5.0 (X11; Linux x86_64) {CHROME}",
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        f"Mozilla/5.0 (PC; OpenHarmony 6.0; Windows NT 10.0) {BLINK} Chrome/132.0.0.0 Safari/537.36 ArkWeb/6.0.0.47",
    ),
    "other": (
        f"Mozilla/5.0 (X11; Linux x86_64; Quest 3) {BLINK} OculusBrowser/35.2.0.0 Chrome/126.0.0.0 VR Safari/537.36",
        f"Mozilla/5.0 (Linux; Android 11; SM-R870) {CHROME_MOBILE}",
        "AppleCoreMedia/1.0.0.22K155 (HomePod; U; CPU OS 18_1 like Mac OS X; en_us)",
        "curl/8.7.1",
        "",
    ),
}
CASES: Final = [(agent, kind) for kind, agents in AGENTS.items() for agent in agents]


@pytest.mark.parametrize(("user_agent", "kind"), CASES, ids=[f"{kind}: {agent[:60]}" for agent, kind in CASES])
def test_user_agent_has_a_device_type(user_agent: str, kind: DeviceType) -> None:
    caller = caller_of({"user-agent": user_agent})
    assert (caller.device_type, caller.device) == (kind, "Mobile" if kind in ("phone", "tablet") else "PC")


AS_DESKTOP: Final = f"Mozilla/5.0 (X11; Linux x86_64) {CHROME}"
ANDROID: Final = f"Mozilla/5.0 (Linux; Android 10; K) {CHROME}"


@pytest.mark.parametrize(
    ("user_agent", "hints", "kind"),
    [
        (AS_DESKTOP, {}, "desktop"),
        (AS_DESKTOP, {"sec-ch-ua-platform": '"Linux"', "sec-ch-ua-mobile": "?0"}, "desktop"),
        (AS_DESKTOP, {"sec-ch-ua-platform": '"Android"', "sec-ch-ua-mobile": "?0"}, "tablet"),
        (AS_DESKTOP, {"sec-ch-ua-platform": '"Android"', "sec-ch-ua-mobile": "?1"}, "phone"),
        (ANDROID, {"sec-ch-ua-form-factors": '"Desktop"'}, "desktop"),
        (ANDROID, {"sec-ch-ua-form-factors": '"Unheard-of", "XR"'}, "other"),
        (ANDROID, {"sec-ch-ua-form-factors": '"Mobile", "EInk"'}, "phone"),
        (ANDROID, {"sec-ch-ua-form-factors": ""}, "tablet"),
        (ANDROID, {"sec-ch-ua-model": '"BRAVIA 4K UR2"'}, "tv"),
        (f"Mozilla/5.0 (Linux; Tizen 8.0; SMART-TV) {CHROME}", {"sec-ch-ua-form-factors": '"Desktop"'}, "tv"),
    ],
)
def test_client_hints_give_the_type_that_the_user_agent_hides(user_agent: str, hints: dict[str, str], kind: DeviceType) -> None:
    assert caller_of({"user-agent": user_agent} | hints).device_type == kind


@pytest.mark.parametrize(
    ("user_agent", "system"),
    [
        (AGENTS["phone"][10], "OpenHarmony / 5.0"),
        (AGENTS["desktop"][4], "OpenHarmony / 6.0"),
        (AGENTS["tablet"][1], "iPadOS"),
        (AGENTS["desktop"][1], "Mac OS / 10.15.7"),
    ],
)
def test_system_is_the_real_one_when_the_user_agent_names_it(user_agent: str, system: str) -> None:
    assert caller_of({"user-agent": user_agent}).os == system


@pytest.mark.parametrize(
    "unit", ["(", ")", "(;", "; ", "a", "1", "32a", "tv", "box ", "mya ", "Macintosh ", "pico neo", "playstation ", "x96_"]
)
def test_repetitive_user_agent_is_parsed_quickly(unit: str) -> None:
    before = time.process_time()
    caller_of({"user-agent": "Mozilla/5.0 (Linux; Android 10; " + unit * 600})
    assert time.process_time() - before < 2  # includes loading ua-parser; catastrophic backtracking would take minutes
