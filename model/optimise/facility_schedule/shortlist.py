"""All plans of a facility that lie near its best at some prices, found by walking forwards along the search.

The search knows for every set of works in every year what the rest costs at least. Going forwards and leaving aside
whatever passes the best by more than a margin meets every plan within the margin, and no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.own_bound import OwnBound, Terms
from model.optimise.facility_schedule.plan import Prices
from model.optimise.facility_schedule.plans import FacilityPlans
from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray
from model.optimise.facility_schedule.search import backwards

#: Part of a margin that is tried where there are too many plans in it [1].
_SHORTER = 0.75
#: What a work is paid for a year in which it must begin: far above what any plan costs [JPY].
_STAYS = 1e12
#: Facilities for which what their search sums up is remembered.
_REMEMBERED = 100
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


@dataclass(frozen=True)
class _Asked:
    """What the search of one facility sums up.

    Args:
        begin: charge of beginning each work [JPY], infinite where it cannot be, dims (work, year).
        stage: charge of every set in every year [JPY], infinite where it is not possible, dims (year, set).
        constant: what comes off the sum [JPY].
    """

    begin: FloatArray
    stage: FloatArray
    constant: float


@dataclass(frozen=True)
class _Line:
    """A search backwards through the years along straight lines.

    Args:
        stage: charge of every set in every year [JPY], dims (year, set).
        after: least charge from each year on with each set before works of the year are added, dims (year, set).
        constant: what comes off [JPY].
    """

    stage: FloatArray
    after: FloatArray
    constant: float

    @classmethod
    def of(cls, asked: _Asked, begin: FloatArray) -> Self:
        """Return the search of plans that begin works at some charges."""
        _, after = backwards(asked.stage[:, :, np.newaxis].copy(), begin[:, :, np.newaxis])
        return cls(asked.stage, np.concatenate([after[:, :, 0], np.zeros_like(after[:1, :, 0])]), asked.constant)

    @property
    def least(self) -> float:
        """What no plan costs less than [JPY]."""
        return float(self.after[0, 0]) - self.constant


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
        self._known: dict[int, list[_Asked]] = {}

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
            most: plans at most; if there are more, the margin is made smaller.
        """
        own, needs, (first, *others) = self._work.facilities[f], rows.needs[f], self._asked(f)
        bound = self._bound(own)
        paid = np.zeros_like(rows.price)
        paid[: len(self.limits.price)] = self.limits.price
        begin = first.begin + needs @ (rows.price - paid)
        lines = [_Line.of(first, begin)]
        least = lines[0].least
        nearest = _within(lines, begin, least + 1.0, max(most, _NEAREST))
        assert nearest is not None
        charge, amounts = self._charges(own, bound, nearest, needs)
        reached = float((charge + amounts @ rows.price).min())
        if reached - least > margin:
            lines += [_Line.of(one, begin) for one in others]
            least = max(one.least for one in lines)
        reach, found = reached - least + margin, nearest
        while reach > 1.0:
            wider = _within(lines, begin, least + reach, most)
            if wider is not None:
                found = wider
                break
            reach *= _SHORTER
        charge, amounts = self._charges(own, bound, found, needs)
        kept = _cheapest_alike(found, charge, needs)
        return Shortlist(found[kept], charge[kept], amounts[kept], least + max(reach, 0.0))

    # A work that stays is paid so much for its year that no plan without it is near the best.
    def around(
        self, f: int, starts: IntArray, years: BoolArray, price: FloatArray, margin: float, most: int
    ) -> IntArray:  # fmt: skip
        """Return plans near the best of those that differ from one plan in works that begin in some years alone.

        Args:
            f: the facility.
            starts: its works: position of the year of each, -1 for never.
            years: the years, dims (year).
            price: prices of the limits [JPY], dims (row).
            margin: how far above the best they are at most [JPY].
            most: plans at most; if there are more, the margin is made smaller.
        """
        asked, stays = self._asked(f)[0], (starts >= 0) & ~years[np.maximum(starts, 0)]
        begin = asked.begin + self.limits.needs[f] @ (price - self.limits.price)
        begin[:, ~years] = np.inf
        begin[stays] = np.inf
        begin[stays, starts[stays]] = -_STAYS
        line, reach = _Line.of(asked, begin), margin
        while reach > 1.0:
            found = _within([line], begin, line.least + reach, most)
            if found is not None:
                return found
            reach *= _SHORTER
        return starts[np.newaxis]

    def possible(self, f: int) -> BoolArray:
        """Return in which years each work of a facility can be begun, dims (work, start)."""
        return np.isfinite(self._asked(f)[0].begin)

    # Along straight lines a tonne has one worth, whether above zero or below. One worth brings the lines closest to
    # what plans cost; the least and the greatest worth rule out plans with much excess or shortfall.
    def _asked(self, f: int) -> list[_Asked]:
        """Return what the search of a facility sums up at some worths of a tonne, limits as the master charges."""
        if f not in self._known:
            own, prices, found = self._work.facilities[f], self._prices[f], list[_Asked]()
            low, high = np.minimum(prices.excess, prices.short), prices.short
            best = np.maximum(self._work.pools[f].tonne(prices, low, high), 0)
            for tonne in (best, low, high):
                asked = own.asked(prices, tonne)
                stage = own.stages(asked.question.weights)
                stage[:, ~own.table.possible] = np.inf
                rent = self._bound(own).rent(tonne, *self._work.reach(f))
                found.append(_Asked(asked.question.begin, stage, asked.constant + rent))
            if len(self._known) >= _REMEMBERED:
                return found
            self._known[f] = found
        return self._known[f]

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


