"""The plans that matter where substitutes are listed: only deviations of new buildings are split any further.

Each combination of substitutes (`substitutes`) has its exact distribution, what it costs, and what it needs of new
buildings; one that costs too much with what it needs is dropped.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import numpy as np

from model.optimise.solar_allocation.edge import SAFETY, Edge
from model.optimise.solar_allocation.frontier import Curve
from model.optimise.solar_allocation.narrow import Narrow
from model.optimise.solar_allocation.nearby import most_within
from model.optimise.solar_allocation.pieces import Node, Piece, Place, lacking
from model.optimise.solar_allocation.prices import Prices
from model.optimise.solar_allocation.problem import BoolArray, FloatArray, IntArray, Problem
from model.optimise.solar_allocation.programme import Asked
from model.optimise.solar_allocation.substitutes import BEYOND, Substitutes, units_apart
from model.optimise.solar_allocation.sums import ORDERS, Limit, Sum, deviations_of

#: Most combinations from which is read how limits follow what plans need.
_READ = 200
#: Distances of marks that are looked at.
_MARKS = 5
#: What is left of whole units by rounding.
_WHOLE = 1e-6


def listed(narrow: Narrow) -> Substitutes | None:
    """Return all combinations of substitutes that matter; None where they are too many or new buildings too few.

    Args:
        narrow: what plans keep that matter, of two sums.
    """
    if isinstance(narrow, Enumerated):
        return narrow.substitutes
    if len(narrow.parts) != 2 or not units_apart(narrow.near[0].variances[0], narrow.near[0].unit):
        return None
    may = np.asarray(narrow.parts[1].kw.any(axis=0))
    sure = np.where(np.isfinite(narrow.above), narrow.sums[1].sure - narrow.sums[0].sure, np.nan)[:, may]
    if not may.any() or np.nanmax(np.nanmax(sure, axis=0) - np.nanmin(sure, axis=0)) > _WHOLE:
        return None
    return Substitutes.read(narrow.near[1], may, narrow.room)


class Enumerated(Narrow):
    """The plans that matter, with every combination of substitutes by itself.

    Args:
        substitutes: the combinations that may matter.
        problem, sums, parts, prices, limit, at, cost, certainty, enough, before, end: as for `Narrow`.
    """

    substitutes: Substitutes

    def __init__(
        self,
        substitutes: Substitutes,
        problem: Problem,
        sums: tuple[Sum, ...],
        parts: tuple[Sum, ...],
        prices: Prices,
        limit: Limit,
        at: FloatArray,
        cost: float,
        certainty: float,
        enough: float,
        before: Narrow,
        end: float = np.inf,
    ) -> None:
        self.substitutes = substitutes
        count = substitutes.mean.size
        #: Which combinations matter.
        self.kept: BoolArray = before.kept if isinstance(before, Enumerated) else np.ones(count, dtype=bool)
        self._bent = before.curve()
        super().__init__(problem, sums, parts, prices, limit, at, cost, certainty, enough, before, True, end)

    @property
    def widths(self) -> FloatArray:
        """How far the deviations of each part can be split still [kW]."""
        return np.asarray(np.ptp(self.sides, axis=1) * [1.0, 0.0])

    @property
    def _vague(self) -> bool:
        """Whether a thorough look may tell more: new buildings are looked at in one way only."""
        return False

    def turning(self) -> list[Narrow]:
        """Return nothing: substitutes are told apart already."""
        return []

    def curve(self) -> Curve:
        """Return what plans that matter need of two means about, by their distance."""
        return self._bent

    def of_plans_that_matter(self, problem: Problem) -> Problem:
        """Return a problem without the slots that no plan has which matters."""
        may = self.parts[1].kw.any(axis=0)
        kept = np.where(may, self.substitutes.slots(self.parts[1].kw, self.kept), self.above <= self.room)
        return replace(problem, cost=np.where(kept, problem.cost, np.inf))

    def _read_prices(self, problem: Problem, prices: Prices, values: FloatArray, at: FloatArray) -> None:
        """Find what new buildings cost at least under several prices of variances, and what each combination adds."""
        super()._read_prices(problem, prices, values, at)
        new = ~self.parts[1].kw.any(axis=0)
        spread = np.where(problem.left_out[:, np.newaxis], 0.0, self.parts[0].spread * self.parts[0].kw ** 2)[:, new]
        others = self.lowest_usual - float(np.sum(np.min(values[:, new], axis=0)))
        self.of_own = np.unique(self.of_variances[:, 0])
        lowest = [float(np.sum(np.min(values[:, new] + (one - self.usual_prices[0]) * spread, axis=0))) + others
                  for one in self.of_own]  # fmt: skip
        self.lowest_own = np.array(lowest)
        self.of_substitutes = self.substitutes.above(self.near[1])

    def _carried(self, before: Narrow) -> float:
        if isinstance(before, Enumerated):
            return super()._carried(before)
        pieces = [
            Narrow._piece(self, one.ends, [Narrow._place(self, old.nodes) for old in one.places])
            for one in before.pieces
        ]
        return max([-np.inf, *(one.room for one in pieces)])

    def _followed(self, together: bool) -> int:
        return len(ORDERS)

    def _looked_through(self, together: bool) -> list[Edge]:
        self._own = Edge(self.near[0], self.room)
        return [self._own]

    @property
    def _apart(self) -> IntArray:
        """Whole units that the first mark can lie above the second one."""
        slot, house, above, choice = self.changes
        less = self.sums[1].sure - self.sums[0].sure
        base, new = less[choice, np.arange(choice.size)], np.asarray(~self.parts[1].kw.any(axis=0))[house]
        change = (less[slot, house] - base[house])[new, np.newaxis]
        down, up = (float(most_within(one, above[new], house[new], self.room)[0]) for one in (-change, change))
        least, most = (float(base.sum()) - down) / self.sums[0].unit, (float(base.sum()) + up) / self.sums[0].unit
        ends = int(np.ceil(least - 1 + _WHOLE)), int(np.floor(most + 1 - _WHOLE))
        return np.unique(np.rint(np.linspace(*ends, _MARKS)).astype(np.int64))

    def _nodes(self, deviations: tuple[float, ...], higher: FloatArray) -> list[Node]:
        variance, apart = deviations[0] ** 2, self._apart
        every = self.substitutes.least(self._own, variance, higher[:, 0], self.certainty, apart, self.kept)
        # With the first row the units that marks lie apart, the others by combination.
        return [Node((variance,), one, np.vstack((apart, least))) for one, least in zip(higher, every, strict=True)]

    def _place(self, nodes: list[Node]) -> Place:
        kept, limit = np.flatnonzero(self.kept), replace(self.limit, constant=0.0)
        lacks = np.array([self._lacks(one, limit, kept) for one in nodes])
        lack = np.full(self.kept.size, BEYOND)
        lack[kept] = lacks[0] - SAFETY * np.sum(np.abs(lacks[1:] - lacks[0]), axis=0) + limit.weight[0] * self.taken
        return Place(nodes[0].variances, nodes, lack)

    def _terms(self, node: Node, some: IntArray) -> FloatArray:
        """Return variances of the parts, then higher cumulants part by part, dims (term, combination)."""
        one = self.substitutes
        own = np.repeat(np.append(node.variances, node.higher[0])[:, np.newaxis], some.size, axis=1)
        return np.vstack((own[:1], one.variance[some], own[1:], one.higher[:, some]))

    def _lacks(self, node: Node, limit: Limit, some: IntArray) -> FloatArray:
        """Return by how much some combinations need more than a limit asks [kW]."""
        apart, least = node.least[0], node.least[1:][some]
        first, second = limit.weight
        means = (first + second) * least + first * self.substitutes.mean[some, np.newaxis]
        needed = _lowest(means + second * self.substitutes.unit * apart)
        terms = self._terms(node, some)
        terms[:2] = deviations_of(terms[:2])
        return np.asarray(needed + limit.at(np.zeros((2, some.size)), terms))

    def _piece(self, ends: tuple[tuple[float, float], ...], places: list[Place]) -> Piece:
        limit, variances = self.limit, np.array([one.variances[0] for one in places])
        both = np.array(np.broadcast_arrays(variances[:, np.newaxis], self.substitutes.variance))
        roots = np.einsum("i...,i->...", deviations_of(both), limit.weight * limit.deviations)
        # What each combination costs with what it needs, above what new buildings cost at least.
        worth = self.price * (lacking(places) + roots) - self.substitutes.variance * self.usual_prices[1]
        worth = worth + self.of_substitutes
        at_prices = worth[:, np.newaxis] - np.multiply.outer(variances, self.of_own)[:, :, np.newaxis]
        reached = (self.lowest_own[:, np.newaxis] + at_prices.min(axis=0)).max(axis=0)
        usual = self.lowest_usual + (worth - (variances * self.usual_prices[0])[:, np.newaxis]).min(axis=0)
        kept = self.kept & (reached <= self.cost) & (usual <= self.cost)
        if not kept.any():
            return Piece(np.inf, -np.inf, ends, places, kept)
        return Piece(float(reached[kept].min()), float(self.cost - usual[kept].min()), ends, places, kept)

    def _close_in(self, together: bool, end: float) -> float:
        room = super()._close_in(together, end)
        self._keep_those_of_pieces()
        return room

    def _keep_those_of_pieces(self) -> None:
        """Drop the combinations that matter in no piece."""
        self.kept = self.kept & np.any([one.kept for one in self.pieces if one.kept is not None], axis=0)
        spread = self.substitutes.variance[self.kept]
        if spread.size:
            self.near[1].variances = float(spread.min()), float(spread.max())

    def within(self, low: FloatArray, high: FloatArray) -> Narrow:
        """Return the same for plans whose new buildings have deviations in a range only."""
        found = super().within(low, high)
        if isinstance(found, Enumerated) and found.pieces:
            found._keep_those_of_pieces()
        return found

    def limit_here(self, weight: FloatArray | None = None) -> Limit:
        """Return the limit that follows best what plans that matter need in a direction, or in the usual one."""
        limit = replace(self.limit, constant=0.0)
        if weight is not None:
            limit = replace(limit, weight=weight)
        kept = np.flatnonzero(self.kept)
        some = kept[np.argsort(self.of_substitutes[kept], kind="stable")[:_READ]]
        terms = np.hstack([self._terms(one, some) for one in self.nodes]).T
        beside = np.concatenate([self._lacks(one, limit, some) for one in self.nodes])
        known = np.abs(beside) < 0.5 * BEYOND
        terms, beside = terms[known], beside[known]
        if not beside.size:
            return limit
        slopes = np.linalg.lstsq(terms - terms.mean(axis=0), beside - beside.mean(), rcond=1e-6)[0]
        spread = np.zeros(2) if limit.spread is None else limit.spread
        return replace(limit, spread=spread - slopes[:2], shape=limit.shape - slopes[2:])

    def _asked(self, limit: Limit) -> Asked:
        found = copy(self)
        found.limit = limit
        found.pieces = [replace(one, places=[found._place(place.nodes) for place in one.places]) for one in self.pieces]
        return Asked(limit, found.ranges, self.taken)

    @property
    def ranges(self) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
        """Least and greatest deviations of sums, and constant of the limit by combination, of plans that matter."""
        spread = self.substitutes.variance[self.kept]
        found = []
        for piece in self.pieces:
            own = np.array(piece.ends[0]) ** 2
            low, high = deviations_of(np.array([own, [spread.min(), spread.max()]])).T
            found.append((low, high, np.where(self.kept, lacking(piece.places).min(axis=0), np.inf)))
        return found


def _lowest(values: FloatArray) -> FloatArray:
    """Return the least of each row of values at places one after another; between them lie parabolas."""
    if values.shape[1] < 3:
        return np.asarray(values.min(axis=1))
    before, here, after = values[:, :-2], values[:, 1:-1], values[:, 2:]
    bent, slope = before - 2 * here + after, after - before
    inside = (np.abs(slope) < 2 * bent) & (bent > 0)
    lower = here - np.divide(slope**2, 8 * bent, out=np.zeros_like(bent), where=inside)
    return np.asarray(np.minimum(values.min(axis=1), lower.min(axis=1)))
