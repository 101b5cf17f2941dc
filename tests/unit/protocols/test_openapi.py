"""The OpenAPI document: valid, complete, and the same rules as the code."""

from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from mediabeat.core.event import EventType
from mediabeat.openapi import openapi
from mediabeat.protocols.media_collection.requests import parse
from tests.support.journeys import JOURNEYS, bodies_of
from tests.support.template import source

DOCUMENT = openapi("0")


def test_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_document_has_every_route_of_the_template_and_no_other() -> None:
    deployed = {
        (event["Properties"]["Path"], event["Properties"]["Method"].lower())
        for resource in source()["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"]["Events"].values()
        # Routes with `{proxy+}` only answer that the route does not exist.
        if event["Type"] == "HttpApi" and "proxy+" not in event["Properties"]["Path"]
    }
    documented = {(path, method) for path, item in DOCUMENT["paths"].items() for method in item if method != "parameters"}
    assert documented == deployed


def schema_of(event_type: str) -> dict[str, Any]:
    name = event_type[0].upper() + event_type[1:]
    return {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}


@pytest.mark.parametrize("journey", JOURNEYS)
def test_every_event_of_a_journey_fits_its_schema(journey: str) -> None:
    for body in bodies_of(journey):
        assert parse(body).type == body["eventType"]
        jsonschema.validate(body, schema_of(body["eventType"]))


def test_every_event_type_has_a_schema() -> None:
    assert {schema_of(event_type)["$ref"].rpartition("/")[2] for event_type in EventType} <= set(
        DOCUMENT["components"]["schemas"]
    )
