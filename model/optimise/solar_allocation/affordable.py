"""Which totals the houses from each one on can still have in plans that cost no more than they may, whatever happens.

Costs alone tell this without any probability: what the houses from one on cost at least with a total, and what the
houses before them cost at least on the way to a total that plans may have in all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.completions import Ways
from model.optimise.solar_allocation.problem import FloatArray

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Affordable:
    """The first and the last step that matter of each total of labels, by number of houses decided.

    Args:
        first: first step, dims (label).
        last: one more than the last step; no more than the first one where none matters.
    """

    first: tuple[IntArray, ...]
    last: tuple[IntArray, ...]

    @classmethod
    def find(cls, ways: list[Ways], dear: FloatArray, room: float) -> Affordable:
        """Return the steps of plans that cost no more than a room above the least.

        Args:
            ways: of the houses to come.
            dear: what plans cost above their priced costs, by total; infinite where they have no such total, dims
                (label, steps).
            room: what plans may cost above the least.
        """
        before = [dear]
        for one in ways:
            before.append(_back(before[-1], one))
        after = np.full(dear.shape, np.inf)
        after[0, 0] = 0.0
        found = []
        for one, spent in zip(reversed(ways), reversed(before[:-1]), strict=True):
            after = _on(after, one)
            found.append(_ends(after + spent <= room))
        found.reverse()
        return cls(tuple(one for one, _ in found), tuple(one for _, one in found))

    def places(self) -> list[int]:
        """Return how many places matter, by number of houses decided."""
        return [int(np.maximum(last - first, 0).sum()) for first, last in zip(self.first, self.last, strict=True)]


def _back(spent: FloatArray, ways: Ways) -> FloatArray:
    """Return what is spent at least before the next house, from what is before this one, by total that is to come."""
    found = np.full(spent.shape, np.inf)
    for label, size, above in zip(ways.label.tolist(), ways.size.tolist(), ways.above.tolist(), strict=True):
        if label < spent.shape[0] and size < spent.shape[1]:
            part = found[: spent.shape[0] - label, : spent.shape[1] - size]
            np.minimum(part, spent[label:, size:] + above, out=part)
    return found


def _on(after: FloatArray, ways: Ways) -> FloatArray:
    """Return what houses cost at least by total with one more of them."""
    found = np.full(after.shape, np.inf)
    for label, size, above in zip(ways.label.tolist(), ways.size.tolist(), ways.above.tolist(), strict=True):
        if label < after.shape[0] and size < after.shape[1]:
            part = found[label:, size:]
            np.minimum(part, after[: after.shape[0] - label, : after.shape[1] - size] + above, out=part)
    return found


def _ends(kept: BoolArray) -> tuple[IntArray, IntArray]:
    """Return the first and one more than the last place that is kept in each row."""
    some = kept.any(axis=1)
    first = np.where(some, kept.argmax(axis=1), 0)
    return first, np.where(some, kept.shape[1] - kept[:, ::-1].argmax(axis=1), 0)
