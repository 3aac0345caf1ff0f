"""The cheapest plan of one facility at given prices, exactly: every set of its works in every year.

With prices on tonnes, money and works, facilities no longer touch each other; each searches its own works.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.optimise.facility_schedule.physics import GRID, SetTable, standing_sets
from model.optimise.facility_schedule.plan import Plan, Prices
from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray, Problem
from model.optimise.facility_schedule.recognition import ALWAYS, forgiven
from model.optimise.facility_schedule.rules import past_saleable
from model.optimise.facility_schedule.search import Question, Search, answers
from model.optimise.facility_schedule.works import FacilityWorks


@dataclass(frozen=True)
class Asked:
    """A search for the least charge of any plan of one facility.

    Args:
        question: weights and charges of its works.
        option: way to buy renewables in each year, -1 for none, dims (year).
        constant: what comes off the charge found [JPY].
    """

    question: Question
    option: IntArray
    constant: float


def best_plans(asked: Sequence[Asked]) -> list[tuple[float, IntArray, IntArray]]:
    """Return for each search the least charge [JPY], the year of each work, and the way to buy renewables by year."""
    found = answers([one.question for one in asked])
    return [(value - one.constant, starts, one.option) for one, (value, starts) in zip(asked, found, strict=True)]


class FacilityPlans(FacilityWorks):
    """Prices plans of one facility.

    Args:
        problem: the schedule.
        facility: position of the facility.
        table: what sets of its works leave of its energy, if that was worked out before.
    """

    def __init__(self, problem: Problem, facility: int, table: SetTable | None = None) -> None:
        super().__init__(problem, facility, table)
        self._search = Search(self.works, self.table.possible, self._of_year, self._growths, not self._scales)

    def asked(
        self,
        prices: Prices,
        tonne: FloatArray,
        room: tuple[FloatArray, FloatArray] | None = None,
        forgiving: IntArray | None = None,
    ) -> Asked:
        """Return the search for the least charge of any plan if tonnes above zero and below are worth the same.

        A plan is paid `excess` above zero and charged `short` below, which is never less than any value between the
        two for all tonnes; so with `tonne` between them the charge returned is a bound.

        Args:
            prices: charges on everything else.
            tonne: worth of a tonne of position [JPY/t-CO2], dims (period).
            room: money [JPY] and hands that any single work must fit into, dims (year) each; None: no such limit.
            forgiving: whether recognition counts in each year: 0 not, 1 where it is reached, 2 always, so that plans
                without it are left aside; dims (year); None: in no year.
        """
        problem = self.problem
        weights, option, charge = self._weights(prices, tonne)
        begin = self._begin_charge(prices)
        if room is not None:
            fits = np.all(self.paid <= room[0], axis=2) & (room[1] >= 1.0)
            begin = np.where(fits, begin, np.inf)
        further = None if forgiving is None else self._recognised(prices, charge, tonne, option, forgiving)
        fixed = np.where(problem.duty[self.facility], problem.base_t[self.facility], 0.0)
        constant = float(tonne[problem.period] @ fixed) + float(tonne @ self._owed)
        return Asked(
            Question(self._search, weights, begin, further),
            option,
            prices.cost * float(self.bill @ problem.discount[:-1]) + constant,
        )

    def best(
        self,
        prices: Prices,
        tonne: FloatArray,
        room: tuple[FloatArray, FloatArray] | None = None,
        forgiving: IntArray | None = None,
    ) -> tuple[float, IntArray, IntArray]:
        """Return the least charge of any plan [JPY], the year of each work, and the way to buy renewables in each year.

        Args:
            prices: as in `asked`; tonne, room, forgiving: the same.
        """
        return best_plans([self.asked(prices, tonne, room, forgiving)])[0]

    def _weights(self, prices: Prices, tonne: FloatArray) -> tuple[FloatArray, IntArray, FloatArray]:
        """Return by year the charge of every quantity, the way to buy renewables, and the charge of a tonne."""
        charge = tonne[self.problem.period] * self.problem.duty[self.facility] + prices.emission
        option, saving = self._renewables(prices, charge)
        weights = prices.cost * self._cost + charge[:, np.newaxis] * self._emission
        weights[:, GRID] += saving
        return weights, option, charge

    def beginnings(self, starts: IntArray, prices: Prices) -> FloatArray:
        """Return what beginning a work in a year adds, money and hands free of charge, where all other works stay.

        Args:
            starts: position of the year of each work, -1 for never.
            prices: prices of tonnes and cost; a tonne counts as above or below zero as it does with `starts`.

        Returns:
            the charge [JPY or t-CO2], infinite where it cannot be begun, dims (work, year).
        """
        free = replace(prices, money=np.zeros_like(prices.money), work=np.zeros_like(prices.work))
        tonne = np.where(self.completed(starts, prices).position_t < 0, prices.short, prices.excess)
        stage = self.stages(self._weights(free, tonne)[0])
        sets, years = standing_sets(starts, len(prices.money)), np.arange(len(prices.money))
        bits = (1 << np.arange(len(starts)))[:, np.newaxis]
        saved = stage[years, sets | bits] - stage[years, sets & ~bits]
        return np.asarray(self._begin_charge(free) + np.cumsum(saved[:, ::-1], axis=1)[:, ::-1])

    def completed(self, starts: IntArray, prices: Prices) -> Plan:
        """Return the plan of given works with the best renewables: those that excess pays for, then a shortfall's."""
        problem = self.problem
        plan = self.bare(starts)
        cheapest, options = self._dearness(prices, np.full(len(problem.years), prices.emission))
        most = problem.renewable_cut[options, self.facility, np.arange(len(options))] * plan.grid_mwh
        counts = problem.duty[self.facility] & (most > 0)
        full = (most > 0) & (cheapest < np.where(counts, prices.excess[problem.period], 0.0))
        first = self._shares(plan, prices, cheapest, most, full.astype(np.float64), counts & ~full)
        found = self._with(plan, np.where(first > 0, options, -1), first) if first.any() else plan
        if problem.recognition is None or not problem.recognition.forgiven_t[self.facility].any():
            return found
        # The same with renewables down to the level of recognition wherever that can be reached.
        offer = problem.recognition
        missing = (plan.raw_emissions_t - offer.aim_t[self.facility]) / np.maximum(most, 1e-12)
        reach = (offer.forgiven_t[self.facility] > 0) & (missing <= 1.0) & (most > 0) & ~np.isinf(cheapest)
        least = np.where(reach & ~full, np.clip(missing, 0.0, 1.0), full.astype(np.float64))
        second = self._shares(plan, prices, cheapest, most, least, counts & ~full)
        if not second.any() or np.array_equal(first, second):
            return found
        other = self._with(plan, np.where(second > 0, options, -1), second)
        return min(found, other, key=lambda one: self.charge(one, prices) + self.tonnes_charge(one, prices))

    def _shares(
        self, plan: Plan, prices: Prices, cheapest: FloatArray, most: FloatArray, least: FloatArray, free: BoolArray
    ) -> FloatArray:
        """Return shares of renewables: at least some, in free years up to what a shortfall pays for; dims (year)."""
        problem, shares = self.problem, least.copy()
        counted = np.where(problem.duty[self.facility], most, 0.0)
        left = -plan.position_t - problem.by_period(shares * counted)
        left -= forgiven(self.problem, self.facility, plan.raw_emissions_t - shares * most)
        part = free & (cheapest < prices.short[problem.period])
        for year in np.flatnonzero(part)[np.argsort(cheapest[part], kind="stable")]:
            period = problem.period[year]
            more = min(max(left[period] / most[year], 0.0), 1.0 - shares[year])
            shares[year] += more
            left[period] -= more * most[year]
        return shares

    def tonnes_charge(self, plan: Plan, prices: Prices) -> float:
        """Return what a plan is charged for its shortfall less what it is paid for its excess [JPY]."""
        excess = np.maximum(plan.position_t - self.problem.withheld_t(self.facility), 0.0)
        return float(prices.short @ plan.short_t - prices.excess @ excess)

    def least_renewable_price(self) -> FloatArray:
        """Return the least price of renewables for a tonne that counts [JPY/t-CO2, present value], dims (year)."""
        unit, _ = self._dearness(Prices(*(np.zeros(0),) * 4), np.zeros(len(self.problem.years)))
        return np.where(self.problem.duty[self.facility], unit, np.inf)

    def before_trade(self, starts: IntArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return what plans of works cost [JPY], positions, what renewables take off, what can be sold [t-CO2].

        Args:
            starts: position of the year of each work, -1 for never, dims (plan, work).

        Returns:
            dims (plan), (plan, period), (plan, year), (plan, period) and (plan, year): cost, positions without
            renewables, the most that renewables can take off, the most that can be sold and given without them, below
            zero where results fall short of the duty, and the most that renewables can add to that.
        """
        problem, place = self.problem, self.facility
        years = np.arange(len(problem.years))
        offered = np.isfinite(problem.renewable_price)
        cut = np.where(offered, problem.renewable_cut[:, place], 0.0).max(axis=0, initial=0.0)
        grid = np.zeros_like(self._cost)
        grid[:, GRID] = cut
        standing = np.zeros((len(starts), len(years)), dtype=np.int64)
        for work in range(starts.shape[1]):
            begun = starts[:, work : work + 1]
            standing |= ((begun >= 0) & (begun <= years)).astype(np.int64) << work
        cost = self.stages(self._cost)[years, standing].sum(axis=1) - float(self.bill @ problem.discount[:-1])
        present = np.concatenate([self.present, np.zeros((len(self.works), 1))], axis=1)
        cost += present[np.arange(len(self.works)), starts].sum(axis=1)
        raw, renewable = self.stages(self._emission)[years, standing], self.stages(grid)[years, standing]
        renewable = renewable * problem.duty[place]
        return cost, self._position(raw), renewable, *self._saleable(raw, renewable)

    # A year's reduction counts up to a share of the base; what was made before the plan counts as it stands.
    def _saleable(self, emissions_t: FloatArray, renewable_t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what can be sold and given without renewables, and no less than what each year's add to it [t-CO2].

        Args:
            emissions_t: emissions before renewables, dims (plan, year).
            renewable_t: most that renewables can take off, dims (plan, year).
        """
        problem, place = self.problem, self.facility
        cap, base = problem.practice.seller_cap_share, problem.base_t[place]
        made, most = base - emissions_t, np.inf if cap is None else cap * base
        found = problem.by_period(np.minimum(made, most) - problem.issue_rate[place] * base)
        before, owed = past_saleable(problem, 0)
        found[:, 0] += (before - owed)[place]
        whole = problem.by_period(np.ones(len(base))) == problem.by_period(problem.duty[place].astype(np.float64))
        limited = np.where(whole & bool(problem.slots), found, np.inf)
        return limited, np.minimum(renewable_t, np.maximum(most - made, 0.0))

    def charge(self, plan: Plan, prices: Prices) -> float:
        """Return what a plan is charged apart from tonnes [JPY]."""
        emitted = prices.emission * float(plan.emissions_t.sum())
        return prices.cost * plan.cost + emitted + float(plan.paid @ prices.money + plan.begun @ prices.work)

    # A facility can buy renewables down to the level of recognition; what they cost less what falls away is the gain.
    # Where renewables are bought anyway, or ways to buy them differ, the gain is taken as no less than it can be.
    def _recognised(
        self, prices: Prices, charge: FloatArray, tonne: FloatArray, option: IntArray, forgiving: IntArray
    ) -> FloatArray | None:
        """Return what recognition adds with every set of works [JPY], dims (year, set); None: nothing."""
        problem, place = self.problem, self.facility
        if problem.recognition is None:
            return None
        gain = tonne[problem.period] * problem.recognition.forgiven_t[place]
        if not forgiving.any():
            return None
        raw, further = self.stages(self._emission), np.zeros((len(gain), len(self.table.possible)))
        unit, _ = self._dearness(prices, charge)
        greatest = np.where(np.isfinite(self._extra(prices)), problem.renewable_cut[:, place], 0.0).max(axis=0)
        for year in np.flatnonzero(forgiving).tolist():
            grid = self._of_year(year)[GRID] * (self._growths[year, GRID] if self._scales else 1.0)
            missing = np.maximum(raw[year] - problem.recognition.aim_t[place, year], 0.0)
            dear = 0.0 if option[year] >= 0 or greatest[year] <= 0 else unit[year]
            fallen, otherwise = dear * missing - gain[year], np.inf if forgiving[year] == ALWAYS else 0.0
            further[year] = np.where(missing <= greatest[year] * grid + 1e-6, np.minimum(fallen, otherwise), otherwise)
        return further

    def _dearness(self, prices: Prices, charge: FloatArray) -> tuple[FloatArray, IntArray]:
        """Return what a tonne less costs by the cheapest way to buy renewables [JPY/t-CO2], and the way, by year."""
        cut = self.problem.renewable_cut[:, self.facility]
        net = self._extra(prices) - charge * cut
        unit = np.where(cut > 0, net / np.maximum(cut, 1e-12), np.inf)
        ways = np.argmin(unit, axis=0)
        return unit[ways, np.arange(len(ways))], ways.astype(np.int64)

    def _extra(self, prices: Prices) -> FloatArray:
        """Return the extra charge of each way to buy renewables [JPY/MWh], infinite where not on offer."""
        price, offered = self.problem.renewable_price, np.isfinite(self.problem.renewable_price)
        charge = prices.cost * np.where(offered, price, 0.0) * self.problem.discount[:-1]
        return np.where(offered, charge, np.inf)

    def _renewables(self, prices: Prices, charge: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the way to buy renewables that saves most in each year, -1 for none, and its saving [JPY/MWh]."""
        problem = self.problem
        net = self._extra(prices) - charge * problem.renewable_cut[:, self.facility]
        best = np.argmin(net, axis=0)
        saving = np.min(net, axis=0)
        return np.where(saving < 0, best, -1).astype(np.int64), np.minimum(saving, 0.0)

    def _begin_charge(self, prices: Prices) -> FloatArray:
        """Return the charge of doing each work in each year [JPY], infinite where it cannot be, dims (work, year)."""
        charge = prices.cost * self.present + self.paid @ prices.money + prices.work
        return np.where(self.allowed, charge, np.inf)
