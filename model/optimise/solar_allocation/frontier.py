"""How far means must lie above what is owed: for all plans with some variances and higher cumulants, near a choice.

With K of new buildings and A of existing ones, both independent, a year closes above the requirement if K + A reaches
one mark and K another one. Since all is on one lattice, the probability is a sum over A of probabilities of K. Errors
of the probabilities of K go into it as they are. Those of A matter less, since what is summed over is smooth but for
one bend, where the second mark decides: at each frequency they count by what K has of that frequency up to the bend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import ndtri

from model.optimise.solar_allocation.edge import SAFETY, ComplexArray, Edge
from model.optimise.solar_allocation.nearby import on_circle
from model.optimise.solar_allocation.problem import FloatArray, IntArray
from model.optimise.solar_allocation.sums import Limit

#: Points a unit in a table of probabilities, and distances of the second mean above its mark that are looked at first.
_FINE, _LOOKS = 4, 40
#: Range of these distances in deviations, steps that make the one with the certainty exact, and range of tables.
_LOWEST, _HIGHEST, _SECANTS, _FARTHEST = -1.5, 6.5, 2, 8.0
#: Distances of the second mean above the first, in deviations of what others bring, and how many are looked at.
_BETWEEN, _POINTS_BETWEEN = 4.0, 25
#: Deviations of what others bring beyond which nothing is missing.
_OTHERS = 7.0
#: Error from which each mark is looked at by itself only; probability of nothing.
_COARSE, _NOTHING = 0.1, 1e-15


@dataclass(frozen=True)
class _Own:
    """Probabilities of K by the distance of its mean above a mark.

    Args:
        means: distances [kW].
        reached: their probabilities.
        error: of them.
        looks: distances where a bend is looked at [kW].
        before: what K has of each frequency up to a bend there or farther, dims (look, point).
        fewer: probabilities with some units less, dims (unit, look).
    """

    means: FloatArray
    reached: FloatArray
    error: float
    looks: FloatArray
    before: FloatArray
    fewer: FloatArray

    def at(self, distance: FloatArray) -> FloatArray:
        """Return probabilities at some distances."""
        # Distances in the table lie equally far apart.
        place = (distance - self.means[0]) / (self.means[1] - self.means[0])
        low = np.clip(place, 0, self.means.size - 2).astype(np.int64)
        found = self.reached[low] + np.minimum(place - low, 1.0) * self._steps[low]
        return np.asarray(np.where(place < 0, 0.0, found))

    @cached_property
    def _steps(self) -> FloatArray:
        """Differences of probabilities from one distance to the next."""
        return np.diff(self.reached)

    def place(self, distance: FloatArray) -> IntArray:
        """Return the last look that is no farther than a distance."""
        return np.asarray(np.clip(np.searchsorted(self.looks, distance, side="right") - 1, 0, self.looks.size - 1))


@dataclass(frozen=True)
class _Other:
    """Probabilities of A by the second distance less the first.

    Args:
        decided: that the second mark decides.
        single: that some units are missing, dims (between, unit).
        apart: bound on how far the functions of plans lie from the one that was taken, point by point.
    """

    decided: FloatArray
    single: FloatArray
    apart: FloatArray


@dataclass(frozen=True)
class Known:
    """What all plans that matter need of the first sum, whatever they need of another one.

    Args:
        limit: on the first sum, without its constant.
        tilt: of higher cumulants there [kW, kW², …].
        constant: of the limit [kW].
    """

    limit: Limit
    tilt: tuple[float, ...]
    constant: float

    def least(self, variance: float, total: FloatArray) -> FloatArray:
        """Return how far the mean must lie above the mark in whole units [kW], with cumulants that have no tilt.

        Args:
            variance: of the sum [kW²].
            total: its higher cumulants, dims (…, order) [kW³, kW⁴, …].
        """
        higher = total - np.array(self.tilt) * variance
        return np.asarray(self.limit.deviations[0] * variance**0.5 - higher @ self.limit.shape + self.constant)


class Frontier:
    """The least distances of means above their marks with which a year is certain enough.

    Args:
        parts: probabilities of what new buildings bring, and of what existing ones bring; or of all alone.
        whole: makes the probabilities of all, where there are two parts.
        certainty: probability asked for [1].
        apart: range of the second distance less the first [kW].
        together: whether both marks are looked at together; otherwise each as if the other one were sure.
        known: what is needed of the first of two sums at least.
    """

    def __init__(
        self,
        parts: list[Edge],
        whole: Callable[[], Edge] | None,
        certainty: float,
        apart: tuple[float, float],
        together: bool,
        known: Known | None = None,
    ) -> None:
        self.parts, self._whole, self.certainty, self.together = parts, whole, certainty, together
        self.known = known
        self._alone: dict[tuple[float, bytes], FloatArray] = {}
        self.between: FloatArray = np.zeros(1)
        self._own: dict[tuple[float, bytes], _Own] = {}
        self._others: dict[tuple[float, bytes], _Other] = {}
        if len(parts) == 2:
            unit, wide = parts[1].unit, max(parts[1].variances[1], parts[1].unit ** 2) ** 0.5
            ends = np.clip(apart, -_BETWEEN * wide, _BETWEEN * wide)
            self.between = np.linspace(ends[0], max(ends[1], ends[0] + unit), _POINTS_BETWEEN)
            self.steps = unit * np.arange(1, max(int((self.between[-1] + _OTHERS * wide) / unit) + 2, 2))

    @cached_property
    def whole(self) -> Edge:
        """Probabilities of all, where there are two parts."""
        if self._whole is None:
            raise AssertionError("two parts come with their sum")
        return self._whole()

    @property
    def vague(self) -> bool:
        """Whether the end of the integral of a sum is not known, so that a thorough look may tell more."""
        return self.parts[0].vague or (len(self.parts) == 2 and self.whole.vague)

    def least(self, variances: tuple[float, ...], higher: FloatArray) -> FloatArray:
        """Return the least distances of the last mean by the last distance less the first, dims (number, between).

        Args:
            variances: of the parts [kW²].
            higher: higher cumulants of the parts beyond the tilt, dims (number, part, order) [kW³, kW⁴, …].
        """
        if len(self.parts) == 1:
            return self.parts[0].least(variances[0], higher[:, 0], self.certainty)[:, np.newaxis]
        known = self._by_themselves(variances, higher)
        if not self.together:
            return known
        parts = zip(self._of_own(variances[0], higher[:, 0]), self._of_others(variances[1], higher[:, 1]), strict=True)
        return np.array([self._both(own, other, one) for (own, other), one in zip(parts, known, strict=True)])

    def _both(self, own: _Own, other: _Other, known: FloatArray) -> FloatArray:
        """Return the least distances with which both marks are reached, of which something is known."""
        # The second mark alone asks for this much.
        wanted = self.certainty - own.error
        start = float(own.means[min(int(np.searchsorted(own.reached, wanted)), own.means.size - 1)])
        aim = wanted - self._errors(own, other, own.place(np.full(self.between.size, start)))
        if not aim[0] > max(self.certainty - _COARSE, 0.5):
            return known
        found = np.maximum(self._meets(own, other, aim), known)
        # Plans with this distance or more have a bend farther out, and a smaller error.
        aim = wanted - self._errors(own, other, own.place(found))
        return np.maximum(self._meets(own, other, aim), found)

    @cached_property
    def _grid(self) -> tuple[FloatArray, ComplexArray, ComplexArray, ComplexArray]:
        """Whole units, and what turns functions at them, between them, and functions of the second part."""
        own, other = self.parts
        most = _FARTHEST * max(own.variances[1], own.unit**2) ** 0.5
        units = own.unit * np.arange(-np.ceil(most / own.unit), np.ceil(most / own.unit) + 1)
        parts = own.unit * (np.arange(_FINE) / _FINE)
        turned = [on_circle(np.multiply.outer(one, own.points)) for one in (units, parts)]
        others = np.append(other.points, other.beyond[1])
        return units, turned[0], turned[1].T, on_circle(-np.multiply.outer(units, others))

    def _of_own(self, variance: float, higher: FloatArray) -> list[_Own]:
        """Return the probabilities of the first part, by row of higher cumulants."""
        keys = [(variance, one.tobytes()) for one in higher]
        if new := {key: number for number, key in enumerate(keys) if key not in self._own}:
            found = self.parts[0].inversions(variance, higher[list(new.values())])
            for number, key in enumerate(new):
                self._own[key] = self._table(variance, [(weights[number], error[number]) for weights, error in found])
        return [self._own[key] for key in keys]

    def _table(self, variance: float, inversions: list[tuple[ComplexArray, float]]) -> _Own:
        own, (units, turned, between, others) = self.parts[0], self._grid
        deviation = max(variance, own.unit**2) ** 0.5
        kept = np.abs(units) <= _FARTHEST * deviation
        units, turned, others = units[kept], turned[kept], others[kept]
        tables = [((0.5 + ((turned * weights) @ between).imag).ravel(), error) for weights, error in inversions]
        # Where the integral cannot be followed to its end, an upper bound may say more.
        reached, error = max(tables, key=lambda one: int(np.argmax(one[0] >= max(self.certainty - one[1], 0.0))))
        means = (units[:, np.newaxis] + own.unit * (np.arange(_FINE) / _FINE)).ravel()
        looks = np.unique(np.searchsorted(units, np.linspace(_LOWEST * deviation, _HIGHEST * deviation, _LOOKS)))
        looks = looks[looks < units.size]
        # From below nothing to all, unit by unit; what lies below the first look is one sum.
        single, first = np.diff(reached[::_FINE], prepend=0.0), int(looks[0])
        added = single[first:, np.newaxis] * others[first:]
        added[0] += single[:first] @ others[:first]
        before = np.abs(np.cumsum(added, axis=0, out=added))
        fewer = np.interp(units[looks] - self.steps[:, np.newaxis], means, reached, left=0.0)
        farther = np.minimum(np.maximum.accumulate(before[::-1])[::-1][looks - first], 1.0)
        return _Own(means, reached, error, units[looks], farther, fewer)

    def _of_others(self, variance: float, higher: FloatArray) -> list[_Other]:
        """Return the probabilities of the second part, by row of higher cumulants."""
        keys = [(variance, one.tobytes()) for one in higher]
        if new := {key: number for number, key in enumerate(keys) if key not in self._others}:
            other = self.parts[1]
            back = on_circle(-np.multiply.outer(self.between, other.points)) * other.width
            on = on_circle(np.multiply.outer(other.points, self.steps))
            found = other.closest(variance, higher[list(new.values())])
            for key, function, apart in zip(new, *found, strict=True):
                single = ((back * function) @ on).real
                self._others[key] = _Other(other.reached(function, -self.between), single, apart)
        return [self._others[key] for key in keys]

    def _errors(self, own: _Own, other: _Other, place: IntArray) -> FloatArray:
        """Return what the error of the second part's function makes of probabilities, by the bend's place."""
        edge = self.parts[1]
        if not np.isfinite(edge.beyond[0]):
            return np.full(place.size, np.inf)
        errors = np.append(SAFETY * edge.weight * other.apart, edge.beyond[2])
        return np.asarray(own.before[place] @ errors)

    def _by_themselves(self, variances: tuple[float, ...], higher: FloatArray) -> FloatArray:
        """Return what each sum needs if the other one is reached in any case, dims (number, between)."""
        both, own = sum(variances), self.parts[0]
        totals = [
            part.total(v, higher[:, place]) for place, (part, v) in enumerate(zip(self.parts, variances, strict=True))
        ]
        together = np.sum(totals, axis=0)
        first = self.whole.least(both, self.whole.beyond_tilt(both, together), self.certainty)
        if self.known is not None:
            first = np.maximum(first, self.known.least(both, together))
        # Other parts may have other variances with the same of the first one.
        key = variances[0], higher[:, 0].tobytes()
        if key not in self._alone:
            self._alone[key] = own.least(variances[0], higher[:, 0], self.certainty)
        return np.maximum(self._alone[key][:, np.newaxis], first[:, np.newaxis] + self.between)

    def _meets(self, own: _Own, other: _Other, aim: FloatArray) -> FloatArray:
        """Return the least distance of the second mean with which both marks are reached, for certainties."""
        looks, row = own.looks, np.arange(self.between.size)
        # The second mark decides if others bring enough; each unit less asks for one more of new buildings.
        values = np.multiply.outer(other.decided, own.at(looks)) + other.single @ own.fewer
        enough = values >= aim[:, np.newaxis]
        place = np.clip(np.argmax(enough, axis=1), 1, looks.size - 1)
        aim, (low, high) = _normal(aim), (looks[place - 1], looks[place])
        at_low, at_high = _normal(values[row, place - 1]), _normal(values[row, place])

        def between() -> FloatArray:
            part = np.clip((aim - at_low) / np.maximum(at_high - at_low, 1e-12), 0.0, 1.0)
            return np.asarray(low + (high - low) * part)

        for _ in range(_SECANTS):
            middle = between()
            fewer = own.at(middle[:, np.newaxis] - self.steps)
            value = _normal(other.decided * own.at(middle) + np.sum(other.single * fewer, axis=1))
            above = value >= aim
            high, at_high = np.where(above, middle, high), np.where(above, value, at_high)
            low, at_low = np.where(above, low, middle), np.where(above, at_low, value)
        return np.where(enough.any(axis=1), between(), looks[-1])


def _normal(probability: FloatArray) -> FloatArray:
    """Return the deviations at which a normal sum has a probability."""
    return np.asarray(ndtri(np.clip(probability, _NOTHING, 1 - _NOTHING)))


def cheapest(least: FloatArray, between: FloatArray, weight: FloatArray) -> float:
    """Return the least weighted distances of one mean or two above their marks.

    Args:
        least: least distance of the last one, by `between` [kW].
        between: last distance less the first [kW].
        weight: of each distance [1].
    """
    if least.size == 1:
        return float(weight[0] * least[0])
    weighted = weight.sum() * least - weight[0] * between
    place = int(np.argmin(weighted))
    if not 0 < place < weighted.size - 1:
        return float(weighted[place])
    # Between the points that are looked at lies a parabola.
    before, here, after = weighted[place - 1 : place + 2]
    bent = before - 2 * here + after
    return float(here - (after - before) ** 2 / (8 * bent)) if bent > 0 else float(here)


@dataclass(frozen=True)
class Curve:
    """Least distance of a second mean above its mark by the second distance less the first.

    Args:
        between: second distance less the first [kW].
        least: least second distance by `between` [kW].
    """

    between: FloatArray
    least: FloatArray

    def slope(self, between: float) -> float:
        """Return by how much more of the second distance is needed if it lies farther above the first [1]."""
        place = float(np.clip(between, self.between[0], self.between[-1]))
        return float(np.clip(CubicSpline(self.between, self.least)(place, 1), 0.0, 1.0))
