"""Whole plans under limits improved some years at a time: works that begin in them are chosen anew, all others stay.

Groups of facilities choose among plans near the best; what a few years in a row hold best, all facilities together, is
seldom among those. So every facility lists its plans that differ in these years alone, at the prices that limits have
among just such plans, and whole ones are chosen exactly. How many years are chosen anew at once is learnt by their
place: early years hold many works, late ones few.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model.optimise.facility_schedule.anew import Anew
from model.optimise.facility_schedule.problem import MILLION, FloatArray, IntArray
from model.optimise.facility_schedule.shortlist import Lister
from model.optimise.until import Until

#: Years that are chosen anew at first, and at least.
FIRST, _LEAST = 6, 2
#: Longest that a choice may take [s].
_SECONDS = 0.7
#: Facilities at most that choose anew together.
_FACILITIES = 60
#: How far above its best in these years plans of a facility are listed, against what all plans cost [1], and at most.
_MARGIN, _MOST = 0.0015, 300
#: Rounds of listing, each at the prices of the mixture of all plans listed before.
_ROUNDS = 2


class Windows:
    """Plans of all facilities, and new choices of the works that begin in some years.

    Args:
        lister: lists plans.
        charges: charges plans where they stand.
        ceiling: limits with their slack, dims (row).
        starts: works of each facility, within the limits.
        widths: years chosen anew around each year, as learnt so far; changed.
        seed: seed of the order of years.
    """

    def __init__(
        self, lister: Lister, charges: Lister, ceiling: FloatArray, starts: Sequence[IntArray], widths: IntArray,
        seed: int,
    ) -> None:  # fmt: skip
        self._lister, self._charges, self._ceiling = lister, charges, ceiling
        self._widths, self._draw = widths, np.random.default_rng(seed)
        self._scale = np.maximum(ceiling, 1.0)
        self.starts = list(starts)
        each = [charges.one(f, one) for f, one in enumerate(starts)]
        self._charge, self._needs = (np.concatenate(part) for part in zip(*each, strict=True))

    def improve(self, wanted: float, until: Until) -> None:
        """Choose anew around one year after the other, until that brings nothing around any year.

        Args:
            wanted: gain at which the search ends [JPY].
            until: when it ends.
        """
        enough, last, now = float(self._charge.sum()) - wanted, np.inf, float(self._charge.sum())
        while not until.over and enough < now < last:
            last = now
            for middle in self._draw.permutation(len(self._widths)).tolist():
                if not until.over:
                    self._around(middle, until)
            now = float(self._charge.sum())

    def _around(self, middle: int, until: Until) -> None:
        """Choose anew around a year, and learn how many years can be chosen anew there."""
        width, most = int(self._widths[middle]), len(self._widths)
        first = min(max(middle - width // 2, 0), most - width)
        settled = self._choose(np.arange(first, first + width), until)
        self._widths[middle] = min(width + 1, most) if settled else max(width - 1, min(_LEAST, width))

    def _choose(self, years: IntArray, until: Until) -> bool:
        """Choose works that begin in some years anew, and say whether the choice is known to be the best."""
        count = len(self.starts)
        group = np.sort(self._draw.permutation(count)[:_FACILITIES]) if count > _FACILITIES else np.arange(count)
        inside = np.isin(np.arange(len(self._widths)), years)
        others = np.setdiff1d(np.arange(count), group)
        room = (self._ceiling - self._needs[others].sum(axis=0)) / self._scale
        margin, price = _MARGIN * abs(float(self._charge.sum())), self._lister.limits.price
        plans = [self.starts[f][np.newaxis] for f in group]
        for _ in range(_ROUNDS):
            for place, f in enumerate(group.tolist()):
                listed = self._lister.around(f, self.starts[f], inside, price, margin, _MOST)
                plans[place] = _joined(plans[place], listed)
            each = [self._charges.charged(f, own) for f, own in zip(group.tolist(), plans, strict=True)]
            sizes = [len(own) for own in plans]
            anew = Anew(
                np.repeat(np.arange(len(group)), sizes),
                np.concatenate([charge for charge, _ in each]) / MILLION,
                np.concatenate([needs for _, needs in each]) / self._scale,
                room,
                np.cumsum([0, *sizes[:-1]]),
            )
            mixed = anew.mixed(_SECONDS)
            if not mixed.proof.has_answer or until.over:
                return True
            price = anew.price(mixed) * MILLION / self._scale
        chosen, settled = anew.whole(mixed, min(_SECONDS, until.left))
        for place, f in enumerate(group.tolist()):
            at = int(chosen[place] - anew.now[place])
            self.starts[f] = plans[place][at]
            self._charge[f], self._needs[f] = each[place][0][at], each[place][1][at]
        return settled


def _joined(one: IntArray, other: IntArray) -> IntArray:
    """Return all plans of both without those that are there twice; the first stays where it is."""
    every = np.concatenate([one, other])
    _, first = np.unique(every, axis=0, return_index=True)
    return every[np.sort(first)]
