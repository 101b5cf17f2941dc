"""Every test that SECURITY.md names exists, and the packages of the layer are pinned."""

import ast
import re

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
    lines = (ROOT / "layers" / "mediabeat" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert packages
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9.]+", package) for package in packages)
