"""The names of the parameters in `core.event` are names that the schemas declare."""

from mediabeat.core import event
from mediabeat.protocols.media_collection import params


def declared() -> set[str]:
    """Return every parameter name that a schema declares."""
    return {name for fields in (*params.PARAMS.values(), params.QOE) for name in fields.rules}


def test_every_name_of_a_parameter_is_declared_in_a_schema() -> None:
    names = {value for name, value in vars(event).items() if name.isupper() and isinstance(value, str)}
    assert len(names) > 30
    assert names | {*event.VIEWER_IDS} | event.NOT_IDENTIFYING <= declared()
