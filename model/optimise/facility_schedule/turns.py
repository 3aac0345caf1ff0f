"""Whole plans under limits improved in turns, tonnes at the prices that they have where the plans stand.

Prices of tonnes from mixtures of plans are not those of whole plans: an owner's facility that gives in the mixture may
have nothing to give, and an owner who buys must not sell. So before each turn works are held and trade alone is solved
under all rules; with the prices found there what each facility pays for itself adds up to what all pay. Then works are
moved, packed anew around where they stand, or groups of facilities choose anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.optimise.facility_schedule.beginnings import packed
from model.optimise.facility_schedule.choice import Choice, Standing
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.exchange import Exchange
from model.optimise.facility_schedule.master import Master
from model.optimise.facility_schedule.near import Near
from model.optimise.facility_schedule.own_bound import terms
from model.optimise.facility_schedule.plan import Prices
from model.optimise.facility_schedule.problem import IntArray
from model.optimise.facility_schedule.regroup import Regroup
from model.optimise.facility_schedule.settled_trade import TRADE_SECONDS
from model.optimise.solver import SolverOptions
from model.optimise.until import Until

#: Works of a facility that change at most where they are packed anew, and the gap of that packing [1].
_CHANGES, _EXACT = 2, 1e-4


@dataclass(frozen=True)
class Turns:
    """What plans are improved with.

    Args:
        work: facilities.
        master: the master, for what each facility can do with its tonnes.
        prices: prices of the master, one for each facility.
        listed: plans of works near the best of every facility; None: there are no lists yet.
        seconds: time in which the trade of settled works is solved at most [s].
    """

    work: Decomposition
    master: Master
    prices: Sequence[Prices]
    listed: Near | None = None
    seconds: float = TRADE_SECONDS

    def standing(self, starts: Sequence[IntArray]) -> Standing:
        """Return works of each facility with their value and prices."""
        plans = [[own.bare(one)] for own, one in zip(self.work.facilities, starts, strict=True)]
        return Choice(self.work.problem, plans).standing(self.seconds)

    def moved(self, now: Standing, seed: int, enough: float, until: Until) -> Standing:
        """Return the best plans found by moving works, at random too.

        Args:
            now: plans to begin with, within the limits.
            seed: seed of random moves.
            enough: value at which the search ends [JPY].
            until: when it ends.
        """
        exchange = self._exchange(now, seed)
        wanted = exchange.charge + enough - now.value

        def charge(_: object) -> float:
            return exchange.charge

        found = exchange.improve(charge, wanted, until)
        return self._better(now, [plan.starts for plan in found])

    def repacked(self, now: Standing, seed: int, until: Until) -> Standing:
        """Return the better of plans and of those in which works of all years are packed anew around them.

        Args:
            now: the plans.
            seed: seed of the packing.
            until: when it ends.
        """
        exchange, problem = self._exchange(now, seed), self.work.problem
        free = np.ones((problem.facilities, len(problem.years)), dtype=np.bool_)
        options = SolverOptions(until.left, _EXACT, seed=seed)
        exchange.put(packed(self.work, now.starts, exchange.paid, free, _CHANGES, options))
        exchange.descend(Until())
        return self._better(now, [plan.starts for plan in exchange.plans])

    def regrouped(
        self, now: Standing, others: Sequence[Standing], seed: int, enough: float, until: Until
    ) -> Standing:  # fmt: skip
        """Return the best plans found by groups of facilities that choose anew from lists.

        Args:
            now: plans to begin with, within the limits.
            others: further plans: what facilities do there can be chosen too, so that groups take the best of each.
            seed: seed of the choice of groups.
            enough: value at which the search ends [JPY].
            until: when it ends.
        """
        assert self.listed is not None
        lister = self.listed.lister.at(terms(self.master, now.shared, now.sells))
        lists = [
            np.concatenate([own.starts, *(one.starts[f][np.newaxis] for one in others)])
            for f, own in enumerate(self.listed.lists)
        ]
        regroup = Regroup(lister, lists, self.listed.rows.ceiling, now.starts, seed)
        return self._better(now, regroup.improve(now.value - enough, until))

    def _exchange(self, now: Standing, seed: int) -> Exchange:
        """Return moves from where plans stand."""
        market = self.master.market(now.shared, now.sells)
        return Exchange(self.work, self.prices, market, now.starts, seed)

    def _better(self, now: Standing, starts: Sequence[IntArray]) -> Standing:
        """Return the better of plans and others."""
        if all(np.array_equal(one, other) for one, other in zip(now.starts, starts, strict=True)):
            return now
        other = self.standing(starts)
        return other if other.value < now.value else now
