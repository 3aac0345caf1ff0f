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
from model.optimise.solar_allocation.cuts import aim
from model.optimise.solar_allocation.finish import Finished
from model.optimise.solar_allocation.house_by_house import HouseByHouse
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
from model.optimise.solar_allocation.starts import Path
from model.optimise.solar_allocation.sums import Sum, parts_of
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays

IntArray = npt.NDArray[np.int64]

#: Numerical slack of a row, relative to its right-hand side, of what is as good as the same, and of equal costs.
_SLACK, _SAME, _EVEN = 1e-9, 1e-12, 1e-11
#: What certainty may cost at first, relative to the costs of meeting the requirement in the mean.
_ABOVE = 0.3
#: How far above the bound the first look goes, as a share of the bound's distance from the least costs and at least of
#: that of the greatest, and how much farther every next one.
_FIRST_LOOK, _LEAST_LOOK, _FARTHER = 0.02, 1e-3, 1.5
#: Part of what was left up to the cost of a plan from which it is looked at anew for a cheaper one.
_CLOSER = 0.7
#: Looks at plans: starts that are kept, None for all that can lead to one, and the share of the time that is left;
#: that of the last ones where there is no plan.
_LOOKS, _WITHOUT_PLAN = ((300, 0.05), (1200, 0.1), (None, 1.0)), 0.3
#: Share of the time for a first plan where exchanges led to none.
_FOR_A_PLAN = 0.4
#: Parts of the way up to which all starts are followed.
_PARTS = (0.5, 1.0)
#: Share of the time that is left for the plan itself once a bound is high enough.
_ITSELF = 0.3
#: Share of the time for rules that clash without any probability.
_CLASH = 0.2
#: Share of the time from which on no more prices of probability are tried at first.
_ROUGHLY = 0.1
#: Shares of the time for a first plan by prices, and for better ones by exchanges.
_AIMED, _EXCHANGED = 0.3, 0.2


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
    known: SlotArray | None = None,
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
        known: a plan that is certain enough; one is looked for if None.
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
        reached = lambda path: float(probabilities(plan(houses, path), 1)[0])  # noqa: E731
        made = HouseByHouse(houses, problem.at_least[rows], prices[rows], slots.missing, certainty, reached, followed)
        return made, houses

    sums = tuple(Sum.read(problem, one, consent) for one in counted)
    left = _AIMED * (end - perf_counter())
    choice = known
    if choice is None:
        choice = aim(problem, sums, parts_of(sums), probabilities, certainty, gap, left, seed).best.choice
    # Without prices of the other rows the costs are as they are; with those near the best plan they may tell more.
    beside = find_prices(replace(problem, rows=(*problem.rows, *counted)), seed)
    of_rows, of_sums = np.split(beside.of_rows, [len(problem.rows)])
    cost = cost_of(problem, choice) if choice.size else np.inf
    # The sum with the higher price asks for more.
    followed = int(np.argmax(of_sums))
    searches = [search(of_rows)]
    if searches[0][0].priced:
        searches.append(search(0 * of_rows))
    bound, most = -np.inf, min(cost, beside.priced.bound + _ABOVE * abs(beside.priced.bound))
    found, houses = searches[0]
    if len(searches) > 1:
        found, houses = max(searches, key=lambda one: one[0].at_one_price(min(one[0].greatest, most)))
    # Certain enough plans cost more than those that meet the requirement in the mean; how much more is not known.
    while bound == -np.inf:
        bound = found.within(min(found.greatest, most), roughly=True, end=perf_counter() + _ROUGHLY * seconds)
        if np.isinf(bound) and most < min(cost, found.greatest):
            bound, most = -np.inf, min(cost, most + 2 * (most - beside.priced.bound) + _SLACK)
    if np.isinf(bound) and not choice.size:
        return Finished(nothing, np.nan, np.inf, problem.houses, impossible=True)
    found.cost = cost
    _find_plan(found, choice, bound, most, end, seed)
    bound = min(bound, found.cost)
    bound, complete = prove_best(found, bound, gap, enough, end)
    if found.path.size:
        choice = plan(houses, found.path)
    if not choice.size:
        return Finished(nothing, np.nan, np.inf if complete else bound, problem.houses, impossible=complete)
    cost = cost_of(problem, choice)
    return Finished(choice, cost, min(bound, cost), problem.houses)


