"""Plans for a certain year beside the one in hand: the cheapest under a limit that the plan in hand just keeps.

How many deviations the means of the plan in hand lie above what is owed is about what plans like it need. With that as
a row, plans near the bound are listed, cheapest first, and the first that is certain enough by its own probability is
taken. It is a plan like any other; the row proves nothing, so that no bound comes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from model.optimise.solar_allocation.at_once import keeps_rules
from model.optimise.solar_allocation.cuts import Aim
from model.optimise.solar_allocation.finish import Finished
from model.optimise.solar_allocation.method import Outcome, is_chance, is_few, probabilities_of, split_by_chance
from model.optimise.solar_allocation.model import Model
from model.optimise.solar_allocation.near import Near, Watch, plans_near
from model.optimise.solar_allocation.prices import Prices, find_prices
from model.optimise.solar_allocation.problem import FloatArray, Problem, SlotArray, best_at
from model.optimise.solar_allocation.search import Search
from model.optimise.solar_allocation.sums import (
    ORDERS,
    Limit,
    Sum,
    deviations_of,
    parts_of,
    rounding,
    watched,
    with_sums,
)
from model.ordinance.rulebook import Rules

#: Plans up to which the reach grows.
_SETS = 1e9
#: A deviation of nothing, and numerical slack [kW].
_SMALLEST, _SLACK = 1e-6, 1e-9


@dataclass(frozen=True)
class Beside:
    """A scheme with the limit in place of the probability.

    Args:
        problem: houses, slots, the rows that hold without probability, and the limit.
        prices: of these rows.
        limit: what the plan in hand just keeps, whole units counted.
        sums: what must not be negative.
        parts: what they are made of.
    """

    problem: Problem
    prices: Prices
    limit: Limit
    sums: tuple[Sum, ...]
    parts: tuple[Sum, ...]

    @staticmethod
    def suits(model: Model) -> bool:
        """Say whether a year must be certain, of more houses than are followed one by one."""
        return is_chance(model) and not is_few(model)

    @classmethod
    def read(cls, model: Model, outcome: Outcome, seed: int = 0) -> Beside:
        """Return a scheme with the limit that a plan just keeps.

        Args:
            model: the scheme of the plan, under other money or asked for other capacity.
            outcome: the plan, with the prices of its rows.
            seed: seed of every random choice.
        """
        places, others, _ = split_by_chance(model)
        sums, before = (_sums(one) for one in (model, outcome.model))
        parts = parts_of(sums)
        choice, houses = outcome.finished.choice.astype(np.int64), np.arange(model.houses.size)
        means = np.array([one.mean[choice, houses].sum() for one in before])
        variances = np.array([one.variance[choice, houses].sum() for one in parts])
        at = np.maximum(deviations_of(variances), _SMALLEST)
        # What two sums need together is weighed as the plan weighs them.
        worth = np.maximum(outcome.prices[places], 0.0)
        weight = worth / worth.sum() if worth.any() else np.full(worth.size, 1 / worth.size)
        # What whole units take from the plan in hand is in its numbers of deviations.
        over = float(weight @ [rounding(one.sure[choice, houses].sum(), sums[0].unit) for one in before])
        limit = Limit(weight, means / at, np.zeros(len(ORDERS) * len(parts)), -over)
        problem = with_sums(others, sums, parts, limit)
        problem = replace(problem, rows=(*problem.rows, limit.tangent(sums, at)))
        return cls(problem, find_prices(problem, seed), limit, sums, parts)

    def cheapest(self, model: Model, rules: Rules, gap: float, seconds: float) -> Finished:
        """Return the cheapest plan near the limit's bound that is certain enough; without a bound.

        Args:
            model: the scheme, some of whose slots may be missing by now.
            rules: rules of "report_programme".
            gap: distance from the limit's bound at which a plan is good enough [1].
            seconds: time limit [s].
        """
        problem = replace(self.problem, cost=model.problem.cost)
        prices = Prices(self.prices.of_rows, best_at(problem, self.prices.of_rows))
        nothing = Near(prices.priced.bound, np.zeros(0, dtype=np.int16), np.nan)

        def accepted(choice: SlotArray) -> bool:
            return keeps_rules(model, choice, rules)

        def above(values: FloatArray) -> FloatArray:
            count = len(self.sums)
            means, sure, higher, variances = np.split(values, np.cumsum([count, count, len(ORDERS) * count]))
            terms = np.vstack((deviations_of(variances), higher))
            return self.limit.at(means - rounding(sure, self.sums[0].unit), terms) + _SLACK

        watch = Watch(watched(self.parts), above, 0.0, accepted)
        found = plans_near(problem, prices, gap, nothing, seconds, _SETS, watch)
        return Finished(found.choice, found.cost, -np.inf, 0)

    def proven(self, model: Model, best: Finished, rules: Rules, gap: float, seconds: float, seed: int = 0) -> Finished:
        """Return the best plan found from one in hand on, with a bound on all that are certain enough.

        Args:
            model: the scheme.
            best: a plan in hand that is certain enough.
            rules: rules of "report_programme".
            gap: relative gap asked for [1].
            seconds: time limit [s].
            seed: seed of every random choice.
        """
        end, houses = perf_counter() + seconds, np.arange(model.houses.size)
        variances = np.array([one.variance[best.choice, houses].sum() for one in self.parts])
        at = np.maximum(deviations_of(variances), _SMALLEST)
        *of_rows, of_limit = self.prices.of_rows
        in_hand = replace(best, bound=-np.inf, impossible=False)
        aimed = Aim(in_hand, best.choice, at, self.limit, np.append(of_rows, of_limit * self.limit.weight))
        certainty, probabilities = model.wishes.certainty or 0.0, probabilities_of(model, rules)
        _, others, _ = split_by_chance(model)
        search = Search(others, self.sums, self.parts, certainty, probabilities, aimed, gap, end, seed)
        search.narrow()
        return replace(search.best, bound=max(best.bound, search.best.bound))


def _sums(model: Model) -> tuple[Sum, ...]:
    """Return the sums that must not be negative."""
    _, others, counted = split_by_chance(model)
    return tuple(Sum.read(others, row, model.houses.consent) for row in counted)
