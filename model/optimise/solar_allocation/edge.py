"""Where a sum of owners' decisions reaches a certainty: for all plans near a choice, nothing taken as normal.

The probability is a Fourier integral of the product of what each house brings. Plans near the choice differ in few
houses, so that mean, variance and some higher cumulants are followed, and what is left is bounded for all of them.
Where the integral cannot be followed to its end, an inequality that needs only its beginning takes its place, with
beginnings of several lengths where one does not tell plans apart.

Sources: inversion on a lattice, W. Feller, An introduction to probability theory and its applications II, XV.7; the
beginning alone, H. Prawitz, Limits for a distribution, if the characteristic function is given in a finite domain,
1972; far away, Cantelli's inequality and the theorem of Berry and Esseen with the constant of I. G. Shevtsova, 2010.
"""

from __future__ import annotations

from functools import cache, cached_property
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.nearby import Nearby, on_circle, turn
from model.optimise.solar_allocation.problem import FloatArray
from model.optimise.solar_allocation.sums import ORDERS

ComplexArray = npt.NDArray[np.complex128]
_NORMAL = NormalDist()
#: The theorem of Berry and Esseen for summands that differ.
_BERRY_ESSEEN = 0.56
#: Reciprocal deviations up to which an integrand is followed, points there, and points a reciprocal deviation beyond.
FAR, _POINTS, _DENSITY = 8.5, 64, 2.0
#: Lengths that are looked at beside it where its end is not known, in parts of the usual one, and the error from which.
_LENGTHS, _LENGTHS_FROM = (0.5, 2.0, 3.5, 6.0), 2e-2
_nodes = cache(np.polynomial.legendre.leggauss)
#: Most points beyond.
_MOST_POINTS = 6_000
#: Part of a room from which what is known of it is as good as what would be found for the smaller room itself.
_AS_GOOD = 0.7
#: Absolute value of a function from which it is as good as 1.
_WHOLE = 1 - 1e-13
#: Safety on what lies between points.
SAFETY = 1.05
#: Error of a probability from which the beginning of an integral is looked at alone, and one that is nothing.
_SMOOTH_FROM, _NOTHING = 1e-3, 1e-6
#: Distances of a mean that are looked at, from some deviations below its mark; then between two of them, ever finer.
_NEAREST, _LOOKS, _FINER, _REFINEMENTS = -2.0, 48, 16, 4


