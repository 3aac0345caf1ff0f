"""What can be told of a scheme at once: a bound by prices alone, and whether a plan keeps all rules."""

from __future__ import annotations

import numpy as np

from model.optimise.solar_allocation.consent import is_enough
from model.optimise.solar_allocation.cuts import cantelli_bound
from model.optimise.solar_allocation.method import is_chance, probabilities_of, split_by_chance
from model.optimise.solar_allocation.model import Model
from model.optimise.solar_allocation.prices import find_prices
from model.optimise.solar_allocation.problem import SlotArray, cost_of, within_rows
from model.optimise.solar_allocation.sums import Sum, parts_of
from model.ordinance.rulebook import Rules

#: Numerical slack of a row, relative to its right-hand side.
_SLACK = 1e-9


def least_cost(model: Model, seed: int = 0) -> float:
    """Return what no plan of a scheme costs less than, by prices alone.

    Args:
        model: the scheme's model.
        seed: seed of every random choice.
    """
    if not is_chance(model):
        return find_prices(model.problem, seed).priced.bound
    _, others, counted = split_by_chance(model)
    sums = tuple(Sum.read(others, one, model.houses.consent) for one in counted)
    return cantelli_bound(others, sums, parts_of(sums), model.wishes.certainty or 0.0, seed)


def keeps_rules(model: Model, choice: SlotArray, rules: Rules) -> bool:
    """Say whether a choice of slots keeps all rules of a scheme, with the probability asked for.

    Args:
        model: the scheme's model.
        choice: slot by house.
        rules: rules of "report_programme".
    """
    chance = is_chance(model)
    problem = split_by_chance(model)[1] if chance else model.problem
    slack = _SLACK * np.maximum(1.0, np.abs(problem.at_least))
    if not (np.isfinite(cost_of(problem, choice)) and within_rows(problem, choice, slack)):
        return False
    wanted = model.wishes.certainty if chance else None
    return wanted is None or is_enough(float(probabilities_of(model, rules)(choice, 1)[0]), wanted)
