"""The package's architecture: which package may import which, and which modules may reach outside the process."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.support.builders import wire
from tests.support.environment import usual_environment
from tests.support.template import ROOT

PACKAGE: Final = ROOT / "layers" / "mediabeat" / "mediabeat"
MAX_LINES: Final = 260
MAX_HANDLER_LINES: Final = 40
MAX_HOT_MODULES: Final = 19
"""Modules of the package that a cold start of `functions/ingest_event` loads. Each one costs players time."""

MAX_FILES: Final = 20

MAY_IMPORT: Final = {
    "core": set(),
    "protocols": {"core", "runtime"},
    "storage": {"core"},
    "use_cases": {"core", "storage"},
    "runtime": {"core"},
    "archive": {"core", "protocols"},
    "openapi": {"protocols"},
}
"""Package → the packages of ours that it may import, besides itself. Every package may import `errors`, which imports nothing.

`cli` may import everything, and nothing imports `cli`.
"""

PURE: Final = frozenset(
    {
        *("base64", "bisect", "collections", "dataclasses", "datetime", "enum", "functools", "hashlib", "hmac", "itertools"),
        *("json", "math", "re", "string", "struct", "typing", "urllib", "zlib", "pydantic", "pydantic_core", "typing_extensions"),
    }
)
"""All that `core` and `protocols` import from outside the package: nothing that does I/O or reads a clock."""

PURE_NAMES: Final = frozenset({"uuid.UUID"})
"""Names that are pure, of modules that are not."""

MAKES_KEYS: Final = {"core.projects"}
"""The module that also draws random keys; `secrets` is all that it adds to PURE."""

HANDLERS: Final = sorted((ROOT / "functions").glob("*/app.py"))
REACHING_OUT: Final = frozenset({"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"})


def modules() -> list[str]:
    """Name every module of the package, such as `core.event`."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return [".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in paths if path.name != "__init__.py"]


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def path_of(module: str) -> Path:
    return PACKAGE.joinpath(*module.split(".")).with_suffix(".py")


@cache
def imported(path: Path) -> frozenset[str]:
    """Return the full names of everything a file imports, at any depth: `json`, `mediabeat.core.event.Event`."""
    names: set[str] = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import cannot be checked by its name"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def top(name: str) -> str:
    return name.partition(".")[0]


def ours(module: str) -> Iterator[str]:
    """Yield what a module imports of this package, without the package's own name."""
    return (name.partition(".")[2] for name in imported(path_of(module)) if top(name) == "mediabeat")


def pure_modules() -> list[str]:
    return [module for module in modules() if top(module) in {"core", "protocols"}]


def importers(of: set[str]) -> set[str]:
    """Return the modules outside the command line and the archive that import one of these packages."""
    deployed = (module for module in modules() if top(module) not in {"cli", "archive"})
    return {module for module in deployed if of & {top(name) for name in imported(path_of(module))}}


@pytest.mark.parametrize("module", [module for module in modules() if top(module) not in {"cli", "errors"}])
def test_module_imports_only_the_packages_that_its_package_may_import(module: str) -> None:
    allowed = MAY_IMPORT[top(module)] | {top(module), "errors"}
    assert {name for name in ours(module) if top(name) not in allowed} == set()


def test_errors_imports_nothing_of_the_package() -> None:
    assert list(ours("errors")) == []


def test_no_protocol_imports_another_protocol() -> None:
    for module in modules():
        if top(module) == "protocols":
            own = ".".join(module.split(".")[:2])
            foreign = {name for name in ours(module) if top(name) == "protocols" and not name.startswith(f"{own}.")}
            assert foreign == set(), module


@pytest.mark.parametrize(
    "protocol", [path.name for path in sorted((PACKAGE / "protocols").iterdir()) if path.is_dir() and path.name != "__pycache__"]
)
def test_every_protocol_has_the_same_file_names(protocol: str) -> None:
    assert {"requests.py", "responses.py", "openapi.py"} <= {path.name for path in (PACKAGE / "protocols" / protocol).iterdir()}


def test_protocols_use_of_the_runtime_only_requests_and_replies() -> None:
    used = {name for module in modules() if top(module) == "protocols" for name in ours(module) if top(name) == "runtime"}
    assert {".".join(name.split(".")[:2]) for name in used} == {"runtime.http_api", "runtime.http_errors"}


@pytest.mark.parametrize("module", pure_modules())
def test_core_and_protocols_import_only_pure_libraries(module: str) -> None:
    allowed = PURE | ({"secrets"} if module in MAKES_KEYS else set())
    assert {top(name) for name in imported(path_of(module)) - PURE_NAMES} - {"mediabeat"} <= allowed


