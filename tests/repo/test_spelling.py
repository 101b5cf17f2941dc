"""No word of the repository is misspelled in a way that codespell knows; pyproject.toml lists the exceptions."""

import subprocess
import sys

from tests.support.template import ROOT


def test_codespell_finds_no_misspelled_word() -> None:
    done = subprocess.run([sys.executable, "-m", "codespell_lib"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
