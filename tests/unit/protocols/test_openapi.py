"""The OpenAPI document: valid, complete, and the same rules as the code."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import jsonschema
import pytest
from openapi_spec_validator import validate

from mediabeat.core.event import MAX_TS_MS, EventType
from mediabeat.errors import InvalidInput
from mediabeat.openapi import openapi
from mediabeat.protocols.media_collection.requests import parse
from tests.support.api import routes
from tests.support.builders import Wire, wire
from tests.support.journeys import COLLECTION_JOURNEYS, bodies_of

DOCUMENT = openapi("0")
PLAIN: Final = {event_type: wire(event_type, 1) for event_type in (EventType.PREV_TRACK, EventType.NEXT_TRACK)}
ONE_OF_EACH_TYPE: Final = list(
    (PLAIN | {body["eventType"]: body for journey in COLLECTION_JOURNEYS for body in bodies_of(journey)}).values()
)


def test_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_document_has_every_route_of_the_template_and_no_other() -> None:
    # Routes with `{proxy+}` only answer that the route does not exist.
    deployed = {(route.path, route.method.lower()) for route in routes() if "proxy+" not in route.path}
    documented = {(path, method) for path, item in DOCUMENT["paths"].items() for method in item if method != "parameters"}
    assert documented == deployed


def schema_of(event_type: str) -> dict[str, Any]:
    name = event_type[0].upper() + event_type[1:]
    return {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}


@pytest.mark.parametrize("journey", COLLECTION_JOURNEYS)
def test_every_event_of_a_journey_fits_its_schema(journey: str) -> None:
    for body in bodies_of(journey):
        assert parse(body).type == body["eventType"]
        jsonschema.validate(body, schema_of(body["eventType"]))


@pytest.mark.parametrize("event_type", EventType)
def test_schema_of_an_event_type_accepts_only_events_of_that_type(event_type: EventType) -> None:
    [body] = [one for one in ONE_OF_EACH_TYPE if one["eventType"] == event_type]
    jsonschema.validate(body, schema_of(event_type))
    other = EventType.PING if event_type != EventType.PING else EventType.PLAY
    with pytest.raises(jsonschema.ValidationError, match="was expected"):
        jsonschema.validate(body | {"eventType": str(other)}, schema_of(event_type))


def test_document_has_only_keywords_of_json_schema() -> None:
    unknown = {"ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length"}
    assert unknown.isdisjoint(keywords(DOCUMENT["components"]["schemas"]))


def keywords(value: Any) -> Iterator[str]:
    """Yield every key in a JSON value."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from keywords(inner)


BREAKAGES: Final[dict[str, Callable[[Wire], Wire]]] = {
    "no time": lambda body: {name: value for name, value in body.items() if name != "playerTime"},
    "time as text": lambda body: body | {"playerTime": body["playerTime"] | {"ts": "now"}},
    "time after the year 9999": lambda body: body | {"playerTime": body["playerTime"] | {"ts": MAX_TS_MS + 1}},
    "playhead beyond the limit": lambda body: body | {"playerTime": body["playerTime"] | {"playhead": 1e13}},
    "unknown field": lambda body: body | {"eventTypo": "ping"},
    "metadata that is no text": lambda body: body | {"customMetadata": {"note": 5}},
    "metadata that is too long": lambda body: body | {"customMetadata": {"note": "x" * 4_097}},
    "a QoE value that is no number": lambda body: body | {"qoeData": {"media.qoe.bitrate": "fast"}},
    "parameters that are no object": lambda body: body | {"params": [1]},
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_schema_and_code_refuse_the_same_bodies(breakage: str) -> None:
    for body in ONE_OF_EACH_TYPE:
        broken = BREAKAGES[breakage](body)
        with pytest.raises(InvalidInput):
            parse(broken)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema_of(body["eventType"]))


def test_schema_and_code_require_the_same_parameters() -> None:
    for body in ONE_OF_EACH_TYPE:
        for name in body.get("params", {}):
            fewer = body | {"params": {other: value for other, value in body["params"].items() if other != name}}
            required = not jsonschema.Draft202012Validator(schema_of(body["eventType"])).is_valid(fewer)
            assert is_refused(fewer) == required, (body["eventType"], name)


def is_refused(body: Wire) -> bool:
    try:
        parse(body)
    except InvalidInput:
        return True
    return False


def test_every_event_but_session_start_may_be_sent_to_a_session() -> None:
    sent = DOCUMENT["paths"]["/api/v1/sessions/{sid}/events"]["post"]["requestBody"]["content"]
    for content in sent.values():
        one_event = [one["$ref"] for one in content["schema"]["oneOf"] if "$ref" in one]
        assert sorted(one_event) == sorted(schema_of(one)["$ref"] for one in EventType if one != EventType.SESSION_START)
