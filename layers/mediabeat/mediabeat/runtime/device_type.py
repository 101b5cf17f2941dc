"""The type of the device that sent a request, from its user agent and, if the browser sends them, its client hints.

User agents name the device in a comment, which is in parentheses. Words that names of apps contain, such as TV, count only in a
comment. Names of platforms, such as HbbTV, count everywhere except in an app's name before the first comment.
"""

import re
from collections.abc import Mapping
from typing import Final

from mediabeat.core.records import DeviceType
from mediabeat.runtime.television_models import names_television


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(alternatives)})(?![a-z0-9])", re.IGNORECASE)


_COMMENT: Final = re.compile(r"\(([^()]*)")
_STARTS_WITH_PRODUCT: Final = re.compile(r"[^;()]*\(")
_APP_NAME: Final = re.compile(
    r"^(?!mozilla|opera|dalvik|hbbtv|roku|smarttv|youviewhtml|tv bro|tivimate|brightsign)[^()]*(?=\()", re.IGNORECASE
)
_OPEN_HARMONY: Final = re.compile(r"\(([a-z0-9]+); ?openharmony", re.IGNORECASE)
_OPEN_HARMONY_TYPES: Final[Mapping[str, DeviceType]] = {
    "phone": "phone",
    "tablet": "tablet",
    "2in1": "desktop",
    "pc": "desktop",
    "tv": "tv",
}
_OTHER: Final = _words(
    *(r"watch\d*(?:,\d+)?", "watchos", "wear ?os", "gear (?:live|fit|s[234]?)", r"sm-[rl]\d{3}[a-z]?"),  # watches
    *(
        "oculus",
        "oculusbrowser",
        "meta quest",
        "quest (?:[23]s?|pro)",
        "pico (?:4|g[23]|neo)[^;]*",
        "vive focus[^;]*",
        r"visionos(?!;nx)",
    ),
    *(r"qtcarbrowser", r"tesla/[^ ;]*", "automotive", "aosp on [^;]*car[^;]*"),
    *("homepod", r"audioaccessory\d+", "ae[ao][a-z]{2}", "echo_show[^;]*", "nest hub", "google-speakerkit", "sonos[^;]*"),
)
_CONSOLE: Final = _words(
    *(r"playstation(?:[ /][^;()]*)?", "ps[345]", "psp", "ps ?vita", "nintendo[^;()]*", "xbox[^;()]*", "wiiu?"),
    *(
        "(?<!sansui_)switch(?: lite| oled| 2)?(?! plus)",
        "steam ?deck",
        "steam gamepad[^;]*",
        "dreamcast",
        "atari[^;]*",
        "ouya[^;]*",
    ),
    *("gamestick[^;]*", "retroid[^;]*", "anbernic[^;]*", "rg ?(?:28|35|405|505|552|556)[a-z]{0,3}", "logitech g cloud"),
    *("ayn odin[^;]*", "shield portable", "shield(?= build/lm)", r"archos gamepad\d?", "gpd (?:xd|win)[^;]*"),
)
_APPLE_TV: Final = re.compile(r"\bapple ?tv|\btvos|#tcl/", re.IGNORECASE)  # televisions of TCL send an iPad's user agent
_APPLE_HANDHELD: Final = re.compile(r"iphone|ipod|ipad|(?<![a-z])iph\d+,\d", re.IGNORECASE)
_IPAD_AS_MAC: Final = re.compile(
    r"Macintosh.*(?:\bMobile/|CriOS/|FxiOS/|EdgiOS/|OPiOS/|GSA/|FBIOS)"
    # The whole user agent of an iPad app's web view, which requests the desktop's site by default. Web views of Mac apps send the
    # same user agent, but players seldom run in them.
    r"|^Mozilla/5\.0 \(Macintosh; Intel Mac OS X 10_15[_\d]*\) AppleWebKit/605\.1\.15 \(KHTML, like Gecko\)$"
)
_PLATFORM: Final = _words(
    *(
        "hbbtv",
        r"smart-?_?tv[\da-z]?",
        "android ?tv",
        "google ?tv",
        "opera tv",
        "web0s",
        r"webos\.tv[^ ]*",
        "webos ?tv",
        "netcast[^;)]*",
    ),
    *(r"net ?tv\d*", "philipstv", "inettvbrowser", "bravia", "viera", "aquos-as", "aquosbrowser", "vidaa", "crkey", "chromecast"),
    *(
        "roku[^ ;]*",
        "fire ?tv",
        "(?-i:AFT[A-Z0-9]{1,12})",
        r"maple ?\d+",
        "espial",
        "ce-html",
        "set-?top(?: ?box)?",
        r"stb\d*",
        "stbapp",
    ),
    *(
        "iptv",
        "mitv[a-z0-9_-]*",
        "mibox[a-z0-9_-]*",
        "bdplayer",
        "large screen",
        "ctv",
        "tv safari",
        "youview",
        "youviewhtml",
        "kreatv",
    ),
    *("tivo-?[a-z]*", "titanos", "whaletv", "zeasn[^;) ]*", "foxxum", "saphi", "tv bro", "tivimate", "quick search tv", "vizios"),
    *(
        "vizio-dtv",
        "brightsign",
        "omi",
        "webtv",
        "hybridcast",
        "dlnadoc",
        "vstvb[^ ]*",
        "(?:gw|mr)-device",
        "sky_(?:ott|tv)[^ ]*",
    ),
    *("coolita os", "kylo", r"panatv\d*", r"[a-z0-9]+lg32", "panasonic[.]bd[^;]*"),
)
_TELEVISION: Final = re.compile(
    r"(?<![a-z0-9])(?!(?:bn|hi|b|s|h|le|joy_)tv|(?:beat|match|avatar|kazam) tv)[a-z0-9_-]{0,14}tv(?![a-z])"
    r"|(?<![a-z])(?!turbo|run)[a-z]{0,10}box(?![a-z])(?!x)|stick(?![a-z])|dongle|projector|beamer|streamer|streaming"
    r"|(?<![a-z0-9])[468]k(?![a-z0-9])|uhd|[ _]shell[ _]|led[ _-]?\d\d|shield",
    re.IGNORECASE,
)
_SAYS_HANDHELD: Final = _words(
    *(
        "shield tablet[^;]*",
        "tablet",
        "phone",
        "tab-?[0-9]*",
        "(?:my[at]|flare|superion|odyssey|i-style)[^;]*dtv",
        "era 4k",
        "w-k360-tv",
    ),
    *("archos t96[^;]*", "cinematv 3g", "kempler_tv", "joy7_tv", "natv"),
)
_MOBILE: Final = re.compile(r"mobile|eliboM", re.IGNORECASE)
_ANDROID: Final = re.compile(r"android|(?<![a-z])adr \d|yunos|aliyun|diordna|openharmony|harmonyos", re.IGNORECASE)
_JAVA_PHONE: Final = re.compile(r"midp|cldc|maui|up\.browser|(?<![a-z])wap(?![a-z])|mre[/\\]", re.IGNORECASE)
_OLD_PHONE: Final = re.compile(
    r"j2me|(?<![a-z])up/\d|obigo|teleca|symb(?:ian|os)|series ?[346]0|brew[/ ;]|(?<![a-z])rex[;/]|bada/|meego|maemo|palm ?os"
    r"|palmsource|palmscape|windows (?:ce|phone)|iemobile|wpdesktop|lumia|blackberry|(?<![a-z])bb10|docomo|kddi|willcom"
    r"|opera mini|opera mobi|ucweb|kaios|cloud phone|sailfish|tizen.*mobile|nokia|sonyericsson|webos/\d|hpwos|(?<![a-z])sie-"
    r"|(?<![a-z])mot-|fban/fb4a|k-?touch|^mozilla/5\.0 \((?:mobile|android);",
    re.IGNORECASE,
)
_TABLET: Final = re.compile(
    r"tablet|(?<![a-z])tab(?![a-z])|(?<![a-z])[a-z]{0,9}pad(?![a-z])|playbook|silk/|kindle|pocketbook|hpwos|nexus (?:7|9|10)"
    r"|pixel c|(?<![a-z])kf[a-z]{2,6}(?![a-z])|(?<![a-z])(?:sm-[tpx]\d|gt-p\d|gt-n[58]\d|tb-?\d|bah\d?-)",
    re.IGNORECASE,
)
_DESKTOPS: Final = frozenset(
    {"Windows", "Mac OS X", "Linux", "Ubuntu", "Chrome OS", "Fedora", "Debian", "FreeBSD", "OpenBSD", "NetBSD"}
)
_FORM_FACTORS: Final[Mapping[str, DeviceType]] = {
    "tablet": "tablet",
    "mobile": "phone",
    "desktop": "desktop",
    "eink": "tablet",
    "automotive": "other",
    "xr": "other",
    "watch": "other",
}


