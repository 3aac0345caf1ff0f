"""Survival curves against scipy's distributions, closed forms and published figures."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.stats
from scipy import integrate, special

from model.survival import (
    CurveError,
    Survival,
    annual_hazard,
    conditional_survival,
    hazard,
    hazard_table,
    mean_lifetime,
    survival,
    survival_table,
)

BUMA_SHAPE, BUMA_SCALE = 1.87660579, 41.23323
SIX_NUMBERS = Survival("s_curve", (10.0, 0.95, 30.0, 0.6, 70.0, 0.1))
OBSERVED = Survival.from_table([0, 10, 20, 50], [1.0, 0.9, 0.6, 0.2])
FROM_MOMENTS = ["weibull", "log_normal", "gamma", "normal", "normal_untruncated", "s_curve"]
CURVES = [Survival.from_mean_sd(family, 40.0, 13.0) for family in FROM_MOMENTS] + [
    Survival.weibull(BUMA_SHAPE, BUMA_SCALE),
    Survival.from_mean_sd("normal", 15.0, 1.0),
    SIX_NUMBERS,
    OBSERVED,
]


def scipy_distribution(curve: Survival) -> "scipy.stats.rv_continuous":
    a, b = curve.parameters
    return {
        "weibull": lambda: scipy.stats.weibull_min(a, scale=b),
        "log_normal": lambda: scipy.stats.lognorm(b, scale=np.exp(a)),
        "gamma": lambda: scipy.stats.gamma(a, scale=b),
        "normal": lambda: scipy.stats.truncnorm(-a / b, np.inf, loc=a, scale=b),
        "normal_untruncated": lambda: scipy.stats.norm(a, b),
    }[curve.family]()


def riemann_zeta_of_minus(s: float) -> float:
    """ζ(−s) by the functional equation; scipy gives it for arguments above 1 only."""
    return 2**-s * np.pi ** (-s - 1) * np.sin(-np.pi * s / 2) * special.gamma(1 + s) * special.zeta(1 + s)


def stationary_stock_of_weibull(shape: float, scale: float, inflow_at: str) -> float:
    """Σ S at the ages of year ends as mean + Σ_n (−1)^n/n! · scale^(−shape·n) · ζ(−shape·n, first age).

    Generalised Euler-Maclaurin sum of exp(−(a/scale)^shape), whose powers of a at 0 are not whole numbers.
    """
    total = scale * special.gamma(1 + 1 / shape)
    for n in range(12):
        s = shape * n
        from_one = -0.5 if n == 0 else riemann_zeta_of_minus(s)
        hurwitz = {
            "start": from_one,
            "middle": (2**-s - 1) * from_one,
            "end": from_one + (1.0 if n == 0 else 0.0),
        }[inflow_at]
        total += (-1) ** n / special.factorial(n) * scale**-s * hurwitz
    return float(total)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.family)
@pytest.mark.parametrize("first_age", [0.0, 0.5])
def test_product_of_one_minus_hazard_is_survival(curve: Survival, first_age: float) -> None:
    ages = np.arange(400) + first_age
    product = survival(curve, first_age) * np.cumprod(1 - hazard(curve, ages))
    expected = survival(curve, ages + 1)
    assert np.abs(product - expected).max() <= 1e-12
    alive = expected > 1e-3
    assert np.abs(product[alive] / expected[alive] - 1).max() <= 1e-12


@pytest.mark.parametrize("family", FROM_MOMENTS[:5])
@pytest.mark.parametrize(("mean", "sd"), [(30.0, 10.0), (15.0, 2.0), (60.0, 45.0)])
def test_families_agree_with_scipy_and_have_their_moments(family: str, mean: float, sd: float) -> None:
    curve = Survival.from_mean_sd(family, mean, sd)
    peer = scipy_distribution(curve)
    ages = np.array([0.0, 0.5, 1.0, 7.5, 30.0, 55.0, 80.0])
    assert survival(curve, ages) == pytest.approx(peer.sf(ages), rel=1e-9, abs=1e-14)
    assert (peer.mean(), peer.std()) == pytest.approx((mean, sd), rel=1e-9)


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.family)
def test_mean_lifetime_is_the_integral_of_survival(curve: Survival) -> None:
    breaks = [0.0, 10.0, 20.0, 30.0, 50.0, 70.0, 150.0, 1000.0]
    pieces = [
        integrate.quad(lambda age: float(survival(curve, age)), low, high, epsabs=1e-11, limit=200)[0]
        for low, high in pairwise(breaks)
    ]
    assert mean_lifetime(curve) == pytest.approx(sum(pieces), rel=1e-8)


def test_published_detached_house_curve() -> None:
    # Weibull(1.87660579, 41.23323), the Japanese detached-house curve of BUMA: mean 36.604 years, stationary stock
    # 36.604 per unit of yearly mid-year inflow, 37.104 with the inflow at year end.
    curve = Survival.weibull(BUMA_SHAPE, BUMA_SCALE)
    years = np.arange(600)
    assert mean_lifetime(curve) == pytest.approx(36.604, abs=5e-4)
    for inflow_at, published in (("middle", 36.604), ("end", 37.104)):
        stock = survival_table([curve], years, years[-1:], inflow_at).sum()
        assert stock == pytest.approx(published, abs=5e-4)
        exact = stationary_stock_of_weibull(BUMA_SHAPE, BUMA_SCALE, inflow_at)
        assert stock == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(("inflow_at", "stock"), [("start", 29.5), ("middle", 30.0), ("end", 30.5)])
def test_stationary_stock_of_log_normal(inflow_at: str, stock: float) -> None:
    # Every derivative of the log-normal S vanishes at age 0, so the sum over year ends is exact; mean 30, sd 10.
    years = np.arange(4000)
    table = survival_table([Survival.from_mean_sd("log_normal", 30.0, 10.0)], years, years[-1:], inflow_at)
    assert table.sum() == pytest.approx(stock, rel=1e-12)


def test_hazard_is_one_where_nothing_is_left_and_zero_before_construction() -> None:
    curve = Survival.weibull(3.0, 10.0)
    assert float(survival(curve, 95.0)) == 0.0
    assert hazard(curve, [95.0, 1e4]).tolist() == [1.0, 1.0]
    assert hazard(curve, [-3.0, -1.5]).tolist() == [0.0, 0.0]
    assert float(hazard(curve, -0.5)) == pytest.approx(1 - np.exp(-(0.05**3)), rel=1e-12)
    ended = Survival.from_mean_sd("s_curve", 20.0, 4.0)
    assert hazard(ended, [29.0, 40.0]).tolist() == [1.0, 1.0]


def test_normal_lives_are_cut_off_at_zero_unless_asked_otherwise() -> None:
    assert float(survival(Survival("normal", (40.0, 12.0)), 0.0)) == 1.0
    untruncated = Survival("normal_untruncated", (40.0, 12.0))
    assert float(survival(untruncated, 0.0)) == pytest.approx(scipy.stats.norm.cdf(40 / 12), rel=1e-12)


def test_s_curve_goes_through_its_six_numbers_and_falls() -> None:
    ages = np.array([0.0, 5.0, 10.0, 30.0, 70.0])
    assert survival(SIX_NUMBERS, ages) == pytest.approx([1.0, 0.975, 0.95, 0.6, 0.1], rel=1e-12)
    fine = survival(SIX_NUMBERS, np.linspace(0, 200, 4001))
    assert np.all(np.diff(fine) <= 0)
    # Beyond the end the loss rate from (30, 0.6) to (70, 0.1) goes on: 40 years later a sixth of the sixth is left.
    assert float(survival(SIX_NUMBERS, 110.0)) == pytest.approx(0.1 / 6, rel=1e-12)


def test_s_curve_from_moments_is_the_smooth_step() -> None:
    curve = Survival.from_mean_sd("s_curve", 50.0, 20.0 / np.sqrt(5))
    # Half width 20 years; 1 − (3u² − 2u³) at u = 1/4, 1/2, 3/4.
    assert survival(curve, [30, 40, 50, 60, 70]) == pytest.approx([1, 0.84375, 0.5, 0.15625, 0], abs=1e-12)
    second_moment = 2 * integrate.quad(lambda age: age * float(survival(curve, age)), 0, 70, points=[30, 50])[0]
    assert np.sqrt(second_moment - 50.0**2) == pytest.approx(20 / np.sqrt(5), rel=1e-7)


def test_table_is_straight_between_points_and_goes_on_at_its_last_rate() -> None:
    assert survival(OBSERVED, [0, 5, 15, 35, 50]) == pytest.approx([1.0, 0.95, 0.75, 0.4, 0.2], rel=1e-12)
    assert float(survival(OBSERVED, 80.0)) == pytest.approx(0.2 / 3, rel=1e-12)
    whole = Survival.from_table([0, 20, 40], [1.0, 1.0, 0.0])
    assert mean_lifetime(whole) == 30.0


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.family)
def test_conditional_survival_is_a_chain(curve: Survival) -> None:
    to_twelve = conditional_survival(curve, 12.0, 4.0)
    to_eighteen = conditional_survival(curve, 18.0, 12.0)
    assert float(to_twelve * to_eighteen) == pytest.approx(float(conditional_survival(curve, 18.0, 4.0)), rel=1e-12)
    assert float(conditional_survival(curve, 18.0, 18.0)) == 1.0


def test_conditional_survival_of_what_cannot_be_there() -> None:
    assert float(conditional_survival(Survival.from_mean_sd("s_curve", 20.0, 4.0), 40.0, 35.0)) == 0.0


def test_tables_follow_the_mid_year_convention() -> None:
    curves = [Survival.weibull(2.0, 20.0), Survival.weibull(1.0, 10.0)]
    standing = survival_table(curves, [2000, 2001, 2002], [2001, 2002])
    lost = hazard_table(curves, [2000, 2001, 2002], [2001, 2002])
    assert standing.shape == lost.shape == (2, 2, 3)
    # Exponential life of 10 years: the same hazard at any age, half of it in the year of construction.
    assert standing[:, 1] == pytest.approx(np.exp(-np.array([[0.15, 0.05, np.inf], [0.25, 0.15, 0.05]])), rel=1e-12)
    assert lost[0, 1] == pytest.approx([1 - np.exp(-0.1), 1 - np.exp(-0.05), 0.0], rel=1e-12)
    # Rayleigh life: S(1.5)/S(0.5) = exp(−(1.5² − 0.5²)/20²).
    assert lost[0, 0, 0] == pytest.approx(1 - np.exp(-2.0 / 400), rel=1e-12)
    assert annual_hazard(curves, [[0.5, 1.5]]).shape == (2, 1, 2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Survival("weibull", (2.0, -1.0)),
        lambda: Survival("weibull", (2.0,)),
        lambda: Survival("log_normal", (3.0, 0.0)),
        lambda: Survival("gamma", (float("nan"), 1.0)),
        lambda: Survival("lognormal", (3.0, 0.4)),
        lambda: Survival.from_mean_sd("weibull", 40.0, 0.0),
        lambda: Survival.from_mean_sd("weibull", 40.0, 1e9),
        lambda: Survival.from_mean_sd("normal", 40.0, 45.0),
        lambda: Survival.from_mean_sd("s_curve", 40.0, 20.0),
        lambda: Survival.from_mean_sd("table", 40.0, 20.0),
        lambda: Survival("s_curve", (10.0, 0.9, 30.0, 0.95, 70.0, 0.1)),
        lambda: Survival("s_curve", (10.0, 0.9, 5.0, 0.5, 70.0, 0.1)),
        lambda: Survival("s_curve", (0.0, 0.9, 5.0, 0.5, 70.0, 0.1)),
        lambda: Survival.from_table([0, 10], [1.0, 1.2]),
        lambda: Survival.from_table([5, 10], [1.0, 0.2]),
        lambda: Survival.from_table([0, 10, 20], [1.0, 0.5, 0.5]),
        lambda: Survival.from_table([0, 10, 20], [1.0, 0.5]),
    ],
)
def test_impossible_curves_are_refused_in_both_languages(make) -> None:
    with pytest.raises(CurveError) as refused:
        make()
    assert refused.value.problem("en") and refused.value.problem("ja")
