"""Signatures, and where requests go: as AWS publishes them and as botocore does it, or else botocore does it."""

import json
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import get_current_datetime
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.session import Session

from mediabeat.storage.clients.boto import dynamodb_client
from mediabeat.storage.clients.wire import Place, Unusual, authorization, place_in, request_headers

VECTORS: Final = json.loads(Path(__file__).with_name("sigv4_vectors.json").read_text(encoding="utf-8"))
"""The POST requests to `/` of AWS's published test suite of Signature Version 4 (awslabs/aws-c-auth), with their answers."""

PLAIN: Final = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret/key"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_signature_is_the_published_one(vector: dict[str, Any]) -> None:
    made = authorization(
        vector["headers"], vector["body"].encode(), vector["service"], key_id=vector["key_id"], secret=vector["secret"]
    )
    assert made == vector["authorization"]


@pytest.mark.parametrize("token", ["", "a token/of+a role=="])
@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:8000"])
def test_headers_are_those_that_botocore_sends(monkeypatch: pytest.MonkeyPatch, token: str, endpoint: str) -> None:
    about = PLAIN | ({"AWS_SESSION_TOKEN": token} if token else {}) | ({"AWS_ENDPOINT_URL": endpoint} if endpoint else {})
    for name, value in about.items():
        monkeypatch.setenv(name, value)
    sent: list[AWSPreparedRequest] = []

    def note(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        sent.append(request)
        return mock.Mock(status_code=200, content=b"{}", headers={})

    with mock.patch("mediabeat.storage.clients.boto.aws", return_value=Session()):  # a new one, which reads the environment
        client = dynamodb_client()
    client.meta.events.register_first("before-send.dynamodb", note)  # type: ignore[arg-type]
    now = get_current_datetime()
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        client.put_item(TableName="t", Item={"pk": {"S": "é"}, "b": {"B": b"\0"}})
    client.close()
    assert isinstance(sent[0].body, bytes)
    ours = request_headers(place_in(about), "PutItem", sent[0].body, now.strftime("%Y%m%dT%H%M%SZ"))
    theirs = {name.lower(): value for name, value in sent[0].headers.items()}
    assert {name: value.encode() for name, value in ours.items() if name != "host"} == {
        name: value if isinstance(value, bytes) else value.encode() for name, value in theirs.items() if name in ours
    }
    assert ours["host"] == sent[0].url.split("/")[2]


def test_request_goes_where_botocore_sends_it() -> None:
    session = Session()
    regions = session.get_available_regions("dynamodb", "aws")
    for region in regions:
        client = session.create_client("dynamodb", region_name=region)
        place = place_in(PLAIN | {"AWS_DEFAULT_REGION": region})
        assert (f"https://{place.named}", place.port, place.region) == (client.meta.endpoint_url, 443, region)
    assert len(regions) > 15


def test_region_of_another_partition_is_left_to_botocore() -> None:
    session = Session()
    others = [partition for partition in session.get_available_partitions() if partition != "aws"]
    regions = [region for other in others for region in session.get_available_regions("dynamodb", other)]
    assert {"cn-north-1", "us-gov-west-1"} <= set(regions)
    for region in regions:
        with pytest.raises(Unusual, match=region):
            place_in(PLAIN | {"AWS_DEFAULT_REGION": region})


UNDERSTOOD: Final = {"AWS_DEFAULT_REGION"}
"""Options of botocore's that the small client follows itself."""


def options() -> set[str]:
    """Return every variable of the environment by which botocore takes an option, as far as it lists them."""
    named = [names for _, names, *_ in BOTOCORE_DEFAUT_SESSION_VARIABLES.values()]
    listed = {name for names in named if names for name in ([names] if isinstance(names, str) else names)}
    return listed - UNDERSTOOD - {"BOTOCORE_TCP_KEEPALIVE"}


@pytest.mark.parametrize(
    "name",
    [
        *sorted(options()),
        *("HTTP_PROXY", "https_proxy", "ALL_PROXY", "REQUESTS_CA_BUNDLE"),
        *("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ACCOUNT_ID", "AWS_AN_OPTION_OF_TOMORROW"),
    ],
)
def test_option_of_botocore_is_left_to_botocore(name: str) -> None:
    with pytest.raises(Unusual, match=name):
        place_in(PLAIN | {name: "x"})


@pytest.mark.parametrize("missing", PLAIN)
def test_environment_without_region_or_credentials_is_left_to_botocore(missing: str) -> None:
    with pytest.raises(Unusual, match="no region or no credentials"):
        place_in({name: value for name, value in PLAIN.items() if name != missing})


@pytest.mark.parametrize("url", ["http://localhost/path", "ftp://localhost", "localhost:8000", "http://"])
def test_endpoint_that_is_no_plain_one_is_left_to_botocore(url: str) -> None:
    with pytest.raises(Unusual, match="endpoint"):
        place_in(PLAIN | {"AWS_ENDPOINT_URL_DYNAMODB": url})


def test_variables_of_lambda_are_usual() -> None:
    lambdas = {"AWS_REGION": "eu-west-1", "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13"}
    lambdas |= {"AWS_ACCESS_KEY": "AKIDEXAMPLE", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_FORMAT": "JSON"}
    more = {"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000", "AWS_SAM_LOCAL": "true", "AWS_CA_BUNDLE": "", "LANG": "en_US.UTF-8"}
    place = place_in(PLAIN | lambdas | more | {"AWS_SESSION_TOKEN": "t"})
    assert isinstance(place, Place)
    assert (place.key_id, place.secret, place.token) == ("AKIDEXAMPLE", "secret/key", "t")
    assert place.roots is not None
    assert Path(place.roots).read_text(encoding="utf-8").count("BEGIN CERTIFICATE") > 50
