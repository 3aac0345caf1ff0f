"""Few houses whose owners may refuse: the best plan by their exact distribution, without taking it as normal.

Starts of plans are followed house by house (`house_by_house`). A plan is looked for among the most promising starts,
for costs that rise from a bound on; then all starts that can lead to a cheaper plan are followed, for costs that rise
to that of the plan. Where none is left below a cost, that cost is the bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array

from model.optimise.solar_allocation.completions import OpenHouse
from model.optimise.solar_allocation.consent import is_enough
from model.optimise.solar_allocation.cuts import aim
from model.optimise.solar_allocation.finish import Finished
from model.optimise.solar_allocation.house_by_house import HouseByHouse, Path
from model.optimise.solar_allocation.prices import find_prices
from model.optimise.solar_allocation.problem import (
    BoolArray,
    FloatArray,
    Problem,
    Row,
    SlotArray,
    coefficients,
    cost_of,
)
from model.optimise.solar_allocation.sums import Sum, parts_of
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays

IntArray = npt.NDArray[np.int64]

#: Numerical slack of a row, relative to its right-hand side, of what is as good as the same, and of equal costs.
_SLACK, _SAME, _EVEN = 1e-9, 1e-12, 1e-11
#: Starts that are kept while a plan is looked for; how far above the bound the first look goes, and how much farther
#: every next one, as a share of the bound's distance from the least costs and at least of that of the greatest.
_KEPT, _FIRST_LOOK, _FARTHER, _LEAST_LOOK = 300, 0.04, 1.7, 1e-3
#: Looks for a better plan between bound and plan, how many times as many starts they keep, and the share of the time
#: within which they begin.
_LOOKS, _MORE, _LOOKING = 5, 4, 0.25
#: Parts of the way from the bound to the plan up to which all starts are followed, and the share of the time that a
#: part, but the first one, takes at most if the last one follows at once.
_PARTS, _QUICK = (0.35, 0.6, 0.8, 0.9, 0.95, 0.98, 1.0), 2e-3
#: Share of the time that is left for the plan itself once a bound is high enough.
_ITSELF = 0.3
#: Share of the time for rules that clash without any probability.
_CLASH = 0.2
#: Houses above which a first plan is found by prices, and the share of the time for that.
_MANY, _AIMED = 20, 0.3


def solve_few(
    problem: Problem,
    counted: tuple[Row, ...],
    consent: FloatArray,
    probabilities: Callable[[SlotArray, int], FloatArray],
    certainty: float,
    gap: float,
    seconds: float,
    seed: int = 0,
    enough: float = np.inf,
) -> Finished:
    """Return the best plan that is certain enough, or what was found and proven in time.

    Args:
        problem: houses, slots and all rows that hold without probability.
        counted: rows on mean capacity, with substitutes and on site alone, or one where there are no substitutes.
        consent: probability of acceptance by house [1].
        probabilities: of a plan, and how many: with which it meets the requirement in fact, and each counted row.
        certainty: probability asked for [1].
        gap: relative gap asked for [1].
        seconds: time limit [s].
        seed: seed of the solver.
        enough: a bound above this need not be improved.
    """
    end, nothing = perf_counter() + seconds, np.zeros(0, dtype=np.int16)
    slots = _Slots.read(problem, counted, consent)
    if slots.clash(problem, SolverOptions(_CLASH * seconds, 0.0, 0.0, seed)):
        return Finished(nothing, np.nan, np.inf, problem.houses, impossible=True)

    def plan(houses: tuple[OpenHouse, ...], path: Path) -> SlotArray:
        choice = np.zeros(problem.houses, dtype=np.int16)
        for one, position in zip(houses, path.tolist(), strict=True):
            choice[one.house] = one.slot[position]
        return choice

    def search(prices: FloatArray) -> tuple[HouseByHouse, tuple[OpenHouse, ...]]:
        houses, rows = slots.houses(problem, consent, prices)
        accepted = lambda path: is_enough(float(probabilities(plan(houses, path), 1)[0]), certainty)  # noqa: E731
        made = HouseByHouse(houses, problem.at_least[rows], prices[rows], slots.missing, certainty, accepted)
        return made, houses

    choice = nothing
    if problem.houses > _MANY:
        sums = tuple(Sum.read(problem, one, consent) for one in counted)
        left = _AIMED * (end - perf_counter())
        choice = aim(problem, sums, parts_of(sums), probabilities, certainty, gap, left, seed).best.choice
    # Without prices of the other rows the costs are as they are; with those near the best plan they may tell more.
    beside = find_prices(replace(problem, rows=(*problem.rows, *counted)), seed).of_rows[: len(problem.rows)]
    tried = [np.zeros(len(problem.rows)), *([beside] if beside.any() else [])]
    found, houses = search(tried[0])
    bound = found.within(found.greatest)
    for prices in tried[1:]:
        other, its_houses = search(prices)
        if (its_bound := other.within(other.greatest)) > bound:
            bound, found, houses = its_bound, other, its_houses
    if np.isinf(bound):
        return Finished(nothing, np.nan, np.inf, problem.houses, impossible=True)
    found.cost = cost_of(problem, choice) if choice.size else np.inf
    bound, complete = prove_best(found, bound, gap, enough, end)
    if found.path.size:
        choice = plan(houses, found.path)
    if not choice.size:
        return Finished(nothing, np.nan, np.inf if complete else bound, problem.houses, impossible=complete)
    cost = cost_of(problem, choice)
    return Finished(choice, cost, min(bound, cost), problem.houses)


def prove_best(found: HouseByHouse, bound: float, gap: float, enough: float, end: float) -> tuple[float, bool]:
    """Look for the best plan; return what is proven of all plans, and whether none is left that was not looked at."""
    # A plan first, near the bound if there is one.
    step = max(bound - found.least, _LEAST_LOOK * (found.greatest - found.least))
    share, most = _FIRST_LOOK, -np.inf
    while np.isinf(found.cost) and most < found.greatest and perf_counter() < end:
        most = min(bound + share * step, found.greatest)
        found.look(most, _KEPT, end)
        share *= _FARTHER
    low = bound
    until = perf_counter() + _LOOKING * (end - perf_counter())
    for _ in range(_LOOKS if np.isfinite(found.cost) and np.isinf(enough) else 0):
        if perf_counter() > until:
            break
        before = found.cost
        found.look(0.5 * (low + before), _MORE * _KEPT, end)
        low = low if found.cost < before else 0.5 * (low + before)
    top = min(found.cost, found.greatest)
    bound = max(bound, min(found.within(top), top))
    first, quick = bound, False
    for part in _PARTS:
        if quick and part < 1:
            continue
        begun = perf_counter()
        top = min(found.cost, found.greatest)
        size = max(1.0, abs(top))
        needed = min(top - max(gap / 2, 2 * _EVEN) * size, enough - 2 * _EVEN * size)
        if bound >= needed and np.isfinite(found.cost):
            break
        most = first + part * (top - first) if part < 1 else top
        if bound < enough < most:
            most = enough
        most -= _EVEN * size
        if not found.look(most, None, end):
            break
        bound = max(bound, min(most, found.cost))
        quick = part > _PARTS[0] and perf_counter() - begun < _QUICK * (end - begun)
    if np.isfinite(enough) and bound >= enough - 2 * _EVEN * max(1.0, abs(enough)) and found.cost > bound:
        # More need not be proven, but the plan itself is to be known about as well where that takes little.
        now = perf_counter()
        return prove_best(found, bound, gap, np.inf, now + _ITSELF * (end - now))
    return bound, bound >= found.greatest - 2 * _EVEN * max(1.0, abs(found.greatest))


class _Slots:
    """Slots of all houses one after another, and what they bring to what must not fall short.

    Args:
        house, slot: by pair.
        refused: what slots bring if their owners refuse, dims (sum, pair) [kW].
        accepted: the same if they accept.
        tied: what they bring to the rows that hold without probability, dims (row, pair).
        owed: what must be reached at least in each sum [kW].
    """

    def __init__(
        self,
        house: IntArray,
        slot: IntArray,
        refused: FloatArray,
        accepted: FloatArray,
        tied: FloatArray,
        owed: FloatArray,
    ) -> None:
        self.house, self.slot, self.refused, self.accepted, self.tied = house, slot, refused, accepted, tied
        self.owed = owed
        self.starts = np.flatnonzero(np.append(True, house[1:] != house[:-1]))
        #: What all houses together must bring beyond what each of them brings at the least.
        self.missing = owed - np.minimum.reduceat(refused, self.starts, axis=1).sum(axis=1)

    @classmethod
    def read(cls, problem: Problem, counted: tuple[Row, ...], consent: FloatArray) -> _Slots:
        """Return the slots of a problem."""
        slot, house = np.nonzero(np.isfinite(problem.cost))
        order = np.lexsort((slot, house))
        slot, house = slot[order], house[order]
        kw = np.where(problem.left_out[slot], 0.0, problem.kw(slot, house))
        brought = coefficients(replace(problem, rows=counted), house, slot)
        on_row = np.array([row.slope[house] != 0 for row in counted])
        refused = brought - np.where(on_row, consent[house] * kw, 0.0)
        accepted = refused + np.where(on_row, kw, 0.0)
        refused = np.where(consent[house] >= 1.0, accepted, refused)
        owed = np.array([row.at_least for row in counted])
        return cls(house, slot, refused, accepted, coefficients(problem, house, slot), owed)

    def clash(self, problem: Problem, options: SolverOptions) -> bool:
        """Say whether it is proven that no plan keeps the rows, even if all owners accept."""
        tied = np.vstack((self.tied, self.accepted))
        count, at_least = self.house.size, np.append(problem.at_least, self.owed)
        row, column = np.nonzero(tied)
        matrix = coo_array(
            (
                np.append(tied[row, column], np.ones(count)),
                (np.append(row, tied.shape[0] + self.house), np.append(column, np.arange(count))),
            ),
            shape=(tied.shape[0] + problem.houses, count),
        ).tocsc()
        one = np.ones(problem.houses)
        model = ArrayModel(
            costs=np.zeros(count),
            lower=np.zeros(count),
            upper=np.ones(count),
            integer=np.ones(count, dtype=bool),
            matrix=matrix,
            row_lower=np.append(at_least - _SLACK * np.maximum(1.0, np.abs(at_least)), one),
            row_upper=np.append(np.full(at_least.size, np.inf), one),
        )
        return solve_arrays(model, options).proof.status == "infeasible"

    def houses(
        self, problem: Problem, consent: FloatArray, prices: FloatArray
    ) -> tuple[tuple[OpenHouse, ...], BoolArray]:
        """Return the houses in the order in which they are decided, and which rows can be broken at all.

        Args:
            problem: the rows that hold without probability.
            consent: probability of acceptance by house [1].
            prices: of the rows.
        """
        least = np.minimum.reduceat(self.tied, self.starts, axis=1).sum(axis=1)
        rows = least < problem.at_least - _SLACK * np.maximum(1.0, np.abs(problem.at_least))
        found = []
        for start, after in zip(self.starts.tolist(), [*self.starts[1:].tolist(), self.house.size], strict=True):
            pairs = np.arange(start, after)
            cost = problem.cost[self.slot[pairs], self.house[pairs]]
            pairs = pairs[_useful(cost, self.refused[:, pairs], self.accepted[:, pairs], self.tied[rows][:, pairs])]
            cost, tied = problem.cost[self.slot[pairs], self.house[pairs]], self.tied[rows][:, pairs]
            priced, house = cost - prices[rows] @ tied, int(self.house[start])
            sure = self.refused[:, pairs] - self.refused[:, start:after].min(axis=1, keepdims=True)
            added = self.accepted[:, pairs] - self.refused[:, pairs]
            above = priced - priced.min()
            found.append(OpenHouse(house, float(consent[house]), self.slot[pairs], cost, above, sure, added, tied))
        # What is settled first, then the houses that can bring most: the others have less to choose from.
        found.sort(key=lambda one: (one.slot.size > 1, -float(one.added.max()), one.house))
        return tuple(found), rows


def _useful(cost: FloatArray, *brought: FloatArray) -> BoolArray:
    """Say which slots of a house no other one brings as much as at no more cost; of equal ones the first is."""
    no_dearer = cost[:, np.newaxis] <= cost
    for values in brought:
        for row in values:
            no_dearer &= row[:, np.newaxis] >= row - _SAME
    before = np.arange(cost.size)[:, np.newaxis] < np.arange(cost.size)
    useless = no_dearer & (~no_dearer.T | before)
    return np.asarray(~useless.any(axis=0))
