"""What becomes of a plan when cost, tariff or subsidy move: the best plan found in little time, with a proven bound.

The plan in hand stays certain enough whatever money does, so that it is a plan of every trial whose budget it keeps,
and plans beside it that are as certain are found at once.
What time does not reach is left open between the best plan and the bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from model.optimise.solar_allocation.at_once import keeps_rules, least_cost
from model.optimise.solar_allocation.certain_beside import Beside
from model.optimise.solar_allocation.economics import Economics
from model.optimise.solar_allocation.finish import Finished
from model.optimise.solar_allocation.method import Plan, is_chance, solve_scheme
from model.optimise.solar_allocation.model import GREATEST, Model, build, money_of
from model.optimise.solar_allocation.problem import Problem, cost_of
from model.optimise.solar_allocation.slots import kw_of
from model.optimise.solver import relative_gap
from model.ordinance.rulebook import Rules

#: Gap of one trial, and where a year must be certain, which takes longer.
_GAP, _CHANCE_GAP = 1e-4, 1e-3
#: Gap above which a bound by prices alone may be better.
_WIDE = 1e-2
#: Parts of the time of a trial: for the other rate scheme, and for plans beside the one in hand.
_OTHER, _BESIDE = 0.2, 0.2
_SLACK = 1e-9


@dataclass(frozen=True)
class WhatIf:
    """The best plan found when one thing moves; NaN where none was found.

    Args:
        what: what moves: "cost", "tariff" or "grant".
        factor: it is multiplied by this [1].
        value: objective of the plan.
        bound: no plan is better [objective].
        kw: capacity [kW].
        changed: houses whose panels are others than in the plan in hand.
        cost: net cost if all owners accept [JPY].
        benefit: benefit if all owners accept [JPY].
    """

    what: str
    factor: float
    value: float
    bound: float
    kw: float
    changed: int
    cost: float
    benefit: float

    @property
    def gap(self) -> float:
        """Relative distance of plan and bound [1]."""
        return relative_gap(self.value, self.bound)


def moves_of(assumed: Rules) -> tuple[tuple[str, float], ...]:
    """Return what moves in each trial, and how many times as large it becomes, from the rules "solar_allocation"."""
    factors = assumed.value("what_if_factors")
    return tuple((what, float(factor)) for what, own in factors.items() for factor in own)


def trials(
    plan: Plan,
    economics: Economics,
    rules: Rules,
    moves: Sequence[tuple[str, float]],
    seconds: float,
    seed: int = 0,
) -> tuple[WhatIf, ...]:
    """Return the best plans found when cost, tariff or subsidy move.

    Args:
        plan: a plan that was found.
        economics: prices, grants and contracts of that plan.
        rules: rules of "report_programme".
        moves: what moves in each trial, and how many times as large it becomes.
        seconds: time for all trials together [s].
        seed: seed of every random choice.
    """
    end, found = perf_counter() + seconds, []
    for number, (what, factor) in enumerate(moves):
        share = (end - perf_counter()) / (len(moves) - number)
        found.append(_trial(plan, economics, rules, (what, factor), share, seed))
    return tuple(found)


def _trial(
    plan: Plan, economics: Economics, rules: Rules, move: tuple[str, float], seconds: float, seed: int
) -> WhatIf:
    """Return the best plan found when one thing moves."""
    end = perf_counter() + seconds
    own, *others = _moved(plan, economics.moved(**{move[0]: move[1]}), rules)
    gap = _CHANCE_GAP if is_chance(own) else _GAP
    best = _plan_in_hand(plan, own, rules)
    beside = Beside.read(own, plan.best, seed) if Beside.suits(own) and not best.gap <= gap else None
    if beside is not None:
        best = _bettered(best, replace(beside.cheapest(own, rules, gap, _BESIDE * seconds), bound=best.bound))
    elif not best.gap <= gap:
        best = _bettered(best, replace(best, bound=least_cost(own, seed)))
    bounds = [_known_of_other(plan, best.cost, other, seed) for other in others]
    left = end - perf_counter()
    if not best.gap <= gap and left > 0:
        # The other rate scheme needs time only where prices alone do not rule it out.
        open_too = any(not bound >= best.cost for bound in bounds)
        own_share = (1 - _OTHER * open_too) * left
        if beside is not None and best.choice.size:
            best = _bettered(best, beside.proven(own, best, rules, gap, own_share, seed))
        else:
            best = _bettered(best, solve_scheme(own, rules, gap, own_share, seed).finished)
    if beside is not None and not best.gap <= _WIDE:
        # Prices alone may prove more than a search that has come to its end early.
        best = _bettered(best, replace(best, bound=least_cost(own, seed)))
    for other, bound in zip(others, bounds, strict=True):
        best = _with_other(best, other, bound, rules, gap, end - perf_counter(), seed)
    return _as_what_if(plan, own, best, move)


def _moved(plan: Plan, economics: Economics, rules: Rules) -> list[Model]:
    """Return the models of the rate schemes under other money, that of the plan first."""
    model = plan.best.model
    models = build(model.houses, model.wishes, economics, rules)
    return sorted(models, key=lambda one: one.scheme != plan.scheme)


def _plan_in_hand(plan: Plan, model: Model, rules: Rules) -> Finished:
    """Return the plan in hand under other money, with a bound where money does not touch its problem."""
    before = plan.best
    choice = before.finished.choice
    if not keeps_rules(model, choice, rules):
        return Finished(np.zeros(0, dtype=np.int16), np.nan, -np.inf, 0)
    cost = cost_of(model.problem, choice)
    same = _same(model.problem, before.model.problem)
    return Finished(choice, cost, min(before.finished.bound, cost) if same else -np.inf, 0)


def _same(one: Problem, other: Problem) -> bool:
    """Say whether two problems of the same houses and rules differ in nothing."""
    amounts = one.amounts.keys() == other.amounts.keys()
    return (
        amounts
        and np.array_equal(one.cost, other.cost)
        and all(np.array_equal(values, other.amounts[name]) for name, values in one.amounts.items())
    )


def _bettered(best: Finished, found: Finished) -> Finished:
    """Return the cheaper plan of a scheme with the higher of two bounds."""
    cheaper = found if found.choice.size and not found.cost >= best.cost else best
    bound = max(best.bound, found.bound)
    bound = bound if np.isnan(cheaper.cost) else min(bound, cheaper.cost)
    return replace(cheaper, bound=bound, impossible=found.impossible)


def _known_of_other(plan: Plan, cost: float, other: Model, seed: int) -> float:
    """Return what no plan of the other rate scheme costs less than, as far as it is known or prices tell."""
    known, bound = plan.outcomes.get(other.scheme), -np.inf
    if known is not None and _same(other.problem, known.model.problem):
        bound = np.inf if known.finished.impossible else known.finished.bound
    return bound if bound >= cost else max(bound, least_cost(other, seed))


def _with_other(
    best: Finished, other: Model, bound: float, rules: Rules, gap: float, seconds: float, seed: int
) -> Finished:
    """Return the better plan of two rate schemes, and the lower of their bounds."""
    choice, cost = best.choice, best.cost
    if not bound >= cost - _SLACK * abs(cost) and seconds > 0:
        enough = np.inf if np.isnan(cost) else cost
        found = solve_scheme(other, rules, gap, seconds, seed, enough).finished
        bound = np.inf if found.impossible else max(bound, found.bound)
        if found.choice.size and not found.cost >= cost:
            choice, cost = found.choice, found.cost
    lowest = min(np.inf if best.impossible else best.bound, bound)
    return replace(best, choice=choice, cost=cost, bound=lowest if np.isnan(cost) else min(lowest, cost))


def _as_what_if(plan: Plan, model: Model, best: Finished, move: tuple[str, float]) -> WhatIf:
    """Return what the best plan comes to."""
    if not best.choice.size:
        return WhatIf(*move, np.nan, np.nan, np.nan, 0, np.nan, np.nan)
    sign = -1.0 if model.wishes.objective in GREATEST else 1.0
    choice, everyone = best.choice.astype(np.int64), np.arange(model.houses.size)
    before = kw_of(model.houses, plan.best.model.slots, plan.choice.astype(np.int64))
    kw, _, money = money_of(model, everyone, choice)
    changed = int(np.sum(np.abs(kw - before) > 1e-9))
    sums = (float(money.cost.sum()), float(money.benefit.sum()))
    return WhatIf(*move, sign * best.cost, sign * best.bound, float(kw.sum()), changed, *sums)
