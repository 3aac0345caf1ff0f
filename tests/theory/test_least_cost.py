"""Least-cost search against grids tried out in full, and its rules: never dearer, never cheaper for a harder target."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.inputs import Data
from model.levers import Levers
from model.optimise.least_cost.pathway import least_cost
from model.optimise.least_cost.problem import March, Problem, Target, point_of
from model.optimise.least_cost.search import find, slopes_around
from model.optimise.least_cost.step import Caps, Frame, Point, Region, step
from model.pathway import run_pathway
from model.scenario import load_scenario

_CHARGE = 1e5
_GRID = np.linspace(0.0, 1.0, 41)


def _frame(caps: list[float], steps: tuple[int, int] = (0, 0), rows: tuple = ()) -> Frame:
    moves = np.array([0.05 if count == 0 else 1.0 / count for count in steps])
    return Frame(Region(2, rows, moves, np.array(steps)), Caps(np.array(caps), _CHARGE))


def _curved(cost: tuple[float, float], gas: tuple[float, float], together: float) -> Callable[[np.ndarray], Point]:
    """Return a made-up march: measures get dearer the further they go, and two of them avoid less together."""

    def march(x: np.ndarray) -> Point:
        spent = 1000 + cost[0] * (x[0] + x[0] ** 2) + cost[1] * (x[1] + x[1] ** 2)
        left = 60 - gas[0] * x[0] - gas[1] * x[1] + together * min(gas) * x[0] * x[1]
        return Point(float(spent), np.array([70.0, left]))

    return march


def _cheapest(march: Callable[[np.ndarray], Point], frame: Frame) -> float:
    """Return the least cost among all points of a grid that keep the caps."""
    axes = [_GRID if count == 0 else np.linspace(0, 1, count + 1) for count in frame.region.steps]
    points = [np.array(pair) for pair in itertools.product(*axes)]
    fit = [march(x) for x in points if frame.region.has(x)]
    return min(point.cost for point in fit if not frame.caps.excess(point.gas).any())


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(
    st.tuples(st.floats(1, 200), st.floats(1, 200)),
    st.tuples(st.floats(5, 30), st.floats(5, 30)),
    st.floats(0, 0.5),
    st.floats(0.2, 0.9),
)
def test_search_is_as_good_as_a_grid(
    cost: tuple[float, float], gas: tuple[float, float], together: float, part: float
) -> None:
    march = _curved(cost, gas, together)
    most = 60 - march(np.array([1.0, 1.0])).gas[1]
    frame = _frame([np.inf, 60 - part * most])
    found = find(march, frame, np.array([1.0, 1.0]))
    assert not (frame.caps.excess(found.point.gas) > 1e-3).any()
    # The grid cannot be much better: its points are a subset of what the search may choose.
    assert found.point.cost <= _cheapest(march, frame) * (1 + 1e-4)


def test_what_moves_in_steps_stands_on_them() -> None:
    march = _curved((100.0, 30.0), (20.0, 20.0), 0.0)
    frame = _frame([np.inf, 45.0], steps=(0, 4))
    found = find(march, frame, np.array([1.0, 1.0]))
    assert found.position[1] * 4 == pytest.approx(round(found.position[1] * 4), abs=1e-6)
    assert found.point.cost <= _cheapest(march, frame) + 1e-3


def test_sums_are_kept_and_a_full_one_is_measured_by_exchange() -> None:
    # Two scenarios of one group: together at most 1. The second does the same for less money.
    def march(x: np.ndarray) -> Point:
        assert x.sum() <= 1 + 1e-9
        return Point(100 + 50 * x[0] + 20 * x[1], np.array([60 - 30 * x[0] - 30 * x[1]]))

    frame = _frame([40.0], rows=(({0: 1.0, 1: 1.0}, 1.0),))
    start = np.array([1.0, 0.0])
    slopes = slopes_around(march, frame, start, march(start))
    np.testing.assert_allclose(slopes.cost, [50.0, 20.0])
    np.testing.assert_allclose(slopes.gas, [[-30.0, -30.0]])
    found = find(march, frame, start)
    np.testing.assert_allclose(found.position, [0.0, 2 / 3], atol=1e-6)
    # A megatonne more of the cap saves a thirtieth of the second measure.
    np.testing.assert_allclose(found.prices, [20 / 30], rtol=1e-6)


def test_a_step_where_no_cap_can_be_kept_still_has_an_answer() -> None:
    march = _curved((10.0, 10.0), (5.0, 5.0), 0.0)
    frame, start = _frame([np.inf, 10.0]), np.array([0.0, 0.0])
    best = step(frame, start, march(start), slopes_around(march, frame, start, march(start)), 1.0)
    np.testing.assert_allclose(best.position, [1.0, 1.0])
    found = find(march, frame, start)
    assert frame.caps.excess(found.point.gas)[1] == pytest.approx(40.0)
    assert found.prices[1] == pytest.approx(_CHARGE)


@pytest.fixture(scope="module")
def two_levers(data: Data, levers_with: Callable[..., Levers]) -> Callable[..., Problem]:
    """Return a problem of cleaner power and panels on existing roofs, each with one position from 2030 on."""
    base = levers_with()
    high = levers_with(
        "electricity.renewable_share={2022: 0.219, 2030: 0.8}", "solar.retrofit_mw={2022: 15, 2030: 200}"
    )

    def problem(*targets: Target) -> Problem:
        return Problem(base, ("base", "high"), (base, high), targets, data, knots=(2030,))

    return problem


@pytest.mark.slow
def test_two_levers_against_every_point_of_a_grid(two_levers: Callable[..., Problem]) -> None:
    problem = two_levers(Target(2030, -0.25))
    assert [(one.group, one.knot) for one in problem.decisions] == [("solar_retrofit", 2030), ("renewable_power", 2030)]
    answer = least_cost(problem, "base")
    assert answer.reached
    march, tolerance = March(problem), problem.tolerance()
    costs = []
    for pair in itertools.product(np.linspace(0, 1, 9), repeat=2):
        point = march(np.array(pair))
        if (point.gas <= problem.caps + tolerance).all():
            costs.append(point.cost)
    assert costs
    assert answer.cost / 1e9 <= min(costs) * (1 + 1e-5)


@pytest.mark.slow
def test_relaxing_a_target_never_costs_more(two_levers: Callable[..., Problem]) -> None:
    changes = [-0.30, -0.27, -0.22, -0.15, 0.5]
    answers = [least_cost(two_levers(Target(2030, change)), "base") for change in changes]
    assert all(answer.reached for answer in answers)
    costs = [answer.cost for answer in answers]
    assert all(later <= earlier * (1 + 1e-6) for earlier, later in itertools.pairwise(costs))
    # A target that asks for nothing costs no more than doing nothing.
    problem = two_levers(Target(2030, 0.5))
    assert costs[-1] <= point_of(problem.data, run_pathway(problem.frame, problem.data)).cost * 1e9 * (1 + 1e-9)


@pytest.mark.slow
def test_a_target_out_of_reach_is_told_with_the_nearest(two_levers: Callable[..., Problem]) -> None:
    answer = least_cost(two_levers(Target(2030, -0.9)), "base")
    assert not answer.reached
    # Both levers at their ceiling are as near as can be.
    np.testing.assert_allclose(answer.found.position, [1.0, 1.0], atol=1e-6)
    full = run_pathway(answer.problem.scenarios[1], answer.problem.data).values["greenhouse_gas_total"][30]
    assert answer.missed[2030 - 2023] == pytest.approx(full - 0.1 * 62.2, rel=1e-6)


@pytest.mark.slow
def test_the_answer_is_cheaper_than_every_scenario_that_reaches_the_target(data: Data) -> None:
    names = ("no_new_policy", "carbon_half", "zero_2050")
    named = [(name, load_scenario(name).levers) for name in names]
    problem = Problem(named[1][1], names, tuple(levers for _, levers in named), (Target(2030, -0.5),), data)
    answer = least_cost(problem, "carbon_half", named)
    assert answer.reached
    meeting = []
    for _, levers in named:
        run = run_pathway(levers, data)
        total = run.values["greenhouse_gas_total"][run.axes.years >= 2030]
        if (total <= 31.1 + problem.tolerance()).all():
            meeting.append(point_of(data, run).cost * 1e9)
    assert len(meeting) == 2
    assert answer.cost < min(meeting)
