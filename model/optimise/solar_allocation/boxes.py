"""Sums that must be reached, alone or two together: boxes of deviations, each with prices and a limit of its own.

Plans with unlike deviations have little in common, so that what is proven for all of them at once is weak. In a box
the limit follows what plans there need, and slots that no plan there has are left out; boxes in which no plan is as
cheap as the one in hand are dropped, and the one with the lowest bound is split again until its best plan can be
settled. Of two sums the first one is looked at by itself before, and boxes are also split at houses that may have few
or many panels at next to no cost: they make distributions least alike.
"""

from __future__ import annotations

from time import perf_counter
from typing import Protocol

import numpy as np

from model.optimise.solar_allocation.cuts import SMALLEST
from model.optimise.solar_allocation.narrow import Narrow
from model.optimise.solar_allocation.problem import FloatArray
from model.optimise.solar_allocation.settle import Settling, direction_of, settle
from model.optimise.solar_allocation.sums import Limit, deviations_of

#: Part of the time that is left which boxes may take.
_BOXES = 0.95
#: Room, in parts of the cost, from which boxes are split at a house of the second part with few or many panels.
_TURNING = 6e-4
_CLOSE = 2e-4
#: Part that one of two sums by itself may take, and room, in parts of the cost, that is enough there.
_ALONE, _NEAR = 0.3, 5e-4
#: Widest box that is looked at, and narrowest one that is split, in parts of usual deviations.
_WIDEST, _NARROWEST = 0.45, 0.01
#: A box is looked at again as long as this part of its gap is left at most.
_AGAIN = 0.72
#: Room, in parts of the cost, up to which it is worth a look in which direction a limit says most.
_DIRECTED = 1e-3
#: Room, in parts of the cost, up to which two sums are looked at together, which takes long.
_TOGETHER = 5e-3
#: Room, in parts of the cost, with which a box is settled.
_SETTLED = 1.2e-4


class Looking(Settling, Protocol):
    """What boxes need of a search."""

    deviations: FloatArray
    """Usual deviation of each sum, dims (sum)."""

    def narrowed(self, limit: Limit, at: FloatArray, cost: float, before: Narrow | None, together: bool) -> Narrow:
        """Return what plans keep that matter, under the prices of a limit."""


def look_in_boxes(search: Looking, narrow: Narrow) -> float:
    """Return what no plan costs less that is certain enough, or less than the plan in hand; may find a better plan.

    Args:
        search: the search so far.
        narrow: what all plans keep that matter.
    """
    boxes, closed, dearest = [narrow], np.inf, narrow.cost
    if len(search.sums) == 1 and narrow.room <= _SETTLED * abs(narrow.cost):
        return settle(search, narrow)
    end = perf_counter() + _BOXES * search.left
    while boxes and perf_counter() < end and search.left > 0:
        here = boxes.pop(min(range(len(boxes)), key=lambda one: boxes[one].bound))
        if not search.worth(here.bound) or here.bound >= closed:
            # All others are as dear, or the bound cannot rise any more.
            closed = min(closed, here.bound)
            break
        if _size(search, here).max() > _WIDEST:
            boxes += _halves(search, here)
            continue
        cost = dearest
        if not np.isnan(search.best.cost):
            # From here on only plans are looked for that are better by more than the gap asked for.
            cost = search.below
            closed = min(closed, cost)
        middle = np.maximum(deviations_of(np.mean(here.sides, axis=1) ** 2), SMALLEST)
        near = here.room <= _DIRECTED * abs(cost)
        limit = here.limit_here(direction_of(search, here) if near else None)
        together = len(search.sums) == 1 or here.room <= _TOGETHER * abs(cost)
        found = search.narrowed(limit, middle, cost, here, together)
        if found.room < 0 or not found.pieces:
            continue
        if cost - found.bound <= _AGAIN * (cost - here.bound):
            boxes.append(found)
        elif found.room > _CLOSE * abs(cost) and found.room <= _TURNING * abs(cost) and (turned := found.turning()):
            boxes += turned
        elif found.room > _SETTLED * abs(cost) and _size(search, found).max() > _NARROWEST:
            boxes += _halves(search, found)
        else:
            closed = min(closed, settle(search, found))
    return min([closed, *(one.bound for one in boxes)])


def boxes_that_matter(search: Looking, narrow: Narrow) -> list[Narrow]:
    """Return the boxes of one sum in which plans may be as cheap as the one in hand, without looking for plans.

    Args:
        search: the search so far.
        narrow: what all plans keep that matter.
    """
    waiting, found, cost = [narrow] if narrow.room >= 0 else [], [], narrow.cost
    end = perf_counter() + _ALONE * search.left
    while waiting and perf_counter() < end:
        here = waiting.pop()
        if _size(search, here).max() > _WIDEST:
            waiting += _halves(search, here)
        elif here.room <= _NEAR * abs(cost):
            found.append(here)
        else:
            middle = np.maximum(np.mean(here.sides, axis=1), SMALLEST)
            after = search.narrowed(here.limit_here(), middle, cost, here, together=False)
            if after.room >= 0 and after.pieces:
                (waiting if after.room <= _AGAIN * here.room else found).append(after)
    return [*found, *waiting]


def _size(search: Looking, box: Narrow) -> FloatArray:
    """Return how wide a box is, in parts of usual deviations."""
    return np.asarray(box.widths / search.deviations[::-1])


def _halves(search: Looking, box: Narrow) -> list[Narrow]:
    """Return the halves of a box in which plans matter."""
    wide, sides = int(np.argmax(_size(search, box))), box.sides
    below, above = sides.copy(), sides.copy()
    below[wide, 1] = above[wide, 0] = sides[wide].mean()
    halves = [box.within(one[:, 0], one[:, 1]) for one in (below, above)]
    return [one for one in halves if one.pieces]
