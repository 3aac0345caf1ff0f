"""Colours of the tile maps: the same for what is alike, far apart only for what is."""

from __future__ import annotations

import numpy as np
import pytest

from model.report.run.ward_map import _colours, _scale


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([12.0, 14.0], (9.5, 16.5)),  # 7 wide, half of 14
        ([-52.0, -50.0], (-64.0, -38.0)),  # 26 wide, half of 52
        ([10.0, 40.0], (10.0, 40.0)),  # wide enough as it is
        ([0.5, 2.0], (0.5, 2.0)),
        ([0.0, 0.0], (0.0, 0.0)),
        ([-1.0, 1.0], (-1.0, 1.0)),
    ],
)
def test_a_scale_spans_at_least_half_of_its_largest_value(values: list[float], ends: tuple[float, float]) -> None:
    assert _scale(np.array(values)) == pytest.approx(ends)


def test_places_that_are_nearly_alike_look_so() -> None:
    def apart(values: list[float]) -> float:
        first, last = _colours(np.array(values))[[0, -1], :3]
        return float(np.abs(first - last).max())

    assert apart([100.0, 101.0]) < 0.1 * apart([1.0, 100.0])
    assert apart([5.0, 5.0]) == 0.0
