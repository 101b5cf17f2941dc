"""The caller of a request: device, operating system and site, parsed from the headers. The viewer's address is not read."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from mediabeat.core.records import Caller

UNKNOWN: Final = "unknown"
_HANDHELD_SYSTEMS: Final = frozenset(
    {"Android", "iOS", "iPadOS", "Windows Phone", "Windows Mobile", "BlackBerry OS", "Firefox OS", "KaiOS"}
)
_NOT_HANDHELD: Final = re.compile(
    r"\b(android ?tv|google ?tv|smart-?tv|apple ?tv|tvos|hbbtv|mitv|bravia|(?-i:AFT[A-Z0-9]{1,6})|crkey|chromecast|shield|mibox|"
    r"set-top|stb|watch|quest)\b",
    re.IGNORECASE,
)
"""Names of televisions, sticks and boxes that run a handheld's system. Whole words only, because names of apps contain some."""


def caller_of(headers: Mapping[str, str]) -> Caller:
    """Return the caller of a request with these headers (lower-case names)."""
    user_agent = headers.get("user-agent", "")[:512]
    os_family, os_version, browser = _parsed(user_agent)
    handheld = os_family in _HANDHELD_SYSTEMS and not _NOT_HANDHELD.search(user_agent)
    return Caller(
        device="Mobile" if handheld else "PC",
        os=f"{os_family} / {os_version}" if os_version else os_family,
        browser=browser,
        origin=_site(headers.get("origin", "")) or _site(headers.get("referer", "")),
        page=_page(headers.get("referer", "")),
        language=headers.get("accept-language", "").split(",")[0].split(";")[0].strip()[:32],
        user_agent=user_agent,
    )


def _parsed(user_agent: str) -> tuple[str, str, str]:
    import ua_parser

    result = ua_parser.parse(user_agent)
    system, browser = result.os, result.user_agent
    family = "Mac OS" if system and system.family == "Mac OS X" else system.family if system else UNKNOWN
    version = ".".join(filter(None, (system.major, system.minor, system.patch))) if system else ""
    return family, version, browser.family if browser else UNKNOWN


def _page(url: str) -> str:
    """Return a URL without its query and fragment, which may name the viewer; empty if it is not a URL."""
    site = _site(url)
    return f"{site}{urlsplit(url).path}"[:512] if site else ""


def _site(url: str) -> str:
    """Return scheme and host of a URL, without a user's name and password; empty if it is not a URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}"[:256] if parts.scheme and host else ""
