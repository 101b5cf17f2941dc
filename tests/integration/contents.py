"""What the table holds, in clear: whatever is packed or compressed is opened, so that a test can look for a word in it."""

import struct
import zlib
from contextlib import suppress
from functools import cache
from typing import Any

import boto3

from mediabeat.core.event_codec import unpack
from mediabeat.core.stored_forms import decompressed

Item = dict[str, Any]


@cache
def client() -> Any:
    """A client, made once: making one takes longer than all that it does here."""
    return boto3.client("dynamodb")


def items(table: str) -> list[Item]:
    """All items of a table, in the order of their keys."""
    found = client().scan(TableName=table, ConsistentRead=True)["Items"]
    return sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def put_back(table: str, saved: list[Item]) -> None:
    """Make a table hold just these items."""
    there = items(table)
    for item in there:
        if item not in saved:
            client().delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})
    for item in saved:
        if item not in there:
            client().put_item(TableName=table, Item=item)


def in_clear(table: str) -> str:
    """All that a table holds, as one text."""
    return "\n".join(_told(item) for item in items(table))


def _told(value: Any) -> str:
    match value:
        case bytes():
            return " ".join([repr(value), *_opened(value)])
        case dict():
            return " ".join(f"{name}: {_told(inner)}" for name, inner in value.items())
        case list() | set():
            return " ".join(map(_told, value))
        case _:
            return str(value)


def _opened(value: bytes) -> list[str]:
    told = []
    with suppress(zlib.error):
        told.append(decompressed(value).decode(errors="replace"))
    with suppress(zlib.error, struct.error, KeyError, IndexError, ValueError):
        told.append(repr(unpack(value)))
    return told
