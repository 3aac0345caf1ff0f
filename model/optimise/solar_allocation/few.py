"""Few houses whose owners may refuse: the best plan by their exact distribution, without taking it as normal.

More panels on a counted house never make the requirement less likely to be met. A plan that is not certain enough
rules out every plan with no more on any house: at least one house must have more than it has in the largest plan above
it that is still not certain enough. Each solution of the programme either is certain enough, and best, or adds such
rows. Where very few owners may refuse, every combination of their decisions is in the programme instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array

from model.optimise.solar_allocation.consent import is_enough
from model.optimise.solar_allocation.every_decision import MOST_DECIDING, Brought, solve_every_decision
from model.optimise.solar_allocation.finish import Finished
from model.optimise.solar_allocation.problem import (
    BoolArray,
    FloatArray,
    Problem,
    Row,
    SlotArray,
    coefficients,
    cost_of,
)
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays

IntArray = npt.NDArray[np.int64]

#: Numerical slack of a row, relative to its right-hand side.
_SLACK = 1e-9
#: Gap of a programme in the unit of the objective.
_GAP = 1e-7


@dataclass(frozen=True)
class _Slots:
    """Slots of all houses one after another, and which of a house's slots bring at least as much as which others.

    Args:
        house, slot: by pair.
        starts: where the pairs of each house begin.
        no_less: whether the pair of the column brings at least as much as that of the row, whatever its owner decides.
        brought: what they bring to the requirement.
    """

    house: IntArray
    slot: IntArray
    starts: IntArray
    no_less: BoolArray
    brought: Brought


def solve_few(
    problem: Problem,
    counted: tuple[Row, ...],
    consent: FloatArray,
    probabilities: Callable[[SlotArray], FloatArray],
    certainty: float,
    seconds: float,
    seed: int = 0,
) -> Finished:
    """Return the best plan that is certain enough, or the bound that was reached in time.

    Args:
        problem: houses, slots and all rows that hold without probability.
        counted: rows on mean capacity, with substitutes and on site alone, or one where there are no substitutes.
        consent: probability of acceptance by house [1].
        probabilities: with which a plan meets the requirement (first).
        certainty: probability asked for [1].
        seconds: time limit [s].
        seed: seed of the solver.
    """
    end, bound = perf_counter() + seconds, -np.inf

    def probability(choice: SlotArray) -> float:
        return float(probabilities(choice)[0])

    slots = _slots(problem, counted, consent)
    if slots.brought.deciding.size <= MOST_DECIDING:
        options = SolverOptions(seconds, 0.0, _GAP, seed)
        found = solve_every_decision(problem, slots.brought, consent, certainty, options)
        if found.impossible or (found.choice.size and is_enough(probability(found.choice), certainty)):
            return found
        bound = found.bound
    cuts: list[BoolArray] = []
    while True:
        left = end - perf_counter()
        if left <= 0:
            return Finished(np.zeros(0, dtype=np.int16), np.nan, bound, problem.houses)
        answer = solve_arrays(_programme(problem, slots, cuts), SolverOptions(left, 0.0, _GAP, seed))
        if answer.proof.status == "infeasible":
            return Finished(np.zeros(0, dtype=np.int16), np.nan, np.inf, problem.houses, impossible=True)
        if answer.proof.status != "optimal":
            return Finished(np.zeros(0, dtype=np.int16), np.nan, bound, problem.houses)
        taken = np.flatnonzero(answer.values > 0.5)
        choice = slots.slot[taken].astype(np.int16)
        bound = max(bound, answer.proof.bound)
        if is_enough(probability(choice), certainty):
            cost = cost_of(problem, choice)
            return Finished(choice, cost, min(bound, cost), problem.houses)
        for order in (range(problem.houses), range(problem.houses - 1, -1, -1)):
            cuts.append(_beyond(slots, taken, order, probability, certainty))


def _slots(problem: Problem, counted: tuple[Row, ...], consent: FloatArray) -> _Slots:
    """Return the slots of all houses and how they compare."""
    slot, house = np.nonzero(np.isfinite(problem.cost))
    order = np.lexsort((slot, house))
    slot, house = slot[order], house[order]
    inside = ~problem.left_out[slot]
    kw = np.where(inside, problem.kw(slot, house), 0.0)
    alone = replace(problem, rows=counted)
    brought = coefficients(alone, house, slot)
    # What a house brings if its owner refuses, and if the owner accepts, on both rows.
    on_row = np.array([row.slope[house] != 0 for row in counted])
    refused = brought - np.where(on_row, consent[house] * kw, 0.0)
    accepted = refused + np.where(on_row, kw, 0.0)
    sure = consent[house] >= 1.0
    least = np.where(sure, accepted, refused)
    same = house[:, np.newaxis] == house
    alike = inside[:, np.newaxis] == inside
    pairwise_more = (kw[:, np.newaxis] <= kw) & np.all(
        refused[:, :, np.newaxis] <= refused[:, np.newaxis, :] + 1e-12, axis=0
    )
    always_more = np.all(accepted[:, :, np.newaxis] <= least[:, np.newaxis, :] + 1e-12, axis=0)
    starts = np.flatnonzero(np.append(True, house[1:] != house[:-1]))
    owed = np.array([row.at_least for row in counted])
    brings = Brought(house, slot, np.where(sure, accepted, refused), accepted, owed)
    return _Slots(house, slot, starts, same & ((alike & pairwise_more) | always_more), brings)


def _beyond(
    slots: _Slots, taken: IntArray, order: range, probability: Callable[[SlotArray], float], certainty: float
) -> BoolArray:
    """Return the pairs of which one must be in any plan that is certain enough, from a plan that is not."""
    largest = taken.copy()
    ends = np.append(slots.starts[1:], slots.house.size)
    for house in order:
        own = np.arange(slots.starts[house], ends[house])
        more = own[slots.no_less[largest[house], own]]
        # Those that bring more than most others first.
        for pair in more[np.argsort(-slots.no_less[np.ix_(own, more)].sum(axis=0), kind="stable")].tolist():
            tried = largest.copy()
            tried[house] = pair
            reached = probability(slots.slot[tried].astype(np.int16)) if pair != largest[house] else 1.0
            if not is_enough(reached, certainty):
                largest = tried
                break
    # A slot is no help if the largest plan's slot of the house brings at least as much.
    return ~slots.no_less[np.arange(slots.house.size), largest[slots.house]]


def _programme(problem: Problem, slots: _Slots, cuts: list[BoolArray]) -> ArrayModel:
    """Return the programme with the rows found so far."""
    count = slots.house.size
    tied = np.vstack((coefficients(problem, slots.house, slots.slot), *(cut[np.newaxis] for cut in cuts)))
    row, column = np.nonzero(tied)
    matrix = coo_array(
        (
            np.append(tied[row, column], np.ones(count)),
            (np.append(row, tied.shape[0] + slots.house), np.append(column, np.arange(count))),
        ),
        shape=(tied.shape[0] + problem.houses, count),
    ).tocsc()
    at_least = problem.at_least - _SLACK * np.maximum(1.0, np.abs(problem.at_least))
    one = np.ones(problem.houses)
    return ArrayModel(
        costs=problem.cost[slots.slot, slots.house],
        lower=np.zeros(count),
        upper=np.ones(count),
        integer=np.ones(count, dtype=bool),
        matrix=matrix,
        row_lower=np.concatenate((at_least, np.ones(len(cuts)), one)),
        row_upper=np.concatenate((np.full(tied.shape[0], np.inf), one)),
    )
