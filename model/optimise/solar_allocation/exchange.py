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
from model.optimise.solar_allocation.consent import is_enough
from model.optimise.solar_allocation.problem import FloatArray
from model.optimise.solar_allocation.starts import Path

#: What it costs to lack all certainty, or all that a row asks for, in costs of the dearest plan.
_LACKING = 20.0
#: Descents without a better plan after which no more are begun.
_TRIES = 60
#: Parts of what a plan lacks in fact, and of what is left to certainty at most, by which more is asked for then [1].
_MORE, _NEARER = 0.5, 0.5
#: Houses changed at random between two descents, and least gain of an exchange relative to the dearest plan.
_CHANGED, _GAIN = 3, 1e-9


class Exchange:
    """Plans that become cheaper by exchanges.

    Args:
        houses: in any order.
        steps: of what must not fall short, by sum.
        wanted: right-hand sides of the rows that hold without probability.
        certainty: probability asked for [1].
        reached: probability of a plan in fact.
    """

    def __init__(
        self,
        houses: tuple[OpenHouse, ...],
        steps: tuple[Steps, ...],
        wanted: FloatArray,
        certainty: float,
        reached: Callable[[Path], float],
    ) -> None:
        self._houses, self._steps, self._certainty, self._probability = houses, steps, certainty, reached
        self._asked = certainty
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
            if cost < best - self._gain and self._kept(reached):
                likely = self._probability(reached)
                if is_enough(likely, self._certainty):
                    best, found, left = cost, reached, _TRIES
                else:
                    # Steps count a little more than there is, and sums fall short in different years.
                    self._asked += min(_MORE * (self._certainty - likely), _NEARER * (1 - self._asked))
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
        better, choosing = True, set(self._choosing)
        while better:
            better = False
            for one in self._choosing:
                # Houses after the other one stay as they are, those before it are added one by one.
                after = [self._after(steps, path, one) for steps in self._steps]
                before = [_nobody(steps) for steps in self._steps]
                for other in range(one):
                    if perf_counter() > end:
                        return path
                    if other in choosing:
                        beside = [_together(first, last[other]) for first, last in zip(before, after, strict=True)]
                        better |= self._exchanged(path, one, other, beside)
                    before = [
                        self._with(steps, likely, path, other)
                        for steps, likely in zip(self._steps, before, strict=True)
                    ]
        return path

    def _exchanged(self, path: Path, one: int, other: int, beside: list[FloatArray]) -> bool:
        """Give two houses the best slots beside those of all others; say whether that is better than before.

        The probabilities of steps missing without the two houses come with them, by sum.
        """
        first, second = self._houses[one], self._houses[other]
        tied = self._tied(path) - first.tied[:, path[one]] - second.tied[:, path[other]]
        tied = tied[:, np.newaxis, np.newaxis] + first.tied[:, :, np.newaxis] + second.tied[:, np.newaxis]
        short = np.maximum(self._wanted[:, np.newaxis, np.newaxis] - tied, 0.0) / self._scale[:, np.newaxis, np.newaxis]
        lacks = short.sum(axis=0)
        for steps, likely in zip(self._steps, beside, strict=True):
            lacks += np.maximum(self._asked - self._reached(steps, likely, one, other), 0.0)
        worth = first.cost[:, np.newaxis] + second.cost + self._lacking * lacks + np.where(lacks > 0, self._gain, 0.0)
        best = np.unravel_index(int(worth.argmin()), worth.shape)
        if worth[best] >= worth[path[one], path[other]] - self._gain:
            return False
        path[one], path[other] = best
        return True

    def _reached(self, steps: Steps, likely: FloatArray, one: int, other: int) -> FloatArray:
        """Return the probability that a sum does not fall short, by the slots of two houses."""
        at_most, found = np.cumsum(likely), np.zeros((steps.sure[one].size, steps.sure[other].size))
        added = [steps.added[place] * steps.parts for place in (one, other)]
        sure = steps.sure[one][:, np.newaxis] + steps.sure[other]
        consent = [self._houses[place].consent for place in (one, other)]
        for accepts, first in ((1, consent[0]), (0, 1 - consent[0])):
            for other_accepts, second in ((1, consent[1]), (0, 1 - consent[1])):
                brought = sure + accepts * added[0][:, np.newaxis] + other_accepts * added[1]
                found += first * second * at_most[np.minimum(brought, steps.missing)]
        return found

    def _after(self, steps: Steps, path: Path, one: int) -> list[FloatArray]:
        """Return the probabilities of steps missing with the houses after each one, but for one of them."""
        found = [_nobody(steps)]
        for place in range(len(self._houses) - 1, 0, -1):
            found.append(found[-1] if place == one else self._with(steps, found[-1], path, place))
        return found[::-1]

    def _with(self, steps: Steps, likely: FloatArray, path: Path, place: int) -> FloatArray:
        """Return the probabilities of steps missing with one house more."""
        sure, consent = int(steps.sure[place][path[place]]), self._houses[place].consent
        added = int(steps.added[place][path[place]]) * steps.parts
        refused = _brought(likely, sure)
        return consent * _brought(likely, sure + added) + (1 - consent) * refused if added else refused


def _nobody(steps: Steps) -> FloatArray:
    """Return the probabilities of steps missing without any house: all are."""
    likely = np.zeros(steps.missing + 1)
    likely[-1] = 1.0
    return likely


def _together(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the probabilities of steps missing with what two groups of houses bring."""
    brought = np.convolve(first[::-1], second[::-1])
    brought[first.size - 1] += brought[first.size :].sum()
    return brought[first.size - 1 :: -1]


def _brought(likely: FloatArray, steps: int) -> FloatArray:
    """Return the probabilities of steps missing once so many are brought."""
    if not steps:
        return likely
    steps = min(steps, likely.size - 1)
    found = np.zeros_like(likely)
    found[0] = likely[: steps + 1].sum()
    found[1 : likely.size - steps] = likely[steps + 1 :]
    return found
