"""A good plan for few houses whose owners may refuse: two houses change their slots together as long as that helps.

What all other houses bring has an exact distribution, so that every pair of slots of two houses is judged at once. What
a plan lacks in certainty or in a row counts as money at first, so that any choice can be begun with; from the best plan
a few houses are changed at random, and the exchange begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np

from model.optimise.solar_allocation.completions import OpenHouse, Steps
from model.optimise.solar_allocation.problem import FloatArray
from model.optimise.solar_allocation.starts import Path

#: What it costs to lack all certainty, or all that a row asks for, in costs of the dearest plan.
_LACKING = 20.0
#: Descents without a better plan after which no more are begun.
_TRIES = 60
#: Houses changed at random between two descents, and least gain of an exchange relative to the dearest plan.
_CHANGED, _GAIN = 3, 1e-9


class Exchange:
    """Plans that become cheaper by exchanges.

    Args:
        houses: in any order.
        steps: of the sum that is looked at.
        wanted: right-hand sides of the rows that hold without probability.
        certainty: probability asked for [1].
        accepted: whether a plan is certain enough in fact.
    """

    def __init__(
        self,
        houses: tuple[OpenHouse, ...],
        steps: Steps,
        wanted: FloatArray,
        certainty: float,
        accepted: Callable[[Path], bool],
    ) -> None:
        self._houses, self._steps, self._certainty, self._accepted = houses, steps, certainty, accepted
        self._wanted, self._scale = wanted, np.maximum(1.0, np.abs(wanted))
        dearest = max(sum(float(np.abs(one.cost).max()) for one in houses), 1e-12)
        self._lacking, self._gain = _LACKING * dearest, _GAIN * dearest
        self._choosing = [place for place, one in enumerate(houses) if one.slot.size > 1]

    def run(self, path: Path, most: float, end: float, seed: int) -> tuple[float, Path]:
        """Return the cheapest plan found that is cheaper than so much, with its cost; infinite where there is none.

        Args:
            path: position of the slot of each house to begin with.
            most: what plans may cost.
            end: until when.
            seed: of what is changed at random.
        """
        random, best, found = np.random.default_rng(seed), most, path
        start, known, left = path.copy(), np.inf, _TRIES
        while perf_counter() < end and left and len(self._choosing) > 1:
            left -= 1
            reached = self._descend(start.copy(), end)
            cost = self._cost(reached)
            if cost < best - self._gain and self._kept(reached) and self._accepted(reached):
                best, found, left = cost, reached, _TRIES
            start, known = (reached, cost) if cost <= known or self._kept(reached) else (start, known)
            start = (found if best < most else start).copy()
            for place in random.choice(self._choosing, min(_CHANGED, len(self._choosing)), replace=False).tolist():
                start[place] = random.integers(self._houses[place].slot.size)
        return (best, found) if best < most else (np.inf, path[:0])

    def _cost(self, path: Path) -> float:
        """Return what a plan costs."""
        return float(sum(one.cost[slot] for one, slot in zip(self._houses, path.tolist(), strict=True)))

    def _tied(self, path: Path) -> FloatArray:
        """Return what a plan brings to the rows."""
        brought = [one.tied[:, slot] for one, slot in zip(self._houses, path.tolist(), strict=True)]
        return np.asarray(np.sum(brought, axis=0))

    def _kept(self, path: Path) -> bool:
        """Say whether a plan keeps the rows."""
        return bool(np.all(self._tied(path) >= self._wanted))

    def _descend(self, path: Path, end: float) -> Path:
        """Return a plan that no exchange of two houses makes better."""
        better = True
        while better:
            better = False
            for one in self._choosing:
                for other in self._choosing:
                    if other < one and perf_counter() < end:
                        better |= self._exchanged(path, one, other)
        return path

    def _exchanged(self, path: Path, one: int, other: int) -> bool:
        """Give two houses the best slots beside those of all others; say whether that is better than before."""
        first, second = self._houses[one], self._houses[other]
        at_most = self._beside(path, one, other)
        added = [self._steps.added[place] * self._steps.parts for place in (one, other)]
        sure = self._steps.sure[one][:, np.newaxis] + self._steps.sure[other]
        reached = np.zeros(sure.shape)
        for accepts, likely in ((1, first.consent), (0, 1 - first.consent)):
            for other_accepts, other_likely in ((1, second.consent), (0, 1 - second.consent)):
                brought = sure + accepts * added[0][:, np.newaxis] + other_accepts * added[1]
                reached += likely * other_likely * at_most[np.minimum(brought, self._steps.missing)]
        tied = self._tied(path) - first.tied[:, path[one]] - second.tied[:, path[other]]
        tied = tied[:, np.newaxis, np.newaxis] + first.tied[:, :, np.newaxis] + second.tied[:, np.newaxis]
        short = np.maximum(self._wanted[:, np.newaxis, np.newaxis] - tied, 0.0) / self._scale[:, np.newaxis, np.newaxis]
        lacks = np.maximum(self._certainty - reached, 0.0) + short.sum(axis=0)
        worth = first.cost[:, np.newaxis] + second.cost + self._lacking * lacks + np.where(lacks > 0, self._gain, 0.0)
        best = np.unravel_index(int(worth.argmin()), worth.shape)
        if worth[best] >= worth[path[one], path[other]] - self._gain:
            return False
        path[one], path[other] = best
        return True

    def _beside(self, path: Path, one: int, other: int) -> FloatArray:
        """Return the probability that no more than so many steps are missing without two houses."""
        likely = np.zeros(self._steps.missing + 1)
        likely[-1] = 1.0
        for place, house in enumerate(self._houses):
            if place in (one, other):
                continue
            sure = int(self._steps.sure[place][path[place]])
            added = sure + int(self._steps.added[place][path[place]]) * self._steps.parts
            if added:
                refused = _brought(likely, sure)
                likely = house.consent * _brought(likely, added) + (1 - house.consent) * refused
        return np.asarray(np.cumsum(likely))


def _brought(likely: FloatArray, steps: int) -> FloatArray:
    """Return the probabilities of steps missing once so many are brought."""
    if not steps:
        return likely
    steps = min(steps, likely.size - 1)
    found = np.zeros_like(likely)
    found[0] = likely[: steps + 1].sum()
    found[1 : likely.size - steps] = likely[steps + 1 :]
    return found
