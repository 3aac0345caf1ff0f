"""Searches that run beside other work: the same answers as made alone, in order, and nothing left when they end."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from scipy.sparse import csc_array

from model.optimise.beside import Beside
from model.optimise.solver import ArrayModel, SolverError, SolverOptions, solve_arrays


def knapsack(items: int, rows: int, seed: int = 0) -> ArrayModel:
    random = np.random.default_rng(seed)
    weights = random.integers(10, 100, (rows, items)).astype(np.float64)
    return ArrayModel(
        -random.integers(50, 100, items).astype(np.float64), np.zeros(items), np.ones(items),
        np.ones(items, dtype=bool), csc_array(weights), np.full(rows, -np.inf), np.floor(0.3 * weights.sum(axis=1)),
    )  # fmt: skip


OPTIONS = [SolverOptions(30.0, 0.0, seed=seed) for seed in (3, 1, 2)]


@pytest.mark.parametrize("alone", [True, False])
def test_answers_are_those_of_searches_made_one_by_one(alone: bool) -> None:
    model, before = knapsack(25, 3), threading.active_count()
    with Beside(model, OPTIONS, alone=alone) as beside:
        found = [answer.values for answer in beside.answers()]
    assert [one.tolist() for one in found] == [solve_arrays(model, one).values.tolist() for one in OPTIONS]
    assert threading.active_count() == before


def test_a_search_ends_when_nobody_waits_for_it_any_more() -> None:
    before = threading.active_count()
    beside = Beside(knapsack(400, 30), [SolverOptions(300.0, 0.0)] * 3, alone=False)
    with pytest.raises(KeyboardInterrupt), beside:
        raise KeyboardInterrupt
    assert threading.active_count() == before
    # A search that went on to its limit would have left its answer.
    assert beside._found.empty()


@pytest.mark.parametrize("seconds", [0.0, -0.002])
def test_time_that_is_over_is_no_time_rather_than_no_limit(seconds: float) -> None:
    answer = solve_arrays(knapsack(400, 30), SolverOptions(seconds, 0.0))
    # Without a limit the search would end after minutes with a proof.
    assert answer.proof.status in ("no_solution", "feasible")


@pytest.mark.parametrize("alone", [True, False])
def test_a_solver_that_breaks_down_says_so_to_those_who_ask(alone: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise SolverError("no memory")

    monkeypatch.setattr("model.optimise.beside.solve_arrays", breaks)
    with Beside(knapsack(5, 1), OPTIONS, alone=alone) as beside, pytest.raises(SolverError, match="no memory"):
        next(beside.answers())
