"""The caller of a request: device, operating system and site, parsed from the headers. The viewer's address is not read."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from mediabeat.core.records import Caller
from mediabeat.runtime.device_type import device_type_of

UNKNOWN: Final = "unknown"
_HANDHELDS: Final = ("phone", "tablet")
_OPEN_HARMONY: Final = re.compile(r"OpenHarmony[ /-]?(\d+(?:\.\d+)*)?", re.IGNORECASE)


def caller_of(headers: Mapping[str, str]) -> Caller:
    """Return the caller of a request with these headers (lower-case names)."""
    user_agent = headers.get("user-agent", "")[:512]
    system, version, browser = _parsed(user_agent)
    device_type = device_type_of(user_agent, headers, system)
    if found := _OPEN_HARMONY.search(user_agent):
        system, version = "OpenHarmony", found[1] or ""
    elif system == "Mac OS X":
        system, version = ("iPadOS", "") if device_type == "tablet" else ("Mac OS", version)
    return Caller(
        device="Mobile" if device_type in _HANDHELDS else "PC",
        device_type=device_type,
        os=f"{system} / {version}" if version else system,
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
    family = system.family if system else UNKNOWN
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
