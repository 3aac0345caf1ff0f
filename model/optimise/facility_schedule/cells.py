"""What each facility can do with its tonnes in each period: the cells of the master, with costs and upper limits."""

from __future__ import annotations

import numpy as np

from model.optimise.facility_schedule.problem import MILLION, FloatArray, Problem
from model.optimise.facility_schedule.rules import PURCHASES

#: Uses and covers of tonnes, a column each in every cell; and those that cover a shortfall.
COLUMNS = ("sold", "kept", "given", "received", *PURCHASES)
COVERS = ("kept", "received", *PURCHASES)


def cell_costs(problem: Problem) -> tuple[list[float], list[float]]:
    """Return costs [million JPY/t-CO2] and upper limits [t-CO2] of the cells of all facilities and periods.

    Args:
        problem: the schedule.
    """
    practice = problem.practice
    saleable = most_saleable(problem)
    limit = np.zeros((problem.facilities, problem.periods))
    if problem.limited() is not None:
        limit = (practice.outside_share or 0.0) * problem.required_t()
    shared = {f for group in problem.members() for f in group} if practice.transfer else set()
    income = best_income(problem)
    sells = bool(problem.slots)
    costs, tops = [], []
    for f in range(problem.facilities):
        for p in range(problem.periods):
            end = problem.discount[problem.last_year(p)]
            order = problem.order_price[p]
            top = dict.fromkeys(COLUMNS, np.inf)
            top["sold"] = saleable[f, p] if sells else 0.0
            top["given"] = (saleable[f, p] if sells else np.inf) if f in shared else 0.0
            top["received"] = np.inf if f in shared else 0.0
            top["outside"] = top["outside_kept"] = limit[f, p]
            top["ordered"] = np.inf if np.isfinite(order) else 0.0
            later = practice.banking and p > 0
            top["bought_kept"] = np.inf if later else 0.0
            top["outside_kept"] = limit[f, p] if later else 0.0
            top["kept"] = (problem.bank_t[f] if p == 0 else np.inf) if practice.banking else 0.0
            cost = dict.fromkeys(COLUMNS, 0.0)
            cost["sold"] = -income[p] / MILLION
            cost["ordered"] = end * practice.order_multiplier * order / MILLION if np.isfinite(order) else 0.0
            costs += [cost[name] for name in COLUMNS]
            tops += [float(top[name]) for name in COLUMNS]
    return costs, tops


def most_saleable(problem: Problem) -> FloatArray:
    """Return the most that each facility could sell or give in each period [t-CO2], dims (facility, period).

    Args:
        problem: the schedule.
    """
    cap = problem.practice.seller_cap_share
    share = 1.0 if cap is None else cap
    beyond = problem.by_period(np.where(problem.duty, problem.base_t * (share - problem.issue_rate), 0.0))
    made = problem.past_base_t - problem.past_emissions_t
    counted = made if cap is None else np.minimum(made, cap * problem.past_base_t)
    beyond[:, 0] += counted - problem.past_required_t
    return np.asarray(np.maximum(beyond, 0.0))


def best_income(problem: Problem) -> FloatArray:
    """Return the best income from a tonne of excess of each period [JPY/t-CO2, present value], dims (period).

    Args:
        problem: the schedule.
    """
    income = np.zeros(problem.periods)
    for slot in problem.slots:
        income[slot.period] = max(income[slot.period], problem.discount[slot.year] * slot.price)
    return income
