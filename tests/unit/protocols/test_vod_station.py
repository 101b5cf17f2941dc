"""Calls about channels, as their clients send them and as they are answered."""

import json
import re

import pytest

from mediabeat.core.channels import Action, ChannelEvent, Page, Refusal, RequestType, Result
from mediabeat.protocols.vod_station import errors, requests
from mediabeat.protocols.vod_station.requests import PARAMETERS, id_in, name_in, page_in
from mediabeat.protocols.vod_station.responses import event_body
from mediabeat.runtime.http_api import Request
from mediabeat.runtime.http_errors import STATUSES
from tests.support.builders import BASE_MS

ID = "vs-20261118110640-vDVWH5l"


def test_event_body_has_seconds_and_the_published_order() -> None:
    event = ChannelEvent(1, BASE_MS + 5, Action.CREATE, RequestType.API, Result.SUCCESS, "CHANNEL_READY", "api-guide ready")
    assert list(event_body(event).items()) == [
        ("time", BASE_MS // 1_000),
        ("actionType", "CREATE"),
        ("requestType", "API"),
        ("resultCode", "SUCCESS"),
        ("messageCode", "CHANNEL_READY"),
        ("message", "api-guide ready"),
    ]


def with_name(name: str) -> Request:
    return Request({"body": json.dumps({"name": name, "unknown": 1})})


@pytest.mark.parametrize("name", ["abc", "a-1", "---", "A" * 20])
def test_name_has_3_to_20_letters_digits_and_dashes(name: str) -> None:
    assert name_in(with_name(name)) == name


@pytest.mark.parametrize("name", ["ab", "A" * 21, "a b", "a_b", "abc\n", "é" * 3, "٣٣٣", ""])
def test_any_other_name_breaks_the_rule_for_names(name: str) -> None:
    with pytest.raises(errors.CallRefused) as refused:
        name_in(with_name(name))
    assert refused.value.failure is errors.NAME


def with_id(channel_id: str) -> Request:
    return Request({"pathParameters": {"channelId": channel_id}})


def test_id_has_one_form() -> None:
    assert id_in(with_id(ID)) == ID
    for wrong in ("", "vs-2026-vDVWH5l", f"{ID} ", f"{ID}\n", "vs-٢٠٢٦١١١٨١١٠٦٤٠-vDVWH5l"):
        with pytest.raises(errors.CallRefused) as refused:
            id_in(with_id(wrong))
        assert refused.value.failure is errors.INVALID_ID


def with_query(**query: str) -> Request:
    return Request({"queryStringParameters": query})


def test_default_page_is_the_first_of_twenty() -> None:
    assert page_in(Request({})) == Page(1, 20)
    assert page_in(with_query(pageNo="3", pageSizeNo="100", regionCode="KR")) == Page(3, 100)


@pytest.mark.parametrize(
    ("query", "failure", "details"),
    [
        ({"pageNo": "0"}, errors.PAGE_NUMBER, "pageNo: must be 1 or more"),
        ({"pageNo": "-1", "pageSizeNo": "101"}, errors.PAGE_NUMBER, "pageNo: must be 1 or more"),
        ({"pageSizeNo": "0"}, errors.INPUT_VALUE, "pageSizeNo: must be 1 to 100"),
        ({"pageSizeNo": "101"}, errors.INPUT_VALUE, "pageSizeNo: must be 1 to 100"),
        ({"pageNo": "one"}, errors.INPUT_VALUE, "pageNo: must be a whole number"),
        ({"pageNo": "0", "pageSizeNo": "1.0"}, errors.INPUT_VALUE, "pageSizeNo: must be a whole number"),
    ],
)
def test_wrong_page_is_refused_with_the_failure_of_its_parameter(
    query: dict[str, str], failure: errors.Failure, details: str
) -> None:
    with pytest.raises(errors.CallRefused, match=details) as refused:
        page_in(with_query(**query))
    assert refused.value.failure is failure


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_rule_of_a_page_parameter_names_the_bounds_of_its_schema(parameter: requests.Parameter) -> None:
    bounds = [parameter.schema["minimum"], *([parameter.schema["maximum"]] if "maximum" in parameter.schema else ())]
    assert [int(number) for number in re.findall(r"\d+", parameter.rule)] == bounds


def test_every_refusal_has_a_failure() -> None:
    assert set(errors.REFUSALS) == set(Refusal)


def test_every_code_stands_for_one_failure() -> None:
    failures = {*errors.REFUSALS.values(), *errors.COMMON.values(), errors.INVALID_ID, errors.PAGE_NUMBER, errors.NAME}
    codes = [failure.code for failure in {*failures, errors.UNEXPECTED}]
    assert len(codes) == len(set(codes))


def test_common_failures_have_the_status_of_other_routes() -> None:
    assert {kind: failure.status for kind, failure in errors.COMMON.items()} == {kind: STATUSES[kind] for kind in errors.COMMON}
