"""Plans near one choice of slots: what they change in a sum of decisions, and how much at most within a room.

Under prices a plan lies above the bound by what its slots lie above the best ones of their houses. What plans within a
room have in common is bounded for all of them at once: any price of nearness gives such a bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.problem import FloatArray
from model.optimise.solar_allocation.sums import ORDERS, Sum, cumulant_parts

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
ComplexArray = npt.NDArray[np.complex128]

#: What holds at some points, and which row of it belongs to each change or house.
_Table = tuple[FloatArray, IntArray]

#: Most numbers in a table of changes and points far out.
_MOST_NUMBERS = 4_000_000
#: Prices of nearness that are tried for a bound, in parts of the largest one that matters.
_MULTIPLIERS = np.geomspace(0.8, 2e-2, 11)
#: Logarithm up to which cumulants are followed, and a factor beyond which it does not matter how large it is.
_FOLLOWED, _ANY = 300.0, 1e3
#: Prices of variance that are tried for the size of a function, in parts of what it loses by variance in the base.
_OF_DECAY = (0.5, 0.8)
#: Units of capacity from which few and many panels of a house are told apart.
_TURN = 3.5
#: Numbers in a table of gains from which every other price is tried.
_LARGE_TABLE = 40_000


def _centred(kw: FloatArray | float, consent: FloatArray | float, points: FloatArray) -> ComplexArray:
    """Return the characteristic function of a house's kW about their mean."""
    refuses = 1.0 - np.asarray(consent)
    return np.asarray(refuses * on_circle(-consent * kw * points) + consent * on_circle(refuses * kw * points))


def on_circle(angle: FloatArray) -> ComplexArray:
    """Return the complex numbers of absolute value 1 with some angles."""
    found = np.empty(angle.shape, dtype=np.complex128)
    # Cosine and sine take a third of the time of a complex exponential.
    found.real, found.imag = np.cos(angle), np.sin(angle)
    return found


def turn(points: FloatArray, order: int) -> ComplexArray:
    """Return what a cumulant of an order is multiplied by in the logarithm of a characteristic function."""
    return np.asarray((1j * points) ** order / math.factorial(order))


def _sizes(kw: FloatArray, consent: FloatArray, points: FloatArray) -> _Table:
    """Return logarithms of absolute values of distinct functions, dims (function, point), and which one each is."""
    pairs, place = np.unique(np.column_stack((kw, consent)), axis=0, return_inverse=True)
    kw, p = pairs[:, :1], pairs[:, 1:]
    square = 1.0 - 2.0 * p * (1.0 - p) * (1.0 - np.cos(kw * points))
    return 0.5 * np.log(np.maximum(square, 1e-300)), place.ravel()


def most_within(gain: FloatArray, above: FloatArray, house: IntArray, room: float) -> FloatArray:
    """Return a bound on what changes add up to within a room, one a house at most, dims (change, point) → (point).

    Any price of nearness gives one: the changes that are worth it, and the whole room at that price.
    """
    if not house.size:
        return np.zeros(gain.shape[1])
    starts = np.flatnonzero(np.append(True, house[1:] != house[:-1]))
    counts = np.diff(np.append(starts, house.size))
    order = np.argsort(-counts, kind="stable")
    starts, counts = starts[order], counts[order]
    # The first changes of all houses, then the second ones of those that have so many, …: whole rows at a time.
    tables = []
    for number in range(int(counts[0])):
        rows = starts[: int(np.searchsorted(-counts, -number))] + number
        tables.append((gain[rows], above[rows]))

    def worth(price: FloatArray) -> FloatArray:
        most, left = np.zeros((starts.size, price.size)), np.empty((starts.size, price.size))
        for gained, over in tables:
            some, here = most[: over.size], left[: over.size]
            np.multiply.outer(over, price, out=here)
            np.subtract(gained, here, out=here)
            np.maximum(some, here, out=some)
        return np.asarray(most.sum(axis=0))

    bound = worth(np.zeros(gain.shape[1]))
    if np.isinf(room):
        return bound
    # A higher price than this can only give more than no price at all.
    highest = bound / max(room, 1e-300)
    if bound.size == 1:
        prices = _MULTIPLIERS * highest
        return np.minimum(bound, np.min(worth(prices) + prices * room))
    for part in _MULTIPLIERS[:: 2 if gain.size > _LARGE_TABLE else 1]:
        bound = np.minimum(bound, worth(part * highest) + part * highest * room)
    return np.asarray(bound)


