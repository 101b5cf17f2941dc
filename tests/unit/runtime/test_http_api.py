"""Bodies are read without pydantic where it would read the same."""

import json
import re
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import from_json

from mediabeat.errors import InvalidInput
from mediabeat.runtime import http_api
from mediabeat.runtime.http_api import read_json

TEXTS: Final = [
    *(
        "{}",
        "[]",
        "1",
        "-0",
        "-0.0",
        "0.1e1",
        "1E+2",
        "5e-324",
        "1e308",
        "1e-400",
        "true",
        "null",
        '""',
        " {} \r\n\t",
        "{}x",
        "",
        "{",
    ),
    *(
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "-Infinity",
        "nul",
        "01",
        "+1",
        ".5",
        "1.",
        "1.e2",
        "1e",
        "-",
        "[1,]",
        '{"a":1,}',
        "{a:1}",
    ),
    *(
        "1" + "0" * 400,
        "1" * 4_300,
        "1" * 4_301,
        "9223372036854775808",
        "0.1" + "0" * 5_000,
        "1" * 400 + ".5",
        "123456789012345678.5",
    ),
    *(
        '"\\ud800"',
        '"\\udc00\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\u0000"',
        '"\x00"',
        '"\x1f"',
        '"\x7f"',
        '"\\x"',
        '"\\/"',
        "'x'",
        "/**/1",
    ),
    *("[" * 149 + "]" * 149, "[" * 190 + "]" * 190, "[" * 5_000 + "]" * 5_000, '{"a":' * 100 + "1" + "}" * 100, "{" * 5_000),
    *(
        '{"a":1,"a":"b"}',
        '{"a":1,"b":2,"a":3}',
        '{"":{"":""}}',
        "\ufeff1",
        "\u00a01",
        '"' + "\U0001f600" * 20 + '"',
        "1 2",
        "[1 2]",
    ),
]


def is_plain(body: bytes) -> bool:
    """Return whether a body is read without pydantic."""
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr("mediabeat.runtime.odd_bodies.read_odd_body", lambda body: NotImplemented)
        return read_json(body) is not NotImplemented


def assert_read_alike(body: bytes) -> None:
    if is_plain(body):
        assert repr(read_json(body)) == repr(from_json(body, allow_inf_nan=False))


@pytest.mark.parametrize("text", TEXTS)
def test_body_is_read_as_pydantic_reads_it(text: str) -> None:
    for body in (
        text.encode(),
        f'{{"a": {text}}}'.encode(),
        f"[{text}, {text}]".encode(),
        text.encode("utf-16"),
        text.encode("utf-8-sig"),
    ):
        assert_read_alike(body)


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(JSON, st.booleans(), st.integers(0, 60), st.binary(max_size=2))
def test_random_body_is_read_as_pydantic_reads_it(value: Any, is_ascii: bool, at: int, put_in: bytes) -> None:
    body = json.dumps(value, ensure_ascii=is_ascii).encode(errors="surrogatepass")
    assert_read_alike(body)
    assert_read_alike(body[:at] + put_in + body[at:])


def test_body_of_a_usual_event_is_read_without_pydantic() -> None:
    event = {"eventType": "ping", "playerTime": {"ts": 1, "playhead": 1.5}, "params": {"media.x": "\u00e9\U0001f600 \n"}}
    for text in (json.dumps(event), json.dumps(event, ensure_ascii=False).replace("\U0001f600", "x"), json.dumps([event] * 20)):
        assert is_plain(text.encode()) is ("\\ud83d" not in text)


def test_deepest_plain_body_is_one_that_pydantic_reads() -> None:
    levels = http_api._MANY_LEVELS - 1
    assert is_plain(b"[" * levels + b"]" * levels)
    assert from_json(b"[" * levels + b"]" * levels)


def test_mistake_is_named_in_the_words_of_pydantic() -> None:
    with pytest.raises(InvalidInput, match=re.escape("body: must be JSON: trailing comma at line 1 column 4")):
        read_json(b"[1,]")
