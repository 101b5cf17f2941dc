"""CI, the forms and the hooks of the repository use what is in it, at the pinned versions."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mediabeat.cli.local_cloud import pinned_tools
from tests.support.template import ROOT

GITHUB = ROOT / ".github"
FORMS = sorted(path.name for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")
BOXES = ["Test", "Documents", "Changelog", "Stored form", "Permissions"]


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps() -> list[dict[str, Any]]:
    """The steps of CI's only job."""
    (job,) = read(GITHUB / "workflows" / "ci.yml")["jobs"].values()
    found: list[dict[str, Any]] = job["steps"]
    return found


def test_ci_may_only_read_the_repository() -> None:
    assert read(GITHUB / "workflows" / "ci.yml")["permissions"] == {"contents": "read"}


def test_ci_pins_actions_by_major_version() -> None:
    actions = [step["uses"] for step in steps() if "uses" in step]
    assert actions
    assert [action for action in actions if not re.fullmatch(r"actions/[a-z-]+@v\d+", action)] == []


def test_ci_runs_the_test_line_and_validates_the_template() -> None:
    test, validate = (step["run"] for step in steps() if "run" in step)
    assert test == ".ci/run"
    pins = pinned_tools.pins("aws-sam-cli").relative_to(ROOT)
    assert f" tool run --from aws-sam-cli --constraints {pins} sam validate --lint " in validate


@pytest.mark.parametrize("form", FORMS)
def test_issue_form_has_what_github_requires(form: str) -> None:
    contents = read(GITHUB / "ISSUE_TEMPLATE" / form)
    assert contents["name"]
    assert contents["description"]
    fields = [field for field in contents["body"] if field["type"] != "markdown"]
    assert fields
    assert len({field["id"] for field in fields}) == len(fields)
    assert all(field["attributes"]["label"] for field in fields)


def test_pull_request_template_has_its_boxes() -> None:
    text = (GITHUB / "PULL_REQUEST_TEMPLATE.md").read_text(encoding="utf-8")
    assert re.findall(r"^- \[ \] \*\*(.+?)\*\*", text, re.MULTILINE) == BOXES


def test_hooks_are_valid_and_run_tools_of_the_environment() -> None:
    path = ROOT / ".pre-commit-config.yaml"
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (repository,) = read(path)["repos"]
    assert repository["repo"] == "local"
    assert [hook["id"] for hook in repository["hooks"]] == ["ruff", "ruff-format", "mypy", "codespell"]
    assert all(hook["entry"].startswith(".venv/bin/uv run --quiet ") for hook in repository["hooks"])
