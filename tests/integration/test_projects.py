"""`mediabeat project` and `mediabeat access-key`: they say what is true when others interfere or an answer is lost."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from mediabeat.cli import target
from mediabeat.cli.main import main
from mediabeat.cli.target import Target
from mediabeat.core.projects import AccessKey, Project, new_access_key, new_project, rotated
from mediabeat.core.summary import Summary
from mediabeat.errors import NotFound, ProjectExists, StorageUnavailable
from mediabeat.runtime.settings import channel_settings, settings
from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.project_store import MAX_ATTEMPTS, Registry
from mediabeat.storage.secrets import secrets_client
from mediabeat.storage.session_store import Store
from tests.support.api import Api
from tests.support.builders import wire, wire_start
from tests.support.clock import Clock

Command = Callable[..., Result]


@pytest.fixture
def mediabeat(table: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run the command as on a stack, at the tests' time."""
    clients = {"dynamodb": dynamodb_client(), "secretsmanager": secrets_client()}
    chosen = Target(table, channel_settings().access_key_secrets, "", settings().index_shards, clients.__getitem__)
    monkeypatch.setattr(target, "_of_stack", lambda *_: chosen)
    for module in ("cli.projects", "cli.access_keys", "cli.left_sessions"):
        monkeypatch.setattr(f"mediabeat.{module}.server_clock", clock)
    return lambda *arguments: CliRunner().invoke(main, [*arguments, "--stack", "x"])


class Flaky:
    """A client of DynamoDB that gives answers of the test's own to its first writes, and then makes them."""

    def __init__(self, client: Any, *faults: str) -> None:
        self._client = client
        self._faults = list(faults)

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        return (lambda **request: self._write(call, request)) if name in ("put_item", "transact_write_items") else call

    def _write(self, call: Any, request: Any) -> Any:
        fault = self._faults.pop(0) if self._faults else ""
        if fault == "conflict":
            reasons = [{"Code": "TransactionConflict"}, *({"Code": "None"} for _ in request["TransactItems"][1:])]
            error = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise ClientError(error, "TransactWriteItems")  # type: ignore[arg-type]
        if fault == "answer lost":
            call(**request)  # and the SDK sends it again
        return call(**request)


def flaky(table: str, *faults: str) -> Registry:
    return Registry(table, Flaky(dynamodb_client(), *faults))  # type: ignore[arg-type]


DEMO: Final = new_project("demo", 5)[0]


def test_project_is_created_although_the_first_answer_was_lost(table: str, registry: Registry) -> None:
    flaky(table, "answer lost").create_project(DEMO)
    assert registry.project("demo") == DEMO
    with pytest.raises(ProjectExists):
        registry.create_project(new_project("demo", 5)[0])
    assert registry.project("demo") == DEMO


def test_key_is_rotated_although_the_first_answer_was_lost(table: str, registry: Registry) -> None:
    registry.create_project(DEMO)
    changed, _ = rotated(DEMO, 6)
    flaky(table, "answer lost").replace_project(changed, seen=DEMO)
    assert registry.project("demo") == changed


def test_second_of_two_rotations_is_refused(registry: Registry) -> None:
    registry.create_project(DEMO)
    (first, _), (second, _) = rotated(DEMO, 6), rotated(DEMO, 7)
    registry.replace_project(first, seen=DEMO)
    with pytest.raises(NotFound):
        registry.replace_project(second, seen=DEMO)
    assert registry.project("demo") == first


def access_key() -> AccessKey:
    return new_access_key("demo", 6)[0]


@pytest.mark.parametrize("faults", [["conflict"], ["conflict"] * (MAX_ATTEMPTS - 1)])
def test_access_key_is_created_and_disabled_beside_other_commands(table: str, registry: Registry, faults: list[str]) -> None:
    registry.create_project(DEMO)
    key = access_key()
    flaky(table, *faults).create_access_key(key)
    assert registry.access_key(key.id) == key
    flaky(table, *faults).disable_access_key(key)
    assert registry.access_key(key.id) == key._replace(enabled=False)


