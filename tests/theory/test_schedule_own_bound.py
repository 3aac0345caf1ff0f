"""What the trade of facilities costs at least, each for itself at fixed prices: never more than a schedule pays."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from schedule_cases import PRACTICES, YEARS, announced, tiny

from model.optimise.facility_schedule.answer import with_works
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.limit_rows import LimitRows
from model.optimise.facility_schedule.own_bound import terms
from model.optimise.facility_schedule.problem import IntArray, Practice, Problem
from model.optimise.facility_schedule.shortlist import Lister, Rows

SOME = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(SOME, max_examples=60)


def distances(case: Problem, seed: int) -> list[float]:
    """Return by how much schedules of works drawn by a seed cost more than the bound on them [JPY]."""
    draw = np.random.default_rng(seed)
    work = Decomposition(case)
    master = work.solve(1e-7, 30.0).tied
    assert master is not None
    answer, trade = master.solve(), terms(master)
    rows = LimitRows(case)
    limits = Rows([rows.needs(own) for own in work.facilities], rows.most, rows.by_row(answer.money, answer.work))
    lister = Lister(work, answer.prices, trade, limits)
    free, found = case.changed(budget=np.full(YEARS, np.inf)), list[float]()
    for _ in range(4):
        starts: list[IntArray] = []
        for pool in work.pools:
            met = list(pool.plans.values())
            starts.append(met[draw.integers(len(met))].starts)
        charged = sum(float(lister.one(f, own)[0][0]) for f, own in enumerate(starts))
        found.append(with_works(free, starts).proof.objective - charged - trade.constant)
    return found


def holds(seed: int, practice: Practice) -> bool:
    case = tiny(seed, (3, 2), practice, certificates=True)
    case = case.changed(budget=np.full(YEARS, 4e6), capacity=np.full(YEARS, np.inf))
    return min(distances(case, seed)) >= -1.0


# With this one the basis of one program led the solver astray in the next.
ASTRAY = announced(
    banking=False, transfer=False, sale=False, seller_cap_share=None, early_sale=False, outside_share=None
)


@SOME
@example(1162, ASTRAY)
@given(st.integers(0, 10**6), PRACTICES)
def test_no_schedule_costs_less_than_its_facilities_trading_alone(seed: int, practice: Practice) -> None:
    assert holds(seed, practice)


@pytest.mark.slow
@MANY
@given(st.integers(0, 10**6), PRACTICES)
def test_of_many_schedules_none_costs_less(seed: int, practice: Practice) -> None:
    assert holds(seed, practice)


# One facility, credits without limit: nothing ties it, and what the bound says is what the schedule pays, to the
# kilogram. Sales that renewables make possible are limited by the cap on a year's results, which the bound must know.
def test_what_one_facility_pays_is_met() -> None:
    met, practice = 0, announced(transfer=False, early_sale=False, outside_share=None)
    for seed in range(20):
        case = tiny(seed, (3,), practice, certificates=True)
        dear = {"excess_reduction": replace(case.credits["excess_reduction"], price=np.full(2, 2600.0))}
        case = case.changed(budget=np.full(YEARS, 4e6), capacity=np.full(YEARS, np.inf), credits=dear)
        met += sum(abs(one) < 20.0 for one in distances(case, seed))
    assert met > 70
