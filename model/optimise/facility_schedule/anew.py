"""Facilities that choose anew among plans while all others stay: mixtures of plans first, then whole ones exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csc_array, vstack

from model.optimise.facility_schedule.problem import BoolArray, FloatArray, IntArray
from model.optimise.solver import ArrayAnswer, ArrayModel, SolverOptions, solve_arrays

#: Gain from which on a choice counts [million JPY].
GAIN = 0.01
#: Plans at most among which whole ones are chosen, those that look best.
_COLUMNS = 1200


@dataclass(frozen=True)
class Anew:
    """Plans of some facilities and what there is for them.

    Args:
        of: facility of each plan, from 0 on, dims (plan).
        cost: what each plan costs [million JPY], dims (plan).
        needs: what each needs of every row, against its scale, dims (plan, row).
        room: what there is of every row, dims (row).
        now: plan that each facility has, dims (facility).
    """

    of: IntArray
    cost: FloatArray
    needs: FloatArray
    room: FloatArray
    now: IntArray

    def only(self, kept: BoolArray) -> Anew:
        """Return some of the plans, those at hand among them."""
        place = np.cumsum(kept) - 1
        return replace(
            self, of=self.of[kept], cost=self.cost[kept], needs=self.needs[kept], now=place[self.now]
        )  # fmt: skip

    def program(self, cost: FloatArray) -> ArrayModel:
        """Return the program that mixes plans at given costs [million JPY], dims (plan)."""
        return replace(self, cost=cost)._model(np.arange(len(cost)), False)

    def _model(self, kept: IntArray, whole: bool) -> ArrayModel:
        """Return the program that chooses among some plans, or mixes them."""
        plans, facilities, rows = len(kept), len(self.now), len(self.room)
        one = csc_array((np.ones(plans), (self.of[kept], np.arange(plans))), shape=(facilities, plans))
        matrix = csc_array(vstack([csc_array(self.needs[kept].T), one]))
        lower = np.concatenate([np.full(rows, -np.inf), np.ones(facilities)])
        upper = np.concatenate([self.room, np.ones(facilities)])
        return ArrayModel(
            self.cost[kept], np.zeros(plans), np.ones(plans), np.full(plans, whole), matrix, lower, upper
        )  # fmt: skip

    def mixed(self, seconds: float) -> ArrayAnswer:
        """Return the cheapest mixture of plans.

        Args:
            seconds: time limit [s].
        """
        return solve_arrays(self.program(self.cost), SolverOptions(seconds, further={"presolve": "off"}))

    def price(self, mixed: ArrayAnswer) -> FloatArray:
        """Return the prices of the rows in the cheapest mixture [million JPY], none below zero, dims (row)."""
        return np.maximum(-mixed.prices[: len(self.room)], 0.0)

    def above(self, mixed: ArrayAnswer) -> float:
        """Return how much more than the cheapest mixture the plans at hand cost [million JPY]."""
        return float(self.cost[self.now].sum()) - mixed.proof.objective

    # A plan whose reduced cost is more than what there is to gain is in no better choice.
    def whole(self, mixed: ArrayAnswer, seconds: float) -> tuple[IntArray, bool]:
        """Return the plan of each facility in the best choice found, dims (facility), and whether none is better.

        Args:
            mixed: the cheapest mixture.
            seconds: time limit [s].
        """
        above = self.above(mixed)
        if above < GAIN:
            return self.now, True
        likely = np.argsort(mixed.reduced_costs, kind="stable")[:_COLUMNS]
        kept = np.union1d(likely[mixed.reduced_costs[likely] <= above], self.now)
        start = np.isin(kept, self.now).astype(np.float64)
        answer = solve_arrays(self._model(kept, True), SolverOptions(seconds, 0.0, GAIN), start)
        settled = answer.proof.status == "optimal"
        if not answer.proof.has_answer or answer.proof.objective > float(self.cost[self.now].sum()) - GAIN:
            return self.now, settled
        found = self.now.copy()
        chosen = kept[answer.values > 0.5]
        found[self.of[chosen]] = chosen
        return found, settled
