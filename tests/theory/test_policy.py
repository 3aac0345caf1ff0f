"""Programmes in the march: absent is as if never had, each acts on what those before left, duties as the rules say."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from policy_cases import at, full_run, run, same, scene, with_parameters
from shipped import shipped_data

import model.emitting
import model.pathway
import model.policy.stages as stages
import model.solar
import model.standing
from model.paths import data_folder
from model.pathway import run_pathway
from model.policy.acting import Energy, Roofs, Scene, energy_of, programmes, works_of
from model.policy.homes import mix_with_grants, response, subsidised_works, years_sooner
from model.policy.operation import jointly_purchased, metropolitan_energy, reported_energy, ward_energy
from model.policy.stages import EnergyYears
from model.policy.supply import supplied_energy, with_purchases
from model.scenario import load_scenario

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