def device_type_of(user_agent: str, headers: Mapping[str, str], system: str) -> DeviceType:
    """Return the device type; `headers` have lower-case names, `system` is the family of the system that ua-parser found."""
    if harmony := _OPEN_HARMONY.search(user_agent):
        return _OPEN_HARMONY_TYPES.get(harmony[1].lower(), "other")
    named = _comments(user_agent) + "; " + headers.get("sec-ch-ua-model", "")[:64].strip('"')
    if _OTHER.search(named):
        return "other"
    if _CONSOLE.search(named):
        return "console"
    found = _apple(user_agent) or _television(user_agent, named) or _hinted(headers)
    return found or _by_system(user_agent, headers, named, system)


def _comments(user_agent: str) -> str:
    """Return the comments of a user agent; the whole user agent when it consists of a comment only."""
    found = "; ".join(_COMMENT.findall(user_agent)) if _STARTS_WITH_PRODUCT.match(user_agent) else ""
    return found or user_agent


def _apple(user_agent: str) -> DeviceType | None:
    if _APPLE_TV.search(user_agent):
        return "tv"
    if found := _APPLE_HANDHELD.search(user_agent):
        return "tablet" if found[0].lower() == "ipad" else "phone"
    return "tablet" if _IPAD_AS_MAC.search(user_agent) else None


