"""Every package that a clone installs is pinned: for development, for the tools, for the layer, and uv itself."""

import re
from collections.abc import Iterator
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mediabeat.cli.local_cloud import pinned_tools
from tests.repo import pins, raise_pins

ALL_PINS = {
    "development": pins.development(),
    "building": pins.building(),
    "layer": pins.layer(),
    **{tool: pins.tool(tool) for tool in pinned_tools.TOOLS},
}


def needed(requirement: str, seen: set[str]) -> Iterator[str]:
    """Names of the package and of all that it needs on this interpreter, read from what is installed."""
    wanted = Requirement(requirement)
    for extra in ("", *wanted.extras):
        name = canonicalize_name(wanted.name)
        if f"{name}[{extra}]" in seen:
            continue
        seen.add(f"{name}[{extra}]")
        yield name
        for further in distribution(name).requires or []:
            marker = Requirement(further).marker
            if marker is None or marker.evaluate({"extra": extra}):
                yield from needed(further, seen)


@pytest.mark.parametrize("where", ALL_PINS)
def test_pins_are_exact_versions_without_an_address(where: str) -> None:
    lines = ALL_PINS[where]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [\w. '<>=!]+)?", line)] == []


def test_everything_the_development_environment_needs_is_pinned() -> None:
    project = pins.project()
    pinned = pins.for_this_python(pins.development())
    seen: set[str] = set()
    direct = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    installed = {name: distribution(name).version for line in direct for name in needed(line, seen)}
    assert len(installed) > len(direct)
    assert {name: pinned.get(name) for name in installed} == installed


def test_everything_that_builds_the_project_is_pinned() -> None:
    pinned = pins.for_this_python(pins.building())
    assert {Requirement(line).name for line in pins.project()["build-system"]["requires"]} <= set(pinned)


@pytest.mark.parametrize("tool", pinned_tools.TOOLS)
def test_tool_is_pinned(tool: str) -> None:
    assert set(pinned_tools.TOOLS[tool]) <= set(pins.for_this_python(pins.tool(tool)))


def test_layer_ships_the_versions_that_the_tests_run_with() -> None:
    layer = pins.for_this_python(pins.layer())
    development = pins.for_this_python(pins.development())
    assert {name: development[name] for name in layer} == layer


def test_layer_pins_all_that_it_ships_and_no_more() -> None:
    seen: set[str] = set()
    shipped = {name for line in pins.project()["dependency-groups"]["layer"] for name in needed(line, seen)}
    assert set(pins.for_this_python(pins.layer())) == shipped


def test_layer_ships_dependencies_of_the_project() -> None:
    dependencies = {Requirement(line).name for line in pins.project()["project"]["dependencies"]}
    assert set(pins.project()["dependency-groups"]["layer"]) <= dependencies


def test_documents_and_ci_install_the_pinned_uv() -> None:
    installed = pins.lines_that_install_uv()
    assert {path.name for path in installed} >= {"README.md", "run"}
    assert {each for lines in installed.values() for each in lines} == {f"uv=={pins.for_this_python(pins.development())['uv']}"}


def test_raised_pins_replace_the_old_list_and_nothing_else() -> None:
    text = '[tool.uv]\nbuild-constraint-dependencies = [\n    "b==1",\n]\nconstraint-dependencies = [\n    "a==1",\n]\n\n[x]\n'
    raised = raise_pins.with_list(text, "constraint-dependencies", ["a==2", "c==1"])
    assert raised == text.replace('    "a==1",\n', '    "a==2",\n    "c==1",\n')
