"""Makes MiniStack save what event source mappings have not read yet of a table's stream.

By itself it saves how far each mapping has read, but not the stream. After a restart the stream begins again, and as many new
records would be passed over as had been read before. This runs in MiniStack's environment, and uses internals of its version.
"""

from collections.abc import Callable
from typing import Any, Final

UNREAD: Final = "unread_stream_records"
POSITIONS: Final = "dynamodb_stream_positions"


def save_them(lambda_svc: Any, dynamodb: Any) -> None:
    """Replace what MiniStack's module of Lambda saves and loads. Positions count from the first record that is saved."""
    get_state: Callable[[], dict[str, Any]] = lambda_svc.get_state
    load: Callable[[dict[str, Any]], None] = lambda_svc.load_persisted_state

    def get_state_with_unread() -> dict[str, Any]:
        state = get_state()
        positions, mappings = state[POSITIONS], state["esms"]
        tables = {place: _table_of(place, mappings._data[place]) for place in positions._data if place in mappings._data}
        first = {
            table: min(position for place, position in positions._data.items() if tables.get(place) == table)
            for table in set(tables.values())
        }
        state[POSITIONS], state[UNREAD] = type(positions)(), type(positions)()
        for place, table in tables.items():
            state[POSITIONS]._data[place] = positions._data[place] - first[table]
        for table, position in first.items():
            records = dynamodb._stream_records._data.get(table, [])
            state[UNREAD]._data[table] = records[max(0, position - dynamodb._stream_trimmed._data.get(table, 0)) :]
        return state

    def load_with_unread(state: dict[str, Any]) -> None:
        if UNREAD in state:
            dynamodb._stream_records._data.update(state[UNREAD]._data)
        else:
            state = state | {POSITIONS: {}}  # saved by an earlier release of mediabeat
        load(state)

    lambda_svc.get_state, lambda_svc.load_persisted_state = get_state_with_unread, load_with_unread


def _table_of(place: tuple[str, str, str], mapping: dict[str, Any]) -> tuple[str, str, str]:
    """Return where the records of a mapping's stream are kept: account, region, and table, as the stream's ARN names it."""
    account, region, _ = place
    return account, region, mapping["EventSourceArn"].partition(":table/")[2].partition("/stream/")[0]
