"""From a problem to a schedule: bound by facility, the best whole choice, amounts in whole kilograms, and the proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any, Literal

import numpy as np
import pyomo.environ as pyo

from model.optimise.facility_schedule.choice import Choice
from model.optimise.facility_schedule.decomposition import Bound, Decomposition, plans_of_works
from model.optimise.facility_schedule.dive import Dive
from model.optimise.facility_schedule.judged import (
    SAME,
    better_of,
    close_to,
    gap_of,
    proven,
    proving,
    rank,
    scale_of,
    with_charges,
)
from model.optimise.facility_schedule.ledger import settled
from model.optimise.facility_schedule.master import Master
from model.optimise.facility_schedule.model import whole_model
from model.optimise.facility_schedule.near import Near, listable, near
from model.optimise.facility_schedule.plan import Plan
from model.optimise.facility_schedule.plan_search import PlanSearch
from model.optimise.facility_schedule.plans import FacilityPlans
from model.optimise.facility_schedule.problem import FloatArray, IntArray, Problem
from model.optimise.facility_schedule.schedule import Schedule
from model.optimise.facility_schedule.settled_trade import TRADE_EACH
from model.optimise.pyomo_solver import PyomoSolver
from model.optimise.solver import Proof, SolverOptions, prove
from model.optimise.until import Until

Method = Literal["decomposed", "whole"]

#: Parts of the gap asked for: to which plans are priced, the same where limits tie facilities and whole plans lose
#: more, and to which whole ones are chosen.
_PRICING_GAP, _TIED_PRICING_GAP, _CHOICE_GAP = 0.4, 0.2, 0.2
#: Gap to which trade alone is solved where the works of every facility are settled [1].
_TRADE_GAP = 1e-5
#: Parts of the time for first lists at most; for cuts; in which, by turns, the bound is raised and plans are looked
#: for; and the one that is kept for trade at the end.
_LISTING, _CUTTING, _BOUNDING, _PLANNING, _LAST_TRADE = 0.25, 0.06, 0.12, 0.15, 0.02
#: Part of the time left for whole plans where there are no lists: the rest is for the last choice.
_SHARE_OF_PLANS = 0.8
#: Part of the time that a step gets even where none is left, so that there is an answer.
_LAST = 0.1
#: Part of the time for the plan of least cost, where a limit on cost holds for another aim.
_CHEAPEST = 0.3
#: What whole kilograms can cost beyond a limit, for each facility and period [JPY].
_KILOGRAMS_JPY = 100.0
#: Beginnings of works, a work counted once for every year in which it can begin, up to which the whole model is solved
#: too where facilities apart do not reach the gap.
_SMALL = 2000
#: Plans of works offered to the choice for each facility: more where there are few facilities.
_OFFERED, _OFFERED_IN_ALL = 4, 2500


def solve_schedule(
    problem: Problem,
    gap: float = 0.005,
    seconds: float = 600.0,
    seed: int = 0,
    method: Method = "decomposed",
    report: Callable[[int, int], None] = lambda done, of: None,
    warm: Decomposition | None = None,
    known: Sequence[IntArray] | None = None,
) -> Schedule:
    """Return the best schedule found, with a proven bound.

    Args:
        problem: the schedule's problem.
        gap: gap at which to stop [1].
        seconds: time limit [s].
        seed: seed of the solver.
        method: "decomposed" by facility, or "whole": one model with every work.
        report: called with steps done and all steps.
        warm: decomposition of the same facilities under other prices, whose plans are used again.
        known: works of each facility of a plan that is known to be possible, say of smaller budgets; what is returned
            is no worse.
    """
    begun = perf_counter()
    if problem.aim == "emissions" and np.isfinite(problem.cost_limit) and method == "decomposed":
        return _within_cost_limit(problem, gap, seconds, seed, report)
    found = _searched(problem, gap, seconds, seed, method, report, warm, known, begun)
    left, value = seconds - (perf_counter() - begun), abs(found.proof.objective)
    if found.proof.status == "feasible" and scale_of(found, value) < value and left > 1.0 and method == "decomposed":
        # Planned works that stay earn their charge in the search, which makes its value great beside the plan's cost.
        finer = gap * scale_of(found, value) / value
        again = _searched(problem, finer, left, seed, method, report, None, found.starts, perf_counter())
        found = better_of(found, again, gap, begun)
    return with_charges(found)


def _searched(
    problem: Problem, gap: float, seconds: float, seed: int, method: Method, report: Callable[[int, int], None],
    warm: Decomposition | None, known: Sequence[IntArray] | None, begun: float,
) -> Schedule:  # fmt: skip
    """Return the best schedule found; arguments as `solve_schedule`, and when the search began."""
    if method == "whole":
        return _whole(problem, SolverOptions(seconds=seconds, relative_gap=gap, seed=seed), begun)
    work = Decomposition(problem) if warm is None else warm
    bound = work.solve(gap * (_TIED_PRICING_GAP if problem.limits() else _PRICING_GAP), 0.6 * seconds, report)
    if bound.tied is not None and listable(problem):
        found = _listed(work, bound, bound.tied, gap, seconds, seed, begun)
    else:
        found = _choose(work, bound, None, gap, seconds, seed, begun)
    if known is not None:
        left = max(seconds - (perf_counter() - begun), _LAST * seconds)
        again = with_works(problem, known, left, seed)
        unproven = replace(again, proof=replace(again.proof, bound=-np.inf))
        found = better_of(found, unproven, gap, begun)
    decisions = sum(int(own.allowed.sum()) for own in work.facilities)
    left = seconds - (perf_counter() - begun)
    if found.proof.status == "optimal" or decisions > _SMALL or left < 1.0:
        return found
    return better_of(
        found, _whole(problem, SolverOptions(seconds=left, relative_gap=gap, seed=seed), perf_counter()), gap, begun
    )


# Lists take time for each facility: of so many that it is over before, the bound stays as it is.
def _listed(
    work: Decomposition, bound: Bound, master: Master, gap: float, seconds: float, seed: int, begun: float
) -> Schedule:
    """Return the best schedule found with plans near the best of every facility; arguments as `_choose`."""
    trade = max(_LAST_TRADE * seconds, min(_LAST * seconds, TRADE_EACH * work.problem.facilities))
    end = begun + seconds - trade
    with PlanSearch(work, master, gap * _CHOICE_GAP, seconds, seed) as plans:
        value, until = bound.value, min(perf_counter() + _LISTING * seconds, end)
        # Of many facilities the first plans can be good enough: the more there are, the less a whole plan loses.
        listed = near(work, master, until, lambda: plans.reached(close_to(value, gap)))
        if listed is None:
            plans.improve(close_to(value, gap), Until(end))
        else:
            value = _by_turns(plans, listed, value, gap, seconds, end)
        best = plans.best
    return _choose(work, replace(bound, value=value), best.starts, gap, seconds, seed, begun)


# The bound and the plans are worked at side by side: each says what is enough of the other.
def _by_turns(plans: PlanSearch, listed: Near, value: float, gap: float, seconds: float, end: float) -> float:
    """Improve plans and return the bound that was raised meanwhile [JPY].

    Args:
        plans: the search of plans.
        listed: plans near the best of every facility.
        value: bound to begin with [JPY].
        gap: gap asked for [1].
        seconds: time of the whole search [s].
        end: when it ends [s].
    """
    # Prices that are not settled make every case that follows look better than it is.
    listed.settle(_CUTTING * seconds, end)
    plans.choose_from(listed)
    # The plans so far show how good a bound is enough, and the bound which plans are.
    while perf_counter() < end:
        now = perf_counter()
        before, enough = value, proving(plans.best.value, gap)
        value = max(value, listed.bound(enough, min(_BOUNDING * seconds, end - now)))
        if value >= enough:
            break
        # What is left of the time for the bound where it cannot be raised goes to the plans.
        until = min(now + (_BOUNDING + _PLANNING) * seconds, end)
        found = plans.improve(close_to(value, gap), Until(until))
        if found.value <= close_to(value, gap) or (value <= before and perf_counter() < until):
            break
    return value


# The plans of least cost come first: they say whether the limit can be kept, and with them the master keeps it.
def _within_cost_limit(
    problem: Problem, gap: float, seconds: float, seed: int, report: Callable[[int, int], None]
) -> Schedule:
    """Return the best schedule that costs no more than it may, or the cheapest one, marked, if none was found.

    Args:
        problem: a problem with a limit on cost.
        gap: gap at which to stop [1].
        seconds: time limit [s].
        seed: seed of the solver.
        report: called with steps done and all steps.
    """
    begun = perf_counter()
    work = Decomposition(problem.changed(aim="cost", cost_limit=np.inf))
    cheapest = solve_schedule(work.problem, gap, _CHEAPEST * seconds, seed, "decomposed", report, work)
    if cheapest.proof.has_answer and cheapest.proof.bound <= problem.cost_limit < cheapest.cost:
        known, left = cheapest.starts, _CHEAPEST * seconds
        cheapest = solve_schedule(work.problem, SAME, left, seed, "decomposed", report, work, known)
    if not cheapest.proof.has_answer or _too_dear(cheapest, problem.cost_limit):
        options = SolverOptions(seconds=seconds, relative_gap=gap, seed=seed)
        proof = prove("infeasible", np.nan, np.nan, perf_counter() - begun, options)
        return replace(cheapest, problem=problem, proof=proof)
    left, warm = seconds - (perf_counter() - begun), work.under(problem)
    found = _searched(problem, gap, left, seed, "decomposed", report, warm, cheapest.starts, perf_counter())
    return replace(found, proof=replace(found.proof, seconds=perf_counter() - begun))


def _too_dear(found: Schedule, limit: float) -> bool:
    """Say whether a schedule costs more than a limit, beyond what whole kilograms add."""
    spare = _KILOGRAMS_JPY * found.problem.facilities * found.problem.periods
    return bool(found.cost > limit + SAME * abs(limit) + spare) if np.isfinite(limit) else False


def _choose(
    work: Decomposition, bound: Bound, starts: Sequence[IntArray] | None, gap: float, seconds: float, seed: int,
    begun: float,
) -> Schedule:  # fmt: skip
    """Return the schedule of works that are settled, or of plans in the mixture, and of more if that is not enough."""
    problem, best = work.problem, None
    settled = None if starts is None else [[own.bare(one)] for own, one in zip(work.facilities, starts, strict=True)]
    offers = _offers(work, bound, gap, seconds, seed, begun) if settled is None else iter([(settled, None)])
    for offered, likely in offers:
        left = max(seconds - (perf_counter() - begun), _LAST * seconds)
        options = SolverOptions(seconds=left, relative_gap=gap * _CHOICE_GAP, seed=seed)
        # Where every facility has one plan, only trade is left, which is quick: nothing of the gap is lost on it.
        settled_works = max(map(len, offered)) == 1
        fine = replace(options, relative_gap=_TRADE_GAP) if settled_works else options
        enough = None if settled_works else close_to(bound.value, gap)
        chosen = Choice(problem, offered).solve(fine, enough, likely)
        if likely is not None and not chosen.proof.has_answer:
            continue
        starts = [own[k].starts for own, k in zip(offered, chosen.plan, strict=True)]
        found = _schedule(problem, work.facilities, starts, chosen.amounts, bound, bound.value, begun, options)
        if best is None or rank(found) < rank(best):
            best = found
        if best.proof.status == "optimal" or perf_counter() - begun > seconds:
            break
    assert best is not None
    return best


def with_works(problem: Problem, starts: Sequence[IntArray], seconds: float = 60.0, seed: int = 0) -> Schedule:
    """Return the best trade for given works: what a plan costs if things come otherwise.

    Args:
        problem: the schedule's problem.
        starts: position of the year of each work of each facility, -1 for never.
        seconds: time limit [s].
        seed: seed of the solver.
    """
    begun = perf_counter()
    facilities = [FacilityPlans(problem, f) for f in range(problem.facilities)]
    options = SolverOptions(seconds=seconds, relative_gap=1e-4, seed=seed)
    chosen = Choice(problem, [[own.bare(one)] for own, one in zip(facilities, starts, strict=True)]).solve(options)
    return _schedule(problem, facilities, starts, chosen.amounts, None, chosen.proof.bound, begun, options)


def _offers(
    work: Decomposition, bound: Bound, gap: float, seconds: float, seed: int, begun: float
) -> Iterator[tuple[list[list[Plan]], list[Plan] | None]]:
    """Yield plans of works to choose from, a few first, then more of those charged least at the last prices.

    With the first come the plans of the mixture that say where there will be excess, which makes the choice quick.
    Where money or works tie the facilities, the master has chosen among all its plans already.
    """
    mixture, problem = plans_of_works(bound.plans), work.problem
    if bound.tied is not None:
        left = max(_SHARE_OF_PLANS * (seconds - (perf_counter() - begun)), _LAST * seconds)
        whole = Dive(work, bound.tied, seed).run(gap * _CHOICE_GAP, close_to(bound.value, 0.7 * gap), left)
        yield [[plan] for plan in whole], None
        # A limit on cost can rule out plans that were put together one by one.
        if np.isinf(problem.cost_limit):
            return
    yield mixture, [own[0][0] for own in bound.plans]
    yield mixture, None
    most = max(1, min(_OFFERED, _OFFERED_IN_ALL // len(work.facilities)))
    offered = []
    for f, mixed in enumerate(mixture):
        ranked = sorted(work.pools[f].plans.values(), key=partial(work.charged, f, bound.prices[f]))
        found = {plan.starts.tobytes(): plan for plan in mixed}
        for plan in ranked:
            if len(found) >= max(most, len(mixed)):
                break
            found.setdefault(plan.starts.tobytes(), plan)
        offered.append(list(found.values()))
    yield offered, None


def _whole(problem: Problem, options: SolverOptions, begun: float) -> Schedule:
    """Return the schedule of the model that decides every work."""
    facilities = [FacilityPlans(problem, f) for f in range(problem.facilities)]
    # Works that no budget can pay are kept out at the start: a part of one must not count in the relaxation.
    possible = [
        tuple(replace(one, allowed=years) for one, years in zip(own.works, own.allowed, strict=True))
        for own in facilities
    ]
    model = whole_model(problem.changed(works=tuple(possible)))
    proof = PyomoSolver(model).solve(options)
    if not proof.has_answer:
        nothing = [np.full(len(own.works), -1, dtype=np.int64) for own in facilities]
        return replace(with_works(problem, nothing), proof=proof)
    years = range(len(problem.years))
    starts = []
    for f, own in enumerate(facilities):
        there = np.array([[pyo.value(model.there[f, w, y]) > 0.5 for y in years] for w in range(len(own.works))])
        starts.append(np.array([int(np.argmax(row)) if row.any() else -1 for row in there], dtype=np.int64))
    bound = proof.bound * problem.unit
    return _schedule(problem, facilities, starts, _amounts_of(model, problem), None, bound, begun, options)


def _schedule(
    problem: Problem,
    facilities: Sequence[FacilityPlans],
    starts: Sequence[IntArray],
    traded: Mapping[str, FloatArray],
    bound: Bound | None,
    limit: float,
    begun: float,
    options: SolverOptions,
) -> Schedule:
    """Return a schedule with exact amounts and its proof."""
    plans = tuple(own.bare(one) for own, one in zip(facilities, starts, strict=True))
    amounts = settled(problem, plans, traded)
    worth = np.full((problem.facilities, problem.periods), np.nan)
    money = work = np.full((len(problem.limits()), len(problem.years)), np.nan)
    if bound is not None:
        money, work = bound.money, bound.work
    draft = Schedule(problem, tuple(starts), plans, amounts, worth, money, work, _no_proof(options), 0)
    value = _value(draft)
    missing = float(amounts.missing_t.sum())
    status: Any = "infeasible" if missing > 0 and problem.aim != "tonnes" else "optimal"
    if problem.aim != "money" and draft.extra_money > len(problem.years) * len(problem.limits()):
        status = "infeasible"
    if _too_dear(draft, problem.cost_limit):
        status = "infeasible"
    gap_asked = options.relative_gap if bound is None else options.relative_gap / _CHOICE_GAP
    scale = scale_of(draft, value)
    if status == "optimal" and not proven(value - limit, scale, gap_asked):
        status = "feasible"
    proof = prove(status, float(value), limit, perf_counter() - begun, options)
    proof = replace(proof, gap=gap_of(proof.objective, proof.bound, scale))
    return replace(draft, proof=proof, rounds=0 if bound is None else bound.rounds)


def _value(draft: Schedule) -> float:
    """Return what a schedule is worth in what is looked for [JPY or t-CO2]."""
    problem = draft.problem
    if problem.aim == "emissions":
        return float(draft.amounts.emissions_t.sum())
    if problem.aim == "tonnes":
        return float(draft.amounts.missing_t.sum())
    if problem.aim == "money":
        return draft.extra_money
    return draft.cost + draft.change_charges


def _no_proof(options: SolverOptions) -> Proof:
    """Return a proof of nothing, for a schedule in the making."""
    return prove("no_solution", np.nan, np.nan, 0.0, options)


def _amounts_of(model: pyo.ConcreteModel, problem: Problem) -> Mapping[str, FloatArray]:
    """Return the values of a solved model as arrays by name."""
    facilities, periods, years = problem.facilities, problem.periods, len(problem.years)
    found = {
        name: np.zeros((facilities, periods))
        for name in ("kept", "bought", "bought_kept", "outside", "outside_kept", "ordered", "given", "received")
    }
    found["renewable"] = np.zeros((len(problem.renewable_price), facilities, years))
    found["recognised"] = np.zeros((facilities, years))
    found["sold"] = np.zeros((facilities, len(problem.slots)))
    for name, values in found.items():
        variable = getattr(model, name)
        for index in variable:
            value = variable[index].value
            values[index] = 0.0 if value is None else max(value, 0.0)
    return found
