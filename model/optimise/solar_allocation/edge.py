"""Where a sum of owners' decisions reaches a certainty: for all plans near a choice, nothing taken as normal.

The probability is a Fourier integral of the product of what each house brings. Plans near the choice differ in few
houses, so that mean, variance and third cumulant are followed, and what is left is bounded for all of them. Where the
integral cannot be followed to its end, an inequality that needs only its beginning takes its place.

Sources: inversion on a lattice, W. Feller, An introduction to probability theory and its applications II, XV.7; the
beginning alone, H. Prawitz, Limits for a distribution, if the characteristic function is given in a finite domain,
1972; far away, Cantelli's inequality and the theorem of Berry and Esseen with the constant of I. G. Shevtsova, 2010.
"""

from __future__ import annotations

from copy import copy
from itertools import product
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.nearby import Nearby
from model.optimise.solar_allocation.problem import FloatArray
from model.optimise.solar_allocation.sums import Limit

ComplexArray = npt.NDArray[np.complex128]

_NORMAL = NormalDist()
#: The theorem of Berry and Esseen for summands that differ.
_BERRY_ESSEEN = 0.56
#: Reciprocal deviations up to which an integrand is followed, points there, and points a reciprocal deviation beyond.
_FAR, _POINTS, _DENSITY = 8.5, 64, 2.0
#: Most points beyond.
_MOST_POINTS = 6_000
#: Variances and third cumulants looked at in a range, alone and for two sums; safety on what lies between.
_ALONE, _TOGETHER, _SAFETY = (5, 3), (3, 2), 1.05
#: Deviations between two sums' marks that are looked at, how many, and points a unit in a table of probabilities.
_BETWEEN, _POINTS_BETWEEN, _FINE = 5.0, 31, 8
#: Error of a probability from which the beginning of an integral is looked at alone, and one that is nothing.
_SMOOTH_FROM, _NOTHING = 1e-3, 1e-6
_HALVINGS = 40


