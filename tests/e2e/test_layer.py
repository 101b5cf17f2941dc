"""The layer as `sam build` leaves it: small, compiled for the runtime, and used as compiled."""

import importlib.util
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.e2e.cloud import Cloud
from tests.repo import pins, raise_pins
from tests.support.template import ROOT

MOST_MB = 19
"""With .pyc files, and on x86_64, whose compiled parts are larger than those of arm64."""


def layer(cloud: Cloud) -> Path:
    return cloud.home / "sam" / "build" / "MediabeatLayer" / "python"


def test_layer_modules_are_compiled_without_a_check_of_their_source(cloud: Cloud) -> None:
    sources = [path for path in layer(cloud).rglob("*.py") if "bin" not in path.parts]
    compiled = [Path(importlib.util.cache_from_source(str(path))) for path in sources]
    assert len(sources) > 100
    assert [path for path in compiled if not path.is_file()] == []
    unchecked_hash = 0b01
    assert {int.from_bytes(path.read_bytes()[4:8], "little") for path in compiled} == {unchecked_hash}


def test_python_runs_the_compiled_code_of_the_layer(cloud: Cloud, tmp_path: Path) -> None:
    copy = tmp_path / "python"
    shutil.copytree(layer(cloud) / "mediabeat", copy / "mediabeat")
    for source in copy.rglob("*.py"):
        source.write_text("raise AssertionError('compiled anew')\n")
    code = "from mediabeat.core.close_rules import CloseReason; print(CloseReason.NO_EVENTS)"
    ran = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("no_events\n", "")


def test_layer_is_small_and_leaves_boto3_to_the_runtime(cloud: Cloud) -> None:
    size_mb = sum(path.stat().st_size for path in layer(cloud).rglob("*") if path.is_file()) / 1e6
    assert size_mb < MOST_MB
    assert not (layer(cloud) / "boto3").exists()


def test_layer_leaves_out_what_no_function_loads(cloud: Cloud) -> None:
    ours = {path.name for path in (layer(cloud) / "mediabeat").iterdir() if path.is_dir()} - {"__pycache__"}
    assert ours == {
        path.name for path in (ROOT / "layers" / "mediabeat" / "mediabeat").iterdir() if (path / "__init__.py").is_file()
    } - {"cli", "archive"}
    powertools = [path.suffix for path in (layer(cloud) / "aws_lambda_powertools").rglob("*") if path.is_file()]
    assert set(powertools) == {".py", ".pyc", ".typed"}


def test_layer_keeps_the_licences_of_its_packages(cloud: Cloud) -> None:
    lacking = {
        canonicalize_name(each.name)
        for each in distributions(path=[str(layer(cloud))])
        if not any(one.name == "LICENSE" and Path(str(one.locate())).is_file() for one in each.files or [])
    }
    assert lacking == {"ua-parser-builtins"}  # its wheel has none


def test_layer_holds_the_pinned_versions_and_no_other_package(cloud: Cloud) -> None:
    installed = {canonicalize_name(each.name): each.version for each in distributions(path=[str(layer(cloud))])}
    assert installed == pins.for_this_python(pins.layer())


def test_layer_has_wheels_for_every_runtime_and_every_machine() -> None:
    # Each runtime and each machine once; raise_pins tries all pairs whenever the pins change.
    pythons, machines = raise_pins.layer_targets()
    assert len(pythons) == len(machines) == 4
    for python, machine in zip(pythons, machines, strict=True):
        assert raise_pins.installed_by_uv(python, machine) == set(pins.layer()), f"{python} {machine}"
