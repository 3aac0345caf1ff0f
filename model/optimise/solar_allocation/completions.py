"""How likely a plan can still become enough: the best that houses not yet decided can do for what they cost.

Houses are decided one after the other. If those to come could be decided in the light of what the owners before them
answered, the best they can do follows by dynamic programming over what is missing. A plan that is fixed beforehand can
do no better. But it also knows beforehand how much its houses bring if all owners accept, and other numbers (`labels`):
all are held the same whatever owners answer, so that a refusal cannot be made up for, nor a year that goes well be
saved on. Money is weighed against probability by a price, so that costs need no levels.

Source: B. C. Dean, M. X. Goemans and J. Vondrák, Approximating the stochastic knapsack problem: the benefit of
adaptivity, Mathematics of Operations Research 33, 2008; here adaptive decisions bound those that are not. What is held
the same is a label that any decision made beforehand has, as in the relaxations of D. B. Brown, J. E. Smith and P. Sun,
Information relaxations and duality in stochastic dynamic programs, Operations Research 58, 2010.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.problem import FloatArray

IntArray = npt.NDArray[np.int64]
Ends = tuple[tuple[IntArray, ...], tuple[IntArray, ...]]

#: Capacities are whole multiples of a tenth of a watt, and what is left of that by rounding.
_GRID, _ROUNDING = 1e4, 1e-6
#: Most steps of what is missing, for each house and in all, and most steps that one unit of capacity is divided into.
_STEPS_A_HOUSE, _MOST_STEPS, _FINEST = 12, 1_300, 8


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
        worth: probability that one unit of cost is weighed with.
        places: by number of houses decided, row of the table by total, dims (total of labels, steps that houses bring
            if all owners accept); none is negative.
        tables: by number of houses decided, dims (row, whole units that may be refused: one column for fewer than
            none, then from none on), in single precision and rounded up.
    """

    steps: Steps
    worth: float
    places: tuple[npt.NDArray[np.int32], ...]
    tables: tuple[npt.NDArray[np.float32], ...]

    @classmethod
    def find(
        cls, made: Iterable[list[TotalRow]], steps: Steps, worth: float, brought: int, first: int = 0
    ) -> Completions:
        """Return the tables for a price of probability; those of houses that are decided already stay empty.

        Args:
            made: tables from the last house on (`tables_from_last`).
            steps: of the sum.
            worth: probability that one unit of cost is weighed with.
            brought: steps that houses bring if all owners accept, at most.
            first: houses that are decided already.
        """
        places: list[npt.NDArray[np.int32]] = []
        tables: list[npt.NDArray[np.float32]] = []
        for rows in made:
            able = [np.isfinite(one.values[:, -1]) for one in rows]
            numbers = np.full((len(rows), brought + 1), -1, dtype=np.int32)
            counted = 0
            for number, (row, some) in enumerate(zip(rows, able, strict=True)):
                kept = np.flatnonzero(some)
                numbers[number, row.first + kept] = counted + np.arange(kept.size)
                counted += kept.size
            places.append(numbers)
            kept_values = [one.values[some] for one, some in zip(rows, able, strict=True)]
            tables.append(_rounded_up(np.concatenate(kept_values)))
        places += [np.zeros((0, 0), dtype=np.int32)] * first
        tables += [np.zeros((0, 0), dtype=np.float32)] * first
        return cls(steps, worth, tuple(places[::-1]), tuple(tables[::-1]))

    def rows(self, place: int, label: IntArray, steps: IntArray) -> IntArray:
        """Return the rows of totals with a number of houses decided; negative where plans cannot have them."""
        places = self.places[place]
        within = (label >= 0) & (steps >= 0) & (label < places.shape[0]) & (steps < places.shape[1])
        found = np.full(np.broadcast_shapes(label.shape, steps.shape), -1, dtype=np.int64)
        found[within] = places[label[within], steps[within]]
        return found

    def column(self, place: int, refusable: IntArray) -> IntArray:
        """Return the columns for steps that may still be refused."""
        return column(refusable, self.steps.parts, self.tables[place].shape[1])


@dataclass(frozen=True)
class TotalRow:
    """The greatest probabilities less the price of costs with one total of labels.

    Args:
        first: first step that houses bring.
        values: from there on, dims (steps that houses bring, whole units that may be refused).
    """

    first: int
    values: FloatArray


