"""What plans take in all: the totals that the best plan can still have, and what plans of each cost at least.

A total is how much all houses bring if all owners accept, and a total of labels (`labels`). For each, money is weighed
against probability by a price, and the price that tells most is kept: a plan with these totals that is certain enough
costs at least what certainty is worth above what the best completions (`completions`) bring.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.affordable import Affordable
from model.optimise.solar_allocation.completions import (
    Completions,
    Ends,
    OpenHouse,
    Steps,
    Ways,
    column,
    tables_from_last,
    ways_of,
)
from model.optimise.solar_allocation.labels import KINDS, Kind, Labels, most_of
from model.optimise.solar_allocation.problem import FloatArray

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

#: Prices of probability that are tried: ratio of one to the next, the first ones in powers of it above what plans cost
#: at most, and how far beyond more are tried.
_RATIO, _FIRST, _FARTHEST = 1.5, (1,), 8
#: Gain of a price, relative to the bound, for which the next one is tried.
_GAIN = 3e-3
#: What is as good as the same, relative to its size.
_EVEN = 1e-9
#: Prices with which totals are told apart at first.
_TELLING = 2
#: Most prices that are kept.
_MOST_PRICES = 3
#: Most places that all tables of one price fill, counted once for each way of a house, and the fewest and the most
#: totals that are told apart within it.
_MOST_WORK, _FEWEST, _MOST_APART = 4e8, 4, 96
#: Most totals, counted once for each house.
_MOST_CELLS = 30_000_000


@dataclass(frozen=True)
class Totals:
    """Totals that plans can have which cost no more than they may.

    Args:
        labels: of slots.
        completions: at the prices of probability that tell most, and where costs do not count.
        label: total of labels, by total.
        steps: that houses bring if all owners accept, by total.
        bound: what plans cost at least, by total.
    """

    labels: Labels
    completions: tuple[Completions, ...]
    label: IntArray
    steps: IntArray
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
        labels: of slots.
    """

    houses: tuple[OpenHouse, ...]
    steps: Steps
    first: int
    missing: int
    likely: FloatArray
    enough: float
    least: float
    labels: Labels

    @cached_property
    def ways(self) -> list[Ways]:
        """Ways of the houses to come."""
        return [
            ways_of(self.houses[place], self.steps, place, self.labels.of_slots[place])
            for place in range(self.first, len(self.houses))
        ]

    @property
    def least_missing(self) -> int:
        """Steps that are missing at least before them."""
        return int(steps_missing(self.missing, self.likely.size, self.steps.parts)[self.likely > 0].min())

    def likeliest(self) -> float:
        """Return the greatest probability with which nothing is missing, whatever that costs."""
        lacking = steps_missing(self.missing, self.likely.size, self.steps.parts)
        places = np.arange(int(lacking.max()) + 1)
        reached = np.where(places == 0, 1.0, 0.0)
        for house, ways in zip(reversed(self.houses[self.first :]), reversed(self.ways), strict=True):
            consent, accepted = house.consent, places - ways.size[:, np.newaxis]
            refused = accepted + ways.units[:, np.newaxis] * self.steps.parts
            both = [reached[np.maximum(one, 0)] for one in (accepted, refused)]
            reached = np.max(consent * both[0] + (1 - consent) * both[1], axis=0)
        return float(self.likely @ reached[lacking])

    def costs_alone(self) -> FloatArray:
        """Return what steps cost at least above the least, however likely that is enough; infinite where impossible."""
        found = np.zeros(1)
        for ways in self.ways:
            before = found
            found = np.full(before.size + int(ways.size.max()), np.inf)
            for size, above in zip(ways.size.tolist(), ways.above.tolist(), strict=True):
                part = found[size : size + before.size]
                np.minimum(part, before + above, out=part)
        return found

    def affordable(self, able: BoolArray, most: float) -> Affordable:
        """Return the totals that the houses to come can have in plans that cost no more than so much.

        Args:
            able: totals that plans may have, dims (label, steps).
            most: what plans may cost.
        """
        dear = np.where(able, self.labels.spared[: able.shape[0], np.newaxis], np.inf)
        return Affordable.find(self.ways, dear, most - self.least + _EVEN * max(1.0, abs(most)))

    def at(self, worth: float, most: tuple[int, int], ends: Ends) -> FloatArray:
        """Return the greatest probability less the price of costs by total, dims (label, steps)."""
        lacking = steps_missing(self.missing, self.likely.size, self.steps.parts)
        # What nobody can reach is not looked up, so that nothing is multiplied by what is impossible.
        some = np.flatnonzero(self.likely > 0)
        *_, rows = tables_from_last(
            self.houses, self.steps, self.labels.of_slots, worth, most, self.least_missing, self.first, ends
        )
        found = np.full((len(rows), most[1] + 1), -np.inf)
        for number, row in enumerate(rows):
            count, width = row.values.shape
            steps = np.arange(row.first, row.first + count)
            columns = column(steps[:, np.newaxis] - lacking[some], self.steps.parts, width)
            values = np.take_along_axis(row.values, columns, axis=1) @ self.likely[some]
            found[number, steps] = values
        return found

    def costs(self, worth: float, most: tuple[int, int], ends: Ends) -> FloatArray:
        """Return what plans that are certain enough cost at least by total, dims (label, steps)."""
        found = self.at(worth, most, ends)
        return np.asarray(self.least + (self.enough - found) / worth + self.labels.spared[: found.shape[0], np.newaxis])

    def told_apart(self, kind: Kind, able: BoolArray, most: float) -> Undecided | None:
        """Return the same with labels that tell an amount apart within the work that is allowed, if any do.

        Args:
            kind: what is told apart.
            able: totals that plans may have, dims (few things, steps).
            most: what plans may cost.
        """
        last = able.shape[1] - 1
        amounts = tuple(kind(one.consent, added) for one, added in zip(self.houses, self.steps.added, strict=True))
        sizes = [added * self.steps.parts + sure for added, sure in zip(self.steps.added, self.steps.sure, strict=True)]
        largest = most_of(amounts[self.first :], sizes[self.first :], last)
        number = _FEWEST
        while largest > 0:
            labels = self.labels.told_apart(amounts, largest / number, sizes, last)
            found = replace(self, labels=labels)
            if number > _FEWEST:
                return found
            work = found._work(np.repeat(able, labels.apart, axis=0), most)
            number = min(
                int(number * _MOST_WORK / max(work, 1.0)), _MOST_CELLS // (able.size * len(self.ways)), _MOST_APART
            )
            if number <= _FEWEST:
                break
        return None

    def _work(self, able: BoolArray, most: float) -> float:
        """Return how many places are filled in all tables of one price."""
        places = [*self.affordable(able, most).places()[1:], 1]
        width = max(able.shape[1] - self.least_missing, 0) // self.steps.parts + 2
        return float(sum(one.size.size * some * width for one, some in zip(self.ways, places, strict=True)))


