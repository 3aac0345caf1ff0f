"""Two sums that must be reached together: boxes of deviations, each with prices and a limit of its own.

Plans with unlike deviations have little in common, so that what is proven for all of them at once is weak. In a box
the limit follows what plans there need; boxes in which no plan is as cheap as the one in hand are dropped, and the one
with the lowest bound is split again until plans in it can be listed.
"""

from __future__ import annotations

from time import perf_counter
from typing import Protocol

import numpy as np

from model.optimise.solar_allocation.cuts import SMALLEST
from model.optimise.solar_allocation.finish import Finished
from model.optimise.solar_allocation.narrow import Narrow
from model.optimise.solar_allocation.prices import Prices
from model.optimise.solar_allocation.problem import FloatArray
from model.optimise.solar_allocation.sums import Limit, deviations_of

#: Part of the time that is left which boxes may take, and which listing the plans of one may take.
_BOXES, _LISTING = 0.95, 0.3
#: Widest box that is looked at, and narrowest one that is split, in parts of usual deviations.
_WIDEST, _NARROWEST = 0.45, 0.02
#: A box is looked at again as long as this part of its gap is left at most.
_AGAIN = 0.72
#: Room, in parts of the cost, with which plans are listed.
_LISTED = 3e-4


class Looking(Protocol):
    """What boxes need of a search."""

    best: Finished
    """The best plan so far."""
    deviations: FloatArray
    """Usual deviation of each sum, dims (sum)."""

    @property
    def left(self) -> float:
        """Time that is left [s]."""

    def worth(self, bound: float) -> bool:
        """Say whether plans with this bound can be better by more than the gap asked for."""

    def narrowed(
        self, limit: Limit, at: FloatArray, cost: float, before: Narrow | None, together: bool
    ) -> tuple[Narrow, Prices]:
        """Return what plans keep that matter, under the prices of a limit."""

    def take(self, narrow: Narrow, prices: Prices) -> None:
        """Ask for what a box keeps from now on."""

    def listed(self, share: float) -> float:
        """List the plans asked for in a share of the time that is left; return what no other costs less."""


def look_in_boxes(search: Looking, narrow: Narrow) -> float:
    """Return what no plan costs less that is certain enough, or less than the plan in hand; may find a better plan.

    Args:
        search: the search so far.
        narrow: what all plans keep that matter.
    """
    boxes, closed, dearest = [(narrow, True)], np.inf, narrow.cost
    end = perf_counter() + _BOXES * search.left
    while boxes and perf_counter() < end:
        here, together = boxes.pop(min(range(len(boxes)), key=lambda one: boxes[one][0].bound))
        if not search.worth(here.bound) or here.bound >= closed:
            # All others are as dear, or the bound cannot rise any more.
            closed = min(closed, here.bound)
            break
        if _size(search, here).max() > _WIDEST:
            boxes += [(half, together) for half in _halves(search, here)]
            continue
        cost = dearest if np.isnan(search.best.cost) else search.best.cost
        middle = np.maximum(deviations_of(np.mean(here.sides, axis=1) ** 2), SMALLEST)
        # Each sum by itself costs little to look at, and many boxes need no more than that.
        found, prices = search.narrowed(here.limit_here(), middle, cost, here, together)
        if found.room < 0 or not found.pieces:
            continue
        if not together or cost - found.bound <= _AGAIN * (cost - here.bound):
            boxes.append((found, True))
        elif found.room > _LISTED * abs(cost) and _size(search, found).max() > _NARROWEST:
            boxes += [(half, True) for half in _halves(search, found)]
        else:
            search.take(found, prices)
            closed = min(closed, search.listed(_LISTING))
    return min([closed, *(one.bound for one, _ in boxes)])


def _size(search: Looking, box: Narrow) -> FloatArray:
    """Return how wide a box is, in parts of usual deviations."""
    return np.asarray(np.ptp(box.sides, axis=1) / search.deviations[::-1])


def _halves(search: Looking, box: Narrow) -> list[Narrow]:
    """Return the halves of a box in which plans matter."""
    wide, sides = int(np.argmax(_size(search, box))), box.sides
    below, above = sides.copy(), sides.copy()
    below[wide, 1] = above[wide, 0] = sides[wide].mean()
    halves = [box.within(one[:, 0], one[:, 1]) for one in (below, above)]
    return [one for one in halves if one.pieces]
