"""The families of survival curves: ln S, the mean life, the parameters from mean and sd, and what is impossible.

`model.survival` is the place to use them from; here one family follows the other, each a handful of formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from model.language import Text

Array: TypeAlias = npt.NDArray[np.float64]
Parameters: TypeAlias = tuple[float, ...]
Family = Literal["weibull", "log_normal", "gamma", "normal", "normal_untruncated", "s_curve", "table"]


class CurveError(ValueError):
    """A survival curve with impossible parameters; `problem` says why in both languages."""

    def __init__(self, problem: Text) -> None:
        self.problem = problem
        super().__init__(problem("en"))


class FamilyFormulas(NamedTuple):
    """What makes a family: four formulas."""

    log_survival: Callable[[Parameters, Array], Array]
    mean: Callable[[Parameters], float]
    from_mean_sd: Callable[[float, float], Parameters] | None
    check: Callable[[Parameters], None]


def _weibull_log_survival(parameters: Parameters, age: Array) -> Array:
    shape, scale = parameters
    return -np.power(age / scale, shape)


def _weibull_mean(parameters: Parameters) -> float:
    shape, scale = parameters
    return scale * float(special.gamma(1.0 + 1.0 / shape))


def _weibull_from_mean_sd(mean: float, sd: float) -> Parameters:
    """The shape follows from 1 + (sd/mean)² = Γ(1 + 2/shape)/Γ(1 + 1/shape)², the scale from the mean."""

    def excess(log_shape: float) -> float:
        step = np.exp(-log_shape)
        return float(special.gammaln(1 + 2 * step) - 2 * special.gammaln(1 + step) - np.log1p((sd / mean) ** 2))

    shape = float(np.exp(_root(excess, np.log(0.1), np.log(1e4))))
    return shape, mean / float(special.gamma(1.0 + 1.0 / shape))


def _log_normal_log_survival(parameters: Parameters, age: Array) -> Array:
    mu, sigma = parameters
    return np.asarray(special.log_ndtr((mu - np.log(age)) / sigma))


def _log_normal_mean(parameters: Parameters) -> float:
    mu, sigma = parameters
    return float(np.exp(mu + sigma**2 / 2))


def _log_normal_from_mean_sd(mean: float, sd: float) -> Parameters:
    variance = float(np.log1p((sd / mean) ** 2))
    return float(np.log(mean)) - variance / 2, float(np.sqrt(variance))


def _gamma_log_survival(parameters: Parameters, age: Array) -> Array:
    shape, scale = parameters
    return np.log(special.gammaincc(shape, age / scale))


def _gamma_mean(parameters: Parameters) -> float:
    shape, scale = parameters
    return shape * scale


def _gamma_from_mean_sd(mean: float, sd: float) -> Parameters:
    return (mean / sd) ** 2, sd**2 / mean


def _normal_log_survival(parameters: Parameters, age: Array) -> Array:
    """Φ((location − a)/scale) / Φ(location/scale): the bell curve given that the life is positive."""
    location, scale = parameters
    return np.asarray(special.log_ndtr((location - age) / scale) - special.log_ndtr(location / scale))


def _inverse_mills(standard_location: float) -> float:
    """φ(x)/Φ(x), by which cutting at age 0 lengthens the mean, in units of the scale."""
    log_density = -(standard_location**2) / 2 - np.log(2 * np.pi) / 2
    return float(np.exp(log_density - special.log_ndtr(standard_location)))


def _normal_mean(parameters: Parameters) -> float:
    location, scale = parameters
    return location + scale * _inverse_mills(location / scale)


def _normal_from_mean_sd(mean: float, sd: float) -> Parameters:
    """Location/scale = x follows from (sd/mean)² = (1 − xλ − λ²)/(x + λ)², λ = φ(x)/Φ(x); the scale from the mean."""

    def excess(x: float) -> float:
        mills = _inverse_mills(x)
        return (1 - mills * (x + mills)) / (x + mills) ** 2 - (sd / mean) ** 2

    lowest = -20.0
    if excess(lowest) < 0:
        raise CurveError(
            Text(
                "a normal life cut off at age 0 needs an sd below its mean",
                "0年で切断した正規分布では、標準偏差を平均より小さくしてください",
            )
        )
    x = _root(excess, lowest, 2.0 + 2.0 * mean / sd)
    scale = mean / (x + _inverse_mills(x))
    return x * scale, scale


def _normal_untruncated_log_survival(parameters: Parameters, age: Array) -> Array:
    mean, sd = parameters
    return np.asarray(special.log_ndtr((mean - age) / sd))


def _normal_untruncated_mean(parameters: Parameters) -> float:
    """The integral of S from age 0 on: lives left of age 0 count as 0, so it is a little above the mean parameter."""
    mean, sd = parameters
    share_alive = float(special.ndtr(mean / sd))
    return share_alive * (mean + sd * _inverse_mills(mean / sd))


def _points(parameters: Parameters) -> tuple[Array, Array]:
    """Ages and survivals of a curve that is given by points."""
    values = np.asarray(parameters, dtype=np.float64)
    return values[0::2], values[1::2]


def _tail_rate(ages: Array, share: Array) -> float:
    """Loss per year beyond the last point: that of the last interval goes on; 0 where nothing is left."""
    return float(np.log(share[-2] / share[-1]) / (ages[-1] - ages[-2])) if share[-1] > 0 else 0.0


def _tail(ages: Array, share: Array, age: Array) -> Array:
    """What the tail takes off ln S beyond the last point."""
    return np.asarray(_tail_rate(ages, share) * np.maximum(age - ages[-1], 0.0))


def _tail_mean(ages: Array, share: Array) -> float:
    """The integral of S beyond the last point [years]."""
    return float(share[-1]) / _tail_rate(ages, share) if share[-1] > 0 else 0.0


def _table_log_survival(parameters: Parameters, age: Array) -> Array:
    """Straight lines between the points; beyond the last one the loss rate of the last interval goes on."""
    ages, share = _points(parameters)
    return np.asarray(np.log(np.interp(age, ages, share)) - _tail(ages, share, age))


def _table_mean(parameters: Parameters) -> float:
    ages, share = _points(parameters)
    return float(np.trapezoid(share, ages)) + _tail_mean(ages, share)


def _middle_slope(ages: Array, share: Array) -> float:
    """Steepness at the middle point: 1.5 times the harmonic mean of both sides, which keeps the curve falling."""
    left, right = np.diff(share) / np.diff(ages)
    return float(1.5 * 2 * left * right / (left + right)) if left + right < 0 else 0.0


def _s_curve_log_survival(parameters: Parameters, age: Array) -> Array:
    """From (0, 1) straight to the start, then two cubics, level at start and end, that meet smoothly in the middle.

    Beyond the end the mean loss rate between middle and end goes on, where anything is left.
    """
    ages, share = _points(parameters)
    slopes = np.array([0.0, _middle_slope(ages, share), 0.0])
    part = (age > ages[1]).astype(int)
    width = np.diff(ages)[part]
    u = np.clip((age - ages[part]) / width, 0.0, 1.0)
    cubic = (
        share[part] * (1 + 2 * u) * (1 - u) ** 2
        + share[part + 1] * u**2 * (3 - 2 * u)
        + width * u * (1 - u) * (slopes[part] * (1 - u) - slopes[part + 1] * u)
    )
    before = np.interp(age, [0.0, ages[0]], [1.0, share[0]])
    falling = np.clip(cubic, share[-1], share[0])
    return np.asarray(np.log(np.where(age < ages[0], before, falling)) - _tail(ages, share, age))


def _s_curve_mean(parameters: Parameters) -> float:
    """The line before the start, the two cubics (trapezoid plus width²·(slope difference)/12 each) and the tail."""
    ages, share = _points(parameters)
    slope, width = _middle_slope(ages, share), np.diff(ages)
    before = ages[0] * (1 + share[0]) / 2
    cubics = np.trapezoid(share, ages) + slope * (width[1] ** 2 - width[0] ** 2) / 12
    return float(before + cubics) + _tail_mean(ages, share)


def _s_curve_from_mean_sd(mean: float, sd: float) -> Parameters:
    """One smooth step from 1 to 0 about the mean; its half width w has the variance w²/5."""
    half_width = float(np.sqrt(5.0)) * sd
    if half_width > mean:
        raise CurveError(
            Text(
                "an S-curve that falls from 1 to 0 about its mean needs an sd below mean/√5",
                "平均を中心に1から0へ下がるS字曲線では、標準偏差を平均/√5以下にしてください",
            )
        )
    return mean - half_width, 1.0, mean, 0.5, mean + half_width, 0.0


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the root between two bounds, or raise `CurveError` where there is none."""
    from scipy.optimize import brentq

    if function(low) * function(high) > 0:
        raise CurveError(
            Text(
                "no curve of this family has such a ratio of sd to mean",
                "この標準偏差と平均の比をもつ曲線は、この分布にはありません",
            )
        )
    return float(brentq(function, low, high, xtol=1e-14, rtol=1e-14))


