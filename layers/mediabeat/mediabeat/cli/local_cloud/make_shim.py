"""A replacement for `make` on machines without it: `sam build` calls it for the layer, and nothing else needs it.

It knows the parts of make that the layer's Makefile uses: defaults (`NAME ?= value`), `$(NAME)`, and the recipe of one target.
The command `make` runs this file as a script, so it imports only the standard library.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path


def recipe(makefile: str, target: str, environment: dict[str, str]) -> list[str]:
    """Return the commands of a target with their variables replaced.

    Raises KeyError for an unknown target or variable.
    """
    variables: dict[str, str] = {}
    recipes: dict[str, list[str]] = {}
    current: list[str] = []
    for line in makefile.replace("\\\n", " ").splitlines():
        if line.startswith("\t"):
            current.append(line[1:].removeprefix("@"))
        elif default := re.fullmatch(r"(\w+)\s*\?=\s*(.*)", line):
            variables[default[1]] = default[2].strip()
        elif rule := re.fullmatch(r"([\w-]+):\s*", line):
            current = recipes.setdefault(rule[1], [])
    variables |= environment
    filled = (re.sub(r"\$\((\w+)\)", lambda name: variables[name[1]], command) for command in recipes[target])
    return [command.replace("$$", "$") for command in filled]


def install(folder: Path) -> None:
    """Write a command `make` into a folder; it runs this file with the current interpreter."""
    folder.mkdir(parents=True, exist_ok=True)
    command = folder / "make"
    call = shlex.join([sys.executable, "-I", __file__])
    command.write_text(f'#!/bin/sh\nexec {call} "$@"\n', encoding="utf-8")
    command.chmod(0o755)


def main(arguments: list[str]) -> int:
    """Run `make --makefile FILE TARGET` in the current folder and return the exit code."""
    _, makefile, target = arguments
    for command in recipe(Path(makefile).read_text(encoding="utf-8"), target, dict(os.environ)):
        print(command, flush=True)  # noqa: T201 - make prints each command
        if code := subprocess.run(["sh", "-ec", command], check=False).returncode:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
