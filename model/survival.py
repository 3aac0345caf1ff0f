"""How long things stand: survival curves S(age) of buildings and equipment, their hazard and their mean.

Convention of the whole model: what is built in year v is built at mid-year, stocks stand at the end of a year, so at
the end of year y the vintage v has the age y − v + 0.5. Demolition is always a hazard, h(a) = 1 − S(a + 1)/S(a), which
acts on what still stands; the product of (1 − h) is S again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from model.language import Text
from model.survival_families import FAMILIES, Array, CurveError, Family, Parameters

__all__ = [
    "AGE_AT_FIRST_YEAR_END",
    "CurveError",
    "Family",
    "Survival",
    "annual_hazard",
    "conditional_survival",
    "hazard",
    "hazard_table",
    "log_survival",
    "mean_lifetime",
    "survival",
    "survival_table",
]

#: Age at the end of the year of construction [years], by the moment of the year at which construction is placed.
AGE_AT_FIRST_YEAR_END: dict[str, float] = {"start": 1.0, "middle": 0.5, "end": 0.0}

#: Below this logarithm S is zero in float64: nothing is left, whatever the formula says.
_LOG_OF_NOTHING = float(np.log(np.nextafter(0.0, 1.0)))


@dataclass(frozen=True)
class Survival:
    """One survival curve: a family and its parameters.

    Args:
        family: one of the families below.
        parameters: ages and times in years, the rest without unit:

            - weibull: shape, scale;
            - log_normal: mu, sigma of the logarithm of the life;
            - gamma: shape, scale;
            - normal: location, scale of the bell curve before it is cut off at age 0; S(0) = 1;
            - normal_untruncated: mean, sd; the part of the bell curve left of age 0 is kept, so S(0) = Φ(mean/sd) < 1
              and the little that is missing leaves in the year it enters. flodym and ODYM use this one for steel;
            - s_curve: six numbers, age and survival at the start, the middle and the end of the fall;
            - table: age, survival, age, survival, … as observed; the first pair is (0, 1).

    Raises:
        CurveError: the parameters describe no survival curve.
    """

    family: Family
    parameters: Parameters

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            names = ", ".join(FAMILIES)
            raise CurveError(Text(f"unknown family; known are {names}", f"未知の分布です。使えるもの: {names}"))
        if not np.all(np.isfinite(self.parameters)):
            raise CurveError(
                Text("every parameter must be a finite number", "パラメータはすべて有限の数にしてください")
            )
        FAMILIES[self.family].check(self.parameters)

    @classmethod
    def from_mean_sd(cls, family: Family, mean: float, sd: float) -> Survival:
        """Return the curve of a family whose lives have this mean and standard deviation.

        Args:
            family: any but `table`.
            mean: mean life [years].
            sd: standard deviation of the life [years].

        Returns:
            the curve; `normal_untruncated` takes both as the moments of the whole bell curve, as flodym does.

        Raises:
            CurveError: no curve of the family has this mean and sd.

        Source: moments of each distribution; log-normal: sigma² = ln(1 + (sd/mean)²), mu = ln(mean) − sigma²/2.
        """
        fit = FAMILIES[family].from_mean_sd
        if fit is None:
            raise CurveError(
                Text("a table is read from data, not from mean and sd", "表は平均と標準偏差からは作れません")
            )
        if not (np.isfinite(mean) and np.isfinite(sd) and mean > 0 and sd > 0):
            raise CurveError(Text("mean and sd must be above 0 years", "平均と標準偏差は0年より大きくしてください"))
        return cls(family, fit(float(mean), float(sd)))

    @classmethod
    def weibull(cls, shape: float, scale: float) -> Survival:
        """Return S(a) = exp(−(a/scale)^shape), scale in [years]."""
        return cls("weibull", (float(shape), float(scale)))

    @classmethod
    def from_table(cls, ages: Sequence[float], survival: Sequence[float]) -> Survival:
        """Return the curve through observed points.

        Args:
            ages: [years], rising, from 0.
            survival: share still standing at each age, falling from 1.

        Raises:
            CurveError: the points are no survival curve.
        """
        if len(ages) != len(survival):
            raise CurveError(Text("give one survival for each age", "年齢ごとに残存率を1つずつ与えてください"))
        return cls("table", tuple(float(x) for pair in zip(ages, survival, strict=True) for x in pair))


def log_survival(curve: Survival, age: npt.ArrayLike) -> Array:
    """Return ln S(age); 0 before construction (age < 0), −inf where nothing is left.

    Args:
        curve: the survival curve.
        age: [years], any shape.

    Returns:
        ln S, the shape of `age`.
    """
    years = np.asarray(age, dtype=np.float64)
    with np.errstate(divide="ignore", over="ignore"):
        logarithm = FAMILIES[curve.family].log_survival(curve.parameters, np.maximum(years, 0.0))
    return np.where(years < 0, 0.0, logarithm)


def survival(curve: Survival, age: npt.ArrayLike) -> Array:
    """Return S(age), the share still standing at that age; 1 before construction (age < 0).

    Args:
        curve: the survival curve.
        age: [years], any shape.

    Returns:
        share from 0 to 1, the shape of `age`.
    """
    return np.exp(log_survival(curve, age))


def conditional_survival(curve: Survival, age: npt.ArrayLike, reached: npt.ArrayLike) -> Array:
    """Return S(age)/S(reached), the share standing at `age` of what stood at the age `reached`.

    Args:
        curve: the survival curve.
        age: [years], at or above `reached`.
        reached: [years], the age that is known to have been survived.

    Returns:
        share from 0 to 1; 0 where the curve leaves nothing at `reached`.
    """
    known = log_survival(curve, reached)
    gone = known < _LOG_OF_NOTHING
    return np.where(gone, 0.0, np.exp(log_survival(curve, age) - np.where(gone, 0.0, known)))


def hazard(curve: Survival, age: npt.ArrayLike) -> Array:
    """Return h(a) = 1 − S(a + 1)/S(a), the share of what stands at an age that is gone a year later.

    With construction at mid-year the hazard at age −0.5 is the loss of the first half year, 1 − S(0.5).

    Args:
        curve: the survival curve.
        age: age at the start of the year [years], any shape.

    Returns:
        share from 0 to 1; 0 before construction, 1 where nothing is left to survive.
    """
    years = np.asarray(age, dtype=np.float64)
    return 1.0 - conditional_survival(curve, years + 1.0, years)


def mean_lifetime(curve: Survival) -> float:
    """Return the mean life [years], the integral of S from age 0 on.

    Source: closed form of each family.
    """
    return float(FAMILIES[curve.family].mean(curve.parameters))


def annual_hazard(curves: Sequence[Survival], ages: npt.ArrayLike) -> Array:
    """Return the hazard of many curves at the same ages.

    Args:
        curves: one per segment (or technology).
        ages: age at the start of the year [years], any shape.

    Returns:
        hazard [segment, *shape of ages].
    """
    return _of_each(hazard, curves, np.asarray(ages, dtype=np.float64))


def survival_table(
    curves: Sequence[Survival],
    vintages: npt.ArrayLike,
    years: npt.ArrayLike,
    inflow_at: Literal["start", "middle", "end"] = "middle",
) -> Array:
    """Return the share of each vintage that stands at the end of each year.

    Args:
        curves: one per segment.
        vintages: years of construction.
        years: years at whose end the share is taken.
        inflow_at: moment of the year at which construction is placed; the model itself uses the middle.

    Returns:
        share [year, segment, vintage]; 0 for vintages that are not yet built.
    """
    age = np.subtract.outer(np.asarray(years), np.asarray(vintages)) + AGE_AT_FIRST_YEAR_END[inflow_at]
    return _by_year(_standing, curves, age)


def hazard_table(curves: Sequence[Survival], vintages: npt.ArrayLike, years: npt.ArrayLike) -> Array:
    """Return the share of each vintage that is lost from the end of the year before to the end of each year.

    Args:
        curves: one per segment.
        vintages: years of construction, at mid-year.
        years: years in which the loss happens.

    Returns:
        hazard [year, segment, vintage]; 1 − S(0.5) for the vintage of the year itself, 0 for later ones.
    """
    age_before = np.subtract.outer(np.asarray(years), np.asarray(vintages)) - 0.5
    return _by_year(hazard, curves, age_before)


def _standing(curve: Survival, age: Array) -> Array:
    """Return S(age); 0 before construction, where nothing stands yet."""
    return np.where(age < 0, 0.0, survival(curve, age))


def _by_year(function: Callable[[Survival, Array], Array], curves: Sequence[Survival], ages: Array) -> Array:
    """Return function(curve, age) [year, curve, vintage] for ages [year, vintage]."""
    values, number, position = _once_each(function, curves, ages)
    # Each distinct curve is spread over years and vintages once; its segments copy whole rows.
    of_curves = np.take(values, position, axis=1).transpose(1, 0, 2)
    return np.take(of_curves, number, axis=1)


def _of_each(function: Callable[[Survival, Array], Array], curves: Sequence[Survival], ages: Array) -> Array:
    """Return function(curve, age) [curve, *shape of ages]."""
    values, number, position = _once_each(function, curves, ages)
    return np.take(values[number], position, axis=1)


def _once_each(
    function: Callable[[Survival, Array], Array], curves: Sequence[Survival], ages: Array
) -> tuple[Array, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the values of each distinct curve and age, and where each curve and each age stands among them."""
    distinct, position = _distinct(ages.tobytes(), ages.shape)
    once = {curve: number for number, curve in enumerate(dict.fromkeys(curves))}
    values = np.stack([function(curve, distinct) for curve in once])
    return values, np.array([once[curve] for curve in curves]), position


@lru_cache(maxsize=64)
def _distinct(ages: bytes, shape: tuple[int, ...]) -> tuple[Array, npt.NDArray[np.intp]]:
    """Return the distinct ages and where each stands among them: runs ask for the same ages thousands of times."""
    distinct, position = np.unique(np.frombuffer(ages), return_inverse=True)
    return distinct, position.reshape(shape)
