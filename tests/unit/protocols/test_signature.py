"""The signature of a call: NAVER's published examples, and calls that were changed."""

import pytest

from mediabeat.errors import Unauthorized
from mediabeat.protocols.vod_station.signature import MISSING, SignedCall, signature, signed_call

NOW = 1_795_000_000_000
VECTORS = [
    (
        "GET",
        "/vserver/v2/getServerInstanceList?responseFormatType=json",
        "1234567890123",
        "TestAccessKey",
        "TestSecretKey",
        "FPsYYX8fuMAgi+cue3eACOW0dNtIwu1LYWfg/megA2M=",
    ),
    (
        "POST",
        "/vserver/v2/createServerInstances?regionCode=KR",
        "1700000000000",
        "AK_TEST",
        "SK_TEST",
        "xBcE26XFU55BMjppdPT7ZY3oDrqoOedfPyAn3Cq4lUw=",
    ),
]


def call(target: str = "/api/v2/channels?pageNo=1", *, signed_as: str | None = None, timestamp: str = str(NOW)) -> SignedCall:
    """Return a call signed with the secret `secret`."""
    path, _, query = target.partition("?")
    signed = signature("secret", "GET", signed_as or target, timestamp, "KEY")
    return SignedCall("GET", path, query, timestamp, "KEY", signed)


@pytest.mark.parametrize(("method", "target", "timestamp", "access_key", "secret", "expected"), VECTORS)
def test_published_example_has_its_signature(
    method: str, target: str, timestamp: str, access_key: str, secret: str, expected: str
) -> None:
    assert signature(secret, method, target, timestamp, access_key) == expected
    path, _, query = target.partition("?")
    signed = SignedCall(method, path, query, timestamp, access_key, expected)
    assert signed.is_signed_with(secret)
    assert not signed.is_signed_with(secret.lower())


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "POST"},
        {"method": "get"},
        {"path": "/api/v2/channels/"},
        {"query": "pageNo=2"},
        {"query": ""},
        {"timestamp": str(NOW + 1)},
        {"access_key_id": "OTHER"},
        {"signature": ""},
        {"signature": "ü\udcff"},
        {"signature": call().signature + "="},
    ],
)
def test_changed_call_is_not_signed(changes: dict[str, str]) -> None:
    assert call().is_signed_with("secret")
    assert not call()._replace(**changes).is_signed_with("secret")


@pytest.mark.parametrize(
    ("sent", "signed_as"),
    [
        ("/channels?pageNo=1%26pageSizeNo=5", "/channels?pageNo=1&pageSizeNo=5"),
        ("/channels?pageNo%3D1&pageSizeNo=5", "/channels?pageNo=1&pageSizeNo=5"),
        ("/channels?pageNo%3d1", "/channels?pageNo=1"),
        ("/channels?pageNo=1%26pageSizeNo%3D5", "/channels?pageNo=1&pageSizeNo=5"),
        ("/channels?name=a%2526b", "/channels?name=a%26b"),
        ("/channels?name=%2541", "/channels?name=%41"),
        ("/channels?%26", "/channels?&"),
    ],
)
def test_query_with_other_parameters_under_the_same_text_is_refused(sent: str, signed_as: str) -> None:
    assert call(sent).is_signed_with("secret")
    assert call(signed_as).is_signed_with("secret")
    assert not call(sent, signed_as=signed_as).is_signed_with("secret")


@pytest.mark.parametrize(
    ("sent", "signed_as"),
    [
        ("/channels?name=a%20b", "/channels?name=a b"),
        ("/channels?name=a%2Fb%25", "/channels?name=a/b%"),
        ("/channels?name=%ED%95%9C", "/channels?name=한"),
        ("/channels?name=a+b", "/channels?name=a+b"),
        ("/channels?name=a%3Db", "/channels?name=a=b"),
        ("/channels?a%20b=1&c=%2F", "/channels?a b=1&c=/"),
        ("/channels?name=%FF", "/channels?name=\ufffd"),
    ],
)
def test_query_may_be_signed_encoded_or_decoded(sent: str, signed_as: str) -> None:
    assert call(sent).is_signed_with("secret")
    assert call(sent, signed_as=signed_as).is_signed_with("secret")


@pytest.mark.parametrize("signed_as", ["/channels?name=a b", "/channels?name=a%2Bb", "/channels?name=a%252Bb"])
def test_query_is_decoded_once_and_keeps_its_plus_signs(signed_as: str) -> None:
    assert not call("/channels?name=a+b", signed_as=signed_as).is_signed_with("secret")


def test_target_without_query_has_no_question_mark() -> None:
    assert call("/channels", signed_as="/channels").is_signed_with("secret")
    assert not call("/channels", signed_as="/channels?").is_signed_with("secret")


@pytest.mark.parametrize(
    ("timestamp", "in_time"),
    [
        (str(NOW - 299_999), True),
        (str(NOW + 299_999), True),
        (str(NOW - 300_000), False),
        (str(NOW + 300_000), False),
        (str(NOW // 1_000), False),
        (f" {NOW}", False),
        (f"{NOW}\n", False),
        ("١٧٩٥٠٠٠٠٠٠٠٠٠", False),
        ("9" * 5_000, False),
        ("-1", False),
    ],
)
def test_call_is_valid_for_less_than_five_minutes(timestamp: str, in_time: bool) -> None:
    assert call(timestamp=timestamp).is_in_time(now=NOW) is in_time


def test_call_needs_all_three_headers() -> None:
    headers = {"x-ncp-apigw-timestamp": "1", "x-ncp-iam-access-key": "KEY", "x-ncp-apigw-signature-v2": "abc="}
    assert signed_call("GET", "/channels", "a=b", headers) == SignedCall("GET", "/channels", "a=b", "1", "KEY", "abc=")
    for name in headers:
        with pytest.raises(Unauthorized, match=MISSING):
            signed_call("GET", "/channels", "a=b", headers | {name: ""})
