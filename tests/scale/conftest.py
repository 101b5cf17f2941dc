"""The engine for the tests of this folder: long sessions and many of them. All are slow."""

from pathlib import Path

import pytest

from tests.support.engine import engine, engine_if_any, engine_or_reason

__all__ = ["engine", "engine_if_any", "engine_or_reason"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)
