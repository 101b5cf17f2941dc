"""The signature of a call: NAVER's vectors, and what a changed call is worth."""

import pytest

from mediabeat.errors import Unauthorized
from mediabeat.protocols.vod_station.signature import MISSING, SignedCall, is_in_time, is_signed_with, signature, signed_call

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
def test_a_published_vector(method: str, target: str, timestamp: str, access_key: str, secret: str, expected: str) -> None:
    assert signature(secret, method, target, timestamp, access_key) == expected
    path, _, query = target.partition("?")
    signed = SignedCall(method, path, query, timestamp, access_key, expected)
    assert is_signed_with(signed, secret)
    assert not is_signed_with(signed, secret.lower())


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
def test_a_call_that_was_tampered_with_is_not_signed(changes: dict[str, str]) -> None:
    assert is_signed_with(call(), "secret")
    assert not is_signed_with(call()._replace(**changes), "secret")


@pytest.mark.parametrize(
    ("sent", "signed_as"),
    [
        ("/channels?name=a%20b", "/channels?name=a b"),
        ("/channels?name=a%2Fb%25", "/channels?name=a/b%"),
        ("/channels?name=%ED%95%9C", "/channels?name=한"),
        ("/channels?name=a+b", "/channels?name=a+b"),
        ("/channels?name=%FF", "/channels?name=\ufffd"),
    ],
)
def test_a_query_that_was_signed_decoded_is_signed(sent: str, signed_as: str) -> None:
    assert is_signed_with(call(sent), "secret")
    assert is_signed_with(call(sent, signed_as=signed_as), "secret")


@pytest.mark.parametrize("signed_as", ["/channels?name=a b", "/channels?name=a%2Bb", "/channels?name=a%252Bb"])
def test_a_query_is_decoded_once_and_a_plus_is_a_plus(signed_as: str) -> None:
    assert not is_signed_with(call("/channels?name=a+b", signed_as=signed_as), "secret")


def test_a_target_without_a_query_has_no_question_mark() -> None:
    assert is_signed_with(call("/channels", signed_as="/channels"), "secret")
    assert not is_signed_with(call("/channels", signed_as="/channels?"), "secret")


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
def test_a_call_is_good_for_less_than_five_minutes(timestamp: str, in_time: bool) -> None:
    assert is_in_time(call(timestamp=timestamp), now=NOW) is in_time


def test_a_call_says_who_signed_it_in_its_headers() -> None:
    headers = {"x-ncp-apigw-timestamp": "1", "x-ncp-iam-access-key": "KEY", "x-ncp-apigw-signature-v2": "abc="}
    assert signed_call("GET", "/channels", "a=b", headers) == SignedCall("GET", "/channels", "a=b", "1", "KEY", "abc=")
    for name in headers:
        with pytest.raises(Unauthorized, match=MISSING):
            signed_call("GET", "/channels", "a=b", headers | {name: ""})
