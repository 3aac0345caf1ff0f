"""How likely a plan can still become enough: the best that houses not yet decided can do for what they cost.

Houses are decided one after the other. If those to come could be decided in the light of what the owners before them
answered, the best they can do follows by dynamic programming over what is missing. A plan that is fixed beforehand can
do no better. But it also knows beforehand how much capacity it takes in all, and on how many houses: both are held the
same whatever owners answer, so that a refusal cannot be made up for, nor a year that goes well be saved on. Money is
weighed against probability by a price, so that costs need no levels.

Source: B. C. Dean, M. X. Goemans and J. Vondrák, Approximating the stochastic knapsack problem: the benefit of
adaptivity, Mathematics of Operations Research 33, 2008; here adaptive decisions bound those that are not. What is held
the same is a label that any decision made beforehand has, as in the relaxations of D. B. Brown, J. E. Smith and P. Sun,
Information relaxations and duality in stochastic dynamic programs, Operations Research 58, 2010.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.problem import FloatArray

IntArray = npt.NDArray[np.int64]

#: Capacities are whole multiples of a tenth of a watt, and what is left of that by rounding.
_GRID, _ROUNDING = 1e4, 1e-6
#: Most steps of what is missing, for each house and in all, and most steps that one unit of capacity is divided into.
_STEPS_A_HOUSE, _MOST_STEPS, _FINEST = 12, 600, 8


@dataclass(frozen=True)
class OpenHouse:
    """What one house can bring and cost; its slots are those that no other slot of it makes useless.

    Args:
        house: its number.
        consent: probability that its owner accepts [1].
        slot: numbers of its slots.
        cost: of the slots.
        above: priced cost of the slots above the least of them.
        sure: what slots bring to each sum beyond the least, whatever the owner decides, dims (sum, slot) [kW].
        added: what acceptance adds, dims (sum, slot) [kW].
        tied: what slots bring to the rows that hold without probability, dims (row, slot).
    """

    house: int
    consent: float
    slot: IntArray
    cost: FloatArray
    above: FloatArray
    sure: FloatArray
    added: FloatArray
    tied: FloatArray


@dataclass(frozen=True)
class Steps:
    """What one sum is counted in: capacity in units, each of so many steps; nothing is counted for less than it is.

    Args:
        parts: steps of a unit.
        missing: steps that all houses together must bring.
        sure: steps by house and slot that come whatever the owner decides.
        added: units that acceptance adds.
    """

    parts: int
    missing: int
    sure: tuple[IntArray, ...]
    added: tuple[IntArray, ...]

    @classmethod
    def read(cls, houses: tuple[OpenHouse, ...], number: int, missing_kw: float) -> Steps:
        """Return the steps of a sum.

        Args:
            houses: in any order.
            number: of the sum.
            missing_kw: what all houses together must bring [kW].
        """
        added = [one.added[number] for one in houses]
        sure = [one.sure[number] for one in houses]
        unit = np.gcd.reduce(np.rint(np.concatenate(added) * _GRID).astype(np.int64)) / _GRID
        most_steps = min(_STEPS_A_HOUSE * len(houses), _MOST_STEPS)
        if unit <= max(missing_kw / most_steps, 0.0):
            unit = max(missing_kw / most_steps, 1.0 / _GRID)
        most = int(np.clip(_MOST_STEPS * unit // max(missing_kw, unit), 1, _FINEST))
        all_sure = np.concatenate(sure)
        for parts in range(1, most + 1):
            steps = all_sure * parts / unit
            if np.all(np.abs(steps - np.rint(steps)) <= _ROUNDING):
                break
        missing = max(_up(missing_kw * parts / unit), 0)
        # More than all that is missing is as good as that.
        return cls(
            parts,
            missing,
            tuple(np.minimum(_up_all(one * parts / unit), missing) for one in sure),
            tuple(np.minimum(_up_all(one / unit), -(-missing // parts)) for one in added),
        )

    @property
    def units(self) -> int:
        """Units that reach what is missing, the last one begun included."""
        return -(-self.missing // self.parts)


def _up(value: float) -> int:
    """Return a number of steps that is no less, but for rounding."""
    return int(np.ceil(value - _ROUNDING))


def _up_all(values: FloatArray) -> IntArray:
    """Return numbers of steps that are no less, but for rounding."""
    return np.ceil(values - _ROUNDING).astype(np.int64)


@dataclass(frozen=True)
class Completions:
    """The greatest probabilities less the price of costs with which the houses from each one on reach what is missing.

    What is missing is told by what owners may still refuse: capacity that is still to be taken less what is missing.

    Args:
        steps: of the sum.
        worth: probability that one unit of cost is weighed with.
        most: houses that are counted at most, the last number standing for more as well; 0 where they are not.
        deepest: steps that houses can bring whatever their owners decide, at most.
        tables: by number of houses decided, dims (houses that take capacity, units they take, steps that may be
            refused: one column for fewer than what is sure can make up for, then from there on).
    """

    steps: Steps
    worth: float
    most: int
    deepest: int
    tables: tuple[npt.NDArray[np.floating], ...]

    @classmethod
    def find(
        cls,
        houses: tuple[OpenHouse, ...],
        steps: Steps,
        worth: float,
        most: tuple[int, int],
        least_missing: int,
        first: int = 0,
        *,
        kept: bool = True,
    ) -> Completions:
        """Return the tables for a price of probability.

        Args:
            houses: in the order in which they are decided.
            steps: of the sum.
            worth: probability that one unit of cost is weighed with.
            most: houses that take capacity, the last number standing for more as well, and units that they take at
                most; houses are not counted where the first one is 0.
            least_missing: steps missing at least before any of these houses is decided.
            first: houses that are decided already; their tables stay empty.
            kept: whether the tables of all houses are kept, in single precision and rounded up; otherwise that of the
                first one is.
        """
        open_houses = range(first, len(houses))
        deepest = sum(int(steps.sure[place].max()) for place in open_houses)
        width = most[1] * steps.parts - least_missing + 2 * deepest + 2
        after = np.ones((1, 1, max(width, deepest + 2)))
        after[:, :, : deepest + 1] = 0.0
        nothing = np.zeros((0, 0, 0))
        tables: list[npt.NDArray[np.floating]] = [_rounded_up(after) if kept else nothing]
        for place in reversed(open_houses):
            ways = ways_of(houses[place], steps, place)
            after = _with_house(after, houses[place].consent, steps.parts, ways, worth, most)
            tables.append(_rounded_up(after) if kept else nothing)
        if not kept:
            tables[-1] = after
        tables += [nothing] * first
        return cls(steps, worth, most[0], deepest, tuple(tables[::-1]))

    def column(self, place: int, refusable: IntArray) -> IntArray:
        """Return the columns for steps that may still be refused."""
        return np.clip(refusable + self.deepest + 1, 0, self.tables[place].shape[2] - 1)


@dataclass(frozen=True)
class Ways:
    """What a house can bring, each at its least cost.

    Args:
        units: that acceptance adds.
        sure: steps that come in any case.
        above: priced cost above the least.
        slot: position of a slot by way.
        way: position of a way by slot.
    """

    units: IntArray
    sure: IntArray
    above: FloatArray
    slot: IntArray
    way: IntArray

    @property
    def counts(self) -> IntArray:
        """1 where a way takes capacity."""
        return (self.units > 0).astype(np.int64)


def ways_of(house: OpenHouse, steps: Steps, place: int) -> Ways:
    """Return the ways of a house.

    Args:
        house: the house.
        steps: of the sum.
        place: of the house.
    """
    pairs, way = np.unique(np.column_stack((steps.added[place], steps.sure[place])), axis=0, return_inverse=True)
    way = way.reshape(-1)
    order = np.lexsort((house.above, way))
    slot = order[np.flatnonzero(np.append(True, way[order][1:] != way[order][:-1]))]
    return Ways(pairs[:, 0], pairs[:, 1], house.above[slot], slot, way)


def _with_house(
    after: FloatArray, consent: float, parts: int, ways: Ways, worth: float, most: tuple[int, int]
) -> FloatArray:
    """Return the table with one house more before those of a table."""
    counts = ways.counts if most[0] else np.zeros_like(ways.units)
    houses = min(after.shape[0] + int(counts.max()), most[0] + 1)
    units = min(after.shape[1] + int(ways.units.max()), most[1] + 1)
    width = after.shape[2]
    down, up = int(ways.units.max()) * parts, int(ways.sure.max())
    found = np.full((houses, units, width), -np.inf)
    value = np.empty((after.shape[1], width))
    each = list(zip(ways.units.tolist(), ways.sure.tolist(), (ways.above * worth).tolist(), counts, strict=True))
    # One number of houses after the other, so that what is worked on stays in the processor's cache.
    for row in range(after.shape[0]):
        some = np.flatnonzero(np.isfinite(after[row, :, 0]))
        if not some.size:
            continue
        first, last = int(some[0]), int(some[-1]) + 1
        part = after[row, first:last]
        padded = np.concatenate((np.repeat(part[:, :1], down, 1), part, np.repeat(part[:, -1:], up, 1)), axis=1)
        # What is impossible stays so, whoever accepts.
        accepted, refused = (padded * one if one > 0 else np.zeros_like(padded) for one in (consent, 1.0 - consent))
        for unit, sure, above, count in each:
            size = min(last, units - unit) - first
            if size <= 0:
                continue
            one = value[:size]
            np.subtract(accepted[:size, down + sure : down + sure + width], above, out=one)
            if consent < 1:
                np.add(one, refused[:size, down + sure - unit * parts :][:, :width], out=one)
            # The last number of houses stands for more as well.
            for end in {min(row + int(count), houses - 1), row} if row == most[0] > 0 else {row + int(count)}:
                if end < houses:
                    part = found[end, first + unit : first + unit + size]
                    np.maximum(part, one, out=part)
    return found


def _rounded_up(table: FloatArray) -> npt.NDArray[np.float32]:
    """Return a table in single precision that is nowhere less; what is impossible stays so."""
    single = table.astype(np.float32)
    return np.where(np.isfinite(single), np.nextafter(single, np.float32(np.inf)), single)
