"""Whole plans under limits improved in turns, tonnes at the prices that they have where the plans stand.

Prices of tonnes from mixtures of plans are not those of whole plans: an owner's facility that gives in the mixture may
have nothing to give, and an owner who buys must not sell. So before each turn works are held and trade alone is solved
under all rules; with the prices found there what each facility pays for itself adds up to what all pay. Then works are
moved, those of some years are chosen anew, or groups of facilities choose anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.optimise.facility_schedule.choice import Choice, Standing
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.exchange import Exchange
from model.optimise.facility_schedule.fixing import Fixing
from model.optimise.facility_schedule.master import Master
from model.optimise.facility_schedule.near import Near
from model.optimise.facility_schedule.own_bound import terms
from model.optimise.facility_schedule.plan import Prices
from model.optimise.facility_schedule.problem import IntArray
from model.optimise.facility_schedule.regroup import Regroup
from model.optimise.facility_schedule.settled_trade import TRADE_SECONDS
from model.optimise.facility_schedule.windows import Windows
from model.optimise.until import Until


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

    def fixing(self) -> Fixing:
        """Return what puts plans together from the cheapest mixture of those listed."""
        assert self.listed is not None
        lists = [own.starts for own in self.listed.lists]
        return Fixing(self.listed.lister, lists, self.listed.rows.ceiling)

    def begun(self, fixing: Fixing, seed: int, until: Until) -> Standing:
        """Return plans that are put together from the cheapest mixture, with works moved as long as that helps.

        Args:
            fixing: puts them together.
            seed: seed of what disturbs costs.
            until: when it ends.
        """
        starts = fixing.starts(np.random.default_rng(seed), until)
        exchange = Exchange(self.work, self.prices, self.master.market(), starts, seed)
        exchange.descend(until)
        return self.standing([plan.starts for plan in exchange.plans])

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

    def rewindowed(self, now: Standing, widths: IntArray, seed: int, enough: float, until: Until) -> Standing:
        """Return the best plans found by choosing anew all works that begin in some years.

        Args:
            now: plans to begin with, within the limits.
            widths: years chosen anew around each year, as learnt so far; changed.
            seed: seed of the order of years.
            enough: value at which the search ends [JPY].
            until: when it ends.
        """
        assert self.listed is not None
        lister = self.listed.lister
        charges, ceiling = lister.at(terms(self.master, now.shared, now.sells)), self.listed.rows.ceiling
        windows = Windows(lister, charges, ceiling, now.starts, widths, seed)
        windows.improve(now.value - enough, until)
        return self._better(now, windows.starts)

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
