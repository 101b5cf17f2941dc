"""Event files, and signed calls that are signed anew."""

from pathlib import Path

import pytest

from mediabeat.cli.invocation import read_event, signed
from mediabeat.cli.local_cloud import sample
from mediabeat.cli.terminal.failure import CommandFailed
from mediabeat.protocols.vod_station.signature import signed_call
from tests.support.template import FUNCTIONS, ROOT

NOW = 1_800_000_000_000


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_sample_event_has_no_placeholder(function: str) -> None:
    assert "{{" not in (ROOT / "events" / f"{function}.json").read_text(encoding="utf-8")
    assert isinstance(read_event(ROOT / "events" / f"{function}.json"), dict)


def test_sample_call_is_signed_with_the_key_of_the_sample() -> None:
    event = read_event(ROOT / "events" / "channels.json")
    assert event["headers"]["x-ncp-iam-access-key"] == sample.ACCESS_KEY_ID
    for each in (event, signed(event, sample.SECRET, NOW)):
        call = signed_call("GET", each["rawPath"], each["rawQueryString"], each["headers"])
        assert call.is_signed_with(sample.SECRET)
    assert call.is_in_time(now=NOW)
    assert each["requestContext"] == event["requestContext"]


def test_invalid_json_is_reported_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(CommandFailed, match=r"event\.json is not an event"):
        read_event(path)
