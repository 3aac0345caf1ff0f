"""What plans take in all: the totals that the best plan can still have, and what plans of each cost at least.

A total is how many houses take capacity and how much they take together. For each, money is weighed against
probability by a price, and the price that tells most is kept: a plan with these totals that is certain enough costs at
least what certainty is worth above what the best completions (`completions`) bring.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.completions import Completions, OpenHouse, Steps, ways_of
from model.optimise.solar_allocation.problem import FloatArray

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

#: Prices of probability that are tried: ratio of one to the next, the first ones in powers of it above what plans cost
#: at most, and how far beyond more are tried.
_RATIO, _FIRST, _FARTHEST = 1.5, (-1, 0, 1, 2, 3), 8
#: Gain of a price, relative to the bound, for which the next one is tried.
_GAIN = 3e-3
#: What is as good as the same, relative to its size.
_EVEN = 1e-9
#: Prices with which houses are counted at first.
_TELLING = 2
#: Most prices that are kept.
_MOST_PRICES = 3
#: Most places that all tables of one price fill, counted once for each way of a house; above, houses are not counted.
_MOST_WORK = 4e8


@dataclass(frozen=True)
class Totals:
    """Totals that plans can have which cost no more than they may.

    Args:
        completions: at the prices of probability that tell most, and where costs do not count.
        houses: that take capacity, by total; 0 where they are not counted.
        units: that they take, by total.
        bound: what plans cost at least, by total.
    """

    completions: tuple[Completions, ...]
    houses: IntArray
    units: IntArray
    bound: FloatArray


@dataclass(frozen=True)
class Undecided:
    """The houses to come, and what is missing before them.

    Args:
        houses: all of them, in the order in which they are decided.
        steps: of the sum.
        first: houses that are decided already.
        missing: steps of the last unit missing at most.
        likely: probability that nothing is missing, then that so many units are.
        enough: probability asked for [1].
        least: what plans cost at least under the prices of the rows.
    """

    houses: tuple[OpenHouse, ...]
    steps: Steps
    first: int
    missing: int
    likely: FloatArray
    enough: float
    least: float

    @property
    def least_missing(self) -> int:
        """Steps that are missing at least before them."""
        return int(steps_missing(self.missing, self.likely.size, self.steps.parts)[self.likely > 0].min())

    @property
    def deepest(self) -> int:
        """Steps that come in any case, at most."""
        return sum(int(self.steps.sure[place].max()) for place in range(self.first, len(self.houses)))

    def likeliest(self) -> float:
        """Return the greatest probability with which nothing is missing, whatever that costs."""
        lacking = steps_missing(self.missing, self.likely.size, self.steps.parts)
        places = np.arange(int(lacking.max()) + 1)
        reached = np.where(places == 0, 1.0, 0.0)
        for place in reversed(range(self.first, len(self.houses))):
            ways, consent = ways_of(self.houses[place], self.steps, place), self.houses[place].consent
            refused = places - ways.sure[:, np.newaxis]
            accepted = refused - ways.units[:, np.newaxis] * self.steps.parts
            both = [reached[np.maximum(one, 0)] for one in (accepted, refused)]
            reached = np.max(consent * both[0] + (1 - consent) * both[1], axis=0)
        return float(self.likely @ reached[lacking])

    def costs_alone(self) -> FloatArray:
        """Return what units cost at least above the least, however likely that is enough; infinite where impossible."""
        found = np.zeros(1)
        for place in range(self.first, len(self.houses)):
            ways, before = ways_of(self.houses[place], self.steps, place), found
            found = np.full(before.size + int(ways.units.max()), np.inf)
            for unit, above in zip(ways.units.tolist(), ways.above.tolist(), strict=True):
                part = found[unit : unit + before.size]
                np.minimum(part, before + above, out=part)
        return found

    def at(self, worth: float, most: tuple[int, int]) -> FloatArray:
        """Return the greatest probability less the price of costs by total, dims (houses, units)."""
        lacking = steps_missing(self.missing, self.likely.size, self.steps.parts)
        # What nobody can reach is not looked up, so that nothing is multiplied by what is impossible.
        some = np.flatnonzero(self.likely > 0)
        found = Completions.find(
            self.houses, self.steps, worth, most, self.least_missing, self.first, kept=False
        )  # fmt: skip
        table = found.tables[self.first]
        units = np.arange(table.shape[1])
        columns = found.column(self.first, units[:, np.newaxis] * self.steps.parts - lacking[some])
        return np.asarray(np.sum(table[:, units[:, np.newaxis], columns] * self.likely[some], axis=2))

    def costs(self, worth: float, most: tuple[int, int]) -> FloatArray:
        """Return what plans that are certain enough cost at least by total, dims (houses, units)."""
        return np.asarray(self.least + (self.enough - self.at(worth, most)) / worth)

    def most(self) -> tuple[int, int]:
        """Return houses that can take capacity, and units that they can take."""
        units = [int(self.steps.added[place].max()) for place in range(self.first, len(self.houses))]
        return sum(one > 0 for one in units), sum(units)

    def countable(self, units: int) -> int:
        """Return up to how many houses can be counted within the work that is allowed; 0 for none."""
        fewest, most = 0, self.most()[0]
        while fewest < most:
            middle = (fewest + most + 1) // 2
            fewest, most = (middle, most) if self._work((middle, units)) <= _MOST_WORK else (fewest, middle - 1)
        return fewest

    def _work(self, most: tuple[int, int]) -> float:
        """Return how many places are filled in all tables of one price."""
        found, houses, units = 0.0, 0, 0
        width = most[1] * self.steps.parts - self.least_missing
        for place in reversed(range(self.first, len(self.houses))):
            ways = ways_of(self.houses[place], self.steps, place)
            found += float(ways.units.size) * (houses + 1) * (units + 1) * max(width, 1)
            houses = min(houses + int(ways.counts.max()), most[0])
            units = min(units + int(ways.units.max()), most[1])
        return found


def steps_missing(missing: int, units: int, parts: int) -> IntArray:
    """Return the steps that are missing, by units missing; none where no unit is."""
    return np.append(0, np.arange(units - 1) * parts + missing)


@dataclass(frozen=True)
class Tried:
    """Prices of probability that were tried, and what plans cost at least.

    Args:
        powers: of the ratio of prices, by price.
        worth: of one unit of cost, by price [1].
        costs: of plans with totals that the best plan may have; infinite for others, dims (price, houses, units).
        most: what plans may cost.
    """

    powers: tuple[int, ...]
    worth: FloatArray
    costs: FloatArray
    most: float

    @property
    def bound(self) -> float:
        """What plans cost at least; infinite where none costs no more than it may."""
        return float(self.costs.max(axis=0, initial=-np.inf).min(initial=np.inf)) if self.powers else np.inf

    @property
    def open(self) -> BoolArray:
        """Totals that plans may have which cost no more than they may, dims (houses, units)."""
        return np.asarray(np.isfinite(self.costs.max(axis=0, initial=-np.inf)))


def try_prices(undecided: Undecided, most: float, end: float = np.inf) -> Tried:
    """Return what prices of probability tell of plans by the units they take.

    Args:
        undecided: the houses to come.
        most: what plans may cost.
        end: until when more than one price is tried [s of the clock].
    """
    able = undecided.least + undecided.costs_alone() <= most + _EVEN * max(1.0, abs(most))
    reached = np.arange(able.size) * undecided.steps.parts + undecided.deepest >= undecided.least_missing
    return _tried(undecided, most, (able & reached)[np.newaxis], _FIRST, end)


def count_houses(undecided: Undecided, tried: Tried, end: float = np.inf) -> Tried:
    """Return what prices of probability tell where houses that take capacity are counted as well.

    Args:
        undecided: the houses to come.
        tried: what was found without counting them.
        end: until when houses are begun to be counted, and more than one price is tried [s of the clock].
    """
    able = tried.open
    units = np.flatnonzero(able[0])
    if not units.size or perf_counter() > end:
        return tried
    houses = undecided.countable(int(units[-1]))
    if not houses:
        return tried
    telling, times = np.unique(tried.costs[:, 0, units].argmax(axis=0), return_counts=True)
    powers = tuple(tried.powers[one] for one in telling[np.argsort(-times, kind="stable")[:_TELLING]].tolist())
    return _tried(undecided, tried.most, np.repeat(able[:, : units[-1] + 1], houses + 1, axis=0), powers, end)


def _tried(undecided: Undecided, most: float, able: BoolArray, first: tuple[int, ...], end: float) -> Tried:
    """Return what prices of probability tell of plans with some totals, dims (houses, units)."""
    scale, too_dear = max(most - undecided.least, 1e-12), most + _EVEN * max(1.0, abs(most))
    found: dict[int, FloatArray] = {}
    best = np.where(able, -np.inf, np.inf)

    def look(power: int) -> float:
        houses, units = np.nonzero(best < np.inf)
        if not houses.size:
            return np.inf
        if found and perf_counter() > end:
            return float(best.min())
        # Only totals that are open still; the last number of houses stands for more as well.
        last = best.shape[0] - 1
        limits = (min(last, int(houses.max()) + 1), int(units.max()))
        costs = undecided.costs(_worth(scale, power), limits)
        size = (limits[0] + (limits[0] == last), min(limits[1] + 1, costs.shape[1]))
        found[power] = np.full(best.shape, np.inf)
        found[power][: size[0], : size[1]] = costs[: size[0], : size[1]]
        np.maximum(best, found[power], out=best)
        best[best > too_dear] = np.inf
        return float(best.min())

    bound = max((look(power) for power in first), default=np.inf)
    for step in (-1, 1):
        gain, power = np.inf, max(found, default=0) if step > 0 else min(found, default=0)
        while gain > _GAIN * scale and abs(power) < _FARTHEST and np.isfinite(bound) and perf_counter() <= end:
            power += step
            after = look(power)
            gain, bound = after - bound, after
    powers = tuple(sorted(found))
    costs = np.array([found[power] for power in powers]).reshape(len(powers), *best.shape)
    costs[:, best == np.inf] = np.inf
    return Tried(powers, np.array([_worth(scale, power) for power in powers]), costs, most)


def _worth(scale: float, power: int) -> float:
    """Return the probability that one unit of cost is weighed with."""
    return float(1 / (scale * _RATIO**power))


def settle(undecided: Undecided, tried: Tried) -> Totals | None:
    """Return the totals of plans that cost no more than they may, at the prices that tell most; None for none.

    Args:
        undecided: the houses to come.
        tried: what prices tell.
    """
    houses, units = np.nonzero(tried.open)
    if not houses.size:
        return None
    costs = tried.costs[:, houses, units]
    telling, times = np.unique(costs.argmax(axis=0), return_counts=True)
    kept = np.sort(telling[np.argsort(-times, kind="stable")[:_MOST_PRICES]])
    every, limit = undecided.most()[0], tried.costs.shape[1] - 1
    most = (min(limit, int(houses.max()) + 1), int(units.max()))
    completions = tuple(
        Completions.find(undecided.houses, undecided.steps, worth, most, undecided.least_missing, undecided.first)
        for worth in (0.0, *tried.worth[kept].tolist())
    )
    # The last number of houses stands for more as well: each is a total by itself where houses are decided.
    more = np.flatnonzero(houses == limit) if 0 < limit < every else np.zeros(0, dtype=np.int64)
    beyond = np.arange(1, every - limit + 1)
    which = np.append(np.arange(houses.size), np.repeat(more, beyond.size))
    number = houses[which] + np.append(np.zeros(houses.size, dtype=np.int64), np.tile(beyond, more.size))
    return Totals(completions, number, units[which], costs.max(axis=0)[which])