def _check_count(parameters: Parameters, count: int) -> None:
    if len(parameters) != count:
        raise CurveError(
            Text(
                f"the family takes {count} parameters, {len(parameters)} were given",
                f"この分布のパラメータは{count}個です({len(parameters)}個与えられました)",
            )
        )


def _check_positive(parameters: Parameters) -> None:
    """Two parameters, both above 0."""
    _check_count(parameters, 2)
    if min(parameters) <= 0:
        raise CurveError(Text("both parameters must be above 0", "パラメータは両方とも0より大きくしてください"))


def _check_location_scale(parameters: Parameters) -> None:
    """A location of any sign and a scale above 0."""
    _check_count(parameters, 2)
    if parameters[1] <= 0:
        raise CurveError(Text("the spread must be above 0", "ばらつきのパラメータは0より大きくしてください"))


def _check_points(ages: Array, share: Array) -> None:
    """Ages rise from 0 on, survival falls within 0 to 1, and what is left at the end has a loss rate to go on with."""
    if ages[0] < 0 or np.any(np.diff(ages) <= 0):
        raise CurveError(Text("ages must rise and start at 0 or later", "年齢は0以上で、順に大きくしてください"))
    if share[0] > 1 or share[-1] < 0 or np.any(np.diff(share) > 0):
        raise CurveError(
            Text("survival must fall, from at most 1 to at least 0", "残存率は1以下から0以上へ順に小さくしてください")
        )
    if share[-1] > 0 and share[-1] == share[-2]:
        raise CurveError(
            Text(
                "survival must still fall in the last interval, or reach 0: else nothing ever leaves",
                "最後の区間でも残存率が下がるか、0になるようにしてください(下がらないと滅失が起きません)",
            )
        )
    if ages[0] == 0 and share[0] != 1:
        raise CurveError(Text("survival at age 0 must be 1", "0年の残存率は1にしてください"))


