"""Sums of owners' decisions, and the limit that a certain year sets to them.

A sum is what a rule counts less what is owed: it must not be negative. Its mean, variance and third cumulant add up
house by house. A limit says how far the means of one or two sums lie above nothing at least, in their deviations and
third cumulants; its roots are not linear but concave, so that a tangent in place of a root asks for more, and a chord
for less on a range of deviations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.problem import FloatArray, Problem, Row, coefficients

#: Units are found on a grid of a tenth of a watt.
_GRID = 1e4
#: Numerical slack in whole units.
_WHOLE = 1e-7


@dataclass(frozen=True)
class Sum:
    """A sum of owners' decisions that must not be negative, dims (slot, house).

    Args:
        consent: probability of acceptance, dims (house) [1].
        kw: what an owner who may refuse brings by accepting [kW].
        sure: what comes in any case, less what is owed [kW].
        tilt: third cumulant of a usual plan by its variance, above which others are counted [kW].
    """

    consent: FloatArray
    kw: FloatArray
    sure: FloatArray
    tilt: float = 0.0

    @classmethod
    def read(cls, problem: Problem, row: Row, consent: FloatArray) -> Sum:
        """Return the sum of a row on mean capacity."""
        slot, house = np.nonzero(np.isfinite(problem.cost))
        brought, kw = np.zeros(problem.cost.shape), np.zeros(problem.cost.shape)
        brought[slot, house] = coefficients(replace(problem, rows=(row,)), house, slot)[0]
        unsure = (row.slope[house] != 0) & ~problem.left_out[slot] & (consent[house] < 1.0)
        kw[slot, house] = np.where(unsure, problem.multiple[slot] * problem.step_kw[house], 0.0)
        return cls(consent, kw, brought - consent * kw - row.at_least / problem.houses)

    def less(self, other: Sum) -> Sum:
        """Return what this sum counts beside another one."""
        return Sum(self.consent, self.kw - other.kw, self.sure - other.sure)

    @cached_property
    def unit(self) -> float:
        """Capacity of which all that is unsure are whole multiples [kW]; 0 where everything is sure."""
        return float(np.gcd.reduce(np.unique(np.rint(self.kw * _GRID).astype(np.int64)))) / _GRID

    @cached_property
    def mean(self) -> FloatArray:
        """Mean of each slot, less what is owed [kW]."""
        return np.asarray(self.sure + self.consent * self.kw)

    @cached_property
    def skew(self) -> FloatArray:
        """Third cumulant of each slot beyond the tilt [kW³]."""
        variance = self.consent * (1 - self.consent) * self.kw**2
        return np.asarray(variance * ((1 - 2 * self.consent) * self.kw - self.tilt))

    def tilted(self, choice: npt.NDArray[np.integer]) -> Sum:
        """Return the sum with the tilt of a plan."""
        kw = self.kw[choice, np.arange(choice.size)]
        variance = self.consent * (1 - self.consent) * kw**2
        total = float(variance.sum())
        return replace(self, tilt=float(variance @ ((1 - 2 * self.consent) * kw)) / total if total else 0.0)

    @cached_property
    def spread(self) -> FloatArray:
        """Variance of a squared kW, dims (house) [1]; 0 where nothing is unsure."""
        return np.asarray(np.where(self.kw.any(axis=0), self.consent * (1 - self.consent), 0.0))


def rounding(sure: FloatArray, unit: float) -> FloatArray:
    """Return by how much whole units exceed what is missing, from what is sure in all [kW]."""
    return np.asarray(unit * np.ceil(-sure / unit - _WHOLE) + sure) if unit else np.zeros_like(sure)


@dataclass(frozen=True)
class Limit:
    """What a certain year asks: Σ weight × (mean + skewness × third cumulant − deviations × √variance) ≥ constant.

    Args:
        weight: of each sum [1], none negative.
        deviations: of each sum [1].
        skewness: of each sum [1/kW²].
        constant: [kW].
    """

    weight: FloatArray
    deviations: FloatArray
    skewness: FloatArray
    constant: float

    def at(self, means: FloatArray, skews: FloatArray, deviations: FloatArray) -> FloatArray:
        """Return by how much plans keep the limit [kW]; dims (sum, …) → (…)."""
        shape = (-1, *(1,) * (means.ndim - 1))
        weight, skewness, z = (one.reshape(shape) for one in (self.weight, self.skewness, self.deviations))
        return np.asarray((weight * (means + skewness * skews - z * deviations)).sum(axis=0) - self.constant)

    def tangent(self, sums: tuple[Sum, ...], at: FloatArray) -> Row:
        """Return the limit with tangents in place of the roots, at some deviations."""
        return self._row(sums, 1 / (2 * at), at / 2)

    def chord(self, sums: tuple[Sum, ...], lowest: FloatArray, highest: FloatArray) -> Row:
        """Return the limit with chords in place of the roots, on a range of deviations."""
        return self._row(sums, 1 / (lowest + highest), lowest * highest / (lowest + highest))

    def _row(self, sums: tuple[Sum, ...], slope: FloatArray, start: FloatArray) -> Row:
        """Return the limit with lines in place of the roots."""
        houses, factor = sums[0].consent.size, self.weight * self.deviations
        squared = -sum(part * one.spread for part, one in zip(factor * slope, sums, strict=True))
        least = self.constant + float(factor @ start)
        return Row("certainty", np.ones(houses), np.zeros(houses), least, "certainty", True, np.asarray(squared))


def with_sums(problem: Problem, sums: tuple[Sum, ...], limit: Limit) -> Problem:
    """Return the problem with what the rows of a limit add up, and each sum by itself."""
    parts = zip(limit.weight, limit.skewness, sums, strict=True)
    amounts = {**problem.amounts, "certainty": np.asarray(sum(w * (one.mean + s * one.skew) for w, s, one in parts))}
    for number, one in enumerate(sums):
        amounts |= {f"mean_{number}": one.mean, f"skew_{number}": one.skew, f"sure_{number}": one.sure}
    return replace(problem, amounts=amounts)


def watched(sums: tuple[Sum, ...]) -> tuple[Row, ...]:
    """Return means, third cumulants, what is sure, and variances as rows of `with_sums`, each for all sums."""
    houses = sums[0].consent.size
    one, nobody = np.ones(houses), np.zeros(houses)
    names = [f"{name}_{number}" for name in ("mean", "skew", "sure") for number in range(len(sums))]
    rows = [Row(name, one, nobody, 0.0, name, counted_only=True) for name in names]
    return (*rows, *(Row("spread", nobody, nobody, 0.0, counted_only=True, squared=part.spread) for part in sums))
