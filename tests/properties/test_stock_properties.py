"""What must hold of the stock for any input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.equipment import calibration_constants, choice_shares, turnover
from model.stock import (
    BALANCE_TOLERANCE,
    FallingStock,
    balance_residual,
    build_to_demand_in_place,
    demolish_in_place,
    renovate,
    renovation_flow,
)
from model.survival import Survival, hazard, hazard_table, survival

SEGMENTS, REGIONS, YEARS = 3, 4, 12
FIRST = 20
seeds = st.integers(0, 2**32 - 1)
means = st.floats(15.0, 90.0)
families = st.sampled_from(["weibull", "log_normal", "gamma", "normal", "s_curve"])


def random_shares(random: np.random.Generator, *shape: int) -> np.ndarray:
    weights = random.exponential(size=shape) * (random.random(shape) < 0.8) + 1e-9
    return weights / weights.sum(axis=-1, keepdims=True)


def random_transition(random: np.random.Generator, standards: int) -> np.ndarray:
    upper = np.triu(random_shares(random, standards, standards) + 1e-6)
    return upper / upper.sum(axis=1, keepdims=True)


def march(
    stock: np.ndarray, demand: np.ndarray, curves: list[Survival], falling: FallingStock
) -> tuple[list[np.ndarray], np.ndarray]:
    """Run demolition and construction over the years; return the flows of each year and the stock at the end."""
    vintages = np.arange(FIRST + YEARS)
    area = np.concatenate([stock, np.zeros((*stock.shape[:2], YEARS))], axis=2)
    flows = []
    for step, lost in enumerate(hazard_table(curves, vintages, vintages[FIRST:])):
        before, y = area.sum(axis=2), FIRST + step
        by_age = demolish_in_place(area, lost)
        done = build_to_demand_in_place(area, demand[step], y, 1 - lost[:, y], falling)
        demolished = by_age + done.demolished_first_year + done.demolished_oldest
        flows.append(np.stack([before, area.sum(axis=2), done.built, demolished, done.vacant]))
    return flows, area


def random_case(seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    stock = random.exponential(1e4, (SEGMENTS, REGIONS, FIRST)) * (random.random((SEGMENTS, REGIONS, FIRST)) < 0.7)
    demand = stock.sum(axis=2) * np.cumprod(random.uniform(0.85, 1.1, (YEARS, SEGMENTS, REGIONS)), axis=0)
    return stock, demand


@settings(max_examples=60, deadline=None)
@given(seeds, families, means, st.floats(0.1, 0.44), st.sampled_from(["vacant", "demolish_oldest"]))
def test_the_balance_closes_in_every_cell(seed: int, family: str, mean: float, spread: float, falling: str) -> None:
    stock, demand = random_case(seed)
    flows, area = march(stock, demand, [Survival.from_mean_sd(family, mean, spread * mean)] * SEGMENTS, falling)
    for (before, after, built, demolished, vacant), wanted in zip(flows, demand, strict=True):
        assert balance_residual(before, after, built, demolished).max() <= BALANCE_TOLERANCE
        assert after == pytest.approx(wanted + vacant, rel=1e-12, abs=1e-6)
        assert min(built.min(), demolished.min(), vacant.min()) >= 0
        assert falling == "vacant" or not vacant.any()
    assert area.min() >= 0


@settings(max_examples=40, deadline=None)
@given(seeds, means, st.floats(1.05, 3.0), st.floats(1.2, 4.0))
def test_longer_lives_never_need_more_construction(seed: int, scale: float, longer: float, shape: float) -> None:
    stock, _ = random_case(seed)
    demand = np.repeat(stock.sum(axis=2)[None], YEARS, axis=0)
    built = [
        np.cumsum(
            [flow[2] for flow in march(stock, demand, [Survival.weibull(shape, life)] * SEGMENTS, "vacant")[0]], 0
        )
        for life in (scale, scale * longer)
    ]
    assert np.all(built[1] <= built[0] * (1 + 1e-12) + 1e-9)


@settings(max_examples=30, deadline=None)
@given(seeds, st.permutations(range(REGIONS)), st.sampled_from(["vacant", "demolish_oldest"]))
def test_the_order_of_regions_does_not_matter(seed: int, order: list[int], falling: str) -> None:
    stock, demand = random_case(seed)
    curves = [Survival.weibull(2.4, mean) for mean in (30.0, 50.0, 70.0)]
    flows, area = march(stock, demand, curves, falling)
    moved_flows, moved_area = march(stock[:, order], demand[:, :, order], curves, falling)
    assert moved_area == pytest.approx(area[:, order], rel=1e-12, abs=1e-9)
    for flow, moved in zip(flows, moved_flows, strict=True):
        assert moved == pytest.approx(flow[:, :, order], rel=1e-12, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(2, 10))
def test_renovation_sums_to_zero_and_never_lowers_a_level(seed: int, standards: int) -> None:
    random = np.random.default_rng(seed)
    share = random_shares(random, SEGMENTS, FIRST, standards)
    rate, eligible = random.random((SEGMENTS, standards)), random.random((SEGMENTS, FIRST)) < 0.7
    result = renovate(share, renovation_flow(rate, random_transition(random, standards)), eligible)
    assert np.abs(result.moved.sum(axis=2)).max() <= 1e-15 * standards
    # At or below each level there is never more than before, and the best level only grows.
    assert np.cumsum(result.moved, axis=2).max() <= 1e-14
    assert result.moved[:, :, -1].min() >= 0
    assert result.standard_share.min() >= 0
    assert result.standard_share.sum(axis=2) == pytest.approx(np.ones((SEGMENTS, FIRST)), abs=1e-14)


@given(seeds, st.integers(2, 10))
def test_no_renovation_changes_nothing(seed: int, standards: int) -> None:
    random = np.random.default_rng(seed)
    share = random_shares(random, SEGMENTS, FIRST, standards)
    everyone, rate = np.ones((SEGMENTS, FIRST), dtype=bool), random.random((SEGMENTS, standards))
    without_rate = renovate(share, renovation_flow(np.zeros_like(rate), random_transition(random, standards)), everyone)
    without_move = renovate(share, renovation_flow(rate, np.eye(standards)), everyone)
    to_nobody = renovate(share, renovation_flow(rate, random_transition(random, standards)), ~everyone)
    assert np.array_equal(without_rate.standard_share, share)
    assert np.array_equal(without_move.standard_share, share)
    assert np.array_equal(to_nobody.standard_share, share)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(2, 8))
def test_equipment_shares_sum_to_one_through_the_years(seed: int, technologies: int) -> None:
    random = np.random.default_rng(seed)
    base = random_shares(random, SEGMENTS, technologies * FIRST).reshape(SEGMENTS, technologies, FIRST)
    vintages, years = FIRST + YEARS, YEARS + 1
    standing = np.cumprod(random.random((years, technologies, vintages)), axis=0)
    replaced, new = (random_shares(random, years, SEGMENTS, technologies) for _ in range(2))
    result = turnover(
        base, standing, np.ones((technologies, vintages)), np.zeros(technologies, dtype=np.intp), replaced, new,
        random.random((years, SEGMENTS)),
    )  # fmt: skip
    assert result.share.min() >= 0
    assert result.share.sum(axis=2) == pytest.approx(np.ones((years, SEGMENTS)), abs=1e-12)
    assert result.final_per_useful == pytest.approx(result.share, abs=1e-12)


@given(seeds, st.integers(2, 8), st.floats(0.0, 1e-3))
def test_choice_answers_to_cost_and_only_to_its_differences(seed: int, technologies: int, sensitivity: float) -> None:
    random = np.random.default_rng(seed)
    base, cost = random_shares(random, technologies), random.uniform(1e4, 1e5, technologies)
    constants = calibration_constants(base, cost, sensitivity)
    assert choice_shares(cost, sensitivity, constants) == pytest.approx(base, rel=1e-9)
    dearer_all = choice_shares(cost + 5e4, sensitivity, constants)
    assert dearer_all == pytest.approx(base, rel=1e-9)
    subsidised = cost - np.eye(technologies)[0] * 1e4
    assert choice_shares(subsidised, sensitivity, constants)[0] >= base[0] * (1 - 1e-9)


@given(families, means, st.floats(0.1, 0.44), st.floats(0.0, 200.0))
def test_survival_falls_and_hazard_is_a_share(family: str, mean: float, spread: float, age: float) -> None:
    curve = Survival.from_mean_sd(family, mean, spread * mean)
    now, later, lost = float(survival(curve, age)), float(survival(curve, age + 1)), float(hazard(curve, age))
    assert 0 <= later <= now <= 1 and 0 <= lost <= 1
    assert now * (1 - lost) == pytest.approx(later, abs=1e-12)
