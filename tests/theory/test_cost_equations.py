"""Equations of cost against sums written out, textbook annuities and areas under curves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from model.cost_equations import annuity, discount_factors, rising_cost, spread_over_life, value_forgone


def test_annuity_of_a_textbook() -> None:
    # Capital recovery factor of 10 years at 3 %, payments at year's end: 0.117231 (tables of engineering economics).
    assert annuity(0.03, 10) * 1.03 == pytest.approx(0.117231, abs=5e-7)
    assert annuity(0.0, 8) == pytest.approx(1 / 8)


@given(st.floats(0.0, 0.3), st.integers(1, 60))
def test_annuities_are_worth_what_was_spent(rate: float, life: int) -> None:
    spent = np.zeros(life + 5)
    spent[2] = 700.0
    worth = (spread_over_life(spent, rate, life) / (1 + rate) ** np.arange(life + 5)).sum()
    assert worth == pytest.approx(700.0 / (1 + rate) ** 2, rel=1e-9)


def test_works_leave_the_books_after_their_life() -> None:
    cost = spread_over_life(np.array([[10.0], [0.0], [20.0], [0.0], [0.0], [0.0]]), 0.0, 2)
    assert_allclose(cost[:, 0], [5.0, 5.0, 10.0, 10.0, 0.0, 0.0])


def test_discounting_leaves_the_past_alone() -> None:
    assert_allclose(discount_factors(0.25, [-3, 0, 1, 2]), [1.0, 1.0, 0.8, 0.64])


@given(st.floats(0.0, 1.0), st.floats(0.0, 50.0), st.floats(0.0, 200.0))
def test_rising_cost_is_the_area_under_its_line(share: float, first: float, last: float) -> None:
    steps = (np.arange(2000) + 0.5) / 2000 * share
    area = (first + (last - first) * steps).sum() * share / 2000
    assert rising_cost(share, first, last) == pytest.approx(area, rel=1e-6, abs=1e-9)


def test_what_cannot_be_done_costs_no_more_than_all() -> None:
    assert_allclose(rising_cost([-0.5, 1.0, 1.7], 2.0, 4.0), [0.0, 3.0, 3.0])


@given(st.floats(0.4, 1.0), st.floats(0.0, 0.2), st.floats(0.1, 2.0))
def test_going_without_is_worth_the_area_under_the_demand_curve(service: float, free: float, elasticity: float) -> None:
    # One unit of service at a price of 1; what people would pay for the unit at q is 1 + (1 − q) / elasticity.
    lowest = min(1.0, service + free)
    units = lowest + (np.arange(4000) + 0.5) / 4000 * (1.0 - lowest)
    area = (1.0 + (1.0 - units) / elasticity).sum() * (1.0 - lowest) / 4000
    assert value_forgone(np.array(service), np.array(service), free, elasticity) == pytest.approx(
        area, rel=1e-6, abs=1e-9
    )
