"""The schedule as a model that people can read: works by year, energy, and the rules of the programme.

Every work is decided by a binary "there by this year", with the energy left worked out exactly along the chain of
measures. Large portfolios go another way (`decomposition`, `choice`); this model is
the definition that they are held against. Money is counted in millions of JPY: beside tonnes and ones, single yen
would lose digits, and with them proofs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyomo.environ as pyo

from model.optimise.facility_schedule.physics import payments, present_cost
from model.optimise.facility_schedule.problem import FUELS, MILLION, FloatArray, Problem
from model.optimise.facility_schedule.works import FacilityWorks


def whole_model(problem: Problem) -> pyo.ConcreteModel:
    """Return the model that decides every work of every facility."""
    model = _sets(problem)
    pairs = [(f, w) for f in range(problem.facilities) for w in range(len(problem.works[f]))]
    model.there = pyo.Var(pairs, model.years, domain=pyo.Binary)
    _when(model, problem, pairs)
    bounds = [_Energy(model, problem, f) for f in range(problem.facilities)]
    model.grid = pyo.Var(model.facilities, model.years, domain=pyo.NonNegativeReals)
    model.raw = pyo.Var(model.facilities, model.years)
    model.energy_cost = pyo.Var(model.facilities)
    for energy in bounds:
        energy.link()
    last = len(problem.years) - 1

    def begun(f: int, w: int, y: int) -> Any:
        return model.there[f, w, y] - (model.there[f, w, y - 1] if y else 0)

    model.works_cost = pyo.Expression(
        model.facilities,
        rule=lambda m, f: sum(
            float(cost[y]) / MILLION * begun(f, w, y)
            for w, cost in enumerate(present_cost(work, problem.discount) for work in problem.works[f])
            for y in range(last + 1)
        ),
    )
    paid = {(f, w): payments(problem.works[f][w], last + 1) for f, w in pairs}
    model.paid = pyo.Expression(
        model.facilities,
        model.years,
        rule=lambda m, f, year: sum(
            float(paid[f, w][y, year]) / MILLION * begun(f, w, y)
            for w in range(len(problem.works[f]))
            for y in range(year + 1)
        ),
    )
    model.begun = pyo.Expression(
        model.facilities,
        model.years,
        rule=lambda m, f, year: sum(begun(f, w, year) for w in range(len(problem.works[f]))),
    )
    _limits_and_rules(model, problem, _most_emissions(problem))
    return model


def _sets(problem: Problem) -> pyo.ConcreteModel:
    """Return a model with its sets."""
    model = pyo.ConcreteModel()
    model.facilities = pyo.RangeSet(0, problem.facilities - 1)
    model.years = pyo.RangeSet(0, len(problem.years) - 1)
    model.periods = pyo.RangeSet(0, problem.periods - 1)
    return model


def _most_emissions(problem: Problem) -> FloatArray:
    """Return the most that each facility can emit in each year [t-CO2], dims (facility, year)."""
    return np.array([FacilityWorks(problem, f).most_emissions_t for f in range(problem.facilities)])


# A work that is there stays there; it comes only in years that are allowed, after what it requires, and not beside what
# it excludes.
def _when(model: pyo.ConcreteModel, problem: Problem, pairs: Sequence[tuple[int, int]]) -> None:
    model.when = pyo.ConstraintList()
    for f, w in pairs:
        work = problem.works[f][w]
        for y in range(len(problem.years)):
            before = model.there[f, w, y - 1] if y else 0
            model.when.add(model.there[f, w, y] >= before)
            if not work.allowed[y]:
                model.when.add(model.there[f, w, y] <= before)
            if work.requires >= 0:
                model.when.add(model.there[f, w, y] <= model.there[f, work.requires, y])
            for other in work.excludes:
                model.when.add(model.there[f, w, y] + model.there[f, other, y] <= 1)


class _Energy:
    """The energy chain of one facility: each measure takes its share of what the ones before left."""

    def __init__(self, model: pyo.ConcreteModel, problem: Problem, facility: int) -> None:
        self.model, self.problem, self.facility = model, problem, facility
        self.block = pyo.Block()
        model.add_component(f"energy_{facility}", self.block)
        self.block.parts = pyo.VarList(domain=pyo.NonNegativeReals)
        self.block.rows = pyo.ConstraintList()

    def taken(self, amount: Any, most: float, work: int, year: int) -> Any:
        """Return amount × (the work is there), exactly for whole decisions; `amount` lies between 0 and `most`."""
        there, part = self.model.there[self.facility, work, year], self.block.parts.add()
        self.block.rows.add(part <= most * there)
        self.block.rows.add(part <= amount)
        self.block.rows.add(part >= amount - most * (1 - there))
        return part

    def link(self) -> None:
        """Tie grid electricity, emissions and the energy bill to the works that are there."""
        problem, f, model = self.problem, self.facility, self.model
        bills, price = [], problem.price_for(f)
        for y in range(len(problem.years)):
            start = problem.energy[f] * problem.growth[f, y]
            amounts = [self._saved(c, float(start[c]), y) for c in range(len(start))]
            power, most = amounts[0], float(start[0])
            for fuel in FUELS:
                amounts[fuel], extra, bound = self._replaced(amounts[fuel], float(start[fuel]), fuel, y)
                power, most = power + extra, most + bound
            bought = power - self._own(power, y)
            grid, off_site, premium = self._off_site(bought, most, y)
            self.block.rows.add(model.grid[f, y] == grid)
            fuels = sum(problem.factor[f, c, y] * amounts[c] for c in (1, 2, 3))
            emitted = problem.factor[f, 0, y] * grid + problem.off_site_factor[f, y] * off_site + fuels
            self.block.rows.add(model.raw[f, y] == emitted)
            yearly = sum(work.annual_cost * model.there[f, w, y] for w, work in enumerate(problem.works[f]))
            cost = price[0, y] * bought + sum(price[c, y] * amounts[c] for c in (1, 2, 3))
            bill = float(price[:, y] @ start)
            bills.append(float(problem.discount[y]) / MILLION * (cost + premium + yearly - bill))
        self.block.rows.add(model.energy_cost[f] == sum(bills))

    def _saved(self, carrier: int, amount: float, year: int) -> Any:
        """Return what all savings leave of a carrier."""
        left: Any = amount
        for w, work in enumerate(self.problem.works[self.facility]):
            if work.saving[carrier] > 0 and amount > 0:
                left = left - float(work.saving[carrier]) * self.taken(left, amount, w, year)
        return left

    def _replaced(self, fuel: Any, most: float, carrier: int, year: int) -> tuple[Any, Any, float]:
        """Return the fuel left, the electricity in its place, and the most of it."""
        extra: Any = 0.0
        bound = 0.0
        for w, work in enumerate(self.problem.works[self.facility]):
            if work.fuel_replaced > 0 and most > 0:
                gone = work.fuel_replaced * self.taken(fuel, most, w, year)
                extra = extra + float(work.electricity_per_fuel[carrier]) * gone
                bound += float(work.electricity_per_fuel[carrier]) * work.fuel_replaced * most
                fuel = fuel - gone
        return fuel, extra, bound

    def _own(self, power: Any, year: int) -> Any:
        """Return own generation that is used: what the panels make, at most all that is used."""
        works = self.problem.works[self.facility]
        panels = [w for w, work in enumerate(works) if work.generation_mwh > 0]
        if not panels:
            return 0.0
        used = self.block.parts.add()
        there = self.model.there
        self.block.rows.add(used <= power)
        self.block.rows.add(used <= sum(works[w].generation_mwh * there[self.facility, w, year] for w in panels))
        return used

    def _off_site(self, bought: Any, most: float, year: int) -> tuple[Any, Any, Any]:
        """Return grid electricity, electricity from off site, and its extra cost."""
        grid, off_site, premium = bought, 0.0, 0.0
        for w, work in enumerate(self.problem.works[self.facility]):
            if work.off_site_share > 0:
                supplied = work.off_site_share * self.taken(grid, most, w, year)
                grid, off_site = grid - supplied, off_site + supplied
                premium = premium + work.off_site_premium * supplied
        return grid, off_site, premium


def _limits_and_rules(model: pyo.ConcreteModel, problem: Problem, most: FloatArray) -> None:
    """Add limits on money and works, the rules of the programme and the objective."""
    from model.optimise.facility_schedule.rules import add_rules

    limits = problem.limits()
    money = [(n, y) for n, limit in enumerate(limits) for y in model.years if np.isfinite(limit.budget[y])]
    hands = [(n, y) for n, limit in enumerate(limits) for y in model.years if np.isfinite(limit.capacity[y])]
    model.extra = pyo.Var(money, domain=pyo.NonNegativeReals)
    if problem.aim != "money":
        model.extra.fix(0)

    def of(number: int, amount: Any, year: int) -> Any:
        return sum(amount[f, year] for f in np.flatnonzero(limits[number].members).tolist())

    model.budget = pyo.Constraint(
        money,
        rule=lambda m, n, y: of(n, m.paid, y) <= float(limits[n].budget[y]) / MILLION + m.extra[n, y],
    )
    model.capacity = pyo.Constraint(hands, rule=lambda m, n, y: of(n, m.begun, y) <= float(limits[n].capacity[y]))
    add_rules(model, problem, most)
