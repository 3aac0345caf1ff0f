"""What mends a schedule that cannot be: the fewest credits, the least money, the least limit on cost, with proofs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import Literal

import numpy as np

from model.optimise.facility_schedule.answer import solve_schedule, with_works
from model.optimise.facility_schedule.judged import better_of, with_charges
from model.optimise.facility_schedule.ledger import Amounts
from model.optimise.facility_schedule.problem import Problem
from model.optimise.facility_schedule.schedule import Schedule
from model.optimise.solver import relative_gap

#: Parts of the time for the fewest tonnes, and for whether money helps at all; the least money has the rest.
_TONNES, _WITHOUT_BUDGETS = 0.3, 0.2
#: Part of the time that is left for covering the last kilograms of a plan of the least money.
_KILOGRAMS = 0.1
#: Tonnes beyond which a bound says that something stays uncovered: above what the solver's tolerance can make up.
_UNCOVERED_T = 0.01


@dataclass(frozen=True)
class Remedy:
    """What mends a schedule; each is searched for on its own, with its own proof.

    Args:
        tonnes: the schedule that leaves the fewest tonnes uncovered, whatever it costs within the budgets; None where
            every duty can be met.
        money: the schedule that meets every duty with the least money beyond the budgets; None if none was found.
        no_money: it is proven that no money helps, or there is no budget.
        cost: the schedule of the least cost, where it is the limit on cost that cannot be kept.
    """

    tonnes: Schedule | None
    money: Schedule | None = None
    no_money: bool = False
    cost: Schedule | None = None


def way_out(found: Schedule, gap: float, seconds: float, seed: int = 0) -> Remedy:
    """Return what mends a schedule that was found to be impossible.

    Args:
        found: a schedule that leaves a duty unmet or costs more than it may.
        gap: gap at which each search stops [1].
        seconds: time limit of all searches together [s].
        seed: seed of the solver.
    """
    given = found.problem
    if np.isfinite(given.cost_limit) and not (found.amounts.missing_t > 0).any():
        free = given.changed(aim="cost", cost_limit=np.inf)
        return Remedy(None, cost=solve_schedule(free, gap, seconds, seed, known=found.starts))
    return remedy(given, gap, seconds, seed)


def remedy(given: Problem, gap: float, seconds: float, seed: int = 0) -> Remedy:
    """Return the fewest tonnes of credits and the least extra money that mend a schedule, each with a proven bound.

    Args:
        given: a problem in which a duty cannot be met.
        gap: gap at which each search stops [1].
        seconds: time limit of all searches together [s].
        seed: seed of the solver.
    """
    until = perf_counter() + seconds
    given = given.changed(cost_limit=np.inf)
    tonnes = solve_schedule(given.changed(aim="tonnes"), gap, _TONNES * seconds, seed)
    if not any(np.isfinite(limit.budget).any() for limit in given.limits()):
        return Remedy(tonnes, no_money=True)
    free = solve_schedule(_without_budgets(given).changed(aim="tonnes"), gap, _WITHOUT_BUDGETS * seconds, seed)
    if free.proof.bound > _UNCOVERED_T:
        return Remedy(tonnes, no_money=True)
    short = given.changed(aim="money")
    left = max(until - perf_counter() - _KILOGRAMS * seconds, _KILOGRAMS * seconds)
    money = _to_the_kilogram(solve_schedule(short, gap, left, seed), gap, _KILOGRAMS * seconds, seed)
    if not (free.amounts.missing_t > 0).any():
        # Works that meet every duty where there is money for all say how much is enough, if nothing better was found.
        known = with_works(short, free.starts, _KILOGRAMS * seconds, seed)
        known = replace(known, proof=replace(known.proof, bound=money.proof.bound))
        enough = _to_the_kilogram(known, gap, _KILOGRAMS * seconds, seed)
        if enough.proof.has_answer and not (money.proof.has_answer and money.extra_money <= enough.extra_money):
            money = _with_trade(enough, enough.amounts, gap)
    return Remedy(tonnes, money if money.proof.has_answer else None)


def _without_budgets(given: Problem) -> Problem:
    """Return a problem in which there is money for all works; hands stay as they are."""
    none = np.full(len(given.years), np.inf)
    return given.changed(budget=none, owner_limits=tuple(replace(limit, budget=none) for limit in given.owner_limits))


# Where money is all that counts, the solver's tolerance can leave kilograms uncovered that trade would cover.
def _to_the_kilogram(found: Schedule, gap: float, seconds: float, seed: int) -> Schedule:
    """Return a schedule of the least extra money with its trade found anew, if that leaves nothing uncovered."""
    if found.proof.status != "infeasible":
        return found
    none = np.full(len(found.problem.years), np.inf)
    free = found.problem.changed(aim="cost", budget=none, owner_limits=())
    again = with_works(free, found.starts, seconds, seed)
    if not again.proof.has_answer:
        return found
    return _with_trade(found, again.amounts, gap)


def _with_trade(found: Schedule, amounts: Amounts, gap: float) -> Schedule:
    """Return a schedule of the least extra money with other trade that covers everything, and its proof anew."""
    value, bound = found.extra_money, found.proof.bound
    status: Literal["optimal", "feasible"] = "optimal" if value - bound <= gap * value + 1.0 else "feasible"
    proof = replace(found.proof, status=status, objective=value, gap=relative_gap(value, bound))
    return replace(found, amounts=amounts, proof=proof)


def mended(found: Schedule, by: Remedy, gap: float, seconds: float, seed: int = 0) -> Schedule:
    """Return a schedule, or a better one with the works of its remedy where these meet every duty or cost less.

    Args:
        found: a schedule that leaves a duty unmet or costs more than it may.
        by: its remedy.
        gap: gap asked for [1].
        seconds: time limit [s].
        seed: seed of the solver.
    """
    if by.cost is not None and by.cost.cost < found.cost:
        return replace(by.cost, problem=found.problem, proof=found.proof)
    if by.tonnes is None:
        return found
    begun = perf_counter()
    other = with_charges(with_works(found.problem, by.tonnes.starts, seconds, seed))
    return better_of(found, replace(other, proof=replace(other.proof, bound=-np.inf)), gap, begun)
