"""All plans of a facility that lie near its best at some prices, found by walking forwards along the search.

The search knows for every set of works in every year what the rest costs at least. Going forwards and leaving aside
whatever passes the best by more than a margin meets every plan within the margin, and no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.own_bound import OwnBound, Terms
from model.optimise.facility_schedule.plan import Prices
from model.optimise.facility_schedule.plans import FacilityPlans
from model.optimise.facility_schedule.problem import FloatArray, IntArray
from model.optimise.facility_schedule.search import backwards

#: Plans at least that may be met within a yen of the best one.
_NEAREST = 12000


@dataclass(frozen=True)
class Rows:
    """Rows that tie the facilities, at prices: limits on money and works, and cuts.

    Args:
        needs: what each work of each facility needs of every row, dims (work, start, row).
        most: what there is of every row, dims (row).
        price: price of a unit of every row [JPY], dims (row).
    """

    needs: Sequence[FloatArray]
    most: FloatArray
    price: FloatArray

    def towards(self, other: Rows, part: float) -> Rows:
        """Return the rows of another, with prices between those here, which has fewer rows, and there.

        Args:
            other: the same rows and more.
            part: part of the way to the prices of the other [1].
        """
        price = part * other.price
        price[: len(self.price)] += (1.0 - part) * self.price
        return Rows(other.needs, other.most, price)

    def priced(self, always: int) -> Rows:
        """Return the rows that have a price, and some that are kept whether or not they have one.

        Args:
            always: how many rows at the beginning are kept.
        """
        kept = (self.price > 0) | (np.arange(len(self.price)) < always)
        return Rows([needs[:, :, kept] for needs in self.needs], self.most[kept], self.price[kept])


@dataclass(frozen=True)
class Shortlist:
    """Plans of works of one facility near its best.

    Args:
        starts: position of the year of each work, -1 for never, dims (plan, work).
        charge: what each plan costs at least with its own trade, money for limits apart [JPY], dims (plan).
        needs: what each needs of every row, dims (plan, row).
        beyond: no plan that is not here costs less than this, with rows at the prices of the list [JPY].
    """

    starts: IntArray
    charge: FloatArray
    needs: FloatArray
    beyond: float


class Lister:
    """Lists plans of all facilities.

    Args:
        work: facilities.
        prices: prices of the master, one for each facility.
        terms: prices at which facilities trade.
        limits: limits on money and works at the prices of the master.
    """

    def __init__(self, work: Decomposition, prices: tuple[Prices, ...], terms: Terms, limits: Rows) -> None:
        self._work, self._prices, self._terms = work, prices, terms
        self.limits = limits

    @property
    def constant(self) -> float:
        """What is added to the charges of all plans [JPY]."""
        return self._terms.constant

    # Prices of rows that differ from those of the master are charged where a work is begun.
    def listed(self, f: int, rows: Rows, margin: float, most: int) -> Shortlist:
        """Return the plans of a facility that cost no more than its best and a margin.

        Args:
            f: the facility.
            rows: limits, first, and further rows, at prices.
            margin: how far above the best every plan is met [JPY].
            most: plans at most; if there are more, the margin is halved.
        """
        own, prices, needs = self._work.facilities[f], self._prices[f], rows.needs[f]
        low, high = self._work.reach(f)
        bound = self._bound(own)
        tonne = np.maximum(self._work.pools[f].tonne(prices, np.minimum(prices.excess, prices.short), prices.short), 0)
        asked = own.asked(prices, tonne)
        paid = np.zeros_like(rows.price)
        paid[: len(self.limits.price)] = self.limits.price
        begin = asked.question.begin + needs @ (rows.price - paid)
        stage = own.stages(asked.question.weights)
        stage[:, ~own.table.possible] = np.inf
        before, after = backwards(stage[:, :, np.newaxis].copy(), begin[:, :, np.newaxis])
        del before
        after = after[:, :, 0]
        least, rent = float(after[0, 0]), bound.rent(tonne, low, high)
        # What is met is measured along straight lines; how far the best lies above them is added to the margin.
        nearest = _within(stage, after, begin, least + 1.0, max(most, _NEAREST))
        assert nearest is not None
        charge, amounts = self._charges(own, bound, nearest, needs)
        reached = float((charge + amounts @ rows.price).min())
        straight = least - asked.constant - rent
        reach, found = reached - straight + margin, nearest
        while reach > 1.0:
            wider = _within(stage, after, begin, least + reach, most)
            if wider is not None:
                found = wider
                break
            reach /= 2.0
        charge, amounts = self._charges(own, bound, found, needs)
        return Shortlist(found, charge, amounts, straight + max(reach, 0.0))

    def joined(self, f: int, rows: Rows, lists: Sequence[Shortlist], beyond: float) -> Shortlist:
        """Return the different plans of several lists of a facility with what they need of rows.

        Args:
            f: the facility.
            rows: all rows.
            lists: the lists.
            beyond: no plan that is in none of them costs less than this at the prices of rows [JPY].
        """
        own = self._work.facilities[f]
        starts = np.unique(np.concatenate([one.starts for one in lists]), axis=0)
        charge, amounts = self._charges(own, self._bound(own), starts, rows.needs[f])
        return Shortlist(starts, charge, amounts, beyond)

    def at(self, terms: Terms) -> Lister:
        """Return the same with other prices at which facilities trade."""
        return Lister(self._work, self._prices, terms, self.limits)

    def charged(self, f: int, starts: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return what plans of works of a facility cost at least [JPY], dims (plan), and need, dims (plan, limit)."""
        own = self._work.facilities[f]
        return self._charges(own, self._bound(own), starts, self.limits.needs[f])

    def one(self, f: int, starts: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return charge and needs of limits of one plan of works of a facility."""
        return self.charged(f, starts[np.newaxis])

    def _bound(self, own: FacilityPlans) -> OwnBound:
        """Return the bounds on trade of a facility."""
        problem, place = self._work.problem, own.facility
        renewable = own.least_renewable_price()
        return OwnBound(self._terms, place, problem.withheld_t(place), renewable, problem.period)

    def _charges(
        self, own: FacilityPlans, bound: OwnBound, starts: IntArray, needs: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return what plans of works cost at least [JPY], and what they need of every limit."""
        cost, *tonnes = own.before_trade(starts)
        padded = np.concatenate([needs, np.zeros_like(needs[:, :1])], axis=1)
        amounts = np.zeros((len(starts), needs.shape[2]))
        for work in range(starts.shape[1]):
            amounts += padded[work, starts[:, work]]
        return cost + bound.costs(*tonnes), amounts


def _within(stage: FloatArray, after: FloatArray, begin: FloatArray, limit: float, most: int) -> IntArray | None:
    """Return the starts of all plans with a charge up to a limit; None if there are more than some.

    Args:
        stage: charge of every set in every year, dims (year, set).
        after: least charge from each year on with each set before works of the year are added, dims (year, set).
        begin: charge of beginning each work, dims (work, year).
        limit: charge at most.
        most: plans at most.
    """
    works, years = begin.shape
    sets, charge = np.zeros(1, dtype=np.int64), np.zeros(1)
    starts = np.full((1, works), -1, dtype=np.int64)
    rest = np.concatenate([after, np.zeros((1, after.shape[1]))])
    for year in range(years):
        for work in np.flatnonzero(np.isfinite(begin[:, year])).tolist():
            grown, raised = sets | 1 << work, charge + begin[work, year]
            new = np.flatnonzero(((sets >> work & 1) == 0) & (raised + rest[year, grown] <= limit))
            if len(new):
                added = starts[new].copy()
                added[:, work] = year
                sets, charge = np.concatenate([sets, grown[new]]), np.concatenate([charge, raised[new]])
                starts = np.concatenate([starts, added])
        charge = charge + stage[year, sets]
        kept = charge + rest[year + 1, sets] <= limit
        sets, charge, starts = sets[kept], charge[kept], starts[kept]
        if len(sets) > most:
            return None
    return starts
