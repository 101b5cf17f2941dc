"""`mediabeat openapi`: the OpenAPI document."""

import json
from importlib.metadata import version

import click

from mediabeat.openapi import openapi as openapi_document


@click.command()
def openapi() -> None:
    """Print the OpenAPI document of all routes."""
    click.echo(json.dumps(openapi_document(version("mediabeat")), indent=1))
