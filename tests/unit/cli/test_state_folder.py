"""What is kept in the state folder."""

from pathlib import Path

import pytest

from mediabeat.cli.local_cloud import emulator
from mediabeat.cli.local_cloud.state_folder import StateFolder, Status


def status(folder: StateFolder) -> Status:
    return Status(
        running=True,
        url="http://127.0.0.1:4600",
        project_id="demo",
        api_key="secret",
        endpoint="http://localhost:4600",
        table="table",
        stack="mediabeat",
        pid=1,
        log=str(folder.emulator_log),
        home=str(folder.path),
    )


def test_the_status_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    status(folder).save(folder)
    assert Status.load(folder) == status(folder)


def test_only_its_user_may_read_the_file_that_holds_a_key(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    status(folder).save(folder)
    assert folder.status_file.stat().st_mode & 0o777 == 0o600


def test_before_the_first_up_there_is_no_status(tmp_path: Path) -> None:
    assert Status.load(StateFolder(tmp_path)) is None


def test_the_folder_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIABEAT_HOME", str(tmp_path / "new"))
    assert StateFolder.of_user() == StateFolder((tmp_path / "new").resolve())
    assert (tmp_path / "new").is_dir()


def test_a_lock_file_that_nobody_holds_is_of_an_emulator_that_has_ended(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    folder.emulator_lock.write_text('{"pid": 1, "port": 4566}', encoding="utf-8")
    assert emulator.running(folder) is None
