"""What the emulator leaves undone of the HTTP API after a deployment, done through its API.

MiniStack 1.5.33 creates the API of an AWS::Serverless::HttpApi but passes over its definition (`Body`), which holds
the routes and the CORS rules. In AWS there is nothing to do: API Gateway imports the definition. Declaring the routes
one by one in the template would need no bridge, but then SAM would not add the permissions that AWS asks for.
"""

import json
import re
from typing import Any

from mediabeat.cli.local_cloud import clients, deployment

# MiniStack takes a request for the API's if its Host is a domain name mapped to the API, and what comes to `localhost`
# for a call of an AWS service. So players use 127.0.0.1, with no prefix in the path, and boto3 uses localhost.
_DOMAIN = "127.0.0.1"
_STAGE = "$default"
_ANY_METHOD = "x-amazon-apigateway-any-method"


def connect(endpoint: str) -> None:
    """Give the deployed API its routes, its CORS rules and its address; a second run changes nothing."""
    gateway = clients.client("apigatewayv2", endpoint)
    stack = clients.client("cloudformation", endpoint)
    template = stack.get_template(StackName=deployment.STACK, TemplateStage="Processed")["TemplateBody"]
    resources = (template if isinstance(template, dict) else json.loads(template))["Resources"]
    [(name, api)] = ((n, r) for n, r in resources.items() if r["Type"] == "AWS::ApiGatewayV2::Api")
    physical_ids = deployment.resources(endpoint)
    api_id, definition = physical_ids[name], api["Properties"]["Body"]

    functions = clients.client("lambda", endpoint)
    arns = {
        function: functions.get_function(FunctionName=physical_ids[function])["Configuration"]["FunctionArn"]
        for function in set(routes(definition).values())
    }
    _set_routes(gateway, api_id, {key: arns[function] for key, function in routes(definition).items()})
    # Browsers ask API Gateway itself before they post; without rules it refuses them.
    if cors := definition.get("x-amazon-apigateway-cors"):
        rules = {name[0].upper() + name[1:]: value for name, value in cors.items()}
        gateway.update_api(ApiId=api_id, CorsConfiguration=rules)
    _set_domain(gateway, api_id)


def routes(definition: dict[str, Any]) -> dict[str, str]:
    """Read from an API definition which function (by its name in the template) serves each route key."""
    found = {}
    for path, operations in definition["paths"].items():
        for method, operation in operations.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            function = re.search(r"\$\{(\w+)\.Arn\}", uri)
            assert function, f"{method} {path} is served by {uri}, which names no function"
            verb = "ANY" if method == _ANY_METHOD else method.upper()
            found[f"{verb} {path}"] = function[1]
    return found


def _set_routes(gateway: Any, api_id: str, wanted: dict[str, str]) -> None:
    """Make the API's routes those wanted (function ARN by route key); the ones that are right stay as they are."""
    arns = {each["IntegrationId"]: each["IntegrationUri"] for each in _all(gateway, "get_integrations", api_id)}
    served = set()
    for route in _all(gateway, "get_routes", api_id):
        integration = route.get("Target", "").removeprefix("integrations/")
        if arns.get(integration) == wanted.get(route["RouteKey"]) is not None:
            served.add(route["RouteKey"])
            continue
        gateway.delete_route(ApiId=api_id, RouteId=route["RouteId"])
        if integration in arns:
            gateway.delete_integration(ApiId=api_id, IntegrationId=integration)
    for key in wanted.keys() - served:
        integration = gateway.create_integration(
            ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=wanted[key], PayloadFormatVersion="2.0"
        )["IntegrationId"]
        gateway.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{integration}")


def _set_domain(gateway: Any, api_id: str) -> None:
    if _DOMAIN not in {each["DomainName"] for each in gateway.get_domain_names().get("Items", [])}:
        gateway.create_domain_name(DomainName=_DOMAIN, DomainNameConfigurations=[{}])
    mappings = gateway.get_api_mappings(DomainName=_DOMAIN).get("Items", [])
    if [mapping["ApiId"] for mapping in mappings] == [api_id]:
        return
    for mapping in mappings:  # of an API that has been replaced
        gateway.delete_api_mapping(DomainName=_DOMAIN, ApiMappingId=mapping["ApiMappingId"])
    gateway.create_api_mapping(DomainName=_DOMAIN, ApiId=api_id, Stage=_STAGE)


def _all(gateway: Any, operation: str, api_id: str) -> list[Any]:
    return [each for page in gateway.get_paginator(operation).paginate(ApiId=api_id) for each in page["Items"]]
