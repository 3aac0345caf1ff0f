"""A schedule: what is done where and when, what follows from it, and how good it is known to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.optimise.facility_schedule.ledger import Amounts
from model.optimise.facility_schedule.plan import Plan
from model.optimise.facility_schedule.problem import FloatArray, IntArray, Problem
from model.optimise.solver import Proof


@dataclass(frozen=True)
class Schedule:
    """A schedule of a portfolio.

    Args:
        problem: what it answers.
        starts: position of the year in which each work of each facility is done, -1 for never.
        plans: what follows from the works, before renewables.
        amounts: renewables, excess, bank, credits, transfers, orders; in whole kilograms where they are tonnes.
        worth: what one tonne less in the last year of each period saves each facility with these works, in prices of
            that year [JPY/t-CO2], dims (facility, period); NaN where it was not asked for (`tonne.with_worth`).
        money_worth: what 1 JPY more of each limit's budget saves in each year [1], dims (limit, year); NaN where prices
            were not asked for.
        work_worth: what one more work within each limit saves in each year [JPY or t-CO2], the same.
        proof: how good the schedule is known to be.
        rounds: rounds of pricing; 0 where the model was solved as a whole.
    """

    problem: Problem
    starts: tuple[IntArray, ...]
    plans: tuple[Plan, ...]
    amounts: Amounts
    worth: FloatArray
    money_worth: FloatArray
    work_worth: FloatArray
    proof: Proof
    rounds: int

    @property
    def costs(self) -> dict[str, float]:
        """Return the plan's own cost by part [JPY, present value]; income and savings are negative."""
        return {
            "works": sum(plan.works_cost for plan in self.plans) - self.change_charges,
            "energy": sum(plan.energy_cost for plan in self.plans),
            **self.amounts.costs(self.problem),
        }

    @property
    def change_charges(self) -> float:
        """Return what the works' costs hold for changes: less than nothing for each planned work that stays [JPY]."""
        done = zip(self.problem.works, self.starts, strict=True)
        return sum(
            w.change_charge(int(s)) for works, starts in done for w, s in zip(works, starts, strict=True) if s >= 0
        )

    @property
    def changes(self) -> int:
        """Return how many works differ from the plan before."""
        done = zip(self.problem.works, self.starts, strict=True)
        return sum(w.moved(int(s)) for works, starts in done for w, s in zip(works, starts, strict=True))

    @property
    def charged_for_changes(self) -> float:
        """Return the charges for changes against the plan before; no money is paid for them [JPY]."""
        return self.change_charges + self.charges_kept

    @property
    def charges_kept(self) -> float:
        """Return the charges for changing every work of the plan before [JPY]."""
        return sum(w.change for own in self.problem.works for w in own if w.planned is not None and w.planned >= 0)

    @property
    def beyond_budgets(self) -> tuple[FloatArray, ...]:
        """Return money paid beyond each limit [JPY], dims (year)."""
        paid = np.array([plan.paid for plan in self.plans])
        return tuple(np.maximum(paid[limit.members].sum(axis=0) - limit.budget, 0.0) for limit in self.problem.limits())

    @property
    def extra_money(self) -> float:
        """Return money paid beyond all budgets [JPY]."""
        return float(sum(extra.sum() for extra in self.beyond_budgets))

    @property
    def cost(self) -> float:
        """Return the plan's own cost [JPY, present value]."""
        return sum(self.costs.values())
