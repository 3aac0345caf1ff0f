"""Owners may refuse panels: the year must still close above the requirement with a given probability.

With independent consents the counted capacity has a mean M and a variance V that are sums over houses. A plan needs
about M ≥ z √V; how many deviations z it needs in fact is read from the exact distribution of the plan in hand, and
every plan is held against its own exact distribution before it is returned. What all plans need at least that are
certain enough and no dearer is proven for the probability itself (`narrow`), and so is the bound.

The root is concave: a tangent gives plans that are safe, a chord on a range of V a bound for all plans in the range.
Under the prices where the best plan lies, ranges away from it are too dear at once; in the few narrow ones that are
left, plans near the bound are listed and looked at one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import NormalDist
from time import perf_counter

import numpy as np

from model.optimise.solar_allocation.consent import both_reached, shared
from model.optimise.solar_allocation.finish import Finished, finish
from model.optimise.solar_allocation.meet import meet
from model.optimise.solar_allocation.narrow import Narrow
from model.optimise.solar_allocation.near import Near, Watch, plans_near
from model.optimise.solar_allocation.prices import Prices, find_prices
from model.optimise.solar_allocation.problem import FloatArray, Problem, Row, SlotArray, activity, best_at
from model.optimise.solar_allocation.sums import Limit, Sum, rounding, watched, with_sums
from model.optimise.solver import relative_gap

#: Where ranges are first split, beside the deviation of the plan in hand, in parts of it.
_BESIDE = 0.97
#: A deviation of nothing, and one as good as sure.
_SMALLEST, _SURE = 1e-6, 6.0
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
#: Plans safe by a tangent need not be finer than this.
_SAFE_GAP = 1e-5
#: Part of the time that one programme may take.
_SHARE_OF_TIME = 0.2
_SLACK = 1e-9
#: Times that limits are narrowed by a better plan.
_NARROWINGS = 6
#: Probability of the contrary at which a sum need not be looked at.
_NEXT_TO_SURE = 1e-7
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
    chances: tuple[Chance, ...],
    consent: FloatArray,
    probabilities: Callable[[SlotArray, int], FloatArray],
    gap: float,
    seconds: float,
    seed: int = 0,
    enough: float = np.inf,
    exact: bool = True,
) -> tuple[Finished, FloatArray]:
    """Return the best plan that keeps one or two rows with a probability, and the prices of the rows near it.

    The plan is checked by its own probability.

    Args:
        problem: houses, slots and all other rows.
        chances: the rows that must hold together with the probability.
        probabilities: of a plan, and how many: with which it keeps all rows in fact, and each of them; only plans
            that are certain enough are returned.
        gap: relative gap asked for [1].
        seconds: time limit [s].
        seed: seed of every random choice.
        enough: a bound above this is not improved any more.
        exact: whether the bound is to hold for the probability itself; otherwise for sums that are as if normal.
    """
    search = _Search(problem, chances, consent, probabilities, gap, seconds, seed)
    search.enough = enough
    search.agree()
    search.look_as_if_normal()
    for _ in range(_NARROWINGS if exact and search.sums[0].unit else 0):
        before = search.best.cost
        if not search.narrow():
            break
        search.look_near()
        if search.best.gap <= gap or search.best.cost == before or search.left <= 0:
            break
    if search.floor < enough:
        search.look_far()
    return search.best, search.row_prices


def prices_beside(problem: Problem, chances: tuple[Chance, ...], choice: SlotArray, seed: int = 0) -> FloatArray:
    """Return the prices of the rows, those with a probability last, where the deviations are those of a plan."""
    tangents = [_tangent(one, _deviation(problem, one, choice) if choice.size else _SMALLEST) for one in chances]
    return find_prices(replace(problem, rows=(*problem.rows, *tangents)), seed).of_rows


def _tangent(chance: Chance, at: float) -> Row:
    """Return the row with a tangent in place of the root."""
    return replace(
        chance.mean, squared=-chance.z / (2 * at) * chance.spread, at_least=chance.mean.at_least + chance.z * at / 2
    )


@dataclass(frozen=True, order=True)
class _Range:
    """Ranges of the standard deviations, one a row, with the bound of all plans in them."""

    bound: float
    lowest: tuple[float, ...]
    highest: tuple[float, ...]

    def split(self, row: int, at: float, bound: float) -> tuple[_Range, _Range]:
        """Return the two parts beside a deviation of a row."""
        below = tuple(at if number == row else one for number, one in enumerate(self.highest))
        above = tuple(at if number == row else one for number, one in enumerate(self.lowest))
        return _Range(bound, self.lowest, below), _Range(bound, above, self.highest)


class _Search:
    """Ranges that may still hold a better plan, and the best plan so far."""

    def __init__(
        self,
        problem: Problem,
        chances: tuple[Chance, ...],
        consent: FloatArray,
        probabilities: Callable[[SlotArray, int], FloatArray],
        gap: float,
        seconds: float,
        seed: int,
    ) -> None:
        self.problem, self.chances, self.gap, self.seed = problem, list(chances), gap, seed
        self.sums = tuple(Sum.read(problem, one.mean, consent) for one in chances)
        self.limit: Limit | None = None
        #: About the constant of the limit that plans reach which are certain enough; a bound known from before.
        self.likely, self.floor, self.enough = -np.inf, -np.inf, np.inf
        self.certainty, self.probabilities = _NORMAL.cdf(chances[0].z), probabilities
        self.end, self.seconds = perf_counter() + seconds, seconds
        largest = np.max(np.where(np.isfinite(problem.cost), problem.multiple[:, np.newaxis], 0.0), axis=0)
        widest = [float(np.sqrt(np.sum(one.spread * (largest * problem.step_kw) ** 2))) for one in chances]
        self.widest = tuple(max(one, _SMALLEST) for one in widest)
        self.deviations = [0.5 * one for one in self.widest]
        self.ranges: list[_Range] = []
        self.closed = np.inf
        self.row_prices: FloatArray = np.zeros(len(problem.rows) + len(chances))
        self.prices = self.row_prices
        self.best = Finished(np.zeros(0, dtype=np.int16), np.nan, -np.inf, 0)
        #: The plan whose deviations were taken; which plans are certain enough, by what they put where.
        self.last = self.best.choice
        self.known: dict[bytes, bool] = {}

    @property
    def left(self) -> float:
        """Time that is left [s]."""
        return self.end - perf_counter()

    def agree(self) -> None:
        """Find prices, plan and numbers of deviations that agree with each other."""
        for _ in range(_NUMBERS):
            found = self._safe(self.seconds * _SHARE_OF_TIME)
            if not found.size or self.left <= 0:
                break
            before = np.array([one.z for one in self.chances])
            numbers = self._numbers_for(found)
            if np.all(np.abs(numbers - before) <= _SAME_NUMBER * np.abs(before)):
                break
            self._ask(numbers)

    def look_as_if_normal(self) -> None:
        """Look for plans as if all sums were as far from normal as that of the plan in hand."""
        z, worth = np.array([one.z for one in self.chances]), np.maximum(self.row_prices[-len(self.chances) :], 0.0)
        weight = worth / worth.sum() if worth.any() else np.eye(z.size)[0]
        # What whole units take from the plan in hand is in its numbers of deviations.
        houses, over = np.arange(self.last.size), 0.0
        if self.last.size:
            sure = [one.sure[self.last, houses].sum() for one in self.sums]
            over = float(weight @ [rounding(one, self.sums[0].unit) for one in sure])
        self.limit = Limit(weight, z - _LENIENT, np.zeros(z.size), -over)
        self.problem = with_sums(self.problem, self.sums, self.limit)
        self.prices = np.append(self.row_prices[: -z.size], worth.sum())
        end, self.end = self.end, perf_counter() + _SHARE_OF_TIME * max(self.left, 0.0)
        self.look_near()
        self.end = end
        if self.best.choice.size:
            self._move(self.best.choice)

    def narrow(self) -> bool:
        """Find what all plans keep that are certain enough and no dearer; says whether any are left to look at."""
        at, z = np.array(self.deviations[: len(self.sums)]), np.array([one.z for one in self.chances])
        if self.limit is None or not self.limit.skewness.any():
            self.best, self.floor = replace(self.best, bound=-np.inf, impossible=False), -np.inf
            worth = np.maximum(self.row_prices[-z.size :], 0.0)
            weight = worth / worth.sum() if worth.any() else np.eye(z.size)[0]
            # The second sum says nothing where it is as good as sure to be reached.
            if self.last.size and self.probabilities(self.last, 1 + z.size)[-1] > 1 - _NEXT_TO_SURE:
                weight, at, z = np.ones(1), at[:1], z[:1]
                self.sums, self.widest = self.sums[:1], self.widest[:1]
            if np.count_nonzero(weight) == 1:
                z = np.full(z.size, _NORMAL.inv_cdf(self.certainty))
            self.limit = Limit(weight, z, (z**2 - 1) / (6 * at**2), -0.5 * self.sums[0].unit)
            if self.last.size:
                self.sums = tuple(one.tilted(self.last) for one in self.sums)
            self.problem = with_sums(self.problem, self.sums, self.limit)
        inner = replace(self.problem, rows=(*self.problem.rows, self.limit.tangent(self.sums, at)))
        prices = find_prices(inner, self.seed)
        dearest = float(np.sum(np.max(np.where(np.isfinite(inner.cost), inner.cost, -np.inf), axis=0)))
        cost = dearest if np.isnan(self.best.cost) else self.best.cost
        narrow = Narrow(inner, self.sums, prices, self.limit, at, cost, self.certainty)
        if narrow.room >= 0:
            constant, self.likely = narrow.constants
            self.limit = replace(self.limit, constant=constant)
        self.prices = prices.of_rows
        self.floor = max(
            self.best.bound, narrow.bound if np.isnan(self.best.cost) else min(self.best.cost, narrow.bound)
        )
        self.ranges, self.closed = [], np.inf
        self._update()
        return narrow.room >= 0 and self.floor < self.enough

    def look_near(self) -> None:
        """Split the deviations into ranges, and list the plans near the bound in those that are not too dear."""
        waiting = self._opened(_Range(-np.inf, (0.0,) * len(self.widest), self.widest))
        while waiting and self.left > 0:
            waiting.sort()
            here = waiting.pop(0)
            room = max((here.bound if np.isnan(self.best.cost) else self.best.cost) - here.bound, 0.0)
            errors = self._errors(here)
            row = int(np.argmax(errors))
            if not self._worth(here.bound):
                self.closed = min(self.closed, here.bound)
            elif errors[row] > _CHORD * max(room, self.gap * abs(here.bound)) and self._wide(here, row):
                for part in here.split(row, self._middle(here, row), here.bound):
                    waiting += self._opened(part)
            else:
                waiting += self._listed(here, row)
        self.ranges += waiting
        self._update()

    def look_far(self) -> None:
        """Give ranges that are still open to the solver, the lowest bound first; split those that it cannot settle."""
        while self.ranges and not self.best.gap <= self.gap and self.left > 0:
            self.ranges.sort()
            here = self.ranges.pop(0)
            inner = self._within(here)
            found = finish(inner, find_prices(inner, self.seed), 0.5 * self.gap, _SHARE_OF_TIME * self.left, self.seed)
            bound = max(found.bound, here.bound)
            row = int(np.argmax(np.subtract(here.highest, here.lowest) / self.widest))
            if found.impossible:
                continue
            if not self._worth(bound) or not self._wide(here, row):
                self.closed = min(self.closed, bound)
                continue
            if found.choice.size and not self._keep(found.choice, found.cost):
                self._move(found.choice)
                self._safe(_SHARE_OF_TIME * self.left)
            self.ranges += here.split(row, 0.5 * (here.lowest[row] + here.highest[row]), bound)
            self.ranges = [one for one in self.ranges if self._still(one)]
            self._update()

    def _safe(self, seconds: float) -> SlotArray:
        """Return a plan safe by tangents, whose deviations are those of the plan; remembers it if it is accepted."""
        found = np.zeros(0, dtype=np.int16)
        for _ in range(_TANGENTS):
            at = np.array(self.deviations)
            tangents = [_tangent(one, place) for one, place in zip(self.chances, self.deviations, strict=True)]
            inner = replace(self.problem, rows=(*self.problem.rows, *tangents))
            prices = find_prices(inner, self.seed)
            self.row_prices = prices.of_rows
            done = finish(inner, prices, max(0.25 * self.gap, _SAFE_GAP), seconds / _TANGENTS, self.seed)
            if not done.choice.size:
                break
            found = done.choice
            self._keep(found, done.cost)
            self._move(found)
            if np.all(np.abs(self.deviations - at) <= _SAME_DEVIATION * at) or self.left <= 0:
                break
        return found

    def _move(self, choice: SlotArray) -> None:
        """Take the deviations from a plan."""
        self.last = choice
        self.deviations = [_deviation(self.problem, one, choice) for one in self.chances]

    def _ask(self, numbers: FloatArray) -> None:
        """Ask for other numbers of deviations."""
        self.chances = [replace(one, z=float(number)) for one, number in zip(self.chances, numbers, strict=True)]

    def _numbers_for(self, choice: SlotArray) -> FloatArray:
        """Return how many deviations give the certainty, by the exact distribution of a plan."""
        means = activity(replace(self.problem, rows=tuple(one.mean for one in self.chances)), choice)
        kept = (means - [one.mean.at_least for one in self.chances]) / self.deviations
        chance = np.clip(self.probabilities(choice, 1 + len(self.chances)), 1e-12, 1 - 1e-12)
        reached = np.array([_NORMAL.inv_cdf(float(one)) for one in chance])
        # By how much a sum is not normal where the plan lies; nothing can be read from what is as good as sure.
        beside = np.where(np.abs(reached[1:]) < _SURE, reached[1:] - kept, 0.0)
        if kept.size == 1:
            return np.asarray(_NORMAL.inv_cdf(self.certainty) - beside)
        correlation = self.deviations[1] / max(self.deviations[0], self.deviations[1])
        as_normal = np.clip(both_reached(kept[0] + beside[0], kept[1] + beside[1], correlation), 1e-12, 1 - 1e-12)
        wanted = _NORMAL.inv_cdf(self.certainty) + _NORMAL.inv_cdf(float(as_normal)) - reached[0]
        if abs(reached[0]) >= _SURE:
            wanted = _NORMAL.inv_cdf(self.certainty)
        worth = np.maximum(self.row_prices[-2:], 0.0) * self.deviations
        found = shared(
            _NORMAL.cdf(wanted), (worth[0], worth[1]), correlation, (kept[0] + beside[0], kept[1] + beside[1])
        )
        # A row that costs nothing is asked for no more than what every plan needs.
        return np.asarray(np.where(worth > 0, found, _NORMAL.inv_cdf(self.certainty)) - beside)

    def _opened(self, here: _Range) -> list[_Range]:
        """Return a range with its bound under the prices in hand, in a list that is empty where there is none."""
        bound = best_at(self._within(here), self.prices).bound
        return [replace(here, bound=max(bound, here.bound))]

    def _middle(self, here: _Range, row: int) -> float:
        """Return where to split a range: first beside the deviation of the plan in hand, then in the middle."""
        lowest, highest, at = here.lowest[row], here.highest[row], self.deviations[row]
        for edge in (_BESIDE, 1 / _BESIDE):
            if lowest < edge * at < highest and highest - lowest > 2 * (1 / _BESIDE - _BESIDE) * at:
                return edge * at
        return 0.5 * (lowest + highest)

    def _wide(self, here: _Range, row: int) -> bool:
        return here.highest[row] - here.lowest[row] > _NARROWEST * self.widest[row]

    def _listed(self, here: _Range, row: int) -> list[_Range]:
        """List the plans of a range near its bound; returns its parts where listing them again helps."""
        inner = self._within(here)
        prices = Prices(self.prices, best_at(inner, self.prices))
        in_hand = Near(here.bound, self.best.choice, self.best.cost)
        near = plans_near(inner, prices, 0.5 * self.gap, in_hand, _SHARE_OF_TIME * self.left, watch=self._watch())
        if np.isnan(near.cost) or relative_gap(near.cost, near.bound) > self.gap:
            near = meet(inner, prices, near, _SHARE_OF_TIME * self.left, self.seed, self._watch())
        if near.choice.size and (np.isnan(self.best.cost) or near.cost < self.best.cost):
            self.best = replace(self.best, choice=near.choice, cost=near.cost)
        done = replace(here, bound=near.bound)
        if not self._still(done):
            return []
        if near.bound > here.bound and self._errors(here)[row] > 0 and self._wide(here, row):
            return list(here.split(row, self._middle(here, row), near.bound))
        self.ranges.append(done)
        return []

    def _watch(self) -> Watch:
        """Return the rows with a probability as a condition on plans."""
        limit, unit = self.limit, self.sums[0].unit
        if limit is None:
            raise AssertionError("plans are looked at before there is a limit")

        def above(values: FloatArray) -> FloatArray:
            means, skews, sure, variances = values.reshape(4, len(self.sums), -1)
            reached = limit.at(means - rounding(sure, unit), skews, np.sqrt(np.maximum(variances, 0.0)))
            return np.asarray(reached + _SLACK * np.maximum(1.0, np.abs(means).max(axis=0)))

        return Watch(watched(self.sums), above, self.likely - limit.constant, self._accepted)

    def _accepted(self, choice: SlotArray) -> bool:
        # Plans that differ in nothing but the way to pay are as likely.
        houses = np.arange(choice.size)
        key = b"".join(part[choice, houses].tobytes() for one in self.sums for part in (one.kw, one.sure))
        if key not in self.known:
            self.known[key] = bool(self.probabilities(choice, 1)[0] >= self.certainty)
        return self.known[key]

    def _worth(self, bound: float) -> bool:
        """Say whether a range with this bound can hold a plan that is better by more than the gap asked for."""
        return bool(np.isnan(self.best.cost) or bound < self.best.cost - 0.9 * self.gap * abs(self.best.cost))

    def _still(self, one: _Range) -> bool:
        """Say whether a range is to be kept open; what is known of it otherwise goes into the bound."""
        if self._worth(one.bound):
            return True
        self.closed = min(self.closed, one.bound)
        return False

    def _within(self, here: _Range) -> Problem:
        """Return the problem with chords in place of the roots."""
        if self.limit is None:
            raise AssertionError("a range is looked at before there is a limit")
        chord = self.limit.chord(self.sums, np.array(here.lowest), np.array(here.highest))
        return replace(self.problem, rows=(*self.problem.rows, chord))

    def _errors(self, here: _Range) -> FloatArray:
        """Return what the distance of each chord from the root is worth at most in a range."""
        if self.limit is None:
            raise AssertionError("a range is looked at before there is a limit")
        lowest, highest = np.array(here.lowest), np.array(here.highest)
        distance = (highest - lowest) ** 2 / (4 * (highest + lowest))
        return np.asarray(self.limit.weight * self.limit.deviations * distance * max(self.prices[-1], 0.0))

    def _keep(self, choice: SlotArray, cost: float) -> bool:
        """Remember a plan if it is accepted and better than the best so far; says whether it is accepted."""
        if not self._accepted(choice):
            return False
        if np.isnan(self.best.cost) or cost < self.best.cost:
            self.best = replace(self.best, choice=choice, cost=cost)
        return True

    def _update(self) -> None:
        """Set the bound to the lowest that any range allows."""
        bound = max(self.floor, min([self.closed, *(one.bound for one in self.ranges)]))
        cost = self.best.cost
        nothing_left = np.isnan(cost) and not self.ranges and np.isinf(self.closed)
        self.best = replace(self.best, bound=bound if np.isnan(cost) else min(bound, cost), impossible=nothing_left)


def _variance(chance: Chance) -> Row:
    """Return the variance of what a row counts, as a row."""
    nobody = np.zeros(chance.spread.size)
    return Row("spread", nobody, nobody, 0.0, counted_only=True, squared=chance.spread)


def _deviation(problem: Problem, chance: Chance, choice: SlotArray) -> float:
    """Return the standard deviation of what the row counts."""
    variance = activity(replace(problem, rows=(_variance(chance),)), choice)[0]
    return max(float(np.sqrt(max(variance, 0.0))), _SMALLEST)
