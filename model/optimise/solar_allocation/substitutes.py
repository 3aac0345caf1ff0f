"""What existing houses bring, combination by combination: few of them stand in, so that those that matter are listed.

Substitutes are few and large, so that the distribution of what they bring is nothing like a normal one and plans that
differ in one of them are unlike. Once plans lie within a small room, few hundred combinations of their panels are left:
each has its exact distribution, and only what new buildings bring is bounded for many plans at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import ndtri

from model.optimise.solar_allocation.edge import FAR, Edge
from model.optimise.solar_allocation.nearby import Nearby, on_circle
from model.optimise.solar_allocation.problem import BoolArray, FloatArray, IntArray
from model.optimise.solar_allocation.sums import ORDERS

#: Most combinations that are listed.
_MOST = 3_000
#: Distances that are looked at, in deviations apart, how many times as far at first, and how many beside those that
#: matter.
_COARSE, _WIDE, _BESIDE = 0.18, 3, 3
#: Combinations whose distributions are added up house by house.
_FEW = 100
#: Beyond all capacities [kW].
BEYOND = 1e6
#: Probability of nothing, and what is left by rounding.
_NOTHING, _ROUNDING = 1e-15, 1e-6


@dataclass(frozen=True)
class Substitutes:
    """Combinations of capacities of existing houses.

    Args:
        house: houses that may stand in.
        kw: their capacities, dims (combination, house) [kW].
        likely: probabilities of 0, 1, 2, … units in all, dims (combination, unit).
        mean: of what they bring [kW].
        variance: of it [kW²].
        higher: its higher cumulants beyond the tilt, dims (order, combination) [kW³, kW⁴, …].
        unit: capacity of one unit [kW].
    """

    house: IntArray
    kw: FloatArray
    likely: FloatArray
    mean: FloatArray
    variance: FloatArray
    higher: FloatArray
    unit: float

    @classmethod
    def read(cls, near: Nearby, may: BoolArray, room: float) -> Substitutes | None:
        """Return all combinations within a room, in a range of variances; None where they are too many.

        Args:
            near: the plans near one choice, and what they change in what existing houses bring.
            may: which houses may stand in.
            room: what plans may lie above the bound under prices.
        """
        house = np.flatnonzero(may)
        kw, above = near.base[house][np.newaxis], np.zeros(1)
        for column, one in enumerate(house.tolist()):
            own = np.flatnonzero((near.house == one) & (near.above <= room))
            every, further = above[:, np.newaxis] + near.above[own], np.repeat(kw, own.size, axis=0)
            further[:, column] = np.tile(near.kw[own], kw.shape[0])
            inside = every.ravel() <= room
            kw, above = np.vstack((kw, further[inside])), np.append(above, every.ravel()[inside])
            if above.size > _MOST:
                return None
        variance = near.cumulants(2, kw, near.consent[house]).sum(axis=1)
        inside = (variance >= near.variances[0] - _ROUNDING) & (variance <= near.variances[1] + _ROUNDING)
        kw, variance, consent = kw[inside], variance[inside], near.consent[house]
        spread = near.cumulants(2, kw, consent)
        higher = [
            np.sum(near.cumulants(order, kw, consent) - tilt * spread, axis=1)
            for order, tilt in zip(ORDERS, near.tilt, strict=True)
        ]
        likely = _likely(np.rint(kw / near.unit).astype(np.int64), consent)
        return cls(house, kw, likely, kw @ consent, variance, np.array(higher), near.unit)

    def above(self, near: Nearby) -> FloatArray:
        """Return what combinations lie above the best slots of their houses under prices; infinite where impossible."""
        found = np.zeros(self.mean.size)
        for column, one in enumerate(self.house.tolist()):
            own = near.house == one
            sizes, costs = np.append(near.base[one], near.kw[own]), np.append(0.0, near.above[own])
            order = np.argsort(sizes, kind="stable")
            place = order[np.clip(np.searchsorted(sizes[order], self.kw[:, column]), 0, order.size - 1)]
            found += np.where(np.abs(sizes[place] - self.kw[:, column]) <= _ROUNDING, costs[place], np.inf)
        return found

    def slots(self, kw: FloatArray, kept: BoolArray) -> BoolArray:
        """Say which slots are in some of the combinations, or of a house that does not stand in, dims (slot, house).

        Args:
            kw: what an owner brings by accepting, dims (slot, house) [kW].
            kept: the combinations.
        """
        found = np.ones(kw.shape, dtype=bool)
        for column, one in enumerate(self.house.tolist()):
            sizes = np.unique(self.kw[kept, column])
            found[:, one] = np.any(np.abs(kw[:, one, np.newaxis] - sizes) <= _ROUNDING, axis=1)
        return found

    @cached_property
    def _tails(self) -> FloatArray:
        """Probabilities of so many units or more, dims (combination, unit)."""
        return np.cumsum(self.likely[:, ::-1], axis=1)[:, ::-1]

    def number(self, kw: FloatArray) -> int:
        """Return the number of the combination with some capacities by house [kW]."""
        return int(np.argmin(np.abs(self.kw - kw[self.house]).sum(axis=1)))

    def least(
        self, own: Edge, variance: float, higher: FloatArray, certainty: float, apart: IntArray, kept: BoolArray
    ) -> FloatArray:
        """Return how far new buildings' mean must lie above the first mark, dims (number, combination, apart) [kW].

        Args:
            own: probabilities of what new buildings bring.
            variance: of it [kW²].
            higher: its higher cumulants beyond the tilt, dims (number, order) [kW³, kW⁴, …].
            certainty: probability asked for [1].
            apart: units of the first mark above the second one that are looked at, ascending by one.
            kept: combinations that are looked at; of others nothing is said.
        """
        found = np.full((higher.shape[0], self.mean.size, apart.size), -BEYOND)
        if not (apart_by := units_apart(variance, self.unit)):
            return found
        reach = int(np.ceil(FAR * max(own.variances[1], self.unit**2) ** 0.5 / self.unit))
        turned = on_circle(np.multiply.outer(np.arange(-reach, reach + 1) * self.unit, own.points))
        for weights, errors in own.inversions(variance, higher):
            reached = 0.5 + (weights @ turned.T).imag
            for number, aim in enumerate((certainty - errors).tolist()):
                if aim > 0.5:
                    least = self._least(reached[number], reach, aim, apart, kept, apart_by)
                    found[number, kept] = np.maximum(found[number, kept], least)
        return found

    def _least(
        self, reached: FloatArray, reach: int, aim: float, apart: IntArray, kept: BoolArray, apart_by: int
    ) -> FloatArray:
        """Return how far the mean must lie above the first mark, dims (combination, apart) [kW].

        Args:
            reached: probabilities of what new buildings bring, by the distance of its mean above a mark.
            reach: units of distance that are looked at on both sides.
            aim: probability asked for [1].
            apart: units of the first mark above the second one that are looked at.
            kept: combinations that are looked at.
            apart_by: units that distances lie apart which are looked at.
        """
        likely, tails = self.likely[kept], self._tails[kept]
        units, found = np.arange(likely.shape[1]), np.full((likely.shape[0], apart.size), -BEYOND)

        def at(place: IntArray) -> FloatArray:
            return np.asarray(reached[np.clip(place + reach, 0, reached.size - 1)])

        def both(means: IntArray, marks: IntArray) -> list[FloatArray]:
            # More units than the marks lie apart do not help: then the second mark decides.
            values = [likely @ at(means + np.minimum(units, marks[0])[:, np.newaxis])]
            for mark, after in pairwise(marks.tolist()):
                more = np.arange(mark + 1, after + 1)
                step = at(means + more[:, np.newaxis]) - at(means + more[:, np.newaxis] - 1)
                chance = np.zeros((likely.shape[0], more.size))
                chance[:, more <= 0], some = 1.0, more[(more > 0) & (more < units.size)]
                chance[:, (more > 0) & (more < units.size)] = tails[:, some]
                values.append(values[-1] + chance @ step)
            return values

        # With more units between the marks, fewer are needed of the first one.
        wide = np.arange(-reach - units.size, reach + 1, _WIDE * apart_by)
        first, last = (one >= aim for one in both(wide, apart[[0, -1]]))
        low, all_met = int(np.argmax(last.any(axis=0))) - 1, first.all(axis=0)
        high = int(np.argmax(all_met)) if all_met.any() else wide.size - 1
        if low < 0:
            return found
        means = np.arange(wide[low] - _BESIDE * apart_by, wide[high] + _BESIDE * apart_by + 1, apart_by)
        for number, values in enumerate(both(means, apart)):
            found[:, number] = _met(values, aim, means * self.unit)
        return found


def units_apart(variance: float, unit: float) -> int:
    """Return how many units distances lie apart that are looked at; 0 where units are not small beside deviations."""
    return int(_COARSE * variance**0.5 / unit)


def _likely(units: IntArray, consent: FloatArray) -> FloatArray:
    """Return the probabilities of 0, 1, 2, … units in all, dims (combination, unit)."""
    size = int(units.sum(axis=1).max(initial=0)) + 1
    if units.shape[1] > 1 and units.shape[0] > _FEW:
        # Many combinations are pairs of few combinations of half of the houses.
        half, length, functions = units.shape[1] // 2, next_fast_len(size, real=True), []
        for some in (slice(0, half), slice(half, None)):
            own, which = np.unique(units[:, some], axis=0, return_inverse=True)
            functions.append(rfft(_likely(own, consent[some]), length, axis=1)[which.reshape(-1)])
        return np.asarray(np.maximum(irfft(functions[0] * functions[1], length, axis=1)[:, :size], 0.0))
    found = np.zeros((units.shape[0], size))
    found[:, 0] = 1.0
    for column, accepts in enumerate(consent.tolist()):
        for number in np.unique(units[:, column]).tolist():
            if number:
                some_rows = np.flatnonzero(units[:, column] == number)
                moved = accepts * found[some_rows, : size - number]
                found[some_rows] *= 1 - accepts
                found[some_rows, number:] += moved
    return found


def _met(values: FloatArray, aim: float, means: FloatArray) -> FloatArray:
    """Return the mean with which each row of probabilities meets an aim; the last one where none does [kW]."""
    enough, row = values >= aim, np.arange(values.shape[0])[:, np.newaxis]
    first = np.argmax(enough, axis=1)
    # As deviations of a normal sum, probabilities are next to linear in the mean: a cubic through four points.
    place = np.clip(first[:, np.newaxis] + np.arange(-2, 2), 0, means.size - 1)
    at = ndtri(np.clip(values[row, place], _NOTHING, 1 - _NOTHING)) - ndtri(aim)
    found = np.zeros(first.size)
    for one in range(4):
        others = [other for other in range(4) if other != one]
        apart = at[:, others] - at[:, [one]]
        share = np.divide(at[:, others], apart, out=np.ones_like(apart), where=apart != 0)
        found += means[place[:, one]] * share.prod(axis=1)
    inside = (first >= 2) & (first < means.size - 1)
    beside = means[np.maximum(first - 1, 0)]
    found = np.where(inside, np.clip(found, beside, means[first]), np.where(first > 0, beside, -BEYOND))
    return np.where(enough.any(axis=1), found, means[-1])
