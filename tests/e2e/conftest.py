"""The template as it is deployed, on a local cloud that lives as long as the test run."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cloud import Cloud, mediabeat, status_of


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A deployed local cloud on a free port, where sessions close after 30 quiet seconds."""
    home = tmp_path_factory.mktemp("mediabeat")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    try:
        up = mediabeat(home, "up", "--port", str(port), "--quiet-minutes", "0.5")
        assert up.returncode == 0, up.stderr
        told = status_of(home)
        shown = {name: told[name] for name in ("url", "project_id", "api_key", "endpoint", "table")}
        yield Cloud(home=home, port=port, **shown)
    finally:
        mediabeat(home, "down")


@pytest.hookimpl(tryfirst=True)  # before xdist looks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all of these tests in one process: they share the local cloud."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.xdist_group("local cloud"))
