"""The ids of viewers in requests of Edge clients: Adobe's ECID, a first-party id, and the identity cookie.

The cookie's value is a protobuf message in base64, of which only field 1, the ECID, is read and written. Source: Adobe's Web SDK.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

ECID_DIGITS: Final = 38
MAX_ID: Final = 127
"""Characters of an id. One byte has to tell the length in the cookie."""

COOKIE_MAX_AGE_S: Final = 34_128_000
"""13 months, as Adobe's servers say."""

_IDENTITY_COOKIE: Final = re.compile(r"kndctr_[A-Za-z0-9]+_AdobeOrg_identity")
_FIELD_1: Final = 0x0A


class Identity(NamedTuple):
    """The ids that a request brought, or None; `has_cookie` says whether the client keeps the identity cookie."""

    ecid: str | None
    fpid: str | None
    has_cookie: bool


def identity_in(xdms: Sequence[Mapping[str, Any]], cookies: Mapping[str, str]) -> Identity:
    """Return the identity in the XDM of events and of their request, in this order, and in the client's cookies."""
    kept = next((value for name, value in cookies.items() if _IDENTITY_COOKIE.fullmatch(name)), None)
    ecid = next(filter(None, (_id_in(xdm, "ECID") for xdm in xdms)), None) or (ecid_in_cookie(kept) if kept else None)
    return Identity(ecid, next(filter(None, (_id_in(xdm, "FPID") for xdm in xdms)), None), kept is not None)


def _id_in(xdm: Mapping[str, Any], namespace: str) -> str | None:
    match xdm.get("identityMap"):
        case {**spaces}:
            match spaces.get(namespace):
                case [{"id": str(one)}, *_] if 0 < len(one) <= MAX_ID:
                    return one
    return None


def ecid_in_cookie(value: str) -> str | None:
    """Return the ECID in the identity cookie; None for a value of another form."""
    try:
        raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except ValueError:
        return None
    if len(raw) < 2 or raw[0] != _FIELD_1 or raw[1] > MAX_ID or len(raw) < 2 + raw[1]:
        return None
    digits = raw[2 : 2 + raw[1]].decode("ascii", errors="replace")
    return digits if digits.isascii() and digits.isdigit() else None


def identity_cookie(ecid: str) -> str:
    """Return the value of the identity cookie with an ECID."""
    digits = ecid.encode(errors="replace")
    return base64.urlsafe_b64encode(bytes((_FIELD_1, len(digits))) + digits).decode()


def new_ecid(name: bytes) -> str:
    """Return a new ECID. The same name, which has to be random or secret, gives the same ECID."""
    return f"{int.from_bytes(hashlib.sha256(b'ecid' + name).digest(), 'big') % 10**ECID_DIGITS:0{ECID_DIGITS}}"


def cookie_name(org: str, what: str) -> str:
    """Return the name of a client's cookie for an organisation, such as `kndctr_5A1E_AdobeOrg_identity`."""
    return f"kndctr_{org.replace('@', '_')}_{what}"
