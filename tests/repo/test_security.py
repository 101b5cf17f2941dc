"""Every test that SECURITY.md names exists, and the packages of the layer are pinned."""

import ast
import re

from tests.repo import pins
from tests.support.template import ROOT

SECURITY = (ROOT / ".github" / "SECURITY.md").read_text(encoding="utf-8")


def threats() -> list[list[str]]:
    """The cells of each row of the table."""
    rows = [line for line in SECURITY.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1:]]


def functions(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_threat_has_a_defence_and_tests_that_exist() -> None:
    for threat, defence, shown_by in threats():
        tests = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", shown_by)
        assert threat
        assert defence
        assert tests, threat
        assert [f"{path}::{name}" for path, name in tests if name not in functions(path)] == []


def test_layer_packages_are_pinned() -> None:
    hashes = pins.layer_hashes()
    assert hashes
    assert [pin for pin in hashes if not re.fullmatch(r"[a-z0-9-]+==[0-9.]+", pin)] == []
    assert [pin for pin, accepted in hashes.items() if not accepted] == []
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", one) for accepted in hashes.values() for one in accepted)
    makefile = (ROOT / "layers" / "mediabeat" / "Makefile").read_text(encoding="utf-8")
    (installs,) = re.findall("uv pip install .+", makefile)
    assert "--require-hashes" in installs
    assert installs.endswith(" -r requirements.txt")
