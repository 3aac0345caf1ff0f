"""Whole units: what is sure in a sum decides by how much whole units exceed what is missing, and changing that costs.

All that owners decide on comes in whole units, so that a sum reaches its mark only with the next whole number of them:
its mean must lie higher by what is missing to that number. Only slots that change what is sure (houses left out of the
count, heat) change this. What it costs at least to get to each remainder is a shortest path over remainders, with each
change to be had again and again: R. E. Gomory, On the relation between integer and noninteger solutions to linear
programs, 1965.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.exact import GRID
from model.optimise.solar_allocation.problem import FloatArray
from model.optimise.solar_allocation.sums import Sum, rounding

IntArray = npt.NDArray[np.int64]

#: Most remainders that are followed, how far from the grid an amount may lie, in its steps, and numerical slack [kW].
_MOST_REMAINDERS, _OFF_GRID, _SLACK = 20_000, 1e-6, 1e-6


class Remainders:
    """What whole units take of the mean of a sum, and what it costs to change that.

    Args:
        total: the sum.
        choice: slot by house under prices.
        above: what each slot lies above the best of its house under prices, dims (slot, house).
    """

    def __init__(self, total: Sum, choice: IntArray, above: FloatArray) -> None:
        base = total.sure[choice, np.arange(choice.size)]
        exists = np.isfinite(above)
        shift = (total.sure - base)[exists] * GRID
        whole, unit = np.rint(shift).astype(np.int64), round(total.unit * GRID)
        #: What it costs at least to get to each remainder, and what whole units then take of the mean [kW].
        self.costs, self.taken = np.zeros(1), np.zeros(1)
        if not unit or np.abs(shift - whole).max(initial=0.0) > _OFF_GRID:
            return
        remainders, place = np.unique(whole % unit, return_inverse=True)
        step = int(np.gcd.reduce(np.append(remainders, unit)))
        if unit // step > _MOST_REMAINDERS:
            return
        cheapest = np.full(remainders.size, np.inf)
        np.minimum.at(cheapest, place, np.maximum(above[exists], 0.0))
        self.costs = _shortest(remainders // step, cheapest, unit // step)
        sure = np.asarray(base.sum() + step / GRID * np.arange(unit // step), dtype=np.float64)
        self.taken = rounding(sure, total.unit)

    def least_taken(self, room: float, price: float, counted: float) -> float:
        """Return what whole units take at least of plans within a room [kW]; infinite where there are no such plans.

        Args:
            room: what plans may lie above the bound under prices, if whole units take `counted`.
            price: of the mean [objective per kW].
            counted: what whole units take in the room [kW].
        """
        within = self.costs + price * (self.taken - counted - _SLACK) <= room + _SLACK * abs(room)
        return float(np.min(self.taken[within & np.isfinite(self.costs)], initial=np.inf))


def _shortest(steps: IntArray, costs: FloatArray, size: int) -> FloatArray:
    """Return the least cost of steps to each place of a circle, from place 0."""
    found = np.full(size, np.inf)
    found[0] = 0.0
    while True:
        before = found.copy()
        for step, cost in zip(steps.tolist(), costs.tolist(), strict=True):
            np.minimum(found, np.roll(found, step) + cost, out=found)
        if np.array_equal(before, found):
            return found
