"""One row kept exactly: panels come in modules, so that what a row counts are whole multiples of a unit.

With all other rows at their prices, the cheapest way to reach a row is found by dynamic programming over the units that
are missing. The value is a bound at least as high as that of the linear relaxation; where the other rows have no price
and hold anyway, the plan is proven best.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.problem import FloatArray, Problem, SlotArray, coefficients

IntArray = npt.NDArray[np.int64]

#: Units are found on a grid of a tenth of a watt.
GRID = 1e4
#: Largest table of decisions (houses × units) and most steps (slots of all houses × units).
_MOST_CELLS = 1.5e8
_MOST_STEPS = 8e8
_MOST_HOUSES = 20_000


@dataclass(frozen=True)
class ExactRow:
    """The best plan with one row kept exactly and the others at their prices.

    Args:
        bound: no plan within all rows costs less.
        choice: slot by house; keeps the row, perhaps not the others.
    """

    bound: float
    choice: SlotArray


def keep_exactly(problem: Problem, prices: FloatArray, row: int) -> ExactRow | None:
    """Return the bound and plan with one row kept exactly, or None where that would take too long.

    Args:
        problem: houses, slots and rows.
        prices: prices of the rows.
        row: the row to keep.
    """
    if problem.houses > _MOST_HOUSES:
        return None
    slots, houses = np.nonzero(np.isfinite(problem.cost))
    order = np.lexsort((slots, houses))
    slots, houses = slots[order], houses[order]
    tied = coefficients(problem, houses, slots)
    others = prices.copy()
    others[row] = 0.0
    costs = problem.cost[slots, houses] - others @ tied
    starts = np.flatnonzero(np.append(True, houses[1:] != houses[:-1]))
    units = _units(tied[row], starts)
    if units is None:
        return None
    unit, extra, least = units
    missing = int(np.ceil((problem.at_least[row] - least) / unit - 1e-9))
    if missing > 0 and (missing * problem.houses > _MOST_CELLS or missing * houses.size > _MOST_STEPS):
        return None
    if missing > int(np.add.reduce(np.maximum.reduceat(extra, starts))):
        return ExactRow(np.inf, np.zeros(0, dtype=np.int16))
    kept = _not_worse(costs, extra, houses)
    starts = np.flatnonzero(np.append(True, houses[kept][1:] != houses[kept][:-1]))
    value, taken = _cheapest(costs[kept], extra[kept], starts, max(missing, 0))
    choice = np.zeros(problem.houses, dtype=np.int16)
    choice[houses[kept[taken]]] = slots[kept[taken]]
    return ExactRow(value + float(others @ problem.at_least), choice)


def _units(brought: FloatArray, starts: IntArray) -> tuple[float, IntArray, float] | None:
    """Return the common unit, what each slot brings beyond the house's least in units, and the sum of the least."""
    least = np.minimum.reduceat(brought, starts)
    sizes = np.diff(np.append(starts, brought.size))
    above = (brought - np.repeat(least, sizes)) * GRID
    whole = np.rint(above)
    if np.abs(above - whole).max(initial=0.0) > 1e-3:
        return None
    grid = whole.astype(np.int64)
    common = int(np.gcd.reduce(np.unique(grid)))
    if common == 0:
        return 1.0, grid, float(least.sum())
    return common / GRID, grid // common, float(np.sum(least))


def _not_worse(costs: FloatArray, extra: IntArray, houses: IntArray) -> IntArray:
    """Return the slots than which no other one of the house costs as little and brings as much, house by house."""
    order = np.lexsort((-extra, costs, houses))
    # Houses follow each other, so that the most that was brought so far is that of the house.
    brought = extra[order] + houses[order] * (int(extra.max()) + 1)
    most = np.append(-1, np.maximum.accumulate(brought)[:-1])
    return np.asarray(order[brought > most])


def _cheapest(costs: FloatArray, extra: IntArray, starts: IntArray, missing: int) -> tuple[float, IntArray]:
    """Return the least cost of slots that together bring at least so many units, and which slots they are."""
    ends = np.append(starts[1:], costs.size)
    best = np.full(missing + 1, np.inf)
    best[0] = 0.0
    # Numbers of slots that fit into a byte take half the memory.
    kind = np.int8 if np.max(ends - starts) <= np.iinfo(np.int8).max else np.int16
    decided = np.zeros((starts.size, missing + 1), dtype=kind)
    came_from = np.zeros(starts.size, dtype=np.int64)
    for house, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        after, taken = np.full(missing + 1, np.inf), decided[house]
        for number in range(start, end):
            units, cost = min(int(extra[number]), missing), float(costs[number])
            value = best[: missing - units] + cost
            better = value < after[units:missing]
            np.copyto(after[units:missing], value, where=better)
            taken[units:missing][better] = number - start
            # Units beyond what is missing are worth no more, so all of them end in the last place.
            origin = missing - units + int(np.argmin(best[missing - units :]))
            if best[origin] + cost < after[missing]:
                after[missing], taken[missing], came_from[house] = best[origin] + cost, number - start, origin
        best = after
    chosen = np.empty(starts.size, dtype=np.int64)
    place = missing
    for house in range(starts.size - 1, -1, -1):
        chosen[house] = starts[house] + int(decided[house, place])
        place = int(came_from[house]) if place == missing else place - int(extra[chosen[house]])
    return float(best[missing]), chosen
