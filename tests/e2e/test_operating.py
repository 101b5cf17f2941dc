"""The operator's commands, on the local cloud and on a stack."""

import re
from collections.abc import Callable

import httpx
import pytest

from mediabeat.cli import viewers
from tests.e2e.cloud import Cloud, Finished, status_of
from tests.support.builders import wire, wire_start

On = Callable[..., Finished]


@pytest.fixture(params=["the local cloud", "a stack"])
def on(request: pytest.FixtureRequest, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> On:
    """Run a command on the local cloud, and on its stack as if that were in an AWS account."""
    if request.param == "the local cloud":
        return cloud.mediabeat
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    monkeypatch.setattr(viewers, "sleep", lambda seconds: None)  # on the local cloud, erasing waits as it does for operators
    return lambda *arguments: cloud.mediabeat(*arguments, "--stack", "mediabeat", "--region", "us-east-1")


def key_in(finished: Finished) -> str:
    assert finished.returncode == 0, finished.stderr
    [key] = re.findall(r"^API key +(\S+)$", finished.stdout, re.MULTILINE)
    return str(key)


def asked(cloud: Cloud, project: str, key: str) -> int:
    headers = {"x-api-key": key, "x-project-id": project}
    return httpx.get(f"{cloud.url}/v1/sessionRecent", headers=headers, timeout=30).status_code


def test_project_key_works_until_it_is_rotated_or_the_project_is_deleted(cloud: Cloud, on: On) -> None:
    first = key_in(on("project", "create", "brief"))
    listed = on("project", "list").stdout
    assert re.search(r"^brief +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC +hashed +none +none$", listed, re.MULTILINE)
    rotated = on("project", "rotate-key", "brief", "--grace", "5")
    second = key_in(rotated)
    assert re.search(r"^old key +until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$", rotated.stdout, re.MULTILINE)
    assert [asked(cloud, "brief", key) for key in (first, second)] == [200, 200]
    third = key_in(on("project", "rotate-key", "brief"))
    assert [asked(cloud, "brief", key) for key in (first, second, third)] == [401, 401, 200]
    assert on("access-key", "create", "brief").returncode == 0
    deleted = on("project", "delete", "brief")
    assert (deleted.returncode, deleted.stdout) == (0, "The project 'brief' is deleted; its sessions expire in their time.\n")
    assert asked(cloud, "brief", third) == 401
    start = httpx.post(f"{cloud.url}/api/v1/sessions", json=wire_start(analytics_reportSuite="brief"))
    assert start.status_code == 400
    assert "brief" not in on("project", "list").stdout
    [*_, newest] = on("access-key", "list", "brief").stdout.splitlines()
    assert newest.endswith(" disabled")


def test_viewer_erase_reports_what_it_removed_and_what_is_left(cloud: Cloud, on: On) -> None:
    start = wire_start(analytics_visitorId="e2e-jane", visitor_marketingCloudUserId="e2e-device")
    location = httpx.post(f"{cloud.url}/api/v1/sessions", json=start).headers["Location"]
    erased = on("viewer", "erase", cloud.project_id, "e2e-jane")
    assert (erased.returncode, erased.stderr.count("waiting 15 s")) == (0, 1), erased.stderr
    known, removed, left, known_too = erased.stdout.splitlines()[:4]
    assert (removed.split(), left.split()[:2]) == (
        ["Removed", "1", "sessions:", "2", "items", "and", "2", "index", "entries"],
        ["Left", "nothing;"],
    )
    assert re.match("Known as +[-0-9a-f]{36}$", known)
    assert re.match("Also known as +[-0-9a-f]{36}; ", known_too)
    event = wire("ping", 1)
    assert httpx.post(f"{cloud.url}{location}/events", json=event).status_code == 404
    again = on("viewer", "erase", cloud.project_id, "e2e-jane")
    assert (again.returncode, "Known as       nobody" in again.stdout) == (0, True)


def test_project_keeps_viewer_uuids_when_created_so(cloud: Cloud) -> None:
    sent = "AD5AEA06-fb78-41c7-b2ad-716b685e32db"
    key = key_in(cloud.mediabeat("project", "create", "keeping", "--keep-viewer-uuids"))
    assert re.search(r"^keeping +.* UTC +kept +none +none$", cloud.mediabeat("project", "list").stdout, re.MULTILINE)
    start = wire_start(analytics_reportSuite="keeping", analytics_visitorId=sent)
    assert httpx.post(f"{cloud.url}/api/v1/sessions", json=start).status_code == 201
    headers = {"x-api-key": key, "x-project-id": "keeping"}
    [listed] = httpx.get(f"{cloud.url}/v1/sessionRecent", headers=headers, timeout=30).json()["result"]
    assert listed["uuid"] == sent
    assert cloud.mediabeat("project", "delete", "keeping").returncode == 0


def test_status_shows_the_rotated_key(cloud: Cloud) -> None:
    rotated = key_in(cloud.mediabeat("project", "rotate-key", cloud.project_id, "--grace", "60"))
    assert status_of(cloud.home)["api_key"] == rotated
    assert cloud.mediabeat("sessions").returncode == 0
    assert asked(cloud, cloud.project_id, cloud.api_key) == 200


def test_command_names_what_does_not_exist(on: On) -> None:
    for command, message in {
        ("project", "rotate-key", "nobody"): "There is no project 'nobody'.",
        ("project", "delete", "nobody"): "There is no project 'nobody'.",
        ("access-key", "create", "nobody"): "There is no project 'nobody'.",
        ("access-key", "disable", "A" * 20): f"There is no access key '{'A' * 20}'.",
        ("access-key", "disable", "x" * 3_000): f"There is no access key '{'x' * 3_000}'.",
    }.items():
        finished = on(*command)
        assert (finished.returncode, finished.stderr) == (1, f"Error: {message}\n")


def test_recompute_reports_how_many_sessions_it_measured_again(on: On) -> None:
    done = on("recompute", "--since", "2026-01-01")
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\d+ closed sessions read, 0 recomputed\n", done.stdout)
    assert on("recompute", "--since", "yesterday").returncode == 2


def test_command_refuses_an_unknown_stack_and_a_region_without_stack(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    monkeypatch.setattr(viewers, "sleep", lambda seconds: None)  # on the local cloud, erasing waits as it does for operators
    missing = cloud.mediabeat("project", "list", "--stack", "nothing", "--region", "us-east-1")
    assert (missing.returncode, missing.stderr.startswith("Error: The stack 'nothing': ")) == (1, True)
    lone = cloud.mediabeat("project", "list", "--region", "us-east-1")
    assert (lone.returncode, "--region goes with --stack." in lone.stderr) == (2, True)
