"""The cheapest plan of one facility at given prices, exactly: every set of its works in every year.

With prices on tonnes, money and works, facilities no longer touch each other; each searches its own works.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property

import numpy as np

from model.optimise.facility_schedule.physics import (
    ANNUAL,
    GAS,
    GRID,
    HEAT,
    OFF_SITE,
    OIL,
    PREMIUM,
    SetTable,
    energy_cost,
    grown,
    one_set,
    payments,
    present_cost,
    quantities,
    set_table,
    standing_sets,
    use_of_sets,
)
from model.optimise.facility_schedule.plan import Plan, Prices
from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray, Problem
from model.optimise.facility_schedule.recognition import ALWAYS, forgiven
from model.optimise.facility_schedule.search import Search

#: Slack on a budget [JPY].
_ONE_JPY = 1.0


class FacilityPlans:
    """Prices plans of one facility; what does not change between calls is worked out once.

    Args:
        problem: the schedule.
        facility: position of the facility.
        table: what sets of its works leave of its energy, if that was worked out before.
    """

    def __init__(self, problem: Problem, facility: int, table: SetTable | None = None) -> None:
        self.problem, self.facility = problem, facility
        self.works = problem.works[facility]
        years = len(problem.years)
        self.table = set_table(self.works, problem.energy[facility]) if table is None else table
        self.present = np.array([present_cost(work, problem.discount) for work in self.works]).reshape(-1, years)
        self.paid = np.array([payments(work, years) for work in self.works]).reshape(-1, years, years)
        self._growth = problem.growth[facility]
        self._scales = bool(np.all(self._growth == 1.0) or not self.table.generation_mwh.any())
        self._quantities = quantities(self.table, 1.0) if self._scales else np.empty(0)
        # Yearly costs do not grow.
        self._growths = np.repeat(self._growth[:, np.newaxis], 7, axis=1)
        self._growths[:, ANNUAL] = 1.0
        self._price = problem.price_for(facility)
        none = use_of_sets(set_table((), problem.energy[facility]), 1.0)
        self.bill = np.array([energy_cost(grown(none, g), self._price[:, y])[0] for y, g in enumerate(self._growth)])
        self._emission, self._cost = self.emission_weights(), self.cost_weights()
        self._search = Search(self.works, self.table.possible, self._of_year, self._growths, not self._scales)
        #: Years in which each work can be begun, dims (work, year).
        self.allowed = self._may_begin()
        self._owed = self._owed_by_period()

    def under(self, problem: Problem) -> FacilityPlans:
        """Return the same facility in a problem with the same works and energy; what hangs on them alone is kept."""
        same = ("works", "energy", "growth", "factor", "off_site_factor", "price", "extra_price", "discount")
        if any(getattr(problem, name) is not getattr(self.problem, name) for name in same):
            return FacilityPlans(problem, self.facility, self.table)
        other = copy(self)
        other.problem = problem
        other.allowed = other._may_begin()
        other._owed = other._owed_by_period()
        return other

    # A work that costs more than the whole budget of a year cannot be done, however cheap a part of it might be.
    def _may_begin(self) -> BoolArray:
        """Return the years in which each work can be begun, dims (work, year)."""
        allowed = np.array([work.allowed for work in self.works], dtype=np.bool_).reshape(self.present.shape)
        for limit in self.problem.limits():
            if limit.members[self.facility] and self.problem.aim != "money":
                allowed &= np.all(self.paid <= limit.budget + _ONE_JPY, axis=2) & (limit.capacity >= 1.0)
        return allowed

    def _of_year(self, year: int) -> FloatArray:
        """Return the quantities of every set in a year, of the first where all grow alike; dims (quantity, set)."""
        return self._quantities if self._scales else quantities(self.table, float(self._growth[year]))

    def stages(self, weights: FloatArray) -> FloatArray:
        """Return weights (year, quantity) times the quantities of every set, dims (year, set)."""
        if self._scales:
            return np.asarray((weights * self._growths) @ self._quantities)
        return np.array([weights[year] @ self._of_year(year) for year in range(len(weights))])

    def emission_weights(self) -> FloatArray:
        """Return emissions by quantity before renewables [t-CO2 a unit], dims (year, quantity)."""
        factor = self.problem.factor[self.facility]
        weights = np.zeros((len(self.problem.years), 7))
        weights[:, GRID], weights[:, OFF_SITE] = factor[0], self.problem.off_site_factor[self.facility]
        weights[:, GAS], weights[:, HEAT], weights[:, OIL] = factor[1], factor[2], factor[3]
        return weights

    def cost_weights(self) -> FloatArray:
        """Return the present cost by quantity [JPY a unit], dims (year, quantity)."""
        price, discount = self._price, self.problem.discount[:-1]
        weights = np.zeros((len(discount), 7))
        weights[:, GRID] = weights[:, OFF_SITE] = price[0]
        weights[:, GAS], weights[:, HEAT], weights[:, OIL] = price[1], price[2], price[3]
        weights[:, PREMIUM] = weights[:, ANNUAL] = 1.0
        return np.asarray(weights * discount[:, np.newaxis])

    @cached_property
    def most_emissions_t(self) -> FloatArray:
        """Return the most that any possible set of works emits in each year [t-CO2], dims (year)."""
        return np.asarray(np.max(self.stages(self._emission)[:, self.table.possible], axis=1))

    def best(
        self,
        prices: Prices,
        tonne: FloatArray,
        room: tuple[FloatArray, FloatArray] | None = None,
        forgiving: IntArray | None = None,
    ) -> tuple[float, IntArray, IntArray]:
        """Return the least charge of any plan if every tonne of position is worth the same, above zero and below.

        A plan is paid `excess` above zero and charged `short` below, which is never less than any value between the
        two for all tonnes; so with `tonne` between them the charge returned is a bound.

        Args:
            prices: charges on everything else.
            tonne: worth of a tonne of position [JPY/t-CO2], dims (period).
            room: money [JPY] and hands that any single work must fit into, dims (year) each; None: no such limit.
            forgiving: whether recognition counts in each year: 0 not, 1 where it is reached, 2 always, so that plans
                without it are left aside; dims (year); None: in no year.

        Returns:
            the charge [JPY], the year of each work, and the way to buy renewables in each year.
        """
        problem = self.problem
        weights, option, charge = self._weights(prices, tonne)
        begin = self._begin_charge(prices)
        if room is not None:
            fits = np.all(self.paid <= room[0], axis=2) & (room[1] >= 1.0)
            begin = np.where(fits, begin, np.inf)
        further = None if forgiving is None else self._recognised(prices, charge, tonne, option, forgiving)
        value, starts = self._search.best(weights, begin, further)
        fixed = np.where(problem.duty[self.facility], problem.base_t[self.facility], 0.0)
        constant = float(tonne[problem.period] @ fixed) + float(tonne @ self._owed)
        return value - prices.cost * float(self.bill @ problem.discount[:-1]) - constant, starts, option

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

    def charge(self, plan: Plan, prices: Prices) -> float:
        """Return what a plan is charged apart from tonnes [JPY]."""
        emitted = prices.emission * float(plan.emissions_t.sum())
        return prices.cost * plan.cost + emitted + float(plan.paid @ prices.money + plan.begun @ prices.work)

    def _owed_by_period(self) -> FloatArray:
        """Return what the position of each period has apart from the years of the plan [t-CO2], dims (period)."""
        problem, place = self.problem, self.facility
        owed = -problem.by_period(np.where(problem.duty[place], problem.base_t[place] * problem.rate[place], 0.0))
        owed[0] += problem.past_base_t[place] - problem.past_emissions_t[place] - problem.past_required_t[place]
        return np.asarray(owed)

    def _used(self, sets: IntArray) -> FloatArray:
        """Return the quantities of the set that stands in each year, dims (year, quantity)."""
        if self._scales:
            return np.asarray(self._quantities[:, sets].T * self._growths)
        rows = [quantities(one_set(self.table, place), g)[:, 0] for place, g in zip(sets, self._growth, strict=True)]
        return np.array(rows)

    def _position(self, emissions_t: FloatArray) -> FloatArray:
        """Return reduction made less reduction owed of each period [t-CO2], dims (period)."""
        problem, place = self.problem, self.facility
        made = problem.by_period(np.where(problem.duty[place], problem.base_t[place] - emissions_t, 0.0))
        return np.asarray(made + self._owed)

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

    def one_moved(self, starts: IntArray, room: tuple[FloatArray, FloatArray]) -> Iterator[IntArray]:
        """Yield starts that differ in one work and fit into money and hands.

        Args:
            starts: position of the year of each work, -1 for never.
            room: money [JPY] and hands, dims (year) each.
        """
        years = np.arange(len(self.problem.years))
        for work in range(len(starts)):
            others = np.flatnonzero((starts >= 0) & (np.arange(len(starts)) != work))
            paid = self.paid[others, starts[others]].sum(axis=0)
            begun = np.bincount(starts[others], minlength=len(years))
            fits = np.all(paid + self.paid[work] <= room[0], axis=1) & (begun + 1 <= room[1]) & self.allowed[work]
            choices = np.flatnonzero(fits)
            for start in [*choices.tolist(), *([-1] if starts[work] >= 0 else [])]:
                moved = starts.copy()
                moved[work] = start
                if start != starts[work] and bool(self.table.possible[standing_sets(moved, len(years))].all()):
                    yield moved

    def plan(self, starts: IntArray, options: IntArray, shares: FloatArray) -> Plan:
        """Return a plan with everything that follows from its works and its renewables."""
        plan = self.bare(starts)
        return self._with(plan, options, shares) if shares.any() else plan

    def bare(self, starts: IntArray) -> Plan:
        """Return the plan of given works without renewables."""
        problem, years = self.problem, len(self.problem.years)
        used = self._used(standing_sets(starts, years))
        raw = (self._emission * used).sum(axis=1)
        done = np.flatnonzero(starts >= 0)
        return Plan(
            starts=starts,
            options=np.full(years, -1, dtype=np.int64),
            shares=np.zeros(years),
            position_t=self._position(raw),
            forgiven_t=forgiven(self.problem, self.facility, raw),
            works_cost=float(self.present[done, starts[done]].sum()),
            energy_cost=float((self._cost * used).sum() - self.bill @ problem.discount[:-1]),
            renewable_cost=0.0,
            emissions_t=raw,
            raw_emissions_t=raw,
            used=used,
            paid=self.paid[done, starts[done]].sum(axis=0),
            begun=np.bincount(starts[done], minlength=years).astype(np.float64),
        )

    def energy_by_year(self, plan: Plan) -> FloatArray:
        """Return energy and yearly costs less those without measures [JPY, not discounted], dims (year)."""
        return np.asarray((self._cost * plan.used).sum(axis=1) / self.problem.discount[:-1] - self.bill)

    def _with(self, bare: Plan, options: IntArray, shares: FloatArray) -> Plan:
        """Return a plan with renewables beside its works."""
        problem, years = self.problem, np.arange(len(self.problem.years))
        bought = options >= 0
        cut = np.where(bought, problem.renewable_cut[options, self.facility, years], 0.0) * shares
        extra = np.where(bought, problem.renewable_price[options, years], 0.0) * shares
        emitted = bare.raw_emissions_t - cut * bare.grid_mwh
        return replace(
            bare,
            options=options,
            shares=shares,
            position_t=self._position(emitted),
            forgiven_t=forgiven(self.problem, self.facility, emitted),
            renewable_cost=float((extra * bare.grid_mwh) @ problem.discount[:-1]),
            emissions_t=emitted,
        )

    # Works and their energy stay as they are; prices, factors and duties act on them linearly.
    def repriced(self, plans: Sequence[Plan]) -> list[Plan]:
        """Return plans of another problem with the same works and energy under this problem's prices and duties."""
        if not plans:
            return []
        problem, place = self.problem, self.facility
        used = np.array([plan.used for plan in plans])
        options, shares = np.array([plan.options for plan in plans]), np.array([plan.shares for plan in plans])
        years, bought = np.arange(used.shape[1]), options >= 0
        raw = np.einsum("nyq,yq->ny", used, self._emission)
        energy = np.einsum("nyq,yq->n", used, self._cost) - self.bill @ problem.discount[:-1]
        grid = used[:, :, GRID] * shares
        emitted = raw - np.where(bought, problem.renewable_cut[options, place, years], 0.0) * grid
        extra = np.where(bought, problem.renewable_price[options, years], 0.0)
        renewable = (extra * grid) @ problem.discount[:-1]
        position, fallen = self._position(emitted), forgiven(self.problem, self.facility, emitted)
        return [
            replace(
                plan,
                position_t=position[n],
                forgiven_t=fallen[n],
                works_cost=float(self.present[np.flatnonzero(plan.starts >= 0), plan.starts[plan.starts >= 0]].sum()),
                energy_cost=float(energy[n]),
                renewable_cost=float(renewable[n]),
                emissions_t=emitted[n],
                raw_emissions_t=raw[n],
            )
            for n, plan in enumerate(plans)
        ]
