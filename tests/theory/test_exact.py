"""Arithmetic of the rules against fractions and against hand-worked roundings."""

from fractions import Fraction
from math import ceil, nextafter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.ordinance.exact import (
    exact,
    half_up,
    percentage,
    ratio,
    reaches,
    scaled,
    share_up,
    total,
    within,
)

RATES = st.sampled_from([0.85, 0.7, 0.3, 0.05, 0.15, 0.2, 1.3])


@given(st.integers(0, 10**7), RATES, RATES)
def test_scaled_is_the_nearest_double_of_the_true_product(count: int, first: float, second: float) -> None:
    true = Fraction(count) * Fraction(str(first)) * Fraction(str(second))
    assert scaled(float(count), first, second) == float(true)
    assert scaled(np.array([count]), first, second)[0] == float(true)


@given(st.integers(0, 10**6), st.sampled_from([0.2, 0.5, 0.05, 0.3]))
def test_share_up_is_the_smallest_whole_number_not_below_the_share(count: int, share: float) -> None:
    assert int(share_up(count, share)) == ceil(Fraction(count) * Fraction(str(share)))


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        (2.5, 0, 3), (-2.5, 0, -3), (0.5, 0, 1), (1.005, 2, 1.01), (2.675, 2, 2.68), (0.285, 2, 0.29),
        (2.4999999, 0, 2), (1234.5, -1, 1230), (1235.0, -1, 1240), (0.1 + 0.2, 1, 0.3), (1.15, 1, 1.2),
    ],
)  # fmt: skip
def test_half_up_rounds_as_on_paper(value: float, digits: int, rounded: float) -> None:
    assert half_up(value, digits) == rounded


@pytest.mark.parametrize("line", [0.3, 0.85, 1.0, 2000.0, 20000.0, 850.0])
def test_a_value_on_the_line_reaches_it_and_stays_within_it(line: float) -> None:
    for value in (line, nextafter(line, 0.0), nextafter(line, 2 * line)):
        assert reaches(value, line)
        assert within(value, line)
    clearly = 1e-6 * max(line, 1.0)
    assert not reaches(line - clearly, line)
    assert not within(line + clearly, line)


def test_comparisons_work_on_arrays_and_refuse_the_unknown() -> None:
    assert reaches(np.array([0.1 + 0.2, 0.29, np.nan]), 0.3).tolist() == [True, False, False]
    assert within(np.array([0.1 + 0.2, 0.31, np.nan]), 0.3).tolist() == [True, False, False]


def test_sums_and_shares_of_decimals_are_exact() -> None:
    assert total([0.1] * 10) == 1.0
    assert ratio(0.3, 0.1) == 3.0
    assert percentage(0.07, 0.1) == 70.0
    assert exact(0.85) == Fraction(17, 20)
