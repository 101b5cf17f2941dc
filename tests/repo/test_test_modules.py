"""The tests themselves: what several test modules need is in tests/support, and every function is called by one Api."""

import ast

import pytest

from tests.support.api import apps_with_clock, routes
from tests.support.template import FUNCTIONS, ROOT

MODULES = sorted((ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize("module", [str(path.relative_to(ROOT)) for path in MODULES])
def test_test_module_imports_no_other_test_module(module: str) -> None:
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert [name for name in imported if name.rpartition(".")[2].startswith("test_")] == []


def test_api_reaches_every_function_but_those_that_lambda_calls() -> None:
    assert {route.function for route in routes()} == FUNCTIONS - {"close_idle_sessions", "roll_up"}


def test_clock_of_the_tests_is_set_in_every_function_that_reads_the_time() -> None:
    assert {module.__name__.split(".")[1] for module in apps_with_clock()} == FUNCTIONS - {"schemas", "roll_up"}
