"""A local cloud of the tests' own, used through the command as an operator uses it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("mediabeat")

Finished = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Cloud:
    """Where it is and how to use it; `home` is its state folder."""

    home: Path
    port: int
    url: str
    project_id: str
    api_key: str
    endpoint: str
    table: str

    def mediabeat(self, *arguments: str | Path) -> Finished:
        """Run the command on this cloud."""
        return mediabeat(self.home, *arguments)


def mediabeat(home: Path, *arguments: str | Path) -> Finished:
    """Run the installed console script."""
    environment = {**os.environ, "MEDIABEAT_HOME": str(home), "COLUMNS": "100"}
    return subprocess.run([COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False)


def status_of(home: Path) -> dict[str, Any]:
    """What `mediabeat status --json` prints."""
    told: dict[str, Any] = json.loads(mediabeat(home, "status", "--json").stdout)
    return told
