"""Whole plans under budgets by single beginnings: which work of which facility begins in which year.

Budgets that pay for a few works a year make a packing of works into years; plans of whole facilities, made at prices,
do not fill them. Here every work in every year is one yes-or-no decision with its exact payments. What a beginning
saves is taken as it is where all other works of its facility stay as they are, so plans are priced anew afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.optimise.facility_schedule.arrays import Gathered
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.plan import Prices
from model.optimise.facility_schedule.problem import MILLION, BoolArray, FloatArray, IntArray
from model.optimise.solver import ArrayAnswer, ArrayModel, SolverOptions, solve_arrays

#: Beginnings among which is chosen, for each facility and at most: those that lose least at the prices of the master.
#: Few of them are packed well in little time.
_KEPT_EACH, _KEPT = 10, 2000
#: Effort that HiGHS puts into finding packings, against 0.05 by default [1].
_EFFORT = 0.3


@dataclass(frozen=True)
class _Beginnings:
    """Beginnings to choose from, one position each.

    Args:
        facility: facility; work: its work; year: position of the year.
        charge: what beginning it adds [JPY or t-CO2]; paid: money paid [JPY], dims (beginning, year).
        now: whether it is in the plan at hand.
    """

    facility: IntArray
    work: IntArray
    year: IntArray
    charge: FloatArray
    paid: FloatArray
    now: BoolArray

    def only(self, kept: BoolArray) -> _Beginnings:
        """Return some of them."""
        return _Beginnings(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Packing:
    """The program that packs works into limits.

    Args:
        model: one column a beginning.
        start: works given, by column; None where they do not respect the limits.
        given: works around which savings are taken.
        every: beginnings by column.
    """

    model: ArrayModel
    start: FloatArray | None
    given: Sequence[IntArray]
    every: _Beginnings

    @classmethod
    def around(
        cls, work: Decomposition, starts: Sequence[IntArray], prices: Sequence[Prices], free: BoolArray, changes: int
    ) -> Packing:
        """Return the program that packs works around those given.

        Args:
            work: the facilities.
            starts: works around which savings are taken: year of each work of each facility, -1 for never.
            prices: prices of the master, one for each facility.
            free: beginnings that may change, dims (facility, year).
            changes: beginnings at most in each facility that are not in `starts`.
        """
        every = _around(work, starts, prices)
        every = every.only(_worth_a_look(every, prices, free))
        made = Gathered()
        held = every.now & ~free[every.facility, every.year]
        one = made.block((len(every.charge),), 1.0, every.charge / work.problem.unit, held.astype(np.float64), True)
        _within_limits(made, work, every)
        _one_of_each(made, work, every, one)
        new = np.flatnonzero(~every.now)
        made.put(made.limits((len(starts),), float(changes))[every.facility[new]], one[new], 1.0)
        start = every.now.astype(np.float64) if _fits(work, every) else None
        return cls(made.model(), start, starts, every)

    def solve(self, options: SolverOptions) -> list[IntArray]:
        """Return the works of every facility as they are packed; those given where no packing is found.

        Args:
            options: limits, gap and seed of the search.
        """
        further = {"mip_heuristic_effort": _EFFORT, **options.further}
        return self.works(solve_arrays(self.model, replace(options, further=further), self.start))

    def works(self, answer: ArrayAnswer) -> list[IntArray]:
        """Return the works of every facility in an answer; those given where there is none."""
        if not answer.proof.has_answer:
            return list(self.given)
        found = [np.full(len(own), -1, dtype=np.int64) for own in self.given]
        for place in np.flatnonzero(answer.values > 0.5):
            found[self.every.facility[place]][self.every.work[place]] = self.every.year[place]
        return found


def packed(
    work: Decomposition,
    starts: Sequence[IntArray],
    prices: Sequence[Prices],
    free: BoolArray,
    changes: int,
    options: SolverOptions,
) -> list[IntArray]:
    """Return works of every facility that respect all limits and cost little around the works given.

    Arguments as `Packing.around`, with limits, gap and seed of the search.
    """
    return Packing.around(work, starts, prices, free, changes).solve(options)


def _around(work: Decomposition, starts: Sequence[IntArray], prices: Sequence[Prices]) -> _Beginnings:
    """Return all beginnings that are possible, with what each adds where the others stay."""
    parts = []
    for f, (own, now) in enumerate(zip(work.facilities, starts, strict=True)):
        charge = own.beginnings(now, prices[f])
        works, years = np.nonzero(np.isfinite(charge))
        parts.append((np.full(len(works), f), works, years, charge[works, years], own.paid[works, years],
                      now[works] == years))  # fmt: skip
    return _Beginnings(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _worth_a_look(every: _Beginnings, prices: Sequence[Prices], free: BoolArray) -> BoolArray:
    """Say which beginnings to choose from: those at hand and those that lose least at prices, dims (beginning)."""
    money, hands = (np.array([getattr(one, name) for one in prices])[every.facility] for name in ("money", "work"))
    asked = every.charge + (every.paid * money).sum(axis=1) + hands[np.arange(len(hands)), every.year]
    best = np.zeros((len(prices), int(every.work.max(initial=0)) + 1))
    np.minimum.at(best, (every.facility, every.work), asked)
    loss = np.where(free[every.facility, every.year], asked - best[every.facility, every.work], np.inf)
    kept = min(_KEPT_EACH * len(prices), _KEPT)
    last = np.partition(loss, kept - 1)[kept - 1] if len(loss) > kept else np.inf
    return np.asarray(every.now | ((loss <= last) & np.isfinite(loss)))


def _within_limits(made: Gathered, work: Decomposition, every: _Beginnings) -> None:
    """Add the rows of money and hands of every limit."""
    for limit in work.problem.limits():
        inside = np.flatnonzero(limit.members[every.facility])
        money = made.limits(limit.budget.shape, limit.budget / MILLION)
        place, year = np.nonzero(every.paid[inside])
        made.put(money[year], inside[place], every.paid[inside[place], year] / MILLION)
        hands = made.limits(limit.capacity.shape, limit.capacity)
        made.put(hands[every.year[inside]], inside, 1.0)


def _fits(work: Decomposition, every: _Beginnings) -> bool:
    """Say whether the beginnings at hand respect all limits."""
    for limit in work.problem.limits():
        inside = every.now & limit.members[every.facility]
        hands = np.bincount(every.year[inside], minlength=len(limit.capacity))
        if (every.paid[inside].sum(axis=0) > limit.budget + 1.0).any() or (hands > limit.capacity).any():
            return False
    return True


def _one_of_each(made: Gathered, work: Decomposition, every: _Beginnings, one: IntArray) -> None:
    """Add rows: a work begins once, not beside one that it excludes, and not before one that it requires."""
    places = {}
    key = every.facility * 1000 + every.work
    for value in np.unique(key).tolist():
        places[divmod(value, 1000)] = one[key == value]
    none = one[:0]
    for (f, k), own in places.items():
        made.put(made.limits((1,), 1.0), own, 1.0)
        given = work.problem.works[f][k]
        for other in given.excludes:
            made.put(made.limits((1,), 1.0), np.concatenate([own, places.get((f, other), none)]), 1.0)
        if given.requires >= 0:
            needed = places.get((f, given.requires), none)
            for year in np.unique(every.year[own]).tolist():
                row = made.limits((1,), 0.0)
                made.put(row, own[every.year[own] <= year], 1.0)
                made.put(row, needed[every.year[needed] <= year], -1.0)