class Edge:
    """Probabilities of one sum for all plans within a room, with a bound on their error.

    Args:
        near: the plans.
        room: what they may lie above the bound under prices.
        followed: number of higher cumulants that are told apart; the others may lie anywhere in their ranges.
        far: up to where the integral is followed [1/kW]; as far as the deviation of the base asks for if None.
        part: part of that length that is followed instead, with what lies beyond left aside; all of it if None.
        thorough: whether other lengths are looked at, too, and what variance says of sizes, where the end is not known.
    """

    def __init__(
        self,
        near: Nearby,
        room: float,
        followed: int = len(ORDERS),
        far: float | None = None,
        part: float | None = None,
        thorough: bool = False,
    ) -> None:
        self.near, self.unit, self.room, self.followed, self.part = near, near.unit, room, followed, part
        self.thorough = thorough
        least, most = near.range_of(2, room)
        self.variances = max(least, near.variances[0]), max(min(most, near.variances[1]), least)
        self.higher = tuple(near.range_of(one, room) for one in ORDERS)
        self.third = near.range_of(0, room)[1]
        if far is None:
            far = min(FAR / max(near.at_base[0], self.unit**2) ** 0.5, np.pi / self.unit)
        self.far = far = far * (part or 1.0)
        nodes, weights = _nodes(int(_POINTS * max(part or 1.0, 1.0)))
        self.points = 0.5 * far * (nodes + 1)
        self.width = 0.5 * far * weights * self.unit / np.pi
        self.weight = self.width / (2 * np.sin(self.points * self.unit / 2))
        self.base = near.of_base(self.points)
        self._known_anywhere: dict[float, FloatArray] = {}
        self._turns = np.array([turn(self.points, order) for order in (2, *ORDERS)])
        halves = 0.5 * np.ptp(self.higher, axis=1)[followed:]
        self.loose = np.exp(np.minimum(halves @ np.abs(self._turns[1 + followed :]), 300.0))
        # Prawitz: what lies beyond does not count, but the probability is only bounded from above.
        place = self.points / far
        self.smooth = ((1 - place) + 1j * ((1 - place) / np.tan(np.pi * place) + 1 / np.pi)) * 0.5 * weights

    @property
    def vague(self) -> bool:
        """Whether so little is known of what lies beyond that other lengths may tell more."""
        return bool(self.beyond[0] > _LENGTHS_FROM)

    @cached_property
    def others(self) -> list[Edge]:
        """The same with less of the integral or more of it, where its end is not known: each tells something else."""
        if self.part is not None or not (self.thorough and self.vague):
            return []
        return [
            Edge(self.near, self.room, self.followed, self.far, part, thorough=True)
            for part in _LENGTHS
            if part * self.far < np.pi / self.unit
        ]

    @cached_property
    def beside(self) -> FloatArray:
        """Bound on how far functions of plans lie from that of the base with their cumulants [1]."""
        if not self._known(key := ("beside", self.far)):
            self.near.known[key] = self.room, 0.0, self.near.deviation(self.points, self.room)
        return np.asarray(self.near.known[key][2])

    def _known(self, key: tuple[str, float]) -> bool:
        """Say whether a bound is known that holds in a larger room, too, which is not much larger."""
        room, least, _ = self.near.known.get(key, (np.nan, np.nan, None))
        return bool(room * _AS_GOOD <= self.room <= room and least <= self.variances[0])

    @cached_property
    def size(self) -> FloatArray:
        """Bound on the absolute values of functions of plans."""
        return self.near.largest(self.points, self.room, self.variances[0] if self.part is not None else 0.0)

    @cached_property
    def beyond(self) -> tuple[float, FloatArray, FloatArray]:
        """Bound on the part of the integral that is not followed, and its points with what each adds."""
        key = ("beyond, priced" if self.thorough else "beyond", self.far)
        known = self.near.known.get(key)
        holds = known is not None and self.room <= known[0] and known[1] <= self.variances[0]
        if not ((holds and known is not None and known[2][0] <= _NOTHING) or self._known(key)):
            self.near.known[key] = self.room, self.variances[0], self._beyond(self.far, self.room)
        found: tuple[float, FloatArray, FloatArray] = self.near.known[key][2]
        return found

    def _beyond(self, far: float, room: float) -> tuple[float, FloatArray, FloatArray]:
        """Return a bound on the part of the integral that is not followed, and its points with what each adds."""
        end = np.pi / self.unit
        count = int(np.ceil((end - far) * max(self.near.at_base[0], self.unit**2) ** 0.5 * _DENSITY)) + 2
        # Where any slot is near enough, too little is known of what lies beyond to be worth the look.
        if far >= end or count > _MOST_POINTS or np.isinf(room):
            return 0.0 if far >= end else np.inf, np.zeros(0), np.zeros(0)
        points = np.linspace(far, end, count)
        width = np.full(count, points[1] - points[0])
        width[[0, -1]] /= 2
        weights = SAFETY * self.unit / (2 * np.pi) * width / np.sin(points * self.unit / 2)
        added = weights * self.near.largest(points, room, 0.0)
        if self.thorough and added.sum() > _LENGTHS_FROM:
            added = weights * self.near.largest(points, room, self.variances[0])
        return float(added.sum()), points, added

    def function(self, variance: float, higher: FloatArray) -> ComplexArray:
        """Return the functions of the base with other cumulants, dims (number, order) → (number, point)."""
        total = self.total(variance, higher)
        change = np.column_stack((np.full(total.shape[0], variance), total)) - self.near.at_base
        change = change @ self._turns
        # No characteristic function is greater than 1: what is cut back to that lies no farther from any.
        most = np.minimum(-np.log(np.maximum(np.abs(self.base), 1e-300)), 300.0)
        return np.asarray(self.base * np.exp(np.clip(change.real, -300.0, most) + 1j * change.imag))

    def total(self, variance: float, higher: FloatArray) -> FloatArray:
        """Return higher cumulants with the tilt."""
        return np.asarray(higher + np.array(self.near.tilt) * variance)

    def beyond_tilt(self, variance: float, total: FloatArray) -> FloatArray:
        """Return higher cumulants without the tilt."""
        return np.asarray(total - np.array(self.near.tilt) * variance)

    def inversions(self, variance: float, higher: FloatArray) -> list[tuple[ComplexArray, FloatArray]]:
        """Return weights by point whose sum, turned to a mean and with its imaginary part, is a probability less half.

        Args:
            variance: of the sum [kW²].
            higher: its higher cumulants beyond the tilt, dims (number, order) [kW³, kW⁴, …].

        Returns:
            Weights, dims (number, point), and errors of the probabilities; with some weights these may be too great,
            but not too small.
        """
        function, apart = self.closest(variance, higher)
        found = []
        if self.part is None:
            middle = np.exp(0.5j * self.unit * self.points) * self.weight
            found = [(function * middle, self.error_of(apart, False))]
        if self.part is not None or self.beyond[0] > _SMOOTH_FROM:
            # With weights s: Re(s) Re(f) + Im(s) Im(f) is the imaginary part of i f s*.
            found.append((1j * function * self.smooth.conj(), self.error_of(apart, True)))
        return found

    def closest(self, variance: float, higher: FloatArray) -> tuple[ComplexArray, FloatArray]:
        """Return approximate functions, with bounds on how far those of plans lie from them, dims (number, point)."""
        function, plain = self.function(variance, higher), self.plain(variance, higher)
        # What is followed of plans near the base says most at some points, what holds for all plans at others, and
        # farthest out no more than how small all functions are.
        choices = np.array([function, plain, np.zeros_like(function)])
        size = np.broadcast_to(self.size, function.shape)
        apart = np.array([self.apart(function), self.apart_anywhere(plain, variance), size])
        nearest = np.argmin(apart, axis=0, keepdims=True)
        return np.take_along_axis(choices, nearest, axis=0)[0], np.take_along_axis(apart, nearest, axis=0)[0]

    def plain(self, variance: float, higher: FloatArray) -> ComplexArray:
        """Return the functions of sums that have no cumulants but the first three, dims (number, point)."""
        third = self.total(variance, higher)[:, :1]
        return np.asarray(np.exp(-variance * self.points**2 / 2 - 1j * third * self.points**3 / 6))

    def reached(self, function: ComplexArray, mean: FloatArray) -> FloatArray:
        """Return approximate probabilities by the distance of the mean above the mark in whole units [kW]."""
        turned = on_circle(np.multiply.outer(mean + self.unit / 2, self.points))
        return np.asarray(0.5 + (turned * function).imag @ self.weight)

    @cached_property
    def _grid(self) -> tuple[FloatArray, ComplexArray, list[tuple[float, ComplexArray]]]:
        """Distances of a mean, and what turns functions to them; then ever finer steps, and what turns functions on."""
        most = max(self.variances[1], self.unit**2) ** 0.5
        means = np.linspace(_NEAREST * most, FAR * most + self.unit, _LOOKS)
        steps = [float(means[1] - means[0]) / _FINER ** (one + 1) for one in range(_REFINEMENTS)]
        on = [on_circle(np.multiply.outer(one * np.arange(1, _FINER), self.points)) for one in steps]
        return means, on_circle(np.multiply.outer(means, self.points)), list(zip(steps, on, strict=True))

    def least(self, variance: float, higher: FloatArray, certainty: float) -> FloatArray:
        """Return the least distances of the mean above the mark in whole units [kW], by row of cumulants."""
        known = -(variance**0.5) * (1 / certainty - 1) ** 0.5
        third = min(self.third, self.near.third(variance))
        normal = certainty - _BERRY_ESSEEN * third / max(variance, 1e-12) ** 1.5
        if normal > 0:
            known = max(known, _NORMAL.inv_cdf(normal) * variance**0.5)
        found = self.inversions(variance, higher)
        weights, wanted = np.array([one for one, _ in found]), certainty - np.array([error for _, error in found])

        def are_enough(turned: ComplexArray, weights: ComplexArray) -> npt.NDArray[np.bool_]:
            reached = 0.5 + (turned @ weights.reshape(-1, self.points.size).T).imag
            return np.asarray(reached.reshape(-1, *wanted.shape) >= wanted)

        means, turned, finer = self._grid
        enough = are_enough(turned, weights)
        place = np.where((wanted > 0.5) & enough.any(axis=0), np.argmax(enough, axis=0), 0)
        highest = place.max(axis=0)
        # Between the last mean that is not enough and the first one that is, ever finer; the lower end is returned.
        least, best = means[np.maximum(highest - 1, 0)], place == highest
        for step, on in finer:
            enough = are_enough(on, on_circle(np.multiply.outer(least, self.points)) * weights)
            steps = np.where(enough.any(axis=0), np.argmax(enough, axis=0), on.shape[0])
            least = least + step * np.where(best, steps, 0).max(axis=0)
        least = np.where(highest > 0, np.maximum(known, least), known)
        return np.asarray(np.max([least, *(one.least(variance, higher, certainty) for one in self.others)], axis=0))

    def apart(self, function: ComplexArray) -> FloatArray:
        """Return bounds on how far the functions of plans lie from approximate ones, point by point."""
        size = np.abs(function)
        # Where it was cut back, it is not known how far it was from the base's.
        followed = np.where(size < _WHOLE, size * ((1 + self.beside) * self.loose - 1), np.inf)
        return np.asarray(np.minimum(followed, size + self.size))

    def apart_anywhere(self, function: ComplexArray, variance: float) -> FloatArray:
        """Return the same for plans of a variance, however far from the base."""
        reached = self._anywhere(variance)
        size = np.abs(function)
        return np.asarray(np.minimum(size * np.expm1(np.minimum(reached, 300.0)), size + self.size))

    def _anywhere(self, variance: float) -> FloatArray:
        """Return logarithms of one more than a bound on how far functions with a variance lie from usual ones."""
        if variance in self._known_anywhere:
            return self._known_anywhere[variance]
        if self.far not in self.near.by_variance:
            self.near.by_variance[self.far] = self.near.anywhere(self.points)
        variances, worst = self.near.by_variance[self.far]
        last = variances.shape[1] - 1
        place = np.clip((variances < variance).sum(axis=1), 1, last)
        row = np.arange(place.size)
        wide = variances[row, place] - variances[row, place - 1]
        part = np.divide(variance - variances[row, place - 1], wide, out=np.zeros(place.size), where=wide > 0)
        step = np.minimum(part, 1.0) * (worst[row, place] - worst[row, place - 1])
        self._known_anywhere[variance] = found = np.asarray(worst[row, place - 1] + step)
        return found

    def error_of(self, apart: FloatArray, smooth: bool) -> FloatArray:
        """Return bounds on the errors of probabilities from those of functions, dims (number, point) → (number)."""
        weight = np.abs(self.smooth) if smooth else self.weight
        return np.asarray(SAFETY * np.sum(weight * apart, axis=1) + (0.0 if smooth else self.beyond[0]))
