"""Shared by all tests: the made-up result, built once."""

from __future__ import annotations

import pytest
import xarray as xr
from synthetic import synthetic_dataset


@pytest.fixture(scope="session")
def made_up() -> xr.Dataset:
    """Return the made-up result; tests that change it take a copy."""
    return synthetic_dataset()


@pytest.fixture(scope="session")
def thin(made_up: xr.Dataset) -> xr.Dataset:
    """Return the made-up result for two municipalities: quick to write."""
    return made_up.isel(region=slice(0, 2))
