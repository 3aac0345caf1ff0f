"""What must hold in every pathway, whatever the scenario."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from model.faults import BadInput
from model.inputs import Data
from model.levers import Levers
from model.pathway import Pathway, run_pathway
from model.scenario import Scenario


@pytest.fixture(params=["base_run", "half_run"])
def run(request: pytest.FixtureRequest) -> Pathway:
    return request.getfixturevalue(request.param)


def test_floor_area_balances_in_every_cell(run: Pathway) -> None:
    values = run.values
    change = np.diff(values["floor_area"], axis=0)
    flows = (values["built_floor_area"] - values["demolished_floor_area"])[1:]
    scale = np.maximum(values["floor_area"][1:], 1.0)
    assert np.abs((change - flows) / scale).max() < 1e-10
    assert run.stock.largest_residual <= 1e-10


def test_every_breakdown_sums_to_the_same_floor_area(run: Pathway) -> None:
    area = run.values["floor_area"].sum(axis=2)
    assert_allclose(run.values["floor_area_by_standard"].sum(axis=2), area, rtol=1e-9)
    assert_allclose(run.values["floor_area_by_vintage_class"].sum(axis=2), area, rtol=1e-12)


def test_technologies_of_an_end_use_serve_all_of_it(run: Pathway) -> None:
    for end_use in run.axes.end_uses:
        served = run.values["technology_share"][:, :, run.axes.technologies_of(end_use)].sum(axis=2)
        assert_allclose(served, 1.0, atol=1e-9)


def test_energy_is_the_same_by_every_way(run: Pathway) -> None:
    values, electricity = run.values, run.axes.carriers.index("electricity")
    on_site = values["solar_self_use"].sum(axis=2) * 3.6e-3
    bought = values["final_energy"].sum(axis=2)
    bought[:, :, electricity] -= on_site
    assert_allclose(values["purchased_energy"], bought, rtol=1e-12)
    by_region = values["purchased_energy_by_region"].sum(axis=1)
    for number, sector in enumerate(("residential", "commercial")):
        inside = run.axes.segments_where(sector=sector)
        assert_allclose(by_region[:, number], values["purchased_energy"][:, inside].sum(axis=1), rtol=1e-9)
    assert_allclose(values["solar_self_use"] + values["solar_export"], values["solar_generation"], rtol=1e-12)


def test_emissions_add_up_and_the_views_differ_only_in_electricity(run: Pathway) -> None:
    values, axes = run.values, run.axes
    real = values["co2"][..., 0].sum(axis=2)
    for sector in ("residential", "commercial"):
        inside = axes.segments_where(sector=sector)
        column = values["greenhouse_gas"][:, axes.sectors.index(sector)]
        assert_allclose(column, real[:, inside].sum(axis=1) / 1e3, rtol=1e-12)
    fuels = [i for i, name in enumerate(axes.carriers) if name != "electricity"]
    assert_array_equal(values["co2"][:, :, fuels, 0], values["co2"][:, :, fuels, 1])


def test_crude_oil_equivalent_is_in_kilolitres(run: Pathway) -> None:
    # 1 PJ of primary energy is 25,800 kL by the statutory factor.
    assert_allclose(run.values["crude_oil_equivalent"], run.values["primary_energy"] * 25.8, rtol=1e-12)


def test_history_is_the_same_in_every_scenario(base_run: Pathway, half_run: Pathway) -> None:
    until = base_run.axes.year_index(2022) + 1
    for name in ("floor_area", "final_energy", "solar_capacity", "greenhouse_gas"):
        assert_allclose(half_run.values[name][:until], base_run.values[name][:until], rtol=1e-12, err_msg=name)


FUTURE = [
    "demand.households=tmg_2015_base",
    "stock.lifetime_factor.residential=1.3",
    "demand.floor_area_per_dwelling_factor={2022: 1, 2030: 1.2}",
    "solar.kw_per_building.all=9",
    "new_building_standard.all={2022: {zeb_ready: 1}}",
    "electricity.fixed_factor_after=0.2",
]


@pytest.mark.parametrize("change", FUTURE)
def test_no_lever_of_the_future_changes_the_past(
    change: str, data: Data, levers_with: Callable[..., Levers], base_run: Pathway
) -> None:
    run = run_pathway(levers_with(change), data)
    until = base_run.axes.year_index(2022) + 1
    different = False
    for name, values in base_run.values.items():
        assert_allclose(run.values[name][:until], values[:until], rtol=1e-9, atol=1e-9, err_msg=name)
        different |= not np.allclose(run.values[name][until:], values[until:], rtol=1e-9)
    assert different


def test_the_same_levers_give_the_same_bits(data: Data, no_new_policy: Scenario, base_run: Pathway) -> None:
    again = run_pathway(no_new_policy.levers, data)
    for name, values in base_run.values.items():
        assert_array_equal(again.values[name], values, err_msg=name)


def test_order_of_municipalities_in_a_table_does_not_matter(
    data: Data, no_new_policy: Scenario, base_run: Pathway
) -> None:
    frames = dict(data.frames)
    for name in ("buildings/municipalities", "buildings/segments", "energy/technologies", "buildings/lifetimes"):
        frames[name] = frames[name].sample(frac=1.0, random_state=7).reset_index(drop=True)
    shuffled = run_pathway(no_new_policy.levers, dataclasses.replace(data, frames=frames))
    assert_allclose(shuffled.values["floor_area"], base_run.values["floor_area"], rtol=1e-9)
    assert_allclose(shuffled.values["greenhouse_gas"], base_run.values["greenhouse_gas"], rtol=1e-7)


def test_longer_lives_build_less(data: Data, levers_with: Callable[..., Levers]) -> None:
    built = [
        run_pathway(
            levers_with("stock.lifetime=literature", f"stock.lifetime_factor.residential={factor}"), data
        ).values["built_dwellings"].sum()
        for factor in (0.8, 1.0, 1.25)
    ]  # fmt: skip
    assert built[0] > built[1] > built[2]


LESS_GAS = [
    "electricity.renewable_share={2022: 0.223, 2030: 0.6}",
    "electricity.thermal_factor={2022: 0.5701, 2030: 0.4}",
    "renovation.rate.all=0.05",
    "service.residential={2022: 1, 2030: 0.8}",
    "fuel.city_gas_factor={2022: 1, 2030: 0.5}",
    "solar.retrofit_mw=200",
    "equipment.last_year={oil_heater: 2025, oil_water_heater: 2025, all: null}",
    "other_sectors.other_gases_mt={2022: 7.55, 2030: 2}",
    "demand.non_residential_factor={2022: 1, 2030: 0.9}",
]


@pytest.mark.parametrize("change", LESS_GAS)
def test_every_measure_lowers_emissions_and_nothing_before_it(
    change: str, data: Data, levers_with: Callable[..., Levers], base_run: Pathway
) -> None:
    run = run_pathway(levers_with(change), data)
    total, base = run.values["greenhouse_gas_total"], base_run.values["greenhouse_gas_total"]
    until = base_run.axes.year_index(2022) + 1
    assert_allclose(total[:until], base[:until], rtol=1e-12)
    assert np.all(total[base_run.axes.year_index(2030) :] < base[base_run.axes.year_index(2030) :])


def test_what_is_banned_dies_out_and_subsidy_spreads(
    data: Data, levers_with: Callable[..., Levers], base_run: Pathway
) -> None:
    axes = base_run.axes
    gas, pump = (axes.technologies.index(name) for name in ("gas_water_heater", "heat_pump_water_heater"))
    end = "{gas_water_heater: 2030, lpg_water_heater: 2030, oil_water_heater: 2030, all: null}"
    banned = run_pathway(levers_with(f"equipment.last_year={end}", f"equipment.last_year_new={end}"), data)
    assert banned.values["technology_share"][-1, :, gas].max() < 0.1
    assert np.all(np.diff(banned.values["technology_share"][axes.year_index(2031) :, :, gas], axis=0) <= 1e-12)
    helped = run_pathway(levers_with("equipment.subsidy.heat_pump_water_heater=0.5"), data)
    share, base = helped.values["technology_share"][..., pump], base_run.values["technology_share"][..., pump]
    assert np.all(share[axes.year_index(2023) :] > base[axes.year_index(2023) :])


def test_renovation_alone_moves_floor_area_up(
    data: Data, levers_with: Callable[..., Levers], base_run: Pathway
) -> None:
    run = run_pathway(levers_with("renovation.rate.all=0.05"), data)
    assert_array_equal(run.values["floor_area"], base_run.values["floor_area"])
    worse = np.cumsum(run.values["floor_area_by_standard"] - base_run.values["floor_area_by_standard"], axis=2)
    area = base_run.values["floor_area"].sum(axis=2)[:, :, None]
    assert (worse / area).max() < 1e-9
    assert worse[-1].min() < 0


@pytest.mark.parametrize("falling", ["vacant", "demolish_oldest"])
def test_a_falling_stock_balances_in_both_ways(falling: str, data: Data, levers_with: Callable[..., Levers]) -> None:
    changes = ("demand.non_residential_factor={2022: 1, 2030: 0.5}", f"stock.falling={falling}")
    run = run_pathway(levers_with(*changes), data)
    values = run.values
    assert run.stock.falling
    assert (
        values["surplus_vacant_floor_area"].sum() > 0
        if falling == "vacant"
        else values["surplus_demolished_floor_area"].sum() > 0
    )
    assert (
        values["surplus_demolished_floor_area"].sum() == 0
        if falling == "vacant"
        else values["surplus_vacant_floor_area"].sum() == 0
    )
    change = np.diff(values["floor_area"], axis=0)
    flows = (values["built_floor_area"] - values["demolished_floor_area"])[1:]
    assert np.abs((change - flows) / np.maximum(values["floor_area"][1:], 1.0)).max() < 1e-10


def test_stop_names_year_and_cells(data: Data, levers_with: Callable[..., Levers]) -> None:
    with pytest.raises(BadInput) as bad:
        run_pathway(levers_with("demand.non_residential_factor={2022: 1, 2026: 0.5}", "stock.falling=stop"), data)
    text = str(bad.value)
    assert "202" in text
    assert "office_large / 13101" in text
    assert "vacant" in text


def test_panels_end_where_roofs_do(data: Data, levers_with: Callable[..., Levers]) -> None:
    with pytest.raises(BadInput, match=r"more panels than the roofs .* GW; allowed: ≤ 9.50 GW"):
        run_pathway(levers_with("solar.retrofit_mw=600"), data)


def test_renovation_can_be_kept_to_the_worst_level(
    data: Data, levers_with: Callable[..., Levers], base_run: Pathway
) -> None:
    only_worst = "renovation.rate_of_level={none: 1, all: 0}"
    run = run_pathway(levers_with("renovation.rate.all=0.05", only_worst), data)
    still = run_pathway(levers_with("renovation.rate.all=0"), data)
    change = run.values["floor_area_by_standard"][-1] - still.values["floor_area_by_standard"][-1]
    worst = base_run.axes.standards.index("none")
    assert change[:, worst].min() < 0
    # No other level loses floor area: all that moves comes from the worst.
    assert np.delete(change, worst, axis=1).min() > -1e-3
    assert np.abs(change.sum(axis=1)).max() < 1.0
