"""Equations of energy, equipment cost, panels and emissions, against figures worked by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from model.calibration import service_level, split_factors
from model.emissions import building_co2, primary_energy, real_electricity_factor, renewable_share_of_use
from model.energy import final_energy, service_area
from model.inputs import Data
from model.pathway import run_axes
from model.solar import _installed_to_date, degraded, self_use
from model.survival import Survival, survival_table
from model.technology import annual_cost


def test_annual_cost_is_annuity_plus_energy() -> None:
    # 100,000 yen over 10 years at 5 %: the annuity factor of textbooks is 0.1295046; 4,000 yen/GJ at 80 %: 5,000.
    cost = annual_cost(
        np.array([100_000.0]), np.array([0.0]), np.array([10.0]), 0.05, np.array([4000.0]), np.array([0.8])
    )
    assert_allclose(cost, [12950.4575 + 5000.0], rtol=1e-7)


def test_subsidy_takes_its_share_of_the_investment_only() -> None:
    arguments = (np.array([13.0]), 0.05, np.array([4000.0]), np.array([0.8]))
    full = annual_cost(np.array([100_000.0]), np.array([0.0]), *arguments)
    half = annual_cost(np.array([100_000.0]), np.array([0.5]), *arguments)
    assert_allclose(full - 5000.0, 2 * (half - 5000.0))


def test_split_factors_close_total_and_electricity() -> None:
    # 60 of heat with 10 electric, 40 of electric uses: to make 100 with 62 electric, heat must fall.
    a, b = split_factors(60.0, 10.0, 40.0, 40.0, 100.0, 62.0)
    assert a == pytest.approx(0.76)
    assert b == pytest.approx(1.36)


def test_service_level_is_straight_between_knots_and_flat_after() -> None:
    years = np.array([2000.0, 2005.0, 2010.0, 2020.0])
    level = service_level(years, np.array([2000.0, 2010.0]), np.log([1.0, 4.0]), np.log(0.5), np.array([0, 0, 0, 1.0]))
    assert_allclose(level, [1.0, 2.0, 4.0, 2.0])


def test_service_area_weighs_levels() -> None:
    area = np.array([[[100.0, 50.0]]])
    factors = np.array([[[1.0, 2.0], [0.5, 0.0]]])
    assert_allclose(service_area(area, factors), [[[125.0, 200.0]]])


def test_final_energy_goes_to_the_carrier_of_its_technology(data: Data) -> None:
    axes = run_axes(data, 2050)
    useful = np.zeros((1, len(axes.segments), len(axes.end_uses)))
    useful[:, 3, axes.end_uses.index("hot_water")] = 90.0
    per_useful = np.zeros((1, len(axes.segments), len(axes.technologies)))
    per_useful[:, 3, axes.technologies.index("gas_water_heater")] = 0.5 / 0.9
    per_useful[:, 3, axes.technologies.index("heat_pump_water_heater")] = 0.5 / 3.0
    final = final_energy(useful, per_useful, axes)
    place = (0, 3, axes.end_uses.index("hot_water"))
    assert final[(*place, axes.carriers.index("city_gas"))] == pytest.approx(50.0)
    assert final[(*place, axes.carriers.index("electricity"))] == pytest.approx(15.0)
    assert final.sum() == pytest.approx(65.0)


def test_panels_lose_half_a_percent_a_year() -> None:
    assert_allclose(degraded(np.array([-0.5, 0.0, 1.0, 20.0]), 0.005), [1.0, 1.0, 0.995, 0.995**20])


def test_self_use_never_exceeds_use() -> None:
    used = self_use(np.array([[10.0, 1000.0]]), np.array([[0.4]]), np.array([[50.0, 50.0]]))
    assert_allclose(used, [[4.0, 50.0]])


def test_installations_build_up_the_known_capacity() -> None:
    years = np.arange(2000, 2031)
    standing = survival_table([Survival.weibull(4.0, 25.0)], years, years)[:, 0]
    capacity = np.linspace(5.0, 500.0, len(years))
    assert_allclose(standing @ _installed_to_date(capacity, standing), capacity, rtol=1e-12)


def test_roofs_count_in_the_share_of_all_use() -> None:
    # 30 renewable of 80 bought and 20 from roofs: half of the 100 used.
    assert renewable_share_of_use(np.array([30 / 80]), np.array([80.0]), np.array([20.0])) == pytest.approx([0.5])


def test_emissions_by_hand() -> None:
    # 1 TJ of city gas at 0.04987 kg/MJ is 49.87 t.
    co2 = building_co2(np.array([[[1.0]]]), np.array([[[0.04987, 0.04987]]]))
    assert_allclose(co2 * 1e3, [[[[49.87, 49.87]]]])
    assert real_electricity_factor(0.5, 0.45) == pytest.approx(0.225)
    assert_allclose(primary_energy(np.array([3.6, 1.0]), np.array([9.76 / 3.6, 1.0])), 10.76)
