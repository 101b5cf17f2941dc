"""Which parameters identify a viewer, and the pseudonyms that replace them."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediabeat.core.event import identifies
from mediabeat.core.event_codec import canonical_json
from mediabeat.core.pseudonyms import Pseudonyms, is_uuid, names_nobody
from mediabeat.protocols.media_collection.params import SESSION_START
from tests.support.builders import wire_start

DEMO = Pseudonyms(b"key", "demo")
KEEPING = Pseudonyms(b"key", "demo", keeps_uuids=True)
SENT = "AD5AEA06-fb78-41c7-b2ad-716b685e32db"
ZERO = "00000000-0000-0000-0000-000000000000"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "authState", "name"]), inner),
    max_leaves=8,
)


def test_parameters_that_may_identify_the_viewer_are_these() -> None:
    assert {name for name in SESSION_START.rules if identifies(name)} == {
        "analytics.aid",
        "analytics.visitorId",
        "appInstallationId",
        "visitor.customerIDs",
        "visitor.marketingCloudUserId",
    }


@pytest.mark.parametrize("name", ["visitor.somethingNew", "analytics.somethingNew"])
def test_unknown_viewer_parameter_counts_as_an_id(name: str) -> None:
    assert identifies(name)


def test_id_always_gives_the_same_uuid_of_version_8() -> None:
    hashed = DEMO.viewer("jane")
    assert (hashed, UUID(hashed).version) == (Pseudonyms(b"key", "demo").viewer("jane"), 8)
    assert is_uuid(hashed)


def test_another_key_project_or_id_is_another_viewer() -> None:
    others = [Pseudonyms(b"other key", "demo"), Pseudonyms(b"key", "demo2"), DEMO]
    viewers = [each.viewer(name) for each, name in zip(others, ["jane", "jane", "jane2"], strict=True)]
    assert len({DEMO.viewer("jane"), *viewers}) == 4


def test_uuid_is_the_same_viewer_in_capitals() -> None:
    assert DEMO.viewer(SENT) == DEMO.viewer(SENT.lower()) != SENT.lower()


def test_project_may_keep_uuids_and_nothing_else() -> None:
    assert [KEEPING.viewer(SENT), KEEPING.viewer("jane")] == [SENT, DEMO.viewer("jane")]


def test_both_viewer_ids_give_one_uuid_and_other_parameters_another() -> None:
    ids = ("analytics.visitorId", "visitor.marketingCloudUserId", "analytics.aid", "appInstallationId")
    hidden = DEMO.hide(dict.fromkeys(ids, "jane"))
    assert [hidden[name] for name in ids[:2]] == [DEMO.viewer("jane")] * 2
    assert len(set(hidden.values())) == 3


def test_identifying_parameters_are_hidden_and_others_are_kept() -> None:
    params: dict[str, Any] = wire_start(media_name="jane's birthday")["params"]
    params["visitor.aamLocationHint"] = 9
    ids = {
        "analytics.visitorId": "jane-1",
        "visitor.marketingCloudUserId": "",
        "visitor.customerIDs": {"crm": {"id": "jane-2", "authState": 1}, "mail": {"id": "jane-3", "more": ["jane-4", 7]}},
        "visitor.new": {"authState": "jane-5", "sure": True, "none": None},
    }
    hidden = DEMO.hide(params | ids)
    assert re.sub(
        r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}", "#", canonical_json(hidden)
    ) == canonical_json(
        params
        | {
            "analytics.visitorId": "#",
            "visitor.marketingCloudUserId": "",
            "visitor.customerIDs": {"crm": {"id": "#", "authState": 1}, "mail": {"id": "#", "more": "#"}},
            "visitor.new": "#",
        }
    )


@pytest.mark.parametrize(
    ("ids", "shown", "shown_where_uuids_are_kept"),
    [
        ({}, None, None),
        ({"analytics.visitorId": ""}, None, None),
        ({"analytics.visitorId": "jane"}, DEMO.viewer("jane"), DEMO.viewer("jane")),
        ({"visitor.marketingCloudUserId": "jane"}, DEMO.viewer("jane"), DEMO.viewer("jane")),
        ({"analytics.visitorId": "jane", "visitor.marketingCloudUserId": SENT}, DEMO.viewer("jane"), SENT),
        ({"analytics.visitorId": SENT, "visitor.marketingCloudUserId": "jane"}, DEMO.viewer(SENT), SENT),
        ({"analytics.aid": "jane", "appInstallationId": "jane"}, None, None),
        ({"analytics.visitorId": "N/A", "visitor.marketingCloudUserId": "jane"}, DEMO.viewer("jane"), DEMO.viewer("jane")),
        ({"analytics.visitorId": "jane", "visitor.marketingCloudUserId": ZERO}, DEMO.viewer("jane"), DEMO.viewer("jane")),
        ({"analytics.visitorId": "undefined", "visitor.marketingCloudUserId": ZERO}, None, None),
    ],
)
def test_responses_show_the_first_id_or_a_kept_uuid(
    ids: dict[str, str], shown: str | None, shown_where_uuids_are_kept: str | None
) -> None:
    assert [DEMO.shown(ids), KEEPING.shown(ids)] == [shown, shown_where_uuids_are_kept]


PLACEHOLDERS = (
    *("", " ", "N/A", "n/a", "NA", " n/a\n", "null", "NULL", "(null)", "<null>", "undefined", "None", "nil", "<nil>", "NaN"),
    *("unknown", "Unknown", "[object Object]", "not set", "(not set)", "not-available", "anonymous", "guest"),
    *("-", "--", "?", "-1"),
    *("0", "0.0", "000", ZERO, ZERO.replace("-", ""), f"{{{ZERO}}}", "00000000_0000_0000_0000_000000000000"),
    *("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "02:00:00:00:00:00", "9774d56d682e549c"),
)
SOMEBODY = (
    *("jane", "1", "10", "01", "-2", "nullable", "Nina", "noname", "unknown7", "n/a-7", "null@example.com", "guest-4711"),
    *("홍길동", "🎬"),
    *("00000000-0000-0000-0000-000000000001", "0a", "0x0", SENT, "02:00:00:00:00:01"),
)


@pytest.mark.parametrize("sent", PLACEHOLDERS)
def test_placeholder_is_stored_as_empty_text(sent: str) -> None:
    assert names_nobody(sent)
    ids = {"analytics.visitorId": sent, "analytics.aid": sent, "visitor.customerIDs": {"crm": {"id": sent, "authState": 0}}}
    nothing = {"analytics.visitorId": "", "analytics.aid": "", "visitor.customerIDs": {"crm": {"id": "", "authState": 0}}}
    for pseudonyms in (DEMO, KEEPING):
        assert (pseudonyms.shown(ids), pseudonyms.hide(ids)) == (None, nothing)


@pytest.mark.parametrize("sent", SOMEBODY)
def test_id_that_resembles_a_placeholder_is_hashed(sent: str) -> None:
    assert not names_nobody(sent)
    assert DEMO.shown({"analytics.visitorId": sent}) == DEMO.viewer(sent)


@pytest.mark.parametrize("sent", [0, 0.0, -1])
def test_number_may_be_a_placeholder(sent: float) -> None:
    assert DEMO.hide({"visitor.new": sent}) == {"visitor.new": ""}


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value that is not a list or object, with its name."""
    match value:
        case dict():
            for inner_name, inner in value.items():
                yield from leaves(inner, inner_name)
        case list():
            for inner in value:
                yield from leaves(inner)
        case _:
            yield name, value


@given(JSON)
def test_no_part_of_an_id_of_any_type_is_kept(value: Any) -> None:
    for name, leaf in leaves(DEMO.hide({"visitor.customerIDs": value})):
        says_nothing = leaf in (None, True, False, "") or (name == "authState" and leaf == 2)
        assert says_nothing or UUID(leaf).version == 8
