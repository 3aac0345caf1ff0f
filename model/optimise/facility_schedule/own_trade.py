"""What the excess and the shortfalls of one facility come to at market prices, its own bank used first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.optimise.facility_schedule.plan import Plan
from model.optimise.facility_schedule.problem import FloatArray, Problem


@dataclass(frozen=True)
class Market:
    """Prices at which facilities trade apart from their own bank, dims (facility, period) each.

    Args:
        cover: what a tonne of cover costs [JPY/t-CO2].
        use: what a tonne of excess brings if it is sold or given away [JPY/t-CO2].
        most: excess that can be sold or given away at most [t-CO2].
    """

    cover: FloatArray
    use: FloatArray
    most: FloatArray


@dataclass(frozen=True)
class Trade:
    """What the trade of one facility comes to.

    Args:
        cost: cost of cover less income [JPY, present value].
        excess: worth of one tonne more of excess, dims (period) [JPY/t-CO2].
        short: cost of one tonne more of shortfall, dims (period) [JPY/t-CO2].
    """

    cost: float
    excess: FloatArray
    short: FloatArray


# Excess goes to whoever pays more, the market or the facility's own next period, and the rest to the other; what
# neither takes expires. A bank lasts one period, so each pair of periods can be looked at alone.
def own_trade(problem: Problem, facility: int, plan: Plan, market: Market) -> Trade:
    """Return what the trade of one facility comes to with its own bank.

    Args:
        problem: the schedule.
        facility: position of the facility.
        plan: its plan.
        market: prices.
    """
    cover, use, most = market.cover[facility], market.use[facility], market.most[facility]
    need, banks = plan.short_t, problem.practice.banking
    kept = min(float(problem.bank_t[facility]), need[0]) if banks else 0.0
    excess_worth, short_cost = np.zeros_like(cover), cover.copy()
    cost = float(cover @ need) - kept * float(cover[0])
    if banks and need[0] < problem.bank_t[facility]:
        short_cost[0] = 0.0
    for p, excess in enumerate(np.maximum(plan.position_t - problem.withheld_t(facility), 0.0).tolist()):
        keeps = banks and p + 1 < len(cover)
        own, wanted = (float(cover[p + 1]), float(need[p + 1])) if keeps else (0.0, 0.0)
        left = float(excess)
        for price, amount, is_own in sorted(
            ((float(use[p]), float(most[p]), False), (own, wanted, True)), key=lambda taker: -taker[0]
        ):
            taken = min(left, amount)
            cost, left = cost - price * taken, left - taken
            if taken < amount and excess_worth[p] <= 0:
                excess_worth[p] = price
            covered = is_own and amount > 0 and taken >= amount
            if covered:
                short_cost[p + 1] = 0.0 if left > most[p] else min(short_cost[p + 1], float(use[p]))
            if covered and left <= 0:
                short_cost[p + 1] = cover[p + 1]
    return Trade(cost, excess_worth, short_cost)
