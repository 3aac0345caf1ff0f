"""The cheapest way to add works to one facility year by year, exactly: works that decide themselves, then every set.

The years of a facility touch each other only through what is already built, so the best way follows backwards from the
last year over all sets of works. Before that, works are set aside whose answer is certain whatever the others do: what
a work saves in a year lies between what it saves where the others leave least and where they leave most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray, Work

#: Values of sets that go through the years at once: as many as stay in the fast memory.
_AT_ONCE = 2**15
#: Questions from which on rows are long enough without turning the table.
_SIDE_BY_SIDE = 8


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


@dataclass(frozen=True)
class Question:
    """What is asked of one facility.

    Args:
        search: its works.
        weights: charge of each quantity, dims (year, quantity).
        begin: charge of beginning each work, infinite where it cannot be, dims (work, year).
        further: charge of every set in every year beside its quantities, dims (year, set); None: nothing.
    """

    search: Search
    weights: FloatArray
    begin: FloatArray
    further: FloatArray | None = None


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
        least, most = (
            np.array([getattr(one, name) for one in every]) * scale[:, np.newaxis, :] for name in ("least", "most")
        )
        # With weights above zero beside weights below zero, one product gives the most and the least that works save.
        self._spans = np.concatenate([np.concatenate([most, least], axis=2), np.concatenate([least, most], axis=2)], 1)
        self._able = every[0].possible
        excluded = {other for work in works for other in work.excludes}
        self._alone = np.array([not work.excludes and place not in excluded for place, work in enumerate(works)])
        self._requires = [work.requires for work in works]
        self._unbound = np.array([work.requires < 0 for work in works], dtype=np.bool_)

    def decide(self, question: Question) -> _Decided:
        """Return which works decide themselves and what is left to search."""
        if question.further is None:
            return self._decide(question.weights, question.begin)
        # What is not a sum over quantities can make any work worth doing, so all works are searched then.
        return _Decided(list(range(self._count)), {}, question.begin)

    def stages(self, question: Question, decided: _Decided) -> FloatArray:
        """Return the charge of every set of works left, infinite where it is not possible, dims (year, set)."""
        sets = np.zeros(1, dtype=np.int64)
        for work in decided.free:
            sets = np.concatenate([sets, sets | 1 << work])
        weights = question.weights
        years = np.arange(len(weights))
        standing = np.zeros(len(weights), dtype=np.int64)
        for work, year in decided.fixed.items():
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
            impossible = np.flatnonzero(~self._possible[places])
            if len(impossible):
                stage[np.ix_(now, impossible)] = np.inf
        return stage if question.further is None else stage + question.further

    def starts(self, decided: _Decided, before: FloatArray, after: FloatArray) -> IntArray:
        """Return the year of each work, -1 for never, from the charges from each year on."""
        starts = np.full(self._count, -1, dtype=np.int64)
        starts[decided.free] = _forwards(before, after, decided.begin[decided.free])
        for work, year in decided.fixed.items():
            starts[work] = year
        return starts

    # A work that costs more in every year than it can ever bring is never done, if no other work needs it. A year of a
    # work falls away if another is no worse for it even if the others leave it most to save before a later one, or
    # least after an earlier one. Of two equal years the earlier stays, so that not both fall away.
    def _decide(self, weights: FloatArray, begin: FloatArray) -> _Decided:
        """Return the works that are left to search, those that are settled, and the years in which some may begin."""
        signed = np.concatenate([np.maximum(weights, 0.0), np.minimum(weights, 0.0)], axis=1)
        both = np.zeros((2 * self._count, len(weights) + 1))
        np.cumsum((self._spans @ signed[:, :, np.newaxis])[:, :, 0].T, axis=1, out=both[:, 1:])
        most, least = both[: self._count], both[self._count :]
        gains = begin < most[:, -1:] - most[:, :-1]
        vain = ~gains.any(axis=1) | ~self._able
        needed = self._needed(vain)
        never = vain & ~needed
        later, sooner = begin + most[:, :-1], begin + least[:, :-1]
        beaten = ~gains
        beaten[:, :-1] |= later[:, :-1] > np.minimum.accumulate(later[:, :0:-1], axis=1)[:, ::-1]
        beaten[:, 1:] |= sooner[:, 1:] >= np.minimum.accumulate(sooner, axis=1)[:, :-1]
        free_to_move = self._alone & ~needed & self._unbound & ~never
        left = ~(beaten & free_to_move[:, np.newaxis])
        year, place = np.argmax(left, axis=1), np.arange(self._count)
        pays = begin[place, year] <= least[:, -1] - least[place, year]
        fixed = free_to_move & (left.sum(axis=1) == 1) & pays
        free = np.flatnonzero(~never & ~fixed)
        settled = {int(work): int(year[work]) for work in np.flatnonzero(fixed)}
        return _Decided(free.tolist(), settled, np.where(left, begin, np.inf))

    def _needed(self, vain: BoolArray) -> BoolArray:
        """Return the works that a work needs that may be done, dims (work)."""
        needed = np.zeros(self._count, dtype=np.bool_)
        for _ in range(self._count):
            for work, need in enumerate(self._requires):
                if need >= 0 and (needed[work] or not vain[work]):
                    needed[need] = True
        return needed


def answers(questions: Sequence[Question]) -> list[tuple[float, IntArray]]:
    """Return for each question the least charge from the first year on without any work, and the year of each work.

    Questions with as many works to search go backwards through the years side by side.
    """
    decided = [one.search.decide(one) for one in questions]
    alike: dict[int, list[int]] = {}
    for place, one in enumerate(decided):
        alike.setdefault(len(one.free), []).append(place)
    found: list[tuple[float, IntArray]] = [(0.0, np.empty(0, dtype=np.int64))] * len(questions)
    for works, places in alike.items():
        most = max(1, _AT_ONCE >> works)
        for first in range(0, len(places), most):
            group = places[first : first + most]
            stage = np.stack([questions[place].search.stages(questions[place], decided[place]) for place in group], 2)
            begin = np.stack([decided[place].begin[decided[place].free] for place in group], 2)
            before, after = backwards(stage, begin)
            for column, place in enumerate(group):
                own, asked = decided[place], questions[place]
                starts = asked.search.starts(own, before[:, :, column], after[:, :, column])
                settled = sum(asked.begin[work, year] for work, year in own.fixed.items())
                found[place] = float(after[0, 0, column]) + settled, starts
    return found


def backwards(stage: FloatArray, begin: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the charge from each year on with each set, before and after works of the year are added.

    Args:
        stage: charge of each set in each year; overwritten, dims (year, set, question).
        begin: charge of beginning each work, dims (work, year, question).
    """
    scratch = _Scratch.of(len(begin), stage.shape[2])
    after = np.empty_like(stage)
    for year in range(len(stage) - 1, -1, -1):
        if year + 1 < len(stage):
            stage[year] += after[year + 1]
        scratch.grow(stage[year], begin[:, year], after[year])
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
    """Memory for growing sets by works, several questions side by side.

    With few questions the better half of the works acts on long rows, the others on the turned table; with many, rows
    are long enough.

    Args:
        works: number of works.
        questions: number of questions.
    """

    def __init__(self, works: int, questions: int) -> None:
        low = works // 2 if questions < _SIDE_BY_SIDE else 0
        high = works - low
        self._table = np.empty((2**high, 2**low, questions))
        self._turned = np.empty((2**low, 2**high, questions)) if low else self._table
        spare = np.empty(2**works * questions // 2)

        def halves(table: FloatArray, place: int) -> tuple[FloatArray, FloatArray, FloatArray]:
            parts = table.reshape(-1, 2, 2**place, questions)
            return parts[:, 0], parts[:, 1], spare.reshape(parts[:, 0].shape)

        self._high = [(work, *halves(self._table, work)) for work in range(low, works)]
        self._low = [(work, *halves(self._turned, work + high)) for work in range(low)]

    @staticmethod
    @lru_cache(maxsize=64)
    def of(works: int, questions: int) -> _Scratch:
        """Return the memory for so many works and questions."""
        return _Scratch(works, questions)

    # Adding one work after the other covers every way to grow a set within a year.
    def grow(self, values: FloatArray, charges: FloatArray, result: FloatArray) -> None:
        """Put into `result`, for every set, the least of `values` over all sets that hold it, with charges for works.

        Args:
            values: value of each set, dims (set, question).
            charges: charge of each work; infinite where it cannot be begun, dims (work, question).
            result: dims (set, question).
        """
        usable = np.asarray((charges < np.inf).any(axis=1), dtype=np.bool_)
        self._table.reshape(values.shape)[:] = values
        self._add(self._high, charges, usable)
        if self._low:
            self._turned[:] = self._table.swapaxes(0, 1)
            self._add(self._low, charges, usable)
            result.reshape(self._table.shape)[:] = self._turned.swapaxes(0, 1)
        else:
            result[:] = self._table.reshape(values.shape)

    @staticmethod
    def _add(
        halves: Sequence[tuple[int, FloatArray, FloatArray, FloatArray]], charges: FloatArray, usable: BoolArray
    ) -> None:
        for work, without, with_it, spare in halves:
            if usable[work]:
                np.add(with_it, charges[work], out=spare)
                np.minimum(without, spare, out=without)