def column(refusable: IntArray, parts: int, width: int) -> IntArray:
    """Return the columns for steps that may still be refused, in a table with so many of them.

    Owners refuse whole units, so that no more than whole units matter.
    """
    return np.clip(refusable // parts + 1, 0, width - 1)


def tables_from_last(
    houses: tuple[OpenHouse, ...],
    steps: Steps,
    labels: tuple[IntArray, ...],
    worth: float,
    most: tuple[int, int],
    least_missing: int,
    first: int = 0,
    ends: Ends | None = None,
) -> Iterator[list[TotalRow]]:
    """Return tables of no house, of the last one, of the last two and so on, each a row for each total of labels.

    Args:
        houses: in the order in which they are decided.
        steps: of the sum.
        labels: whole numbers by house and slot.
        worth: probability that one unit of cost is weighed with.
        most: total of labels, and steps that houses bring if all owners accept, at most.
        least_missing: steps missing at least before any of these houses is decided.
        first: houses that are decided already.
        ends: by house to come, first step that matters and one more than the last, by total of labels; None where all
            do.
    """
    nobody = np.ones((1, max(most[1] - least_missing, 0) // steps.parts + 2))
    nobody[:, 0] = 0.0
    after = [TotalRow(0, nobody)]
    yield after
    for place in reversed(range(first, len(houses))):
        ways = ways_of(houses[place], steps, place, labels[place])
        here = None if ends is None else (ends[0][place - first], ends[1][place - first])
        after = _with_house(after, houses[place].consent, ways, worth, most, here)
        yield after


@dataclass(frozen=True)
class Ways:
    """What a house can bring, each at its least cost.

    Args:
        units: that acceptance adds.
        size: steps that come if the owner accepts.
        label: whole number.
        above: priced cost above the least.
        slot: position of a slot by way.
        way: position of a way by slot.
    """

    units: IntArray
    size: IntArray
    label: IntArray
    above: FloatArray
    slot: IntArray
    way: IntArray


def ways_of(house: OpenHouse, steps: Steps, place: int, label: IntArray) -> Ways:
    """Return the ways of a house.

    Args:
        house: the house.
        steps: of the sum.
        place: of the house.
        label: whole number by slot.
    """
    kinds, way = np.unique(np.column_stack((steps.added[place], steps.sure[place], label)), axis=0, return_inverse=True)
    way = way.reshape(-1)
    order = np.lexsort((house.above, way))
    slot = order[np.flatnonzero(np.append(True, way[order][1:] != way[order][:-1]))]
    return Ways(kinds[:, 0], kinds[:, 0] * steps.parts + kinds[:, 1], kinds[:, 2], house.above[slot], slot, way)


def _with_house(
    after: list[TotalRow], consent: float, ways: Ways, worth: float, most: tuple[int, int],
    ends: tuple[IntArray, IntArray] | None,
) -> list[TotalRow]:  # fmt: skip
    """Return the table with one house more before those of a table."""
    totals, width = min(len(after) + int(ways.label.max()), most[0] + 1), after[0].values.shape[1]
    down = int(ways.units.max())
    found = []
    for total in range(totals):
        first, last = (0, most[1] + 1) if ends is None else (int(ends[0][total]), int(ends[1][total]))
        found.append(TotalRow(first, np.full((max(last - first, 0), width), -np.inf)))
    above = (ways.above * worth).tolist()
    each = list(zip(ways.units.tolist(), ways.size.tolist(), ways.label.tolist(), above, strict=True))
    # One total after the other, so that what is worked on stays in the processor's cache.
    for number, row in enumerate(after):
        some = np.flatnonzero(np.isfinite(row.values[:, 0]))
        if not some.size:
            continue
        part = row.values[some[0] : some[-1] + 1]
        first, last, value = row.first + int(some[0]), row.first + int(some[-1]) + 1, np.empty(part.shape)
        padded = np.concatenate((np.repeat(part[:, :1], down, 1), part), axis=1)
        # What is impossible stays so, whoever accepts.
        accepted, refused = (padded * one if one > 0 else np.zeros_like(padded) for one in (consent, 1.0 - consent))
        for units, size, label, spent in each:
            if number + label >= totals:
                continue
            other = found[number + label]
            start, end = max(other.first - size, first), min(other.first + other.values.shape[0] - size, last)
            if end <= start:
                continue
            one, steps = value[: end - start], slice(start - first, end - first)
            np.subtract(accepted[steps, down:], spent, out=one)
            if consent < 1:
                np.add(one, refused[steps, down - units : down - units + width], out=one)
            best = other.values[start + size - other.first : end + size - other.first]
            np.maximum(best, one, out=best)
    return found


def _rounded_up(table: FloatArray) -> npt.NDArray[np.float32]:
    """Return a table in single precision that is nowhere less; what is impossible stays so."""
    single = table.astype(np.float32)
    return np.where(np.isfinite(single), np.nextafter(single, np.float32(np.inf)), single)
