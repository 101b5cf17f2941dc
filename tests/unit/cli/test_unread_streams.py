"""What the emulator saves of a table's stream, with stand-ins for its modules."""

from types import SimpleNamespace
from typing import Any

import pytest

from mediabeat.cli.local_cloud.unread_streams import save_them

TABLE = ("account", "region", "sessions")
OTHER = ("account", "region", "other")


class Scoped:
    """The emulator's dictionaries by account and region."""

    def __init__(self, data: dict[tuple[str, str, str], Any] | None = None) -> None:
        self._data = data or {}


class Emulator:
    """Its modules of Lambda and DynamoDB: `read` is how many records of the stream each mapping has read."""

    def __init__(self, records: list[str], trimmed: int = 0, **read: int) -> None:
        arn = "arn:aws:dynamodb:region:account:table/sessions/stream/2026-11-26T10:00:00.000"
        self._esms = Scoped({("account", "region", name): {"EventSourceArn": arn} for name in read})
        self._positions = Scoped({("account", "region", name): position for name, position in read.items()})
        self.dynamodb = SimpleNamespace(
            _stream_records=Scoped({TABLE: records, OTHER: ["x"]}), _stream_trimmed=Scoped({TABLE: trimmed})
        )
        self.lambda_svc = SimpleNamespace(get_state=self._state, load_persisted_state=self._load)
        save_them(self.lambda_svc, self.dynamodb)

    def _state(self) -> dict[str, Any]:
        return {"esms": self._esms, "dynamodb_stream_positions": Scoped(dict(self._positions._data))}

    def _load(self, state: dict[str, Any]) -> None:
        self._esms = state.get("esms", self._esms)
        loaded = state["dynamodb_stream_positions"]
        self._positions._data.update(loaded if isinstance(loaded, dict) else loaded._data)

    def unread(self, mapping: str) -> list[str]:
        """Return the records that a mapping reads next."""
        read = self._positions._data.get(("account", "region", mapping), 0)
        records: list[str] = self.dynamodb._stream_records._data.get(TABLE, [])
        return records[read - self.dynamodb._stream_trimmed._data.get(TABLE, 0) :]


def restarted(emulator: Emulator) -> Emulator:
    again = Emulator([])
    del again.dynamodb._stream_records._data[OTHER]
    again.lambda_svc.load_persisted_state(emulator.lambda_svc.get_state())
    return again


@pytest.mark.parametrize("trimmed", [0, 100])
def test_records_that_are_not_read_yet_are_read_after_a_restart(trimmed: int) -> None:
    again = restarted(Emulator(["a", "b", "c", "d"], trimmed, roll_up=trimmed + 3, slower=trimmed + 1))
    assert again.unread("roll_up") == ["d"]
    assert again.unread("slower") == ["b", "c", "d"]
    again.dynamodb._stream_records._data[TABLE].append("e")
    assert restarted(again).unread("roll_up") == ["d", "e"]


def test_new_records_are_read_after_a_restart_with_nothing_left() -> None:
    again = restarted(Emulator(["a", "b"], roll_up=2))
    assert again.unread("roll_up") == []
    again.dynamodb._stream_records._data[TABLE].append("c")
    assert again.unread("roll_up") == ["c"]


def test_stream_that_no_mapping_reads_is_not_saved() -> None:
    assert OTHER not in restarted(Emulator(["a"], roll_up=0)).dynamodb._stream_records._data


def test_state_of_an_earlier_release_begins_with_the_next_record() -> None:
    again = Emulator(["new"])
    again.lambda_svc.load_persisted_state({"dynamodb_stream_positions": Scoped({("account", "region", "roll_up"): 7})})
    assert again.unread("roll_up") == ["new"]
