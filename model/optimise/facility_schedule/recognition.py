"""What recognition as carbon half takes off the reduction that a facility owes, where it counts."""

from __future__ import annotations

import numpy as np

from model.optimise.facility_schedule.plan import Plan
from model.optimise.facility_schedule.problem import FloatArray, IntArray, Problem

#: Recognition that counts in a year where it is reached, and recognition that a plan must have.
REACHED, ALWAYS = 1, 2


def forgiven(problem: Problem, facility: int, emissions_t: FloatArray) -> FloatArray:
    """Return the reduction owed that recognition takes away in each period [t-CO2], dims (…, period).

    Args:
        problem: the schedule.
        facility: position of the facility.
        emissions_t: its emissions [t-CO2], dims (…, year).
    """
    if problem.recognition is None:
        return np.zeros((*emissions_t.shape[:-1], problem.periods))
    return problem.by_period(problem.recognition.given(emissions_t, facility))


def balance(problem: Problem, facility: int, plan: Plan, forgiving: IntArray | None) -> FloatArray:
    """Return the position of a plan with what recognition takes off where it counts [t-CO2], dims (period).

    Args:
        problem: the schedule.
        facility: position of the facility.
        plan: its plan.
        forgiving: whether recognition counts in each year, as in `FacilityPlans.best`.
    """
    offer = problem.recognition
    if offer is None or forgiving is None:
        return plan.position_t
    given = offer.given(plan.emissions_t, facility)
    return np.asarray(plan.position_t + problem.by_period(np.where(forgiving > 0, given, 0.0)))


def holds(problem: Problem, facility: int, plan: Plan, forgiving: IntArray | None) -> bool:
    """Say whether a plan has the recognition that counts always.

    Args:
        problem: the schedule.
        facility: position of the facility.
        plan: its plan.
        forgiving: whether recognition counts in each year, as in `FacilityPlans.best`.
    """
    offer = problem.recognition
    if offer is None or forgiving is None:
        return True
    return bool(np.all(offer.given(plan.emissions_t, facility)[forgiving == ALWAYS] > 0))