class Edge:
    """Probabilities of one sum for all plans within a room, with a bound on their error.

    Args:
        near: the plans.
        room: what they may lie above the bound under prices.
    """

    def __init__(self, near: Nearby, room: float) -> None:
        self.near, self.unit = near, near.unit
        least, most = near.range_of(2, room)
        self.variances = max(least, near.variances[0]), max(min(most, near.variances[1]), least)
        self.skews = near.range_of(3, room)
        self.third = near.range_of(0, room)[1]
        far = min(_FAR / max(near.at_base[0], self.unit**2) ** 0.5, np.pi / self.unit)
        nodes, weights = np.polynomial.legendre.leggauss(_POINTS)
        self.points = 0.5 * far * (nodes + 1)
        self.width = 0.5 * far * weights * self.unit / np.pi
        self.weight = self.width / (2 * np.sin(self.points * self.unit / 2))
        self.base = near.of_base(self.points)
        # Prawitz: what lies beyond does not count, but the probability is only bounded from above.
        part = self.points / far
        self.smooth = ((1 - part) + 1j * ((1 - part) / np.tan(np.pi * part) + 1 / np.pi)) * 0.5 * weights
        self.beside, self.size = near.deviation(self.points, room), near.largest(self.points, room)
        if near.by_variance is None:
            near.by_variance = near.anywhere(self.points)
        if near.beyond > _NOTHING:
            near.beyond = self._beyond(far, room)

    def _beyond(self, far: float, room: float) -> float:
        """Return a bound on the part of the integral that is not followed."""
        end = np.pi / self.unit
        count = int(np.ceil((end - far) * max(self.near.at_base[0], self.unit**2) ** 0.5 * _DENSITY)) + 2
        if far >= end or count > _MOST_POINTS:
            return 0.0 if far >= end else np.inf
        points = np.linspace(far, end, count)
        sizes = self.near.largest(points, room) / np.sin(points * self.unit / 2)
        return float(_SAFETY * self.unit / (2 * np.pi) * np.trapezoid(sizes, points))

    def grid(self, variances: int, skews: int) -> list[tuple[float, float]]:
        """Return variances and third cumulants over their ranges."""
        first, second = np.linspace(*self.variances, variances), np.linspace(*self.skews, skews)
        return [(float(one), float(other)) for one, other in product(first, second)]

    def between(self, least: float, most: float) -> Edge:
        """Return the same for plans with variances in a range."""
        part = copy(self)
        part.variances = (least, most)
        return part

    def function(self, variance: float, skew: float) -> ComplexArray:
        """Return the function of the base with other cumulants."""
        at = self.near.at_base
        third = skew + self.near.tilt * variance
        turn = (at[0] - variance) * self.points**2 / 2 + 1j * (at[1] - third) * self.points**3 / 6
        return np.asarray(self.base * np.exp(np.minimum(turn.real, 300.0) + 1j * turn.imag))

    def best(self, variance: float, skew: float) -> tuple[ComplexArray, float]:
        """Return the approximate function with the smaller bound on the error of probabilities, and that bound."""
        function, plain = self.function(variance, skew), self.plain(variance, skew)
        errors = [
            self.error_of(self.apart(function), False),
            self.error_of(self.apart_anywhere(plain, variance), False),
        ]
        return (function, errors[0]) if errors[0] <= errors[1] else (plain, errors[1])

    def plain(self, variance: float, skew: float) -> ComplexArray:
        """Return the function of a sum that has no cumulants but the first three."""
        third = skew + self.near.tilt * variance
        return np.asarray(np.exp(-variance * self.points**2 / 2 - 1j * third * self.points**3 / 6))

    def reached(self, function: ComplexArray, mean: FloatArray) -> FloatArray:
        """Return approximate probabilities by the distance of the mean above the mark in whole units [kW]."""
        turned = np.exp(1j * np.multiply.outer(mean + self.unit / 2, self.points))
        return np.asarray(0.5 + (turned * function).imag @ self.weight)

    def least(self, variance: float, skew: float, certainty: float, exact: bool = False) -> float:
        """Return the least distance of the mean above the mark in whole units [kW], of the base itself if `exact`."""
        function, deviation = self.function(variance, skew), variance**0.5
        known = -deviation * (1 / certainty - 1) ** 0.5
        third = min(self.third, self.near.third(variance))
        normal = certainty - _BERRY_ESSEEN * third / max(variance, 1e-12) ** 1.5
        if normal > 0:
            known = max(known, _NORMAL.inv_cdf(normal) * deviation)
        if exact:
            return float(max(known, self._mark(function, self.near.beyond, certainty, known, deviation, False)))
        plain = self.plain(variance, skew)
        for one, apart in ((function, self.apart(function)), (plain, self.apart_anywhere(plain, variance))):
            for smooth in (False, True) if self.near.beyond > _SMOOTH_FROM else (False,):
                error = self.error_of(apart, smooth)
                known = max(known, self._mark(one, error, certainty, known, deviation, smooth))
        return float(known)

    def _mark(
        self, function: ComplexArray, error: float, certainty: float, known: float, deviation: float, smooth: bool
    ) -> float:
        """Return where probabilities reach the certainty, at least what is known."""
        wanted = certainty - error
        low, high = known, _FAR * deviation + self.unit
        reached = self.reached_smooth if smooth else self.reached
        if not wanted > 0.5 or reached(function, np.array(low)) >= wanted:
            return low
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if reached(function, np.array(middle)) >= wanted else (middle, high)
        return float(low)

    def apart(self, function: ComplexArray) -> FloatArray:
        """Return a bound on how far the functions of plans lie from an approximate one, point by point."""
        size = np.abs(function)
        return np.asarray(np.minimum(size * self.beside, size + self.size))

    def apart_anywhere(self, function: ComplexArray, variance: float) -> FloatArray:
        """Return the same for plans of a variance, however far from the base."""
        if self.near.by_variance is None:
            raise AssertionError("functions by variance are found with the first edge")
        reached = [np.interp(variance, *one) for one in zip(*self.near.by_variance, strict=True)]
        size = np.abs(function)
        return np.asarray(np.minimum(size * np.expm1(np.minimum(reached, 300.0)), size + self.size))

    def error_of(self, apart: FloatArray, smooth: bool) -> float:
        """Return a bound on the error of probabilities from that of functions."""
        weight = np.abs(self.smooth) if smooth else self.weight
        return _SAFETY * float(np.sum(weight * apart)) + (0.0 if smooth else self.near.beyond)

    def reached_smooth(self, function: ComplexArray, mean: FloatArray) -> FloatArray:
        """Return approximate bounds on probabilities that need no more of a function than its points."""
        turned = np.exp(1j * np.multiply.outer(mean, self.points)) * function
        return np.asarray(0.5 + turned.real @ self.smooth.real + turned.imag @ self.smooth.imag)


