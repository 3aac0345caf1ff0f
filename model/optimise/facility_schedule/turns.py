"""Whole plans under limits improved in turns, tonnes at the prices that they have where the plans stand.

Prices of tonnes from mixtures of plans are not those of whole plans: an owner's facility that gives in the mixture may
have nothing to give. So before each turn works are held and trade alone is solved; with the prices found there what
each facility pays for itself adds up to what all pay. Then works are moved, and groups choose anew.

Moving works leads to the bottom of the valley in which a plan lies, so several plans are begun with, and works of all
years are packed anew around each, a few of every facility at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from model.optimise.facility_schedule.beginnings import packed
from model.optimise.facility_schedule.choice import Choice
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.exchange import Exchange
from model.optimise.facility_schedule.master import Master
from model.optimise.facility_schedule.own_bound import terms
from model.optimise.facility_schedule.plan import Prices
from model.optimise.facility_schedule.problem import FloatArray, IntArray
from model.optimise.facility_schedule.regroup import Regroup
from model.optimise.facility_schedule.shortlist import Lister
from model.optimise.solver import SolverOptions

#: Turns, and part of each in which groups choose anew [1].
_TURNS, _SHARE_REGROUPED = 3, 0.75
#: Part of the time left in which works are packed anew around a plan, and works of a facility that change at most.
_REPACKING, _CHANGES = 0.07, 2
#: Gap of that packing [1], and gain from which on it is repeated [JPY].
_EXACT, _WORTH_IT = 1e-4, 1e6


@dataclass(frozen=True)
class Standing:
    """Works of all facilities, their value, and the prices that tonnes have there.

    Args:
        value: least cost with all trade, yes and no in trade mixed [JPY].
        starts: works of each facility.
        shared: prices of the rows that tie facilities [JPY/t-CO2], dims (row, period).
    """

    value: float
    starts: list[IntArray]
    shared: FloatArray


@dataclass(frozen=True)
class Turns:
    """What plans are improved with.

    Args:
        work: facilities.
        master: the master, for what each facility can do with its tonnes.
        prices: prices of the master, one for each facility.
        lister: charges plans.
        lists: plans of works near the best of every facility, dims (plan, work) each.
        ceiling: limits with their slack, dims (row).
    """

    work: Decomposition
    master: Master
    prices: Sequence[Prices]
    lister: Lister
    lists: Sequence[IntArray]
    ceiling: FloatArray

    def improved(self, firsts: Iterable[Sequence[IntArray]], seed: int, enough: float, until: float) -> Standing:
        """Return the best plans found.

        Args:
            firsts: works of each facility, within the limits: one plan or several to begin with.
            seed: seed of random moves and groups.
            enough: value at which the search ends [JPY].
            until: time at which it ends [s].
        """
        draw, met = np.random.default_rng(seed), list[Standing]()
        for first in firsts:
            met.append(self._settled(self._standing(first), int(draw.integers(2**31)), until))
            if met[-1].value <= enough or perf_counter() > until:
                break
        best = min(met, key=lambda one: one.value)
        # What facilities do in the other plans is on their lists, so that groups can take the best of each.
        others = [np.array([one.starts[f] for one in met]) for f in range(len(self.lists))]
        joined = replace(self, lists=[np.concatenate(both) for both in zip(self.lists, others, strict=True)])
        for turn in range(_TURNS):
            begun = perf_counter()
            if best.value <= enough or begun > until:
                break
            left = (until - begun) / (_TURNS - turn)
            best = joined._turned(best, draw.integers(2**31, size=2).tolist(), enough, begun, begun + left)
        return best

    def _settled(self, now: Standing, seed: int, until: float) -> Standing:
        """Return plans after works were moved, then packed anew around where they stand as long as that helps."""
        exchange = self._exchange(now, seed)
        exchange.descend(until)
        now, before = self._better(now, [plan.starts for plan in exchange.plans]), np.inf
        problem = self.work.problem
        free = np.ones((problem.facilities, len(problem.years)), dtype=np.bool_)
        while now.value < before - _WORTH_IT and (left := until - perf_counter()) > 0:
            options = SolverOptions(_REPACKING * left, _EXACT, seed=seed % 2**20)
            before, exchange = now.value, self._exchange(now, seed)
            exchange.put(packed(self.work, now.starts, exchange.paid, free, _CHANGES, options))
            exchange.descend(until)
            now = self._better(now, [plan.starts for plan in exchange.plans])
        return now

    def _turned(self, now: Standing, seeds: Sequence[int], enough: float, begun: float, until: float) -> Standing:
        """Return plans after one turn of moves and of groups that choose anew."""
        exchange = self._exchange(now, seeds[0])
        wanted = exchange.charge + enough - now.value
        exchange.descend(until)
        lister = self.lister.at(terms(self.master, now.shared))
        regroup = Regroup(lister, self.lists, self.ceiling, [plan.starts for plan in exchange.plans], seeds[1])
        found = regroup.improve(now.value - enough, begun + _SHARE_REGROUPED * (until - begun))
        exchange.put(found)
        return self._better(self._better(now, found), _moved(exchange, wanted, until))

    def _exchange(self, now: Standing, seed: int) -> Exchange:
        """Return moves from where plans stand."""
        return Exchange(self.work, self.prices, self.master.market(now.shared), now.starts, seed)

    def _better(self, now: Standing, starts: Sequence[IntArray]) -> Standing:
        """Return the better of plans and others."""
        other = self._standing(starts)
        return other if other.value < now.value else now

    def _standing(self, starts: Sequence[IntArray]) -> Standing:
        """Return works with their value and prices."""
        plans = [[own.bare(one)] for own, one in zip(self.work.facilities, starts, strict=True)]
        value, shared = Choice(self.work.problem, plans).shared_prices()
        return Standing(value, list(starts), shared)


def _moved(exchange: Exchange, enough: float, until: float) -> list[IntArray]:
    """Return the works of the plans with the least charge found by moving works at random, up to one that is enough."""

    def charge(_: object) -> float:
        return exchange.charge

    return [plan.starts for plan in exchange.improve(charge, enough, until)]
