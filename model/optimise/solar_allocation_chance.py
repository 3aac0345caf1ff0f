"""Owners may refuse panels: the year must still close above the requirement with a given probability.

With independent consents the counted capacity has a mean M and a variance V that are sums over houses, and the row is
M ≥ z √V. The root is not linear but it is concave: a tangent lies above it, so that a row with a tangent gives plans
that are safe; a chord lies below it between its ends, so that a row with a chord on a range of V gives a bound for all
plans in the range. Under the prices of the tangent where the best plan lies, ranges away from it are too dear at once;
in the few narrow ones that are left, plans near the bound are listed.

A sum of few consents is not quite normal. How many deviations give the certainty is therefore read from the exact
distribution of the plan in hand, and every plan is held against its own exact distribution before it is returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import NormalDist
from time import perf_counter

import numpy as np

from model.optimise.solar_allocation_finish import Finished, finish
from model.optimise.solar_allocation_meet import meet
from model.optimise.solar_allocation_near import Near, Watch, plans_near
from model.optimise.solar_allocation_prices import Prices, find_prices
from model.optimise.solar_allocation_problem import FloatArray, Problem, Row, SlotArray, activity, best_at
from model.optimise.solver import relative_gap

#: Edges of the ranges with which the search begins, in parts of the deviation of the first plan.
_FIRST_EDGES = (0.0, 0.5, 0.75, 0.9, 0.97, 1.03, 1.1, 1.25, 1.5)
#: Tangents that are tried for one number of deviations, and numbers that are tried until they agree.
_TANGENTS, _NUMBERS = 4, 5
#: Relative changes of deviation and of number below which they agree.
_SAME_DEVIATION, _SAME_NUMBER = 1e-2, 1e-4
#: The row asks for this many deviations less than the exact distribution of the plan in hand.
_LENIENT = 1e-4
#: A range is split until its chord lies no more than this part of the room for better plans below the root.
_CHORD = 0.1
#: Narrowest range, in parts of the widest one.
_NARROWEST = 1e-5
#: Part of the time that one programme may take.
_SHARE_OF_TIME = 0.2
_SLACK = 1e-9
_NORMAL = NormalDist()


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
    return Chance(row, spread, _NORMAL.inv_cdf(certainty))


def solve_with_chance(
    problem: Problem,
    chance: Chance,
    probability: Callable[[SlotArray], float],
    gap: float,
    seconds: float,
    seed: int = 0,
) -> tuple[Finished, FloatArray]:
    """Return the best plan that keeps a row with its probability, and the prices of the rows near it.

    Args:
        problem: houses, slots and all other rows.
        chance: the row with a probability.
        probability: with which a plan keeps the row in fact; only plans that reach the certainty are returned.
        gap: relative gap asked for [1].
        seconds: time limit [s].
        seed: seed of every random choice.
    """
    search = _Search(problem, chance, probability, gap, perf_counter() + seconds, seconds, seed)
    search.agree()
    search.look_near()
    search.look_far()
    return search.best, search.prices


def prices_beside(problem: Problem, chance: Chance, choice: SlotArray, seed: int = 0) -> FloatArray:
    """Return the prices of the rows, the one with a probability last, where the deviation is that of a plan."""
    deviation = _deviation(problem, chance, choice) if choice.size else 0.0
    inner = replace(problem, rows=(*problem.rows, _tangent(chance, max(deviation, 1e-6))))
    return find_prices(inner, seed).of_rows


def _tangent(chance: Chance, at: float) -> Row:
    """Return the row with a tangent in place of the root."""
    return replace(
        chance.mean, squared=-chance.z / (2 * at) * chance.spread, at_least=chance.mean.at_least + chance.z * at / 2
    )


@dataclass(frozen=True, order=True)
class _Range:
    """A range of the standard deviation with the bound of all plans in it."""

    bound: float
    lowest: float
    highest: float


class _Search:
    """Ranges that may still hold a better plan, and the best plan so far."""

    def __init__(
        self,
        problem: Problem,
        chance: Chance,
        probability: Callable[[SlotArray], float],
        gap: float,
        end: float,
        seconds: float,
        seed: int,
    ) -> None:
        self.problem, self.chance, self.gap, self.seed = problem, chance, gap, seed
        self.certainty, self.probability = _NORMAL.cdf(chance.z), probability
        self.end, self.seconds = end, seconds
        largest = np.max(np.where(np.isfinite(problem.cost), problem.multiple[:, np.newaxis], 0.0), axis=0)
        self.widest = max(float(np.sqrt(np.sum(chance.spread * (largest * problem.step_kw) ** 2))), 1e-6)
        self.deviation = 0.5 * self.widest
        self.ranges: list[_Range] = []
        self.closed = np.inf
        self.prices: FloatArray = np.zeros(len(problem.rows) + 1)
        self.best = Finished(np.zeros(0, dtype=np.int16), np.nan, -np.inf, 0)

    @property
    def left(self) -> float:
        """Time that is left [s]."""
        return self.end - perf_counter()

    def agree(self) -> None:
        """Find prices, plan and number of deviations that agree with each other."""
        for _ in range(_NUMBERS):
            found = self._safe(self.seconds * _SHARE_OF_TIME)
            if not found.size or self.left <= 0:
                break
            number = self._number_for(found)
            if abs(number - self.chance.z) <= _SAME_NUMBER * self.chance.z:
                break
            self.chance = replace(self.chance, z=number)
        self.chance = replace(self.chance, z=self.chance.z - _LENIENT)

    def look_near(self) -> None:
        """Split the deviation into ranges, and list the plans near the bound in those that are not too dear."""
        edges = [edge * self.deviation for edge in _FIRST_EDGES if edge * self.deviation < self.widest]
        waiting = [self._opened(*ends) for ends in pairwise([*edges, self.widest])]
        while waiting and self.left > 0:
            waiting.sort()
            here = waiting.pop(0)
            room = max((here.bound if np.isnan(self.best.cost) else self.best.cost) - here.bound, 0.0)
            least = _CHORD * max(room, self.gap * abs(here.bound))
            if not self._worth(here.bound):
                self.closed = min(self.closed, here.bound)
            elif self._error(here) > least and here.highest - here.lowest > _NARROWEST * self.widest:
                middle = 0.5 * (here.lowest + here.highest)
                waiting += [self._opened(*ends, here.bound) for ends in pairwise((here.lowest, middle, here.highest))]
            else:
                self._list(here)
        self.ranges += waiting
        self._update()

    def look_far(self) -> None:
        """Give ranges that are still open to the solver, the lowest bound first; split those that it cannot settle."""
        while self.ranges and not self.best.gap <= self.gap and self.left > 0:
            self.ranges.sort()
            here = self.ranges.pop(0)
            inner = self._within(here.lowest, here.highest)
            found = finish(inner, find_prices(inner, self.seed), 0.5 * self.gap, _SHARE_OF_TIME * self.left, self.seed)
            bound = max(found.bound, here.bound)
            if not found.impossible and self._worth(bound):
                if found.choice.size and not self._keep(found.choice, found.cost):
                    self.deviation = max(_deviation(self.problem, self.chance, found.choice), 1e-6)
                    self._safe(_SHARE_OF_TIME * self.left)
                if here.highest - here.lowest > _NARROWEST * self.widest:
                    middle = 0.5 * (here.lowest + here.highest)
                    self.ranges += [_Range(bound, here.lowest, middle), _Range(bound, middle, here.highest)]
                else:
                    self.closed = min(self.closed, bound)
            elif not found.impossible:
                self.closed = min(self.closed, bound)
            self.ranges = [one for one in self.ranges if self._still(one)]
            self._update()

    def _safe(self, seconds: float) -> SlotArray:
        """Return a plan safe by a tangent, whose deviation is that of the plan; remembers it if it is accepted."""
        found = np.zeros(0, dtype=np.int16)
        for _ in range(_TANGENTS):
            at = self.deviation
            inner = replace(self.problem, rows=(*self.problem.rows, _tangent(self.chance, at)))
            prices = find_prices(inner, self.seed)
            self.prices = prices.of_rows
            done = finish(inner, prices, 0.25 * self.gap, seconds / _TANGENTS, self.seed)
            if not done.choice.size:
                break
            found = done.choice
            self._keep(found, done.cost)
            self.deviation = max(_deviation(self.problem, self.chance, found), 1e-6)
            if abs(self.deviation - at) <= _SAME_DEVIATION * at or self.left <= 0:
                break
        return found

    def _number_for(self, choice: SlotArray) -> float:
        """Return how many deviations give the certainty, by the exact distribution of a plan."""
        mean = activity(replace(self.problem, rows=(self.chance.mean,)), choice)[0] - self.chance.mean.at_least
        deviation, probability = _deviation(self.problem, self.chance, choice), self.probability(choice)
        if deviation <= 0 or not 0.5 < probability < 1 - 1e-12:
            return self.chance.z
        return float(_NORMAL.inv_cdf(self.certainty) - (_NORMAL.inv_cdf(probability) - mean / deviation))

    def _opened(self, lowest: float, highest: float, floor: float = -np.inf) -> _Range:
        """Return a range with its bound under the prices in hand."""
        bound = best_at(self._within(lowest, highest), self.prices).bound
        return _Range(max(bound, floor), lowest, highest)

    def _list(self, here: _Range) -> None:
        """List the plans of a range near its bound."""
        inner = self._within(here.lowest, here.highest)
        prices = Prices(self.prices, best_at(inner, self.prices))
        in_hand = Near(here.bound, self.best.choice, self.best.cost)
        near = plans_near(inner, prices, 0.5 * self.gap, in_hand, _SHARE_OF_TIME * self.left, watch=self._watch())
        if np.isnan(near.cost) or relative_gap(near.cost, near.bound) > self.gap:
            near = meet(inner, prices, near, _SHARE_OF_TIME * self.left, self.seed, self._watch())
        if near.choice.size and (np.isnan(self.best.cost) or near.cost < self.best.cost):
            self.best = replace(self.best, choice=near.choice, cost=near.cost)
        done = _Range(near.bound, here.lowest, here.highest)
        if self._still(done):
            self.ranges.append(done)

    def _watch(self) -> Watch:
        """Return the row with its probability as a condition on plans."""
        nobody = np.zeros(self.chance.spread.size)
        spread = Row("spread", nobody, nobody, 0.0, counted_only=True, squared=self.chance.spread)
        at_least, z = self.chance.mean.at_least, self.chance.z

        def keeps(values: FloatArray) -> np.typing.NDArray[np.bool_]:
            needed = at_least + z * np.sqrt(np.maximum(values[1], 0.0))
            return np.asarray(values[0] >= needed - _SLACK * np.maximum(1.0, np.abs(needed)))

        return Watch((self.chance.mean, spread), keeps, self._accepted)

    def _accepted(self, choice: SlotArray) -> bool:
        return self.probability(choice) >= self.certainty

    def _worth(self, bound: float) -> bool:
        """Say whether a range with this bound can hold a plan that is better by more than the gap asked for."""
        return bool(np.isnan(self.best.cost) or bound < self.best.cost - 0.9 * self.gap * abs(self.best.cost))

    def _still(self, one: _Range) -> bool:
        """Say whether a range is to be kept open; what is known of it otherwise goes into the bound."""
        if self._worth(one.bound):
            return True
        self.closed = min(self.closed, one.bound)
        return False

    def _within(self, lowest: float, highest: float) -> Problem:
        """Return the problem with the row under a chord of the root."""
        slope = 1.0 / (lowest + highest)
        under = replace(
            self.chance.mean, squared=-self.chance.z * slope * self.chance.spread,
            at_least=self.chance.mean.at_least + self.chance.z * lowest * highest * slope,
        )  # fmt: skip
        return replace(self.problem, rows=(*self.problem.rows, under))

    def _error(self, here: _Range) -> float:
        """Return what the chord's distance from the root is worth at most in a range."""
        distance = (here.highest - here.lowest) ** 2 / (4 * (here.highest + here.lowest))
        return float(self.chance.z * distance * max(self.prices[-1], 0.0))

    def _keep(self, choice: SlotArray, cost: float) -> bool:
        """Remember a plan if it is accepted and better than the best so far; says whether it is accepted."""
        if not self._accepted(choice):
            return False
        if np.isnan(self.best.cost) or cost < self.best.cost:
            self.best = replace(self.best, choice=choice, cost=cost)
        return True

    def _update(self) -> None:
        """Set the bound to the lowest that any range allows."""
        bound = min([self.closed, *(one.bound for one in self.ranges)])
        cost = self.best.cost
        nothing_left = np.isnan(cost) and not self.ranges and np.isinf(self.closed)
        self.best = replace(self.best, bound=bound if np.isnan(cost) else min(bound, cost), impossible=nothing_left)


def _deviation(problem: Problem, chance: Chance, choice: SlotArray) -> float:
    """Return the standard deviation of what the row counts."""
    nobody = np.zeros(chance.spread.size)
    row = Row("spread", nobody, nobody, 0.0, counted_only=True, squared=chance.spread)
    return float(np.sqrt(max(activity(replace(problem, rows=(row,)), choice)[0], 0.0)))


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
