"""`mediabeat status`: what it prints and how it ends."""

import json
from dataclasses import asdict, replace
from inspect import signature
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mediabeat.cli.commands.cloud import up
from mediabeat.cli.local_cloud import lifecycle
from mediabeat.cli.local_cloud.state_folder import Status
from mediabeat.cli.main import main
from tests.support.local_status import UP
from tests.support.template import source

DOWN = replace(UP, running=False, url=None, endpoint=None, pid=None)


def status_of(found: Status, home: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Result:
    monkeypatch.setenv("MEDIABEAT_HOME", str(home))
    monkeypatch.setattr(lifecycle, "status", lambda folder: found)
    return CliRunner().invoke(main, ["status", *options])


def test_cloud_closes_quiet_sessions_after_the_documented_time() -> None:
    documented = source()["Parameters"]["QuietMinutes"]["Default"]
    quiet_minutes = {option.name: option.default for option in up.params}["quiet_minutes"]
    assert quiet_minutes == signature(lifecycle.up).parameters["quiet_minutes"].default == documented == 10


def test_status_prints_one_line_for_each_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = status_of(UP, tmp_path, monkeypatch)
    assert shown.exit_code == 0
    assert shown.output.splitlines()[:4] == [
        "running      True",
        "url          http://127.0.0.1:4600",
        "project id   demo",
        "api key      the key",
    ]


def test_status_prints_its_fields_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(status_of(UP, tmp_path, monkeypatch, "--json").output) == asdict(UP)


def test_status_prints_only_the_key_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = status_of(UP, tmp_path, monkeypatch, "--key")
    assert (shown.exit_code, shown.output) == (0, "the key\n")


def test_status_prints_no_key_when_the_cloud_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = status_of(DOWN, tmp_path, monkeypatch, "--key")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "Error: The local cloud is not up. Start it with: mediabeat up\n"


def test_status_exits_with_1_when_the_cloud_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert status_of(DOWN, tmp_path, monkeypatch).exit_code == 1


def test_status_takes_one_of_json_and_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert status_of(UP, tmp_path, monkeypatch, "--json", "--key").exit_code == 2


def test_commands_that_need_the_cloud_say_how_to_start_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIABEAT_HOME", str(tmp_path))
    for command in (["sessions"], ["project", "list"], ["invoke", "schemas", __file__], ["replay", __file__]):
        refused = CliRunner().invoke(main, command)
        assert (refused.exit_code, refused.output) == (
            1,
            "Error: The local cloud is not up. Start it with: mediabeat up\n",
        )