def steps_missing(missing: int, units: int, parts: int) -> IntArray:
    """Return the steps that are missing, by units missing; none where no unit is."""
    return np.append(0, np.arange(units - 1) * parts + missing)


@dataclass(frozen=True)
class Tried:
    """Prices of probability that were tried, and what plans cost at least.

    Args:
        powers: of the ratio of prices, by price.
        worth: of one unit of cost, by price [1].
        costs: of plans with totals that the best plan may have; infinite for others, dims (price, label, steps).
        floor: what plans with these totals cost at least, by all that is known, dims (label, steps).
        most: what plans may cost.
    """

    powers: tuple[int, ...]
    worth: FloatArray
    costs: FloatArray
    floor: FloatArray
    most: float

    @property
    def bound(self) -> float:
        """What plans cost at least; infinite where none costs no more than it may."""
        return float(self.floor.min(initial=np.inf))

    @property
    def told(self) -> float:
        """What these prices alone tell of what plans cost at least."""
        return float(self.costs.max(axis=0, initial=-np.inf).min(initial=np.inf))

    @property
    def open(self) -> BoolArray:
        """Totals that plans may have which cost no more than they may, dims (label, steps)."""
        return np.asarray(np.isfinite(self.floor))

    @property
    def telling(self) -> IntArray:
        """The prices that tell most of any totals, those that do so most often first."""
        telling, times = np.unique(self.costs[:, self.open].argmax(axis=0), return_counts=True)
        return np.asarray(telling[np.argsort(-times, kind="stable")])