def _check_table(parameters: Parameters) -> None:
    ages, share = _points(parameters)
    if len(ages) < 2 or len(ages) != len(share) or ages[0] != 0:
        raise CurveError(
            Text(
                "a table needs at least two points, the first at age 0",
                "表には2点以上が必要で、最初の点は0年にしてください",
            )
        )
    _check_points(ages, share)


def _check_s_curve(parameters: Parameters) -> None:
    _check_count(parameters, 6)
    _check_points(*_points(parameters))


#: Every family by name.
FAMILIES: dict[str, FamilyFormulas] = {
    "weibull": FamilyFormulas(_weibull_log_survival, _weibull_mean, _weibull_from_mean_sd, _check_positive),
    "log_normal": FamilyFormulas(
        _log_normal_log_survival, _log_normal_mean, _log_normal_from_mean_sd, _check_location_scale
    ),
    "gamma": FamilyFormulas(_gamma_log_survival, _gamma_mean, _gamma_from_mean_sd, _check_positive),
    "normal": FamilyFormulas(_normal_log_survival, _normal_mean, _normal_from_mean_sd, _check_location_scale),
    "normal_untruncated": FamilyFormulas(
        _normal_untruncated_log_survival, _normal_untruncated_mean, lambda mean, sd: (mean, sd), _check_positive
    ),
    "s_curve": FamilyFormulas(_s_curve_log_survival, _s_curve_mean, _s_curve_from_mean_sd, _check_s_curve),
    "table": FamilyFormulas(_table_log_survival, _table_mean, None, _check_table),
}
