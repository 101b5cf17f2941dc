"""The routes, CORS rules and address of the local API, which the emulator does not set up itself.

MiniStack 1.5.33 creates the API of an AWS::Serverless::HttpApi, but ignores its definition (`Body`) with the routes and the
CORS rules; API Gateway in AWS imports it. Routes as separate resources in the template would work on both, but then SAM would
not add the permissions that AWS requires.
"""

import json
import re
from contextlib import closing
from typing import Any

from mediabeat.cli.local_cloud import clients, deployment

# MiniStack treats a request as an API call if its Host is a domain name mapped to the API, and a request to `localhost` as a
# call of an AWS service. So players use 127.0.0.1, without a prefix in the path, and boto3 uses localhost.
_DOMAIN = "127.0.0.1"
_STAGE = "$default"
_ALIAS = re.compile(r"/functions/\$\{(\w+)\}/invocations$")


def connect(endpoint: str) -> None:
    """Set the routes, CORS rules and address of the deployed API; a second run changes nothing."""
    with closing(clients.client("apigatewayv2", endpoint)) as gateway:
        _connect(gateway, _processed_template(endpoint), deployment.resources(endpoint))


def _processed_template(endpoint: str) -> dict[str, Any]:
    with closing(clients.client("cloudformation", endpoint)) as stacks:
        template = stacks.get_template(StackName=deployment.STACK, TemplateStage="Processed")["TemplateBody"]
    read: dict[str, Any] = template if isinstance(template, dict) else json.loads(template)
    return read


def _connect(gateway: Any, template: dict[str, Any], physical_ids: dict[str, str]) -> None:
    resources = template["Resources"]
    mapped: dict[str, str] = {}
    for name, api in resources.items():
        if api["Type"] != "AWS::ApiGatewayV2::Api":
            continue
        api_id, definition = physical_ids[name], api["Properties"]["Body"]
        _set_routes(gateway, api_id, {key: physical_ids[alias] for key, alias in routes(definition).items()})
        # A browser asks API Gateway before it posts; without CORS rules, API Gateway refuses.
        if cors := definition.get("x-amazon-apigateway-cors"):
            rules = {name[0].upper() + name[1:]: value for name, value in cors.items()}
            gateway.update_api(ApiId=api_id, CorsConfiguration=rules)
        mapped[_path_of(resources, name)] = api_id
    _set_domain(gateway, mapped)


def _path_of(resources: dict[str, Any], api: str) -> str:
    """Return the first part of the paths of an API, which is its stage; empty if its stage is no part of the path."""
    stages = (one["Properties"] for one in resources.values() if one["Type"] == "AWS::ApiGatewayV2::Stage")
    stage = next(str(one["StageName"]) for one in stages if one["ApiId"] == {"Ref": api})
    return "" if stage == _STAGE else stage


def routes(definition: dict[str, Any]) -> dict[str, str]:
    """Return the function's alias (its name in the processed template) of each route key in an API definition."""
    found = {}
    for path, operations in definition["paths"].items():
        for method, operation in operations.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            alias = _ALIAS.search(uri)
            assert alias, f"{method} {path} is served by {uri}, which names no alias"
            found[f"{method.upper()} {path}"] = alias[1]
    return found


def _set_routes(gateway: Any, api_id: str, wanted: dict[str, str]) -> None:
    """Give the API exactly these routes (an alias's ARN by route key); routes that are right already are not touched."""
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


def _set_domain(gateway: Any, wanted: dict[str, str]) -> None:
    """Map the address to these APIs (API id by the first part of the path); mappings that are right already are not touched."""
    if _DOMAIN not in {each["DomainName"] for each in gateway.get_domain_names().get("Items", [])}:
        gateway.create_domain_name(DomainName=_DOMAIN, DomainNameConfigurations=[{}])
    mappings = gateway.get_api_mappings(DomainName=_DOMAIN).get("Items", [])
    served = {
        mapping.get("ApiMappingKey", "")
        for mapping in mappings
        if wanted.get(mapping.get("ApiMappingKey", "")) == mapping["ApiId"]
    }
    for mapping in mappings:  # others belong to an API that was replaced
        if mapping.get("ApiMappingKey", "") not in served:
            gateway.delete_api_mapping(DomainName=_DOMAIN, ApiMappingId=mapping["ApiMappingId"])
    for path in wanted.keys() - served:
        gateway.create_api_mapping(DomainName=_DOMAIN, ApiId=wanted[path], Stage=path or _STAGE, ApiMappingKey=path)


def _all(gateway: Any, operation: str, api_id: str) -> list[Any]:
    return [each for page in gateway.get_paginator(operation).paginate(ApiId=api_id) for each in page["Items"]]
