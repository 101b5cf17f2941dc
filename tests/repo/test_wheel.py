"""The wheel holds the files that the package reads, and is marked as typed."""

import subprocess
from pathlib import Path
from zipfile import ZipFile

import uv

from mediabeat.cli.local_cloud import pinned_tools
from tests.support.template import ROOT


def test_wheel_holds_the_typing_marker_and_the_pins_of_the_tools(tmp_path: Path) -> None:
    command = [uv.find_uv_bin(), "build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    package = ROOT / "layers" / "mediabeat"
    pins = {str(pinned_tools.pins(tool).relative_to(package)) for tool in pinned_tools.TOOLS}
    with ZipFile(wheel) as files:
        assert {"mediabeat/py.typed", *pins} <= set(files.namelist())