def _television(user_agent: str, named: str) -> DeviceType | None:
    if _SAYS_HANDHELD.search(named) or _JAVA_PHONE.search(user_agent):
        return None
    found = _PLATFORM.search(_APP_NAME.sub("", user_agent)) or _TELEVISION.search(named) or names_television(named)
    return "tv" if found else None


def _hinted(headers: Mapping[str, str]) -> DeviceType | None:
    """Return the type of the first form factor in `Sec-CH-UA-Form-Factors` that has a type."""
    factors = headers.get("sec-ch-ua-form-factors", "")[:256].lower().split(",")
    return next((_FORM_FACTORS[factor] for factor in (one.strip(' "') for one in factors) if factor in _FORM_FACTORS), None)


def _by_system(user_agent: str, headers: Mapping[str, str], named: str, system: str) -> DeviceType:
    android = system == "Android" or _ANDROID.search(user_agent) or "android" in headers.get("sec-ch-ua-platform", "").lower()
    mobile = _MOBILE.search(user_agent) or headers.get("sec-ch-ua-mobile") == "?1"
    if android:
        # Browsers send `Mobile` on phones only. Apps never send it.
        is_tablet = _TABLET.search(named) or (user_agent.startswith("Mozilla/") and not mobile)
        return "tablet" if is_tablet else "phone"
    if (
        system == "iOS"
        or _OLD_PHONE.search(user_agent)
        or _JAVA_PHONE.search(user_agent)
        or headers.get("sec-ch-ua-mobile") == "?1"
    ):
        return "tablet" if _TABLET.search(named) else "phone"
    if _TABLET.search(named) and system not in {"Windows", "Mac OS X"}:
        return "tablet"
    return "desktop" if system in _DESKTOPS else "other"
