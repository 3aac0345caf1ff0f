"""A good plan where many rows bind: two lists of changes, and the pairs of them that fit each other.

Where several rows bind, plans near the bound that keep all of them are too rare to be listed. Two lists of a few ten
thousand sets of changes, each of one half of the houses, hold a billion plans; a search tree finds to each set of one
list those of the other that leave just enough to spare in every row, in the unit of the objective.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from model.optimise.solar_allocation.changes import Around, Changes, Sets, countable
from model.optimise.solar_allocation.near import Near, Pairs, Watch
from model.optimise.solar_allocation.prices import Prices
from model.optimise.solar_allocation.problem import FloatArray, Problem, SlotArray, cost_of

IntArray = npt.NDArray[np.int64]

#: Sets in one list, and those of the other list that are tried with each.
_LISTED, _TRIED = 30_000, 4
#: Plans that the first reach may hold, growth of the reach until a plan is found, and shrinkage from then on.
_FIRST, _GROWTH, _SHRINKAGE = 1e8, 1.5, 0.6
#: Part of the reach that one half of the houses may use, and that is left to spare in all rows together.
_HALF, _TO_SPARE = 0.6, 0.4
#: Times that lists are made, and times in a row without a better plan after which no more are.
_ROUNDS, _IN_VAIN = 16, 3
#: Pairs that are shown to `Watch.accepted` at most.
_SHOWN = 50


def meet(
    problem: Problem, prices: Prices, best: Near, seconds: float, seed: int = 0, watch: Watch | None = None
) -> Near:
    """Return a plan near the bound, or the plan in hand if that is as good.

    Args:
        problem: houses, slots and rows.
        prices: prices of the rows.
        best: plan in hand and bound.
        seconds: no further lists are made after this time [s].
        seed: seed of the random halves and lists.
        watch: a further condition.
    """
    end = perf_counter() + seconds
    above = np.inf if np.isnan(best.cost) else best.cost - prices.priced.bound
    around = Around.read(problem, prices, above, () if watch is None else watch.rows)
    reach = min(around.complete, countable(around.changes, around.complete, _FIRST))
    if not reach > 0 or not (around.of_rows > 0).any():
        return best
    random, in_vain = np.random.default_rng(seed), 0
    for _ in range(_ROUNDS):
        choice = _met(around, reach, random, watch)
        cost = cost_of(problem, choice) if choice.size else np.inf
        better = bool(choice.size) and not cost >= best.cost
        if better:
            best = Near(best.bound, choice, cost)
        in_vain = 0 if better or np.isnan(best.cost) else in_vain + 1
        stuck = np.isnan(best.cost) and reach >= around.complete
        if in_vain >= _IN_VAIN or stuck or perf_counter() > end:
            break
        if np.isnan(best.cost):
            reach = min(_GROWTH * reach, around.complete)
        else:
            reach = min(reach, _SHRINKAGE * (best.cost - prices.priced.bound))
    return best


def _met(around: Around, reach: float, random: np.random.Generator, watch: Watch | None) -> SlotArray:
    """Return the cheapest plan among pairs of sets that fit, empty where none does."""
    near = around.changes.part(around.changes.above <= reach)
    first = random.random(around.problem.houses) < 0.5
    changes = near.part(first[near.house]), near.part(~first[near.house])
    one = _drawn(changes[0], around.spare, _HALF * reach, random)
    two = _drawn(changes[1], np.zeros_like(around.spare), _HALF * reach, random)
    pairs = Pairs(changes, (one, two), *_fitting(around, one, two, reach))
    _, plan = pairs.cheapest(around, watch, _SHOWN)
    return np.zeros(0, dtype=np.int16) if plan is None else plan.choice


def _drawn(changes: Changes, spare: FloatArray, reach: float, random: np.random.Generator) -> Sets:
    """Return sets of changes up to a reach, drawn at random where there are too many."""
    sets = Sets(spare)
    starts = changes.starts
    ends = np.append(starts[1:], changes.house.size)
    for group in random.permutation(starts.size).tolist():
        sets.grow(changes, range(starts[group], ends[group]), reach)
        if sets.above.size > _LISTED:
            sets.keep(np.sort(random.permutation(sets.above.size)[:_LISTED]))
    return sets


def _fitting(around: Around, one: Sets, two: Sets, reach: float) -> tuple[IntArray, IntArray]:
    """Return pairs of sets that leave little to spare in all rows with a price."""
    left, right = around.points(one)[:, :-1], around.points(two)[:, :-1]
    wanted = _TO_SPARE * reach / left.shape[1] - left
    near = cKDTree(right).query(wanted, k=_TRIED, p=np.inf, distance_upper_bound=reach)
    found = np.asarray(near[1], dtype=np.int64)
    fits = found < right.shape[0]
    return np.nonzero(fits)[0], found[fits]
