"""What sharpens the bound of schedules under budgets: cuts that no whole choice passes, and plans known before."""

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schedule_cases import YEARS, announced, tiny

from model.inputs import Data
from model.optimise.facility_schedule import answer, mixtures
from model.optimise.facility_schedule import near as nearby
from model.optimise.facility_schedule.answer import solve_schedule
from model.optimise.facility_schedule.covers import Cuts
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.inputs import Settings, checked, problem
from model.optimise.facility_schedule.near import near
from model.optimise.facility_schedule.population import population
from model.optimise.facility_schedule.whole_choices import WholeChoices

SOME = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@SOME
@given(st.integers(0, 10**6))
def test_no_set_of_works_that_can_be_paid_passes_a_cut(seed: int) -> None:
    draw = np.random.default_rng(seed)
    needs, most = draw.uniform(5.0, 80.0, 9), 100.0
    share = np.where(draw.random(9) < 0.6, draw.uniform(0.0, 1.0, 9), 0.0)
    share *= min(1.0, most / max(float(needs @ share), 1.0))
    found = Cuts(needs, most).found(share)
    if found is None:
        return
    assert float(found @ share) > 1.0
    for chosen in product((0.0, 1.0), repeat=9):
        if needs @ np.array(chosen) <= most:
            assert found @ np.array(chosen) <= 1.0 + 1e-6


def test_cuts_are_found_where_works_do_not_fill_a_budget() -> None:
    # Three works of 60 of which 100 pays for one: the mixture of five sixths of two of them is cut off.
    assert Cuts(np.array([60.0, 60.0, 60.0]), 100.0).found(np.array([5 / 6, 5 / 6, 0.0])) is not None


# Four facilities with five plans each that need two limits: every choice can be looked at.
@SOME
@given(st.integers(0, 10**6))
def test_no_choice_of_whole_plans_costs_less_than_their_bound(seed: int) -> None:
    draw = np.random.default_rng(seed)
    of, needs = np.repeat(np.arange(4), 5), draw.choice([0.0, 0.2, 0.35, 0.5], (20, 2))
    cost = draw.integers(0, 50, 20) - 60.0 * needs.sum(axis=1)
    choices = WholeChoices(of, 4, cost, needs, np.ones(2))
    every = [np.array(one) for one in product(*(range(5 * f, 5 * f + 5) for f in range(4)))]
    fitting = [float(cost[one].sum()) for one in every if (needs[one].sum(axis=0) <= 1.0 + 1e-9).all()]
    best = min(fitting, default=np.inf)
    price = draw.uniform(0.0, 60.0, 2)
    start, more = choices.charged(price)
    assert more.min() >= 0
    assert start <= best + 1e-6
    for target in (start + 1.0, start + 20.0, best if np.isfinite(best) else start + 60.0):
        found = choices.bound(target, price, np.inf)
        assert start - 1e-6 <= found <= min(best, target) + 1e-6
        # Below the best choice there is none, so whatever is aimed at up to there is reached.
        if target <= best:
            assert found >= target - 1e-6


# Two works of one facility each, and a budget that pays for one of them: mixtures pay for parts, the sharper bound not.
def test_the_sharper_bound_lies_between_that_of_mixtures_and_the_best_plan() -> None:
    raised = 0
    for seed in range(12):
        case = tiny(seed, (2, 2), announced(transfer=False), certificates=True).changed(
            budget=np.full(YEARS, 3e6), capacity=np.full(YEARS, np.inf)
        )
        work = Decomposition(case)
        bound = work.solve(1e-7, 30.0)
        assert bound.tied is not None
        listed = near(work, bound.tied)
        assert listed is not None
        sharper = listed.bound(np.inf, 30.0)
        best = solve_schedule(case, gap=0.0, method="whole").proof.objective
        assert sharper <= best + 1e-6 * abs(best) + 1.0
        raised += sharper > bound.value + 1000.0
    assert raised > 0


# With no time for lists the bound is that of mixtures, and the plans are those that were packed and moved.
def test_without_time_for_lists_there_is_an_answer_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "_LISTING", -1.0)
    monkeypatch.setattr(answer, "_SMALL", 0)
    case = tiny(3, (2, 2, 1), announced(transfer=False), certificates=True).changed(
        budget=np.full(YEARS, 3e6), capacity=np.full(YEARS, np.inf)
    )
    found, best = solve_schedule(case, 1e-6, 5.0), solve_schedule(case, gap=0.0, method="whole").proof.objective
    assert found.proof.has_answer
    assert found.proof.bound <= best + 1e-6 * abs(best) + 1.0
    assert found.proof.objective >= best - 1e-6 * abs(best) - 1.0
    assert max(one.max() for one in found.beyond_budgets) <= 1.5


# Lists so short that they end the bound, several times: they are made longer at the prices of cuts, and stay true.
@pytest.mark.slow
def test_a_bound_that_short_lists_end_goes_on_with_wider_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearby, "_MOST", 1)
    monkeypatch.setattr(mixtures, "_MOST", 1)
    monkeypatch.setattr(mixtures, "_PLANS", 4)
    raised = 0
    for seed in range(12):
        case = tiny(seed, (2, 2, 1), announced(transfer=False), certificates=True).changed(
            budget=np.full(YEARS, 3e6), capacity=np.full(YEARS, np.inf)
        )
        work = Decomposition(case)
        tied = work.solve(1e-7, 30.0).tied
        assert tied is not None
        listed = near(work, tied)
        assert listed is not None
        first = listed.bound(-np.inf, 30.0)
        best = solve_schedule(case, gap=0.0, method="whole").proof.objective
        wider = listed.bound(best, 30.0)
        assert first <= wider <= best + 1e-6 * abs(best) + 1.0
        raised += wider > first + 1000.0
    assert raised > 0


@pytest.mark.slow
def test_a_larger_budget_never_costs_more_when_the_plan_before_is_known(data: Data) -> None:
    wishes = Settings(first_year=2025, last_year=2034, budget=4e8)
    case = problem(checked(data, population(data, 5, 12), [], [], wishes), wishes)
    before = solve_schedule(case, 0.01, 10.0)
    after = solve_schedule(case.changed(budget=case.budget * 1.1), 0.01, 3.0, known=before.starts)
    assert after.cost <= before.cost + 1.0
