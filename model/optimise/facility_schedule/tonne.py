"""What a tonne is worth to each facility where works are settled: prices of the trade and renewables that are left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model.optimise.facility_schedule.choice import Choice
from model.optimise.facility_schedule.problem import FloatArray
from model.optimise.facility_schedule.rules import PURCHASES
from model.optimise.facility_schedule.schedule import Schedule
from model.optimise.facility_schedule.settled_trade import TRADE_GAP, trade_seconds
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays


def with_worth(found: Schedule) -> Schedule:
    """Return a schedule of least cost with what a tonne is worth to each facility in each period, works as planned.

    Left open are plans of the least emissions, in which a tonne has no price, and periods in which a duty is not met.

    Args:
        found: the schedule.
    """
    problem = found.problem
    if problem.aim != "cost":
        return found
    years = [problem.last_year(p) for p in range(problem.periods)]
    saved = SettledWorks(problem, [[plan] for plan in found.plans]).tonnes() / problem.discount[years]
    return replace(found, worth=np.where(found.amounts.missing_t > 0, np.nan, saved))


class SettledWorks(Choice):
    """The program with one plan of works for each facility."""

    def tonnes(self) -> FloatArray:
        """Return what one tonne less emitted in the last year of each period saves with settled works [JPY/t-CO2].

        Returns:
            dims (facility, period), in present value; NaN where no answer is found in time.
        """
        model = self._made.model()
        answer = self._answer(model, SolverOptions(trade_seconds(self.problem.facilities), TRADE_GAP))
        if not answer.proof.has_answer:
            return np.full(self.size, np.nan)
        mixed = solve_arrays(self._decided(model, np.round(answer.values)), SolverOptions())
        if not mixed.proof.has_answer:
            return np.full(self.size, np.nan)
        saved = mixed.prices[self._counting].sum(axis=0)
        if self._counted is not None:
            saved += mixed.prices[self._counted[:, [self.problem.last_year(p) for p in range(self.size[1])]]]
        return np.asarray(np.maximum(-saved, 0.0) * self.problem.unit)

    # Rows that a yes or no opens are as wide as these plans need, so that one tonne more would run into them: where all
    # is decided they give way to bounds on amounts.
    def _decided(self, model: ArrayModel, values: FloatArray) -> ArrayModel:
        """Return the program of amounts in which every yes and no is as given, by column."""
        lower, upper, row_upper = model.lower.copy(), model.upper.copy(), model.row_upper.copy()
        lower[model.integer] = upper[model.integer] = values[model.integer]
        row_upper[np.concatenate([rows.ravel() for rows in self._opened])] = np.inf
        above = values[self._sign] > 0.5
        upper[self._short[above]] = upper[self._excess[~above]] = 0.0
        period = np.array([slot.period for slot in self.problem.slots], dtype=np.int64)
        for number, columns in enumerate(self._now):
            closed = values[columns] < 0.5
            earlier = np.flatnonzero((period == period[number]) & (np.arange(len(period)) <= number))
            upper[self._sold[np.ix_(closed, earlier)]] = 0.0
            if self.problem.is_final(number):
                upper[self._given[closed, period[number]]] = 0.0
        for group, sells in zip(self._groups, values[self._sells] > 0.5, strict=True):
            for name in PURCHASES:
                upper[self._used[name][np.ix_(np.array(group), np.flatnonzero(sells))]] = 0.0
            upper[self._sold[np.ix_(np.array(group), np.flatnonzero(~sells[period]))]] = 0.0
        return replace(model, lower=lower, upper=upper, row_upper=row_upper, integer=np.zeros_like(model.integer))
