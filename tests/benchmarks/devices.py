"""Count the devices whose type mediabeat gets wrong: `python -m tests.benchmarks.devices FOLDER`.

FOLDER holds fixtures of a device-detection project: YAML files, each a list of objects with `user_agent`, `device.type` and
sometimes `headers`. The folder `Tests/fixtures` of github.com/matomo-org/device-detector has this form. The fixtures are not
part of this repository. The exit code is 0 without a folder, and 1 when a share is above its limit.
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
    """One request of the fixtures: its headers, and the device type according to the fixtures."""

    headers: dict[str, str]
    kind: str


class Share(NamedTuple):
    """The share of devices that mediabeat gets wrong."""

    what: str
    wrong: int
    of: int

    @property
    def holds(self) -> bool:
        """Whether there are devices, and few enough of them are wrong."""
        return self.of > 0 and self.wrong <= MOST_WRONG * self.of

    def __str__(self) -> str:
        percent = 100 * self.wrong / self.of if self.of else 0.0
        return f"{self.what}: {self.wrong} of {self.of} ({percent:.2f} %), at most {MOST_WRONG:.0%}"


def samples(folder: Path) -> Iterator[Sample]:
    """Yield the requests in all files of a folder, without those that have no device type."""
    for path in sorted(folder.glob("*.yml")):
        for fixture in yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or []:
            if kind := _kind(fixture):
                headers = {
                    name.lower(): str(value) for name, value in (fixture.get("headers") or {}).items() if value is not None
                }
                yield Sample(headers | {"user-agent": str(fixture["user_agent"])}, kind)


def _kind(fixture: Any) -> str:
    device = fixture.get("device") if isinstance(fixture, dict) else None
    return str(device.get("type") or "") if isinstance(device, dict) else ""


def count(folder: Path) -> Counter[tuple[str, str, str]]:
    """Count the requests by the fixtures' device type, `device` and `device_type`."""
    callers = ((sample.kind, caller_of(sample.headers)) for sample in samples(folder))
    return Counter((kind, caller.device, str(caller.device_type)) for kind, caller in callers)


def shares(counted: Counter[tuple[str, str, str]]) -> tuple[Share, Share]:
    """Return the shares that have a limit."""

    def total(kinds: frozenset[str], devices: tuple[str, ...] = ("PC", "Mobile")) -> int:
        return sum(number for (kind, device, _), number in counted.items() if kind in kinds and device in devices)

    return (
        Share("televisions called Mobile", total(TELEVISIONS, ("Mobile",)), total(TELEVISIONS)),
        Share("phones and tablets called PC", total(HANDHELDS, ("PC",)), total(HANDHELDS)),
    )


def main(arguments: list[str]) -> int:
    """Print the counts and the shares."""
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
