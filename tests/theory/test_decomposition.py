"""LMDI and Shapley by hand and by their properties."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.decomposition import CO2_FACTORS, co2_change, lmdi, logarithmic_mean, shapley

CELLS = arrays(float, (3, 4), elements=st.floats(0.001, 1000))
MAYBE_ZERO = arrays(float, (3, 4), elements=st.one_of(st.just(0.0), st.floats(0.001, 1000)))


def test_logarithmic_mean_by_hand() -> None:
    assert logarithmic_mean(np.array([1.0, 5.0, 0.0, 2.0]), np.array([np.e, 5.0, 3.0, 0.0])) == pytest.approx(
        [np.e - 1, 5.0, 0.0, 0.0]
    )


@given(CELLS, CELLS, CELLS, CELLS)
def test_effects_leave_no_residual_and_swap_sign(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> None:
    forth = lmdi({"x": a, "y": b}, {"x": c, "y": d})
    back = lmdi({"x": c, "y": d}, {"x": a, "y": b})
    change = (c * d).sum() - (a * b).sum()
    scale = (c * d).sum() + (a * b).sum()
    assert sum(forth.values()) == pytest.approx(change, abs=1e-7 * scale)
    for name in forth:
        assert forth[name] == pytest.approx(-back[name], abs=1e-7 * scale)


@pytest.mark.slow
@given(MAYBE_ZERO, CELLS, MAYBE_ZERO, CELLS)
def test_zero_cells_leave_no_residual(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> None:
    effects = lmdi({"x": a, "y": b}, {"x": c, "y": d})
    change = (c * d).sum() - (a * b).sum()
    assert sum(effects.values()) == pytest.approx(change, abs=1e-7 * (1 + (c * d).sum() + (a * b).sum()))


def test_a_cell_that_vanishes_belongs_to_what_became_zero() -> None:
    assert lmdi({"x": np.array([4.0]), "y": np.array([3.0])}, {"x": np.array([0.0]), "y": np.array([9.0])}) == {
        "x": -12.0,
        "y": 0.0,
    }


def test_factor_that_does_not_change_has_no_effect() -> None:
    effects = lmdi({"x": np.array([2.0, 5.0]), "y": 3.0}, {"x": np.array([4.0, 1.0]), "y": 3.0})
    assert effects["y"] == 0.0


def test_buildings_of_a_run_decompose_without_residual(made_up: xr.Dataset) -> None:
    effects = co2_change(made_up, 2000, made_up, 2030)
    co2 = made_up["co2"].sel(factor_view="real").sum(["segment", "carrier"])
    assert tuple(effects) == CO2_FACTORS
    assert sum(effects.values()) == pytest.approx(float(co2.sel(year=2030) - co2.sel(year=2000)), rel=1e-9)


def test_shapley_of_the_glove_game() -> None:
    # Two left gloves, one right: the right one is worth two thirds (hand-worked in any textbook).
    def pairs(coalition: frozenset[str]) -> float:
        return float(min(len(coalition & {"left", "other left"}), len(coalition & {"right"})))

    values = shapley(pairs, ["left", "other left", "right"])
    assert values == pytest.approx({"left": 1 / 6, "other left": 1 / 6, "right": 4 / 6})


def test_shapley_of_an_airport() -> None:
    # Runway costs 1, 2, 3: each part is shared by those who need it: 1/3, 1/3 + 1/2, 1/3 + 1/2 + 1.
    costs = {"small": 1.0, "middle": 2.0, "large": 3.0}
    worth: Callable[[frozenset[str]], float] = lambda who: max((costs[name] for name in who), default=0.0)  # noqa: E731
    assert shapley(worth, list(costs)) == pytest.approx({"small": 1 / 3, "middle": 5 / 6, "large": 11 / 6})
