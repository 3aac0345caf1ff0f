"""Programmes in the march: absent is as if never had, each acts on what those before left, duties as the rules say."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from shipped import shipped_data

import model.emitting
import model.pathway
import model.policy.stages as stages
import model.solar
import model.standing
from model.axes import Axes
from model.ordinance.building_report.equations import (
    EnergyLevel,
    energy_level_met,
    required_capacity_by_zone_kw,
    required_capacity_kw,
)
from model.ordinance.cap_and_trade.equations import Periods
from model.ordinance.cap_and_trade.facts import FacilityYear, facilities
from model.ordinance.cap_and_trade.programme import assess
from model.ordinance.cap_and_trade.years import Period, balance, ledger
from model.ordinance.municipalities import municipalities
from model.ordinance.rulebook import rules
from model.paths import data_folder
from model.pathway import Pathway, run_axes, run_pathway
from model.policy.acting import Energy, Roofs, Scene, energy_of, programmes, works_of
from model.policy.homes import mix_with_grants, response, subsidised_works, years_sooner
from model.policy.new_buildings import average_meets, plan_works, report_roofs, report_works
from model.policy.operation import jointly_purchased, metropolitan_energy, reported_energy, ward_energy
from model.policy.stages import EnergyYears
from model.policy.supply import supplied_energy, with_purchases
from model.scenario import load_scenario

RULE_SETS = {"seed_2022": "ordinance_2022", "adopted_2025": "adopted_2025"}


@cache
def run(scenario: str, *changes: str) -> Pathway:
    return run_pathway(load_scenario(scenario, changes).levers, shipped_data(), resolution="metropolis")


@cache
def full_run(scenario: str) -> Pathway:
    return run_pathway(load_scenario(scenario).levers, shipped_data())


def scene(scenario: str, *changes: str, resolution: str = "metropolis") -> Scene:
    levers = load_scenario(scenario, changes).levers
    return Scene(shipped_data(), levers, run_axes(shipped_data(), levers.years.last, resolution))  # type: ignore[arg-type]


def with_parameters(given: Scene, **values: float) -> Scene:
    """Return the scene with other values of some parameters of the programmes."""
    changed = {("policy/parameters", name): np.array([value]) for name, value in values.items()}
    return Scene(given.data.with_values(changed), given.levers, given.axes)


def same(one: Pathway, other: Pathway, but: tuple[str, ...] = ()) -> list[str]:
    """Return the variables of two runs that are not the same bit for bit."""
    return [name for name in one.values if name not in but and not np.array_equal(one.values[name], other.values[name])]


def at(axes: Axes, year: int) -> int:
    return axes.year_index(year)


def no_changes(axes: Axes) -> dict[str, np.ndarray]:
    """Return panels of one kind on all cells, for programmes on roofs."""
    shape = (len(axes.years), len(axes.segments), len(axes.regions))
    return {"on_new": np.zeros(shape), "on_existing": np.zeros(shape)}


# -- absent is as if never had -----------------------------------------------------------------------------------------


def test_without_programmes_the_stages_might_as_well_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run("no_new_policy")

    def roofs(_: Scene, on_new: np.ndarray, on_existing: np.ndarray, *__: Any) -> Roofs:
        none = np.zeros((on_new.shape[0], on_new.shape[2]))
        return Roofs(on_new, on_existing, none, none, np.ones(on_new.shape[:2]))

    monkeypatch.setattr(model.standing, "works", works_of)
    monkeypatch.setattr(model.solar, "roofs", roofs)
    monkeypatch.setattr(
        model.emitting, "energy_years", lambda it, _: EnergyYears(energy_of(it), None, np.zeros(len(it.years)))
    )
    monkeypatch.setattr(model.emitting, "with_purchases", lambda state, *_: state.grid_share)
    bare = run_pathway(load_scenario("no_new_policy").levers, shipped_data(), resolution="metropolis")
    assert same(expected, bare) == []


@pytest.mark.parametrize("name", programmes())
def test_a_programme_switched_off_is_as_one_that_was_never_declared(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    off = run("adopted_2025", f"programmes.form.{name}=absent")
    monkeypatch.setattr(stages, "programmes", lambda: tuple(one for one in programmes() if one != name))
    if name == "subsidies":
        monkeypatch.setattr(model.pathway, "grants_of", lambda _: None)
    never = run_pathway(load_scenario("adopted_2025").levers, shipped_data(), resolution="metropolis")
    assert same(off, never) == []


@pytest.mark.parametrize("name", programmes())
def test_every_programme_does_something_where_it_stands_alone(name: str) -> None:
    alone = run("no_new_policy", "programmes.rule_set=seed_2022", f"programmes.form.{name}=rule")
    changed = same(alone, run("no_new_policy", "programmes.rule_set=seed_2022"))
    assert changed
    history = slice(0, at(alone.axes, 2023))
    cap = {name for name in changed if name.startswith("capped_")}
    for variable in set(changed) - cap:
        assert np.array_equal(alone.values[variable][history], run("no_new_policy").values[variable][history]), variable


def test_forest_never_changes_emissions() -> None:
    with_forest, without = run("adopted_2025"), run("adopted_2025", "programmes.form.forest_offset=absent")
    assert same(with_forest, without) == ["forest_absorption"]
    # 300 ha in 2030 and 4.1 t per hectare and year, the middle of what agreements print.
    assert with_forest.values["forest_absorption"][at(with_forest.axes, 2030)] == pytest.approx(300 * 4.1)
    assert without.values["forest_absorption"].sum() == 0.0


# -- the order, and acting on what is left -----------------------------------------------------------------------------


def test_each_programme_gets_what_the_one_before_it_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with (data_folder() / "classification" / "programmes.csv").open(encoding="utf-8", newline="") as lines:
        declared = [row["programme"] for row in csv.DictReader(lines)]
    calls: dict[str, list[tuple[str, object, object]]] = {"works": [], "roofs": [], "energy": []}

    def spied(name: str, kind: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def spy(state: object, *rest: Any) -> Any:
            after = act(state, *rest)
            calls[kind].append((name, state, after[0] if isinstance(after, tuple) else after))
            return after

        return spy

    tables = (("works", "_WORKS"), ("roofs", "_ROOFS"), ("energy", "_ENERGY"), ("energy", "_ENERGY_IN_USE"))
    for kind, table in tables:
        for name, act in getattr(stages, table).items():
            monkeypatch.setitem(getattr(stages, table), name, spied(name, kind, act))
    monkeypatch.setattr(stages, "capped_energy", spied("cap_and_trade", "energy", stages.capped_energy))
    run_pathway(load_scenario("adopted_2025").levers, shipped_data(), resolution="metropolis")
    seen = {kind: [name for name, _, _ in done] for kind, done in calls.items()}
    assert seen["works"] == ["building_report", "building_plan", "subsidies", "ward_support"]
    assert seen["roofs"] == ["building_report", "building_plan", "own_facilities"]
    assert len(seen["energy"]) == 7
    for kind, done in calls.items():
        assert [declared.index(name) for name in seen[kind]] == sorted(declared.index(name) for name in seen[kind])
        for (_, _, left), (_, found, _) in pairwise(done):
            assert found is left


def test_savings_of_programmes_multiply() -> None:
    it = scene("adopted_2025")
    small = np.flatnonzero(it.axes.segments_where(policy_group="non_residential_small"))
    used = np.ones((len(it.years), len(it.axes.segments)))
    half = replace(energy_of(it), left=np.full_like(used, 0.5))
    alone, after_half = ward_energy(energy_of(it), it).left, ward_energy(half, it).left
    assert np.array_equal(after_half[at(it.axes, 2023) :], 0.5 * alone[at(it.axes, 2023) :])
    # By 2035 support reaches 30 % of small firms, each saving 12 %; what it had reached by 2022 is in the data already.
    assert alone[at(it.axes, 2035), small] == pytest.approx(1 - 0.12 * (0.30 - 0.02))
    assert (np.delete(alone, small, axis=1) == 1.0).all()


def test_reported_facilities_come_a_part_of_the_way_to_the_attained_level() -> None:
    it = scene("adopted_2025")
    used = np.ones((len(it.years), len(it.axes.segments)))
    left = reported_energy(energy_of(it), it, used).left
    inside = it.axes.segments_where(tenure="private") & ~it.axes.segments_where(size_class="cap_and_trade")
    # Energy that stands still owes the whole level of 35 % by 2030, evenly from 2022; companies that report hold a
    # fifth of it, and 60 % of that comes along.
    assert left[at(it.axes, 2030), inside] == pytest.approx(1 - 0.2 * 0.6 * 0.35)
    assert left[at(it.axes, 2026), inside] == pytest.approx(1 - 0.2 * 0.6 * 0.35 / 2)
    assert left[at(it.axes, 2050), inside] == pytest.approx(1 - 0.2 * 0.6 * 0.35)
    assert (left[: at(it.axes, 2023)] == 1.0).all()
    assert (left[:, ~inside] == 1.0).all()
    # Where energy has fallen below the level by itself there is nothing to do.
    used[at(it.axes, 2022) :] = 0.6
    assert (reported_energy(energy_of(it), it, used).left == 1.0).all()


def test_metropolitan_facilities_reach_their_energy_target_and_stay() -> None:
    it = scene("adopted_2025")
    inside = it.axes.segments_where(tenure="metropolitan")
    used = np.full((len(it.years), len(it.axes.segments)), 7.0)
    left = metropolitan_energy(energy_of(it), it, used).left
    # 35 % less than in 2000 by 2030; energy that stands still has to save just that.
    assert left[at(it.axes, 2030) :, inside] == pytest.approx(0.65)
    result = run("adopted_2025")
    energy = result.values["final_energy"].sum(axis=(2, 3))[:, inside].sum(axis=1)
    assert energy[at(result.axes, 2030)] == pytest.approx(0.65 * energy[0])


def test_metropolitan_roofs_reach_their_target() -> None:
    result = full_run("adopted_2025")
    inside = result.axes.segments_where(tenure="metropolitan")
    added = result.values["solar_installed"][:, inside].sum(axis=(1, 2))
    ahead = slice(at(result.axes, 2023), at(result.axes, 2030) + 1)
    # 25,980 kW in FY2020, 74,000 kW in FY2030; nothing is known of the years between.
    assert 25_980 + added[ahead].sum() == pytest.approx(74_000)
    assert added[ahead] == pytest.approx(np.full(8, (74_000 - 25_980) / 8))


# -- new buildings -----------------------------------------------------------------------------------------------------


def test_average_is_met_with_the_least_change_by_hand() -> None:
    bei, mix = np.array([1.0, 0.9, 0.8]), np.array([[0.5, 0.25, 0.25]])
    # Mean 0.925 over a limit of 0.9. All meeting it would be 0.75 at 0.9 and 0.25 at 0.8, mean 0.875: half way there.
    assert average_meets(mix, bei, np.array([0.9])) == pytest.approx(np.array([[0.25, 0.5, 0.25]]))
    assert np.array_equal(average_meets(mix, bei, np.array([0.925])), mix)
    assert average_meets(mix, bei, np.array([0.5])) == pytest.approx(np.array([[0.0, 0.0, 1.0]]))


@pytest.mark.parametrize("rule_set", RULE_SETS)
def test_dwellings_of_obliged_suppliers_meet_the_energy_standard(rule_set: str) -> None:
    it = scene(RULE_SETS[rule_set], "new_building_standard.all={2022: {none: 0.3, bei_100: 0.6, bei_080: 0.1}}")
    data, axes = it.data, it.axes
    standards = EnergyLevel.read(rules("report_programme", rule_set, fallback=True), "energy_standard")  # type: ignore[arg-type]
    bei, ua = (
        data.along("policy/standards", name, "standard", axes.standards, segment_sector="residential")
        for name in ("bei", "ua")
    )
    before, after = works_of(it).new_mix, report_works(works_of(it), it).new_mix
    year = at(axes, 2030)
    assert np.array_equal(after[: at(axes, 2025)], before[: at(axes, 2025)])
    places = municipalities()
    homes = data.along("buildings/municipalities", "households", "region", list(places))
    rate = float(np.array([place.zone_rate for place in places.values()]) @ homes / homes.sum())
    # Group, category of the rules, share of eligible roofs, dwellings a building of its segment, kW anyway a building.
    cases = (
        ("detached_custom", "custom_detached", 0.95, "detached_custom", 0.20 * 5),
        ("detached_for_sale", "for_sale_detached", 0.85, "detached_for_sale", 0.03 * 4),
        ("rental_small", "rental_apartment", 0.90, "apartment_wood", 0.02 * 8),
        ("condominium_small", "for_sale_condominium", 0.90, "condominium_small", 0.02 * 8),
    )
    for group, category, eligible, segment, anyway in cases:
        position, level = axes.segments.index(segment), standards[category]
        # Half of the starts are those of obliged suppliers: what is left of the others is as before.
        held = (after[year, position] - 0.5 * before[year, position]) / 0.5
        assert held.sum() == pytest.approx(1.0)
        assert held[ua > level.ua_max] == pytest.approx(0.0, abs=1e-12), group
        dwellings = data.number("buildings/segments", "dwellings_per_building_new", segment=segment)
        # A kilowatt makes 18 % of the primary energy of a standard house; 5 % more are installed than are owed.
        credit = 0.18 * max(anyway, 1.05 * rate * 2.0 * eligible) / dwellings
        built = held > 1e-12
        assert energy_level_met(ua[built], held[built] * bei[built], held[built] * credit, held[built], level), group
        raised = held - before[year, position]
        if float(before[year, position] @ bei) - credit > level.bei_max and raised.any():
            loose = np.where(ua > level.ua_max, 0.0, before[year, position])
            if float(loose @ bei / loose.sum()) - credit > level.bei_max:
                assert float(held @ bei) - credit == pytest.approx(level.bei_max), group
    untouched = ~np.isin(axes.attribute("policy_group"), [case[0] for case in cases])
    assert np.array_equal(after[:, untouched], before[:, untouched])


@pytest.mark.parametrize("rule_set", RULE_SETS)
def test_no_large_new_building_is_below_its_standard(rule_set: str) -> None:
    it = scene(RULE_SETS[rule_set], "new_building_standard.all={2022: {none: 0.3, bei_100: 0.6, bei_080: 0.1}}")
    axes = it.axes
    before, after = works_of(it).new_mix, plan_works(works_of(it), it).new_mix
    limits = {"office": 0.8, "retail": 0.8, "hotel": 0.8, "school": 0.8, "warehouse": 0.75, "restaurant": 0.85,
              "hospital": 0.85, "other_service": 0.85, "apartment_rental": 1.0, "condominium": 1.0}  # fmt: skip
    for position, segment in enumerate(axes.segments):
        size, sector = axes.attribute("size_class")[position], axes.attribute("sector")[position]
        if size == "small":
            assert np.array_equal(after[:, position], before[:, position]), segment
            continue
        bei = it.data.along("policy/standards", "bei", "standard", axes.standards, segment_sector=sector)
        start = 2025 if sector == "residential" else 2024
        assert np.array_equal(after[: at(axes, start), position], before[: at(axes, start), position]), segment
        ahead = after[at(axes, start) :, position]
        assert ahead.sum(axis=1) == pytest.approx(1.0)
        assert (ahead[:, bei > limits[axes.attribute("building_type")[position]]] == 0.0).all(), segment


def test_what_obliged_suppliers_owe_on_a_case_worked_by_hand() -> None:
    it = scene("adopted_2025", resolution="municipality")
    axes = it.axes
    built = np.zeros((len(axes.years), len(axes.segments), len(axes.regions)))
    zones = {rate: next(i for i, place in enumerate(municipalities().values()) if place.zone_rate == rate)
             for rate in (0.85, 0.3)}  # fmt: skip
    house = axes.segments.index("detached_custom")
    built[:, house, zones[0.85]], built[:, house, zones[0.3]] = 200.0, 100.0
    none = np.zeros((len(axes.years), len(axes.regions)))
    done = report_roofs(Roofs(**no_changes(axes), required=none, obliged=none, over_owed=none), it, built)
    year = at(axes, 2025)
    # Half of the houses are those of obliged suppliers, 95 % of these have a fit roof, 2 kW for 85 and for 30 of 100:
    # 95 · 0.85 · 2 = 161.5 kW and 47.5 · 0.30 · 2 = 28.5 kW, 190 kW together; panels come to 5 % more.
    assert done.required[year, zones[0.85]] == pytest.approx(161.5)
    assert done.required[year].sum() == pytest.approx(190.0)
    assert done.obliged[year].sum() == pytest.approx(199.5)
    assert done.on_new[year].sum() == pytest.approx(199.5)
    assert done.on_new[: at(axes, 2025)].sum() == 0.0
    # Panels that come anyway count: 100 kW on houses of obliged suppliers leave 99.5 kW to add.
    there = no_changes(axes)
    there["on_new"][:, house, zones[0.85]] = 200.0
    beside = report_roofs(Roofs(**there, required=none, obliged=none, over_owed=none), it, built)
    assert beside.obliged[year].sum() == pytest.approx(199.5)
    assert beside.on_new[year].sum() == pytest.approx(200.0 + 99.5)


@pytest.mark.parametrize("scenario", ["ordinance_2022", "adopted_2025", "carbon_half"])
def test_panels_of_obliged_suppliers_are_what_the_ordinance_asks_of_their_houses(scenario: str) -> None:
    result = full_run(scenario)
    axes, built = result.axes, result.values["built_buildings"]
    groups = np.array(axes.attribute("policy_group"))
    eligible = {"detached_custom": 0.95, "detached_for_sale": 0.85, "rental_small": 0.9, "condominium_small": 0.9,
                "non_residential_small": 0.9}  # fmt: skip
    rates = (0.85, 0.70, 0.30)
    zone = np.array([place.zone_rate for place in municipalities().values()])
    counts = np.zeros((len(axes.years), len(rates)))
    for group, fit in eligible.items():
        houses = 0.5 * fit * built[:, groups == group].sum(axis=1)
        counts += np.stack([houses[:, zone == rate].sum(axis=1) for rate in rates], axis=1)
    by_zone = required_capacity_by_zone_kw(counts, rates, 2.0)
    uniform = required_capacity_kw(counts.sum(axis=1), 0.85, 2.0)
    owed = np.where(axes.years >= 2025, np.minimum(by_zone, uniform), 0.0)
    assert result.values["solar_required"].sum(axis=1) == pytest.approx(owed)
    installed = result.values["solar_of_obliged_suppliers"].sum(axis=1)
    levers = load_scenario(scenario).levers.solar
    anyway = np.zeros(len(axes.years))
    for group in eligible:
        share, size = (
            np.interp(axes.years, *zip(*path[group].points, strict=True))
            for path in (levers.new_building_share, levers.kw_per_building)
        )
        anyway += 0.5 * share * size * built[:, groups == group].sum(axis=(1, 2))
    wanted = np.where(axes.years >= 2025, np.maximum(owed * 1.05, anyway), 0.0)
    assert installed == pytest.approx(wanted)
    assert owed[at(axes, 2030)] > 10_000


def test_large_new_buildings_get_what_their_footprint_owes() -> None:
    result = run("adopted_2025", "solar.new_building_share.all=0")
    axes, data = result.axes, shipped_data()
    book = rules("plan_programme", "adopted_2025", fallback=True)
    built = result.values["built_buildings"].sum(axis=2)
    bands = sorted(book.value("capacity_bounds"), key=lambda band: float(band["floor_area_min"]))
    for position, segment in enumerate(axes.segments):
        if axes.attribute("size_class")[position] == "small":
            continue
        kind = axes.attribute("building_type")[position]
        names = ("floor_area_per_dwelling_new", "dwellings_per_building_new")
        if axes.attribute("sector")[position] == "residential":
            area = np.prod([data.number("buildings/segments", name, segment=segment) for name in names])
        else:
            area = data.number("buildings/segments", "floor_area_per_building_new", segment=segment)
        footprint = area / data.number("policy/building_types", "storeys", building_type=kind)
        # 5 % of the building area at 0.15 kW a square metre, between the bounds of the band of floor area.
        band = next((band for band in reversed(bands) if area >= float(band["floor_area_min"])), None)
        low, high = (0.0, 0.0) if band is None else (float(band["lower_kw"]), float(band["upper_kw"]))
        owed = min(high, max(low, 0.05 * 0.15 * footprint))
        expected = np.where(axes.years >= 2025, owed * built[:, position], 0.0)
        assert result.values["solar_installed_on_new"][:, position] == pytest.approx(expected), segment
    sizes = "{all: 1, apartment_large: 50, non_residential_large: 50, public: 50}"
    more = run("adopted_2025", "solar.new_building_share.all=1", f"solar.kw_per_building={sizes}")
    large = ~axes.segments_where(size_class="small")
    ahead = at(axes, 2025)
    # Buildings that come with more keep it.
    assert more.values["solar_installed_on_new"][ahead:, large] == pytest.approx(50.0 * built[ahead:, large])


# -- the cap -----------------------------------------------------------------------------------------------------------


def capped_rows(result: Pathway) -> list[FacilityYear]:
    """Return the capped buildings of a result as one facility: 85 % of a base of 16.5 Mt, the rest being factories."""
    return [
        FacilityYear(
            facility="all capped buildings",
            fiscal_year=year,
            obliged_since=2010,
            base_t=16.5e6 * 0.85,
            emissions_t=float(result.values["capped_emissions"][at(result.axes, year)]) * 1e3,
            # The register of one facility need not know of which kind they are: none is beyond its limit.
            saitama_t=float(result.values["capped_credits"][at(result.axes, year)]) * 1e3,
        )
        for year in range(2010, 2030)
    ]


def test_credits_come_before_own_measures_and_only_as_they_are_needed() -> None:
    # What period 2 used of credits from outside the cap, for the 85 % that are not factories [kt].
    on_offer = 0.85 * (25.6 + 6.4 + 39.9 + 15.2)
    result = run("ordinance_2022")
    used = result.values["capped_credits"]
    # The fifth period is short after its bank, no other one is.
    assert used[at(result.axes, 2034)] == pytest.approx(on_offer)
    assert used.sum() == pytest.approx(on_offer)
    assert result.values["capped_uncovered"].sum() == 0.0
    # Who may emit that much more does.
    none = shipped_data().with_values({("policy/credits", "supply"): np.zeros(5)})
    without = run_pathway(load_scenario("ordinance_2022").levers, none, resolution="metropolis")
    period = slice(at(result.axes, 2030), at(result.axes, 2034) + 1)
    more = (result.values["capped_emissions"] - without.values["capped_emissions"])[period].sum()
    assert more == pytest.approx(on_offer)
    assert (without.values["capped_credits"] == 0.0).all()


#: More use of buildings than any scenario has, so that the fourth period needs credits and still comes out short.
BUSY = ("service.commercial={2022: 1, 2025: 2}", "electricity.thermal_factor=0.6")


@pytest.mark.parametrize(
    ("scenario", "changes"),
    [*((name, ()) for name in (*RULE_SETS.values(), "carbon_half")), *((name, BUSY) for name in RULE_SETS.values())],
)
def test_tonnes_under_the_cap_are_those_of_the_ordinance(scenario: str, changes: tuple[str, ...]) -> None:
    result = run(scenario, *changes)
    assert (result.values["capped_credits"][: at(result.axes, 2030)].sum() > 0.0) == bool(changes)
    rule_set = load_scenario(scenario).levers.programmes.rule_set
    book = rules("cap_and_trade", rule_set, fallback=True)  # type: ignore[arg-type]
    verdicts = assess(capped_rows(result), book)
    assert len(verdicts) == 4
    periods = Periods.read(book)
    facility = facilities(capped_rows(result))[0]
    values, axes = result.values, result.axes
    for place, verdict in enumerate(verdicts):
        period = Period(facility, periods, place)
        years = slice(at(axes, period.years[0]), at(axes, period.years[-1]) + 1)
        findings = {finding.name: finding for finding in verdict.findings}
        assert values["capped_allowance"][years].sum() * 1e3 == pytest.approx(findings["allowance"].amount)
        assert values["capped_emissions"][years].sum() * 1e3 == pytest.approx(findings["emissions"].amount)
        test = balance(period, book)
        required = 16.5e6 * 0.85 * len(period.years) - values["capped_allowance"][years].sum() * 1e3
        assert required == pytest.approx(float(test.required_t[0]))
        short = (values["capped_emissions"][years] - values["capped_allowance"][years]).sum() * 1e3
        assert max(short, 0.0) == pytest.approx(float(test.shortfall_t[0]), abs=1.0)
        _, book_of = ledger(period, book)
        last = years.stop - 1
        for variable, tonnes in (
            ("capped_banked", book_of.carried_out_t[0, -1]),
            ("capped_expired", book_of.expired_t[0, -1]),
            ("capped_uncovered", book_of.uncovered_t[-1]),
        ):
            assert values[variable][last] * 1e3 == pytest.approx(float(tonnes), abs=1.0), (variable, place)
        # What the ledger uses of credits is all that was bought: none is kept or lost.
        assert book_of.used_fresh_t[1:, -1].sum() == pytest.approx(values["capped_credits"][last] * 1e3, abs=1.0)
        for variable in ("capped_banked", "capped_expired", "capped_credits", "capped_uncovered"):
            assert (values[variable][years.start : last] == 0.0).all()
        assert findings["settlement"].amount == pytest.approx(values["capped_uncovered"][last] * 1e3, abs=1.0)


# -- homes -------------------------------------------------------------------------------------------------------------


def test_a_grant_shifts_the_choice_by_its_odds() -> None:
    mix, grant = np.array([0.5, 0.5, 0.0]), np.array([0.0, 2.0, 9.0])
    # Odds of 1 : 1 become 1 : e^(0.3 · 2); what nobody built before stays so.
    odds = np.exp(0.6)
    assert mix_with_grants(mix, grant, 0.3) == pytest.approx([1 / (1 + odds), odds / (1 + odds), 0.0])
    assert np.array_equal(mix_with_grants(mix, np.zeros(3), 0.3), mix)
    three = mix_with_grants(np.array([0.2, 0.3, 0.5]), np.array([0.0, 0.0, 1.0]), 0.7)
    assert three[0] / three[1] == pytest.approx(0.2 / 0.3)


def test_a_shorter_payback_brings_more_panels_as_the_documents_have_it() -> None:
    it = scene("ordinance_2022")
    # 920,000 yen, of which 92,000 come back each year: 10 years. A grant of 120,000 yen a kilowatt for 4 kW leaves
    # 440,000 yen, 4.8 years.
    assert years_sooner(it) == pytest.approx(480_000 / 92_000)
    # The printed pair of 10 and 6 years: e^(0.1 · 4).
    assert response(0.1, 10 - 6) == pytest.approx(1.4918247)
    assert response(0.1, 0.0) == 1.0
    before, after = works_of(it), subsidised_works(works_of(it), it)
    ahead = slice(at(it.axes, 2023), None)
    assert after.retrofit[ahead] == pytest.approx(before.retrofit[ahead] * np.exp(0.1 * 480_000 / 92_000))
    assert np.array_equal(after.retrofit[: ahead.start], before.retrofit[: ahead.start])
    homes = it.axes.segments_where(sector="residential")
    # A third of the cost of windows is granted, and a sixth was before.
    grown = before.renovation_rate[ahead][:, homes] * np.exp(1.5 / 6)
    assert after.renovation_rate[ahead][:, homes] == pytest.approx(grown, rel=1e-6)
    assert np.array_equal(after.renovation_rate[:, ~homes], before.renovation_rate[:, ~homes])
    assert np.array_equal(after.new_mix[:, ~homes], before.new_mix[:, ~homes])


def test_grants_act_by_what_they_pay_beyond_those_that_choices_knew() -> None:
    it = scene("ordinance_2022")
    before, after = works_of(it), subsidised_works(works_of(it), it)
    detached = int(np.flatnonzero(it.axes.segments_where(building_type="detached"))[0])
    levels = [it.axes.standards.index(name) for name in ("bei_100", "zero_emission_1", "zero_emission_3")]
    odds = (after.new_mix / np.maximum(before.new_mix, 1e-300))[at(it.axes, 2030), detached, levels]
    # Level 1 is granted 300,000 yen as before: its odds against none stay. Level 3: 2,100,000 after 700,000.
    assert odds[1] == pytest.approx(odds[0])
    assert odds[2] / odds[0] == pytest.approx(np.exp(0.3 * 1.4))
    # Where choices had known all that is granted now, the programme changes nothing.
    known = {
        ("policy/known_grants", "new_dwelling"): np.array([3e5, 5e5, 2.1e6, 2.1e6, 2e5, 4e5, 1.7e6, 1.7e6]),
        ("policy/known_grants", "renovation_share"): np.array([0.333333]),
        ("policy/known_grants", "panels_existing"): np.array([120_000.0]),
    }
    same = replace(it, data=it.data.with_values(known))
    done = subsidised_works(works_of(same), same)
    assert done.new_mix == pytest.approx(before.new_mix)
    assert done.renovation_rate == pytest.approx(before.renovation_rate)
    assert done.retrofit == pytest.approx(before.retrofit)


def test_without_a_response_grants_change_nothing() -> None:
    none = {"payback_sensitivity": 0.0, "renovation_sensitivity": 0.0, "grant_sensitivity": 0.0}
    it = with_parameters(scene("adopted_2025"), **none)
    before, after = works_of(it), subsidised_works(works_of(it), it)
    assert after.new_mix == pytest.approx(before.new_mix, rel=1e-15)
    assert np.array_equal(after.renovation_rate, before.renovation_rate)
    assert np.array_equal(after.retrofit, before.retrofit)


# -- supply ------------------------------------------------------------------------------------------------------------


def test_suppliers_go_their_share_of_the_way_to_each_level() -> None:
    it = scene("adopted_2025", "electricity.renewable_share=0.2")
    share = supplied_energy(energy_of(it), it).grid_share
    # From 20 % towards 50 % in 2030 and 60 % in 2035, 70 % of the way.
    assert share[at(it.axes, 2030)] == pytest.approx(0.2 + 0.7 * 0.3)
    assert share[at(it.axes, 2026)] == pytest.approx(0.2 + 0.7 * 0.3 / 2)
    assert share[at(it.axes, 2035) :] == pytest.approx(0.2 + 0.7 * 0.4)
    assert (share[: at(it.axes, 2023)] == 0.2).all()
    seed = scene("ordinance_2022", "electricity.renewable_share=0.2")
    assert supplied_energy(energy_of(seed), seed).grid_share[-1] == pytest.approx(0.41)
    cleaner = scene("adopted_2025", "electricity.renewable_share=0.9")
    assert (supplied_energy(energy_of(cleaner), cleaner).grid_share == 0.9).all()


def test_a_green_purchase_adds_half_of_what_the_grid_would_not_bring() -> None:
    it = scene("adopted_2025", "electricity.renewable_share=0.2")
    state = jointly_purchased(energy_of(it), it)
    wards = it.axes.segments_where(tenure="ward")
    year = at(it.axes, 2030)
    assert (state.purchased_share[year, wards] == 0.8).all()
    assert (state.purchased_share[:, ~wards] == 0.0).all()
    electricity = np.zeros((len(it.years), len(it.axes.segments)))
    electricity[:, np.flatnonzero(wards)[0]] = 2.0
    grid = with_purchases(state, it, electricity, np.full(len(it.years), 80.0))
    # 2 TWh of 80, 80 % renewable where the grid has 20 %: half of 1.2 TWh is new, 0.75 % of supply.
    assert grid[year] == pytest.approx(0.2 + 0.5 * (0.8 - 0.2) * 2.0 / 80.0)
    assert (grid[: at(it.axes, 2023)] == 0.2).all()
    supplied = supplied_energy(state, it)
    # It counts towards what suppliers owe, not on top of it.
    assert np.array_equal(with_purchases(supplied, it, electricity, np.full(len(it.years), 80.0)), supplied.grid_share)


def test_electricity_bought_as_clean_as_the_grid_adds_nothing() -> None:
    it = scene("adopted_2025", "electricity.renewable_share=0.95")
    state: Energy = jointly_purchased(energy_of(it), it)
    electricity = np.ones((len(it.years), len(it.axes.segments)))
    grid = with_purchases(state, it, electricity, np.full(len(it.years), 80.0))
    before = slice(0, at(it.axes, 2045))
    assert np.array_equal(grid[before], state.grid_share[before])
