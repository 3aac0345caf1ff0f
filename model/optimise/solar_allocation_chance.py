"""Owners may refuse panels: the year must still close above the requirement with a given probability.

With independent consents the counted capacity has a mean M and a variance V that are sums over houses, and the row is
M ≥ z √V. The root is not linear but it is concave: a tangent lies above it, so that a row with a tangent gives plans
that are safe; a chord lies below it between its ends, so that a row with a chord on a range of V gives a bound for all
plans in the range. Ranges are split where it pays until the best plan and the lowest bound meet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import NormalDist
from time import perf_counter

import numpy as np

from model.optimise.solar_allocation_finish import Finished, finish
from model.optimise.solar_allocation_prices import find_prices
from model.optimise.solar_allocation_problem import FloatArray, Problem, Row, SlotArray, activity

#: Edges of the ranges with which the search begins, in parts of the deviation of the first plan.
_FIRST_EDGES = (0.0, 0.7, 0.85, 0.95, 1.05, 1.15, 1.3)
#: Tangents that are tried for one plan, and by how much a refused plan raises the deviations asked for.
_TANGENTS = 4
_STRICTER = 1.02
_SLACK = 1e-9


@dataclass(frozen=True)
class Chance:
    """A row that must hold with a probability.

    Args:
        mean: the row as it holds on average; its slope has the consent in it.
        spread: by house, consent × (1 − consent) × slope²: what a squared kW adds to the variance.
        z: standard deviations that lie between the mean and the requirement.
    """

    mean: Row
    spread: FloatArray
    z: float


def chance_of(row: Row, slope_if_accepted: FloatArray, consent: FloatArray, certainty: float) -> Chance:
    """Return the row that must hold with a certainty above one half."""
    spread = consent * (1.0 - consent) * slope_if_accepted**2
    return Chance(row, spread, NormalDist().inv_cdf(certainty))


def solve_with_chance(
    problem: Problem,
    chance: Chance,
    accepted: Callable[[SlotArray], bool],
    gap: float,
    seconds: float,
    seed: int = 0,
) -> tuple[Finished, FloatArray]:
    """Return the best plan that keeps a row with its probability, and the prices of the rows near it.

    Args:
        problem: houses, slots and all other rows.
        chance: the row with a probability, consents taken as normal; the bound is for this row.
        accepted: says whether a plan keeps its probability in fact; only such plans are returned.
        gap: relative gap asked for [1].
        seconds: time limit [s].
        seed: seed of every random choice.
    """
    end = perf_counter() + seconds
    search = _Search(problem, chance, accepted, gap, seed)
    deviation = search.try_tangents(0.5 * search.widest, seconds / 3)
    edges = [edge * deviation for edge in _FIRST_EDGES if edge * deviation < search.widest]
    for lowest, highest in pairwise([*edges, search.widest]):
        search.open(lowest, highest)
    while search.ranges and not search.best.gap <= gap and perf_counter() < end:
        search.step(end - perf_counter())
    return search.best, search.prices


@dataclass(frozen=True, order=True)
class _Range:
    """A range of the standard deviation with the bound of all plans in it."""

    bound: float
    lowest: float
    highest: float


class _Search:
    """Ranges that may still hold a better plan, and the best plan so far."""

    def __init__(
        self, problem: Problem, chance: Chance, accepted: Callable[[SlotArray], bool], gap: float, seed: int
    ) -> None:
        self.problem, self.chance, self.gap, self.seed = problem, chance, gap, seed
        self.accepted, self.stricter = accepted, 1.0
        largest = np.max(np.where(np.isfinite(problem.cost), problem.multiple[:, np.newaxis], 0.0), axis=0)
        self.widest = max(float(np.sqrt(np.sum(chance.spread * (largest * problem.step_kw) ** 2))), 1e-6)
        self.ranges: list[_Range] = []
        self.closed = np.inf
        self.prices: FloatArray = np.zeros(len(problem.rows) + 1)
        self.best = Finished(np.zeros(0, dtype=np.int16), np.nan, -np.inf, 0, impossible=True)

    def open(self, lowest: float, highest: float, floor: float = -np.inf) -> None:
        """Add a range unless its relaxation is already dearer than the best plan."""
        inner = self._within(lowest, highest)
        bound = max(find_prices(inner, self.seed).priced.bound, floor)
        if self._worth(bound):
            self.ranges.append(_Range(bound, lowest, highest))
        else:
            self.closed = min(self.closed, bound)
        self._update()

    def step(self, seconds: float) -> None:
        """Look into the range with the lowest bound: split it, or find its best plan."""
        self.ranges.sort()
        here = self.ranges.pop(0)
        middle = 0.5 * (here.lowest + here.highest)
        if self._error(here) > 0.25 * self.gap * abs(here.bound) and here.highest - here.lowest > 1e-4 * self.widest:
            self.open(here.lowest, middle, here.bound)
            self.open(middle, here.highest, here.bound)
            return
        inner = self._within(here.lowest, here.highest)
        found = finish(inner, find_prices(inner, self.seed), 0.5 * self.gap, seconds / 3, self.seed)
        if not found.impossible:
            self.closed = min(self.closed, max(found.bound, here.bound))
        if found.choice.size and (np.isnan(self.best.cost) or found.cost < self.best.cost):
            kept = _holds(self.problem, self.chance, found.choice) and self._keep(found, self.prices)
            if not kept:
                self.try_tangents(_deviation(self.problem, self.chance, found.choice), seconds / 6)
        self._update()

    def _worth(self, bound: float) -> bool:
        """Say whether a range with this bound can hold a plan that is better by more than the gap asked for."""
        return bool(np.isnan(self.best.cost) or bound < self.best.cost - 0.9 * self.gap * abs(self.best.cost))

    def try_tangents(self, deviation: float, seconds: float) -> float:
        """Look for plans safe by a tangent, each at the deviation of the plan before; returns the last deviation."""
        for _ in range(_TANGENTS):
            at, z = max(deviation, 1e-6), self.chance.z * self.stricter
            tangent = replace(
                self.chance.mean, squared=-z / (2 * at) * self.chance.spread,
                at_least=self.chance.mean.at_least + z * at / 2,
            )  # fmt: skip
            inner = replace(self.problem, rows=(*self.problem.rows, tangent))
            found_prices = find_prices(inner, self.seed)
            found = finish(inner, found_prices, 0.25 * self.gap, seconds / _TANGENTS, self.seed)
            if not found.choice.size:
                break
            kept = self._keep(found, found_prices.of_rows)
            deviation = _deviation(self.problem, self.chance, found.choice)
            if kept and abs(deviation - at) <= 1e-2 * at:
                break
            if not kept and not self.accepted(found.choice):
                # The sum of few consents is not quite normal; a little more is asked for until the plan is accepted.
                self.stricter *= _STRICTER
        return max(deviation, 1e-6)

    def _within(self, lowest: float, highest: float) -> Problem:
        return replace(self.problem, rows=(*self.problem.rows, *_chord(self.chance, lowest, highest)))

    def _error(self, here: _Range) -> float:
        """Return what the chord's distance from the root is worth at most in a range."""
        gap = (here.highest - here.lowest) ** 2 / (4 * (here.highest + here.lowest))
        return float(self.chance.z * gap * max(self.prices[-1], 0.0)) if self.prices[-1] > 0 else np.inf

    def _keep(self, found: Finished, prices: FloatArray) -> bool:
        """Remember a plan if it is accepted and better than the best so far; says whether it was."""
        better = np.isnan(self.best.cost) or found.cost < self.best.cost
        if not better or not self.accepted(found.choice):
            return False
        self.best, self.prices = replace(found, bound=self.best.bound, impossible=False), prices
        for one in self.ranges:
            if not self._worth(one.bound):
                self.closed = min(self.closed, one.bound)
        self.ranges = [one for one in self.ranges if self._worth(one.bound)]
        return True

    def _update(self) -> None:
        """Set the bound to the lowest that any range allows."""
        bound = min([self.closed, *(one.bound for one in self.ranges)])
        cost = self.best.cost
        nothing_left = np.isnan(cost) and not self.ranges and np.isinf(self.closed)
        self.best = replace(self.best, bound=bound if np.isnan(cost) else min(bound, cost), impossible=nothing_left)


