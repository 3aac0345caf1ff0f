"""Designs of ensembles and the indices that come from them."""

import numpy as np
import pytest
from scipy.stats import sobol_indices

from model.faults import BadInput
from model.sampling import Design, DesignName, points
from model.sensitivity import linear_shares, sobol


@pytest.mark.parametrize("name", ["sobol", "latin_hypercube"])
def test_each_half_of_each_range_is_drawn_as_often(name: DesignName) -> None:
    drawn = points(Design(name, 64, 5), 7)
    assert drawn.shape == (64, 7)
    assert drawn.min() >= -1 and drawn.max() <= 1
    # One point in each of 64 slices of every factor.
    slices = np.floor((drawn + 1) / 2 * 64).astype(int)
    assert all(sorted(column) == list(range(64)) for column in slices.T)


@pytest.mark.parametrize("name", ["sobol", "latin_hypercube", "saltelli"])
def test_a_design_is_a_function_of_its_seed(name: DesignName) -> None:
    first, again, other = (points(Design(name, 16, seed), 3) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_sobol_points_do_not_hang_on_how_many_are_drawn() -> None:
    assert np.array_equal(points(Design("sobol", 100, 1), 4), points(Design("sobol", 128, 1), 4)[:100])


def test_saltelli_has_each_factor_of_b_in_a() -> None:
    first, second, *mixed = points(Design("saltelli", 8, 1), 3).reshape(5, 8, 3)
    for factor, each in enumerate(mixed):
        others = np.arange(3) != factor
        assert np.array_equal(each[:, others], first[:, others])
        assert np.array_equal(each[:, factor], second[:, factor])


@pytest.mark.parametrize(
    ("name", "samples", "words"), [("sobol", 0, "1-"), ("saltelli", 100, "128"), ("saltelli", 1, "2")]
)
def test_designs_that_cannot_be_are_refused(name: DesignName, samples: int, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        points(Design(name, samples, 1), 3)


def test_nothing_uncertain_is_no_design_for_indices() -> None:
    assert points(Design("sobol", 4, 1), 0).shape == (4, 0)
    with pytest.raises(BadInput, match="no factor"):
        points(Design("saltelli", 4, 1), 0)


# Ishigami and Homma 1990: sin x1 + 7 sin² x2 + 0.1 x3⁴ sin x1 on [−π, π]; indices in closed form.
A, B = 7.0, 0.1
V1, V2, V13 = 0.5 * (1 + B * np.pi**4 / 5) ** 2, A**2 / 8, B**2 * np.pi**8 * (1 / 18 - 1 / 50)
V = V1 + V2 + V13
FIRST, TOTAL = np.array([V1, V2, 0.0]) / V, np.array([V1 + V13, V2, V13]) / V


def ishigami(points: np.ndarray) -> np.ndarray:
    x = points * np.pi
    return np.sin(x[:, 0]) + A * np.sin(x[:, 1]) ** 2 + B * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_indices_of_ishigami_are_those_in_closed_form() -> None:
    assert pytest.approx([0.3139, 0.4424, 0.0], abs=5e-5) == FIRST
    assert pytest.approx([0.5576, 0.4424, 0.2437], abs=5e-5) == TOTAL
    found = sobol(ishigami(points(Design("saltelli", 2**14, 1), 3))[None], 2**14, 3)
    assert found.first[0] == pytest.approx(FIRST, abs=2e-3)
    assert found.total[0] == pytest.approx(TOTAL, abs=2e-3)
    assert np.all(found.first_low <= FIRST) and np.all(found.first_high >= FIRST)
    assert np.all(found.total_low <= TOTAL) and np.all(found.total_high >= TOTAL)


def test_indices_are_those_of_scipy() -> None:
    values = ishigami(points(Design("saltelli", 256, 9), 3))
    blocks = values.reshape(5, 256)
    other = sobol_indices(func={"f_A": blocks[:1], "f_B": blocks[1:2], "f_AB": blocks[2:, None]}, n=256)
    found = sobol(values[None], 256, 3)
    assert found.first[0] == pytest.approx(other.first_order, rel=1e-10)
    assert found.total[0] == pytest.approx(other.total_order, rel=1e-10)


def test_factors_in_another_order_have_their_indices_in_that_order() -> None:
    order = [2, 0, 1]
    drawn = points(Design("saltelli", 1024, 1), 3)
    straight = sobol(ishigami(drawn)[None], 1024, 3)
    turned = np.argsort(order)
    mixed = drawn.reshape(5, 1024, 3)[[0, 1, *(2 + turned)]].reshape(-1, 3)
    permuted = sobol(ishigami(mixed)[None], 1024, 3)
    assert permuted.total[0] == pytest.approx(straight.total[0][turned], rel=1e-12)


def test_linear_answers_share_the_variance_by_squared_slopes() -> None:
    slopes = np.array([3.0, -4.0, 0.0])
    drawn = points(Design("sobol", 4096, 1), 3)
    shares = linear_shares((drawn @ slopes)[None], drawn)[0]
    assert shares == pytest.approx([9 / 25, 16 / 25, 0.0], abs=1e-3)
    drawn = points(Design("saltelli", 4096, 1), 3)
    found = sobol((drawn @ slopes)[None], 4096, 3)
    assert found.first[0] == pytest.approx([9 / 25, 16 / 25, 0.0], abs=5e-3)
    assert found.total[0] == pytest.approx([9 / 25, 16 / 25, 0.0], abs=5e-3)


def test_an_answer_that_does_not_vary_has_no_indices() -> None:
    found = sobol(np.zeros((1, 5 * 16)), 16, 3)
    assert np.isnan(found.first).all() and np.isnan(found.total).all()
    assert np.isnan(linear_shares(np.ones((1, 8)), points(Design("sobol", 8, 1), 2))).all()