def try_prices(undecided: Undecided, most: float, end: float = np.inf, *, one: bool = False) -> Tried:
    """Return what prices of probability tell of plans by the steps they bring.

    Args:
        undecided: the houses to come.
        most: what plans may cost.
        end: until when more than one price is tried [s of the clock].
        one: whether no more than one is tried.
    """
    able = undecided.least + undecided.costs_alone() <= most + _EVEN * max(1.0, abs(most))
    reached = np.arange(able.size) >= undecided.least_missing
    floor = np.where(able & reached, -np.inf, np.inf)
    return _tried(undecided, most, np.tile(floor, (undecided.labels.spared.size, 1)), _FIRST, -np.inf if one else end)


def tell_apart(undecided: Undecided, tried: Tried, end: float = np.inf) -> tuple[Undecided, Tried]:
    """Return the houses with the labels that tell most, and what prices of probability tell with them.

    Args:
        undecided: the houses to come, with labels for few things only.
        tried: what was found with these.
        end: until when labels are begun to be looked at, and more than one price is tried [s of the clock].
    """
    best, floor, powers = (undecided, tried), tried.floor, tried.powers
    for kind in KINDS:
        steps = np.flatnonzero(np.isfinite(floor).any(axis=0))
        if not steps.size or perf_counter() > end:
            break
        floor = floor[:, : steps[-1] + 1]
        told = undecided.told_apart(kind, np.isfinite(floor), tried.most)
        if told is None:
            continue
        powers = tuple(powers[one] for one in best[1].telling[:_TELLING].tolist())
        found = _tried(told, tried.most, np.repeat(floor, told.labels.apart, axis=0), powers, end)
        floor = told.labels.together(found.floor)
        if best[1] is tried or found.told > best[1].told:
            best = told, found
        powers = best[1].powers
    last, apart = floor.shape[1], best[0].labels.apart
    known = np.full(best[1].floor.shape, np.inf)
    known[:, :last] = np.maximum(best[1].floor[:, :last], np.repeat(floor, apart, axis=0))
    return best[0], replace(best[1], floor=known)


def _tried(undecided: Undecided, most: float, floor: FloatArray, first: tuple[int, ...], end: float) -> Tried:
    """Return what prices of probability tell of plans with some totals, those that are not infinite."""
    scale, too_dear = max(most - undecided.least, 1e-12), most + _EVEN * max(1.0, abs(most))
    found: dict[int, FloatArray] = {}
    best = floor.copy()

    def look(power: int) -> float:
        label, steps = np.nonzero(best < np.inf)
        if not label.size:
            return np.inf
        if found and perf_counter() > end:
            return float(best.min())
        # Only totals that are open still.
        limits = (int(label.max()), int(steps.max()))
        ends = undecided.affordable(best[: limits[0] + 1, : limits[1] + 1] < np.inf, most)
        costs = undecided.costs(_worth(scale, power), limits, (ends.first, ends.last))
        found[power] = np.full(best.shape, np.inf)
        found[power][: costs.shape[0], : costs.shape[1]] = costs
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
    return Tried(powers, np.array([_worth(scale, power) for power in powers]), costs, best, most)


def _worth(scale: float, power: int) -> float:
    """Return the probability that one unit of cost is weighed with."""
    return float(1 / (scale * _RATIO**power))


def settle(undecided: Undecided, tried: Tried) -> Totals | None:
    """Return the totals of plans that cost no more than they may, at the prices that tell most; None for none.

    Args:
        undecided: the houses to come.
        tried: what prices tell.
    """
    label, steps = np.nonzero(tried.open)
    if not label.size:
        return None
    most = (int(label.max()), int(steps.max()))
    ends = undecided.affordable(tried.open[: most[0] + 1, : most[1] + 1], tried.most)
    completions = tuple(
        Completions.find(
            tables_from_last(undecided.houses, undecided.steps, undecided.labels.of_slots, worth, most,
                             undecided.least_missing, undecided.first, (ends.first, ends.last)),
            undecided.steps, worth, most[1], undecided.first,
        )
        for worth in (0.0, *tried.worth[np.sort(tried.telling[:_MOST_PRICES])].tolist())
    )  # fmt: skip
    return Totals(undecided.labels, completions, label, steps, tried.floor[label, steps])