def _chord(chance: Chance, lowest: float, highest: float) -> tuple[Row, Row, Row]:
    """Return the row under a chord of the root, and the range of the variance in which it holds."""
    nobody = np.zeros(chance.spread.size)
    slope = 1.0 / (lowest + highest)
    under = replace(
        chance.mean, squared=-chance.z * slope * chance.spread,
        at_least=chance.mean.at_least + chance.z * (lowest - slope * lowest**2),
    )  # fmt: skip
    above = Row("spread.from", nobody, nobody, lowest**2, counted_only=True, squared=chance.spread)
    below = Row("spread.to", nobody, nobody, -(highest**2), counted_only=True, squared=-chance.spread)
    return under, above, below


def _deviation(problem: Problem, chance: Chance, choice: SlotArray) -> float:
    """Return the standard deviation of what the row counts."""
    nobody = np.zeros(chance.spread.size)
    row = Row("spread", nobody, nobody, 0.0, counted_only=True, squared=chance.spread)
    return float(np.sqrt(max(activity(replace(problem, rows=(row,)), choice)[0], 0.0)))


def _holds(problem: Problem, chance: Chance, choice: SlotArray) -> bool:
    """Say whether a plan keeps the row with its probability."""
    mean = activity(replace(problem, rows=(chance.mean,)), choice)[0]
    needed = chance.mean.at_least + chance.z * _deviation(problem, chance, choice)
    return bool(mean >= needed - _SLACK * max(1.0, abs(needed)))


