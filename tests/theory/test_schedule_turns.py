"""Plans under limits improved in turns: within the limits, valued as the whole rules value them, and often the best."""

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schedule_cases import PRACTICES, YEARS, announced, tiny

from model.optimise.facility_schedule.answer import with_works
from model.optimise.facility_schedule.choice import Choice, Standing
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.near import near
from model.optimise.facility_schedule.own_bound import terms
from model.optimise.facility_schedule.physics import standing_sets
from model.optimise.facility_schedule.problem import BoolArray, IntArray, Practice, Problem
from model.optimise.facility_schedule.turns import Turns
from model.optimise.until import Until

SOME = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def tight(seed: int, pairs: tuple[int, ...], practice: Practice) -> Problem:
    case = tiny(seed, pairs, practice, certificates=True, years_allowed=2)
    return case.changed(budget=np.full(YEARS, 4e6), capacity=np.full(YEARS, np.inf))


def turns_of(case: Problem) -> Turns:
    work = Decomposition(case)
    bound = work.solve(1e-7, 30.0)
    assert bound.tied is not None
    return Turns(work, bound.tied, bound.prices, near(work, bound.tied))


def improved(turns: Turns, seconds: float) -> Standing:
    nothing = [np.full(len(own), -1, dtype=np.int64) for own in turns.work.problem.works]
    first = turns.standing(nothing)
    moved = turns.moved(first, 0, -np.inf, Until.after(0.3 * seconds))
    anew = turns.rewindowed(moved, np.full(YEARS, 2), 0, -np.inf, Until.after(0.3 * seconds))
    return turns.regrouped(anew, [first, moved], 0, -np.inf, Until.after(0.4 * seconds))


def ways(turns: Turns, f: int) -> list[IntArray]:
    """Return every way to do the works of a facility."""
    own = turns.work.facilities[f]
    years = [[-1, *np.flatnonzero(one).tolist()] for one in own.allowed]
    every = [np.array(one, dtype=np.int64) for one in product(*years)]
    return [one for one in every if own.table.possible[standing_sets(one, YEARS)].all()]


@pytest.mark.slow
@SOME
@given(st.integers(0, 10**6), PRACTICES)
def test_plans_keep_all_limits_and_cost_no_more_than_nothing(seed: int, practice: Practice) -> None:
    case = tight(seed, (3, 3, 2), practice)
    turns = turns_of(case)
    found = improved(turns, 0.2)
    nothing = [[own.bare(np.full(len(own.works), -1))] for own in turns.work.facilities]
    assert found.value <= Choice(case, nothing).standing().value + 1.0
    for own, starts in zip(turns.work.facilities, found.starts, strict=True):
        assert own.table.possible[standing_sets(starts, YEARS)].all()
        assert all(own.allowed[place, start] for place, start in enumerate(starts) if start >= 0)
    paid = np.sum([own.bare(one).paid for own, one in zip(turns.work.facilities, found.starts, strict=True)], axis=0)
    assert (paid <= case.budget + 1.5).all()


def charged(turns: Turns, found: Standing, sells: BoolArray | None) -> float:
    """Return what facilities pay for themselves at the prices where plans stand."""
    assert turns.listed is not None
    trade = terms(turns.master, found.shared, sells)
    lister = turns.listed.lister.at(trade)
    return sum(float(lister.one(f, one)[0][0]) for f, one in enumerate(found.starts)) + trade.constant


# Without owners and early sale nothing but credits ties trade, so what facilities pay for themselves is what all pay.
def test_prices_where_plans_stand_make_up_what_all_pay() -> None:
    met = 0
    for seed in range(12):
        turns = turns_of(tight(seed, (3, 2), announced(transfer=False, early_sale=False)))
        found = improved(turns, 0.15)
        exact = with_works(turns.work.problem, found.starts).proof.objective
        assert charged(turns, found, None) <= exact + 1.0
        met += charged(turns, found, None) > exact - 30.0
    assert met > 8


# An owner who buys in a period sells nothing then, and the other way round; prices that know which of both it is make
# up what all pay, and those that do not fall short of it where both would be done at once.
def test_prices_know_whether_an_owner_sells_or_buys() -> None:
    met = apart = 0
    for seed in range(20):
        turns = turns_of(tight(seed, (2, 2, 2), announced(banking=False, early_sale=False)))
        nothing = [np.full(len(own), -1, dtype=np.int64) for own in turns.work.problem.works]
        found = turns.standing(nothing)
        exact = with_works(turns.work.problem, found.starts).proof.objective
        assert found.value == pytest.approx(exact, rel=1e-4, abs=100.0)
        assert found.sells is not None
        known, unknown = charged(turns, found, found.sells), charged(turns, found, None)
        assert unknown - 1.0 <= known <= exact + 1.0
        met += known > exact - 100.0
        apart += known > unknown + 1000.0
    # Whether something is sold by each moment is yes or no, which no price knows.
    assert met > 9 and apart > 2


# All ways to do two works of two facilities each, valued by the whole rules: the best of them is nearly always found.
@pytest.mark.slow
def test_the_best_of_all_plans_is_found() -> None:
    met = 0
    for seed in range(6):
        case = tight(seed, (2, 2), announced())
        turns = turns_of(case)
        values = []
        for both in product(ways(turns, 0), ways(turns, 1)):
            paid = sum(own.bare(one).paid for own, one in zip(turns.work.facilities, both, strict=True))
            if np.all(paid <= case.budget):
                values.append(with_works(case, both).proof.objective)
        reached = with_works(case, improved(turns, 0.5).starts).proof.objective
        assert reached >= min(values) - 1.0
        met += reached <= min(values) + 1e-4 * abs(min(values)) + 1.0
    assert met > 4
