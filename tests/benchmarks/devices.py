"""Count the devices that are told wrongly: `python -m tests.benchmarks.devices FOLDER`.

FOLDER holds fixtures of a device-detection project: YAML files, each a list of objects with `user_agent`, `device.type` and, for
some, `headers`. Those of github.com/matomo-org/device-detector are in `Tests/fixtures`. They are not part of this repository.
Ends with 0 without a folder, and with 1 when a share is above its bound.
"""

# ruff: noqa: T201 - a command prints
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from mediabeat.runtime.user_agent import caller_of

HANDHELDS: Final = frozenset({"smartphone", "phablet", "feature phone", "tablet"})
TELEVISIONS: Final = frozenset({"tv"})
MOST_WRONG: Final = 0.01
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Sample(NamedTuple):
    """One request of the fixtures: its headers, and the kind of device that the fixtures say it comes from."""

    headers: dict[str, str]
    kind: str


class Share(NamedTuple):
    """How many of so many devices are told wrongly."""

    what: str
    wrong: int
    of: int

    @property
    def holds(self) -> bool:
        """Whether there are few enough, and any at all."""
        return self.of > 0 and self.wrong <= MOST_WRONG * self.of

    def __str__(self) -> str:
        percent = 100 * self.wrong / self.of if self.of else 0.0
        return f"{self.what}: {self.wrong} of {self.of} ({percent:.2f} %), at most {MOST_WRONG:.0%}"


def samples(folder: Path) -> Iterator[Sample]:
    """Yield the requests of all files of a folder of which the fixtures tell a kind of device."""
    for path in sorted(folder.glob("*.yml")):
        for told in yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or []:
            if kind := _kind(told):
                headers = {name.lower(): str(value) for name, value in (told.get("headers") or {}).items() if value is not None}
                yield Sample(headers | {"user-agent": str(told["user_agent"])}, kind)


def _kind(told: Any) -> str:
    device = told.get("device") if isinstance(told, dict) else None
    return str(device.get("type") or "") if isinstance(device, dict) else ""


def count(folder: Path) -> Counter[tuple[str, str, str]]:
    """Count the requests by the fixtures' kind of device, and by what mediabeat calls it: `device` and `device_type`."""
    callers = ((sample.kind, caller_of(sample.headers)) for sample in samples(folder))
    return Counter((kind, caller.device, str(caller.device_type)) for kind, caller in callers)


def shares(counted: Counter[tuple[str, str, str]]) -> tuple[Share, Share]:
    """Return the shares that have a bound."""

    def total(kinds: frozenset[str], devices: tuple[str, ...] = ("PC", "Mobile")) -> int:
        return sum(number for (kind, device, _), number in counted.items() if kind in kinds and device in devices)

    return (
        Share("televisions called Mobile", total(TELEVISIONS, ("Mobile",)), total(TELEVISIONS)),
        Share("phones and tablets called PC", total(HANDHELDS, ("PC",)), total(HANDHELDS)),
    )


def main(arguments: list[str]) -> int:
    """Print what was counted."""
    if not arguments:
        print("skipped: name a folder with fixtures, such as Tests/fixtures of github.com/matomo-org/device-detector")
        return 0
    counted = count(Path(arguments[0]))
    for (kind, device, device_type), number in sorted(counted.items()):
        print(f"{kind:24} {device:8} {device_type:8} {number:6}")
    for share in shares(counted):
        print(share)
    return 0 if all(share.holds for share in shares(counted)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
