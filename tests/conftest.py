"""What many tests share: the data that ship, the shipped scenarios, their pathways and a made-up result, once each."""

from collections.abc import Callable

import pytest
import xarray as xr
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from shipped import shipped_data
from synthetic import synthetic_dataset

from model.inputs import Data
from model.levers import Levers
from model.pathway import Pathway, run_pathway
from model.scenario import Scenario, load_scenario

# The same cases on every machine, so that a failure is there for everybody; "random" looks for new ones:
# python -m pytest --hypothesis-profile=random
# Constants found in the modules that are loaded would be drawn too, and those depend on the tests that ran before.
providers.is_local_module_file = lambda path: False
settings.register_profile("random", derandomize=False)
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


@pytest.fixture(scope="session")
def data() -> Data:
    return shipped_data()


@pytest.fixture(scope="session")
def no_new_policy() -> Scenario:
    return load_scenario("no_new_policy")


@pytest.fixture(scope="session")
def carbon_half() -> Scenario:
    return load_scenario("carbon_half")


@pytest.fixture(scope="session")
def levers_with() -> Callable[..., Levers]:
    def build(*changes: str) -> Levers:
        return load_scenario("no_new_policy", changes).levers

    return build


@pytest.fixture(scope="session")
def base_run(data: Data, no_new_policy: Scenario) -> Pathway:
    return run_pathway(no_new_policy.levers, data)


@pytest.fixture(scope="session")
def half_run(data: Data, carbon_half: Scenario) -> Pathway:
    return run_pathway(carbon_half.levers, data)


@pytest.fixture(scope="session")
def made_up() -> xr.Dataset:
    """Return the made-up result; tests that change it take a copy."""
    return synthetic_dataset()


@pytest.fixture(scope="session")
def thin(made_up: xr.Dataset) -> xr.Dataset:
    """Return the made-up result for two municipalities: quick to write."""
    return made_up.isel(region=slice(0, 2))
