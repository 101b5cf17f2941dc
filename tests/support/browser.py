"""Chromium, driven by scripts with playwright-core; Debian's package `chromium` brings the browser."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support import npm

PLAYWRIGHT: Final = ("playwright-core", "1.65.1")
LIMIT_S: Final = 180


def names() -> Iterator[str]:
    """Yield the names under which Chromium is looked for."""
    yield from ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """Return the path of Chromium; skips the test where there is no Chromium or no node."""
    found = next(filter(None, map(shutil.which, names())), None)
    if found is None or not shutil.which("node"):
        pytest.skip("chromium and node are needed to look at a page, and one of them is not installed")
    return found


def package(name: str, version: str, *, alone: bool = False) -> Path:
    """Return the folder of a package of npm; skips the test where it cannot be installed."""
    try:
        return npm.package(name, version, alone=alone)
    except npm.NotInstalled as error:
        pytest.skip(str(error))


def run(script: Path, *arguments: str) -> Any:
    """Run a script, which gets the folder of playwright-core, Chromium and these arguments; return the JSON that it prints."""
    command = ["node", str(script), str(package(*PLAYWRIGHT)), chromium(), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)
