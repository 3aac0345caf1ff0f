"""Demand, lifetimes, base-year stock and the march on the data that ship."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

from model.base_stock import base_standards, base_stock
from model.demand import demand, region_shares, segment_dwellings, sizes, total_dwellings, vacancy_rate
from model.inputs import Data
from model.levers import Levers
from model.lifetimes import lifetimes, mean_in_range, office_cohorts, weibull_variation, weibull_with_mean
from model.pathway import Pathway, run_axes
from model.scenario import Scenario
from model.survival import conditional_survival, mean_lifetime


def test_demand_is_shared_out_without_loss(data: Data, no_new_policy: Scenario) -> None:
    axes = run_axes(data, 2050)
    shares = region_shares(data, axes)
    assert shares.min() >= 0
    assert_allclose(shares.sum(axis=2), 1.0, rtol=1e-12)
    levers = no_new_policy.levers
    dwellings = segment_dwellings(data, levers, axes)
    residential = axes.segments_where(sector="residential")
    assert_allclose(demand(data, levers, axes)[:, residential].sum(axis=(1, 2)), dwellings.sum(axis=1), rtol=1e-12)
    assert_allclose(dwellings.sum(axis=1), total_dwellings(data, levers, axes.years.astype(float)), rtol=1e-12)


def test_central_wards_have_the_offices_and_outer_cities_the_houses(data: Data) -> None:
    axes = run_axes(data, 2050)
    today = region_shares(data, axes)[axes.year_index(2022)]
    office, house = axes.segments.index("office_large"), axes.segments.index("detached_custom")
    chiyoda, hachioji = axes.regions.index("13101"), axes.regions.index("13201")
    # Tax roll of 2018: Chiyoda 17.12 of 93.66 Mm2 in the wards and about 7 beyond.
    assert today[office, chiyoda] == pytest.approx(17.12 / 100.66, rel=0.02)
    assert today[house, hachioji] > 20 * today[house, chiyoda]


def test_more_vacancy_asks_for_more_dwellings(data: Data, levers_with: Callable[..., Levers]) -> None:
    years = np.array([2022.0, 2030.0])
    low = total_dwellings(data, levers_with("demand.vacancy_rate=0.10"), years)
    high = total_dwellings(data, levers_with("demand.vacancy_rate=0.20"), years)
    assert low[0] == high[0]
    assert high[1] / low[1] == pytest.approx(0.9 / 0.8)
    assert_allclose(
        vacancy_rate(data, levers_with("demand.vacancy_rate=0.20"), np.array([2023.0, 2024.0])), [0.1095, 0.2]
    )


@pytest.mark.parametrize(("mean", "shape"), [(54.0, 2.4), (12.0, 3.0), (70.0, 1.0)])
def test_weibull_has_the_mean_asked_for(mean: float, shape: float) -> None:
    assert mean_lifetime(weibull_with_mean(mean, shape)) == pytest.approx(mean, rel=1e-12)


def test_fitted_lives_stay_within_the_literature(data: Data, no_new_policy: Scenario) -> None:
    axes = run_axes(data, 2050)
    levers = no_new_policy.levers
    fitted = lifetimes(data, levers, axes, segment_dwellings(data, levers, axes))
    for name, mean in fitted.mean.items():
        assert mean_in_range(data, name, 0.0) - 1e-9 <= mean <= mean_in_range(data, name, 1.0) + 1e-9
    # The tax-ledger survey of 2005 found 54 years; the fit to starts must not need another world.
    assert 45 < fitted.mean["detached"] < 62


@pytest.mark.parametrize("family", ["weibull", "log_normal", "gamma", "normal"])
def test_every_family_keeps_the_mean(family: str, data: Data, levers_with: Callable[..., Levers]) -> None:
    axes = run_axes(data, 2050)
    levers = levers_with("stock.lifetime=literature", f"stock.survival_family={family}")
    life = lifetimes(data, levers, axes, segment_dwellings(data, levers, axes))
    assert mean_lifetime(life.curves["detached"]) == pytest.approx(54.0, rel=1e-6)
    assert life.curves["detached"].family == family


def test_spread_of_a_weibull_curve() -> None:
    # Shape 1 is the exponential, whose sd is its mean; shape 2 the Rayleigh, sqrt(4/pi - 1).
    assert weibull_variation(1.0) == pytest.approx(1.0)
    assert weibull_variation(2.0) == pytest.approx((4 / np.pi - 1) ** 0.5)


def test_offices_carried_back_come_forward_again(data: Data) -> None:
    axes = run_axes(data, 2050)
    curve = weibull_with_mean(50.0, 2.5)
    base = office_cohorts(data, axes, curve)
    ages = np.maximum(2000 - axes.vintages + 0.5, 0.0)
    later = base * conditional_survival(curve, ages + 21.0, ages)
    before_1970 = axes.vintages < 1970
    assert later[before_1970].sum() == pytest.approx(7.27e6)
    assert later[(axes.vintages >= 1990) & (axes.vintages < 2000)].sum() == pytest.approx(22.53e6)


def test_base_stock_sums_to_what_stood(data: Data, no_new_policy: Scenario) -> None:
    axes = run_axes(data, 2050)
    levers = no_new_policy.levers
    wanted = demand(data, levers, axes)[0]
    life = lifetimes(data, levers, axes, segment_dwellings(data, levers, axes))
    stock = base_stock(data, axes, life, wanted)
    assert_allclose(stock.sum(axis=2), wanted, rtol=1e-12)
    assert stock[:, :, axes.vintages > 2000].sum() == 0
    # Reconstructed stock of 2000: 655.0 of 1,672.1 thousand detached houses were built before 1971.
    houses = stock[axes.segments_where(building_type="detached")].sum(axis=(0, 1))
    assert houses[axes.vintages < 1971].sum() / houses.sum() == pytest.approx(655.0 / 1672.1, rel=1e-3)


def test_standards_of_every_vintage_sum_to_one(data: Data) -> None:
    axes = run_axes(data, 2050)
    mix = base_standards(data, axes)
    assert_allclose(mix.sum(axis=2), 1.0, atol=1e-9)
    assert mix[:, axes.vintages < 1979, axes.standards.index("none")].min() == 1.0


def test_sizes_change_with_the_base_year(data: Data, no_new_policy: Scenario) -> None:
    axes = run_axes(data, 2050)
    size = sizes(data, no_new_policy.levers, axes)
    house = axes.segments.index("detached_custom")
    assert size.floor_area[house, axes.vintage_index(2000)] == 108
    assert size.floor_area[house, axes.vintage_index(2001)] == 97
    office = axes.segments.index("office_small")
    assert size.floor_area[office, 0] == 1
    assert size.dwellings[office, 0] == 0
    assert 1 / size.buildings[office, 0] == 350


GROUPS = ["detached_custom", "detached_for_sale", "rental_small", "condominium_small", "apartment_large"]


@pytest.mark.parametrize("group", GROUPS)
def test_starts_do_not_jump_where_history_ends(group: str, base_run: Pathway) -> None:
    built = base_run.values["built_dwellings"][:, base_run.axes.segments_where(policy_group=group)].sum(axis=(1, 2))
    years = slice(base_run.axes.year_index(2019), base_run.axes.year_index(2027) + 1)
    change = built[years][1:] / built[years][:-1] - 1.0
    assert np.abs(change).max() < 0.1


def test_the_outlook_does_not_reach_back(data: Data, levers_with: Callable[..., Levers]) -> None:
    years = np.arange(2000.0, 2051.0)
    new, old = (
        total_dwellings(data, levers_with(f"demand.households={name}"), years) for name in ("tmg_2024", "tmg_2015_base")
    )
    assert_allclose(new[years <= 2023], old[years <= 2023], rtol=1e-12)
    assert new[-1] > 1.03 * old[-1]
