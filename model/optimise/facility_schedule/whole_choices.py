"""Whether one plan for each facility can be chosen so that all together cost less than a target.

A plan that costs more than the distance to the target, at any prices of limits and against the bound that these prices
give, is in no such choice. Leaving it aside can only raise what mixtures of the others cost, so prices are disturbed
and plans left aside by turns. What is left is few plans, among which the solver looks for a choice below the target.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from scipy.sparse import csc_array, hstack, vstack

from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray
from model.optimise.solver import ArrayModel, GrowingModel, SolverOptions, solve_arrays

#: Charge that keeps mixtures possible: far above any plan [million JPY].
_ABSENT = 1e5
#: Rounds of leaving plans aside, prices asked in each, and the share of plans that a round must leave aside [1].
_ROUNDS, _ASKED, _WORTH_IT = 4, 10, 0.1
#: How far what there is of a limit is disturbed, by turns, and parts of the way to the prices found there [1].
_DISTURBED, _STEPS = (0.05, 0.2), (1.0, 0.5, 0.25, 0.1)
#: What rounding may add to a limit, against what there is of it [1], and to a target [million JPY].
_SPARE, _ROUNDING = 1e-6, 1e-3
#: Seed of disturbed limits: they need to differ, no more.
_SEED = 0


@dataclass(frozen=True)
class WholeChoices:
    """Plans of all facilities.

    Args:
        of: facility of each plan, dims (plan); count: number of facilities.
        cost: what each plan costs [million JPY], dims (plan).
        needs: what each needs of every row, dims (plan, row).
        room: what there is of every row, dims (row).
    """

    of: IntArray
    count: int
    cost: FloatArray
    needs: FloatArray
    room: FloatArray

    def charged(self, price: FloatArray) -> tuple[float, FloatArray]:
        """Return what no choice costs less than, and how much more with each plan, dims (plan) [million JPY].

        Args:
            price: price of every row [million JPY], none below zero, dims (row).
        """
        asked, least = self.cost + self.needs @ price, np.full(self.count, np.inf)
        np.minimum.at(least, self.of, asked)
        return float(least.sum() - self.room @ price), asked - least[self.of]

    def only(self, kept: BoolArray) -> WholeChoices:
        """Return some of the plans."""
        return replace(self, of=self.of[kept], cost=self.cost[kept], needs=self.needs[kept])

    def bound(self, target: float, price: FloatArray, until: float) -> float:
        """Return a value up to a target that no choice costs less than [million JPY].

        Args:
            target: value that is enough [million JPY].
            price: price of every row to begin with [million JPY], dims (row).
            until: when it ends [s].
        """
        value, more = self.charged(price)
        left = self.only(more <= target - value)
        lower, left = left._narrowed(target, price, until)
        value = max(value, lower)
        if value >= target:
            return target
        model = left._model(whole=True)
        further = {"objective_bound": target + _ROUNDING, "mip_heuristic_effort": 0.0}
        answer = solve_arrays(model, SolverOptions(until - perf_counter(), further=further))
        found = np.inf if answer.proof.status == "infeasible" else answer.proof.bound
        return min(max(value, found), target)

    def _narrowed(self, target: float, price: FloatArray, until: float) -> tuple[float, WholeChoices]:
        """Return what no choice below a target costs less than, and the plans that can be in one."""
        draw, left, best = np.random.default_rng(_SEED), self, -np.inf
        for _ in range(_ROUNDS):
            if best >= target or perf_counter() > until:
                break
            program, alive = GrowingModel(left._model(whole=False), _QUIET), np.ones(len(left.of), dtype=np.bool_)
            centre = price
            for number in range(_ASKED):
                if number:
                    part = draw.normal(0.0, _DISTURBED[number % len(_DISTURBED)], len(self.room))
                    for row, there in enumerate(self.room * (1.0 + part)):
                        program.limit(row, -np.inf, max(float(there), 0.0))
                duals = program.solve(_QUIET, whole=False).prices[: len(self.room)]
                if np.isnan(duals).any():
                    continue
                found = np.maximum(-duals, 0.0)
                centre = found if number == 0 else centre
                for step in _STEPS:
                    value, more = left.charged(step * found + (1.0 - step) * centre)
                    best = max(best, value)
                    alive &= more <= target - value
            few, left = alive.sum() <= (1.0 - _WORTH_IT) * len(alive), left.only(alive)
            if not few:
                break
        return best, left

    def _model(self, whole: bool) -> ArrayModel:
        """Return the program that chooses plans, or mixes them; at a charge, mixtures may lack one of a facility."""
        plans, facilities, rows = len(self.of), self.count, len(self.room)
        one = csc_array((np.ones(plans), (self.of, np.arange(plans))), shape=(facilities, plans))
        used = csc_array(self.needs.T)
        matrix, cost = vstack([used, one]), self.cost
        if not whole:
            absent = vstack([csc_array((rows, facilities)), csc_array(np.eye(facilities))])
            matrix, cost = hstack([matrix, absent]), np.append(cost, np.full(facilities, _ABSENT))
        lower = np.concatenate([np.full(rows, -np.inf), np.ones(facilities)])
        upper = np.concatenate([self.room + _SPARE * whole, np.ones(facilities)])
        top = np.full(len(cost), 1.0 if whole else np.inf)
        return ArrayModel(cost, np.zeros(len(cost)), top, np.full(len(cost), whole), csc_array(matrix), lower, upper)


#: Programs of mixtures change little from one solve to the next.
_QUIET = SolverOptions(np.inf, further={"presolve": "off"})
