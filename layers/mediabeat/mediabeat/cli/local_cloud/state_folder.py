"""The folder that the local cloud lives in: data, logs, build results, and what `mediabeat status` tells."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from platformdirs import user_state_path

from mediabeat.cli.terminal.failure import CommandFailed


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Name the places inside the folder, so that no other module puts a path together."""

    path: Path

    @classmethod
    def of_user(cls) -> "StateFolder":
        """Return the folder that $MEDIABEAT_HOME names, else the user's own; make it if need be."""
        chosen = os.environ.get("MEDIABEAT_HOME")
        folder = cls((Path(chosen) if chosen else user_state_path("mediabeat")).expanduser().resolve())
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    @property
    def emulator_lock(self) -> Path:
        """Held by the emulator for as long as it runs; says its pid and port."""
        return self.path / "emulator.lock"

    @property
    def emulator_log(self) -> Path:
        """What the emulator and its function workers print."""
        return self.path / "emulator.log"

    @property
    def emulator_data(self) -> Path:
        """The emulator's tables, functions and stacks while it is down."""
        return self.path / "data"

    @property
    def settled(self) -> Path:
        """Is there while nothing is being deployed, so that the emulator may save its state."""
        return self.path / "settled"

    @property
    def scratch(self) -> Path:
        """Unpacked functions and the like: of no use once the emulator has ended."""
        return self.path / "scratch"

    @property
    def deployment_log(self) -> Path:
        """What `sam build` and `sam deploy` printed the last time."""
        return self.path / "deployment.log"

    @property
    def sam(self) -> Path:
        """Build results and SAM's own notes, kept away from the user's `.aws-sam`."""
        return self.path / "sam"

    @property
    def stand_ins(self) -> Path:
        """Commands that this machine lacks (see make_shim.py)."""
        return self.path / "bin"

    @property
    def status_file(self) -> Path:
        """The last deployment, with the key of its project: for the user's eyes only."""
        return self.path / "status.json"


@dataclass(frozen=True, slots=True)
class Status:
    """Say where the local cloud is and how to use it; the fields and their order are those of `status --json`."""

    running: bool
    url: str | None
    project_id: str | None
    api_key: str | None
    endpoint: str | None
    table: str | None
    stack: str | None
    pid: int | None
    log: str
    home: str

    @classmethod
    def load(cls, folder: StateFolder) -> "Status | None":
        """Read what the last `up` wrote; None when there was none.

        Raises CommandFailed when somebody else wrote there.
        """
        try:
            return cls(**json.loads(folder.status_file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (TypeError, ValueError):
            raise CommandFailed(f"{folder.status_file} is damaged; remove it.") from None

    def save(self, folder: StateFolder) -> None:
        """Write it whole or not at all, readable by this user only: it holds a key."""
        draft = folder.status_file.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        draft.replace(folder.status_file)
