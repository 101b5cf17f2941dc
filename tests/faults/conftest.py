"""The engine, for the tests of this folder."""

from tests.engine import engine

__all__ = ["engine"]
