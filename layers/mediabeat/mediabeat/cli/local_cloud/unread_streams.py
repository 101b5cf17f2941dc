"""Makes MiniStack save what event source mappings have not read yet of a table's stream.

By itself it saves how far each mapping has read, but not the stream. After a restart the stream begins again, and as many new
records would be passed over as had been read before. This runs in MiniStack's environment, and uses internals of its version.
"""

from typing import Any, Final

UNREAD: Final = "unread_stream_records"
POSITIONS: Final = "dynamodb_stream_positions"

Place = tuple[str, str, str]
"""Account, region, and the id of a mapping or the name of a table."""


def save_them(lambda_svc: Any, dynamodb: Any) -> None:
    """Replace what MiniStack's module of Lambda saves and loads. Positions count from the first record that is saved."""
    get_state, load = lambda_svc.get_state, lambda_svc.load_persisted_state

    def get_state_with_unread() -> dict[str, Any]:
        state: dict[str, Any] = get_state()
        scoped, mappings = type(state[POSITIONS]), _by_place(state["esms"])
        read = {place: position for place, position in _by_place(state[POSITIONS]).items() if place in mappings}
        tables = {place: _table_of(place, mappings[place]) for place in read}
        first = {table: min(read[place] for place in read if tables[place] == table) for table in tables.values()}
        state[POSITIONS], state[UNREAD] = scoped(), scoped()
        _by_place(state[POSITIONS]).update({place: read[place] - first[tables[place]] for place in read})
        _by_place(state[UNREAD]).update({table: _records(dynamodb, table, position) for table, position in first.items()})
        return state

    def load_with_unread(state: dict[str, Any]) -> None:
        if UNREAD in state:
            _by_place(dynamodb._stream_records).update(_by_place(state[UNREAD]))  # noqa: SLF001
        else:
            state = state | {POSITIONS: {}}  # saved by an earlier release of mediabeat
        load(state)

    lambda_svc.get_state, lambda_svc.load_persisted_state = get_state_with_unread, load_with_unread


def _by_place(scoped: Any) -> dict[Place, Any]:
    """Return the content of one of MiniStack's dictionaries. Its methods show only that of a request's account and region."""
    content: dict[Place, Any] = scoped._data  # noqa: SLF001
    return content


def _table_of(place: Place, mapping: dict[str, Any]) -> Place:
    """Return where the records of a mapping's stream are, by the table that the stream's ARN names."""
    account, region, _ = place
    return account, region, mapping["EventSourceArn"].partition(":table/")[2].partition("/stream/")[0]


def _records(dynamodb: Any, table: Place, first: int) -> list[Any]:
    """Return the records of a table's stream from a position on, which counts records that have expired too."""
    records: list[Any] = _by_place(dynamodb._stream_records).get(table, [])  # noqa: SLF001
    return records[max(0, first - _by_place(dynamodb._stream_trimmed).get(table, 0)) :]  # noqa: SLF001
