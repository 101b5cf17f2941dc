"""The constants of the vocabulary are names that the schemas declare."""

from mediabeat.core import vocabulary
from mediabeat.protocols.media_collection import params


def declared() -> set[str]:
    """Return every parameter name that a schema declares."""
    models = (value for name, value in vars(params).items() if name.endswith("Params"))
    return {name for model in models for name in model.__annotations__}


def test_every_name_of_the_vocabulary_is_declared_in_a_schema() -> None:
    names = {value for name, value in vars(vocabulary).items() if name.isupper() and isinstance(value, str)}
    assert len(names) > 30
    assert names | {*vocabulary.VIEWER_IDS} | vocabulary.NOT_IDENTIFYING <= declared()
