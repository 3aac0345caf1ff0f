"""Changes of slot around the choice under prices: what they cost, what they shift, and sets of them.

One set is one plan. Only rows with a price, or that changes can break, matter near the bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.prices import Prices
from model.optimise.solar_allocation.problem import (
    BoolArray,
    FloatArray,
    Problem,
    Row,
    activity,
    coefficients,
    priced_costs,
)

IntArray = npt.NDArray[np.int64]

#: Houses nearest to a change of mind that are looked at.
_HOUSES = 400
#: Steps of cost in which sets of changes are counted before they are listed, and how often they are made finer.
BINS, _FINER = 512, 8
#: Numerical slack of a row, relative to its right-hand side.
SLACK = 1e-9


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

    def grown(self, changes: Changes, numbers: range, reach: float) -> int:
        """Return how many sets there would be with one more house."""
        return self.above.size + sum(
            int(np.count_nonzero(self.above <= reach - changes.above[number])) for number in numbers
        )

    @property
    def remembered(self) -> int:
        """Number of sets of all steps so far: each step is needed to tell a set's changes."""
        return sum(parents.size for parents, _ in self._levels)

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
        bins = np.minimum(np.floor(changes.above[near] / (reach / BINS)), BINS).astype(np.int64)
        count = np.zeros(BINS + 1)
        count[0] = 1.0
        before, own = count, -1
        for place, house in zip(bins.tolist(), changes.house[near].tolist(), strict=True):
            if house != own:
                before, own = count.copy(), house
            count[place:] += before[: count.size - place]
        within = int(np.searchsorted(np.cumsum(count), most, side="right")) - 1
        if within > BINS // 8:
            return reach * within / BINS
        # Too coarse to tell: the same with narrower steps.
        reach *= 2.0 * max(within + 1, 1) / BINS
    return -1.0
