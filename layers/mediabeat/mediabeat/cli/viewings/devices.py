"""The devices on which the invented service is watched, as their players send requests."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Device:
    """A kind of device: what its player sends, the bitrates (bit/s) that it plays, and how long it usually takes to start."""

    name: str
    user_agent: str
    site: str
    player: str
    version: str
    bitrates: tuple[int, ...]
    start_s: float
    is_handheld: bool = False


_WEB: Final = "https://www.lumen.example.com"
_MOBILE: Final = "https://m.lumen.example.com"
_TV: Final = "https://tv.lumen.example.com"
_PARTNER: Final = "https://watch.kestrelbay.example.org"
_KIT: Final = "AppleWebKit/537.36 (KHTML, like Gecko)"
_SMALL: Final = (400_000, 900_000, 1_800_000, 3_500_000)
_MIDDLE: Final = (900_000, 1_800_000, 3_500_000, 6_000_000)
_LARGE: Final = (1_800_000, 3_500_000, 6_000_000, 12_000_000)

SAMSUNG: Final = Device(
    "Samsung TV",
    f"Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) {_KIT} 94.0.4606.31/7.0 TV Safari/537.36",
    _TV,
    "lumen-tv",
    "2.9.3",
    _LARGE,
    2.4,
)
"""The televisions of the story: see `week`."""

DEVICES: Final[tuple[Device, ...]] = (
    SAMSUNG,
    Device(
        "LG TV",
        f"Mozilla/5.0 (Web0S; Linux/SmartTV) {_KIT} Chrome/108.0.5359.211 Safari/537.36 WebAppManager",
        _TV,
        "lumen-tv",
        "2.9.3",
        _LARGE,
        2.1,
    ),
    Device(
        "Chromecast",
        f"Mozilla/5.0 (X11; Linux armv7l) {_KIT} Chrome/114.0.5735.90 Safari/537.36 CrKey/1.56.500000",
        _TV,
        "lumen-cast",
        "1.8.0",
        _LARGE,
        1.9,
    ),
    Device(
        "Xbox",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox Series X) {_KIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
        _TV,
        "lumen-tv",
        "2.8.0",
        _LARGE,
        1.6,
    ),
    Device(
        "Windows, Chrome",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_KIT} Chrome/142.0.0.0 Safari/537.36",
        _WEB,
        "lumen-web",
        "4.12.1",
        _MIDDLE,
        1.1,
    ),
    Device(
        "Windows, Firefox",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
        _PARTNER,
        "kestrel-web",
        "1.3.0",
        _MIDDLE,
        1.4,
    ),
    Device(
        "Mac, Safari",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
        _WEB,
        "lumen-web",
        "4.12.1",
        _MIDDLE,
        0.9,
    ),
    Device(
        "Linux, Firefox",
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        _WEB,
        "lumen-web",
        "4.12.1",
        _MIDDLE,
        1.2,
    ),
    Device(
        "iPhone",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
        "Mobile/15E148 Safari/604.1",
        _MOBILE,
        "lumen-web",
        "4.12.1",
        _SMALL,
        1.3,
        is_handheld=True,
    ),
    Device(
        "iPad",
        "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
        "Mobile/15E148 Safari/604.1",
        _MOBILE,
        "lumen-web",
        "4.12.1",
        _MIDDLE,
        1.2,
        is_handheld=True,
    ),
    Device(
        "Android",
        f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {_KIT} Chrome/142.0.0.0 Mobile Safari/537.36",
        _PARTNER,
        "kestrel-web",
        "1.3.0",
        _SMALL,
        1.7,
        is_handheld=True,
    ),
)
