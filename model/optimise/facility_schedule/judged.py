"""Schedules judged: which of two is the better one, what a bound proves of it, and against what its gap is measured."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Any

from model.optimise.facility_schedule.schedule import Schedule
from model.optimise.solver import relative_gap

#: Relative distance of value and bound at which nothing is left to look for: what the solver's tolerances and whole
#: kilograms leave between them [1].
SAME = 1e-6


def with_charges(found: Schedule) -> Schedule:
    """Return a schedule from the search with value and bound of cost and charges for changes, where no change is free.

    Args:
        found: a schedule as it comes from the search, in which planned works that stay earn their charge.
    """
    kept, proof = found.charges_kept * (found.problem.aim == "cost"), found.proof
    return replace(found, proof=replace(proof, objective=proof.objective + kept, bound=proof.bound + kept))


def scale_of(found: Schedule, value: float) -> float:
    """Return what a gap is measured against: the value, or the own cost where charges for changes are beside it."""
    return abs(found.cost) if found.problem.aim == "cost" and found.charges_kept > 0 else abs(value)


def close_to(bound: float, gap: float) -> float:
    """Return a value so close to a bound that no better one need be looked for."""
    return bound + 0.9 * gap * abs(bound)


def rank(schedule: Schedule) -> tuple[float, ...]:
    """Return by what schedules of one problem are put in order: those that meet every duty first, then the aim.

    What nothing covers is charged while a plan is looked for; what is shown is the plan's own cost without the charge.
    """
    proof, missing = schedule.proof, float(schedule.amounts.missing_t.sum())
    return float(not proof.has_answer), missing, float(proof.status == "infeasible"), proof.objective


def better_of(found: Schedule, other: Schedule, gap: float, begun: float) -> Schedule:
    """Return the better of two schedules of one problem with the higher of both bounds; prices are of the first.

    Args:
        found: a schedule with a bound that holds for all schedules of the problem.
        other: another one, with such a bound or with minus infinity.
        gap: gap asked for [1].
        begun: when the search began.
    """
    best = min(found, other, key=rank)
    bound = max(found.proof.bound, other.proof.bound)
    value = best.proof.objective
    scale = scale_of(best, value)
    status: Any = "optimal" if proven(value - bound, scale, gap) else "feasible"
    if best.proof.status == "infeasible":
        status = "infeasible"
    proof = replace(
        best.proof, status=status, bound=bound, gap=gap_of(value, bound, scale), seconds=perf_counter() - begun
    )
    return replace(
        best, money_worth=found.money_worth, work_worth=found.work_worth, proof=proof,
        rounds=found.rounds,
    )  # fmt: skip


def proven(distance: float, scale: float, gap: float) -> bool:
    """Say whether the distance to a bound proves a value to a gap, or is nothing to what the solver can tell."""
    return abs(distance) <= max(gap, SAME) * scale + 1.0


def gap_of(value: float, bound: float, scale: float) -> float:
    """Return the gap of a value and a bound [1], measured against another amount where that is the scale."""
    return relative_gap(value, bound) * (abs(value) / scale if scale > 0 else 1.0)


def proving(value: float, gap: float) -> float:
    """Return a bound that proves a value to a gap."""
    return value - 0.99 * gap * abs(value)