# Each house brings its kW or nothing; the distribution of the sum grows by one house at a time.
def distribution(kw: FloatArray, consent: FloatArray, unit: float) -> FloatArray:
    """Return the probabilities of 0, 1, 2, … units of capacity when owners decide independently.

    Args:
        kw: capacity by house [kW], whole multiples of `unit`.
        consent: probability of acceptance by house [1].
        unit: capacity of one unit [kW].
    """
    sizes = np.rint(kw / unit).astype(np.int64)
    found = np.zeros(int(sizes.sum()) + 1)
    found[0], highest = 1.0, 0
    for size, accepts in zip(sizes.tolist(), consent.tolist(), strict=True):
        if size == 0:
            continue
        moved = accepts * found[: highest + 1]
        found[: highest + 1] *= 1.0 - accepts
        found[size : size + highest + 1] += moved
        highest += size
    return found


def probability_of_meeting(
    new: tuple[FloatArray, FloatArray],
    existing: tuple[FloatArray, FloatArray],
    required_kw: float,
    certain_kw: float,
    substitute_share: float,
    exact: bool = True,
) -> float:
    """Return the probability that K + min(A, share × R) reaches R.

    Args:
        new: kW and consent of counted new buildings.
        existing: kW and consent of existing houses that stand in.
        required_kw: the requirement R [kW].
        certain_kw: capacity that no owner can refuse (heat) [kW].
        substitute_share: share of the requirement up to which substitutes count [1].
        exact: from the distributions; otherwise both sums are taken as one normal sum without the limit.
    """
    if not exact:
        mean = certain_kw + sum(float(np.sum(kw * consent)) for kw, consent in (new, existing))
        variance = sum(float(np.sum(kw**2 * consent * (1 - consent))) for kw, consent in (new, existing))
        if variance <= 0:
            return float(mean >= required_kw)
        return 1.0 - NormalDist(mean, variance**0.5).cdf(required_kw)
    unit = _common_unit(np.concatenate((new[0], existing[0])))
    own, other = distribution(*new, unit), distribution(*existing, unit)
    # P(K ≥ x) for every whole number of units.
    at_least = np.append(np.cumsum(own[::-1])[::-1], 0.0)
    counted = np.minimum(np.arange(other.size) * unit, substitute_share * required_kw)
    missing = required_kw - certain_kw - counted
    units = np.clip(np.ceil(missing / unit - 1e-9), 0, own.size).astype(np.int64)
    return float(np.sum(other * at_least[units]))


def _common_unit(kw: FloatArray) -> float:
    """Return the largest capacity of which all given ones are whole multiples [kW], to a tenth of a watt."""
    tenths = np.unique(np.rint(kw * 1e4).astype(np.int64))
    common = int(np.gcd.reduce(tenths)) if tenths.size else 0
    return common / 1e4 if common else 1.0
