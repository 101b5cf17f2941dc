"""The environments of the tools hold the pinned versions and nothing else."""

import json
import os
import subprocess
import sys

import pytest
from packaging.utils import canonicalize_name

from mediabeat.cli.local_cloud import pinned_tools
from tests.repo import pins

LIST = "import importlib.metadata, json; print(json.dumps([(d.name, d.version) for d in importlib.metadata.distributions()]))"


@pytest.mark.parametrize("tool", pinned_tools.TOOLS)
def test_environment_of_the_tool_holds_the_pinned_versions(tool: str) -> None:
    environment = os.environ | {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
    command = pinned_tools.command(tool, "python", "-c", LIST)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    installed = {canonicalize_name(name): version for name, version in json.loads(done.stdout)}
    pinned = pins.for_this_python(pins.tool(tool))
    assert set(pinned_tools.TOOLS[tool]) <= set(installed)
    assert {name: pinned.get(name) for name in installed} == installed
