"""`mediabeat viewer erase`: which names it refuses."""

import pytest

from mediabeat.cli.commands import viewers
from mediabeat.cli.target import Target
from mediabeat.cli.terminal.failure import CommandFailed


def no_client(service: str) -> None:
    raise AssertionError(f"nobody asked {service}")


@pytest.mark.parametrize("name", ["N/A", "null", "0", "00000000-0000-0000-0000-000000000000"])
def test_a_placeholder_is_not_erased(name: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        viewers.erase("demo", name, Target("table", "secrets/", "arn:key", 1, no_client, None))
    assert failed.value.message.startswith(f"{name!r} is a placeholder, which many viewers' players send")
