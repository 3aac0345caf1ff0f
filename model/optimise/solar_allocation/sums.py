"""Sums of owners' decisions, and the limit that a certain year sets to them.

A sum is what a rule counts less what is owed: it must not be negative. Its mean, variance and higher cumulants add up
house by house. A limit says how far the means of one or two sums lie above nothing at least, in their deviations and
higher cumulants; its roots are not linear but concave, so that a tangent in place of a root asks for more, and a chord
for less on a range of deviations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.problem import FloatArray, Problem, Row, coefficients

#: Cumulants that are followed beside mean and variance.
ORDERS = (3, 4, 5)
#: Units are found on a grid of a tenth of a watt.
_GRID = 1e4
#: Numerical slack in whole units.
_WHOLE = 1e-7
#: Name of rows that hold variances in a range.
HELD = "held"


@dataclass(frozen=True)
class Sum:
    """A sum of owners' decisions that must not be negative, dims (slot, house).

    Args:
        consent: probability of acceptance, dims (house) [1].
        kw: what an owner who may refuse brings by accepting [kW].
        sure: what comes in any case, less what is owed [kW].
        tilt: higher cumulants of a usual plan by its variance, above which others are counted [kW, kW², …].
    """

    consent: FloatArray
    kw: FloatArray
    sure: FloatArray
    tilt: tuple[float, ...] = (0.0,) * len(ORDERS)

    @classmethod
    def read(cls, problem: Problem, row: Row, consent: FloatArray) -> Sum:
        """Return the sum of a row on mean capacity."""
        slot, house = np.nonzero(np.isfinite(problem.cost))
        brought, kw = np.zeros(problem.cost.shape), np.zeros(problem.cost.shape)
        brought[slot, house] = coefficients(replace(problem, rows=(row,)), house, slot)[0]
        unsure = (row.slope[house] != 0) & ~problem.left_out[slot] & (consent[house] < 1.0)
        kw[slot, house] = np.where(unsure, problem.kw(slot, house), 0.0)
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
    def variance(self) -> FloatArray:
        """Variance of each slot [kW²]."""
        return np.asarray(self.consent * (1 - self.consent) * self.kw**2)

    @cached_property
    def higher(self) -> tuple[FloatArray, ...]:
        """Higher cumulants of each slot beyond the tilt [kW³, kW⁴, …]."""
        parts = cumulant_parts(self.consent, self.kw)
        return tuple(self.variance * (part - tilt) for part, tilt in zip(parts, self.tilt, strict=True))

    def tilted(self, choice: npt.NDArray[np.integer]) -> Sum:
        """Return the sum with the tilt of a plan."""
        kw = self.kw[choice, np.arange(choice.size)]
        variance = self.consent * (1 - self.consent) * kw**2
        total = float(variance.sum())
        tilt = tuple(float(variance @ one) / total if total else 0.0 for one in cumulant_parts(self.consent, kw))
        return replace(self, tilt=tilt)

    @cached_property
    def spread(self) -> FloatArray:
        """Variance of a squared kW, dims (house) [1]; 0 where nothing is unsure."""
        return np.asarray(np.where(self.kw.any(axis=0), self.consent * (1 - self.consent), 0.0))


def cumulant_parts(consent: FloatArray, kw: FloatArray) -> tuple[FloatArray, ...]:
    """Return cumulants (`ORDERS`) of what owners decide, by their variance [kW, kW², …]."""
    variance, lopsided = consent * (1 - consent), 1 - 2 * consent
    return lopsided * kw, (1 - 6 * variance) * kw**2, lopsided * (1 - 12 * variance) * kw**3


def rounding(sure: FloatArray, unit: float) -> FloatArray:
    """Return by how much whole units exceed what is missing, from what is sure in all [kW]."""
    return np.asarray(unit * np.ceil(-sure / unit - _WHOLE) + sure) if unit else np.zeros_like(sure)


def parts_of(sums: tuple[Sum, ...]) -> tuple[Sum, ...]:
    """Return the independent parts of one or two sums, of which the second one counts a part of the first one."""
    return sums if len(sums) == 1 else (sums[1], sums[0].less(sums[1]))


def deviations_of(variances: FloatArray) -> FloatArray:
    """Return the deviations of sums from the variances of their parts, dims (part, …) → (sum, …)."""
    both = np.maximum(np.asarray(variances), 0.0)
    return np.sqrt(both if both.shape[0] == 1 else np.stack((both.sum(axis=0), both[0])))


def variances_of(deviations: FloatArray) -> FloatArray:
    """Return the variances of parts from the deviations of their sums, dims (sum, …) → (part, …)."""
    squares = np.asarray(deviations) ** 2
    return squares if squares.shape[0] == 1 else np.stack((squares[1], squares[0] - squares[1]))


@dataclass(frozen=True)
class Limit:
    """What a certain year asks, with a sum over sums and one over parts.

    Σ weight × (mean − deviations × √variance) + Σ (spread × variance + shape × higher cumulants) ≥ constant.

    Args:
        weight: of each sum [1], none negative.
        deviations: of each sum [1], none negative.
        shape: of higher cumulants, part by part [1/kW², 1/kW³, …].
        constant: [kW].
        spread: of each part [1/kW]; None for nothing.
    """

    weight: FloatArray
    deviations: FloatArray
    shape: FloatArray
    constant: float
    spread: FloatArray | None = None

    def at(self, means: FloatArray, terms: FloatArray) -> FloatArray:
        """Return by how much plans keep the limit [kW].

        Args:
            means: of the sums, dims (sum, plan) [kW].
            terms: their deviations, then higher cumulants part by part, dims (term, plan).
        """
        count = self.weight.size
        kept = self.weight @ means - (self.weight * self.deviations) @ terms[:count] + self.shape @ terms[count:]
        if self.spread is not None:
            kept = kept + self.spread @ variances_of(terms[:count])
        return np.asarray(kept - self.constant)

    def tangent(self, sums: tuple[Sum, ...], at: FloatArray) -> Row:
        """Return the limit with tangents in place of the roots, at some deviations."""
        return self._row(sums, 1 / (2 * at), at / 2)

    def chord(self, sums: tuple[Sum, ...], lowest: FloatArray, highest: FloatArray) -> Row:
        """Return the limit with chords in place of the roots, on a range of deviations."""
        ends = lowest + highest
        # Where a sum cannot deviate at all its root is nothing, and so is its chord.
        slope = np.divide(1.0, ends, out=np.zeros_like(ends), where=ends > 0)
        return self._row(sums, slope, lowest * highest * slope)

    def _row(self, sums: tuple[Sum, ...], slope: FloatArray, start: FloatArray) -> Row:
        """Return the limit with lines in place of the roots."""
        houses, factor = sums[0].consent.size, self.weight * self.deviations
        squared = -sum(part * one.spread for part, one in zip(factor * slope, sums, strict=True))
        least = self.constant + float(factor @ start)
        return Row("certainty", np.ones(houses), np.zeros(houses), least, "certainty", True, np.asarray(squared))


def with_sums(problem: Problem, sums: tuple[Sum, ...], parts: tuple[Sum, ...], limit: Limit) -> Problem:
    """Return the problem with what the row of a limit adds up, and each sum and part by itself."""
    total = sum(w * one.mean for w, one in zip(limit.weight, sums, strict=True))
    total = total + sum(s * one for s, one in zip(limit.shape, higher_of(parts), strict=True))
    if limit.spread is not None:
        total = total + sum(s * one.variance for s, one in zip(limit.spread, parts, strict=True))
    amounts = {**problem.amounts, "certainty": np.asarray(total)}
    for number, one in enumerate(sums):
        amounts |= {f"mean_{number}": one.mean, f"sure_{number}": one.sure}
    amounts |= {f"higher_{number}": one for number, one in enumerate(higher_of(parts))}
    return replace(problem, amounts=amounts)


def higher_of(parts: tuple[Sum, ...]) -> list[FloatArray]:
    """Return higher cumulants of slots, part by part."""
    return [one for part in parts for one in part.higher]


def held(parts: tuple[Sum, ...], ends: list[tuple[float, float]]) -> tuple[Row, ...]:
    """Return rows that hold the variance of each part in a range, two a part: from below, then from above.

    Args:
        parts: independent parts of the sums.
        ends: least and greatest variance of each part [kW²].
    """
    nobody = np.zeros(parts[0].consent.size)
    return tuple(
        Row(HELD, nobody, nobody, sign * end, counted_only=True, squared=sign * part.spread)
        for part, range_of in zip(parts, ends, strict=True)
        for sign, end in zip((1.0, -1.0), range_of, strict=True)
    )


def watched(parts: tuple[Sum, ...]) -> tuple[Row, ...]:
    """Return means and what is sure of sums, higher cumulants and variances of parts as rows of `with_sums`."""
    houses, count = parts[0].consent.size, len(parts)
    one, nobody = np.ones(houses), np.zeros(houses)
    names = [f"{name}_{number}" for name in ("mean", "sure") for number in range(count)]
    names += [f"higher_{number}" for number in range(len(ORDERS) * count)]
    rows = [Row(name, one, nobody, 0.0, name, counted_only=True) for name in names]
    return (*rows, *(Row("spread", nobody, nobody, 0.0, counted_only=True, squared=part.spread) for part in parts))
