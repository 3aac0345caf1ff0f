"""Plans of one facility met so far, and the worth of a tonne at which they allow the highest bound."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from model.optimise.facility_schedule.plan import Plan, Prices
from model.optimise.facility_schedule.plans import FacilityPlans
from model.optimise.facility_schedule.problem import FloatArray, IntArray
from model.optimise.facility_schedule.recognition import balance, holds

if TYPE_CHECKING:
    from highspy import Highs


class Pool:
    """Plans of one facility met so far: each says that no bound on its charge can be higher than its own."""

    def __init__(self, own: FacilityPlans) -> None:
        self.own = own
        self.plans: dict[bytes, Plan] = {}
        self.offered: set[bytes] = set()

    def add(self, plan: Plan) -> bool:
        """Keep a plan and say whether it is new."""
        new = plan.key not in self.plans
        self.plans.setdefault(plan.key, plan)
        return new

    def offer(self, plan: Plan) -> None:
        """Keep a plan that goes into the master."""
        self.add(plan)
        self.offered.add(plan.key)

    def guess(self, prices: Prices, low: FloatArray, high: FloatArray) -> FloatArray:
        """Return a worth of a tonne to begin with: its upper limit where the plan charged least falls short."""
        plans = list(self.plans.values())
        positions = _balances(plans)
        charges = np.array([self.own.charge(plan, prices) for plan in plans])
        tonnes = np.maximum(-positions, 0.0) @ prices.short - np.maximum(positions, 0.0) @ prices.excess
        return np.where(positions[np.argmin(charges + tonnes)] < 0, high, low)

    def tonne(self, prices: Prices, low: FloatArray, high: FloatArray, forgiving: IntArray | None = None) -> FloatArray:
        """Return the worth of a tonne, between limits, at which the plans met so far allow the highest bound.

        Args:
            prices: prices asked.
            low: lower limits; high: upper limits [JPY/t-CO2], dims (period).
            forgiving: whether recognition counts in each year, as in `FacilityPlans.best`.
        """
        plans = [plan for plan in self.plans.values() if holds(self.own.problem, self.own.facility, plan, forgiving)]
        if not plans or np.all(low == high):
            return high.copy()
        charges = np.array([self.own.charge(plan, prices) for plan in plans])
        positions = np.array([balance(self.own.problem, self.own.facility, plan, forgiving) for plan in plans])
        scale = max(float(np.max(np.abs(charges))), 1.0)
        found = _highest_cut(charges / scale, positions / scale, low, high)
        return low if found is None else np.clip(found, low, high)


def _balances(plans: Sequence[Plan]) -> FloatArray:
    """Return positions after recognition, which only ever takes off a shortfall, dims (plan, period)."""
    return np.array([np.where(plan.position_t < 0, -plan.short_t, plan.position_t) for plan in plans])


def _highest_cut(charges: FloatArray, positions: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray | None:
    """Return where, between limits, the least of charge − position · x over all plans is highest; None if unknown."""
    from highspy import HighsLp, MatrixFormat

    rows, columns = positions.shape[0], positions.shape[1] + 1
    program = HighsLp()
    program.num_row_, program.num_col_ = rows, columns
    program.col_cost_ = np.array([-1.0] + [0.0] * (columns - 1))
    program.col_lower_, program.col_upper_ = np.array([-np.inf, *low]), np.array([np.inf, *high])
    program.row_lower_, program.row_upper_ = np.full(rows, -np.inf), charges
    program.a_matrix_.format_ = MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.arange(rows + 1, dtype=np.int32) * columns
    program.a_matrix_.index_ = np.tile(np.arange(columns, dtype=np.int32), rows)
    program.a_matrix_.value_ = np.column_stack([np.ones(rows), positions]).ravel()
    solver = _small_solver()
    solver.passModel(program)
    solver.run()
    found = np.array(solver.getSolution().col_value)[1:]
    return found if len(found) == columns - 1 else None


@cache
def _small_solver() -> Highs:
    """Return a silent solver that is used again for every small program."""
    from highspy import Highs

    solver: Highs = Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("presolve", "off")
    return solver
