"""Who may import what: the rules are pure, one pair of modules talks to the database, the command line is at the very top."""

import ast
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.template import ROOT

PACKAGE: Final = ROOT / "layers" / "mediabeat" / "mediabeat"
MAX_LINES: Final = 260

CORE: Final = (
    *(
        "errors",
        "params",
        "events",
        "compression",
        "packing",
        "excerpts",
        "session",
        "playheads",
        "parts",
        "metrics",
        "action_log",
        "timeouts",
        "table",
    ),
    *("channels", "table_channels", "table_pages", "table_viewers", "signature", "viewers"),
)
"""What computes and decides: no I/O, no clock, no environment, no chance."""

PURE: Final = frozenset(
    {
        *("base64", "bisect", "collections", "dataclasses", "datetime", "enum", "functools", "hashlib", "hmac", "itertools"),
        *("json", "math", "re", "struct", "typing", "urllib", "zlib", "pydantic", "pydantic_core", "typing_extensions"),
    }
)
"""All that the core imports besides itself."""

REACHING_OUT: Final = frozenset({"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"})


def modules() -> list[str]:
    """Name every module of the package, `cli.main` for one in a folder."""
    return [".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in sorted(PACKAGE.rglob("*.py"))]


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def path_of(module: str) -> Path:
    return PACKAGE.joinpath(*module.split(".")).with_suffix(".py")


def imported(path: Path) -> set[str]:
    """Return the full names of all that a file imports, wherever in it: `json`, `mediabeat.events.Event`."""
    names: set[str] = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "an import that is relative cannot be checked by its name"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def top(name: str) -> str:
    return name.partition(".")[0]


def importers(of: set[str]) -> set[str]:
    """Return the modules outside the command line that import one of these packages."""
    return {module for module in modules() if top(module) != "cli" and of & {top(name) for name in imported(path_of(module))}}


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_nothing_that_reaches_out(module: str) -> None:
    assert {top(name) for name in imported(path_of(module))} - {"mediabeat"} <= PURE


@pytest.mark.parametrize("module", CORE)
def test_the_core_calls_nothing_that_reaches_out(module: str) -> None:
    called = {node.func for node in ast.walk(syntax(path_of(module))) if isinstance(node, ast.Call)}
    assert not {function.id for function in called if isinstance(function, ast.Name)} & REACHING_OUT


@pytest.mark.parametrize("module", CORE)
def test_of_the_package_the_core_imports_only_the_core(module: str) -> None:
    assert {name.split(".")[1] for name in imported(path_of(module)) if top(name) == "mediabeat"} <= set(CORE)


def test_only_the_stores_and_their_client_talk_to_aws() -> None:
    assert importers({"boto3", "botocore"}) <= {"store", "dynamodb", "secret_store", "further_runs"}


def users(*names: str) -> set[str]:
    """Return the modules outside the command line that look up an attribute of one of these names."""
    return {
        module
        for module in modules()
        for node in ast.walk(syntax(path_of(module)))
        if top(module) != "cli" and isinstance(node, ast.Attribute) and node.attr in names
    }


def test_the_clock_and_the_environment_are_each_read_in_one_place() -> None:
    assert importers({"time"}) == users("now", "utcnow", "today", "time_ns") == {"clock"}
    assert importers({"os"}) == users("environ", "getenv") == {"settings"}


def test_only_the_boundary_logs() -> None:
    assert importers({"logging", "aws_lambda_powertools"}) == {"request_log", "counting"}


def test_nothing_else_of_the_package_opens_a_connection_or_a_process() -> None:
    reaching = {"socket", "ssl", "http", "urllib", "urllib3", "httpx", "requests", "subprocess", "pathlib", "shutil", "tempfile"}
    outside = (imported(path_of(module)) for module in modules() if top(module) != "cli")
    assert {
        name for names in outside for name in names if top(name) in reaching and not name.startswith("urllib.parse.")
    } == set()


def test_nothing_imports_the_command_line_but_itself() -> None:
    outside = [
        *(path_of(module) for module in modules() if top(module) != "cli"),
        *(ROOT / "functions").rglob("*.py"),
    ]
    assert {path for path in outside if any(name.startswith("mediabeat.cli") for name in imported(path))} == set()


def test_no_module_is_longer_than_can_be_read_at_a_stretch() -> None:
    lengths = {module: len(path_of(module).read_text().splitlines()) for module in modules()}
    assert {module: lines for module, lines in lengths.items() if lines > MAX_LINES} == {}
