"""What holds for any portfolio: relaxed rules never hurt, the order of rows is nothing, ties are broken by rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.optimise.solar_allocation.answer import Setting
from model.optimise.solar_allocation.generator import generate
from model.optimise.solar_allocation.houses import houses_of, split_by_supplier
from model.optimise.solar_allocation.method import Plan, allocate
from model.optimise.solar_allocation.model import GREATEST, Wishes, build
from model.optimise.solar_allocation.problem import activity, cost_of
from model.ordinance.column_reader import Columns

SETTING = Setting.read("adopted_2025")


def listed(houses: int, seed: int, **columns: Any) -> Columns:
    """Return a made-up list with costs, plans and consents that differ."""
    table = generate(houses, seed, SETTING.assumed)
    random = np.random.default_rng(seed)
    table.cells["cost_jpy_per_kw"][:] = random.integers(160_000, 240_000, houses)
    ordered = random.random(houses) < 0.4
    table.cells["state"][ordered] = "ordered"
    table.cells["kw"][ordered] = np.round(0.4 * random.integers(2, 8, int(ordered.sum())), 1)
    table.cells["role"][random.random(houses) < 0.1] = "existing_house"
    for name, values in columns.items():
        table.cells[name][:] = values
    return table


def planned(table: Columns, wishes: Wishes) -> Plan:
    portfolio = split_by_supplier(table)[0]
    facts = houses_of(portfolio, SETTING.rules, SETTING.assumed)
    return allocate(facts, wishes, SETTING.economics, SETTING.rules, 1e-9, 20.0)


TIGHT: Mapping[str, Any] = {"budget_jpy": 8e6, "installer_kw": (30.0, 30.0, 30.0, 30.0), "most_changes": 6}
RELAXED: tuple[Mapping[str, Any], ...] = (
    {"budget_jpy": None}, {"installer_kw": None}, {"most_changes": None}, {"most_changes": 7},
    {"without": frozenset({"energy"})}, {"without": frozenset({"renewables"})},
    {"without": frozenset({"substitute_limit"})}, {"ways_to_pay": ("purchase", "lease")}, {"budget_jpy": 9e6},
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["cost", "benefit", "co2", "guidance"]), st.sampled_from(RELAXED))
def test_a_relaxed_rule_is_never_worse(seed: int, objective: Any, relaxed: Mapping[str, Any]) -> None:
    table = listed(25, seed)
    wishes = Wishes(objective=objective, **TIGHT)
    strict, free = planned(table, wishes), planned(table, replace(wishes, **relaxed))
    if strict.scheme is None:
        return
    assert free.scheme is not None
    better = free.proof.objective - strict.proof.objective
    assert (better if objective in GREATEST else -better) >= -1e-8 * abs(strict.proof.objective)


@pytest.mark.parametrize(
    ("objective", "certainty"),
    [
        ("cost", None), ("guidance", None),
        *(pytest.param(*one, marks=pytest.mark.slow)
          for one in product(["benefit", "co2", "changes"], [None, 0.9])),
        *(pytest.param(one, 0.9, marks=pytest.mark.slow) for one in ("cost", "guidance")),
    ],
)  # fmt: skip
def test_the_order_of_rows_does_not_matter(objective: Any, certainty: float | None) -> None:
    table = listed(40, 4, consent=np.where(np.arange(40) % 3 == 0, 0.9, 1.0))
    order = np.random.default_rng(1).permutation(40)
    turned = Columns(table.source, {name: cells[order] for name, cells in table.cells.items()}, table.lines[order])
    wishes = Wishes(objective=objective, certainty=certainty)
    first, second = planned(table, wishes), planned(turned, wishes)
    assert first.scheme == second.scheme
    assert first.choice.tolist() == second.choice.tolist()


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["guidance", "changes"]))
def test_plans_that_count_alike_are_told_apart_by_cost(seed: int, objective: Any) -> None:
    sizes = np.random.default_rng(seed).choice([0.8, 1.2, 5.2], 4)
    table = listed(4, seed, max_kw=sizes, kw=sizes, bei=0.7, state="ordered", role="new_building")
    wishes = Wishes(objective=objective)
    plan = planned(table, wishes)
    facts = houses_of(split_by_supplier(table)[0], SETTING.rules, SETTING.assumed)
    best = (np.inf, np.inf)
    found = (np.inf, np.inf)
    counts = build(facts, wishes, SETTING.economics, SETTING.rules)
    costs = build(facts, replace(wishes, objective="cost"), SETTING.economics, SETTING.rules)
    for count, cost in zip(counts, costs, strict=True):
        slots = [np.flatnonzero(np.isfinite(cost.problem.cost[:, house])) for house in range(facts.size)]
        reached = []
        for choice in product(*slots):
            picked = np.array(choice)
            if np.all(activity(count.problem, picked) >= count.problem.at_least - 1e-9):
                reached.append((cost_of(count.problem, picked), cost_of(cost.problem, picked)))
        if plan.scheme == count.scheme:
            found = (cost_of(count.problem, plan.choice), cost_of(cost.problem, plan.choice))
            best = min((round(one, 6), two) for one, two in reached)
    if plan.scheme is not None:
        assert found == pytest.approx(best, rel=1e-9, abs=1e-6)


def test_among_houses_alike_the_first_ids_take_more() -> None:
    table = listed(30, 2, max_kw=4.0, face1_m2=np.nan, face2_m2=np.nan, municipality="13112", bei=0.7, ua=0.6,
                   kw=np.nan, house_type="custom_detached", floor_area_m2=100.0, state="planned", role="new_building",
                   cost_jpy_per_kw=200_000.0, cost_fixed_jpy=200_000.0, restricted=False)  # fmt: skip
    plan = planned(table, Wishes())
    kw = plan.best.model.slots.multiple[plan.choice]
    assert kw.any()
    assert np.all(np.diff(kw) <= 0)