def test_access_key_is_created_although_the_first_answer_was_lost(table: str, registry: Registry) -> None:
    registry.create_project(DEMO)
    key = access_key()
    flaky(table, "answer lost").create_access_key(key)
    assert registry.access_key(key.id) == key


def test_conflicts_without_end_are_reported_as_that(table: str, registry: Registry) -> None:
    registry.create_project(DEMO)
    key = access_key()
    conflicts = ["conflict"] * MAX_ATTEMPTS
    with pytest.raises(StorageUnavailable, match="nothing was created"):
        flaky(table, *conflicts).create_access_key(key)
    assert registry.access_key(key.id) is None
    registry.create_access_key(key)
    with pytest.raises(StorageUnavailable, match="may still be enabled"):
        flaky(table, *conflicts).disable_access_key(key)
    assert registry.access_key(key.id) == key


def test_key_that_cannot_be_disabled_keeps_its_secret(
    mediabeat: Command, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    mediabeat("project", "create", "demo")
    printed = mediabeat("access-key", "create", "demo").stdout.split()
    key_id = printed[2]

    def refuse(*_: object) -> None:
        raise StorageUnavailable("it may still be enabled")

    monkeypatch.setattr(Registry, "disable_access_key", refuse)
    refused = mediabeat("access-key", "disable", key_id)
    assert (refused.exit_code, "may still be enabled" in refused.stderr, "is disabled" in refused.output) == (1, True, False)
    kept = registry.access_key(key_id)
    assert kept is not None
    assert kept.enabled


def test_access_key_without_a_project_is_refused(registry: Registry) -> None:
    with pytest.raises(NotFound):
        registry.create_access_key(access_key())


def test_key_that_a_deleted_project_has_left_does_not_open_the_next(registry: Registry) -> None:
    registry.create_project(DEMO)
    key = access_key()
    registry.create_access_key(key)
    registry._table.delete({"pk": {"S": "projects"}, "sk": {"S": "demo"}})  # the deletion was cut off before the key
    registry.create_project(Project("demo", "a" * 64, 9))
    assert registry.access_key(key.id) == key._replace(enabled=False)


# Business errors


def test_business_errors_are_shown_replaced_and_removed(mediabeat: Command, registry: Registry) -> None:
    mediabeat("project", "create", "demo", "--business-error", "geo.", "--business-error", "drm")
    assert registry.business_errors("demo") == ("drm", "geo.")
    assert re.search(r"^demo +.* UTC +hashed +drm geo[.] +none$", mediabeat("project", "list").stdout, re.MULTILINE)
    assert mediabeat("project", "business-errors", "demo").stdout == "drm\ngeo.\n"
    assert mediabeat("project", "business-errors", "demo", "concurrency", "drm.").stdout == "concurrency\ndrm.\n"
    assert registry.business_errors("demo") == ("concurrency", "drm.")
    cleared = mediabeat("project", "business-errors", "demo", "--none")
    assert (cleared.exit_code, cleared.stdout, registry.business_errors("demo")) == (0, "", ())


def test_business_errors_that_break_a_rule_change_nothing(mediabeat: Command, registry: Registry) -> None:
    refused = mediabeat("project", "create", "demo", "--business-error", "")
    assert (refused.exit_code, "a prefix must be 1 to 64 bytes" in refused.stderr, registry.project("demo")) == (1, True, None)
    mediabeat("project", "create", "demo", "--business-error", "drm")
    for arguments in (["x" * 65], ["geo", "--none"]):
        assert mediabeat("project", "business-errors", "demo", *arguments).exit_code in (1, 2)
    assert registry.business_errors("demo") == ("drm",)
    assert mediabeat("project", "business-errors", "nobody").stderr == "Error: There is no project 'nobody'.\n"


def test_rotated_key_leaves_the_business_errors(mediabeat: Command, registry: Registry) -> None:
    mediabeat("project", "create", "demo", "--business-error", "drm")
    assert mediabeat("project", "rotate-key", "demo").exit_code == 0
    assert registry.business_errors("demo") == ("drm",)


@pytest.mark.parametrize("before", [(), ("drm",)])
@pytest.mark.parametrize("after", [(), ("geo",)])
def test_second_of_two_commands_that_change_a_project_is_refused(
    registry: Registry, table: str, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    seen = DEMO._replace(business_errors=before)
    registry.create_project(seen)
    changed, (with_new_key, _) = seen._replace(business_errors=after), rotated(seen, 6)
    flaky(table, "answer lost").replace_project(changed, seen=seen)
    if before != after:
        with pytest.raises(NotFound):
            registry.replace_project(with_new_key, seen=seen)
    assert registry.project("demo") == changed
    registry.replace_project(rotated(changed, 6)[0], seen=changed)
    with pytest.raises(NotFound):
        registry.replace_project(seen, seen=changed)


def outcome(store: Store, sid: str) -> str | None:
    """Return the outcome in the stored summary of a session."""
    stored = store.read_session(sid)
    assert stored is not None
    assert stored.summary is not None
    return Summary.from_bytes(stored.summary).metrics.outcome


def test_sessions_are_closed_exported_and_imported_by_the_business_errors(
    mediabeat: Command, api: Api, clock: Clock, store: Store, tmp_path: Path
) -> None:
    mediabeat("project", "create", "demo", "--business-error", "drm")
    mediabeat("project", "create", "other")
    sid = api.start(wire_start())
    api.send(sid, wire("error", 3, params={"media.errorId": "drm.403"}))
    api.send(sid, wire("sessionEnd", 4))
    clock.forward(minutes=1)
    api.close_due()
    assert outcome(store, sid) == "business_error"  # by the closer
    folder = tmp_path / "archive"
    assert mediabeat("export", "demo", "--to", str(folder)).exit_code == 0
    [line] = map(json.loads, gzip.decompress((folder / "sessions-0001.ndjson.gz").read_bytes()).splitlines())
    assert (line["metrics"]["outcome"], line["metrics"]["experience_score"]) == ("business_error", None)
    for project, expected in (("other", "start_failure"), ("demo", "business_error")):
        for name in ("head", "start"):
            store._table.delete({"pk": {"S": sid}, "sk": {"S": name}})
        done = mediabeat("import", str(folder), "--project", project)
        assert done.stdout == "1 stored, 0 there already, 0 expired\n", done.output
        assert outcome(store, sid) == expected


def test_project_that_does_not_exist_has_no_business_errors(registry: Registry) -> None:
    assert (registry.business_errors("nobody"), registry.business_errors("no project, no read")) == ((), ())


# A project that is made again


def test_project_made_again_does_not_get_the_sessions_of_the_first(mediabeat: Command, api: Api, clock: Clock) -> None:
    mediabeat("project", "create", "demo")
    assert "API key" in mediabeat("project", "create", "other").stdout
    api.start(wire_start(analytics_visitorId="alice"))
    assert mediabeat("project", "delete", "demo").exit_code == 0
    refused = mediabeat("project", "create", "demo")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "its sessions are still stored" in refused.stderr
    clock.forward(minutes=60 * 24 * 1_000)
    created = mediabeat("project", "create", "demo")
    assert (created.exit_code, "API key" in created.stdout) == (0, True), "expired sessions are in no answer"


def test_operator_may_take_over_the_sessions_of_a_deleted_project(mediabeat: Command, api: Api) -> None:
    mediabeat("project", "create", "demo")
    api.start(wire_start())
    mediabeat("project", "delete", "demo")
    key = mediabeat("project", "create", "demo", "--with-sessions").stdout.split()[-1]
    assert len(api.recent(key)["result"]) == 1


def test_existing_project_is_reported_as_that_with_sessions_or_without(mediabeat: Command, api: Api) -> None:
    mediabeat("project", "create", "demo")
    api.start(wire_start())
    again = mediabeat("project", "create", "demo")
    assert (again.exit_code, again.stderr) == (1, "Error: The project 'demo' exists already.\n")
