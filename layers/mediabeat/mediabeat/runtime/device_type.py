"""The kind of device that a request comes from: what its user agent says, and client hints where the browser sends them.

A word that apps have in their names too, such as TV, counts only in a comment (in parentheses): there a user agent names the
device. What names a platform, such as HbbTV, counts anywhere behind the first product.
"""

import re
from collections.abc import Mapping
from typing import Final

from mediabeat.core.records import DeviceType
from mediabeat.runtime.television_models import TELEVISION_MODEL


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(alternatives)})(?![a-z0-9])", re.IGNORECASE)


_COMMENT: Final = re.compile(r"\(([^()]*)\)?")
_FIRST_PRODUCT: Final = re.compile(r"^(?!Mozilla|Opera|Dalvik|HbbTV|Roku|AppleTV|SmartTV)[^()]*(?=\()", re.IGNORECASE)

_OPEN_HARMONY: Final = re.compile(r"\(([A-Za-z0-9]+); ?OpenHarmony")
_HARMONY_KINDS: Final[Mapping[str, DeviceType]] = {
    "phone": "phone",
    "tablet": "tablet",
    "2in1": "desktop",
    "pc": "desktop",
    "tv": "tv",
    "wearable": "other",
    "car": "other",
}
_OTHER: Final = _words(
    r"watch\d*(?:,\d+)?", "watchos", "wear ?os", r"gear (?:live|s\d?|fit)", r"sm-[rl]\d{3}[a-z]?", "oculus", "oculusbrowser", "meta quest",
    r"quest (?:[23]s?|pro)", "pico (?:4|g2|neo)[^;]*", "vive focus[^;]*", "visionos", "vision ?pro", "qtcarbrowser", r"tesla/[^ ;]*", "automotive",
    r"aosp on .*car.*", r"homepod", r"audioaccessory\d+", r"ae[ao][a-z]{2}", "nest hub", "google-speakerkit", r"sonos",
)  # fmt: skip
_CONSOLE: Final = _words(
    r"playstation", r"playstation[ a-z0-9/.]*", r"ps[345]", "psp", "ps ?vita", "nintendo[^;)]*", "xbox[^;)]*", "wii", "wiiu", "switch(?: lite| oled| 2)?(?! plus)",
    "ouya[^;]*", "gamestick[^;]*", "steam ?deck", "steam gamepad[^;]*", "retroid[^;]*", "anbernic[^;]*", r"rg ?(?:35|40|405|505|552|556|28)[a-z]{0,3}", "dreamcast",
    "logitech g cloud", r"ayn odin[^;]*", r"shield(?= build/lm)", "shield portable", r"archos gamepad\d?", "atari[^;]*", "gpd (?:xd|win)[^;]*",
)  # fmt: skip
_APPLE_HANDHELD: Final = re.compile(r"iphone|ipod|ipad|(?<![a-z])iph\d+,\d", re.IGNORECASE)
_IPAD_AS_DESKTOP: Final = re.compile(r"Macintosh.*(?:\bMobile/|CriOS/|FxiOS/|EdgiOS/|OPiOS/|GSA/|FBIOS)|\bIT?P?ad\b", re.DOTALL)
_PLATFORM: Final = _words(
    r"hbbtv", r"smart-?_?tv\d*", "android ?tv", "google ?tv", "apple ?tv", r"appletv\d+,\d+", "tvos", "opera tv", "web0s", r"webos\.tv[^ ]*",
    "webos ?tv", "netcast[^;)]*", r"net ?tv\d*", "philipstv", "inettvbrowser", "bravia", "viera", "aquosbrowser", "vidaa", "crkey",
    "chromecast", "roku[^ ;]*", "fire ?tv", "(?-i:AFT[A-Z0-9]{1,12})", r"maple ?\d+", "espial", "ce-html", "set-?top(?: ?box)?", r"stb\d*", "iptv",
    "mitv[a-z0-9_-]*", "mibox[a-z0-9_-]*", "bdplayer", "large screen", "ctv", "tv safari", "youview", "kreatv", "tivo-?[a-z]*", "titanos",
    "tv bro", "tivimate", "quick search tv", "whaletv", "zeasn[^;) ]*", "foxxum", "saphi",
)  # fmt: skip
_TELEVISION: Final = re.compile(
    r"(?<![a-z0-9])(?!bn|hi|b|s|h|le|joy_|beat |match )[a-z0-9_]{0,12}tv(?![a-z0-9])(?! \d\d)|(?<![a-z])tv[ _-]?(?:box|stick)|(?<![a-z])(?!turbo|run)[a-z]{0,10}box(?![a-z])(?!x)|stick(?![a-z])"
    r"|dongle|projector|beamer|streamer|streaming|(?<![a-z0-9])[468]k(?![a-z0-9])|uhd|[ _]shell[ _]|led[ _-]?\d\d|shield"
    r"|build/[l-z]t[tm][0-9a-z]\.",
    re.IGNORECASE,
)
_HANDHELD: Final = _words("shield tablet[^;]*", "tablet", "phone", "stv100-[0-9]", "era 4k", "[^;]* dtv", r"runbox\\d", "w-k360-tv")
_MOBILE: Final = re.compile(r"mobile", re.IGNORECASE)
_ANDROID: Final = re.compile(r"android|(?<![a-z])adr \d|yunos|aliyun|diordna", re.IGNORECASE)
_OLD_PHONE: Final = re.compile(
    r"midp|cldc|j2me|up\.browser|(?<![a-z])up/\d|(?<![a-z])wap(?![a-z])|obigo|teleca|symb(?:ian|os)|series ?[346]0|maui|mre[/\\]|brew[/ ;]"
    r"|(?<![a-z])rex[;/]|bada/|meego|maemo|palm ?os|palmsource|windows (?:ce|phone)|iemobile|wpdesktop|lumia|blackberry|(?<![a-z])bb10"
    r"|docomo|kddi|willcom|opera mini|opera mobi|ucweb|kaios|cloud phone|sailfish|tizen.*mobile|nokia|sonyericsson|webos/\d|hpwos"
    r"|(?<![a-z])sie-|(?<![a-z])mot-|fban/fb4a|k-?touch|(?<![a-z])android phone",
    re.IGNORECASE,
)  # fmt: skip
_TABLET: Final = re.compile(
    r"tablet|(?<![a-z])tab(?![a-z])|(?<![a-z])[a-z]{0,9}pad(?![a-z])|playbook|silk/|kindle|nexus (?:7|9|10)|pixel c|(?<![a-z])kf[a-z]{2,6}(?![a-z])"
    r"|(?<![a-z])(?:sm-[tpx]\d|gt-p\d|gt-n[58]\d|tb-?\d|tb\d{3}|bah\d?-|ags\d?-)|pocketbook|hpwos",
    re.IGNORECASE,
)
_DESKTOP: Final = frozenset({"Windows", "Mac OS X", "Linux", "Ubuntu", "Chrome OS", "Fedora", "Debian", "FreeBSD"})


