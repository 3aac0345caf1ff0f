"""Whole plans under limits improved a group of facilities at a time: the group chooses anew, all others stay.

Each facility chooses from its list of plans near its best. What its plans cost with their own trade and what they need
of every limit is known, so a group is a small program: mixtures of plans leave aside all that cannot be part of a
better choice, and what is left is chosen among exactly. Groups grow as long as that is quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from model.optimise.facility_schedule.anew import GAIN, Anew
from model.optimise.facility_schedule.problem import MILLION, FloatArray, IntArray
from model.optimise.facility_schedule.shortlist import Lister
from model.optimise.until import Until

#: Facilities in the first group, and what a choice may take until the next group is smaller, or larger [s].
_FIRST, _SLOW, _QUICK = 8, 0.4, 0.15
#: Longest that a choice may take [s].
_SECONDS = 0.8
#: Part of groups drawn blindly; what every facility is likely beside its gain, against the mean gain; part of groups
#: that need money in the same years, and how likely others are in them [1].
_BLIND, _FLAT, _TOGETHER, _APART, _NOTHING = 0.2, (0.1, 0.5, 2.0), 0.5, 0.2, 1e-12
#: Choices in vain for each facility after which the search ends.
_PATIENCE = 5
#: Part of groups that choose at disturbed costs, and how far those and what is gone on from may be off [1].
_DISTURBED, _NEAR = 0.25, 0.0003


class Regroup:
    """Plans of all facilities, and new choices of groups.

    Args:
        lister: charges plans.
        lists: plans of works to choose from, dims (plan, work) for each facility.
        ceiling: limits with their slack, dims (row).
        starts: works of each facility, within the limits.
        seed: seed of the choice of groups.
    """

    def __init__(
        self, lister: Lister, lists: Sequence[IntArray], ceiling: FloatArray, starts: Sequence[IntArray], seed: int
    ) -> None:
        self._ceiling = ceiling
        self._draw = np.random.default_rng(seed)
        self._starts, self._charge, self._needs = [], [], []
        for f, (own, now) in enumerate(zip(lists, starts, strict=True)):
            every = np.concatenate([own, now[np.newaxis]])
            charge, needs = lister.charged(f, every)
            self._starts.append(every)
            self._charge.append(charge / MILLION)
            self._needs.append(needs)
        self._taken = np.array([len(one) - 1 for one in self._charge])
        self._scale = np.maximum(self._ceiling, 1.0)
        self._price = lister.limits.price / MILLION
        #: What each plan loses against the best one of its facility at the prices of limits [million JPY].
        self._lost = []
        for charge, needs in zip(self._charge, self._needs, strict=True):
            asked = charge + needs @ self._price
            self._lost.append(asked - asked.min())

    def improve(self, wanted: float, until: Until) -> list[IntArray]:
        """Return the works of the cheapest plans found.

        Args:
            wanted: gain at which the search ends [JPY].
            until: when it ends.
        """
        whole, size = until.left, min(_FIRST, len(self._charge))
        best, held, charge = self.starts, self._taken.copy(), self._total()
        lowest, vain, patience = charge, 0, _PATIENCE * len(self._charge)
        enough = charge - wanted / MILLION
        while lowest > enough and not until.over and vain < patience:
            vain += 1
            margin = _NEAR * abs(lowest) * until.left / max(whole, 1e-9)
            noise = margin if self._draw.random() < _DISTURBED else 0.0
            group = self._group(max(size // 2, 2) if noise > 0 else size)
            since = perf_counter()
            self._choose(group, noise)
            took = perf_counter() - since
            if noise <= 0:
                size = min(size + 1, len(self._charge)) if took < _QUICK else max(size - 1, 2) if took > _SLOW else size
            now = self._total()
            if now < lowest - GAIN:
                best, lowest, vain = self.starts, now, 0
            if now < charge + margin * self._draw.random() ** 2:
                held, charge = self._taken.copy(), now
            else:
                self._taken = held.copy()
        return best

    @property
    def starts(self) -> list[IntArray]:
        """Works of all facilities."""
        return [own[place] for own, place in zip(self._starts, self._taken, strict=True)]

    def _total(self) -> float:
        """Return what all plans cost [million JPY]."""
        return float(sum(own[place] for own, place in zip(self._charge, self._taken, strict=True)))

    # There is most to gain where plans lose much against the best ones, or stand in years with money left; and money
    # changes hands between facilities that need it in the same years.
    def _group(self, size: int) -> IntArray:
        """Return facilities drawn to choose anew, of which those with more to gain are the likelier.

        Args:
            size: how many.
        """
        count = len(self._taken)
        if self._draw.random() < _BLIND:
            return self._draw.permutation(count)[:size]
        lost = np.array([own[place] for own, place in zip(self._lost, self._taken, strict=True)])
        needs = np.array([own[place] for own, place in zip(self._needs, self._taken, strict=True)])
        idle = np.maximum(self._ceiling - needs.sum(axis=0), 0.0) * self._price
        gain = lost + needs / self._scale @ idle
        likely = gain + max(float(gain.mean()), GAIN) * self._draw.choice(_FLAT)
        first = int(self._draw.choice(count, p=likely / likely.sum()))
        if self._draw.random() < _TOGETHER:
            shared = needs / self._scale @ (needs[first] / self._scale)
            likely = likely * (_APART + shared / max(float(shared.mean()), _NOTHING))
        # The greatest of logarithms with such noise are draws without return.
        order = np.log(likely) + self._draw.gumbel(size=count)
        order[first] = np.inf
        return np.argsort(-order, kind="stable")[:size]

    def _choose(self, group: IntArray, noise: float) -> None:
        """Let a group choose anew.

        Args:
            group: its facilities.
            noise: how far costs are disturbed [million JPY]; 0: only what is better is taken.
        """
        room = self._ceiling - sum(
            own[place] for f, (own, place) in enumerate(zip(self._needs, self._taken, strict=True)) if f not in group
        )
        fits = [np.flatnonzero((self._needs[f] <= room).all(axis=1)) for f in group]
        cost = np.concatenate([self._charge[f][own] - self._charge[f][self._taken[f]]
                               for f, own in zip(group, fits, strict=True)])  # fmt: skip
        if noise > 0:
            cost = cost + self._draw.uniform(0.0, noise, len(cost))
        of, places = np.repeat(np.arange(len(group)), [len(own) for own in fits]), np.concatenate(fits)
        needs = np.concatenate([self._needs[f][own] for f, own in zip(group, fits, strict=True)]) / self._scale
        now = np.flatnonzero(places == self._taken[group][of])
        anew = Anew(of, cost, needs, room / self._scale, now)
        mixed = anew.mixed(_SECONDS)
        if mixed.proof.has_answer:
            chosen, _ = anew.whole(mixed, _SECONDS)
            self._taken[group] = places[chosen]
