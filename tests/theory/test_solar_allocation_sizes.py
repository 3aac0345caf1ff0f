"""Bounds on functions of all plans within a room, and on what they need: against every plan of a few houses."""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from model.optimise.solar_allocation.edge import Edge
from model.optimise.solar_allocation.nearby import Nearby
from model.optimise.solar_allocation.sums import Sum, cumulant_parts

FloatArray = npt.NDArray[np.float64]


def few_plans(seed: int) -> tuple[Nearby, Sum, FloatArray, list[npt.NDArray[np.int64]]]:
    """Return four to six houses with three sizes, what slots lie above the best ones, and all plans."""
    random = np.random.default_rng(seed)
    houses = int(random.integers(4, 7))
    kw = 0.4 * np.array([[0.0], [4.0], [9.0]]) * random.integers(1, 3, houses)
    consent, choice = np.round(random.uniform(0.6, 0.97, houses), 2), random.integers(0, 3, houses)
    above = np.round(random.uniform(0.0, 3.0, kw.shape), 3)
    above[choice, np.arange(houses)] = 0.0
    part = Sum(consent, kw, np.zeros_like(kw))
    plans = [np.array(one) for one in product(range(3), repeat=houses)]
    return Nearby(part, 0.4, choice.astype(np.int64), above), part, above, plans


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.5, 8.0), st.floats(0.0, 0.9))
def test_no_plan_has_a_function_larger_than_the_bound(seed: int, room: float, part_of_range: float) -> None:
    """All plans within a room that have some variance at least, at many points."""
    near, part, above, plans = few_plans(seed)
    houses, points = np.arange(near.base.size), np.linspace(0.02, np.pi / 0.4, 40)
    inside = [one for one in plans if above[one, houses].sum() <= room]
    variances = [float(part.variance[one, houses].sum()) for one in inside]
    least = part_of_range * max(variances)
    bound = near.largest(points, room, least)
    for plan, variance in zip(inside, variances, strict=True):
        if variance >= least:
            kw, p = part.kw[plan, houses], part.consent
            sizes = np.abs(np.prod(1 - p + p * np.exp(1j * np.multiply.outer(points, kw)), axis=1))
            assert np.all(sizes <= bound + 1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.5, 8.0), st.sampled_from([0.6, 0.8, 0.9]), st.booleans())
def test_no_plan_needs_less_than_a_thorough_look_says(seed: int, room: float, certainty: float, thorough: bool) -> None:
    """What each plan needs by adding up decisions, whole units: the highest mark that it reaches often enough."""
    near, part, above, plans = few_plans(seed)
    houses = np.arange(near.base.size)
    edge = Edge(near, room, thorough=thorough)
    for plan in plans:
        if above[plan, houses].sum() > room:
            continue
        kw, variance = part.kw[plan, houses], float(part.variance[plan, houses].sum())
        cumulants = np.array([float(part.variance[plan, houses] @ one) for one in cumulant_parts(part.consent, kw)])
        every = np.ones(1)
        for size, p in zip(np.rint(kw / 0.4).astype(int).tolist(), part.consent.tolist(), strict=True):
            after = np.zeros(every.size + size)
            after[: every.size] += (1 - p) * every
            after[size:] += p * every
            every = after
        reached = np.cumsum(every[::-1])[::-1]
        mark = 0.4 * int(np.flatnonzero(reached >= certainty - 1e-12).max())
        needs = float(part.consent @ kw) - mark
        least = edge.least(variance, edge.beyond_tilt(variance, cumulants)[np.newaxis], certainty)[0]
        assert least <= needs + 1e-9
