"""The names of the parameters in `core.event` are names that the schemas declare."""

from mediabeat.core import event
from mediabeat.protocols.media_collection import params


def declared() -> set[str]:
    """Return every parameter name that a schema declares."""
    models = (value for name, value in vars(params).items() if name.endswith("Params"))
    return {name for model in models for name in model.__annotations__}


def test_every_name_of_a_parameter_is_declared_in_a_schema() -> None:
    names = {value for name, value in vars(event).items() if name.isupper() and isinstance(value, str)}
    assert len(names) > 30
    assert names | {*event.VIEWER_IDS} | event.NOT_IDENTIFYING <= declared()
