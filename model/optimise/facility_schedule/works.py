"""What the works of one facility do and cost, year by year, and the plans that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Self

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
from model.optimise.facility_schedule.plan import Plan
from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray, Problem
from model.optimise.facility_schedule.recognition import forgiven

#: Slack on a budget [JPY].
_ONE_JPY = 1.0


class FacilityWorks:
    """Works of one facility and what follows from them; what does not change between calls is worked out once.

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
        #: Years in which each work can be begun, dims (work, year).
        self.allowed = self._may_begin()
        self._owed = self._owed_by_period()

    def under(self, problem: Problem) -> Self:
        """Return the same facility in a problem with the same works and energy; what hangs on them alone is kept."""
        same = ("works", "energy", "growth", "factor", "off_site_factor", "price", "extra_price", "discount")
        if any(getattr(problem, name) is not getattr(self.problem, name) for name in same):
            return type(self)(problem, self.facility, self.table)
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
