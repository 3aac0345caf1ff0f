"""What whole units take of a mean: against all plans of a few houses, in whole tenths of a kilowatt."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.optimise.solar_allocation.lattice import Remainders
from model.optimise.solar_allocation.sums import Sum


def made_up(seed: int, houses: int) -> tuple[Sum, np.ndarray, np.ndarray]:
    """Return a sum of modules of 0.4 kW, what is sure of it in tenths of a kilowatt, and what slots cost more."""
    random = np.random.default_rng(seed)
    kw = 0.4 * random.integers(0, 5, (3, houses))
    kw[0, 0] = 0.4
    tenths = random.integers(-30, 31, (3, houses))
    above = np.round(random.uniform(0, 50, (3, houses)), 2)
    above[0] = 0.0
    above[1:][random.random((2, houses)) < 0.2] = np.inf
    return Sum(np.full(houses, 0.8), kw, tenths / 10), tenths, above


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.floats(0, 200), st.floats(0, 500))
def test_no_plan_within_the_room_loses_less_to_whole_units(seed: int, houses: int, room: float, price: float) -> None:
    total, tenths, above = made_up(seed, houses)
    found = Remainders(total, np.zeros(houses, dtype=np.int64), above).least_taken(room, price, 0.0)
    lost = []
    for plan in product(range(3), repeat=houses):
        places = (np.array(plan), np.arange(houses))
        # Modules of four tenths reach what is owed with up to three tenths too much.
        taken = int(tenths[places].sum()) % 4 / 10
        if above[places].sum() + price * taken <= room:
            lost.append(taken)
    assert found <= min(lost, default=np.inf) + 1e-9


def test_what_whole_units_take_is_saved_only_by_a_change_within_the_room() -> None:
    """Three modules of 0.4 kW for one kilowatt that is owed: 0.2 kW too much, unless one of 0.2 kW is left out."""
    total = Sum(np.array([0.8]), np.array([[0.4], [0.4]]), np.array([[-1.0], [-0.8]]))
    found = Remainders(total, np.zeros(1, dtype=np.int64), np.array([[0.0], [30.0]]))
    assert found.least_taken(29.0, 1.0, 0.0) == pytest.approx(0.2)
    assert found.least_taken(30.0, 1.0, 0.0) == pytest.approx(0.0)
    assert found.least_taken(-1.0, 1.0, 0.0) == np.inf


def test_amounts_off_the_grid_of_modules_prove_nothing() -> None:
    total = Sum(np.array([0.8]), np.array([[0.4], [0.8]]), np.array([[-1.0], [-1.0 + 1e-5 / 3]]))
    found = Remainders(total, np.zeros(1, dtype=np.int64), np.array([[0.0], [1.0]]))
    assert found.least_taken(np.inf, 1.0, 0.0) == 0.0
