"""Every plan near the bound, looked at one by one: few houses change their slot, so that the plans can be counted.

Under prices a plan costs the bound, plus what its slots lie above the best slots of their houses, plus the price of
what its rows have to spare. A plan that costs little more than the bound can thus differ from the priced choice in a
few cheap changes only. All sets of changes up to a reach are listed; the best of them that keeps the rows is best of
all plans up to the reach. Where houses are not alike, a few thousand sets are usually enough, however many houses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from time import perf_counter

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from model.optimise.solar_allocation_prices import Prices
from model.optimise.solar_allocation_problem import (
    BoolArray,
    FloatArray,
    Problem,
    Row,
    SlotArray,
    activity,
    coefficients,
    cost_of,
    priced_costs,
)
from model.optimise.solver import relative_gap

IntArray = npt.NDArray[np.int64]

#: Houses nearest to a change of mind that are looked at.
_HOUSES = 400
#: Steps of cost in which sets of changes are counted before they are listed, and how often they are made finer.
_BINS, _FINER = 512, 8
#: Numbers of sets up to which the reach grows (many fall away early), and most that are held at a time.
_SETS_UP_TO = tuple(10.0**power for power in range(4, 14))
_MOST_HELD = 2_000_000
#: Sets of the cheapest changes: most, and in parts of the root of the number of plans. Most pairs of sets.
_MOST_CHEAP, _CHEAP, _MOST_PAIRS = 1_000_000, 4.0, 5_000_000
#: Pairs that are looked at without a search tree.
_FEW_PAIRS = 10_000
#: Plans that are shown to `Watch.accepted` at most, best first.
_SHOWN = 400
#: Numerical slack of a row, relative to its right-hand side.
SLACK = 1e-9


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
        keeps: from the left-hand sides of those rows, dims (row, plan), which plans may keep the condition.
        accepted: whether a plan keeps it in fact.
    """

    rows: tuple[Row, ...]
    keeps: Callable[[FloatArray], BoolArray]
    accepted: Callable[[SlotArray], bool]


@dataclass(frozen=True)
class Changes:
    """Changes of slot, sorted by house, cheapest first.

    Args:
        house: house of each change.
        slot: its new slot.
        above: what it lies above the best slot of the house.
        shift: what it brings to each row, dims (row, change).
    """

    house: IntArray
    slot: IntArray
    above: FloatArray
    shift: FloatArray

    def part(self, which: BoolArray) -> Changes:
        """Return some of the changes."""
        return Changes(self.house[which], self.slot[which], self.above[which], self.shift[:, which])

    @property
    def starts(self) -> IntArray:
        """Where the changes of each house begin."""
        return np.flatnonzero(np.append(True, self.house[1:] != self.house[:-1])[: self.house.size])

    def by_house(self) -> list[range]:
        """Return the numbers of the changes of each house."""
        starts = self.starts
        return [range(*ends) for ends in pairwise([*starts.tolist(), self.house.size])]

    def extreme(self, pick: np.ufunc) -> FloatArray:
        """Return the least (or greatest) shift of each house against no change, dims (row, house)."""
        if not self.house.size:
            return self.shift
        return np.asarray(pick(pick.reduceat(self.shift, self.starts, axis=1), 0.0))


class Sets:
    """Sets of changes, one change a house at most, that grow by one house at a time.

    Args:
        spare: what rows have to spare before any change.
    """

    def __init__(self, spare: FloatArray) -> None:
        #: What each set costs above the bound, before what rows have to spare.
        self.above: FloatArray = np.zeros(1)
        #: What rows have to spare, dims (row, set).
        self.spare = spare[:, np.newaxis]
        self._levels: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]] = []

    def grow(self, changes: Changes, numbers: range, reach: float) -> None:
        """Add to the sets all that have one more change, of one house, within the reach."""
        parents, change = [np.arange(self.above.size)], [np.full(self.above.size, -1)]
        above, spare = [self.above], [self.spare]
        for number in numbers:
            parent = np.flatnonzero(self.above <= reach - changes.above[number])
            parents.append(parent)
            change.append(np.full(parent.size, number))
            above.append(self.above[parent] + changes.above[number])
            spare.append(self.spare[:, parent] + changes.shift[:, number, np.newaxis])
        self.above, self.spare = np.concatenate(above), np.concatenate(spare, axis=1)
        self._levels.append((np.concatenate(parents).astype(np.int32), np.concatenate(change).astype(np.int32)))

    def keep(self, which: IntArray) -> None:
        """Forget all other sets."""
        if which.size == self.above.size:
            return
        self.above, self.spare = self.above[which], self.spare[:, which]
        parents, change = self._levels[-1]
        self._levels[-1] = (parents[which], change[which])

    def changes_of(self, number: int) -> list[int]:
        """Return the changes of a set."""
        found = []
        for parents, change in reversed(self._levels):
            if change[number] >= 0:
                found.append(int(change[number]))
            number = int(parents[number])
        return found


