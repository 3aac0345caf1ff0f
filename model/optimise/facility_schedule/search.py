"""The cheapest way to add works to one facility year by year, exactly: works that decide themselves, then every set.

The years of a facility touch each other only through what is already built, so the best way follows backwards from the
last year over all sets of works. Before that, works are set aside whose answer is certain whatever the others do: what
a work saves in a year lies between what it saves where the others leave least and where they leave most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray, Work


@dataclass(frozen=True)
class Spans:
    """What each work takes off every quantity, at least and at most over all sets of the others; dims (work, quantity).

    Args:
        least: at least.
        most: at most.
        possible: works that are possible at all, dims (work).
    """

    least: FloatArray
    most: FloatArray
    possible: BoolArray


def spans(quantities: FloatArray, possible: BoolArray, works: int) -> Spans:
    """Return what works take off quantities.

    Args:
        quantities: dims (quantity, set).
        possible: sets that respect requirements and exclusions, dims (set).
        works: number of works.
    """
    count = len(quantities)
    least, most, able = np.zeros((works, count)), np.zeros((works, count)), np.zeros(works, dtype=np.bool_)
    for work in range(works):
        halves, fine = quantities.reshape(count, -1, 2, 2**work), possible.reshape(-1, 2, 2**work)
        both = fine[:, 0] & fine[:, 1]
        if both.any():
            taken = (halves[:, :, 0] - halves[:, :, 1])[:, both]
            least[work], most[work], able[work] = taken.min(axis=1), taken.max(axis=1), True
    return Spans(least, most, able)


@dataclass(frozen=True)
class _Decided:
    """Works that decide themselves: `free` are left, `fixed` are done in a certain year; `begin` without vain years."""

    free: list[int]
    fixed: dict[int, int]
    begin: FloatArray


class Search:
    """Searches the works of one facility.

    Args:
        works: the works.
        possible: sets of works that respect requirements and exclusions, dims (set).
        quantities: place of a year → quantities of every set, dims (quantity, set).
        growth: growth of each quantity against the first year, dims (year, quantity).
        apart: quantities of every year are asked for; otherwise those of the first year grow.
    """

    def __init__(
        self,
        works: Sequence[Work],
        possible: BoolArray,
        quantities: Callable[[int], FloatArray],
        growth: FloatArray,
        apart: bool,
    ) -> None:
        self._count, self._possible = len(works), possible
        self._quantities, self._growth, self._apart = quantities, growth, apart
        every = [spans(quantities(y), possible, len(works)) for y in (range(len(growth)) if apart else (0,))]
        scale = np.ones_like(growth) if apart else growth
        self._least = np.array([one.least for one in every]) * scale[:, np.newaxis, :]
        self._most = np.array([one.most for one in every]) * scale[:, np.newaxis, :]
        self._able = every[0].possible
        excluded = {other for work in works for other in work.excludes}
        self._alone = np.array([not work.excludes and place not in excluded for place, work in enumerate(works)])
        self._requires = [work.requires for work in works]

    def best(self, weights: FloatArray, begin: FloatArray, further: FloatArray | None = None) -> tuple[float, IntArray]:
        """Return the least charge from the first year on without any work, and the year of each work, -1 for never.

        Args:
            weights: charge of each quantity, dims (year, quantity).
            begin: charge of beginning each work, infinite where it cannot be, dims (work, year).
            further: charge of every set in every year beside its quantities, dims (year, set); None: nothing.
        """
        # What is not a sum over quantities can make any work worth doing, so all works are searched then.
        every = _Decided(list(range(self._count)), {}, begin)
        decided = self._decide(weights, begin) if further is None else every
        sets = np.zeros(1, dtype=np.int64)
        for work in decided.free:
            sets = np.concatenate([sets, sets | 1 << work])
        stage = self._stages(weights, sets, decided.fixed)
        if further is not None:
            stage += further
        left = decided.begin[decided.free]
        before, after = _backwards(stage, left)
        starts = np.full(self._count, -1, dtype=np.int64)
        starts[decided.free] = _forwards(before, after, left)
        for work, year in decided.fixed.items():
            starts[work] = year
        return float(after[0, 0]) + sum(begin[work, year] for work, year in decided.fixed.items()), starts

    def _stages(self, weights: FloatArray, sets: IntArray, fixed: dict[int, int]) -> FloatArray:
        """Return the charge of every set in every year, infinite where it is not possible, dims (year, set)."""
        years = np.arange(len(weights))
        standing = np.zeros(len(weights), dtype=np.int64)
        for work, year in fixed.items():
            standing[years >= year] |= 1 << work
        grown = weights if self._apart else weights * self._growth
        stage = np.empty((len(weights), len(sets)))
        for done in np.unique(standing).tolist():
            now, places = np.flatnonzero(standing == done), sets | done
            if self._apart:
                for place in now:
                    stage[place] = grown[place] @ self._quantities(int(place))[:, places]
            else:
                stage[now] = grown[now] @ self._quantities(0)[:, places]
            stage[np.ix_(now, ~self._possible[places])] = np.inf
        return stage

    # A work that costs more in every year than it can ever bring is never done, if no other work needs it. One that is
    # best begun in a certain year even if the others leave it least to save, or most before that, is begun then.
    def _decide(self, weights: FloatArray, begin: FloatArray) -> _Decided:
        """Return the works that are left to search, those that are settled, and the years in which some may begin."""
        up, down = np.maximum(weights, 0.0)[:, np.newaxis, :], np.minimum(weights, 0.0)[:, np.newaxis, :]
        high = (up * self._most + down * self._least).sum(axis=2)
        low = (up * self._least + down * self._most).sum(axis=2)
        zero = np.zeros((1, self._count))
        most, least = (np.concatenate([zero, np.cumsum(one, axis=0)]).T for one in (high, low))
        vain = np.all(begin >= most[:, -1:] - most[:, :-1], axis=1) | ~self._able
        needed = self._needed(vain)
        never = vain & ~needed
        guess = begin + 0.5 * (most + least)[:, :-1]
        year = np.argmin(guess, axis=1)
        place = np.arange(self._count)
        chosen = begin[place, year]
        reaches = np.isfinite(chosen)
        cost = np.where(reaches, chosen, 0.0)[:, np.newaxis]
        later = cost - begin <= (least[:, :-1] - least[place, year][:, np.newaxis])
        sooner = cost - begin <= -(most[place, year][:, np.newaxis] - most[:, :-1])
        after = np.arange(len(weights)) > year[:, np.newaxis]
        beaten = np.where(after, later, sooner) | ~np.isfinite(begin)
        beaten[place, year] = True
        free_to_move = self._alone & ~needed & (np.array(self._requires) < 0) & reaches & ~never
        pays = cost[:, 0] <= least[:, -1] - least[place, year]
        fixed = free_to_move & beaten.all(axis=1) & pays
        pruned = begin.copy()
        vain_years = free_to_move[:, np.newaxis] & beaten
        vain_years[place, year] = False
        pruned[vain_years] = np.inf
        free = np.flatnonzero(~never & ~fixed)
        return _Decided(free.tolist(), {int(w): int(year[w]) for w in np.flatnonzero(fixed)}, pruned)

    def _needed(self, vain: BoolArray) -> BoolArray:
        """Return the works that a work needs that may be done, dims (work)."""
        needed = np.zeros(self._count, dtype=np.bool_)
        for _ in range(self._count):
            for work, need in enumerate(self._requires):
                if need >= 0 and (needed[work] or not vain[work]):
                    needed[need] = True
        return needed


def _backwards(stage: FloatArray, begin: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the charge from each year on with each set, before and after works of the year are added."""
    scratch = _Scratch.of(len(begin))
    after = np.empty_like(stage)
    charges = begin.T.tolist()
    for year in range(len(stage) - 1, -1, -1):
        if year + 1 < len(stage):
            stage[year] += after[year + 1]
        scratch.grow(stage[year], charges[year], after[year])
    return stage, after


