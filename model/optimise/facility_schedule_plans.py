"""The cheapest plan of one facility at given prices, exactly: every set of its works in every year.

With prices on tonnes, money and works, facilities no longer touch each other, and the years of one facility only
through what is already built. So the best plan follows backwards from the last year over all sets of works; adding
works one after the other covers every way to grow a set.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np

from model.optimise.facility_schedule_physics import (
    SetTable,
    Use,
    energy_cost,
    payments,
    present_cost,
    set_table,
    use_of_sets,
)
from model.optimise.facility_schedule_problem import FloatArray, IntArray, Problem


@dataclass(frozen=True)
class Prices:
    """What a plan is charged and paid for.

    Args:
        excess: worth of a tonne of excess in each period [JPY/t-CO2], dims (period).
        short: worth of a tonne less of shortfall, at least that of excess [JPY/t-CO2], dims (period).
        money: extra charge on money paid in each year [1], dims (year).
        work: charge on works begun in each year [JPY], dims (year).
        cost: weight of the plan's own cost [1].
        emission: charge on emissions of every year [JPY/t-CO2].
    """

    excess: FloatArray
    short: FloatArray
    money: FloatArray
    work: FloatArray
    cost: float = 1.0
    emission: float = 0.0


@dataclass(frozen=True)
class Plan:
    """One plan of one facility.

    Args:
        starts: position of the year in which each work is done, -1 for never, dims (work).
        options: way to buy renewables in each year, -1 for none, dims (year).
        shares: share of grid electricity for which they are bought [1], dims (year).
        position_t: reduction made less reduction owed, dims (period).
        works_cost: works, renewals and value left [JPY, present value].
        energy_cost: energy and yearly costs less those without measures [JPY, present value].
        renewable_cost: renewables bought [JPY, present value].
        emissions_t: dims (year); renewables taken off.
        raw_emissions_t: the same before renewables, dims (year).
        grid_mwh: electricity bought over the grid, dims (year).
        paid: money paid for works, dims (year).
        begun: works begun, dims (year).
    """

    starts: IntArray
    options: IntArray
    shares: FloatArray
    position_t: FloatArray
    works_cost: float
    energy_cost: float
    renewable_cost: float
    emissions_t: FloatArray
    raw_emissions_t: FloatArray
    grid_mwh: FloatArray
    paid: FloatArray
    begun: FloatArray

    @property
    def cost(self) -> float:
        """Own cost of the plan without credits [JPY, present value]."""
        return self.works_cost + self.energy_cost + self.renewable_cost

    @property
    def key(self) -> bytes:
        """What tells plans apart."""
        return self.starts.tobytes() + self.options.tobytes() + self.shares.tobytes()


#: Slack on a budget [JPY].
_ONE_JPY = 1.0
#: Rows of the table of quantities that every stage cost is linear in.
_GRID, _OFF_SITE, _GAS, _HEAT, _OIL, _PREMIUM, _ANNUAL = range(7)


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
        self.present = np.array(
            [[present_cost(work, year, problem.discount) for year in range(years)] for work in self.works]
        ).reshape(-1, years)
        self.paid = np.array([[payments(work, year, years) for year in range(years)] for work in self.works]).reshape(
            -1, years, years
        )
        self._growth = problem.growth[facility]
        self._scales = bool(np.all(self._growth == 1.0) or not self.table.generation_mwh.any())
        self._quantities = quantities(self.table, 1.0) if self._scales else np.empty(0)
        none = use_of_sets(set_table((), problem.energy[facility]), 1.0)
        self.bill = np.array(
            [energy_cost(_scaled(none, g), problem.price[:, y])[0] for y, g in enumerate(self._growth)]
        )
        self._emission, self._cost = self.emission_weights(), self.cost_weights()
        self._barred = np.where(self.table.possible, 0.0, np.inf)

    def under(self, problem: Problem) -> FacilityPlans:
        """Return the same facility in a problem with the same works and energy; what hangs on them alone is kept."""
        same = ("works", "energy", "growth", "factor", "off_site_factor", "price", "discount")
        if any(getattr(problem, name) is not getattr(self.problem, name) for name in same):
            return FacilityPlans(problem, self.facility, self.table)
        other = copy(self)
        other.problem = problem
        return other

    def stages(self, weights: FloatArray) -> FloatArray:
        """Return weights (year, quantity) times the quantities of every set, dims (year, set)."""
        if self._scales:
            return np.asarray((weights * self._growth_of(weights)) @ self._quantities)
        rows = [weights[y] @ quantities(self.table, growth) for y, growth in enumerate(self._growth)]
        return np.array(rows)

    def _growth_of(self, weights: FloatArray) -> FloatArray:
        """Return the growth by year and quantity; yearly costs do not grow."""
        growth = np.repeat(self._growth[:, np.newaxis], weights.shape[1], axis=1)
        growth[:, _ANNUAL] = 1.0
        return growth

    def emission_weights(self) -> FloatArray:
        """Return emissions by quantity before renewables [t-CO2 a unit], dims (year, quantity)."""
        factor = self.problem.factor[self.facility]
        weights = np.zeros((len(self.problem.years), 7))
        weights[:, _GRID], weights[:, _OFF_SITE] = factor[0], self.problem.off_site_factor[self.facility]
        weights[:, _GAS], weights[:, _HEAT], weights[:, _OIL] = factor[1], factor[2], factor[3]
        return weights

    def cost_weights(self) -> FloatArray:
        """Return the present cost by quantity [JPY a unit], dims (year, quantity)."""
        price, discount = self.problem.price, self.problem.discount[:-1]
        weights = np.zeros((len(discount), 7))
        weights[:, _GRID] = weights[:, _OFF_SITE] = price[0]
        weights[:, _GAS], weights[:, _HEAT], weights[:, _OIL] = price[1], price[2], price[3]
        weights[:, _PREMIUM] = weights[:, _ANNUAL] = 1.0
        return np.asarray(weights * discount[:, np.newaxis])

    def most_emissions_t(self) -> FloatArray:
        """Return the most that any possible set of works emits in each year [t-CO2], dims (year)."""
        return np.asarray(np.max(self.stages(self._emission)[:, self.table.possible], axis=1))

    def best(self, prices: Prices, tonne: FloatArray) -> tuple[float, IntArray, IntArray]:
        """Return the least charge of any plan if every tonne of position is worth the same, above zero and below.

        A plan is paid `excess` above zero and charged `short` below, which is never less than any value between the
        two for all tonnes; so with `tonne` between them the charge returned is a bound.

        Args:
            prices: charges on everything else.
            tonne: worth of a tonne of position [JPY/t-CO2], dims (period).

        Returns:
            the charge [JPY], the year of each work, and the way to buy renewables in each year.
        """
        problem = self.problem
        charge = tonne[problem.period] * problem.duty[self.facility] + prices.emission
        option, saving = self._renewables(prices, charge)
        weights = prices.cost * self._cost + charge[:, np.newaxis] * self._emission
        weights[:, _GRID] += saving
        value, starts = self._backwards(self.stages(weights), self._begin_charge(prices))
        fixed = np.where(problem.duty[self.facility], problem.base_t[self.facility], 0.0)
        constant = float(tonne[problem.period] @ fixed) + float(tonne @ self._owed())
        return value - prices.cost * float(self.bill @ problem.discount[:-1]) - constant, starts, option

    def bare(self, starts: IntArray) -> Plan:
        """Return the plan of given works without renewables."""
        years = len(self.problem.years)
        return self.plan(starts, np.full(years, -1, dtype=np.int64), np.zeros(years))

    def completed(self, starts: IntArray, prices: Prices) -> Plan:
        """Return the plan of given works with the best renewables: those that excess pays for, then a shortfall's."""
        problem = self.problem
        plan = self.bare(starts)
        net = (
            prices.cost * problem.renewable_price * problem.discount[:-1]
            - prices.emission * problem.renewable_cut[:, self.facility]
        )
        cut = problem.renewable_cut[:, self.facility]
        unit = np.where(cut > 0, net / np.maximum(cut, 1e-12), np.inf)
        options, shares = np.full(len(problem.years), -1), np.zeros(len(problem.years))
        position = plan.position_t.copy()
        for year in np.argsort(unit.min(axis=0), kind="stable"):
            option, period = int(np.argmin(unit[:, year])), problem.period[year]
            most = cut[option, year] * plan.grid_mwh[year]
            counts = bool(problem.duty[self.facility, year])
            if not most > 0:
                continue
            if unit[option, year] < (prices.excess[period] if counts else 0.0):
                share = 1.0
            elif counts and unit[option, year] < prices.short[period]:
                share = float(np.clip(-position[period] / most, 0.0, 1.0))
            else:
                share = 0.0
            if share > 0:
                options[year], shares[year] = option, share
                position[period] += share * most * counts
        return self.plan(starts, options, shares)

    def charge(self, plan: Plan, prices: Prices) -> float:
        """Return what a plan is charged apart from tonnes [JPY]."""
        emitted = prices.emission * float(plan.emissions_t.sum())
        return prices.cost * plan.cost + emitted + float(plan.paid @ prices.money + plan.begun @ prices.work)

    def _owed(self) -> FloatArray:
        """Return what the position of each period has apart from the years of the plan [t-CO2], dims (period)."""
        problem, place = self.problem, self.facility
        owed = -problem.by_period(np.where(problem.duty[place], problem.base_t[place] * problem.rate[place], 0.0))
        owed[0] += problem.past_base_t[place] - problem.past_emissions_t[place] - problem.past_required_t[place]
        return np.asarray(owed)

    def _used(self, sets: IntArray) -> FloatArray:
        """Return the quantities of the set that stands in each year, dims (year, quantity)."""
        if self._scales:
            found = self._quantities[:, sets].T
            return np.asarray(found * self._growth_of(found))
        rows = [quantities(_one_set(self.table, place), g)[:, 0] for place, g in zip(sets, self._growth, strict=True)]
        return np.array(rows)

    def _position(self, emissions_t: FloatArray) -> FloatArray:
        """Return reduction made less reduction owed of each period [t-CO2], dims (period)."""
        problem, place = self.problem, self.facility
        made = problem.by_period(np.where(problem.duty[place], problem.base_t[place] - emissions_t, 0.0))
        return np.asarray(made + self._owed())

    def _renewables(self, prices: Prices, charge: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the way to buy renewables that saves most in each year, -1 for none, and its saving [JPY/MWh]."""
        problem = self.problem
        net = (
            prices.cost * problem.renewable_price * problem.discount[:-1]
            - charge * problem.renewable_cut[:, self.facility]
        )
        best = np.argmin(net, axis=0)
        saving = np.min(net, axis=0)
        return np.where(saving < 0, best, -1).astype(np.int64), np.minimum(saving, 0.0)

    def _begin_charge(self, prices: Prices) -> FloatArray:
        """Return the charge of doing each work in each year [JPY], infinite where it cannot be, dims (work, year).

        A work that costs more than the whole budget of a year cannot be done, however cheap a part of it might be.
        """
        charge = prices.cost * self.present + self.paid @ prices.money + prices.work
        affordable = np.all(self.paid <= self.problem.budget + _ONE_JPY, axis=2)
        allowed = np.array([work.allowed for work in self.works]).reshape(charge.shape) & affordable
        return np.where(allowed, charge, np.inf)

    def _backwards(self, stage: FloatArray, begin: FloatArray) -> tuple[float, IntArray]:
        """Return the least charge from the first year on without any work, and the year of each work."""
        years, sets = stage.shape
        ahead = np.zeros(sets)
        taken: list[list[tuple[int, FloatArray]]] = []
        for year in range(years - 1, -1, -1):
            ahead = stage[year] + ahead + self._barred
            chosen = []
            for work in range(len(self.works)):
                if np.isfinite(begin[work, year]):
                    halves = ahead.reshape(-1, 2, 2**work)
                    with_it = halves[:, 1] + begin[work, year]
                    better = with_it < halves[:, 0]
                    np.copyto(halves[:, 0], with_it, where=better)
                    chosen.append((work, better))
            taken.append(chosen)
        return float(ahead[0]), self._forwards(taken[::-1])

    def _forwards(self, taken: Sequence[Sequence[tuple[int, FloatArray]]]) -> IntArray:
        """Return the year of each work, following the choices from the empty set on."""
        starts = np.full(len(self.works), -1, dtype=np.int64)
        now = 0
        for year, chosen in enumerate(taken):
            for work, better in reversed(chosen):
                high, low = now >> (work + 1), now & (2**work - 1)
                if not now >> work & 1 and better[high, low]:
                    now |= 1 << work
                    starts[work] = year
        return starts

    def sets(self, starts: IntArray) -> IntArray:
        """Return the set that stands in each year, dims (year)."""
        years = np.arange(len(self.problem.years))
        inside = (starts[:, np.newaxis] >= 0) & (years >= starts[:, np.newaxis])
        return np.asarray((inside * (1 << np.arange(len(starts)))[:, np.newaxis]).sum(axis=0), dtype=np.int64)

    def plan(self, starts: IntArray, options: IntArray, shares: FloatArray) -> Plan:
        """Return a plan with everything that follows from its works and its renewables."""
        problem, years = self.problem, np.arange(len(self.problem.years))
        used = self._used(self.sets(starts))
        raw = (self._emission * used).sum(axis=1)
        grid = used[:, _GRID].copy()
        bought = options >= 0
        cut = np.where(bought, problem.renewable_cut[options, self.facility, years], 0.0) * shares
        extra = np.where(bought, problem.renewable_price[options, years], 0.0) * shares
        done = [work for work in range(len(starts)) if starts[work] >= 0]
        paid = np.sum([self.paid[work, starts[work]] for work in done], axis=0) if done else np.zeros(len(years))
        return Plan(
            starts=starts,
            options=options,
            shares=shares,
            position_t=self._position(raw - cut * grid),
            works_cost=float(sum(self.present[work, starts[work]] for work in done)),
            energy_cost=float((self._cost * used).sum() - self.bill @ problem.discount[:-1]),
            renewable_cost=float((extra * grid) @ problem.discount[:-1]),
            emissions_t=raw - cut * grid,
            raw_emissions_t=raw,
            grid_mwh=grid,
            paid=np.asarray(paid),
            begun=np.bincount(starts[done], minlength=len(years)).astype(np.float64),
        )


def quantities(table: SetTable, growth: float) -> FloatArray:
    """Return the quantities that costs and emissions of a set are linear in, dims (quantity, set)."""
    use = use_of_sets(table, growth)
    premium = table.premium * (use.grid_mwh + use.off_site_mwh)
    return np.array(
        [use.grid_mwh, use.off_site_mwh, use.amount[1], use.amount[2], use.amount[3], premium, table.annual_cost]
    )


def _one_set(table: SetTable, place: int) -> SetTable:
    """Return the table of a single set."""
    one = slice(place, place + 1)
    return SetTable(table.amount[:, one], table.generation_mwh[one], table.off_site[one], table.premium[one],
                    table.annual_cost[one], table.possible[one])  # fmt: skip


def _scaled(use: Use, growth: float) -> Use:
    """Return an energy use without generation, grown."""
    return Use(use.amount * growth, use.own_mwh, use.off_site_mwh * growth, use.grid_mwh * growth)