def device_type(user_agent: str, headers: Mapping[str, str], system: str) -> DeviceType:
    """Return the kind of device of a request: `headers` have lower-case names, `system` is ua-parser's family."""
    comments = "; ".join(_COMMENT.findall(user_agent)) or user_agent
    behind = _FIRST_PRODUCT.sub("", user_agent)
    if harmony := _OPEN_HARMONY.search(user_agent):
        return _HARMONY_KINDS.get(harmony[1].lower(), "other")
    if _OTHER.search(comments):
        return "other"
    if _CONSOLE.search(comments):
        return "console"
    if apple := _APPLE_HANDHELD.search(user_agent):
        return "tablet" if apple[0].lower() == "ipad" else "phone"
    if _IPAD_AS_DESKTOP.search(user_agent):
        return "tablet"
    if not _HANDHELD.search(comments) and not _OLD_PHONE.search(user_agent):
        if _PLATFORM.search(behind) or _TELEVISION.search(comments) or TELEVISION_MODEL.search(comments):
            return "tv"
    return _hinted(headers) or _handheld(user_agent, comments, system) or ("desktop" if system in _DESKTOP else "other")


def _handheld(user_agent: str, comments: str, system: str) -> DeviceType | None:
    if system in {"Android", "iOS"} or _ANDROID.search(user_agent):
        browser = user_agent.startswith("Mozilla/")
        return "tablet" if _TABLET.search(comments) or (browser and not _MOBILE.search(user_agent)) else "phone"
    if _OLD_PHONE.search(user_agent):
        return "phone"
    return None


def _hinted(headers: Mapping[str, str]) -> DeviceType | None:
    return None
