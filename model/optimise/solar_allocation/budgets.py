"""How likely a plan can still become enough within what may be spent: the best that houses not yet decided can do.

As in `completions`, houses to come may be decided in the light of what the owners before them answered. Here what is
held is the budget, in levels, whatever they take in all: that tells more where little may be spent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.completions import OpenHouse, Steps
from model.optimise.solar_allocation.problem import FloatArray

IntArray = npt.NDArray[np.int64]

#: Largest number of places in the tables of a sum, and the most and the fewest levels of a budget.
_MOST_PLACES, _MOST_LEVELS, _FEWEST_LEVELS = 1e7, 600, 60
#: Part of a level that rounding may give to a slot, and to what is left of a budget.
_LESS, _TRIFLE = 1e-9, 1e-6
#: Starts that are looked at at once.
_CHUNK = 4_096


@dataclass(frozen=True)
class Budgets:
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
    def find(cls, houses: tuple[OpenHouse, ...], steps: Steps, budget: float, first: int = 0) -> Budgets:
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


def reached_with(
    after: FloatArray, steps: Steps, missing: IntArray, likely: FloatArray, chosen: IntArray, levels: IntArray
) -> FloatArray:
    """Return with which probability starts can reach what is missing.

    Args:
        after: probability by level of the budget and steps missing.
        steps: of the sum.
        missing: steps of the last unit missing, by start.
        likely: probability of units missing, by start.
        chosen: starts that are looked at.
        levels: of the budget, by start looked at.
    """
    rows, units = after.shape[0], likely.shape[1] - 1
    if not units:
        return np.asarray(likely[chosen, 0])
    by_rest = np.ascontiguousarray(after[:, 1:].reshape(rows, units, steps.parts).transpose(2, 0, 1))
    flat = by_rest.reshape(-1, units)
    found = np.empty(chosen.size)
    for first in range(0, chosen.size, _CHUNK):
        part = slice(first, first + _CHUNK)
        some = chosen[part]
        places = (missing[some] - 1) * rows + levels[part]
        found[part] = likely[some, 0] + np.einsum("ij,ij->i", likely[some, 1:], flat[places])
    return found