class Nearby:
    """The plans near one choice: what they change in a sum, at which price.

    Args:
        part: the sum.
        unit: capacity of which all that is unsure are whole multiples [kW].
        choice: slot by house under prices.
        above: what each slot lies above the best of its house under prices, dims (slot, house).
    """

    def __init__(self, part: Sum, unit: float, choice: IntArray, above: FloatArray) -> None:
        self.unit, self.consent, self.tilt = unit, part.consent, part.tilt
        self.base = part.kw[choice, np.arange(choice.size)]
        slot, house = np.nonzero(np.isfinite(above) & (part.kw != self.base))
        over, kw = above[slot, house], part.kw[slot, house]
        # Of slots with the same panels only the cheapest matters.
        order = np.lexsort((over, kw, house))
        house, kw, over = house[order], kw[order], over[order]
        first = np.append(True, (house[1:] != house[:-1]) | (kw[1:] != kw[:-1]))[: house.size]
        self.house, self.kw, self.above = house[first], kw[first], np.maximum(over[first], 0.0)
        #: Bounds by name and how far the integral is followed that hold for all plans of a room, with the room
        #: and the least variance [kW²].
        self.known: dict[tuple[str, float], tuple[float, float, Any]] = {}
        self._tables: dict[tuple[str, bytes], _Table] = {}
        self.by_variance: dict[float, tuple[FloatArray, FloatArray]] = {}
        #: Variances that plans which matter can have.
        self.variances = (0.0, np.inf)
        largest = self.base.copy()
        np.maximum.at(largest, self.house, self.kw)
        ratio = largest * (self.consent**2 + (1 - self.consent) ** 2)
        order = np.argsort(-ratio, kind="stable")
        variance = self.cumulants(2, largest, self.consent)[order]
        self._variances = np.append(0.0, np.cumsum(variance))
        self._thirds = np.append(0.0, np.cumsum(variance * ratio[order]))

    def cumulants(self, number: int, kw: FloatArray, consent: FloatArray) -> FloatArray:
        """Return variances (2), higher cumulants (their order) or third absolute moments (0) of houses."""
        variance = consent * (1 - consent) * kw**2
        if number == 0:
            return np.asarray(variance * (consent**2 + (1 - consent) ** 2) * kw)
        return variance if number == 2 else np.asarray(variance * cumulant_parts(consent, kw)[number - 3])

    def third(self, variance: float) -> float:
        """Return the greatest third absolute moment of any plan with a variance: of the largest panels first."""
        return float(np.interp(variance, self._variances, self._thirds))

    @cached_property
    def at_base(self) -> tuple[float, ...]:
        """Variance and higher cumulants of the choice under prices."""
        return tuple(float(np.sum(self.cumulants(one, self.base, self.consent))) for one in (2, *ORDERS))

    def most(self, gain: FloatArray, kept: BoolArray, room: float) -> FloatArray:
        """Return a bound on what changes add up to, one a house at most, dims (change, point) → (point)."""
        return most_within(gain, self.above[kept], self.house[kept], room)

    def range_of(self, number: int, room: float) -> tuple[float, float]:
        """Return least and greatest sum of `cumulants` of the plans within a room; the higher ones beyond the tilt."""
        kept = self.above <= room
        house = self.house[kept]
        own, other = (
            self.cumulants(number, kw, p) - (self.tilt[number - 3] * self.cumulants(2, kw, p) if number > 2 else 0.0)
            for kw, p in ((self.base, self.consent), (self.kw[kept], self.consent[house]))
        )
        change = (other - own[house])[:, np.newaxis]
        down, up = self.most(-change, kept, room)[0], self.most(change, kept, room)[0]
        least = float(own.sum() - down)
        return least if number > 2 else max(least, 0.0), float(own.sum() + up)

    def turn(self, room: float) -> tuple[int, float] | None:
        """Return the house that makes distributions of plans least alike, and what parts few panels from many [kW].

        Args:
            room: what plans may lie above the bound under prices.

        Returns:
            None where no house can have few or many panels within the room.
        """
        kept, best, found = self.above <= room, 0.0, None
        for house in np.unique(self.house[kept]).tolist():
            own = kept & (self.house == house)
            kw, above = np.append(self.base[house], self.kw[own]), np.append(0.0, self.above[own])
            order = np.argsort(kw, kind="stable")
            kw, above, base = kw[order], above[order], int(np.argmin(order))
            for place in np.flatnonzero(np.diff(kw) > _TURN * self.unit).tolist():
                other = above[: place + 1] if place < base else above[place + 1 :]
                likely = float(self.cumulants(2, kw[place + 1] - kw[place], self.consent[house]))
                size = likely * (kw[place + 1] - kw[place]) * (1 - float(other.min()) / room)
                if size > best:
                    best, found = size, (house, float(kw[place : place + 2].mean()))
        return found

    def of_base(self, points: FloatArray) -> ComplexArray:
        """Return the centred characteristic function of the choice under prices."""
        found = np.ones(points.size, dtype=np.complex128)
        pairs, count = np.unique(np.column_stack((self.base, self.consent)), axis=0, return_counts=True)
        for (kw, p), times in zip(pairs.tolist(), count.tolist(), strict=True):
            found *= _centred(kw, p, points) ** times
        return found

    def deviation(self, points: FloatArray, room: float) -> FloatArray:
        """Return a bound on how far a plan's function lies from the base's with its own cumulants [1]."""
        kept = self.above <= room
        factor, place = self._read("factors", points, self._factors)
        return np.asarray(np.expm1(np.minimum(self.most(factor[place[kept]], kept, room), 300.0)))

    def _read(self, name: str, points: FloatArray, make: Callable[[FloatArray], _Table]) -> _Table:
        """Return what holds at some points in any room: it is made once."""
        if (key := (name, points.tobytes())) not in self._tables:
            self._tables[key] = make(points)
        return self._tables[key]

    def _factors(self, points: FloatArray) -> _Table:
        """Return how far functions lie from the base's after distinct changes [1], and which one each change is."""
        # Few pairs of capacity and consent make many changes from one to another.
        pairs, place = np.unique(
            np.column_stack((np.append(self.base, self.kw), np.append(self.consent, self.consent[self.house]))),
            axis=0, return_inverse=True,
        )  # fmt: skip
        own, changed = np.split(place.ravel(), [self.base.size])
        distinct, number = np.unique(np.column_stack((own[self.house], changed)), axis=0, return_inverse=True)
        kw, p = pairs[:, :1], pairs[:, 1:]
        followed = sum(self.cumulants(one, kw, p) * turn(points, one) for one in (2, *ORDERS))
        known = np.abs(followed.real) < _FOLLOWED
        beyond = _centred(kw, p, points) * np.exp(np.where(known, -followed, 0.0))
        before, after = distinct.T
        ratio = beyond[after] / np.where(np.abs(beyond[before]) > 0, beyond[before], 1e-300)
        factor = np.where(known[before] & known[after], np.minimum(np.abs(ratio - 1.0), _ANY), _ANY)
        return factor, number.ravel()

    def anywhere(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return, by variance, bounds on how far any plan's function lies from that of its first three cumulants.

        Returns:
            Variances and logarithms of one more than the bound, dims (point, number); those that deviate most first.
        """
        kw, consent = np.append(self.base, self.kw), np.append(self.consent, self.consent[self.house])
        variance = self.cumulants(2, kw, consent)
        pairs, place = np.unique(np.column_stack((kw, consent)), axis=0, return_inverse=True)
        spread, third = (self.cumulants(one, *pairs.T)[:, np.newaxis] for one in (2, 3))
        followed = np.exp(np.minimum(spread * points**2 / 2, 300.0) + 1j * third * points**3 / 6)
        apart = np.minimum(np.abs(_centred(pairs[:, :1], pairs[:, 1:], points) * followed - 1.0), 1e6)
        ratio = np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 0)[place.ravel()]
        owner = np.append(np.arange(self.base.size), self.house)
        order = np.argsort(owner, kind="stable")
        starts = np.searchsorted(owner[order], np.arange(self.base.size))
        most, ratio = np.maximum.reduceat(variance[order], starts), np.maximum.reduceat(ratio[order], starts, axis=0)
        first = np.argsort(-ratio, axis=0, kind="stable")
        sizes = most[first]
        sums = [np.vstack((np.zeros(points.size), np.cumsum(one, axis=0))).T
                for one in (sizes, np.take_along_axis(ratio, first, axis=0) * sizes)]  # fmt: skip
        return sums[0], sums[1]

    def largest(self, points: FloatArray, room: float, least: float) -> FloatArray:
        """Return a bound on the absolute value of a plan's function at points.

        Args:
            points: where [1/kW].
            room: what plans may lie above the bound under prices.
            least: variance that plans have at least [kW²].
        """
        # Each house can only make the value smaller, so that some of them are enough.
        by_house = self.house.size // max(self.base.size, 1) + 1
        allowed = max(1, _MOST_NUMBERS // (max(points.size, 1) * by_house))
        some = np.arange(0, self.base.size, -(-self.base.size // allowed))
        kept = (self.above <= room) & np.isin(self.house, some)
        before, base = self._read("base", points, partial(_sizes, self.base, self.consent))
        after, place = self._read("changes", points, partial(_sizes, self.kw, self.consent[self.house]))
        gain, whole = after[place[kept]] - before[base[self.house[kept]]], before[base[some]].sum(axis=0)
        found = whole + self.most(gain, kept, room)
        if some.size == self.base.size and least > 0:
            # What makes a function large makes variances small: any price of variance gives a bound, too.
            house, variance = self.house[kept], self.at_base[0]
            more = self.cumulants(2, self.kw[kept], self.consent[house]) - self._spread[house]
            for part in _OF_DECAY:
                price = -part * whole / max(variance, 1e-300)
                all_in_all = whole + price * (variance - least)
                found = np.minimum(found, all_in_all + self.most(gain + np.multiply.outer(more, price), kept, room))
        return np.asarray(np.exp(np.minimum(found, 0.0)))

    @cached_property
    def _spread(self) -> FloatArray:
        """Variances of houses in the choice under prices [kW²]."""
        return self.cumulants(2, self.base, self.consent)
