"""What is shared out to the municipalities: the parts make the whole, and each is what floor area and panels say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from model.inputs import Data
from model.labels import classification
from model.pathway import Pathway
from model.regions import municipal_basis, regional_co2
from model.schema import QUALITIES, VARIABLES


@pytest.fixture(params=["base_run", "half_run"])
def run(request: pytest.FixtureRequest) -> Pathway:
    return request.getfixturevalue(request.param)


def test_municipalities_sum_to_the_metropolis_in_every_year_class_and_view(run: Pathway) -> None:
    by_region, whole = run.values["co2_by_region"], run.values["co2"].sum(axis=2)
    for number, name in enumerate(run.axes.building_classes):
        inside = np.array([row["building_class"] == name for row in classification("segments").values()])
        assert_allclose(by_region[:, :, number].sum(axis=1), whole[:, inside].sum(axis=1), rtol=1e-10)
    assert by_region.min() >= 0


def test_classes_of_a_sector_make_the_sector(run: Pathway) -> None:
    for sector in ("residential", "commercial"):
        inside = [row["sector"] == sector for row in classification("building_classes").values()]
        of_sector = run.values["co2_by_region"][:, :, inside, 0].sum(axis=(1, 2)) / 1e3
        published_with = run.values["greenhouse_gas"][:, run.axes.sectors.index(sector)]
        assert_allclose(of_sector, published_with, rtol=1e-10)


def test_one_municipality_by_hand(run: Pathway) -> None:
    """Chiyoda in 2030: its energy bought, carrier by carrier as another variable has it, times the factors."""
    values, axes = run.values, run.axes
    year, place = axes.year_index(2030), axes.regions.index("13101")
    bought = values["purchased_energy_by_region"][year, place].sum(axis=0)
    co2 = float(bought @ run.supply.carriers[year, :, 0])
    assert values["co2_by_region"][year, place, :, 0].sum() == pytest.approx(co2, rel=1e-10)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_energy_and_panels_are_shared_out_whole(seed: int) -> None:
    """Whatever the shares, the regions make the segment's energy times its factors, less what the panels save."""
    draw = np.random.default_rng(seed)
    final, carriers = draw.uniform(0, 5, (2, 3, 4)), draw.uniform(0, 0.2, (2, 4, 2))
    place, on_site = draw.dirichlet(np.ones(6), (2, 3)), draw.uniform(0, 0.01, (2, 3, 6))
    cells = regional_co2(final, place, on_site, carriers, electricity=1)
    for year in range(2):
        for segment in range(3):
            bought = final[year, segment].copy()
            bought[1] -= on_site[year, segment].sum()
            assert_allclose(cells[year, segment].sum(axis=0), bought @ carriers[year], rtol=1e-12)


def test_every_variable_by_municipality_says_how_it_was_shared_out() -> None:
    by_region = {name for name, row in VARIABLES.items() if "region" in row.dims}
    assert by_region <= set(classification("downscaling"))
    assert {row["quality"] for row in classification("downscaling").values()} <= set(QUALITIES)


def test_what_is_known_of_a_municipality(data: Data, run: Pathway) -> None:
    basis = dict(zip(run.axes.regions, municipal_basis(data, run.axes), strict=True))
    # The tax roll prints offices of seven wards, Chiyoda among them; Ogasawara has people and households only.
    assert basis["13101"].split() == [
        "population=published", "households=estimate", "detached_share=estimate", "office_floor_area=published",
    ]  # fmt: skip
    assert basis["13421"].endswith("detached_share=none office_floor_area=none")
