"""Channels: what each request does to their status, and the events that it adds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediabeat.core.channels import (
    TRANSITIONS,
    Action,
    Change,
    Channel,
    ChannelEvent,
    Page,
    Refusal,
    RequestType,
    Result,
    Status,
    changed,
    name_taken,
    new_channel,
    numbers_on,
    takes_sessions,
)
from mediabeat.storage.channel_items import (
    channel_item,
    channel_of,
    entry_item,
    event_item,
    event_of,
    event_sort_key,
    name_item,
    status_of,
)
from tests.support.builders import BASE_MS

CHANNEL = Channel("vs-20261118110640-vDVWH5l", "demo", "api-guide", Status.READY, BASE_MS, 7)


def event(number: int, action: Action, code: str, message: str, result: Result = Result.SUCCESS) -> ChannelEvent:
    return ChannelEvent(number, BASE_MS + 5, action, RequestType.API, result, code, message)


def test_new_channel_is_ready_after_two_events() -> None:
    change = new_channel("demo", "api-guide", "vDVWH5l", number=7, now=BASE_MS + 5)
    events = (
        event(1, Action.CREATE, "CHANNEL_CREATING", "api-guide creating"),
        event(2, Action.CREATE, "CHANNEL_READY", "api-guide ready"),
    )
    assert change == Change(CHANNEL._replace(created_at=BASE_MS + 5), events)


@pytest.mark.parametrize(
    ("action", "before", "passing", "after"),
    [
        (Action.STOP, Status.READY, "stopping", Status.STOPPED),
        (Action.START, Status.STOPPED, "starting", Status.READY),
        (Action.DELETE, Status.STOPPED, "terminating", Status.TERMINATED),
    ],
)
def test_request_leads_through_two_statuses(action: Action, before: Status, passing: str, after: Status) -> None:
    change = changed(CHANNEL._replace(status=before), 40, action, now=BASE_MS + 5)
    events = (
        event(41, action, f"CHANNEL_{passing.upper()}", f"api-guide {passing}"),
        event(42, action, f"CHANNEL_{after}", f"api-guide {after.lower()}"),
    )
    assert change == Change(CHANNEL._replace(status=after), events)


@pytest.mark.parametrize("action", TRANSITIONS)
@pytest.mark.parametrize("status", Status)
def test_request_in_a_wrong_status_adds_a_failed_event_and_changes_nothing(action: Action, status: Status) -> None:
    channel = CHANNEL._replace(status=status)
    change = changed(channel, 40, action, now=BASE_MS + 5)
    if status is TRANSITIONS[action].start:
        assert change.refusal is None
        return
    assert change.refusal is not None
    assert change.refusal.refusal is TRANSITIONS[action].refusal
    failure = event(41, action, f"CHANNEL_{action}_FAILED", str(change.refusal), Result.FAILED)
    assert change[:2] == (channel, (failure,))


def test_second_channel_of_a_name_adds_a_failed_event_to_the_first() -> None:
    change = name_taken(CHANNEL, 2, now=BASE_MS + 5)
    reason = "name: api-guide is the name of channel vs-20261118110640-vDVWH5l"
    assert change[:2] == (CHANNEL, (event(3, Action.CREATE, "CHANNEL_CREATE_FAILED", reason, Result.FAILED),))
    assert change.refusal is not None
    assert (change.refusal.refusal, str(change.refusal)) == (Refusal.NAME_TAKEN, reason)


def test_only_a_channel_that_is_ready_takes_sessions() -> None:
    assert [status for status in Status if takes_sessions(status)] == [Status.READY]


@given(total=st.integers(0, 500), size=st.integers(1, 100))
def test_pages_together_show_each_number_once_newest_first(total: int, size: int) -> None:
    shown: list[int] = []
    for number in range(1, total // size + 3):
        shown.extend(reversed(numbers_on(Page(number, size), total)))
    assert shown == list(range(total, 0, -1))


def test_stored_item_is_read_as_it_was_written() -> None:
    one = event(12, Action.STOP, "CHANNEL_STOPPED", "api-guide stopped")
    assert event_of(event_item(CHANNEL.id, one)) == one
    assert channel_of(channel_item(CHANNEL, 9)) == channel_of(entry_item(CHANNEL)) == CHANNEL
    assert status_of(name_item(CHANNEL)) is Status.READY


@given(st.lists(st.integers(1, 10**11), unique=True))
def test_events_sort_by_number(numbers: list[int]) -> None:
    assert sorted(numbers) == sorted(numbers, key=event_sort_key)
