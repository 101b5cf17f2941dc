"""The engine, for the tests of this folder."""

from tests.support.engine import engine

__all__ = ["engine"]
