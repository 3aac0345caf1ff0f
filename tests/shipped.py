"""The tables that ship, read once for all tests that ask."""

from __future__ import annotations

from functools import cache

from model.inputs import Data, read_data


@cache
def shipped_data() -> Data:
    """Return the shipped tables; tests that change values take a copy by `with_values`."""
    return read_data()
