"""The method of the panel allocation on bare arrays: brute force, HiGHS on the whole, bounds, relaxed rules, clash."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_array

from model.optimise.pyomo_solver import PyomoSolver
from model.optimise.solar_allocation import near as solar_allocation_near
from model.optimise.solar_allocation.changes import Changes, Sets
from model.optimise.solar_allocation.clash import find_clash
from model.optimise.solar_allocation.exact import keep_exactly
from model.optimise.solar_allocation.finish import Finished, finish
from model.optimise.solar_allocation.near import Near, plans_near
from model.optimise.solar_allocation.prices import Prices, find_prices
from model.optimise.solar_allocation.problem import Problem, Row, activity, best_at, coefficients, cost_of
from model.optimise.solar_allocation.pyomo_model import pyomo_model
from model.optimise.solar_allocation.shifts import shifts_of
from model.optimise.solver import SolverOptions

EXACT = SolverOptions(relative_gap=0.0, absolute_gap=1e-9)


def random_problem(seed: int, houses: int, slots: int, kind: str) -> Problem:
    """Return a problem in which rows bind; `kind` says whether costs differ by house or only by size."""
    random = np.random.default_rng(seed)
    step = random.choice([0.4, 0.8], houses)
    steps = random.integers(0, slots, houses)
    multiple = np.append(np.arange(slots, dtype=float), 0.0)
    left_out = np.append(np.zeros(slots, dtype=bool), True)
    kw = multiple[:, np.newaxis] * step
    rate = np.full(houses, 200.0) if kind == "alike" else random.integers(150, 260, houses).astype(float)
    cost = np.where(kw > 0, 90.0, 0.0) + rate * kw - 20.0 * np.minimum(kw, 1.6) ** 2
    cost = np.where(multiple[:, np.newaxis] <= steps, np.round(cost, 3), np.inf)
    cost[-1] = np.where(random.random(houses) < 0.3, 0.0, np.inf)
    owed = random.choice([1.7, 1.4, 0.6], houses)
    of_type = random.integers(0, 2, houses) == 0
    reach = float(np.sum(step * steps))
    room = np.round(random.normal(-2.0, 2.0, houses), 2)
    spent = np.where(np.isfinite(cost), kw * 100.0, 0.0)
    wanted = min(0.0, np.round(0.8 * reach - owed.sum(), 1))
    rows = [Row("renewables", np.ones(houses), -owed, wanted, counted_only=True)]
    if kind != "alike":
        rows.append(Row("energy", np.where(of_type, 10.0, 0.0), np.where(of_type, room, 0.0), 0.0))
        rows.append(Row("budget", -np.ones(houses), np.zeros(houses), -75.0 * reach, measure="spent"))
        rows.append(Row("spread", np.zeros(houses), np.zeros(houses), -float(reach), squared=-np.full(houses, 0.3)))
    return Problem(cost, multiple, left_out, step, tuple(rows), {"spent": spent})


def brute_force(problem: Problem) -> float:
    slots = [np.flatnonzero(np.isfinite(problem.cost[:, house])) for house in range(problem.houses)]
    best = np.inf
    for choice in product(*slots):
        picked = np.array(choice)
        if np.all(activity(problem, picked) >= problem.at_least - 1e-9):
            best = min(best, cost_of(problem, picked))
    return best


def solved(problem: Problem, gap: float = 0.0, seconds: float = 20.0) -> Finished:
    return finish(problem, find_prices(problem), gap, seconds)


# Prices far from the best ones prove less; at those of the example no house can be worth another slot.
@settings(max_examples=100, deadline=None)
@example(2549, 2, 2, (345.04, 79.88, 2.31, 0.0))
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(2, 3), st.tuples(*4 * [st.floats(0.0, 400.0)]))
def test_whatever_the_prices_the_best_plan_is_found(
    seed: int, houses: int, slots: int, prices: tuple[float, ...]
) -> None:  # fmt: skip
    problem = random_problem(seed, houses, slots, "mixed")
    of_rows = np.array(prices)
    found, best = finish(problem, Prices(of_rows, best_at(problem, of_rows)), 0.0, 20.0), brute_force(problem)
    assert found.impossible == np.isinf(best)
    if np.isfinite(best):
        assert found.cost == pytest.approx(best, abs=1e-6)
        assert found.bound == pytest.approx(best, abs=1e-6)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(2, 4), st.sampled_from(["alike", "mixed"]))
def test_small_cases_equal_brute_force(seed: int, houses: int, slots: int, kind: str) -> None:
    problem = random_problem(seed, houses, slots, kind)
    best = brute_force(problem)
    found = solved(problem)
    if np.isinf(best):
        assert found.impossible
        assert found.choice.size == 0
    else:
        assert found.cost == pytest.approx(best)
        assert found.bound == pytest.approx(best)
        assert np.all(activity(problem, found.choice) >= problem.at_least - 1e-8)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
@pytest.mark.parametrize("kind", ["alike", "mixed"])
def test_two_hundred_houses_equal_highs_to_the_yen(seed: int, kind: str) -> None:
    problem = random_problem(seed, 200, 5, kind)
    random = np.random.default_rng(seed)
    extra = 0 if kind == "alike" else random.integers(0, 997, problem.cost.shape)
    problem = replace(problem, cost=np.round(problem.cost * 1000.0) + extra)
    # Costs are whole yen, so that less than one yen apart is equal.
    whole = PyomoSolver(pyomo_model(problem)).solve(replace(EXACT, seconds=30.0, absolute_gap=0.5))
    found = solved(problem)
    assert whole.status == "optimal"
    assert found.cost == whole.objective == pytest.approx(found.bound, abs=0.5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 400))
def test_the_bound_at_any_prices_is_below_every_plan(seed: int, price: float) -> None:
    problem = random_problem(seed, 5, 3, "mixed")
    best = brute_force(problem)
    prices = np.array([price, price / 40, price / 2000, price / 3])
    assert best_at(problem, prices).bound <= best + 1e-6


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_bounds_from_whole_modules_lie_between_relaxation_and_best_plan(seed: int) -> None:
    problem = random_problem(seed, 6, 3, "mixed")
    best = brute_force(problem)
    prices = find_prices(problem)
    exact, shifts = keep_exactly(problem, prices.of_rows, 0), shifts_of(problem, prices, 0)
    for bound in [one.bound for one in (exact, shifts) if one is not None]:
        assert prices.priced.bound - 1e-6 * abs(prices.priced.bound) <= bound <= best * (1 + 1e-9) + 1e-6


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["alike", "mixed"]))
def test_full_roofs_as_one_slot_equal_a_slot_for_each_number_of_modules(seed: int, kind: str) -> None:
    problem = random_problem(seed, 5, 3, kind)
    random, everyone = np.random.default_rng(seed), np.arange(5)
    modules = random.integers(4, 7, 5)
    cost = np.where(random.random(5) < 0.7, 90.0 + 170.0 * modules * problem.step_kw, np.inf)
    spent = np.where(np.isfinite(cost), modules * problem.step_kw * 100.0, 0.0)
    more = modules == np.arange(4, 7)[:, np.newaxis]
    single = replace(
        problem,
        cost=np.vstack((problem.cost, np.where(more, cost, np.inf))),
        multiple=np.append(problem.multiple, [4.0, 5.0, 6.0]),
        left_out=np.append(problem.left_out, [False] * 3),
        amounts={"spent": np.vstack((problem.amounts["spent"], np.where(more, spent, 0.0)))},
    )
    whole = replace(
        problem,
        cost=np.vstack((problem.cost, cost)),
        multiple=np.append(problem.multiple, 1.0),
        left_out=np.append(problem.left_out, False),
        amounts={"spent": np.vstack((problem.amounts["spent"], spent))},
        full=np.arange(problem.slots + 1) == problem.slots,
        full_kw=modules * problem.step_kw,
    )
    best, found = brute_force(single), solved(whole)
    assert found.impossible == np.isinf(best)
    prices = random.uniform(0, 300, len(problem.rows))
    assert best_at(whole, prices).bound == pytest.approx(best_at(single, prices).bound)
    if found.impossible:
        return
    assert found.cost == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    slots = np.where(found.choice == problem.slots, problem.slots + modules - 4, found.choice)
    assert cost_of(single, slots) == pytest.approx(found.cost)
    assert activity(single, slots) == pytest.approx(activity(whole, found.choice))
    part, kept = whole.part(everyone[1:]), single.part(everyone[1:])
    assert activity(part, found.choice[1:]) == pytest.approx(activity(kept, slots[1:]))


@pytest.mark.parametrize("houses", [pytest.param(4, marks=pytest.mark.slow), 300])
def test_shifts_of_a_budget_in_yen_take_no_memory_by_the_yen(houses: int) -> None:
    """Least CO2 within a budget: outlays lie millions of yen apart, to be had on a grid of a tenth of a milliyen."""
    random = np.random.default_rng(houses)
    multiple, step = np.arange(5.0), np.full(houses, 0.8)
    kw = multiple[:, np.newaxis] * step
    outlay = np.where(kw > 0, 151_000.0, 0.0) + kw * random.integers(161_000, 262_000, houses)
    budget = Row("budget", -np.ones(houses), np.zeros(houses), -0.5 * float(outlay[-1].sum()), measure="spent")
    avoided = kw * random.uniform(0.3, 0.5, houses)
    problem = Problem(-avoided, multiple, np.zeros(5, dtype=bool), step, (budget,), {"spent": outlay})
    prices = find_prices(problem)
    shifts = shifts_of(problem, prices, 0)
    whole = PyomoSolver(pyomo_model(problem)).solve(replace(EXACT, seconds=5.0, relative_gap=1e-5))
    best = brute_force(problem) if houses < 5 else whole.objective
    assert shifts is None or shifts.bound <= best + 1e-9
    found = solved(problem, 1e-5)
    assert found.gap <= 1e-5
    assert found.cost <= best * (1 - 1e-5) + 1e-9
    assert found.cost >= best * (1 + 1e-5) - 1e-9


@pytest.mark.parametrize("kind", ["alike", "mixed"])
def test_many_houses_are_proven_close(kind: str) -> None:
    problem = random_problem(7, 30_000, 6, kind)
    found = solved(problem, 1e-5)
    assert found.gap <= 1e-5
    assert np.all(activity(problem, found.choice) >= problem.at_least - 1e-6 * np.maximum(1, abs(problem.at_least)))
    assert found.cost == pytest.approx(cost_of(problem, found.choice))


def test_prices_where_the_first_houses_say_nothing_about_a_row() -> None:
    """Yen and kW in one list, no other house in the first quarter, and a first slot that costs nothing."""
    houses, slots = 1_500, 4
    random = np.random.default_rng(5)
    multiple = np.append([0.0, 0.0], np.arange(1.0, slots))
    step = random.choice([0.4, 0.8], houses)
    kw = multiple[:, np.newaxis] * step
    cost = kw * random.integers(150_000, 260_000, houses) + np.where(kw > 0, 90_000.0, 0.0)
    early = np.arange(houses) < 300
    rows = (
        Row("renewables", np.ones(houses), np.full(houses, -0.9), 0.0),
        Row("budget", -np.ones(houses), np.zeros(houses), -1.0e6 * houses, measure="spent"),
        Row("late", np.where(early, 0.0, -1.0), np.zeros(houses), -1.0 * float(np.sum(~early))),
    )
    problem = Problem(cost, multiple, np.zeros(slots + 1, dtype=bool), step, rows, {"spent": 0.6 * cost})
    chosen, house = np.nonzero(np.isfinite(cost))
    relaxed = linprog(
        cost[chosen, house],
        A_ub=-coefficients(problem, house, chosen), b_ub=-problem.at_least,
        A_eq=coo_array((np.ones(house.size), (house, np.arange(house.size)))).tocsr(), b_eq=np.ones(houses),
    )  # fmt: skip
    assert relaxed.status == 0
    assert find_prices(problem).priced.bound == pytest.approx(relaxed.fun, rel=1e-6)


@pytest.mark.parametrize("most", [2_000, 20_000])
def test_tables_of_plans_near_the_bound_stay_within_their_limit(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Forty sizes a house that cost nearly the same a kW: one house alone multiplies the sets of changes by forty."""
    monkeypatch.setattr(solar_allocation_near, "_MOST_NUMBERS", most)
    monkeypatch.setattr(solar_allocation_near, "_MOST_CHEAP", most)
    random = np.random.default_rng(1)
    houses, slots = 60, 40
    step, multiple = random.choice([0.4, 0.8, 1.2], houses), np.arange(slots, dtype=float)
    kw = multiple[:, np.newaxis] * step
    cost = 200.0 * kw + 40.0 * random.random(kw.shape) * (kw > 0)
    row = Row("renewables", np.ones(houses), np.full(houses, -1.492), 0.0)
    problem = Problem(cost, multiple, np.zeros(slots, dtype=bool), step, (row,))
    prices = find_prices(problem)
    made: list[int] = []
    grow = Sets.grow

    def watched(sets: Sets, changes: Changes, numbers: range, reach: float) -> None:
        expected = sets.grown(changes, numbers, reach)
        grow(sets, changes, numbers, reach)
        assert sets.above.size == expected
        made.append(sets.spare.size)

    monkeypatch.setattr(Sets, "grow", watched)
    with_nothing = Near(-np.inf, np.zeros(0, dtype=np.int16), np.nan)
    near = plans_near(problem, prices, 1e-9, with_nothing, 5.0)
    assert max(made) <= most
    exact = keep_exactly(problem, np.zeros(1), 0)
    assert exact is not None
    assert prices.priced.bound <= near.bound <= exact.bound + 1e-6


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 3))
def test_a_relaxed_rule_is_never_dearer(seed: int, dropped: int) -> None:
    problem = random_problem(seed, 12, 4, "mixed")
    relaxed = replace(problem, rows=problem.rows[:dropped] + problem.rows[dropped + 1 :])
    full, fewer = solved(problem), solved(relaxed)
    if full.choice.size:
        assert fewer.cost <= full.cost * (1 + 1e-9) + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_a_clash_is_found_where_brute_force_finds_no_plan(seed: int) -> None:
    problem = random_problem(seed, 4, 3, "mixed")
    harder = replace(problem, rows=(replace(problem.rows[0], at_least=2.0), *problem.rows[1:]))
    clash = find_clash(harder, 10.0)
    assert (clash is not None) == np.isinf(brute_force(harder))
    if clash is None:
        return
    rows = {row.name: row for row in harder.rows}
    members = [rows[one.row] for one in clash.relaxations]
    assert np.isinf(brute_force(replace(harder, rows=tuple(members))))
    for one in clash.relaxations:
        others = [row for row in members if row.name != one.row]
        assert np.isfinite(brute_force(replace(harder, rows=tuple(others))))
        if not np.isnan(one.reached):
            full = [row if row.name != one.row else replace(row, at_least=one.reached - 1e-6) for row in harder.rows]
            part = [row if row.name != one.row else replace(row, at_least=one.reached - 1e-6) for row in members]
            assert np.isfinite(brute_force(replace(harder, rows=tuple(part))))
            # Where others clash without it, the rule may give way as far as it likes and there is still no plan.
            assert np.isfinite(brute_force(replace(harder, rows=tuple(full)))) == one.enough
            beyond = [row if row.name != one.row else replace(row, at_least=one.reached + 1e-3) for row in members]
            assert np.isinf(brute_force(replace(harder, rows=tuple(beyond)))) or len(clash.relaxations) < len(rows)


def test_no_rows_and_no_houses() -> None:
    problem = random_problem(1, 5, 3, "mixed")
    free = replace(problem, rows=())
    assert solved(free).cost == pytest.approx(float(problem.cost.min(axis=0).sum()))
