"""Costs of a pathway against sums of its own quantities, and the books: transfers cancel, payers bear all."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

from model.axes import PROJECTION_FROM
from model.costs import present_value
from model.inputs import Data
from model.levers import Levers
from model.pathway import Pathway, run_pathway
from model.scenario import load_scenario


def _item(run: Pathway, name: str, variable: str = "annual_cost") -> np.ndarray:
    return run.values[variable][:, :, run.axes.cost_items.index(name)]


def test_nothing_is_counted_before_the_projection(half_run: Pathway) -> None:
    past = half_run.axes.years < PROJECTION_FROM
    for name in ("expenditure", "annual_cost", "transfer"):
        assert not half_run.values[name][past].any()
        assert half_run.values[name][~past].any()


def test_transfers_cancel_and_are_half_of_the_heat_pumps_that_get_half(
    data: Data, levers_with: Callable[..., Levers]
) -> None:
    changes = ("equipment.subsidy.heat_pump_water_heater=0.5", "service.residential=0.9", "service.commercial=0.8")
    run = run_pathway(levers_with(*changes), data, resolution="metropolis")
    transfer, axes = run.values["transfer"], run.axes
    assert_allclose(transfer.sum(axis=1), 0.0, atol=1e-3)
    year, metropolis = axes.year_index(2030), axes.payers.index("metropolis")
    assert transfer[year, metropolis] < 0 < transfer[year, axes.payers.index("households")]
    # By hand: half of what is installed × useful energy at full service × 55,000 yen per GJ a year.
    installed = run.values["technology_installed"][year, :, axes.technologies.index("heat_pump_water_heater")]
    useful = run.values["useful_energy"][year, :, axes.end_uses.index("hot_water")]
    full = useful / np.where(axes.segments_where(sector="residential"), 0.9, 0.8)
    granted = 0.5 * 55_000 * 1e3 * installed * full
    of_metropolis = axes.segments_where(tenure="metropolitan")
    assert transfer[year, metropolis] == pytest.approx(-granted[~of_metropolis].sum(), rel=1e-9)
    assert _item(run, "administration")[year].sum() == pytest.approx(0.05 * granted.sum(), rel=1e-9)


def test_bills_are_energy_bought_at_the_price_of_the_sector(base_run: Pathway, data: Data) -> None:
    year, carrier = base_run.axes.year_index(2040), base_run.axes.carriers.index("electricity")
    bought = base_run.values["purchased_energy"][year, :, carrier] * 1e6 / 3.6  # kWh
    homes = base_run.axes.segments_where(sector="residential")
    households = base_run.axes.payers.index("households")
    paid = _item(base_run, "electricity")[year]
    assert paid[households] == pytest.approx(29.0 * bought[homes].sum(), rel=1e-6)
    assert paid.sum() - paid[households] == pytest.approx(25.0 * bought[~homes].sum(), rel=1e-6)
    ward = base_run.axes.segments_where(tenure="ward")
    assert paid[base_run.axes.payers.index("wards")] == pytest.approx(25.0 * bought[ward].sum(), rel=1e-6)


def test_renovation_is_area_reached_at_the_price_of_the_level(base_run: Pathway) -> None:
    # Dwellings reach 1992, 1999 and BEI 1.0 at 15,400, 30,800 and 30,800 yen/m2 in houses.
    houses = base_run.axes.segments_where(building_type="detached")
    year = base_run.axes.year_index(PROJECTION_FROM)
    area = base_run.values["renovated_floor_area_by_standard"][year, houses].sum(axis=0)
    at = dict(zip(base_run.axes.standards, area.tolist(), strict=True))
    by_hand = 15_400 * at["s1992"] + 30_800 * (at["s1999"] + at["bei_100"])
    others = base_run.axes.segments_where(tenure="owner") & ~houses
    condominiums = dict(
        zip(
            base_run.axes.standards,
            base_run.values["renovated_floor_area_by_standard"][year, others].sum(axis=0).tolist(),
            strict=True,
        )
    )
    by_hand += 8_300 * condominiums["s1992"] + 16_700 * (condominiums["s1999"] + condominiums["bei_100"])
    households = base_run.axes.payers.index("households")
    assert _item(base_run, "renovation", "expenditure")[year, households] == pytest.approx(by_hand, rel=1e-9)


def test_floor_area_reached_is_at_least_the_net_gain(half_run: Pathway) -> None:
    reached = half_run.values["renovated_floor_area_by_standard"].sum(axis=2)
    net = half_run.values["renovated_floor_area"]
    assert np.all(reached >= net * (1 - 1e-12))
    built = half_run.values["built_floor_area_by_standard"].sum(axis=2)
    assert_allclose(built, half_run.values["built_floor_area"].sum(axis=2), rtol=1e-9)


def test_equipment_of_a_year_keeps_what_stands(base_run: Pathway) -> None:
    # Over thirty years, twice the life of most equipment, all that stands was installed within them.
    share = base_run.values["technology_share"][-1]
    installed = base_run.values["technology_installed"]
    assert np.all(installed[1:].sum(axis=0) >= share - 1e-9)
    assert np.all(installed <= base_run.values["technology_share"] + 1e-9)


def test_no_works_cost_nothing(data: Data, levers_with: Callable[..., Levers]) -> None:
    run = run_pathway(
        levers_with("renovation.rate={all: 0}", "solar.new_building_share={all: 0}", "solar.retrofit_mw=0"),
        data,
        resolution="metropolis",
    )
    assert not _item(run, "renovation").any()
    assert not run.values["solar_installed_on_new"].any()
    # What is left are inverters of old panels and upkeep of those that still stand.
    upkeep = 1_900 * run.values["solar_capacity"][-1].sum()
    old = 55_000 * run.values["solar_installed"][run.axes.year_index(2050 - 15)].sum()
    assert _item(run, "panels", "expenditure")[-1].sum() == pytest.approx(upkeep + old)


def test_supply_of_today_costs_nothing_extra(data: Data, levers_with: Callable[..., Levers]) -> None:
    held = run_pathway(levers_with("electricity.renewable_share=0.219"), data, resolution="metropolis")
    assert _item(held, "clean_supply").sum() / _item(held, "electricity").sum() < 5e-4
    # All renewable in 2050: the area under a line from 0.4 to 10 yen/kWh over what was not renewable in 2022.
    clean = run_pathway(
        levers_with("electricity.renewable_share={2022: 0.219, 2050: 1}"), data, resolution="metropolis"
    )
    start = data.by_year("inventory/electricity", "renewable_share", np.array([2022.0]))[0]
    per_kwh = (0.4 + 10) / 2 * (1 - start)
    bought = clean.values["sector_electricity"][-1].sum() * 1e9
    assert _item(clean, "clean_supply")[-1].sum() == pytest.approx(per_kwh * bought, rel=1e-2)


def test_present_value_is_the_sum_written_out(half_run: Pathway, data: Data) -> None:
    flow = half_run.values["annual_cost"].sum(axis=(1, 2))
    by_hand = sum(flow[half_run.axes.year_index(year)] / 1.03 ** (year - 2023) for year in range(2023, 2051))
    assert present_value(data, half_run.axes, flow) == pytest.approx(by_hand)


def test_savings_in_use_cost_more_the_further_they_go(half_run: Pathway) -> None:
    year = half_run.axes.year_index(2040)
    saved = 1.0 - half_run.values["energy_left_by_programmes"][year]
    works = half_run.values["floor_area"][year].sum(axis=1) * (10_000 * saved + 190_000 * saved**2 / 2)
    # Capital recovery factor of 12 years at 3 %, payments at year's end: 0.100462.
    assert _item(half_run, "operation")[year].sum() == pytest.approx(works.sum() * 0.100462 / 1.03, rel=1e-5)
    assert 0.0 < saved.max() < 0.6


def test_grants_of_homes_are_paid_where_the_programme_acts(data: Data, levers_with: Callable[..., Levers]) -> None:
    plain = ("renovation.rate={all: 0}", "new_building_standard={all: {2022: {bei_100: 1}}}")
    absent = run_pathway(levers_with(*plain), data, resolution="metropolis")
    assert not absent.values["transfer"].any()
    changes = (*plain, "programmes.rule_set=adopted_2025", "programmes.form.subsidies=rule")
    run = run_pathway(levers_with(*changes), data, resolution="metropolis")
    # Nothing is renovated, no level above the national standard is built, so panels alone are granted: 100,000 yen/kW
    # on new homes and 120,000 on existing ones, the rates of FY2025 for 4 kW.
    year, homes = run.axes.year_index(2030), run.axes.segments_where(sector="residential")
    on_new = run.values["solar_installed_on_new"][year, homes].sum()
    on_old = run.values["solar_installed"][year, homes].sum() - on_new
    paid = -run.values["transfer"][year, run.axes.payers.index("metropolis")]
    assert paid == pytest.approx(100_000 * on_new + 120_000 * on_old, rel=1e-9)


def test_grants_stay_below_the_published_budget(data: Data) -> None:
    # 70.2 billion yen of FY2025 for homes, which also pay for what the model does not have, such as batteries.
    run = run_pathway(load_scenario("adopted_2025").levers, data, resolution="metropolis")
    paid = -run.values["transfer"][run.axes.year_index(2025), run.axes.payers.index("metropolis")]
    assert 1e10 < paid < 7.02e10
    assert_allclose(run.values["transfer"].sum(axis=1), 0.0, atol=1e-3)
