"""The door to HiGHS: statuses in our words, bounds, prices, repeated solving, and the same answer from both forms."""

from __future__ import annotations

from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyomo.environ import Binary, ConcreteModel, Constraint, NonNegativeReals, Objective, Param, RangeSet, Var, maximize
from scipy.sparse import csc_array

from model.optimise.pyomo_solver import PyomoSolver
from model.optimise.solver import ArrayModel, SolverOptions, relative_gap, solve_arrays

EXACT = SolverOptions(relative_gap=0.0)


def knapsack(worth: list[int], weight: list[int], limit: int) -> ArrayModel:
    count = len(worth)
    return ArrayModel(
        np.array(worth, dtype=float), np.zeros(count), np.ones(count), np.ones(count, dtype=bool),
        csc_array(np.array([weight], dtype=float)), np.array([-inf]), np.array([float(limit)]), maximise=True,
    )  # fmt: skip


def linear(row_lower: float, row_upper: float, cost: float = 3.0) -> ArrayModel:
    return ArrayModel(
        np.array([cost]), np.zeros(1), np.array([inf]), np.zeros(1, dtype=bool),
        csc_array(np.array([[2.0]])), np.array([row_lower]), np.array([row_upper]), offset=1.0,
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 15)), min_size=1, max_size=8), st.integers(0, 60))
def test_knapsacks_equal_brute_force_in_both_forms(things: list[tuple[int, int]], limit: int) -> None:
    worth, weight = [list(part) for part in zip(*things, strict=True)]
    chosen = np.array(np.meshgrid(*[[0, 1]] * len(things))).reshape(len(things), -1)
    best = max(int(np.dot(worth, take)) for take in chosen.T if np.dot(weight, take) <= limit)
    answer = solve_arrays(knapsack(worth, weight, limit), EXACT)
    assert answer.proof.status == "optimal"
    assert answer.proof.objective == pytest.approx(best)
    assert answer.proof.bound == pytest.approx(best)
    assert np.dot(worth, answer.values.round()) == best
    model = ConcreteModel()
    model.take = Var(range(len(things)), domain=Binary)
    model.worth = Objective(expr=sum(worth[i] * model.take[i] for i in model.take), sense=maximize)
    model.room = Constraint(expr=sum(weight[i] * model.take[i] for i in model.take) <= limit)
    assert PyomoSolver(model).solve(EXACT).objective == pytest.approx(best)


def test_a_linear_model_has_prices() -> None:
    answer = solve_arrays(linear(8.0, inf), EXACT)
    assert answer.values == pytest.approx([4.0])
    assert answer.proof.objective == pytest.approx(13.0)
    assert answer.prices == pytest.approx([1.5])


def test_no_answer_is_a_status_and_not_an_error() -> None:
    impossible = solve_arrays(linear(8.0, -1.0), EXACT).proof
    assert impossible.status == "infeasible"
    assert isnan(impossible.objective)
    assert impossible.gap == inf
    assert solve_arrays(linear(-inf, inf, cost=-1.0), EXACT).proof.status == "unbounded"


def test_a_time_limit_leaves_a_true_bound() -> None:
    random = np.random.default_rng(3)
    count = 120
    weight = random.integers(1_000, 100_000, (8, count)).astype(float)
    model = ArrayModel(
        weight.sum(axis=0) + random.integers(0, 5_000, count), np.zeros(count), np.ones(count),
        np.ones(count, dtype=bool), csc_array(weight), np.full(8, -inf), weight.sum(axis=1) // 2, maximise=True,
    )  # fmt: skip
    proof = solve_arrays(model, SolverOptions(seconds=0.3, relative_gap=0.0)).proof
    assert proof.status == "feasible"
    assert proof.objective <= proof.bound
    assert proof.gap == pytest.approx((proof.bound - proof.objective) / proof.objective)


def test_a_given_start_is_used() -> None:
    model = knapsack([5, 4], [2, 1], 2)
    start = np.array([1.0, 0.0])
    assert solve_arrays(model, EXACT, start).proof.objective == pytest.approx(5.0)


def test_a_model_is_solved_again_with_other_parameters() -> None:
    model = ConcreteModel()
    model.days = RangeSet(2)
    model.need = Param(initialize=8.0, mutable=True)
    model.amount = Var(model.days, domain=NonNegativeReals, bounds=(0, 6))
    model.cost = Objective(expr=3 * model.amount[1] + 5 * model.amount[2])
    model.enough = Constraint(expr=model.amount[1] + model.amount[2] >= model.need)
    solver = PyomoSolver(model)
    assert solver.solve(EXACT).objective == pytest.approx(6 * 3 + 2 * 5)
    assert solver.prices()[model.enough] == pytest.approx(5.0)
    model.need = 4.0
    assert solver.solve(EXACT).objective == pytest.approx(12.0)
    assert solver.prices()[model.enough] == pytest.approx(3.0)
    model.need = 13.0
    assert solver.solve(EXACT).status == "infeasible"
    model.need = 1.0
    assert solver.solve(EXACT).objective == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("objective", "bound", "expected"),
    [(100.0, 99.0, 0.01), (-100.0, -101.0, 0.01), (0.0, 0.0, 0.0), (5.0, -inf, inf), (float("nan"), 1.0, inf)],
)
def test_relative_gap(objective: float, bound: float, expected: float) -> None:
    assert relative_gap(objective, bound) == pytest.approx(expected)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(-6, 6), st.sampled_from([0.0, 250.0, -40.0]))
def test_a_cutoff_hides_no_answer_below_it(seed: int, more: int, offset: float) -> None:
    """Two covering rows, by enumeration; what is said of answers above the cutoff does not matter."""
    random = np.random.default_rng(seed)
    costs, rows = random.integers(1, 30, 9), random.integers(1, 15, (2, 9))
    chosen = np.array(np.meshgrid(*[[0, 1]] * 9)).reshape(9, -1)
    wanted = rows.sum(axis=1) // 2
    best = float((costs @ chosen)[np.all(rows @ chosen >= wanted[:, np.newaxis], axis=0)].min()) + offset
    model = ArrayModel(
        costs.astype(float), np.zeros(9), np.ones(9), np.ones(9, dtype=bool), csc_array(rows.astype(float)),
        wanted.astype(float), np.full(2, inf), offset=offset,
    )  # fmt: skip
    cutoff = best + more + 0.5
    options = SolverOptions(relative_gap=0.0, absolute_gap=0.0, further={"objective_bound": cutoff})
    proof = solve_arrays(model, options).proof
    if best < cutoff:
        assert proof.objective == pytest.approx(best)
        assert proof.bound <= best + 1e-6
    else:
        assert proof.status == "infeasible" or proof.objective >= best - 1e-6
