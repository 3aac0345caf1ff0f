"""What every plan keeps that is certain enough and no dearer than the plan in hand, with its proof.

The limit that a certain year sets to the means of sums narrows the plans that matter, and fewer plans narrow the limit:
what can change at the price of the distance between plan and bound decides how far probabilities can differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from model.optimise.solar_allocation.edge import Edge, alone, together
from model.optimise.solar_allocation.nearby import Nearby, most_within
from model.optimise.solar_allocation.prices import Prices
from model.optimise.solar_allocation.problem import FloatArray, Problem, Row, best_at, priced_costs
from model.optimise.solar_allocation.sums import Limit, Sum

#: Variances and third cumulants looked at in a range, and in a part of one.
_ALONE, _PIECE = (5, 3), (2, 2)
#: Error of a probability up to which two sums are looked at together.
_TOLERABLE = 0.02
#: Rounds of narrowing, and the part of the room that a round must leave at most to be followed by another.
_ROUNDS, _NARROWER = 16, 0.9
_SLACK = 1e-9
#: Parts of a range of deviations that are looked at by themselves, and deviations of nothing and beyond all.
_PIECES, _SMALLEST, _WIDEST = 12, 1e-6, 1e6
#: Prices of a variance far from the usual one that are tried, in parts of what a limit makes of it.
_FAR_PRICES = (0.0, 0.4, 0.8, 1.5, 3.0)


class Narrow:
    """The plans that matter where a year must be certain, ever fewer of them.

    Args:
        problem: houses, slots and rows; the last row is the tangent of `limit`.
        sums: with others and without them, or one sum.
        prices: of the rows.
        limit: as the tangent states it.
        at: deviations where the tangent touches [kW].
        cost: of the plan in hand, or one that no plan exceeds.
        certainty: probability asked for [1].
    """

    def __init__(
        self,
        problem: Problem,
        sums: tuple[Sum, ...],
        prices: Prices,
        limit: Limit,
        at: FloatArray,
        cost: float,
        certainty: float,
    ) -> None:
        choice, unit = prices.priced.choice.astype(np.int64), sums[0].unit
        above = priced_costs(problem, prices.of_rows, slice(0, problem.houses)) - prices.priced.lowest
        parts = (*sums, sums[0].less(sums[1])) if len(sums) == 2 else sums
        self.near = [Nearby(one, unit, choice, above) for one in parts]
        slot, house = np.nonzero(np.isfinite(above))
        order = np.argsort(house, kind="stable")
        self.changes = slot[order], house[order], np.maximum(above[slot, house][order], 0.0), choice
        self.limit, self.at, self.certainty, self.sums = limit, at, certainty, len(sums)
        self.problem, self.parts, self.of_rows = problem, sums, prices.of_rows
        self.cost = cost + _SLACK * abs(cost)
        self.price, self.distance = float(prices.of_rows[-1]), self.cost - prices.priced.bound
        #: What plans that matter lie at most above the bound under prices; below nothing where there are none.
        self.room = np.inf
        #: No plan that is certain enough costs less, or less than the plan in hand.
        self.bound = -np.inf
        self.narrow()

    def narrow(self) -> None:
        """Find the room: each round needs fewer plans to keep the limit."""
        both = False
        for _ in range(_ROUNDS):
            self.edges = [
                Edge(one, self.room) if both or (number < self.sums and self.limit.weight[number] > 0) else None
                for number, one in enumerate(self.near)
            ]
            missing = self.close_in()
            if both:
                bend = sum(
                    self.bend(one, *np.sqrt(self.edge(one).variances))
                    for one in np.flatnonzero(self.limit.weight).tolist()
                )
                missing = min(missing, self.limit.constant - self.constant(self.limit) + bend)
            before = self.room
            self.room = min(before, self.distance + self.price * missing)
            self.bound = max(self.bound, self.cost - self.distance - self.price * missing)
            if self.room < 0:
                break
            if not self.room < _NARROWER * before:
                if both or self.sums == 1:
                    break
                both = True

    def edge(self, number: int) -> Edge:
        """Return the probabilities of a sum."""
        found = self.edges[number]
        if found is None:
            raise AssertionError("a sum without weight is not looked at by itself")
        return found

    def apart(self) -> tuple[float, float]:
        """Return by how much the second sum's mean can lie above the first one's in whole units [kW]."""
        slot, house, above, choice = self.changes
        more = self.parts[1].mean - self.parts[0].mean
        base = more[choice, np.arange(choice.size)]
        change = (more[slot, house] - base[house])[np.newaxis]
        down, up = (float(most_within(one, above, house, self.room)[0]) for one in (-change, change))
        return float(base.sum()) - down - self.near[0].unit, float(base.sum()) + up + self.near[0].unit

    def bend(self, number: int, lowest: float, highest: float) -> float:
        """Return by how much a tangent asks for more than its root in a range of deviations."""
        at, factor = self.at[number], self.limit.weight[number] * self.limit.deviations[number]
        if factor == 0:
            return 0.0
        return float(factor * max((one - at) ** 2 for one in (lowest, highest)) / (2 * at))

    def close_in(self) -> float:
        """Leave out deviations at which no plan that is certain enough is as cheap as the one in hand.

        Returns:
            By how much the others may miss the tangent [kW]; below any number where there are no others.
        """
        missing = np.inf
        for number in np.flatnonzero(self.limit.weight * self.limit.deviations > 0).tolist():
            kept = self._kept(number)
            if not kept:
                return -np.inf
            ends = np.array([one for one, _ in kept]) ** 2
            self.near[number].variances = self.edge(number).variances = (float(ends.min()), float(ends.max()))
            missing = min(missing, max(one for _, one in kept))
        return missing

    def _kept(self, number: int) -> list[tuple[tuple[float, float], float]]:
        """Return ranges of a sum's deviation that may hold plans that matter, and by how much they miss the tangent."""
        edge, others = self.edge(number), self.edges[: self.sums]
        ends = [np.array([0.0, _WIDEST]) if one is None else np.sqrt(one.variances) for one in others]
        kept = []
        for low, high in pairwise(np.linspace(float(ends[number][0]), float(ends[number][1]), _PIECES + 1).tolist()):
            ends[number], others[number] = np.array([low, high]), edge.between(low**2, high**2)
            missing = self.limit.constant - self._alone(others, _PIECE)
            if self._within_reach(number, ends, self.price * missing):
                bends = sum(self.bend(one, *ends[one]) for one in range(self.sums))
                kept.append(((low, high), missing + bends))
        return kept

    def _within_reach(self, number: int, ends: list[FloatArray], missing: float) -> bool:
        """Say whether plans in a range of deviations may matter that miss the limit by so much at most."""
        lowest, highest = np.maximum(np.array(ends).T, _SMALLEST)
        chord = self.limit.chord(self.parts, lowest, highest)
        low, high, at = lowest[number], highest[number], self.at[number]
        # Variances far from the usual one cost something by themselves.
        sign, mark = (-1.0, high) if high < at else (1.0, low)
        spread, nobody = self.parts[number].spread, np.zeros(self.problem.houses)
        far = Row("spread", nobody, nobody, sign * mark**2, counted_only=True, squared=sign * spread)
        problem = replace(self.problem, rows=(*self.problem.rows[:-1], chord, far))
        usual = self.price * float(self.limit.weight[number] * self.limit.deviations[number]) / (2 * at)
        prices = _FAR_PRICES if high < at or low > at else _FAR_PRICES[:1]
        return all(
            best_at(problem, np.append(self.of_rows, one * usual)).bound - missing <= self.cost for one in prices
        )

    def _alone(self, edges: Sequence[Edge | None], looks: tuple[int, int] = _ALONE) -> float:
        """Return the constant that the sums by themselves give the limit."""
        found = 0.0
        for number, edge in enumerate(edges):
            if edge is not None and self.limit.weight[number] > 0:
                found += self.limit.weight[number] * alone(edge, self.limit, number, self.certainty, looks)
        return float(found)

    def constant(self, limit: Limit) -> float:
        """Return the constant of a limit that all plans keep that matter."""
        known = self._alone(self.edges[: self.sums])
        if self.sums == 1:
            return known
        own, other = self.edge(1), self.edge(2)
        errors = [one.best(one.variances[0], 0.5 * sum(one.skews))[1] for one in (own, other)]
        return (
            max(known, together(own, other, limit, self.certainty, self.apart())) if sum(errors) < _TOLERABLE else known
        )

    @property
    def constants(self) -> tuple[float, float]:
        """Constant of the limit that all plans keep that matter, and about the one that the best of them reach."""
        found = self.constant(self.limit)
        if np.count_nonzero(self.limit.weight) > 1:
            return found, found
        edge, z = self.edge(0), float(self.limit.deviations[0])
        variance, third = edge.near.at_base
        skew = third - edge.near.tilt * variance
        reached = edge.least(variance, skew, self.certainty, exact=True)
        return found, max(found, reached - z * variance**0.5 + float(self.limit.skewness[0]) * skew)
