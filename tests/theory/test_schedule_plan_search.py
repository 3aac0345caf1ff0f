"""Whole plans looked for here and beside: within the limits, valued by all rules, and never an endless search."""

from __future__ import annotations

import multiprocessing
import sys

import numpy as np
import pytest
from schedule_cases import YEARS, announced, tiny

from model.optimise.facility_schedule.answer import with_works
from model.optimise.facility_schedule.choice import Standing
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.near import near
from model.optimise.facility_schedule.plan_search import PlanSearch
from model.optimise.facility_schedule.problem import Problem
from model.optimise.until import Until

WAYS = [True, pytest.param(False, marks=pytest.mark.skipif(sys.platform != "linux", reason="nothing runs beside"))]


def tight(seed: int) -> Problem:
    case = tiny(seed, (3, 3, 2), announced(), certificates=True, years_allowed=2)
    return case.changed(budget=np.full(YEARS, 4e6), capacity=np.full(YEARS, np.inf))


def searched(case: Problem, alone: bool) -> tuple[Standing, Standing]:
    """Return the plans to begin with and those after lists came and nothing better was found any more."""
    work = Decomposition(case)
    bound = work.solve(1e-7, 30.0)
    assert bound.tied is not None
    with PlanSearch(work, bound.tied, 1e-4, 2.0, 0, alone) as plans:
        first = plans.best
        listed = near(work, bound.tied)
        assert listed is not None
        plans.choose_from(listed)
        # Without an end of its own the search would never end.
        return first, plans.improve(-np.inf, Until())


@pytest.mark.parametrize("alone", WAYS)
def test_plans_keep_all_limits_and_are_valued_by_all_rules(alone: bool) -> None:
    for seed in (1, 5):
        case = tight(seed)
        first, found = searched(case, alone)
        exact = with_works(case, found.starts)
        assert found.value <= first.value
        assert found.value == pytest.approx(exact.proof.objective, rel=1e-4, abs=100.0)
        paid = sum(plan.paid for plan in exact.plans)
        assert np.all(paid <= case.budget + 1.5)
    assert multiprocessing.active_children() == []


def test_a_plan_that_is_enough_ends_the_search() -> None:
    work = Decomposition(tight(1))
    bound = work.solve(1e-7, 30.0)
    assert bound.tied is not None
    with PlanSearch(work, bound.tied, 1e-4, 2.0, 0, True) as plans:
        assert not plans.reached(np.inf)
        first = plans.best
        assert plans.improve(first.value, Until()) is first
        assert plans.reached(first.value) and not plans.reached(first.value - 1.0)
    # Lists are for better plans and a sharper bound: none are made where that is not needed any more.
    assert near(work, bound.tied, done=lambda: True) is None
