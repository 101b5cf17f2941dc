"""Business errors of projects, access keys, and their items in the table."""

import json

import pytest

from mediabeat.core.projects import (
    ACCESS_KEY_ID,
    MAX_BUSINESS_ERRORS,
    AccessKey,
    checked_business_errors,
    new_access_key,
    new_project,
)
from mediabeat.errors import InvalidInput
from mediabeat.storage.project_items import (
    access_key_items,
    access_key_key,
    access_key_of,
    access_key_prefix,
    project_item,
    project_of,
)
from tests.support.builders import BASE_MS


def test_new_access_key_is_enabled_and_unique() -> None:
    (key, secret), (other, other_secret) = new_access_key("demo", BASE_MS), new_access_key("demo", BASE_MS)
    assert key == AccessKey(key.id, "demo", BASE_MS, enabled=True)
    assert ACCESS_KEY_ID.fullmatch(key.id)
    assert (len(secret), secret.isalnum()) == (40, True)
    assert key.id != other.id
    assert secret != other_secret


def test_access_key_is_stored_twice_without_its_secret() -> None:
    key, secret = new_access_key("demo", BASE_MS)
    by_id, listed = access_key_items(key)
    assert by_id | access_key_key(key.id) == by_id
    assert (listed["pk"], listed["sk"]) == ({"S": "access-keys"}, {"S": f"demo#{key.id}"})
    assert access_key_of(by_id) == access_key_of(listed) == key
    assert secret not in json.dumps([by_id, listed])


def test_disabled_access_key_is_read_as_one() -> None:
    key = AccessKey("A" * 20, "demo", BASE_MS, enabled=False)
    assert [access_key_of(item) for item in access_key_items(key)] == [key, key]


def test_access_keys_of_projects_with_a_common_prefix_are_kept_apart() -> None:
    assert not access_key_items(AccessKey("A" * 20, "demo-2", BASE_MS))[1]["sk"]["S"].startswith(access_key_prefix("demo"))


def test_business_errors_are_kept_once_and_in_order() -> None:
    project, _ = new_project("demo", BASE_MS, business_errors=["geo.", "drm", "geo.", "권리"])
    assert project.business_errors == ("drm", "geo.", "권리")
    assert project_of(project_item(project)) == project


def test_project_without_business_errors_has_no_such_attribute() -> None:
    project, _ = new_project("demo", BASE_MS)
    assert "business_errors" not in project_item(project)
    assert project_of(project_item(project)).business_errors == ()


@pytest.mark.parametrize("prefix", ["", "x" * 65, "é" * 33, "a\nb", "\ud800", "\u202e"])
def test_prefix_that_is_empty_long_or_not_printable_is_refused(prefix: str) -> None:
    with pytest.raises(InvalidInput, match="business_errors: a prefix must be 1 to 64 bytes of printable text"):
        new_project("demo", BASE_MS, business_errors=["drm", prefix])


def test_longest_prefixes_are_as_many_as_a_project_may_have() -> None:
    most = [f"{number:064}" for number in range(MAX_BUSINESS_ERRORS)]
    assert checked_business_errors([*most, *most]) == tuple(most)
    project, _ = new_project("x" * 100, BASE_MS, business_errors=most)
    assert len(json.dumps(project_item(project))) < 2_048
    with pytest.raises(InvalidInput, match="business_errors: a project may have 20 prefixes; these are 21"):
        checked_business_errors([*most, "one more"])