# Works that need nothing of any row set plans apart that are alike to all others; only the cheapest can be of use.
def _cheapest_alike(starts: IntArray, charge: FloatArray, needs: FloatArray) -> IntArray:
    """Return the cheapest of all plans whose works that need anything begin in the same years.

    Args:
        starts: position of the year of each work, -1 for never, dims (plan, work).
        charge: what each plan costs [JPY], dims (plan).
        needs: what each work needs of every row, dims (work, start, row).
    """
    counts = np.flatnonzero(needs.any(axis=(1, 2)))
    order = np.argsort(charge, kind="stable")
    # The first column keeps rows from being empty. Whole rows are compared: no number is large enough for many works.
    alike = np.column_stack((np.zeros(len(order), dtype=np.int64), starts[order][:, counts]))
    return np.asarray(order[np.unique(alike, axis=0, return_index=True)[1]])


def _within(lines: Sequence[_Line], begin: FloatArray, limit: float, most: int) -> IntArray | None:
    """Return the starts of all plans with a charge up to a limit; None if there are more than some.

    Args:
        lines: searches whose charges are none above that of a plan.
        begin: charge of beginning each work, dims (work, year).
        limit: charge at most.
        most: plans at most.
    """
    works, years = begin.shape
    sets, charge = np.zeros(1, dtype=np.int64), -np.array([[one.constant] for one in lines])
    starts = np.full((1, works), -1, dtype=np.int64)
    for year in range(years):
        after = [one.after[year] for one in lines]
        for work in np.flatnonzero(np.isfinite(begin[:, year])).tolist():
            without = np.flatnonzero((sets >> work & 1) == 0)
            grown, raised = sets[without] | 1 << work, charge[:, without] + begin[work, year]
            fits = [one + rest[grown] <= limit for one, rest in zip(raised, after, strict=True)]
            new = np.flatnonzero(np.logical_and.reduce(fits))
            if len(new):
                added = starts[without[new]].copy()
                added[:, work] = year
                sets, charge = np.concatenate([sets, grown[new]]), np.concatenate([charge, raised[:, new]], axis=1)
                starts = np.concatenate([starts, added])
        charge = charge + np.array([one.stage[year, sets] for one in lines])
        fits = [own + one.after[year + 1, sets] <= limit for own, one in zip(charge, lines, strict=True)]
        kept = np.logical_and.reduce(fits)
        sets, charge, starts = sets[kept], charge[:, kept], starts[kept]
        if len(sets) > most:
            return None
    return starts
