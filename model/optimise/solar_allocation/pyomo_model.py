"""The panel allocation as a Pyomo model: the readable definition, and the cross-check for small portfolios.

    minimise   Σ cost[j, i] x[j, i]
    subject to Σ_j x[j, i] = 1                                              one slot a house
               Σ (slope[i] measure[j, i] + squared[i] kw[j, i]² + intercept[i]) x[j, i] ≥ at_least   for every rule
               x[j, i] ∈ {0, 1}

Slots left out of the count bring nothing to rules that look at counted houses only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model.optimise.solar_allocation.problem import Problem, SlotArray, coefficients

if TYPE_CHECKING:
    from pyomo.core.base.PyomoModel import ConcreteModel


def pyomo_model(problem: Problem) -> ConcreteModel:
    """Return the model of a problem, with variables `x[slot, house]`, constraints `one_slot` and `rule[name]`."""
    from pyomo.environ import Binary, ConcreteModel, Constraint, Objective, Set, Var, minimize

    slots, houses = np.nonzero(np.isfinite(problem.cost))
    pairs = list(zip(slots.tolist(), houses.tolist(), strict=True))
    brings = coefficients(problem, houses, slots)
    model = ConcreteModel()
    model.pairs = Set(initialize=pairs, dimen=2)
    model.houses = Set(initialize=range(problem.houses))
    model.x = Var(model.pairs, domain=Binary)
    model.cost = Objective(expr=sum(float(problem.cost[pair]) * model.x[pair] for pair in pairs), sense=minimize)
    by_house: list[list[tuple[int, int]]] = [[] for _ in range(problem.houses)]
    for pair in pairs:
        by_house[pair[1]].append(pair)
    model.one_slot = Constraint(model.houses, rule=lambda m, house: sum(m.x[pair] for pair in by_house[house]) == 1)
    names = [row.name for row in problem.rows]
    model.rules = Set(initialize=names)
    place = {pair: number for number, pair in enumerate(pairs)}

    def rule(m: ConcreteModel, name: str) -> object:
        number = names.index(name)
        total = sum(float(brings[number, place[pair]]) * m.x[pair] for pair in pairs)
        return total >= problem.rows[number].at_least

    model.rule = Constraint(model.rules, rule=rule)
    return model


def choice_of(model: ConcreteModel, houses: int) -> SlotArray:
    """Return the slot of each house in a solved model."""
    choice = np.zeros(houses, dtype=np.int16)
    for (slot, house), variable in model.x.items():
        if variable.value is not None and variable.value > 0.5:
            choice[house] = slot
    return choice
