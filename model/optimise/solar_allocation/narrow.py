"""What every plan keeps that is certain enough and no dearer than the plan in hand, with its proof.

A plan that is certain enough needs means that depend on the variances of its sums; under prices of means and variances
it costs the more, the more it needs. Variances for which this is more than the plan in hand costs are left out. What
plans may lie above the bound under prices with the others decides how far their probabilities can differ from those of
the best choice under prices, and what they need at least: each round needs fewer plans to be followed.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import partial
from itertools import product
from time import perf_counter

import numpy as np

from model.optimise.solar_allocation.edge import SAFETY, Edge
from model.optimise.solar_allocation.frontier import Curve, Frontier, Known, cheapest
from model.optimise.solar_allocation.lattice import Remainders
from model.optimise.solar_allocation.nearby import Nearby, most_within
from model.optimise.solar_allocation.pieces import Node, Piece, Place, lacking
from model.optimise.solar_allocation.prices import Prices
from model.optimise.solar_allocation.problem import BoolArray, FloatArray, Problem, priced_costs
from model.optimise.solar_allocation.programme import Asked
from model.optimise.solar_allocation.substitutes import Substitutes
from model.optimise.solar_allocation.sums import HELD, ORDERS, Limit, Sum, deviations_of

#: Ranges of deviations wider than this part of the usual ones are looked at in two halves.
_WIDE, _PIECES, _SMALLEST = 0.35, 3, 1e-3
#: Pieces that are split beyond that, and the part of its size down to which one is.
_SPLITS, _FINEST = (12, 2), 0.3
#: Where other directions of limits touch what plans need, in parts of the range of distances.
_ELSEWHERE = (0.25, 0.5, 0.75)
#: Rounds of narrowing, and the part of the room that a round must leave at most to be followed by another: with one
#: sum that is looked at before both of two, with one alone, where a round costs little, and with two.
_ROUNDS, _NARROWER = 24, (0.8, 0.95, 0.7)
_SLACK = 1e-9
#: Places that are looked at in a round at most: where next to nothing is uncertain, pieces would get ever smaller.
_MOST_PLACES = 2000
#: Prices of variances that are tried, in parts of what a limit makes of them.
_TRIED = np.array([0.1, 0.3, 0.5, 0.7, 0.8, 0.87, 0.92, 0.96, 1.0, 1.04, 1.08, 1.14, 1.24, 1.4, 1.8, 2.5, 4.0, 7.0])


class Narrow:
    """The plans that matter where a year must be certain, ever fewer of them.

    Args:
        problem: houses, slots and rows; the last row is the tangent of `limit`, and the ones before it may hold the
            variances of what is looked at (`held`).
        sums: with others and without them, or one sum.
        parts: what they are made of.
        prices: of the rows.
        limit: what the search asks of plans; it is priced, but nothing of it is believed.
        at: deviations where the tangent touches [kW].
        cost: of the plan in hand, or one that no plan exceeds.
        certainty: probability asked for [1].
        enough: a bound above this is not improved any more.
        before: the same with other prices; what it found holds here, too.
        together: whether two sums are looked at together, or there is but one.
        end: no further round is begun after this time [s].
        known: what is needed of the first of two sums at least.
    """

    #: Combinations of substitutes, where they are listed (`enumerated`).
    substitutes: Substitutes | None = None

    def __init__(
        self,
        problem: Problem,
        sums: tuple[Sum, ...],
        parts: tuple[Sum, ...],
        prices: Prices,
        limit: Limit,
        at: FloatArray,
        cost: float,
        certainty: float,
        enough: float = np.inf,
        before: Narrow | None = None,
        together: bool = False,
        end: float = np.inf,
        known: Known | None = None,
    ) -> None:
        choice, unit = prices.priced.choice.astype(np.int64), sums[0].unit
        values = priced_costs(problem, prices.of_rows, slice(0, problem.houses))
        self.above = above = values - prices.priced.lowest
        self.near = [Nearby(one, unit, choice, above) for one in parts]
        self.whole = Nearby(sums[0], unit, choice, above) if len(sums) == 2 else None
        self.remainders = Remainders(sums[0], choice, above)
        #: What whole units take at least of the first sum's mean in plans that matter [kW].
        self.taken: float = 0.0 if before is None else before.taken
        slot, house = np.nonzero(np.isfinite(above))
        order = np.argsort(house, kind="stable")
        self.changes = slot[order], house[order], np.maximum(above[slot, house][order], 0.0), choice
        self.limit, self.certainty, self.enough, self.sums, self.parts = limit, certainty, enough, sums, parts
        self.cost, self.price = cost + _SLACK * abs(cost), float(prices.of_rows[-1])
        self.usual = at**2 if len(parts) == 1 else np.array([at[1] ** 2, max(at[0] ** 2 - at[1] ** 2, 0.0)])
        self._read_prices(problem, prices, values, at)
        #: What plans that matter lie at most above the bound under prices; below nothing where there are none.
        self.room = np.inf
        #: No plan that is certain enough costs less, or less than the plan in hand.
        self.bound = -np.inf
        self.pieces: list[Piece] = []
        #: Whether only a part of what is known from before is looked at, which needs few pieces.
        self.in_box = before is not None
        #: Whether more is looked at than most plans need.
        self.thorough = False
        self.frontier: Frontier
        self.known: Known | None = known if before is None else before.known
        if before is not None:
            self.frontier, self.bound = before.frontier, before.bound
            for one, other in zip(self.near, before.near, strict=True):
                one.variances = other.variances
            self.room = self._carried(before)
        self.narrow(together, end)

    def _carried(self, before: Narrow) -> float:
        """Return what plans that matter lie at most above the bound under these prices, from what is known before."""
        pieces = [self._piece(one.ends, [self._place(old.nodes) for old in one.places]) for one in before.pieces]
        return max([-np.inf, *(one.room for one in pieces)])

    def _read_prices(self, problem: Problem, prices: Prices, values: FloatArray, at: FloatArray) -> None:
        """Find what plans cost at least under several prices of variances, beside what they need."""
        asked = self.limit.weight * self.limit.deviations / (2 * at)
        usual = self.price * (asked if asked.size == 1 else np.array([asked.sum(), asked[0]]))
        holds = np.array([one.name == HELD for one in problem.rows])
        # What holds variances in a range is a price of variances, too; it is counted where the variances are.
        beside = prices.of_rows[holds].reshape(-1, 2) @ np.array([-1.0, 1.0]) if holds.any() else np.zeros(usual.size)
        counted = ~problem.left_out[:, np.newaxis]
        variances = [np.where(counted, one.spread * one.kw**2, 0.0) for one in self.parts]
        others = float((np.where(holds, 0.0, prices.of_rows) @ problem.at_least) - self.price * problem.at_least[-1])
        self.of_variances = np.array(list(product(*(_TRIED * one for one in usual)))) + beside
        usual = usual + beside
        # A house belongs to one part, so that each part is looked at by itself under its own prices.
        second = np.asarray(self.parts[-1].kw.any(axis=0)) if len(self.parts) == 2 else np.zeros(problem.houses, bool)
        lowest = np.full(len(self.of_variances), others)
        for number, some in enumerate((~second, second)[: len(self.parts)]):
            tried, place = np.unique(self.of_variances[:, number], return_inverse=True)
            own, spread = values[:, some], variances[number][:, some]
            least = [np.sum(np.min(own + (one - usual[number]) * spread, axis=0)) for one in tried]
            lowest += np.array(least)[place]
        self.lowest = lowest
        self.usual_prices, self.lowest_usual = usual, float(np.sum(prices.priced.lowest)) + others

    def narrow(self, together: bool, end: float) -> None:
        """Find the room: each round needs fewer plans to keep the limit."""
        narrower = _NARROWER[2 if len(self.parts) == 2 else int(together)]
        for _ in range(_ROUNDS):
            before = self.room
            self.room = min(before, self._close_in(together, end))
            if self.room < 0 or self.bound >= self.enough or perf_counter() > end:
                break
            if not self.room < narrower * before:
                if self.thorough or not (self.in_box and self._vague):
                    break
                self.thorough = True

    @property
    def _vague(self) -> bool:
        """Whether a thorough look may tell more."""
        return self.frontier.vague

    @property
    def sides(self) -> FloatArray:
        """Least and greatest deviations of the parts of plans that matter [kW], dims (part, end)."""
        return np.asarray(np.sqrt([one.variances for one in self.near]))

    @property
    def widths(self) -> FloatArray:
        """How far the deviations of each part can be split still [kW]."""
        return np.asarray(np.ptp(self.sides, axis=1))

    def within(self, low: FloatArray, high: FloatArray) -> Narrow:
        """Return the same for plans whose parts have deviations in a box only."""
        found = copy(self)
        found.near = [copy(one) for one in self.near]
        for one, least, most in zip(found.near, low, high, strict=True):
            one.variances = max(least**2, one.variances[0]), min(most**2, one.variances[1])
        sides = found.sides
        found.pieces = [
            one for one in self.pieces
            if all(end[0] <= side[1] and end[1] >= side[0] for end, side in zip(one.ends, sides, strict=False))
        ]  # fmt: skip
        found.bound = max(self.bound, min([self.cost, *(one.bound for one in found.pieces)]))
        found.room = min(self.room, max([-np.inf, *(one.room for one in found.pieces)]))
        return found

    def turning(self) -> list[Narrow]:
        """Return the same for plans in which one house of the second part has few panels, and for those with many.

        A house that may have few or many panels at next to no cost makes distributions of plans least alike; none is
        returned where there is no such house.
        """
        turn = self.near[1].turn(self.room) if len(self.parts) == 2 else None
        if turn is None:
            return []
        house, most = turn
        many = self.parts[1].kw[:, house] > most
        return [self._without(house, one) for one in (many, ~many)]

    def _without(self, house: int, slots: BoolArray) -> Narrow:
        """Return the same for plans without some slots of a house."""
        found = copy(self)
        found.above = self.above.copy()
        found.above[slots, house] = np.inf
        return found

    def of_plans_that_matter(self, problem: Problem) -> Problem:
        """Return a problem without the slots that no plan has which matters: they alone cost more than the room."""
        return replace(problem, cost=np.where(self.above <= self.room, problem.cost, np.inf))

    def apart(self) -> tuple[float, float]:
        """Return by how much the second sum's mean can lie above the first one's in whole units [kW]."""
        slot, house, above, choice = self.changes
        more = self.sums[1].mean - self.sums[0].mean
        base = more[choice, np.arange(choice.size)]
        change = (more[slot, house] - base[house])[:, np.newaxis]
        down, up = (float(most_within(one, above, house, self.room)[0]) for one in (-change, change))
        return float(base.sum()) - down - self.near[0].unit, float(base.sum()) + up + self.near[0].unit

    def _close_in(self, together: bool, end: float) -> float:
        """Leave out variances with which no plan that is certain enough is as cheap as the one in hand.

        Args:
            together: whether two sums are looked at together.
            end: time after which pieces stay as they are [s].

        Returns:
            What the others lie at most above the bound under prices; below any number where there are no others.
        """
        taken = self.remainders.least_taken(self.room, self.price * self.limit.weight[0], self.taken)
        if np.isinf(taken):
            self.pieces, self.bound = [], max(self.bound, self.cost)
            return -np.inf
        self.taken = max(self.taken, taken)
        edges = self._looked_through(together)
        ends = np.array([one.higher for one in edges])
        middles, halves = ends.mean(axis=2), 0.5 * np.ptp(ends, axis=2)
        # One after the other, since what plans need is nearly linear in them.
        moved = middles + np.append(
            np.zeros((1, *middles.shape)), halves * _one_each(len(edges), self._followed(together)), axis=0
        )
        known: dict[tuple[float, ...], Place] = {}
        whole_range = tuple((one.variances[0] ** 0.5, one.variances[1] ** 0.5) for one in edges)
        usual = np.sqrt(np.maximum(self.usual, 0.05 * self.usual[0]))[: len(edges)]
        wide = np.minimum(_WIDE * usual, np.ptp(whole_range, axis=1) / (1 if self.in_box else _PIECES))

        def looked_at(ends: tuple[tuple[float, float], ...]) -> Piece:
            places = list(product(*ends))
            for place in places:
                if place not in known:
                    known[place] = self._place(self._nodes(place, moved))
            return self._piece(ends, [known[place] for place in places])

        waiting, kept, splits = [looked_at(whole_range)], [], 0
        while waiting:
            if len(known) > _MOST_PLACES or perf_counter() > end:
                # Over wide ranges needs are not linear, so that of such pieces no more is known than before.
                kept += [one if _size(one, wide).max() <= 1 else replace(one, bound=-np.inf, room=np.inf)
                         for one in waiting]  # fmt: skip
                break
            # The piece that tells most about the bound, and every other time about the room.
            piece = min(waiting, key=(lambda one: one.bound) if splits % 2 else (lambda one: -one.room))
            waiting.remove(piece)
            size = _size(piece, wide)
            number = int(np.argmax(size))
            if size[number] <= 1 and (splits >= _SPLITS[self.in_box] or size[number] < _FINEST):
                kept.append(piece)
                continue
            splits += size[number] <= 1
            middle = 0.5 * sum(piece.ends[number])
            for half in ((piece.ends[number][0], middle), (middle, piece.ends[number][1])):
                part = looked_at((*piece.ends[:number], half, *piece.ends[number + 1 :]))
                if part.bound <= self.cost:
                    waiting.append(part)
        ends = np.array([one.ends for one in kept]) ** 2
        for number, one in enumerate(self.near[: len(edges)] if kept else []):
            one.variances = (float(ends[:, number].min()), float(ends[:, number].max()))
        self.pieces = kept
        self.bound = max(self.bound, min([self.cost, *(one.bound for one in kept)]))
        return max([-np.inf, *(one.room for one in kept)])

    def _followed(self, together: bool) -> int:
        """Return how many higher cumulants are told apart."""
        return len(ORDERS) if together or len(self.parts) == 1 else 1

    def _looked_through(self, together: bool) -> list[Edge]:
        """Look at what plans within the room need; return the probabilities of parts whose variances are split."""
        followed = self._followed(together)
        edges = [Edge(one, self.room, followed, thorough=self.thorough) for one in self.near]
        whole = None if self.whole is None else partial(
            Edge, self.whole, self.room, followed, edges[0].far, thorough=self.thorough
        )  # fmt: skip
        apart = (0.0, 0.0) if whole is None else self.apart()
        self.frontier = Frontier(edges, whole, self.certainty, apart, together, self.known)
        return edges

    def _nodes(self, deviations: tuple[float, ...], higher: FloatArray) -> list[Node]:
        """Return what plans need with some deviations, by higher cumulants, dims (number, part, order)."""
        variances = tuple(one**2 for one in deviations)
        least = self.frontier.least(variances, higher)
        return [Node(variances, *one) for one in zip(higher, least, strict=True)]

    def _place(self, nodes: list[Node]) -> Place:
        """Return a place with what plans need there more than the limit asks at least, whole units counted."""
        limit, terms = replace(self.limit, constant=0.0), np.array([one.terms for one in nodes]).T
        asked = -limit.at(np.zeros((limit.weight.size, len(nodes))), terms)
        lacks = np.array([cheapest(one.least, self.frontier.between, limit.weight) for one in nodes]) - asked
        lack = lacks[0] - SAFETY * np.sum(np.abs(lacks[1:] - lacks[0])) + limit.weight[0] * self.taken
        return Place(nodes[0].variances, nodes, np.array([lack]))

    def _piece(self, ends: tuple[tuple[float, float], ...], places: list[Place]) -> Piece:
        """Return ranges of deviations with their bound and room."""
        limit, variances = self.limit, np.array([one.variances for one in places])
        roots = deviations_of(variances.T).T @ (limit.weight * limit.deviations)
        worth = self.price * (lacking(places)[:, 0] + roots)
        # Roots are concave, so that between variances plans need no less than on the line.
        reached = self.lowest + (worth[:, np.newaxis] - variances @ self.of_variances.T).min(axis=0)
        room = self.cost - self.lowest_usual - float((worth - variances @ self.usual_prices).min())
        return Piece(float(reached.max()), room, ends, places)

    @property
    def nodes(self) -> list[Node]:
        """All that was looked at of plans that matter."""
        places = {one.variances: one for piece in self.pieces for one in piece.places}
        return [node for _, place in sorted(places.items()) for node in place.nodes]

    def limit_here(self, weight: FloatArray | None = None) -> Limit:
        """Return the limit that follows best what plans that matter need in a direction, or in the usual one."""
        found, count = copy(self), len(self.parts)
        if weight is not None:
            found.limit = replace(self.limit, weight=weight, constant=0.0)
        limit, nodes = found.limit, self.nodes
        terms = np.array([(*one.variances, *np.ravel(one.higher)) for one in nodes])
        beside = np.array([found._place([one]).lack[0] for one in nodes])
        slopes = np.linalg.lstsq(terms - terms.mean(axis=0), beside - beside.mean(), rcond=1e-6)[0]
        spread = np.zeros(count) if limit.spread is None else limit.spread
        return replace(limit, spread=spread - slopes[:count], shape=limit.shape - slopes[count:])

    def asked(self, weight: FloatArray | None = None) -> Asked:
        """Return the limit that follows best what plans need in a direction; in the usual one if none is given."""
        return self._asked(replace(self.limit_here(weight), constant=0.0))

    def _asked(self, limit: Limit) -> Asked:
        """Return a limit with the constants that all plans keep which matter."""
        found = copy(self)
        found.limit = limit
        found.pieces = [replace(one, places=[found._place(place.nodes) for place in one.places]) for one in self.pieces]
        return Asked(limit, found.ranges, self.taken)

    def least(self, limit: Limit) -> float:
        """Return the constant of a limit on one sum that all plans keep which matter, in whole units [kW]."""
        return float(min(constant.min() for *_, constant in self._asked(limit).ranges)) - self.taken

    def direction(self, distances: FloatArray) -> FloatArray:
        """Return the weights of a limit that touches what plans need where two means lie."""
        first = self.curve().slope(float(distances[1] - distances[0]))
        return np.array([first, 1 - first])

    def directions(self) -> list[FloatArray]:
        """Return the weights of the usual limit, and of some that touch what plans of two sums need elsewhere."""
        if len(self.parts) == 1:
            return [self.limit.weight]
        between = self.frontier.between
        others = [self.direction(np.array([0.0, one])) for one in np.quantile(between, _ELSEWHERE)]
        return [self.limit.weight, *others]

    @property
    def ranges(self) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
        """Least and greatest deviations of sums, and constant of the limit, of plans that matter."""
        found = []
        for piece in self.pieces:
            low, high = deviations_of(np.array(piece.ends) ** 2).T
            found.append((low, high, lacking(piece.places).min(axis=0)))
        return found

    def curve(self) -> Curve:
        """Return what plans that matter need of two means about, by their distance."""
        return Curve(self.frontier.between, np.mean([one.least for one in self.nodes], axis=0))


def _size(piece: Piece, wide: FloatArray) -> FloatArray:
    """Return how wide a piece is, by part, against what is narrow enough."""
    return np.asarray(np.ptp(piece.ends, axis=1) / np.maximum(wide, _SMALLEST))


def _one_each(parts: int, followed: int) -> FloatArray:
    """Return arrays with a single one each, at all places of cumulants that are followed, dims (…, part, order)."""
    every = np.eye(parts * len(ORDERS)).reshape(-1, parts, len(ORDERS))
    return np.asarray(every[every[:, :, :followed].any(axis=(1, 2))])
