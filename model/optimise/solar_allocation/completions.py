"""How likely a plan can still become enough: the best that houses not yet decided can do within what may be spent.

Houses are decided one after the other. If those to come could be decided in the light of what the owners before them
answered, the best they can do within a budget follows by dynamic programming over what is missing. A plan that is fixed
beforehand can do no better, so that what is found bounds the probability of every plan from above.

Source: B. C. Dean, M. X. Goemans and J. Vondrák, Approximating the stochastic knapsack problem: the benefit of
adaptivity, Mathematics of Operations Research 33, 2008; here adaptive decisions bound those that are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.problem import FloatArray

IntArray = npt.NDArray[np.int64]

#: Capacities are whole multiples of a tenth of a watt, and what is left of that by rounding.
_GRID, _ROUNDING = 1e4, 1e-6
#: Most steps of what is missing, and most steps that one unit of capacity is divided into.
_MOST_STEPS, _FINEST = 600, 8
#: Largest number of places in the tables of a sum, and the most and the fewest levels of a budget.
_MOST_PLACES, _MOST_LEVELS, _FEWEST_LEVELS = 1e7, 600, 60
#: Part of a level that rounding may give to a slot, and to what is left of a budget.
_LESS, _TRIFLE = 1e-9, 1e-6


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
        if unit <= max(missing_kw / _MOST_STEPS, 0.0):
            unit = max(missing_kw / _MOST_STEPS, 1.0 / _GRID)
        most = int(np.clip(_MOST_STEPS * unit // max(missing_kw, unit), 1, _FINEST))
        all_sure = np.concatenate(sure)
        for parts in range(1, most + 1):
            steps = all_sure * parts / unit
            if np.all(np.abs(steps - np.rint(steps)) <= _ROUNDING):
                break
        return cls(
            parts,
            max(_up(missing_kw * parts / unit), 0),
            tuple(_up_all(one * parts / unit) for one in sure),
            tuple(_up_all(one / unit) for one in added),
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
    """The greatest probabilities with which the houses from each one on reach what is missing within a budget.

    Args:
        steps: of the sum.
        level: what one level of the budget is.
        count: number of levels.
        tables: probability by number of houses decided, dims (level, steps missing).
    """

    steps: Steps
    level: float
    count: int
    tables: tuple[FloatArray, ...]

    @classmethod
    def find(cls, houses: tuple[OpenHouse, ...], steps: Steps, budget: float, first: int = 0) -> Completions:
        """Return the tables for budgets up to one.

        Args:
            houses: in the order in which they are decided.
            steps: of the sum.
            budget: most that may be spent above the least priced costs of all houses.
            first: houses that are decided already; their tables stay empty.
        """
        width = steps.units * steps.parts
        places = (width + 1) * (len(houses) + 1 - first)
        count = int(np.clip(_MOST_PLACES // places, _FEWEST_LEVELS, _MOST_LEVELS))
        level = max(budget, 1e-12) / count
        levels = tuple(np.minimum(one.above / level + _LESS, count + 1.0).astype(np.int64) for one in houses)
        last = np.zeros((count + 1, width + 1))
        last[:, 0] = 1.0
        tables = [last]
        for place in range(len(houses) - 1, first - 1, -1):
            found, padded = np.zeros_like(last), pad(tables[-1])
            for slot in np.flatnonzero(levels[place] <= count).tolist():
                spent = int(levels[place][slot])
                after = with_house(padded[: count + 1 - spent], houses[place].consent, steps, place, slot)
                np.maximum(found[spent:], after, out=found[spent:])
            tables.append(found)
        tables += [np.zeros((0, 0))] * first
        return cls(steps, level, count, tuple(tables[::-1]))

    def left(self, budget: FloatArray) -> IntArray:
        """Return how many levels are left in budgets, no fewer than there are but for rounding."""
        # Slots are rounded down to levels each, so that what is left may be a trifle more.
        return np.clip(budget / self.level + _TRIFLE, 0, self.count).astype(np.int64)


def pad(table: FloatArray) -> FloatArray:
    """Return a table with as many columns before it in which nothing is missing any more."""
    return np.hstack((np.ones((table.shape[0], table.shape[1] - 1)), table))


def with_house(padded: FloatArray, consent: float, steps: Steps, place: int, slot: int) -> FloatArray:
    """Return the probabilities of reaching what is missing once a slot of a house is taken, dims (level, steps).

    Args:
        padded: table of the houses after it, or some levels of it (`pad`).
        consent: probability that its owner accepts [1].
        steps: of the sum.
        place: of the house.
        slot: position among the slots of the house.
    """
    width = (padded.shape[1] + 1) // 2
    sure = int(steps.sure[place][slot])
    added = sure + int(steps.added[place][slot]) * steps.parts
    refused, accepted = (padded[:, max(width - 1 - one, 0) :][:, :width] for one in (sure, added))
    if sure == added or consent <= 0:
        return refused
    return np.asarray(accepted if consent >= 1 else consent * accepted + (1 - consent) * refused)
