"""The routes that are read from the processed template."""

from mediabeat.cli.local_cloud import api_routes
from tests.support.template import source, transformed


def test_every_route_of_the_template_is_found() -> None:
    declared = {
        f"{event['Properties']['Method']} {event['Properties']['Path']}": f"{function}Aliaslive"
        for function, resource in source()["Resources"].items()
        for event in resource.get("Properties", {}).get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }
    definitions = [
        resource["Properties"]["Body"]
        for resource in transformed()["Resources"].values()
        if resource["Type"] == "AWS::ApiGatewayV2::Api"
    ]
    assert {key: function for one in definitions for key, function in api_routes.routes(one).items()} == declared