@pytest.mark.parametrize("module", pure_modules())
def test_core_and_protocols_call_nothing_that_reaches_out(module: str) -> None:
    called = {node.func for node in ast.walk(syntax(path_of(module))) if isinstance(node, ast.Call)}
    assert not {function.id for function in called if isinstance(function, ast.Name)} & REACHING_OUT


WIRE: Final = "storage.clients.wire"
"""The module that sends the small client's requests."""


def test_only_three_modules_use_botocore() -> None:
    assert importers({"boto3", "botocore"}) == {"storage.clients.boto", "storage.secrets", "runtime.self_invoke"}


def users(*names: str) -> set[str]:
    """Return the deployed modules that look up an attribute of one of these names."""
    return {
        module
        for module in modules()
        for node in ast.walk(syntax(path_of(module)))
        if top(module) not in {"cli", "archive"} and isinstance(node, ast.Attribute) and node.attr in names
    }


def test_the_clock_and_the_environment_are_each_read_in_one_module() -> None:
    assert importers({"time"}) == users("now", "utcnow", "today", "time_ns") == {"runtime.settings"}
    assert importers({"os"}) == users("environ", "getenv") == {"runtime.settings"}


def test_only_the_runtime_logs() -> None:
    silences_botocore = "storage.clients.boto"
    assert importers({"logging", "aws_lambda_powertools"}) == {"runtime.logs", "runtime.telemetry", silences_botocore}


def test_only_the_small_client_opens_a_connection_itself() -> None:
    assert importers({"ssl", "http", "socket", "select"}) == {WIRE}


def test_no_other_deployed_module_opens_a_connection_a_file_or_a_process() -> None:
    reaching = {"socket", "ssl", "http", "urllib", "urllib3", "httpx", "requests", "subprocess", "pathlib", "shutil", "tempfile"}
    others = [module for module in modules() if top(module) not in {"cli", "archive"} and module != WIRE]
    outside = (imported(path_of(module)) for module in others)
    assert {
        name for names in outside for name in names if top(name) in reaching and not name.startswith("urllib.parse.")
    } == set()


def test_functions_do_not_import_the_command_line_or_the_archive() -> None:
    for path in (ROOT / "functions").rglob("*.py"):
        assert not [name for name in imported(path) if name.startswith(("mediabeat.cli", "mediabeat.archive"))], path


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.parent.name)
def test_handler_is_short_and_decides_only_between_one_event_and_an_array(handler: Path) -> None:
    assert len(handler.read_text(encoding="utf-8").splitlines()) <= MAX_HANDLER_LINES
    decisions = [node for node in ast.walk(syntax(handler)) if isinstance(node, ast.If | ast.IfExp | ast.Match | ast.While)]
    assert all("isinstance(value, list)" in ast.unparse(decision) for decision in decisions)
    assert len(decisions) <= 1


def test_cold_start_of_the_hot_path_loads_few_modules() -> None:
    ask = (
        "import sys, functions.ingest_event.app as app\n"
        "from mediabeat.runtime.http_api import read_json\n"
        f"app.parse_event(read_json({json.dumps(wire('ping', 1, 1))!r}))\n"
        "print(*(name for name, module in sys.modules.items()"
        " if not (getattr(module, '__file__', '') or '').endswith('__init__.py')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, env=usual_environment(), capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    ours = [name for name in loaded if name.startswith("mediabeat.")]
    assert "mediabeat.use_cases.append_events" in ours
    assert len(ours) <= MAX_HOT_MODULES, sorted(ours)
    assert {top(name) for name in loaded} & {"botocore", "boto3", "pydantic", "pydantic_core", "aws_lambda_powertools"} == set()


def test_package_initializers_hold_a_docstring_and_nothing_else() -> None:
    for path in PACKAGE.rglob("__init__.py"):
        (statement,) = syntax(path).body
        assert isinstance(statement, ast.Expr), path
        assert ast.get_docstring(syntax(path)), path


def test_no_module_is_too_long() -> None:
    lengths = {module: len(path_of(module).read_text(encoding="utf-8").splitlines()) for module in modules()}
    assert {module: lines for module, lines in lengths.items() if lines > MAX_LINES} == {}


def test_no_package_has_too_many_files() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    counts = {folder.name: len(list(folder.glob("*.py"))) for folder in folders}
    assert {folder: count for folder, count in counts.items() if count > MAX_FILES} == {}
