"""The replacement for `make`, on the layer's own Makefile and as the command that SAM calls."""

import os
import subprocess
from pathlib import Path

import pytest

from mediabeat.cli.local_cloud import make_shim
from tests.support.template import ROOT

MAKEFILE = """\
# a comment
NAME ?= world
GREETING ?= hello
OTHER ?= unused

greet: # no prerequisites
greet-all:
\t@echo $(GREETING) \\
$(NAME) > $(OUT)
\techo "$$HOME" >> $(OUT)

other:
\tfalse
\techo never > $(OUT)
"""


def test_recipe_takes_variables_from_the_environment_before_defaults() -> None:
    environment = {"NAME": "you", "OUT": "file"}
    assert make_shim.recipe(MAKEFILE, "greet-all", environment) == [
        "echo hello  you > file",
        'echo "$HOME" >> file',
    ]


def test_recipe_of_the_layer_s_makefile_has_no_variable_left() -> None:
    makefile = (ROOT / "layers" / "mediabeat" / "Makefile").read_text(encoding="utf-8")
    commands = make_shim.recipe(makefile, "build-MediabeatLayer", {"ARTIFACTS_DIR": "/out"})
    assert commands
    assert not [command for command in commands if "$(" in command]


def test_recipe_of_the_consoles_makefile_has_no_variable_left() -> None:
    makefile = (ROOT / "functions" / "console" / "Makefile").read_text(encoding="utf-8")
    commands = make_shim.recipe(makefile, "build-ConsoleFunction", {"ARTIFACTS_DIR": "/out"})
    assert "$(" not in "".join(commands)
    assert commands[-1] == 'cp -R app.py static "/out"'


def test_recipe_of_the_layer_s_makefile_is_the_one_of_make(tmp_path: Path) -> None:
    makefile = ROOT / "layers" / "mediabeat" / "Makefile"
    environment = {**os.environ, "ARTIFACTS_DIR": str(tmp_path), "LAYER_PYTHON": "3.12"}
    try:
        dry_run = subprocess.run(
            ["make", "-n", "--makefile", makefile, "build-MediabeatLayer"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    except FileNotFoundError:
        pytest.skip("this machine has no make to compare with")
    commands = make_shim.recipe(makefile.read_text(encoding="utf-8"), "build-MediabeatLayer", environment)
    assert commands == dry_run.stdout.splitlines()


def test_unknown_target_is_reported_by_name() -> None:
    with pytest.raises(KeyError, match="nothing"):
        make_shim.recipe(MAKEFILE, "nothing", {})


def test_command_runs_the_recipe_in_the_current_folder(tmp_path: Path) -> None:
    called = call_make(tmp_path, "greet-all")
    assert (called.returncode, (tmp_path / "out").read_text(encoding="utf-8")) == (0, "hello world\n/home\n")


def test_command_stops_at_the_first_line_that_fails(tmp_path: Path) -> None:
    called = call_make(tmp_path, "other")
    assert (called.returncode, (tmp_path / "out").exists()) == (1, False)


def call_make(folder: Path, target: str) -> subprocess.CompletedProcess[str]:
    (folder / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    make_shim.install(folder / "bin with blanks")
    return subprocess.run(
        [folder / "bin with blanks" / "make", "--makefile", folder / "Makefile", target],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": "/home", "OUT": "out"},
        capture_output=True,
        text=True,
        check=False,
    )
