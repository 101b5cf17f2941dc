"""AWS in this process: moto, and for DynamoDB a real engine, which needs a fifth of moto's time and is safe for threads."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest import mock

from botocore.awsrequest import AWSPreparedRequest
from botocore.signers import RequestSigner
from moto import mock_aws
from moto.core.models import MockAWS, botocore_stubber

from tests.support.engine_connection import EngineConnections

DYNAMODB: Final = "https://dynamodb."


@contextmanager
def simulated_aws(engine: str | None) -> Iterator[MockAWS]:
    """Simulate AWS in the block, with the engine at this address. Without one, moto also answers for DynamoDB.

    Tables of the engine outlive the block, unlike those of moto.
    """
    with mock_aws() as aws, ExitStack() as stack:
        if engine:
            connections, moto = EngineConnections(engine, stack), botocore_stubber.process_request

            def answer(request: AWSPreparedRequest) -> Any:
                return connections.send(request) if request.url.startswith(DYNAMODB) else moto(request)

            stack.enter_context(mock.patch.object(botocore_stubber, "process_request", answer))
            stack.enter_context(mock.patch.object(RequestSigner, "sign"))  # neither of them checks signatures
        yield aws
