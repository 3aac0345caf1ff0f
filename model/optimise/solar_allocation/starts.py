"""Starts of plans: the first houses have their slots, and what they bring together has an exact distribution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.completions import OpenHouse
from model.optimise.solar_allocation.problem import FloatArray

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Path = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Start:
    """Starts of plans, all with the same houses decided.

    Args:
        path: position of the slot by house, dims (start, house).
        cost: so far.
        tied: what they bring to the rows, no more than is needed whatever follows, dims (start, row).
        label: total of their labels.
        steps: that they bring if all owners accept.
        mark: the same for starts whose houses bring the same with the same probabilities.
        missing: steps of the last unit missing at most, by sum: 1 to all parts of a unit, dims (start, sum).
        likely: by sum, probability that nothing is missing, then that so many units are, dims (start, unit).
    """

    path: Path
    cost: FloatArray
    tied: FloatArray
    label: IntArray
    steps: IntArray
    mark: IntArray
    missing: IntArray
    likely: tuple[FloatArray, ...]

    def part(self, chosen: IntArray | BoolArray | slice) -> Start:
        """Return some of the starts."""
        return Start(self.path[chosen], self.cost[chosen], self.tied[chosen], self.label[chosen],
                     self.steps[chosen], self.mark[chosen], self.missing[chosen],
                     tuple(one[chosen] for one in self.likely))  # fmt: skip

    @staticmethod
    def all_of(several: list[Start]) -> Start:
        """Return the starts of all together."""
        return Start(
            path=np.concatenate([one.path for one in several]),
            cost=np.concatenate([one.cost for one in several]),
            tied=np.concatenate([one.tied for one in several]),
            label=np.concatenate([one.label for one in several]),
            steps=np.concatenate([one.steps for one in several]),
            mark=np.concatenate([one.mark for one in several]),
            missing=np.concatenate([one.missing for one in several]),
            likely=tuple(np.concatenate(parts) for parts in zip(*(one.likely for one in several), strict=True)),
        )


def foremost(start: Start, promise: FloatArray) -> IntArray:
    """Return the order of starts in which those that have taken the same take turns, the most promising ones first.

    Args:
        start: the starts.
        promise: how probable plans can become from each [1].
    """
    order = np.lexsort((-promise, start.steps, start.label))
    taken = np.column_stack((start.label, start.steps))[order]
    first = np.append(True, np.any(taken[1:] != taken[:-1], axis=1))
    turn = np.arange(order.size) - np.maximum.accumulate(np.where(first, np.arange(order.size), 0))
    return np.asarray(order[np.lexsort((-promise[order], turn))])


def marks(houses: tuple[OpenHouse, ...]) -> list[IntArray]:
    """Return a number for each slot of each house that is the same for slots that bring the same as likely."""
    random = np.random.default_rng(0)
    # Numbers are added up, so that the order of houses does not matter; what is as good as nothing counts for nothing.
    known: dict[tuple[float, ...], int] = {}
    found = []
    for one in houses:
        kinds = [(round(one.consent, 12), *np.round(added, 7).tolist()) for added in one.added.T]
        found.append(
            np.array([known.setdefault(kind, int(random.integers(1, 2**50)) if any(kind[1:]) else 0) for kind in kinds])
        )
    return found


def moved(likely: FloatArray, units: int) -> FloatArray:
    """Return the probabilities of units missing once so many are brought."""
    found = np.zeros_like(likely)
    found[:, 0] = likely[:, : units + 1].sum(axis=1)
    if units + 1 < likely.shape[1]:
        found[:, 1 : likely.shape[1] - units] = likely[:, units + 1 :]
    return found
