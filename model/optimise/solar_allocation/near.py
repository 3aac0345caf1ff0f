"""Every plan near the bound, looked at one by one: few houses change their slot, so that the plans can be counted.

Under prices a plan costs the bound, plus what its slots lie above the best slots of their houses, plus the price of
what its rows have to spare. A plan that costs little more than the bound can thus differ from the priced choice in a
few cheap changes only. All sets of changes up to a reach are listed; the best of them that keeps the rows is best of
all plans up to the reach. Where houses are not alike, a few thousand sets are usually enough, however many houses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from model.optimise.solar_allocation.changes import BINS, Around, Changes, Sets, countable
from model.optimise.solar_allocation.prices import Prices
from model.optimise.solar_allocation.problem import FloatArray, Problem, Row, SlotArray, cost_of
from model.optimise.solver import relative_gap

IntArray = npt.NDArray[np.int64]

#: Numbers of sets up to which the reach grows (many fall away early).
_SETS_UP_TO = tuple(10.0**power for power in range(4, 14))
#: Most sets that are held at a time, and that all steps together remember.
_MOST_HELD, _MOST_REMEMBERED = 2_000_000, 30_000_000
#: Most numbers in a table of sets or pairs, with one column a row and one for the cost: with many rows, fewer sets.
_MOST_NUMBERS = 16_000_000
#: Sets of the cheapest changes: most, and in parts of the root of the number of plans.
_MOST_CHEAP, _CHEAP = 1_000_000, 4.0
#: Pairs that are looked at without a search tree.
_FEW_PAIRS = 10_000
#: Plans that are shown to `Watch.accepted` at most, best first.
_SHOWN = 200
#: Part of them that are shown in turn, however likely they are.
_IN_TURN = 0.4


@dataclass(frozen=True)
class Near:
    """What the plans near the bound prove.

    Args:
        bound: no plan costs less.
        choice: the best plan found; empty where there is none.
        cost: its cost; NaN where there is none.
    """

    bound: float
    choice: SlotArray
    cost: float


@dataclass(frozen=True)
class Watch:
    """A condition beyond the rows.

    Args:
        rows: what it looks at.
        above: from the left-hand sides of those rows, dims (row, plan), by how much plans keep a condition without
            which they cannot be accepted.
        likely: by how much plans that are accepted usually keep it.
        accepted: whether a plan keeps it in fact.
    """

    rows: tuple[Row, ...]
    above: Callable[[FloatArray], FloatArray]
    likely: float
    accepted: Callable[[SlotArray], bool]


def plans_near(
    problem: Problem,
    prices: Prices,
    gap: float,
    best: Near,
    seconds: float,
    most: float = np.inf,
    watch: Watch | None = None,
) -> Near:
    """Return the best plan near the bound and a better bound; the plan in hand where none is found.

    Args:
        problem: houses, slots and rows.
        prices: prices of the rows.
        gap: relative gap asked for [1].
        best: plan in hand and bound.
        seconds: no further reach is begun after this time [s].
        most: plans up to which the reach grows.
        watch: a further condition; the bound then holds for plans that keep it.
    """
    end = perf_counter() + seconds
    above = np.inf if np.isnan(best.cost) else max(best.cost - prices.priced.bound, 0.0)
    around = Around.read(problem, prices, above, () if watch is None else watch.rows)
    so_far = -1.0
    for number in _SETS_UP_TO[: int(np.searchsorted(_SETS_UP_TO, most, side="right"))]:
        reach = min(around.complete, countable(around.changes, around.complete, number))
        if reach <= so_far:
            continue
        so_far = reach
        pairs = _listed(around, reach, min(_CHEAP * number**0.5, _MOST_CHEAP))
        if pairs is None:
            break
        best = _judged(around, pairs, reach, watch, best)
        if relative_gap(best.cost, best.bound) <= gap or reach >= around.complete or perf_counter() > end:
            break
    return best


@dataclass(frozen=True)
class Plan:
    """A plan, and what it costs above the bound."""

    above: float
    choice: SlotArray


@dataclass(frozen=True)
class Pairs:
    """Plans as pairs of a set of changes of some houses and a set of changes of others.

    Args:
        changes: changes of which each side makes its sets.
        sets: the sets of each side.
        one, two: numbers of the sets by pair.
    """

    changes: tuple[Changes, Changes]
    sets: tuple[Sets, Sets]
    one: IntArray
    two: IntArray

    @property
    def spare(self) -> FloatArray:
        """What rows have to spare, dims (row, pair)."""
        return np.asarray(self.sets[0].spare[:, self.one] + self.sets[1].spare[:, self.two])

    @property
    def above(self) -> FloatArray:
        """What the slots of each pair cost above the bound."""
        return np.asarray(self.sets[0].above[self.one] + self.sets[1].above[self.two])

    def cheapest(self, around: Around, watch: Watch | None, most: int) -> tuple[float, Plan | None]:
        """Return what the cheapest plan costs above the bound at least, and the cheapest one that was found.

        Args:
            around: the rows.
            watch: a further condition; of the plans that may keep it, the first ones are looked at one by one, and
                then those that are likely to.
            most: plans that are looked at.
        """
        spare, rows = self.spare, around.rows
        kept = np.all(spare[:rows] >= -around.slack[:, np.newaxis], axis=0)
        if watch is not None:
            beyond = watch.above(spare[rows:])
            kept &= beyond >= 0
        numbers = np.flatnonzero(kept)
        above = (self.above + around.of_rows @ spare[:rows])[numbers]
        order = np.argsort(above, kind="stable")
        if watch is None:
            first = order[:1].tolist()
            plans = [
                Plan(float(above[one]), self._plan(around.prices.priced.choice, int(numbers[one]))) for one in first
            ]
            return (plans[0].above, plans[0]) if plans else (np.inf, None)
        shown, least = 0, np.inf
        for place in order.tolist():
            number, in_turn = int(numbers[place]), shown < _IN_TURN * most
            if not in_turn:
                least = min(least, float(above[place]))
            if in_turn or beyond[number] >= watch.likely:
                choice = self._plan(around.prices.priced.choice, number)
                shown += 1
                if watch.accepted(choice):
                    return min(least, float(above[place])), Plan(float(above[place]), choice)
            if shown >= most:
                break
        return least, None

    def _plan(self, start: SlotArray, pair: int) -> SlotArray:
        """Return the slots of all houses after the changes of a pair."""
        choice = start.copy()
        for changes, sets, number in zip(self.changes, self.sets, (self.one[pair], self.two[pair]), strict=True):
            taken = sets.changes_of(int(number))
            choice[changes.house[taken]] = changes.slot[taken]
        return choice


def _listed(around: Around, reach: float, most_cheap: float) -> Pairs | None:
    """Return all plans up to a reach that keep the rows with a price, or None where they are too many.

    The cheapest changes, which are in most plans, are listed apart; to each set of the others a search tree finds the
    few that leave next to nothing to spare.
    """
    near = around.changes.part(around.changes.above <= reach)
    cheapest = near.above[near.starts]
    order = np.argsort(cheapest, kind="stable")
    owners = near.house[near.starts][order]
    few, many = 0, owners.size
    while few < many:
        middle = (few + many + 1) // 2
        part = near.part(np.isin(near.house, owners[:middle]))
        if countable(part, reach, most_cheap) >= reach * (1 - 2 / BINS):
            few = middle
        else:
            many = middle - 1
    cheap = np.isin(near.house, owners[:few])
    changes = (near.part(~cheap), near.part(cheap))
    dear = _dear(around, changes[0], changes[1], reach)
    if dear is None:
        return None
    sets = Sets(np.zeros_like(around.spare))
    for numbers in changes[1].by_house():
        sets.grow(changes[1], numbers, reach)
    found = _fitting(around, dear, sets, reach)
    return None if found is None else Pairs(changes, (dear, sets), *found)


def _dear(around: Around, changes: Changes, cheap: Changes, reach: float) -> Sets | None:
    """Return the sets of dear changes that can still keep the rows cheaply, or None where they are too many."""
    rows = around.rows
    groups = changes.by_house()
    order = np.argsort([-changes.above[one.start] for one in groups], kind="stable")
    up, down = changes.extreme(np.maximum)[:rows, order], changes.extreme(np.minimum)[:rows, order]
    later_up = np.cumsum(up[:, ::-1], axis=1)[:, ::-1] - up + cheap.extreme(np.maximum)[:rows].sum(axis=1)[:, None]
    later_down = (
        np.cumsum(down[:, ::-1], axis=1)[:, ::-1] - down + cheap.extreme(np.minimum)[:rows].sum(axis=1)[:, None]
    )
    sets = Sets(around.spare)
    for place, group in enumerate(order.tolist()):
        # One house with many slots can multiply the sets: they are counted before they are made.
        if sets.grown(changes, groups[group], reach) * sets.spare.shape[0] > _MOST_NUMBERS:
            return None
        sets.grow(changes, groups[group], reach)
        spare = sets.spare[:rows]
        able = np.all(spare + later_up[:, place, np.newaxis] >= -around.slack[:, np.newaxis], axis=0)
        left = np.maximum(spare + later_down[:, place, np.newaxis], 0.0)
        sets.keep(np.flatnonzero(able & (sets.above + around.of_rows @ left <= reach)))
        if sets.above.size > _MOST_HELD or sets.remembered > _MOST_REMEMBERED:
            return None
    return sets


def _fitting(around: Around, one: Sets, two: Sets, reach: float) -> tuple[IntArray, IntArray] | None:
    """Return the pairs of sets within the reach that keep the rows with a price, or None where they are too many."""
    # In each row with a price, and in cost, a pair may lie between nothing and the reach: a box around its middle.
    if one.above.size * two.above.size <= _FEW_PAIRS:
        return np.divmod(np.arange(one.above.size * two.above.size), two.above.size)
    left, right = around.points(one), around.points(two)
    trees = cKDTree(0.5 * reach - left), cKDTree(right)
    half = 0.5 * reach * (1 + 1e-6) + 1e-6
    if trees[0].count_neighbors(trees[1], half, p=np.inf) * one.spare.shape[0] > _MOST_NUMBERS:
        return None
    found = trees[0].sparse_distance_matrix(trees[1], half, p=np.inf, output_type="ndarray")
    return found["i"].astype(np.int64), found["j"].astype(np.int64)


def _judged(around: Around, pairs: Pairs, reach: float, watch: Watch | None, best: Near) -> Near:
    """Return the cheapest plan that keeps everything, and what a full list of plans proves."""
    least, plan = pairs.cheapest(around, watch, _SHOWN)
    proven = min(reach, least)
    if plan is not None:
        cost = cost_of(around.problem, plan.choice)
        best = best if best.cost <= cost else Near(best.bound, plan.choice, cost)
    bound = max(best.bound, around.prices.priced.bound + proven)
    return replace(best, bound=bound if np.isnan(best.cost) else min(bound, best.cost))
