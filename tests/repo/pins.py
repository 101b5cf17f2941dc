"""The pinned versions, read from the files of the repository."""

import re
import tomllib
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mediabeat.cli.local_cloud import pinned_tools
from tests.support.template import ROOT

PROJECT = ROOT / "pyproject.toml"
LAYER = ROOT / "layers" / "mediabeat" / "requirements.txt"


def project() -> dict[str, Any]:
    return tomllib.loads(PROJECT.read_text(encoding="utf-8"))


def development() -> list[str]:
    pins: list[str] = project()["tool"]["uv"]["constraint-dependencies"]
    return pins


def building() -> list[str]:
    pins: list[str] = project()["tool"]["uv"]["build-constraint-dependencies"]
    return pins


def tool(name: str) -> list[str]:
    return _lines(pinned_tools.pins(name))


def layer() -> list[str]:
    """The layer's pins without their hashes."""
    return [line.partition(" --hash=")[0] for line in _lines(LAYER)]


def layer_hashes() -> dict[str, list[str]]:
    """The accepted hashes of each pin of the layer."""
    return {line.partition(" --hash=")[0]: re.findall(r"--hash=(\S+)", line) for line in _lines(LAYER)}


def lines_that_install_uv() -> dict[Path, list[str]]:
    """The packages that each document, and the script of CI, installs into .tools."""
    paths = [*sorted(ROOT.glob("*.md")), ROOT / ".ci" / "run"]
    found = {path: re.findall(r"--target \.tools (\S+)", path.read_text(encoding="utf-8")) for path in paths}
    return {path: installed for path, installed in found.items() if installed}


def for_this_python(pins: list[str]) -> dict[str, str]:
    """The version of each package that the pins allow on this interpreter, by the package's canonical name."""
    requirements = [Requirement(pin) for pin in pins]
    return {
        canonicalize_name(requirement.name): str(requirement.specifier).removeprefix("==")
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }


def _lines(path: Path) -> list[str]:
    text = re.sub(r"\s*\\\n\s*", " ", path.read_text(encoding="utf-8"))
    return [line for line in text.splitlines() if line and not line.startswith("#")]