def _find_plan(found: HouseByHouse, choice: SlotArray, bound: float, known: float, end: float, seed: int) -> None:
    """Look for a good plan: by exchanges, and where they lead to none among starts that may cost ever more.

    Args:
        found: where it is kept.
        choice: a plan to begin with, empty where none is known.
        bound: what plans cost at least.
        known: up to what costs the tables of completions hold.
        end: until when there is time, of which a part is used.
        seed: of what is changed at random.
    """
    found.exchange(choice, perf_counter() + _EXCHANGED * (end - perf_counter()), seed)
    until, share = perf_counter() + _FOR_A_PLAN * (end - perf_counter()), _FIRST_LOOK
    most = bound
    while np.isinf(found.cost) and most < found.greatest and perf_counter() < until:
        # The closer starts are held to what plans may cost, the more of those that are kept lead to one.
        most = min(bound + share * _step(found, bound), found.greatest)
        if most > known:
            found.within(most, roughly=True)
            known = most
        found.look(most, _LOOKS[0][0], until)
        share *= _FARTHER
        if np.isfinite(found.cost):
            found.exchange(choice, perf_counter() + _EXCHANGED * (end - perf_counter()), seed)


def _step(found: HouseByHouse, bound: float) -> float:
    """Return by parts of what looks go farther."""
    return max(bound - found.least, _LEAST_LOOK * (found.greatest - found.least))


def prove_best(found: HouseByHouse, bound: float, gap: float, enough: float, end: float) -> tuple[float, bool]:
    """Look for the best plan; return what is proven of all plans, and whether none is left that was not looked at."""
    known, first, step, share, took = -np.inf, bound, _step(found, bound), _FIRST_LOOK, 0.0
    while perf_counter() < end:
        top = min(found.cost, found.greatest)
        size = max(1.0, abs(top))
        if bound >= min(top - max(gap / 2, 2 * _EVEN) * size, enough - 2 * _EVEN * size):
            break
        # A little above the bound there are few totals that plans can have, and few starts.
        most = min(first + share * step, top)
        if bound < enough < most:
            most = enough
        most -= _EVEN * size
        # What is known of plans up to the cost of one that is known holds for cheaper ones, too.
        all_of_them = top - _EVEN * size if np.isfinite(found.cost) else most
        if known < most or all_of_them - bound < _CLOSER * (known - bound):
            begun = perf_counter()
            # Tables take no heed of the time, so that none are begun that would take longer than is left.
            if begun + took > end:
                break
            bound = max(bound, min(found.within(all_of_them, end=end), all_of_them))
            took = perf_counter() - begun
            if np.isfinite(found.cost):
                first, step, share = bound, top - bound, _FIRST_LOOK
            known = all_of_them
            continue
        if bound < most:
            bound = _looked_at(found, bound, most, end)
        share *= _FARTHER
    if np.isfinite(enough) and bound >= enough - 2 * _EVEN * max(1.0, abs(enough)) and found.cost > bound:
        # More need not be proven, but the plan itself is to be known about as well where that takes little.
        now = perf_counter()
        return prove_best(found, bound, gap, np.inf, now + _ITSELF * (end - now))
    return bound, bound >= found.greatest - 2 * _EVEN * max(1.0, abs(found.greatest))


def _looked_at(found: HouseByHouse, bound: float, most: float, end: float) -> float:
    """Look for plans up to a cost, at the most promising starts first; return what is proven then."""
    for kept, share in _LOOKS:
        # Without a plan, time is left to look farther.
        used = share if kept is not None or np.isfinite(found.cost) else _WITHOUT_PLAN
        until = perf_counter() + used * (end - perf_counter())
        top = min(most, found.cost)
        for part in _PARTS if kept is None else (1.0,):
            look_to = bound + part * (top - bound)
            if not found.look(look_to, kept, until):
                break
            bound = max(bound, min(look_to, found.cost))
        if bound >= min(most, found.cost):
            break
    return bound


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
        slack = _SLACK * np.maximum(1.0, np.abs(problem.at_least))
        rows = least < problem.at_least - slack
        # A slot that breaks a row even beside the best ones of all other houses is in no plan.
        most = np.maximum.reduceat(self.tied, self.starts, axis=1)
        over = self.tied - np.repeat(most, np.diff(np.append(self.starts, self.house.size)), axis=1)
        able = np.all(over + most.sum(axis=1, keepdims=True) >= (problem.at_least - slack)[:, np.newaxis], axis=0)
        found = []
        for start, after in zip(self.starts.tolist(), [*self.starts[1:].tolist(), self.house.size], strict=True):
            pairs = np.arange(start, after)
            # Where no slot is able, no plan keeps the rows, and that is found out house by house.
            pairs = pairs[able[pairs]] if able[pairs].any() else pairs
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