def alone(edge: Edge, limit: Limit, number: int, certainty: float, looks: tuple[int, int] = _ALONE) -> float:
    """Return the constant of one sum's part of a limit."""
    z, weight = float(limit.deviations[number]), float(limit.skewness[number])
    found = [
        edge.least(variance, skew, certainty) - z * variance**0.5 + weight * skew
        for variance, skew in edge.grid(*looks)
    ]
    return float(min(found) - (_SAFETY - 1) * (max(found) - min(found)))


# With K of new buildings and A of others: P(K + A ≥ R and K ≥ r) is a sum over A, since both are on one lattice.
def together(own: Edge, other: Edge, limit: Limit, certainty: float, apart: tuple[float, float]) -> float:
    """Return the constant of a limit on two sums that must be reached together: with others, and without them."""
    found = []
    for variance, skew in own.grid(*_TOGETHER):
        function, error = own.best(variance, skew)
        step, deviation = own.unit / _FINE, max(variance, own.unit**2) ** 0.5
        means = np.arange(-_FAR * deviation, _FAR * deviation + step, step)
        table = own.reached(function, means)
        for variance_other, skew_other in other.grid(*_TOGETHER):
            function_other, error_other = other.best(variance_other, skew_other)
            wanted = certainty - error - _SAFETY * error_other
            least = _cheapest(means, table, other, function_other, variance_other**0.5, wanted, limit.weight, apart)
            deviations = np.array([(variance + variance_other) ** 0.5, variance**0.5])
            skews = np.array([skew + skew_other, skew])
            found.append(least + float(limit.at(np.zeros(2), skews, deviations)) + limit.constant)
    return float(min(found) - (_SAFETY - 1) * (max(found) - min(found)))


def _cheapest(
    means: FloatArray,
    table: FloatArray,
    other: Edge,
    function: ComplexArray,
    deviation: float,
    wanted: float,
    weight: FloatArray,
    apart: tuple[float, float],
) -> float:
    """Return the least weighted distances of two means above their marks with which both are reached."""
    # The second distance less the first: what others must bring on top of their mean for the second mark to decide.
    reach = _BETWEEN * max(deviation, other.unit)
    between = np.linspace(max(apart[0], -reach), min(max(apart[1], -reach), reach), _POINTS_BETWEEN)
    count = int(np.ceil((means[-1] - means[0]) / other.unit / 2))
    steps = other.unit * np.arange(1, count + 1)
    phases = np.multiply.outer(between, np.ones(count)) - steps
    turned = np.exp(-1j * np.multiply.outer(phases, other.points))
    single = (turned * function).real @ other.width
    decided = other.reached(function, -between)
    low, high = np.full(between.size, means[0]), np.full(between.size, means[-1])
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        values = decided * np.interp(middle, means, table)
        values = values + np.sum(single * np.interp(middle[:, np.newaxis] - steps, means, table, left=0.0), axis=1)
        enough = values >= wanted
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return float(np.min(weight.sum() * low - weight[0] * between))
