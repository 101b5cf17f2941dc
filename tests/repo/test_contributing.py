"""CONTRIBUTING.md names only files, commands and tests that exist."""

import re
from importlib.util import find_spec

from tests.repo.documents import prose, section, text
from tests.support.template import ROOT

PACKAGE = ROOT / "layers" / "mediabeat" / "mediabeat"
RECIPES = ("An event type", "A metric", "A query parameter", "A route", "A function", "A protocol", "A stored form")


def quoted() -> set[str]:
    """Return everything that CONTRIBUTING.md writes as code."""
    return set(re.findall(r"`([^`\n]+)`", text("CONTRIBUTING.md")))


def existing_tests() -> set[str]:
    return {name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())}


def test_every_recipe_says_which_tests_complain() -> None:
    for recipe in RECIPES:
        assert len(re.findall(r"`test_\w+`", section("CONTRIBUTING.md", recipe).split("Tests that complain:")[1])) >= 3, recipe


def test_every_named_test_exists() -> None:
    assert {name for name in quoted() if re.fullmatch(r"test_\w+", name)} - existing_tests() == set()


def test_every_named_path_exists() -> None:
    paths = {name for name in quoted() if re.fullmatch(r"\w[\w.]*(/[\w.-]+)+|\w+\.(md|yaml|toml)", name)}
    assert len(paths) > 30
    assert {path for path in paths if not (ROOT / path).exists() and not (PACKAGE / path).exists()} == set()


def test_every_named_command_of_the_tests_exists() -> None:
    modules = set(re.findall(r"python -m ([\w.]+)", text("CONTRIBUTING.md")))
    assert {"tests.repo.raise_pins", "tests.repo.metrics_doc", "tests.golden"} <= modules
    assert [module for module in modules if find_spec(module) is None] == []


def test_document_is_short() -> None:
    assert len(prose("CONTRIBUTING.md").splitlines()) <= 160
