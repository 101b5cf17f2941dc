"""Access keys, and their items in the table."""

import json

from mediabeat.core.projects import ACCESS_KEY_ID, AccessKey, new_access_key
from mediabeat.storage.project_items import access_key_items, access_key_key, access_key_of, access_key_prefix
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
