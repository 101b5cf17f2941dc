"""The state folder: its place, the status file and the emulator's lock."""

from dataclasses import replace
from pathlib import Path

import pytest

from mediabeat.cli.local_cloud import emulator
from mediabeat.cli.local_cloud.state_folder import StateFolder, Status
from tests.support.local_status import UP


def status(folder: StateFolder) -> Status:
    return replace(UP, api_key="secret", log=str(folder.emulator_log), home=str(folder.path))


def test_status_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    status(folder).save(folder)
    assert Status.load(folder) == status(folder)


def test_status_file_can_be_read_only_by_its_user(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    status(folder).save(folder)
    assert folder.status_file.stat().st_mode & 0o777 == 0o600


def test_status_is_none_before_the_first_up(tmp_path: Path) -> None:
    assert Status.load(StateFolder(tmp_path)) is None


def test_state_folder_is_the_one_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIABEAT_HOME", str(tmp_path / "new"))
    assert StateFolder.of_user() == StateFolder((tmp_path / "new").resolve())
    assert (tmp_path / "new").is_dir()


def test_emulator_is_not_running_when_its_lock_file_is_free(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    folder.emulator_lock.write_text('{"pid": 1, "port": 4566}', encoding="utf-8")
    assert emulator.running(folder) is None
