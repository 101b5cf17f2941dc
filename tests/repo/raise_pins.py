"""Raise every pinned version of the repository to the newest release: `uv run python -m tests.repo.raise_pins`.

Ranges in pyproject.toml stay; edit them there first to cross one. Afterwards run the tests, and commit what changed.
"""

import re
import subprocess
import tempfile
from itertools import product
from pathlib import Path

import uv

from mediabeat.cli.local_cloud import pinned_tools
from tests.repo import pins
from tests.support import template

_WRITTEN_BY = "# Written by `uv run python -m tests.repo.raise_pins`."
_EDITABLE = "editables"  # hatchling asks for it as soon as it builds the project in place, as `uv run` wants it


def resolve(requirements: list[str], *options: str, within: list[str] | None = None) -> list[str]:
    """Return pins of the newest releases that satisfy the requirements, and of all that these need in turn."""
    oldest_python = pins.project()["project"]["requires-python"].removeprefix(">=")  # uv resolves for it and all later ones
    with tempfile.TemporaryDirectory() as folder:  # outside the checkout, whose pins uv would apply
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("\n".join(within or []), encoding="utf-8")
        command = [
            *(uv.find_uv_bin(), "pip", "compile", "--quiet", "--universal", "--python-version", oldest_python, "--upgrade"),
            *("--no-header", "--no-annotate", "--constraints", str(constraints), *options, "-"),
        ]
        done = subprocess.run(command, cwd=folder, input="\n".join(requirements), stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()


def raise_development() -> list[str]:
    project = pins.project()
    development = resolve([*project["project"]["dependencies"], *project["dependency-groups"]["dev"]])
    building = resolve([*project["build-system"]["requires"], _EDITABLE])
    text = pins.PROJECT.read_text(encoding="utf-8")
    text = with_list(text, "constraint-dependencies", development)
    text = with_list(text, "build-constraint-dependencies", building)
    pins.PROJECT.write_text(text, encoding="utf-8")
    return development


def with_list(text: str, setting: str, entries: list[str]) -> str:
    """Return pyproject.toml's text with other entries in the setting's list."""
    start, end = f"\n{setting} = [\n", "\n]\n"
    before, _, after = text.partition(start)
    assert after, f"pyproject.toml has no {setting}"
    lines = ",\n".join(f'    "{entry}"' for entry in entries)
    return f"{before}{start}{lines},{end}{after.partition(end)[2]}"


def raise_tools() -> None:
    for tool, packages in pinned_tools.TOOLS.items():
        pinned_tools.pins(tool).write_text("\n".join([_WRITTEN_BY, *resolve(packages), ""]), encoding="utf-8")


def raise_layer(development: list[str]) -> None:
    """Write the layer's pins: the versions that the development environment has, which are those that the tests run with."""
    lines = resolve(pins.project()["dependency-groups"]["layer"], "--generate-hashes", within=development)
    about = "# The packages in the layer, for each runtime and processor of template.yaml; the Lambda runtime brings boto3."
    pins.LAYER.write_text("\n".join([about, _WRITTEN_BY, *lines, ""]), encoding="utf-8")


def layer_targets() -> tuple[list[str], list[str]]:
    """The Python versions of the template, and its processors on Linux and macOS in uv's words."""
    parameters = template.source()["Parameters"]
    pythons = [runtime.removeprefix("python") for runtime in parameters["Runtime"]["AllowedValues"]]
    processors = [{"arm64": "aarch64"}.get(name, name) for name in parameters["Architecture"]["AllowedValues"]]
    return pythons, [f"{processor}-{system}" for processor in processors for system in ("manylinux2014", "apple-darwin")]


def installed_by_uv(python: str, machine: str) -> set[str]:
    """The pins for which uv finds wheels. It ends with an error if one has none, or if one needs a package without a pin."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(uv.find_uv_bin(), "pip", "install", "--dry-run", "--target", folder, "--only-binary", ":all:"),
            *("--python-version", python, "--python-platform", machine, "--require-hashes", "-r", str(pins.LAYER)),
        ]
        done = subprocess.run(command, cwd=folder, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The layer cannot be built for Python {python} on {machine}: {done.stderr}")
    return set(re.findall(r"^ \+ (\S+)$", done.stderr, re.MULTILINE))


def raise_uv(development: list[str]) -> None:
    (version,) = (line for line in development if line.startswith("uv=="))
    for path in pins.lines_that_install_uv():
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"(--target \.tools) \S+", rf"\1 {version}", text), encoding="utf-8")


if __name__ == "__main__":
    raised = raise_development()
    raise_tools()
    raise_layer(raised)
    for target in product(*layer_targets()):
        installed_by_uv(*target)
    raise_uv(raised)
