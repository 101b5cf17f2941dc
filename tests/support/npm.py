"""Packages of npm that tests run, installed once into a cache folder of the user."""

import shutil
import subprocess
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

import platformdirs

INSTALL_S: Final = 180


class NotInstalled(Exception):
    """A package cannot be installed here; the message says why."""


def package(name: str, version: str, *, alone: bool = False) -> Path:
    """Return the folder of a package, installed on first use without running its scripts.

    `alone`: without the packages that it needs, for one whose files are used as they are. Raises NotInstalled.
    """
    folder = platformdirs.user_cache_path("mediabeat-tests") / f"{name.strip('@').replace('/', '-')}-{version}"
    path = folder / "node_modules" / name
    if not path.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise NotInstalled(f"npm, which brings {name}, is not on the PATH")
        _install(npm, f"{name}@{version}", folder, unpacked=path.relative_to(folder) if alone else None)
    return path


def _install(npm: str, pinned: str, folder: Path, *, unpacked: Path | None) -> None:
    """Install into a folder of this process and move it, as several test processes may install at the same time."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as parent:
        new = Path(parent) / folder.name
        new.mkdir()
        options = ["--prefix", str(new), "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]
        command = [npm, "install", *options, pinned]
        if unpacked:
            command = [npm, "pack", "--silent", "--pack-destination", str(new), pinned]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_S)
        except subprocess.SubprocessError as error:
            told = getattr(error, "stderr", None) or str(error)
            raise NotInstalled(f"npm could not install {pinned}: {told.strip().splitlines()[-1]}") from None
        if unpacked:
            [archive] = new.glob("*.tgz")
            with tarfile.open(archive) as packed:
                packed.extractall(new / "unpacked", filter="data")
            (new / unpacked.parent).mkdir(parents=True)
            (new / "unpacked" / "package").rename(new / unpacked)
        with suppress(OSError):  # another process has been faster
            new.rename(folder)
