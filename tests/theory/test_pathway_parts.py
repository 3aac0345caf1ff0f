"""Parts of a pathway in cases so plain that the answer can be written down."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

from model.emitting import _energy
from model.energy import reference_intensity
from model.faults import BadInput
from model.inputs import Data
from model.levers import Levers
from model.pathway import Pathway, run_pathway
from model.policy.acting import Scene
from model.solar import SolarYears, solar_years
from model.standing import _occupied
from model.technology import chosen_shares, equipment_years


def with_values(data: Data, table: str, quantity: str, value: float, **labels: str) -> Data:
    """Return the data with one quantity set to a value where its dims have the given labels."""
    frame = data.frames[table].copy()
    chosen = frame["quantity"] == quantity
    for dim, label in labels.items():
        chosen &= frame[dim] == label
    assert chosen.any()
    frame.loc[chosen, "value"] = value
    return dataclasses.replace(data, frames={**data.frames, table: frame})


def test_nobody_uses_energy_in_vacant_dwellings_and_surplus_buildings(
    data: Data, levers_with: Callable[..., Levers], base_run: Pathway
) -> None:
    axes, area = base_run.axes, base_run.values["floor_area"]
    stock = dataclasses.replace(
        base_run.stock, values={"floor_area": area, "surplus_vacant_floor_area": np.zeros_like(area)}
    )
    levers = levers_with("demand.vacancy_rate=0.25")
    used = _occupied(data, levers, axes, stock)
    dwellings, others = (axes.segments_where(sector=name) for name in ("residential", "commercial"))
    assert_allclose(used[axes.year_index(2040), dwellings], 0.75)
    assert_allclose(used[:, others], 1.0)
    # The survey of 2018 counted 10.6 % of dwellings vacant.
    assert_allclose(used[axes.year_index(2018), dwellings], 0.894)
    stock.values["surplus_vacant_floor_area"] = 0.1 * area
    used = _occupied(data, levers, axes, stock)
    assert_allclose(used[axes.year_index(2040), dwellings], 0.9 * 0.75)
    assert_allclose(used[axes.year_index(2040), others], 0.9)


def test_vacant_dwellings_use_no_energy_in_a_pathway(
    data: Data, levers_with: Callable[..., Levers], base_run: Pathway
) -> None:
    # Other things equal: dwellings that households live in stay the same, vacant ones come on top and use nothing, so
    # the energy of a dwelling falls as the share in use does.
    vacant = run_pathway(levers_with("demand.vacancy_rate={2023: 0.1095, 2024: 0.25}"), data)
    index, homes = base_run.axes.year_index(2024), base_run.axes.segments_where(sector="residential")
    each = [
        run.values["useful_energy"][index, homes].sum() / run.values["dwellings"][index, homes].sum()
        for run in (vacant, base_run)
    ]
    # The many houses of one year are better and bigger: that moves the ratio by some percent, vacancy by 16.
    assert each[0] / each[1] == pytest.approx(0.75 / 0.8905, rel=0.06)


def test_panels_lose_yield_by_age_once(data: Data, levers_with: Callable[..., Levers], base_run: Pathway) -> None:
    levers = levers_with("solar.retrofit_mw=0", "solar.new_building_share.all=0")
    buildings, built = base_run.values["buildings"], base_run.values["built_buildings"]
    given = with_values(with_values(data, "solar/parameters", "degradation", 0.03), "solar/parameters", "yield", 1200.0)
    none = np.zeros(len(base_run.axes.years))
    panels = solar_years(Scene(given, levers, base_run.axes), none, buildings, built)
    mean, shape = (data.number("solar/parameters", name) for name in ("lifetime_mean", "lifetime_shape"))
    scale = mean / math.gamma(1 + 1 / shape)
    for year in (2010, 2022, 2045):
        ages = [year - begun + 0.5 for begun in range(2000, min(year, 2022) + 1)]
        installed = panels.installed[: len(ages)].sum(axis=(1, 2))
        left = np.array([math.exp(-((age / scale) ** shape)) for age in ages])
        index = base_run.axes.year_index(year)
        assert panels.capacity[index].sum() == pytest.approx(installed @ left, rel=1e-9)
        generated = 1.2 * installed @ (left * np.array([0.97**age for age in ages]))
        assert panels.generation[index].sum() == pytest.approx(generated, rel=1e-9)


def test_no_building_uses_more_of_its_own_power_than_it_needs(
    data: Data, levers_with: Callable[..., Levers], base_run: Pathway
) -> None:
    axes, stock = base_run.axes, base_run.stock
    equipment = equipment_years(data, levers_with(), axes, stock.standing_new_share)
    electricity = axes.carriers.index("electricity")

    def energy(generation: float) -> dict[str, np.ndarray]:
        each = np.full_like(base_run.values["floor_area"], generation)
        panels = SolarYears(each, each, each, each.sum(axis=2), each[:, 0], each[:, 0], each[:, :, 0])
        return _energy(data, axes, stock, equipment, panels, base_run.values["useful_energy"])

    plenty = energy(1e9)
    bought = plenty["purchased_energy"][:, :, electricity]
    assert_allclose(bought, 0.0, atol=1e-9 * base_run.values["purchased_energy"].max())
    assert_allclose(
        plenty["solar_self_use"].sum(axis=2) * 3.6e-3,
        base_run.values["final_energy"].sum(axis=2)[:, :, electricity],
        rtol=1e-9,
    )
    little = energy(1e-3)["solar_self_use"]
    shares = {sector: data.number("solar/self_use", "self_use_share", segment_sector=sector)
              for sector in ("residential", "commercial")}  # fmt: skip
    for sector, share in shares.items():
        assert_allclose(little[:, axes.segments_where(sector=sector)], share * 1e-3, rtol=1e-12)


def test_a_subsidy_lifts_the_odds_by_what_it_takes_off_the_annuity(
    data: Data, levers_with: Callable[..., Levers], base_run: Pathway
) -> None:
    axes = base_run.axes
    pump, boiler = (axes.technologies.index(name) for name in ("heat_pump_water_heater", "gas_water_heater"))
    plain, _ = chosen_shares(data, levers_with("equipment.subsidy.all=0"), axes)
    helped, _ = chosen_shares(data, levers_with("equipment.subsidy={heat_pump_water_heater: 0.4, all: 0}"), axes)
    investment, life = (
        float(data.rows("energy/technologies", name, technology="heat_pump_water_heater")["value"].iloc[0])
        for name in ("investment", "lifetime_mean")
    )
    rate = data.number("energy/prices", "discount_rate")
    yearly = sum((1 + rate) ** (-year) for year in range(1, int(life) + 1))
    lift = math.exp(data.number("energy/prices", "choice_sensitivity") * 0.4 * investment / yearly)
    index = axes.year_index(2030)
    odds = [shares[index, 0, pump] / shares[index, 0, boiler] for shares in (helped, plain)]
    assert life == int(life)
    assert odds[0] / odds[1] == pytest.approx(lift, rel=1e-9)
    assert_allclose(helped[: axes.year_index(2023)], plain[: axes.year_index(2023)])


def test_primary_energy_of_offices_is_taken_back_to_final(data: Data, base_run: Pathway) -> None:
    office = base_run.axes.segments.index("office_small")
    table = "energy/commercial_intensity"

    def total(electric: float) -> float:
        given = with_values(data, table, "electricity_share_of_primary", electric, building_type="office")
        given = with_values(given, table, "primary_intensity", 1464.0, building_type="office")
        given = with_values(given, "inventory/carriers", "primary_energy_factor", 2.44, carrier="electricity")
        return float(reference_intensity(given, base_run.axes)[office].sum())

    # All electric: 1,464 MJ of primary energy at 2.44 are 600 MJ; all fuel: what is burnt is the primary energy.
    assert total(1.0) == pytest.approx(600.0)
    assert total(0.0) == pytest.approx(1464.0)
    assert total(0.5) == pytest.approx(300.0 + 732.0)


def test_renovation_begins_at_its_age(data: Data, levers_with: Callable[..., Levers]) -> None:
    # In 2023 what was built by 2000 is 23.5 years and older, by 2010 13.5: none of it is at the best level yet.
    for oldest, built_by in ((22.6, 2000), (23.5, 2000), (12.6, 2010), (32.6, 1990)):
        run = run_pathway(
            levers_with(
                "renovation.rate.all=0.05",
                "renovation.target.all={2022: {zeb_ready: 1}}",
                f"renovation.minimum_age.all={oldest}",
                "years.last=2023",
            ),
            data,
        )
        old = run.axes.vintage_class_bounds()[1] <= built_by
        standing = run.values["floor_area_by_vintage_class"][-1][:, old].sum(axis=1)
        fell = {segment for year, segment, _ in run.stock.falling if year == len(run.axes.years) - 1}
        kept = np.array([segment not in fell for segment in range(len(run.axes.segments))])
        assert kept.sum() > 5
        assert_allclose(run.values["renovated_floor_area"][-1][kept], 0.05 * standing[kept], rtol=1e-9)


def test_new_buildings_bring_equipment_by_their_share_of_floor_area(data: Data, base_run: Pathway) -> None:
    # The class of periods that begins with 2023 holds in that year nothing but what was built in it.
    axes, index = base_run.axes, base_run.axes.year_index(2023)
    area = base_run.values["floor_area_by_vintage_class"][index]
    share = area[:, axes.vintage_classes.index("2023-2030")] / area.sum(axis=1)
    assert share.max() > 0.005
    assert_allclose(base_run.stock.standing_new_share[index], share, rtol=1e-12)


def test_panels_beyond_the_roofs_stop_the_run_or_wait(data: Data, levers_with: Callable[..., Levers]) -> None:
    room = data.number("solar/parameters", "rooftop_potential")
    much = ("solar.retrofit_mw=1200", "years.last=2040")
    with pytest.raises(BadInput, match="more panels than the roofs"):
        run_pathway(levers_with(*much), data, resolution="metropolis")
    held = run_pathway(levers_with(*much, "solar.full_roofs=wait"), data, resolution="metropolis").values
    total = held["solar_capacity"].sum(axis=(1, 2))
    assert total.max() == pytest.approx(room, rel=1e-12)
    # Once roofs are full they stay full, and what is installed is what leaves.
    assert total[-3:] == pytest.approx(room, rel=1e-12)
    assert 0 < held["solar_installed"][-1].sum() < 1.2e6
    same = run_pathway(levers_with("solar.full_roofs=wait"), data, resolution="metropolis").values
    base = run_pathway(levers_with(), data, resolution="metropolis").values
    assert np.array_equal(same["solar_capacity"], base["solar_capacity"])
