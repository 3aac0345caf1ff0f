"""The range of deviations that matters, split until the cheapest plan of each part is certain enough or too dear.

A programme finds the cheapest plan that keeps the limits in a range. If it is certain enough, nothing in the range is
cheaper. If not, and only the lines in place of roots allow it, the range is split at its deviations, where lines are
exact; with two sums, it is asked for a limit in the direction in which the plan falls short; and a plan that all limits
allow is cut off with all plans below it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from model.optimise.solar_allocation.finish import Finished
from model.optimise.solar_allocation.prices import find_prices
from model.optimise.solar_allocation.problem import BoolArray, FloatArray, Problem, SlotArray, priced_costs
from model.optimise.solar_allocation.programme import Area, Asked, beyond, cheapest_within
from model.optimise.solar_allocation.substitutes import Substitutes
from model.optimise.solar_allocation.sums import Sum, deviations_of, higher_of, rounding

#: Part of the gap asked for that a programme may leave, and part of it that lines may lie below roots.
_LEFT, _LINES = 0.4, 0.3
#: Part of a range at its ends within which it is not split at a plan, where lines lie near the roots and where not.
_EDGE, _WIDE_EDGE, _FAR = 1e-4, 0.15, 30.0
#: Part of the time that is left which one programme may take.
_SHARE_OF_TIME = 0.4
#: Most directions of limits, and by how much the weights of two of them differ at least [1].
_DIRECTIONS, _UNLIKE = 8, 2e-3
#: Part of what is missing by which a range must come nearer with each programme.
_SLOW = 2e-3
_SLACK = 1e-9


class Settling(Protocol):
    """What is needed of a search."""

    best: Finished
    """The best plan so far."""
    plain: Problem
    """Houses, slots and rows that hold without probability."""
    sums: tuple[Sum, ...]
    parts: tuple[Sum, ...]
    gap: float
    seed: int

    @property
    def left(self) -> float:
        """Time that is left [s]."""

    @property
    def below(self) -> float:
        """What a plan must cost less than to be better by more than the gap asked for; NaN where there is none yet."""

    def worth(self, bound: float) -> bool:
        """Say whether plans with this bound can be better by more than the gap asked for."""

    def accepted(self, choice: SlotArray) -> bool:
        """Say whether a plan is certain enough."""

    def keep(self, choice: SlotArray, cost: float) -> None:
        """Remember a plan that is certain enough if it is better than the best so far."""


class Narrowed(Protocol):
    """What is needed of what all plans keep that matter."""

    substitutes: Substitutes | None
    """Combinations of substitutes, if they are listed."""

    def of_plans_that_matter(self, problem: Problem) -> Problem:
        """Return a problem without the slots that no plan has which matters."""

    def asked(self, weight: FloatArray) -> Asked:
        """Return the limit that follows best what plans need in a direction."""

    def directions(self) -> list[FloatArray]:
        """Return the weights of the usual limit, and of some that touch what plans of two sums need elsewhere."""

    def direction(self, distances: FloatArray) -> FloatArray:
        """Return the weights of a limit that touches what plans need where two means lie."""


@dataclass(frozen=True)
class _Part:
    """A part of the range of deviations of the sums, with a bound for the plans in it, and that at the last cut."""

    bound: float
    lowest: FloatArray
    highest: FloatArray
    at_cut: float = -np.inf

    def split(self, number: int, at: float, edge: float, bound: float) -> list[_Part]:
        """Return the parts beside a deviation; in the middle where it lies in that part of the range at an end."""
        low, high = self.lowest[number], self.highest[number]
        if not edge * (high - low) < min(at - low, high - at):
            at = 0.5 * (low + high)
        below, above = self.highest.copy(), self.lowest.copy()
        below[number] = above[number] = at
        return [_Part(bound, self.lowest, below), _Part(bound, above, self.highest)]


def settle(search: Settling, narrow: Narrowed) -> float:
    """Return what no plan that is certain enough costs less, or less than the plan in hand; may find a better plan.

    Args:
        search: the search so far.
        narrow: what all plans keep that matter.
    """
    asked, plain = asked_in_all_directions(narrow), narrow.of_plans_that_matter(search.plain)
    waiting, closed = [_Part(-np.inf, *asked[0].ends)], np.inf
    cuts: list[BoolArray] = []
    while waiting and search.left > 0:
        here = waiting.pop(min(range(len(waiting)), key=lambda one: waiting[one].bound))
        if not search.worth(here.bound):
            closed = min(closed, here.bound)
            break
        area = Area.read(plain, asked, search.sums, search.parts, here.lowest, here.highest, cuts,
                         narrow.substitutes)  # fmt: skip
        if area is None:
            continue
        # Only plans that are better by more than the gap asked for are looked for.
        prices, cost = find_prices(area.problem, search.seed), search.below
        room = np.inf if np.isnan(cost) else cost - prices.priced.bound
        size = abs(prices.priced.bound if np.isnan(cost) else cost)
        bound, found = max(here.bound, prices.priced.bound), None
        if search.worth(bound):
            found = cheapest_within(
                area, prices.of_rows, prices.priced, room + _SLACK * size, np.inf if np.isnan(cost) else cost,
                _LEFT * search.gap * size, _SHARE_OF_TIME * search.left, search.seed,
            )  # fmt: skip
            # What was left out of the programme costs at least as much as what is looked below.
            bound = max(bound, min(found.bound, np.inf if np.isnan(cost) else cost))
        if found is None or not found.choice.size or not search.worth(bound):
            closed = min(closed, bound)
            continue
        if search.accepted(found.choice):
            search.keep(found.choice, found.cost)
            closed = min(closed, bound)
            continue
        distances, deviations, kept = _place(search, found.choice, area)
        of_limits = prices.of_rows[-len(asked) :]
        lines = np.sum(
            [price * one.lines(here.lowest, here.highest) for price, one in zip(of_limits, asked, strict=True)], axis=0
        )
        number = int(np.argmax(lines))
        weight = narrow.direction(distances) if len(search.sums) == 2 else asked[0].limit.weight
        unlike = _unlike(asked, weight)
        allowed = _LINES * search.gap * size
        if lines[number] > allowed and not kept:
            edge = _WIDE_EDGE if lines[number] > _FAR * allowed else _EDGE
            waiting += here.split(number, float(deviations[number]), edge, bound)
            continue
        if unlike > _UNLIKE and len(asked) < _DIRECTIONS:
            asked.append(narrow.asked(weight))
        else:
            if bound - here.at_cut < _SLOW * (cost - bound):
                # So many plans are as cheap that ruling them out one by one leads nowhere.
                closed = min(closed, bound)
                continue
            here = replace(here, at_cut=bound)
            above = priced_costs(area.problem, prices.of_rows, slice(0, area.problem.houses)) - prices.priced.lowest
            cuts.append(beyond(search.sums, found.choice, above, search.accepted))
        waiting.append(replace(here, bound=bound))
    return min([closed, *(one.bound for one in waiting)])


def asked_in_all_directions(narrow: Narrowed) -> list[Asked]:
    """Return limits in directions that are unlike each other, the usual one first."""
    found: list[Asked] = []
    for weight in narrow.directions():
        if _unlike(found, weight) > _UNLIKE:
            found.append(narrow.asked(weight))
    return found


def direction_of(search: Settling, narrow: Narrowed) -> FloatArray | None:
    """Return the weights of the limit that is worth most, where two sums have limits in several directions."""
    asked = asked_in_all_directions(narrow)
    plain = narrow.of_plans_that_matter(search.plain)
    area = Area.read(
        plain, asked, search.sums, search.parts, *asked[0].ends, [], narrow.substitutes
    ) if len(asked) > 1 else None  # fmt: skip
    if area is None:
        return None
    worth = np.maximum(find_prices(area.problem, search.seed).of_rows[-len(asked) :], 0.0)
    weights = np.array([one.limit.weight for one in asked])
    return worth @ weights / worth.sum() if worth.sum() > 0 else None


def _unlike(asked: list[Asked], weight: FloatArray) -> float:
    """Return by how much the weights of a limit differ from the nearest ones of others [1]."""
    return min((float(np.abs(one.limit.weight - weight).max()) for one in asked), default=np.inf)


def _place(search: Settling, choice: SlotArray, area: Area) -> tuple[FloatArray, FloatArray, bool]:
    """Return how far the means of a plan lie above their marks, deviations [kW], and whether it keeps all limits."""
    houses, sums = np.arange(choice.size), search.sums
    means = np.array([one.mean[choice, houses].sum() for one in sums])
    sure = np.array([one.sure[choice, houses].sum() for one in sums])
    deviations = deviations_of(np.array([one.variance[choice, houses].sum() for one in search.parts]))
    higher = [one[choice, houses].sum() for one in higher_of(search.parts)]
    distances = means - np.array([rounding(one, part.unit) for one, part in zip(sure, sums, strict=True)])
    kept = True
    for number, one in enumerate(area.asked):
        constant = area.constant(number, choice) - one.limit.weight[0] * one.taken
        kept &= bool(one.limit.at(distances, np.append(deviations, higher)) >= constant - _SLACK)
    return distances, deviations, kept