def _forwards(before: FloatArray, after: FloatArray, begin: FloatArray) -> IntArray:
    """Return the year of each work, following the best way from the empty set on."""
    starts = np.full(len(begin), -1, dtype=np.int64)
    every, now = np.arange(before.shape[1]), 0
    for year in np.flatnonzero(np.isfinite(begin).any(axis=0)):
        if after[year, now] < before[year, now]:
            added = np.zeros(1)
            for charge in begin[:, year]:
                added = np.concatenate([added, added + charge])
            following = every | now
            best = int(following[np.argmin(before[year, following] + added[every & ~now])])
            new = [work for work in range(len(starts)) if (best & ~now) >> work & 1]
            starts[new], now = year, best
    return starts


class _Scratch:
    """Memory for growing sets by works: the better half of the works acts on long rows, the others on the turned table.

    Args:
        works: number of works.
    """

    def __init__(self, works: int) -> None:
        low = works // 2
        self._table, self._turned = np.empty((2 ** (works - low), 2**low)), np.empty((2**low, 2 ** (works - low)))
        spare = np.empty(2**works // 2)

        def halves(table: FloatArray, place: int) -> tuple[FloatArray, FloatArray, FloatArray]:
            parts = table.reshape(-1, 2, 2**place)
            return parts[:, 0], parts[:, 1], spare.reshape(parts[:, 0].shape)

        self._high = [(work, *halves(self._table, work)) for work in range(low, works)]
        self._low = [(work, *halves(self._turned, work + works - low)) for work in range(low)]

    @staticmethod
    @cache
    def of(works: int) -> _Scratch:
        """Return the memory for so many works."""
        return _Scratch(works)

    # Adding one work after the other covers every way to grow a set within a year.
    def grow(self, values: FloatArray, charges: Sequence[float], result: FloatArray) -> None:
        """Put into `result`, for every set, the least of `values` over all sets that hold it, with charges for works.

        Args:
            values: value of each set, dims (set).
            charges: charge of each work; infinite where it cannot be begun.
            result: dims (set).
        """
        self._table.reshape(-1)[:] = values
        self._add(self._high, charges)
        self._turned[:] = self._table.T
        self._add(self._low, charges)
        result.reshape(self._table.shape)[:] = self._turned.T

    @staticmethod
    def _add(halves: Sequence[tuple[int, FloatArray, FloatArray, FloatArray]], charges: Sequence[float]) -> None:
        for work, without, with_it, spare in halves:
            if charges[work] < np.inf:
                np.add(with_it, charges[work], out=spare)
                np.minimum(without, spare, out=without)
