"""Tonnes of programmes and themes: equal to full runs, sum to the whole, and Shapley as its closed forms have it."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.decomposition import coalitions, first_in, last_in, shapley_interactions, shapley_values
from model.inputs import Data
from model.labels import classification
from model.lever_groups import lever_groups
from model.pathway import run_pathway
from model.programme_contributions import (
    Runs,
    active_programmes,
    differing_themes,
    programme_contributions,
    single_assumptions,
    theme_contributions,
    with_programmes,
)
from model.scenario import Scenario, load_scenario

FEW = ["building_plan", "electricity_suppliers", "own_facilities", "cap_and_trade"]


@pytest.fixture(scope="module")
def ordinance() -> Scenario:
    return load_scenario("ordinance_2022")


@pytest.fixture(scope="module")
def runs(data: Data, ordinance: Scenario) -> Runs:
    return Runs.of(data, ordinance.levers)


@pytest.mark.parametrize("acting", [(), ("building_report", "cap_and_trade"), ("subsidies", "ward_support", "district"),
                                    ("own_facilities", "building_plan", "electricity_suppliers")])  # fmt: skip
def test_a_coalition_run_in_parts_is_a_whole_run_bit_for_bit(
    acting: tuple[str, ...], ordinance: Scenario, runs: Runs, data: Data
) -> None:
    levers = with_programmes(ordinance.levers, frozenset(acting))
    forms = {name: form for name, form in levers.programmes.form.items() if form != "absent"}
    assert set(forms) == set(acting)
    whole = run_pathway(levers, data, resolution="metropolis")
    assert np.array_equal(runs.greenhouse_gas(levers), whole.values["greenhouse_gas"][whole.axes.year_index(2023) :])
    again = runs.greenhouse_gas(levers)
    assert np.array_equal(again, runs.greenhouse_gas(levers))


@pytest.mark.slow
def test_levers_of_other_stages_are_not_forgotten(runs: Runs, data: Data) -> None:
    # One run after another through the same memory: each lever must still be seen.
    for change in ("electricity.renewable_share=0.5", "service.residential=0.8", "solar.retrofit_mw=80",
                   "equipment.subsidy.heat_pump_water_heater=0.5", "renovation.minimum_age.all=40",
                   "demand.vacancy_rate=0.12", "stock.lifetime_factor.residential=0.8", "fuel.city_gas_factor=0.5",
                   "other_sectors.waste_mt=1", "programmes.cap_rate=0.9", "programmes.rule_set=adopted_2025",
                   "solar.new_building_share.all=0.5", "renovation.rate.all=0.02"):  # fmt: skip
        levers = load_scenario("ordinance_2022", [change]).levers
        whole = run_pathway(levers, data, resolution="metropolis").values["greenhouse_gas"][23:]
        assert np.array_equal(runs.greenhouse_gas(levers), whole), change


def test_programmes_sum_to_the_whole_and_lie_between_alone_and_last(ordinance: Scenario, runs: Runs) -> None:
    few = with_programmes(ordinance.levers, frozenset(FEW))
    found = programme_contributions(few, runs)
    assert list(found.players) == FEW
    assert found.shapley.sum(axis=0) == pytest.approx(found.before - found.after, abs=1e-9)
    assert np.array_equal(found.before, runs.greenhouse_gas(with_programmes(ordinance.levers, frozenset())))
    assert np.array_equal(found.after, runs.greenhouse_gas(few))
    suppliers = found.players.index("electricity_suppliers")
    without = runs.greenhouse_gas(with_programmes(ordinance.levers, frozenset(FEW) - {"electricity_suppliers"}))
    assert found.last[suppliers] == pytest.approx(without - found.after)
    only = runs.greenhouse_gas(with_programmes(ordinance.levers, frozenset(["electricity_suppliers"])))
    assert found.first[suppliers] == pytest.approx(found.before - only)
    # Brute force: the mean gain over all 24 orders.
    gains = np.zeros_like(found.shapley)
    for order in permutations(range(4)):
        there: frozenset[str] = frozenset()
        emitted = found.before
        for place in order:
            there |= {FEW[place]}
            now = runs.greenhouse_gas(with_programmes(ordinance.levers, there))
            gains[place] += emitted - now
            emitted = now
    assert found.shapley == pytest.approx(gains / 24, abs=1e-9)


def test_forest_is_no_player_and_neither_is_what_is_absent(ordinance: Scenario, no_new_policy: Scenario) -> None:
    assert "forest_offset" not in active_programmes(ordinance.levers)
    assert len(active_programmes(ordinance.levers)) == 10
    assert active_programmes(no_new_policy.levers) == ()


def test_an_optimised_programme_counts_by_its_rule(ordinance: Scenario) -> None:
    levers = load_scenario("ordinance_2022", ["programmes.form.cap_and_trade=optimised"]).levers
    assert with_programmes(levers, frozenset(active_programmes(levers))) == with_programmes(
        ordinance.levers, frozenset(active_programmes(ordinance.levers))
    )


def test_every_group_of_levers_is_in_one_theme() -> None:
    held = [name for row in classification("lever_themes").values() for name in row["lever_groups"].split()]
    assert sorted(held) == sorted(lever_groups())


def test_themes_lead_from_the_base_to_the_scenario(data: Data) -> None:
    base = load_scenario("adopted_2025").levers
    changes = ["other_sectors.waste_mt=1", "service={residential: 0.9, commercial: 0.9}", "fuel.city_gas_factor=0.8"]
    levers = load_scenario("adopted_2025", changes).levers
    assert differing_themes(base, levers) == {
        "fuel": ["city_gas"], "service": ["service_homes", "service_others"], "waste": ["waste"],
    }  # fmt: skip
    runs = Runs.of(data, levers)
    found = theme_contributions(base, levers, runs)
    assert np.array_equal(found.before, runs.greenhouse_gas(base))
    assert np.array_equal(found.after, runs.greenhouse_gas(levers))
    assert found.shapley.sum(axis=0) == pytest.approx(found.before - found.after, abs=1e-9)
    waste = found.players.index("waste")
    # Waste touches nothing else: 0.79 Mt in each order, none of it shared.
    assert found.shapley[waste].sum(axis=1) == pytest.approx(1.79 - 1.0)
    assert found.interaction[waste] == pytest.approx(0.0, abs=1e-9)
    # Less gas used and cleaner gas overlap.
    assert found.interaction[0, 1, -1] < -1e-3
    alone = {one.name: one.gain for one in single_assumptions(base, levers, runs)}
    assert alone["waste"] == pytest.approx(0.79)
    assert set(alone) == {"city_gas", "service_homes", "service_others", "waste", *active_programmes(levers)}


# -- the sums themselves ----------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-5, 5), min_size=16, max_size=16))
def test_shapley_of_tables_is_the_mean_over_all_orders(values: list[float]) -> None:
    worth = np.array(values)
    gains = np.zeros(4)
    for order in permutations(range(4)):
        number = 0
        for place in order:
            gains[place] += worth[number | 1 << place] - worth[number]
            number |= 1 << place
    assert shapley_values(worth) == pytest.approx(gains / 24, abs=1e-9)
    assert shapley_values(np.stack([worth, 2 * worth], axis=1))[:, 1] == pytest.approx(gains / 12, abs=1e-9)
    assert first_in(worth) == pytest.approx(
        [worth[1] - worth[0], worth[2] - worth[0], worth[4] - worth[0], worth[8] - worth[0]]
    )
    assert last_in(worth) == pytest.approx(
        [worth[15] - worth[14], worth[15] - worth[13], worth[15] - worth[11], worth[15] - worth[7]]
    )


def test_interaction_by_hand() -> None:
    # Two that are worth 3 and 4 apart and 6 together overlap by 1; a third that only adds has none.
    worth = np.array([0.0, 3.0, 4.0, 6.0, 10.0, 13.0, 14.0, 16.0])
    assert shapley_interactions(worth) == pytest.approx(np.array([[0, -1, 0], [-1, 0, 0], [0, 0, 0]]))
    # Three that are worth 6 only all together: two of them are worth nothing without the third, and 6 with it.
    veto = np.array([0.0, 0, 0, 0, 0, 0, 0, 6.0])
    assert shapley_interactions(veto)[0, 1] == pytest.approx(3.0)


def test_nobody_plays() -> None:
    worth = np.zeros((1, 3))
    assert shapley_values(worth).shape == first_in(worth).shape == last_in(worth).shape == (0, 3)
    assert shapley_interactions(worth).shape == (0, 0, 3)
    assert list(coalitions([])) == [()]
    assert list(coalitions("ab")) == [(), ("a",), ("b",), ("a", "b")]
