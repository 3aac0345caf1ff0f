"""Ranges of deviations that may still hold a better plan for a certain year, and the best plan so far."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from statistics import NormalDist
from time import perf_counter

import numpy as np

from model.optimise.solar_allocation.boxes import boxes_that_matter, look_in_boxes
from model.optimise.solar_allocation.consent import is_enough
from model.optimise.solar_allocation.cuts import ABOUT, Aim, aim, widest
from model.optimise.solar_allocation.enumerated import Enumerated, listed
from model.optimise.solar_allocation.finish import finish
from model.optimise.solar_allocation.frontier import Known
from model.optimise.solar_allocation.lattice import Remainders
from model.optimise.solar_allocation.meet import meet
from model.optimise.solar_allocation.narrow import Narrow
from model.optimise.solar_allocation.near import Near, Watch, plans_near
from model.optimise.solar_allocation.prices import Prices, find_prices
from model.optimise.solar_allocation.problem import FloatArray, Problem, SlotArray, best_at, priced_costs
from model.optimise.solar_allocation.sums import (
    ORDERS,
    Limit,
    Sum,
    deviations_of,
    held,
    rounding,
    watched,
    with_sums,
)
from model.optimise.solver import relative_gap

#: Where ranges are first split, beside the deviation of the plan in hand, in parts of it.
_BESIDE = 0.97
#: The row asks for this many deviations less than the exact distribution of the plan in hand.
_LENIENT = 1e-4
#: A range is split until its chord lies no more than this part of the room for better plans below the root.
_CHORD = 0.1
#: Narrowest range, in parts of the widest one.
_NARROWEST = 1e-5
#: Part of the time that one programme may take, and that the look at sums as if they were normal may take.
_SHARE_OF_TIME, _FIRST_LOOK = 0.2, 0.05
_SLACK = 1e-9
#: Part of the time that is left which narrowing may take.
_NARROWING = 0.6
#: Probability below which the first sum is as good as never reached without the second one, and the part of the time
#: that is left which a look at the first one by itself may take then.
_NEXT_TO_NOTHING, _FIRST_ALONE = 1e-6, 0.4
_NORMAL = NormalDist()


@dataclass(frozen=True, order=True)
class Range:
    """Ranges of the standard deviations, one a row, with the bound of all plans in them."""

    bound: float
    lowest: tuple[float, ...]
    highest: tuple[float, ...]

    def split(self, row: int, at: float, bound: float) -> tuple[Range, Range]:
        """Return the two parts beside a deviation of a row."""
        below = tuple(at if number == row else one for number, one in enumerate(self.highest))
        above = tuple(at if number == row else one for number, one in enumerate(self.lowest))
        return replace(self, bound=bound, highest=below), replace(self, bound=bound, lowest=above)


class Search:
    """Ranges that may still hold a better plan, and the best plan so far."""

    def __init__(
        self,
        problem: Problem,
        sums: tuple[Sum, ...],
        parts: tuple[Sum, ...],
        certainty: float,
        probabilities: Callable[[SlotArray, int], FloatArray],
        aimed: Aim,
        gap: float,
        end: float,
        seed: int,
    ) -> None:
        self.gap, self.seed, self.end = gap, seed, end
        self.sums, self.parts, self.aimed = sums, parts, aimed
        self.certainty, self.probabilities = certainty, probabilities
        self.widest, self.deviations = widest(problem, parts), aimed.deviations
        self.best, self.limit, self.plain = aimed.best, aimed.limit, problem
        #: The same without slots that no plan has which matters.
        self.matter = problem
        #: A bound known from before, and one above which nothing is to be improved.
        self.floor, self.enough = -np.inf, np.inf
        self.ranges: list[Range] = []
        self.closed = np.inf
        #: What both sums are, as long as only the first one is looked at.
        self.both: tuple[tuple[Sum, ...], tuple[Sum, ...], FloatArray] | None = None
        #: Which plans are certain enough, by what they put where.
        self.known: dict[bytes, bool] = {}
        self._ask(aimed.limit)

    def _ask(self, limit: Limit) -> None:
        """Ask for a limit."""
        self.limit, self.problem = limit, with_sums(self.plain, self.sums, self.parts, limit)
        self.constant = limit.constant
        self.start = Range(-np.inf, (0.0,) * len(self.sums), tuple(self.widest.tolist()))
        rows = len(self.plain.rows)
        self.prices: FloatArray = np.append(self.aimed.of_rows[:rows], self.aimed.of_rows[rows:].sum())

    @property
    def _settled(self) -> bool:
        """Whether the bound known from before is enough."""
        return bool(self.floor >= self.enough or not self.worth(self.floor))

    @property
    def left(self) -> float:
        """Time that is left [s]."""
        return self.end - perf_counter()

    def look_as_if_normal(self) -> None:
        """Look for plans as if all sums were as far from normal as those of the plan in hand."""
        # What whole units take from the plan in hand is in its numbers of deviations.
        last, over = self.aimed.last, 0.0
        if last.size:
            houses = np.arange(last.size)
            sure = [one.sure[last, houses].sum() for one in self.sums]
            over = float(self.limit.weight @ [rounding(one, self.sums[0].unit) for one in sure])
        limit = replace(self.limit, deviations=self.limit.deviations - _LENIENT, constant=-over)
        self._ask(limit)
        self.constant = limit.constant + self._taken(limit)
        end, self.end = self.end, perf_counter() + _FIRST_LOOK * max(self.left, 0.0)
        self.look_near()
        self.end = end

    def _taken(self, limit: Limit) -> float:
        """Return what whole units take at least of the limit in plans no dearer than the one in hand [kW]."""
        if np.isnan(self.best.cost):
            return 0.0
        inner = replace(self.problem, rows=(*self.problem.rows, limit.tangent(self.sums, self.deviations)))
        prices = find_prices(inner, self.seed)
        above = priced_costs(inner, prices.of_rows, slice(0, inner.houses)) - prices.priced.lowest
        remainders = Remainders(self.sums[0], prices.priced.choice.astype(np.int64), above)
        price, room = float(prices.of_rows[-1] * limit.weight[0]), self.best.cost - prices.priced.bound
        taken = remainders.least_taken(room, price, 0.0)
        return float(limit.weight[0] * taken) if np.isfinite(taken) else 0.0

    def narrow(self) -> None:
        """Find what all plans keep that are certain enough and no dearer, and settle which of them is best."""
        if self.best.bound > -np.inf and self.floor == -np.inf:
            # What was found as if sums were normal is no bound.
            self.best = replace(self.best, bound=-np.inf, impossible=False)
        last = self.aimed.last if not self.best.choice.size else self.best.choice
        end = self.end
        if self._second_matters_nowhere(last):
            self.both = self.sums, self.parts, self.deviations
            self.sums = self.parts = self.sums[:1]
            self.deviations = self.deviations[:1]
        if self.both is not None and len(self.sums) == 1:
            self.end -= (1 - _FIRST_ALONE) * self.left
        self._narrow(last)
        self.end = end

    def _second_matters_nowhere(self, last: SlotArray) -> bool:
        """Say whether the second sum seems to be reached with the first one by the best plans."""
        if len(self.sums) == 1 or self.both is not None or not last.size:
            return False
        reached = self.probabilities(last, 2)
        if reached[1] - reached[0] >= _NEXT_TO_NOTHING:
            return False

        def first(choice: SlotArray, number: int) -> FloatArray:
            return np.full(number, self.probabilities(choice, 2)[1])

        alone, end = self.sums[:1], _FIRST_LOOK * self.left
        found = aim(self.plain, alone, alone, first, self.certainty, ABOUT, end, self.seed, settled=False).best
        return not found.choice.size or self.accepted(found.choice)

    def look_at_both(self) -> bool:
        """Look at both sums again; say whether only the first one was looked at before."""
        if self.both is None or len(self.sums) == 2:
            return False
        self.sums, self.parts, self.deviations = self.both
        return True

    def _narrow(self, last: SlotArray) -> None:
        """Narrow what plans keep of the sums that are looked at, and settle which plan is best."""
        at = np.array(self.deviations)
        limit = replace(self.limit, constant=0.0) if len(self.sums) == 2 else self._limit_of_one(at)
        if last.size:
            self.parts = tuple(one.tilted(last) for one in self.parts)
        dearest = float(np.sum(np.max(np.where(np.isfinite(self.plain.cost), self.plain.cost, -np.inf), axis=0)))
        cost = dearest if np.isnan(self.best.cost) else self.below
        known = self._alone(cost, last) if len(self.sums) == 2 else None
        narrow = self.narrowed(limit, at, cost, None, len(self.sums) == 1, known)
        self.floor = max(self.floor, min(narrow.bound, cost))
        left = narrow.room >= 0 and not self._settled
        # Where plans matter that are not looked at, no more is known than what all of them cost at least.
        self.ranges, self.closed = [], self.floor if narrow.room >= 0 and not left else np.inf
        none = np.isnan(self.best.cost)
        if left:
            self.closed = look_in_boxes(self, narrow)
        if not none:
            # Plans that cost more than what was looked below were left out.
            self.closed = min(self.closed, cost)
        self._update()
        # Whatever is looked at next, this much is known of all plans.
        self.floor = max(self.floor, self.best.bound)

    def _limit_of_one(self, at: FloatArray) -> Limit:
        """Return the limit on one sum that is usual near a deviation."""
        z = _NORMAL.inv_cdf(self.certainty)
        shape = np.append((z**2 - 1) / (6 * at**2), np.zeros(len(ORDERS) - 1))
        return Limit(np.ones(1), np.full(1, z), shape, -0.5 * self.sums[0].unit)

    def _alone(self, cost: float, last: SlotArray) -> Known:
        """Return what plans need of the first of two sums by itself; slots of no plan that matters are left out."""
        alone, at = copy(self), np.array(self.deviations[:1])
        alone.sums, alone.deviations = self.sums[:1], at
        alone.parts = tuple(one.tilted(last) if last.size else one for one in alone.sums)
        limit = alone._limit_of_one(at)
        boxes = boxes_that_matter(alone, alone.narrowed(limit, at, cost))
        self.floor = max(self.floor, min([cost, *(one.bound for one in boxes)]))
        kept = np.any([one.above <= one.room for one in boxes], axis=0) if boxes else np.isfinite(self.plain.cost)
        self.matter = replace(self.plain, cost=np.where(kept, self.plain.cost, np.inf))
        limit = replace(limit, constant=0.0)
        return Known(limit, alone.parts[0].tilt, min((one.least(limit) for one in boxes), default=-np.inf))

    def narrowed(
        self,
        limit: Limit,
        at: FloatArray,
        cost: float,
        before: Narrow | None = None,
        together: bool = False,
        known: Known | None = None,
    ) -> Narrow:
        """Return what plans keep that matter, under the prices of a limit."""
        plain = self.matter if before is None else before.of_plans_that_matter(self.matter)
        problem = with_sums(plain, self.sums, self.parts, limit)
        holds = () if before is None else held(self.parts, [one.variances for one in before.near])
        inner = replace(problem, rows=(*problem.rows, *holds, limit.tangent(self.sums, at)))
        prices = find_prices(inner, self.seed)
        end = perf_counter() + _NARROWING * self.left
        facts = (inner, self.sums, self.parts, prices, limit, at, cost, self.certainty, self.enough)
        if before is not None and (substitutes := listed(before)) is not None:
            return Enumerated(substitutes, *facts, before, end)
        return Narrow(*facts, before, together, end, known)

    def keep(self, choice: SlotArray, cost: float) -> None:
        """Remember a plan that is certain enough if it is better than the best so far."""
        if np.isnan(self.best.cost) or cost < self.best.cost:
            self.best = replace(self.best, choice=choice, cost=cost)

    def look_near(self) -> None:
        """Split the deviations into ranges, and list the plans near the bound in those that are not too dear."""
        waiting = self._opened(self.start)
        while waiting and self.left > 0:
            waiting.sort()
            here = waiting.pop(0)
            room = max((here.bound if np.isnan(self.best.cost) else self.best.cost) - here.bound, 0.0)
            errors = self._errors(here)
            row = int(np.argmax(errors))
            if not self.worth(here.bound):
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
            if not self.worth(bound) or not self._wide(here, row):
                self.closed = min(self.closed, bound)
                continue
            if found.choice.size and self.accepted(found.choice):
                self.keep(found.choice, found.cost)
            for part in here.split(row, 0.5 * (here.lowest[row] + here.highest[row]), bound):
                self.ranges += self._opened(part)
            self.ranges = [one for one in self.ranges if self._still(one)]
            self._update()

    def _opened(self, here: Range) -> list[Range]:
        """Return a range with its bound under the prices in hand, in a list."""
        return [replace(here, bound=max(best_at(self._within(here), self.prices).bound, here.bound))]

    def _middle(self, here: Range, row: int) -> float:
        """Return where to split a range: first beside the deviation of the plan in hand, then in the middle."""
        lowest, highest, at = here.lowest[row], here.highest[row], self.deviations[row]
        for edge in (_BESIDE, 1 / _BESIDE):
            if lowest < edge * at < highest and highest - lowest > 2 * (1 / _BESIDE - _BESIDE) * at:
                return float(edge * at)
        return float(0.5 * (lowest + highest))

    def _wide(self, here: Range, row: int) -> bool:
        return bool(here.highest[row] - here.lowest[row] > _NARROWEST * self.widest[row])

    def _listed(self, here: Range, row: int) -> list[Range]:
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
            parts = here.split(row, self._middle(here, row), near.bound)
            return [one for part in parts for one in self._opened(part)]
        self.ranges.append(done)
        return []

    def _watch(self) -> Watch:
        """Return the rows with a probability as a condition on plans."""
        unit = self.sums[0].unit

        def above(values: FloatArray) -> FloatArray:
            count = len(self.sums)
            means, sure, higher, variances = np.split(values, np.cumsum([count, count, len(ORDERS) * count]))
            reached = self.limit.at(means - rounding(sure, unit), np.vstack((deviations_of(variances), higher)))
            return np.asarray(reached + _SLACK * np.maximum(1.0, np.abs(means).max(axis=0)))

        return Watch(watched(self.parts), above, 0.0, self.accepted)

    def accepted(self, choice: SlotArray) -> bool:
        """Say whether a plan is certain enough; a first sum that it keeps is looked at by itself no longer if not."""
        # Plans that differ in nothing but the way to pay are as likely.
        houses = np.arange(choice.size)
        key = b"".join(part[choice, houses].tobytes() for one in self.sums for part in (one.kw, one.sure))
        if key not in self.known:
            count = 1 if self.both is None else 2
            reached = [is_enough(float(one), self.certainty) for one in self.probabilities(choice, count)]
            self.known[key] = reached[0]
            if reached[-1] and not reached[0] and len(self.sums) == 1:
                self.end = min(self.end, perf_counter())
        return self.known[key]

    @property
    def below(self) -> float:
        """What a plan must cost less than to be better by more than the gap asked for; NaN where there is none yet."""
        return self.best.cost - 0.9 * self.gap * abs(self.best.cost)

    def worth(self, bound: float) -> bool:
        """Say whether a range with this bound can hold a plan that is better by more than the gap asked for."""
        return bool(np.isnan(self.best.cost) or bound < self.below)

    def _still(self, one: Range) -> bool:
        """Say whether a range is to be kept open; what is known of it otherwise goes into the bound."""
        if self.worth(one.bound):
            return True
        self.closed = min(self.closed, one.bound)
        return False

    def _within(self, here: Range) -> Problem:
        """Return the problem with chords in place of the roots."""
        limit = replace(self.limit, constant=self.constant)
        chord = limit.chord(self.sums, np.array(here.lowest), np.array(here.highest))
        return replace(self.problem, rows=(*self.problem.rows, chord))

    def _errors(self, here: Range) -> FloatArray:
        """Return what the distance of each chord from the root is worth at most in a range."""
        lowest, highest = np.array(here.lowest), np.array(here.highest)
        distance = (highest - lowest) ** 2 / (4 * (highest + lowest))
        return np.asarray(self.limit.weight * self.limit.deviations * distance * max(self.prices[-1], 0.0))

    def _update(self) -> None:
        """Set the bound to the lowest that any range allows."""
        bound = max(self.floor, min([self.closed, *(one.bound for one in self.ranges)]))
        cost = self.best.cost
        nothing_left = np.isnan(cost) and not self.ranges and self.closed == np.inf
        self.best = replace(self.best, bound=bound if np.isnan(cost) else min(bound, cost), impossible=nothing_left)
