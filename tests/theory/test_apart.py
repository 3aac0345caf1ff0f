"""Programs that a few rows tie, solved by their parts: as good as solved whole, and never a bound above the best."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schedule_cases import announced, tiny
from scipy.sparse import csc_array

from model.optimise.apart import solve_apart
from model.optimise.facility_schedule.answer import solve_schedule
from model.optimise.facility_schedule.choice import Choice
from model.optimise.solver import ArrayModel, SolverOptions

SOME = settings(max_examples=40, deadline=None)


def blocks(seed: int, endless: bool) -> tuple[ArrayModel, np.ndarray]:
    """Three pairs of yes or no with a duty each, met by doing things or by buying; what is on offer ties them."""
    draw = np.random.default_rng(seed)
    parts, size = 3, 2
    columns = parts * size + parts + 2
    costs, matrix = np.zeros(columns), np.zeros((parts + 2, columns))
    lower, upper = np.zeros(columns), np.ones(columns)
    row_lower, row_upper = np.full(parts + 2, -np.inf), np.full(parts + 2, np.inf)
    offers = slice(parts * size + parts, None)
    for part in range(parts):
        does = slice(part * size, part * size + size)
        costs[does], matrix[part, does] = draw.integers(1, 20, size), draw.integers(1, 9, size)
        bought = parts * size + part
        matrix[part, bought], matrix[parts, bought], upper[bought] = 1.0, 1.0, np.inf
        row_lower[part] = draw.integers(1, 14)
    # What is bought comes from a cheap offer with an end and a dear one; hands are needed for what is done.
    matrix[parts, offers], row_upper[parts] = -1.0, 0.0
    costs[offers], upper[offers] = [1.0, 4.0], [draw.integers(0, 9), np.inf if endless else 40.0]
    matrix[parts + 1, : parts * size], row_upper[parts + 1] = 1.0, draw.integers(1, 7)
    whole = np.arange(columns) < parts * size
    model = ArrayModel(costs, lower, upper, whole, csc_array(matrix), row_lower, row_upper)
    return model, np.array([parts, parts + 1])


def cheapest(model: ArrayModel, tying: np.ndarray) -> float:
    """Return the least cost by trying every yes and no: what is missing is bought, cheap first."""
    best, dense = np.inf, model.matrix.toarray()
    decisions = int(model.integer.sum())
    for taken in product((0.0, 1.0), repeat=decisions):
        done = np.array(taken)
        if done.sum() > model.row_upper[tying[1]]:
            continue
        missing = np.maximum(model.row_lower[: tying[0]] - dense[: tying[0], :decisions] @ done, 0.0).sum()
        cheap = min(missing, model.upper[-2])
        best = min(best, float(model.costs[:decisions] @ done + cheap + 4.0 * (missing - cheap)))
    return best


@SOME
@given(st.integers(0, 10**6), st.booleans())
def test_parts_give_the_best_of_all_decisions(seed: int, endless: bool) -> None:
    model, tying = blocks(seed, endless)
    found = solve_apart(model, tying, SolverOptions(relative_gap=0.0))
    best = cheapest(model, tying)
    assert found.proof.status == "optimal"
    assert found.proof.objective == pytest.approx(best)
    assert found.proof.bound <= best + 1e-6
    activity = model.matrix @ found.values
    assert np.all(activity >= model.row_lower - 1e-6) and np.all(activity <= model.row_upper + 1e-6)


@SOME
@given(st.integers(0, 10**6), st.booleans())
def test_a_wide_gap_leaves_a_true_bound_and_an_answer_within_it(seed: int, endless: bool) -> None:
    model, tying = blocks(seed, endless)
    found, best = solve_apart(model, tying, SolverOptions(relative_gap=0.5)), cheapest(model, tying)
    assert found.proof.bound <= best + 1e-6 <= found.proof.objective + 2e-6
    assert found.proof.gap <= 0.5


def test_what_cannot_be_is_a_status() -> None:
    model, tying = blocks(0, False)
    nothing = replace(model, row_lower=np.where(np.arange(5) < 3, 1000.0, model.row_lower))
    assert solve_apart(nothing, tying, SolverOptions()).proof.status == "infeasible"


# Facilities of one owner stay together, credits with an end tie all: the trade of settled works, both ways.
@pytest.mark.parametrize("seed", range(6))
def test_trade_owner_by_owner_is_the_trade_of_all(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = tiny(seed, (2, 2, 1), announced(), certificates=True)
    case = case.changed(
        owner=np.array([0, 0, 1]), credits={k: replace(c, supply=0.3 * c.supply) for k, c in case.credits.items()}
    )
    plans = [[own] for own in solve_schedule(case, 1e-4, 10.0).plans]
    together = Choice(case, plans).standing()
    monkeypatch.setattr("model.optimise.facility_schedule.settled_trade._MANY", 0)
    apart = Choice(case, plans).standing()
    assert apart.value == pytest.approx(together.value, rel=1e-4, abs=100.0)