@dataclass(frozen=True)
class Around:
    """What surrounds the priced choice, with the rows that matter there: those with a price, or that changes can break.

    Args:
        problem: houses, slots and rows.
        prices: prices of the rows.
        changes: the cheapest changes; shifts of the rows that matter, then of what is watched.
        complete: up to what cost the changes are complete.
        spare: what those rows have to spare under the priced choice.
        of_rows: prices of the rows that matter.
        slack: their numerical slack.
    """

    problem: Problem
    prices: Prices
    changes: Changes
    complete: float
    spare: FloatArray
    of_rows: FloatArray
    slack: FloatArray

    @classmethod
    def read(cls, problem: Problem, prices: Prices, above: float, watched: tuple[Row, ...] = ()) -> Around:
        """Return the surroundings up to a cost above the bound."""
        changes, complete = _changes(problem, prices, above, watched)
        rows = len(problem.rows)
        beside = activity(replace(problem, rows=watched), prices.priced.choice)
        spare = np.append(prices.priced.activity - problem.at_least, beside)
        lowest = spare[:rows] + changes.extreme(np.minimum)[:rows].sum(axis=1)
        matter = np.flatnonzero((prices.of_rows > 0) | (lowest < 0))
        kept = np.append(matter, np.arange(rows, spare.size)).astype(np.int64)
        slack = SLACK * np.maximum(1.0, np.abs(problem.at_least[matter])) if rows else np.zeros(0)
        changes = replace(changes, shift=changes.shift[kept])
        return cls(problem, prices, changes, complete, spare[kept], prices.of_rows[matter], slack)

    @property
    def rows(self) -> int:
        """Number of rows that matter, without what is watched."""
        return int(self.of_rows.size)

    def points(self, sets: Sets) -> FloatArray:
        """Return what each set has to spare in rows with a price, in the unit of the objective, and what it costs."""
        priced = np.flatnonzero(self.of_rows > 0)
        worth = self.of_rows[priced, np.newaxis] * sets.spare[priced]
        return np.column_stack((worth.T, sets.above))


def _changes(problem: Problem, prices: Prices, above: float, watched: tuple[Row, ...]) -> tuple[Changes, float]:
    """Return the cheapest changes, and up to what cost they are complete."""
    priced = prices.priced
    houses, reach = np.arange(problem.houses), above
    if problem.houses > _HOUSES:
        houses = np.argpartition(priced.runner_up, _HOUSES)[: _HOUSES + 1]
        reach = min(above, float(priced.runner_up[houses].max()))
    houses = np.sort(houses[priced.runner_up[houses] <= reach])
    over = np.maximum(priced_costs(problem, prices.of_rows, houses) - priced.lowest[houses], 0.0)
    own = priced.choice[houses].astype(np.int64)
    over[own, np.arange(houses.size)] = np.inf
    slots, places = np.nonzero(np.isfinite(over) & (over <= reach))
    over, house = over[slots, places], houses[places]
    both = replace(problem, rows=(*problem.rows, *watched))
    shift = coefficients(both, house, slots) - coefficients(both, houses, own)[:, places]
    order = np.lexsort((slots, over, house))
    return Changes(house[order], slots[order], over[order], shift[:, order]), reach


def countable(changes: Changes, reach: float, most: float) -> float:
    """Return the largest cost, up to a reach, within which sets of changes are no more than `most`; −1 for none."""
    if not changes.above.size:
        return reach
    reach = min(reach, 2.0 * float(changes.above.max()))
    for _ in range(_FINER):
        if not reach > 0:
            break
        near = changes.above <= reach
        bins = np.minimum(np.floor(changes.above[near] / (reach / _BINS)), _BINS).astype(np.int64)
        count = np.zeros(_BINS + 1)
        count[0] = 1.0
        before, own = count, -1
        for place, house in zip(bins.tolist(), changes.house[near].tolist(), strict=True):
            if house != own:
                before, own = count.copy(), house
            count[place:] += before[: count.size - place]
        within = int(np.searchsorted(np.cumsum(count), most, side="right")) - 1
        if within > _BINS // 8:
            return reach * within / _BINS
        # Too coarse to tell: the same with narrower steps.
        reach *= 2.0 * max(within + 1, 1) / _BINS
    return -1.0


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

    def cheapest(self, around: Around, watch: Watch | None, most: int) -> Plan | None:
        """Return the cheapest plan that keeps everything, if any; after `most` refused ones the next without slots."""
        spare, rows = self.spare, around.rows
        kept = np.all(spare[:rows] >= -around.slack[:, np.newaxis], axis=0)
        if watch is not None:
            kept &= watch.keeps(spare[rows:])
        numbers = np.flatnonzero(kept)
        above = (self.above + around.of_rows @ spare[:rows])[numbers]
        for shown, place in enumerate(np.argsort(above, kind="stable").tolist()):
            if shown == most:
                return Plan(float(above[place]), np.zeros(0, dtype=np.int16))
            choice = self._plan(around.prices.priced.choice, int(numbers[place]))
            if watch is None or watch.accepted(choice):
                return Plan(float(above[place]), choice)
        return None

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
        if countable(part, reach, most_cheap) >= reach * (1 - 2 / _BINS):
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
        sets.grow(changes, groups[group], reach)
        spare = sets.spare[:rows]
        able = np.all(spare + later_up[:, place, np.newaxis] >= -around.slack[:, np.newaxis], axis=0)
        left = np.maximum(spare + later_down[:, place, np.newaxis], 0.0)
        sets.keep(np.flatnonzero(able & (sets.above + around.of_rows @ left <= reach)))
        if sets.above.size > _MOST_HELD:
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
    if trees[0].count_neighbors(trees[1], half, p=np.inf) > _MOST_PAIRS:
        return None
    found = trees[0].sparse_distance_matrix(trees[1], half, p=np.inf, output_type="ndarray")
    return found["i"].astype(np.int64), found["j"].astype(np.int64)


def _judged(around: Around, pairs: Pairs, reach: float, watch: Watch | None, best: Near) -> Near:
    """Return the cheapest plan that keeps everything, and what a full list of plans proves."""
    plan = pairs.cheapest(around, watch, _SHOWN)
    proven = reach if plan is None else min(reach, plan.above)
    if plan is not None and plan.choice.size:
        cost = cost_of(around.problem, plan.choice)
        best = best if best.cost <= cost else Near(best.bound, plan.choice, cost)
    bound = max(best.bound, around.prices.priced.bound + proven)
    return replace(best, bound=bound if np.isnan(best.cost) else min(bound, best.cost))
