"""The folder of the local cloud: data, logs, build results, and the status that `mediabeat status` shows."""

import json
import os
import secrets
import string
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from platformdirs import user_state_path

from mediabeat.cli.terminal.failure import CommandFailed

_LETTERS = string.ascii_uppercase + string.digits


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The paths inside the folder; no other module builds one."""

    path: Path

    @classmethod
    def of_user(cls) -> "StateFolder":
        """Return the folder that $MEDIABEAT_HOME names, or the default for this user; create it if it does not exist."""
        chosen = os.environ.get("MEDIABEAT_HOME")
        folder = cls((Path(chosen) if chosen else user_state_path("mediabeat")).expanduser().resolve())
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    @property
    def emulator_lock(self) -> Path:
        """The emulator's pid and port; the emulator holds a lock on this file while it runs."""
        return self.path / "emulator.lock"

    @property
    def emulator_log(self) -> Path:
        """The output of the emulator and its function workers."""
        return self.path / "emulator.log"

    @property
    def viewers_lock(self) -> Path:
        """The process in which the demonstration's viewers watch; it holds a lock on this file while it runs."""
        return self.path / "viewers.lock"

    @property
    def viewers_log(self) -> Path:
        """What these viewers watch, and what the API refused."""
        return self.path / "viewers.log"

    @property
    def emulator_data(self) -> Path:
        """The emulator's saved tables, functions and stacks."""
        return self.path / "data"

    @property
    def access_key_file(self) -> Path:
        """The access key id that the emulator takes, and no other."""
        return self.path / "access-key"

    def access_key_id(self) -> str:
        """Return the random access key id of this folder; the first call makes it, readable only by this user."""
        with suppress(FileNotFoundError):
            return self.access_key_file.read_text(encoding="utf-8")
        draft = self.path / f"access-key.{secrets.token_hex(8)}"
        draft.touch(mode=0o600)
        draft.write_text("MB" + "".join(secrets.choice(_LETTERS) for _ in range(30)), encoding="utf-8")
        with suppress(FileExistsError):  # another command was faster
            os.link(draft, self.access_key_file)
        draft.unlink()
        return self.access_key_file.read_text(encoding="utf-8")

    @property
    def settled(self) -> Path:
        """A file that exists while no deployment is running, so that the emulator may save its state."""
        return self.path / "settled"

    @property
    def scratch(self) -> Path:
        """Unpacked functions and other temporary files; removed when the emulator stops."""
        return self.path / "scratch"

    @property
    def deployment_log(self) -> Path:
        """The output of the last `sam build` and `sam deploy`."""
        return self.path / "deployment.log"

    @property
    def sam(self) -> Path:
        """Build results and SAM's own files, separate from the user's `.aws-sam`."""
        return self.path / "sam"

    @property
    def stand_ins(self) -> Path:
        """Replacements for commands that this machine lacks (see make_shim.py)."""
        return self.path / "bin"

    @property
    def status_file(self) -> Path:
        """The status after the last deployment; it holds an API key, so only its user may read it."""
        return self.path / "status.json"


@dataclass(frozen=True, slots=True)
class Status:
    """Where the local cloud is and how to use it; `status --json` prints these fields in this order."""

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

    @property
    def console(self) -> str:
        """The address of the console. Neither the project nor the key is in it."""
        return f"{self.url}/console"

    @classmethod
    def load(cls, folder: StateFolder) -> "Status | None":
        """Return the status that the last `up` wrote; None before the first one.

        Raises CommandFailed when the file is damaged.
        """
        try:
            return cls(**json.loads(folder.status_file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (TypeError, ValueError):
            raise CommandFailed(f"{folder.status_file} is damaged. Remove it, and run `mediabeat up` again.") from None

    def save(self, folder: StateFolder) -> None:
        """Write the file as a whole or not at all, readable only by this user."""
        draft = folder.status_file.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        draft.replace(folder.status_file)
