"""What whole modules cost: a bound above that of the linear relaxation, and the houses that decide on meeting a row.

Prices leave a few units of a row missing or to spare. Every change of a slot shifts the row by whole units and costs
what the slot is dearer; units to spare cost their price. The cheapest way to make up what is missing, with each shift
to be had again and again at its lowest cost, is a shortest path over a few hundred places and a bound for every plan.
Plans near it need only the few cheapest houses of each shift.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.exact import GRID
from model.optimise.solar_allocation.prices import Prices
from model.optimise.solar_allocation.problem import (
    BoolArray,
    FloatArray,
    Problem,
    SlotArray,
    activity,
    contributions,
    priced_costs,
)

IntArray = npt.NDArray[np.int64]

#: Largest number of distinct shifts that are followed, and most steps of a path (places times shifts): a row in kW
#: takes far fewer, for one in yen there is no such path.
_MOST_SHIFTS = 4_000
_MOST_STEPS = 100_000_000
#: Cheapest houses of each shift that matter for a plan, and most houses in all.
_CHEAPEST = 12
_MOST_HOUSES = 500
#: Slots that differ by less than this, in parts of a usual priced cost, cost the same.
_TIE = 1e-9
#: Number of houses from which those of a plan are chosen, at least.
_CHOSEN_FROM = 50_000
#: Houses handled together, so that what is worked on stays in the processor's cache.
_BLOCK = 16_384
_FINITE = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class Shifts:
    """The changes that whole modules force on the choice under prices.

    Args:
        bound: no plan costs less.
        choice: slot by house, near the row.
        houses: houses that matter for meeting the row exactly from there.
    """

    bound: float
    choice: SlotArray
    houses: IntArray


@dataclass(frozen=True)
class _Table:
    """Distinct shifts of a row in units, from a choice of slots.

    Args:
        unit: capacity of one unit [kW].
        sizes: the shifts in units.
        lowest: lowest cost of each.
        houses: the cheapest houses of all shifts.
    """

    unit: float
    sizes: IntArray
    lowest: FloatArray
    houses: IntArray


def shifts_of(problem: Problem, prices: Prices, row: int, room: float = np.inf) -> Shifts | None:
    """Return what meeting one row in whole units costs at least, or None where the row does not count in units.

    Args:
        problem: houses, slots and rows.
        prices: prices of the rows.
        row: the row.
        room: plans that cost so much more than the bound under prices are of no interest.
    """
    # Slots that cost the same under prices are settled first, so that little is missing where the path begins.
    everyone = np.arange(problem.houses)
    even = _towards(problem, prices, row, prices.priced.choice, everyone, ties_only=True)
    table = _table(problem, prices, row, even, everyone, room)
    if table is None:
        return None
    missing, rounding = _missing(problem, row, even, table.unit)
    if (abs(missing) + 2 * int(np.abs(table.sizes).max())) * table.sizes.size > _MOST_STEPS:
        return None
    price = float(prices.of_rows[row])
    dearer = _shortest(table.sizes, table.lowest, missing, price * table.unit) + price * rounding
    # A plan needs few houses: every so manyth is enough to choose them from.
    few = np.arange(0, problem.houses, max(1, problem.houses // _CHOSEN_FROM))
    near = _towards(problem, prices, row, even, few)
    after = _table(problem, prices, row, near, few, room)
    return Shifts(prices.priced.bound + min(dearer, room), near, table.houses if after is None else after.houses)


def _missing(problem: Problem, row: int, choice: SlotArray, unit: float) -> tuple[int, float]:
    """Return how many units a choice lacks, and by how much whole units exceed what is asked for [unit of the row]."""
    lacking = float(problem.at_least[row] - activity(problem, choice)[row])
    missing = int(np.ceil(lacking / unit - 1e-9))
    return missing, max(missing * unit - lacking, 0.0)


def _towards(
    problem: Problem, prices: Prices, row: int, start: SlotArray, among: IntArray, *, ties_only: bool = False
) -> SlotArray:
    """Return a choice that meets the row, or nearly, by the cheapest changes for what they bring, one a house."""
    choice = start.copy()
    lacking = float(problem.at_least[row] - activity(problem, start)[row])
    if lacking == 0:
        return choice
    free = _TIE * float(np.mean(np.abs(prices.priced.lowest)))
    if ties_only:
        among = among[prices.priced.runner_up[among] <= free]
    rate, slots, brought = np.full(problem.houses, np.inf), np.zeros(problem.houses, np.int16), np.zeros(problem.houses)
    for houses, slot, dearer, shift in _changes(problem, prices, row, choice, among):
        useful = np.flatnonzero((shift * lacking > 0) & (dearer <= (free if ties_only else _FINITE)))
        of_unit = dearer[useful] / np.abs(shift[useful])
        better = of_unit < rate[houses[useful]]
        useful, of_unit = useful[better], of_unit[better]
        changed = houses[useful]
        rate[changed], slots[changed], brought[changed] = of_unit, slot, shift[useful]
    order = np.lexsort((np.arange(problem.houses), rate))
    order = order[np.isfinite(rate[order])]
    if not order.size:
        return choice
    so_far = np.cumsum(np.abs(brought[order]))
    # Upward until the row is met, downward as long as it stays met.
    count = int(np.searchsorted(so_far, abs(lacking), side="left" if lacking > 0 else "right"))
    taken = order[: min(count + (lacking > 0 and not ties_only), order.size)]
    choice[taken] = slots[taken]
    return choice


def _changes(
    problem: Problem, prices: Prices, row: int, choice: SlotArray, among: IntArray
) -> Iterator[tuple[IntArray, int, FloatArray, FloatArray]]:
    """Yield, by block of houses and slot: houses, slot, its cost above the best, and what it shifts.

    The cost is infinite where a house has no such slot, or has taken it.
    """
    alone = replace(problem, rows=(problem.rows[row],))
    everyone = among.size == problem.houses
    for start in range(0, among.size, _BLOCK):
        block = among[start : start + _BLOCK]
        where = slice(start, start + _BLOCK) if everyone else block
        priced = priced_costs(problem, prices.of_rows, where)
        base, lowest = choice[where].astype(np.int64), prices.priced.lowest[where]
        priced[base, np.arange(base.size)] = np.inf
        brought = contributions(alone, where)
        own = brought[base, np.arange(base.size)]
        for slot in range(problem.slots):
            yield block, slot, priced[slot] - lowest, brought[slot] - own


def _table(
    problem: Problem, prices: Prices, row: int, choice: SlotArray, among: IntArray, room: float
) -> _Table | None:
    """Return the distinct shifts from a choice, or None where the row does not count in units."""
    found: dict[int, list[tuple[float, int]]] = {}
    for block, _, dearer, shift in _changes(problem, prices, row, choice, among):
        cheap = np.flatnonzero(dearer <= min(room, _FINITE))
        exact = shift[cheap] * GRID
        whole = np.rint(exact)
        if np.abs(exact - whole).max(initial=0.0) > 1e-3 or len(found) > _MOST_SHIFTS:
            return None
        _collect(found, whole.astype(np.int64), dearer[cheap], block[cheap])
    sizes = np.array(sorted(size for size in found if size), dtype=np.int64)
    if not sizes.size:
        return None
    common = int(np.gcd.reduce(np.abs(sizes)))
    # Costs below nothing are rounding only: no slot is cheaper than the best one under prices.
    lowest = np.maximum([found[int(size)][0][0] for size in sizes], 0.0)
    nearest: dict[int, float] = {}
    for size in sizes.tolist():
        for cost, house in found[size]:
            nearest[house] = min(cost, nearest.get(house, np.inf))
    houses = sorted(nearest, key=lambda house: (nearest[house], house))[:_MOST_HOUSES]
    return _Table(common / GRID, sizes // common, lowest, np.array(sorted(houses), dtype=np.int64))


def _collect(found: dict[int, list[tuple[float, int]]], sizes: IntArray, costs: FloatArray, houses: IntArray) -> None:
    """Keep the cheapest houses of each shift."""
    if not sizes.size:
        return
    kept = _among_cheapest(found, sizes, costs, houses)
    if not kept.any():
        return
    sizes, costs, houses = sizes[kept], costs[kept], houses[kept]
    order = np.lexsort((houses, costs, sizes))
    sizes, costs, houses = sizes[order], costs[order], houses[order]
    starts = np.flatnonzero(np.append(True, sizes[1:] != sizes[:-1]))
    for start, end in zip(starts.tolist(), np.append(starts[1:], sizes.size).tolist(), strict=True):
        end = min(end, start + _CHEAPEST)
        pairs = list(zip(costs[start:end].tolist(), houses[start:end].tolist(), strict=True))
        known = found.setdefault(int(sizes[start]), [])
        known.extend(pairs)
        known.sort()
        del known[_CHEAPEST:]


# Sorting takes longest, and what is dearer than all that is kept already need not be sorted.
def _among_cheapest(
    found: dict[int, list[tuple[float, int]]], sizes: IntArray, costs: FloatArray, houses: IntArray
) -> BoolArray:
    """Say which houses may be among the cheapest of their shift, after those that are kept."""
    full = sorted((size, *known[-1]) for size, known in found.items() if len(known) == _CHEAPEST)
    if not full:
        return np.ones(sizes.size, dtype=bool)
    # By search and not by place: shifts of a row in yen lie billions of units apart.
    known, cost, house = (np.array(column) for column in zip(*full, strict=True))
    place = np.minimum(np.searchsorted(known, sizes), known.size - 1)
    cheaper = (costs < cost[place]) | ((costs == cost[place]) & (houses < house[place]))
    return np.asarray(cheaper | (known[place] != sizes))


def _shortest(sizes: IntArray, costs: FloatArray, missing: int, to_spare: float) -> float:
    """Return the least cost of shifts that make up what is missing, each shift to be had any number of times.

    The shifts can be put in an order in which no place on the way lies outside start and end by more than the largest
    shift, since those upward and downward may be taken in turn.
    """
    widest = int(np.abs(sizes).max())
    below, above = min(0, missing) - widest, max(0, missing) + widest
    cost = np.full(above - below + 1, np.inf)
    cost[-below] = 0.0
    while True:
        before = cost.copy()
        for size, step in zip(sizes.tolist(), costs.tolist(), strict=True):
            if size > 0:
                np.minimum(cost[size:], cost[:-size] + step, out=cost[size:])
            else:
                np.minimum(cost[:size], cost[-size:] + step, out=cost[:size])
        if np.array_equal(before, cost):
            break
    places = np.arange(below, above + 1)
    reached = places >= missing
    return float(np.min(cost[reached] + to_spare * (places[reached] - missing)))
