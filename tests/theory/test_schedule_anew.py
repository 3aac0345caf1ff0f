"""Plans chosen anew under limits: a group exactly, the works of some years among all that agree, and from mixtures."""

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schedule_cases import YEARS, announced, tiny

from model.optimise.facility_schedule.anew import GAIN, Anew
from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.near import near
from model.optimise.facility_schedule.physics import standing_sets
from model.optimise.facility_schedule.problem import BoolArray, IntArray
from model.optimise.facility_schedule.turns import Turns
from model.optimise.until import Until

SOME = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


# Three facilities with four plans each that need two limits: every choice can be looked at.
@SOME
@given(st.integers(0, 10**6))
def test_a_group_takes_the_best_of_all_choices(seed: int) -> None:
    draw = np.random.default_rng(seed)
    of, needs = np.repeat(np.arange(3), 4), draw.choice([0.0, 0.2, 0.35, 0.5], (12, 2))
    cost, now = draw.uniform(0, 50, 12) - 40.0 * needs.sum(axis=1), np.array([0, 4, 8])
    needs[now] = 0.0
    anew = Anew(of, cost, needs, np.ones(2), now)
    chosen, settled = anew.whole(anew.mixed(10.0), 10.0)
    every = [np.array(one) for one in product(*(range(4 * f, 4 * f + 4) for f in range(3)))]
    best = min(float(cost[one].sum()) for one in every if (needs[one].sum(axis=0) <= 1.0 + 1e-9).all())
    assert settled
    assert of[chosen].tolist() == [0, 1, 2]
    assert (needs[chosen].sum(axis=0) <= 1.0 + 1e-6).all()
    assert best - 1e-6 <= cost[chosen].sum() <= best + 2 * GAIN
    # Mixtures cost no more, and what they leave aside is in no better choice.
    assert anew.mixed(10.0).proof.objective <= best + 1e-6


def turns_of(seed: int) -> Turns:
    case = tiny(seed, (3, 3, 2), announced(), certificates=True, years_allowed=3)
    work = Decomposition(case.changed(budget=np.full(YEARS, 4e6), capacity=np.full(YEARS, np.inf)))
    bound = work.solve(1e-6, 30.0)
    assert bound.tied is not None
    return Turns(work, bound.tied, bound.prices, near(work, bound.tied))


def ways(turns: Turns, f: int) -> list[IntArray]:
    """Return every way to do the works of a facility."""
    own = turns.work.facilities[f]
    years = [[-1, *np.flatnonzero(one).tolist()] for one in own.allowed]
    every = [np.array(one, dtype=np.int64) for one in product(*years)]
    return [one for one in every if own.table.possible[standing_sets(one, YEARS)].all()]


def agrees(one: IntArray, other: IntArray, years: BoolArray) -> bool:
    """Say whether two plans differ at most in works that begin in some years in one and in none other in the other."""
    free = (other < 0) | years[np.maximum(other, 0)]
    return bool(np.all(np.where(free, (one < 0) | years[np.maximum(one, 0)], one == other)))


@pytest.mark.parametrize("seed", range(4))
def test_plans_around_one_are_all_that_agree_with_it_outside_the_years(seed: int) -> None:
    turns, years = turns_of(seed), np.isin(np.arange(YEARS), [1, 2])
    assert turns.listed is not None
    lister = turns.listed.lister
    for f in range(3):
        every = ways(turns, f)
        now = every[seed * 7 % len(every)]
        wanted = {one.tobytes() for one in every if agrees(one, now, years)}
        met = {one.tobytes() for one in lister.around(f, now, years, lister.limits.price, 1e10, 10_000)}
        assert met == wanted
        # Where there are more than some, none that does not agree is met either.
        few = lister.around(f, now, years, lister.limits.price, 1e10, max(len(wanted) // 2, 1))
        assert len(few) <= len(wanted)
        assert all(agrees(one, now, years) for one in few)


@pytest.mark.parametrize("seed", range(4))
def test_plans_fixed_one_after_the_other_keep_all_limits(seed: int) -> None:
    turns = turns_of(seed)
    fixing, problem = turns.fixing(), turns.work.problem
    lowest = [turns.begun(fixing, number, Until.after(10.0)) for number in range(3)]
    # Where there is no time nothing is done, which keeps all limits too.
    never = fixing.starts(np.random.default_rng(0), Until.after(0.0))
    assert all((one < 0).all() for one in never)
    for starts in (fixing.starts(np.random.default_rng(seed), Until()), *(one.starts for one in lowest)):
        paid = np.zeros(YEARS)
        for own, one in zip(turns.work.facilities, starts, strict=True):
            assert own.table.possible[standing_sets(one, YEARS)].all()
            paid += own.bare(one).paid
        assert (paid <= problem.budget + 1.5).all()
    nothing = turns.standing(never)
    assert min(one.value for one in lowest) <= nothing.value + 1.0
