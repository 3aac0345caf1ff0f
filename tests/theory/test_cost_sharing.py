"""Nucleolus and Shapley value against cases worked by hand and against definitions."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decomposition import shapley_values
from model.optimise.cost_sharing import (
    all_values,
    members,
    nucleolus,
    proportional,
    unhappiest,
    values_in_time,
)
from model.optimise.sampled_shapley import sampled_shapley


def exact_nucleolus(value, players):
    return nucleolus(value, players, unhappiest(all_values(value, players), players))


def saving(costs):
    """The airport game: a runway for the largest plane serves all; v is what sharing it saves."""

    def value(coalition: int) -> float:
        inside = [cost for player, cost in enumerate(costs) if coalition >> player & 1]
        return sum(inside) - max(inside, default=0.0)

    return value


def bankruptcy(estate, claims):
    """What is left of an estate for a group once everybody else is paid in full."""
    return lambda coalition: max(
        0.0, estate - sum(claim for player, claim in enumerate(claims) if not coalition >> player & 1)
    )


def test_airport_shapley_is_the_runway_shared_section_by_section() -> None:
    costs = [12.0, 20.0, 28.0]
    # 12 is shared by three, the next 8 by two, the last 8 by one.
    assert np.array(costs) - shapley_values(all_values(saving(costs), 3)) == pytest.approx([4, 8, 16])


@pytest.mark.parametrize(("estate", "awards"), [(100, [100 / 3] * 3), (200, [50, 75, 75]), (300, [50, 100, 150])])
def test_nucleolus_divides_the_talmud_estates(estate: float, awards: list[float]) -> None:
    division = exact_nucleolus(bankruptcy(estate, [100, 200, 300]), 3)
    assert division.complete
    assert division.shares == pytest.approx(awards, abs=1e-6)


def test_gloves_all_goes_to_the_scarce_one() -> None:
    def value(coalition: int) -> float:
        return float(min(coalition & 1, (coalition >> 1).bit_count()))

    assert exact_nucleolus(value, 3).shares == pytest.approx([1, 0, 0], abs=1e-9)
    assert shapley_values(all_values(value, 3)) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_majority_has_an_empty_core_by_a_third() -> None:
    division = exact_nucleolus(lambda coalition: float(coalition.bit_count() >= 2), 3)
    assert division.largest_excess == pytest.approx(1 / 3)
    assert division.shares == pytest.approx([1 / 3] * 3)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=16, max_size=16))
def test_shapley_is_the_mean_over_all_orders(drawn: list[int]) -> None:
    values = np.array([0.0, *drawn[1:]])
    gains = np.zeros(4)
    for order in permutations(range(4)):
        coalition = 0
        for player in order:
            gains[player] += values[coalition | 1 << player] - values[coalition]
            coalition |= 1 << player
    assert shapley_values(values) == pytest.approx(gains / 24)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=16, max_size=16))
def test_nucleolus_is_efficient_rational_and_no_division_has_a_smaller_largest_complaint(drawn: list[int]) -> None:
    values = np.array([0.0, *drawn[1:]])
    for player in range(4):  # superadditive over singles, so that everybody can be given his own value
        values[1 << player] = min(values[1 << player], values[15] / 4)
    division = exact_nucleolus(lambda coalition: float(values[coalition]), 4)
    table = np.array([members(coalition, 4) for coalition in range(1, 15)])
    assert division.shares.sum() == pytest.approx(values[15])
    assert (division.shares >= [values[1 << player] - 1e-6 for player in range(4)]).all()
    assert (values[1:15] - table @ division.shares).max() == pytest.approx(division.largest_excess, abs=1e-6)
    random = np.random.default_rng(0)
    alone = np.array([values[1 << player] for player in range(4)])
    others = alone + random.dirichlet(np.ones(4), 200) * (values[15] - alone.sum())
    assert (values[1:15] - others @ table.T).max(axis=1).min() >= division.largest_excess - 1e-6


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=16, max_size=16), st.lists(st.integers(1, 9), min_size=4, max_size=4))
def test_nucleolus_looked_for_near_a_division_is_the_same(drawn: list[int], weights: list[int]) -> None:
    values = np.array([0.0, *drawn[1:]])
    for player in range(4):
        values[1 << player] = min(values[1 << player], values[15] / 4)

    def value(coalition: int) -> float:
        return float(values[coalition])

    centre = proportional(values[15], np.array(weights, dtype=float))
    near = nucleolus(value, 4, unhappiest(all_values(value, 4), 4), tolerance=1e-7, centre=centre)
    plain = exact_nucleolus(value, 4)
    assert near.complete
    assert near.shares == pytest.approx(plain.shares, abs=1e-4)
    assert near.least == pytest.approx(plain.least, abs=1e-5)
    assert near.least <= near.largest_excess <= near.least + 1e-6


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=32, max_size=32))
def test_a_search_cut_short_still_tells_between_what_the_least_core_lies(drawn: list[int]) -> None:
    values = np.array([0.0, *drawn[1:]])
    for player in range(5):
        values[1 << player] = min(values[1 << player], values[31] / 5)

    def value(coalition: int) -> float:
        return float(values[coalition])

    search = unhappiest(all_values(value, 5), 5)
    short = nucleolus(value, 5, search, tolerance=1e-7, seconds=0.0, centre=proportional(values[31], np.ones(5)))
    least = exact_nucleolus(value, 5).least
    assert short.least <= least + 1e-6
    assert short.largest_excess >= least - 1e-6
    assert short.shares.sum() == pytest.approx(values[31], abs=1e-6)


def test_nucleolus_is_the_lexicographic_minimum_among_a_grid() -> None:
    values = np.array([0, 0, 0, 4, 0, 3, 2, 6], dtype=float)
    division = exact_nucleolus(lambda coalition: float(values[coalition]), 3)
    table = np.array([members(coalition, 3) for coalition in range(1, 7)])

    def complaints(shares):
        return tuple(np.round(np.sort(values[1:7] - table @ shares)[::-1], 6))

    grid = [np.array([a, b, 6 - a - b]) / 1.0 for a in np.arange(0, 6.01, 0.25) for b in np.arange(0, 6.01 - a, 0.25)]
    assert complaints(division.shares) <= min(complaints(shares) for shares in grid)


def known(value):
    return lambda coalition: (value(coalition), value(coalition))


def test_sampled_shapley_adds_up_and_comes_within_its_error() -> None:
    costs = [3.0, 5.0, 8.0, 9.0, 14.0, 15.0, 21.0, 22.0]
    value = saving(costs)
    exact = shapley_values(all_values(value, 8))
    within = []
    for seed in range(20):
        drawn = sampled_shapley(known(value), value(255), 8, 60, seed)
        assert drawn.pairs == 60 and not drawn.few
        assert drawn.shares.sum() == pytest.approx(value(255))
        assert drawn.standard_error.max() > 0 and drawn.allowance.max() == 0
        within.append(np.abs(drawn.shares - exact) <= 2 * drawn.standard_error)
    assert np.mean(within) > 0.9


def test_what_players_are_worth_alone_and_by_twos_is_found_without_error() -> None:
    """A pair of opposite groups shows the half of every bond between two players, which is what each is given of it."""
    alone, bonds = np.array([4.0, 1.0, 0.0, 2.0, 3.0, 5.0]), {(0, 1): 6.0, (1, 4): -2.0, (3, 5): 8.0}

    def value(coalition: int) -> float:
        inside = members(coalition, 6)
        return float(inside @ alone) + sum(worth * inside[a] * inside[b] for (a, b), worth in bonds.items())

    drawn = sampled_shapley(known(value), value(63), 6, 40, seed=2)
    assert drawn.shares == pytest.approx([7.0, 3.0, 0.0, 6.0, 2.0, 9.0])
    assert drawn.standard_error == pytest.approx(0.0, abs=1e-9)


def test_a_rougher_game_leaves_the_shapley_value_and_makes_it_surer() -> None:
    costs = [3.0, 5.0, 8.0, 9.0, 14.0, 15.0, 21.0, 22.0]
    value = saving(costs)

    def rough(coalition: int) -> float:
        return 1.1 * value(coalition) + 0.02 * (coalition % 7 - 3) * (0 < coalition < 255)

    exact = shapley_values(all_values(value, 8))
    plain = sampled_shapley(known(value), value(255), 8, 24, seed=1)
    helped = sampled_shapley(known(value), value(255), 8, 24, seed=1, rough=rough)
    assert helped.pairs == 24 and helped.rough_pairs == 120
    assert helped.shares.sum() == pytest.approx(value(255))
    assert (np.abs(helped.shares - exact) <= 4 * helped.standard_error + 1e-9).all()
    assert helped.standard_error.max() < plain.standard_error.max()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(14, 40))
def test_whatever_groups_are_worth_between_their_bounds_the_shares_move_by_no_more_than_said(
    seed: int, pairs: int
) -> None:
    value = saving([3.0, 5.0, 8.0, 9.0, 14.0, 15.0, 21.0])
    room = np.random.default_rng(seed).uniform(0.0, 2.0, (128, 2))

    def bracket(coalition: int) -> tuple[float, float]:
        return value(coalition) - room[coalition, 0], value(coalition) + room[coalition, 1]

    loose = sampled_shapley(bracket, value(127), 7, pairs, seed)
    tight = sampled_shapley(known(value), value(127), 7, pairs, seed)
    assert (np.abs(loose.shares - tight.shares) <= loose.allowance + 1e-9).all()


def test_few_pairs_tell_an_error_without_a_regression_and_hardly_any_tell_none() -> None:
    costs = np.arange(3.0, 26.0)
    value = saving(costs.tolist())
    few = sampled_shapley(known(value), value(2**23 - 1), 23, 20, seed=0)
    assert few.few and np.isfinite(few.standard_error).all()
    none = sampled_shapley(known(value), value(2**23 - 1), 23, 6, seed=0)
    assert np.isinf(none.standard_error).all()
    for drawn in (few, none):
        assert drawn.shares.sum() == pytest.approx(value(2**23 - 1))


def test_what_groups_are_worth_for_their_size_alone_is_shared_equally_without_error() -> None:
    """However few the pairs, so that only what sets wards apart is left to chance."""
    drawn = sampled_shapley(known(lambda coalition: float(coalition.bit_count() ** 2)), 23.0**2, 23, 20, seed=0)
    assert drawn.few
    assert drawn.shares == pytest.approx([23.0] * 23)
    assert drawn.standard_error == pytest.approx(0.0, abs=1e-9)


def test_few_pairs_are_free_of_bias_and_their_error_is_the_one_stated() -> None:
    costs = [3.0, 5.0, 8.0, 9.0, 14.0, 15.0, 21.0, 22.0, 22.0, 25.0, 26.0, 30.0]
    value = saving(costs)
    exact = shapley_values(all_values(value, 12))
    drawn = [sampled_shapley(known(value), value(4095), 12, 16, seed) for seed in range(400)]
    drawn = [one for one in drawn if np.isfinite(one.standard_error).all() and one.few]
    off = np.array([one.shares - exact for one in drawn])
    stated = np.sqrt(np.mean([one.standard_error**2 for one in drawn], axis=0))
    assert len(drawn) > 30
    assert np.abs(off.mean(axis=0)).max() <= 4 * stated.max() / np.sqrt(len(drawn))
    assert np.sqrt((off**2).mean()) == pytest.approx(np.sqrt((stated**2).mean()), rel=0.4)


def test_without_time_the_shapley_value_states_no_error_and_still_adds_up() -> None:
    value = saving([3.0, 5.0, 8.0])
    drawn = sampled_shapley(known(value), value(7), 3, 100, seed=0, seconds=-1.0)
    assert drawn.pairs == 0
    assert drawn.shares.sum() == pytest.approx(value(7))
    assert np.isinf(drawn.standard_error).all()


def test_the_first_level_not_settled_is_told_between_two_amounts() -> None:
    values = np.array([0, 0, 0, 4, 0, 3, 2, 6], dtype=float)

    def value(coalition: int) -> float:
        return float(values[coalition])

    search = unhappiest(all_values(value, 3), 3)
    assert exact_nucleolus(value, 3).level is None
    short = nucleolus(value, 3, search, seconds=0.0)
    assert not short.complete and short.level is not None
    assert short.level[0] <= short.level[1]


def test_all_values_are_given_up_when_time_is_over() -> None:
    assert values_in_time(saving([3.0, 5.0]), 2, 0.0) is None
    assert values_in_time(saving([3.0, 5.0]), 2, np.inf) == pytest.approx([0.0, 0.0, 0.0, 3.0])


def test_proportional() -> None:
    assert proportional(12.0, np.array([1.0, 2.0, 3.0])) == pytest.approx([2, 4, 6])
