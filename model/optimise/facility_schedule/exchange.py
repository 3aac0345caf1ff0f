"""Whole plans under budgets improved by moving one work at a time, or two works of two facilities at once.

A work that would pay but finds no money is begun together with another one that makes room for it. Where no such pair
is left, a few works are moved at random, room is made the cheapest way, and moving goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.limit_rows import LimitRows
from model.optimise.facility_schedule.own_trade import Market, own_trade
from model.optimise.facility_schedule.physics import standing_sets
from model.optimise.facility_schedule.plan import Plan, Prices
from model.optimise.facility_schedule.problem import FloatArray, IntArray
from model.optimise.until import Until

#: Gain from which on a move is made [JPY].
_GAIN = 1000.0
#: Moves on either side at most among which pairs are looked for in one year.
_SIDE = 200
#: Pairs tried in one year, works moved at random at most, and moves at most to make room for them.
_TRIED, _KICKED, _REPAIRS = 3, 3, 30
#: Times a plan's renewables and the worth of its tonnes are brought into line.
_TURNS = 3
#: Facilities as they stood that are remembered.
_REMEMBERED = 5000
#: How far above the plans in hand others are still worth a full look [1].
_NEAR = 0.0003


@dataclass
class _Own:
    """One facility as it stands: its works, plan, charge, needs, and what moves from there add once that is asked."""

    starts: IntArray
    plan: Plan
    charge: float
    needs: FloatArray
    prices: Prices
    adds: FloatArray | None = None


class Exchange:
    """Plans of all facilities that respect all limits, and moves between them.

    Args:
        work: facilities.
        prices: prices of the master, one for each facility.
        market: prices at which facilities trade with others.
        starts: works of each facility.
        seed: seed of random moves.
    """

    def __init__(
        self, work: Decomposition, prices: Sequence[Prices], market: Market, starts: Sequence[IntArray], seed: int
    ) -> None:
        self.work, self.problem, self._market = work, work.problem, market
        none = np.zeros(len(self.problem.years))
        self._prices = [replace(one, money=none, work=none) for one in prices]
        self._draw = np.random.default_rng(seed)
        rows = LimitRows(self.problem)
        self._most, self._ceiling = rows.most, rows.ceiling
        self._needs = [rows.needs(own) for own in work.facilities]
        self._known: dict[tuple[int, bytes], _Own] = {}
        works, years = max((len(own) for own in self.problem.works), default=0), len(self.problem.years)
        #: Moves of one work each: what a move adds [JPY], infinite where it is not possible, dims (facility, work, year
        #: and dropped), and what it needs of every limit, the same dims and (row).
        self._adds = np.full((len(starts), works, years + 1), np.inf)
        self._wants = np.zeros((*self._adds.shape, len(self._most)))
        self._stale = set(range(len(starts)))
        self.own = [self._stands(f, one) for f, one in enumerate(starts)]
        self._used = np.sum([one.needs for one in self.own], axis=0)
        self.charge = sum(one.charge for one in self.own)

    def _stands(self, f: int, starts: IntArray) -> _Own:
        """Return a facility with certain works: its best renewables, its charge, and its moves."""
        known = self._known.get((f, starts.tobytes()))
        if known is not None:
            return known
        own, prices, best = self.work.facilities[f], self._prices[f], None
        for _ in range(_TURNS):
            plan = own.completed(starts, prices)
            trade = own_trade(self.problem, f, plan, self._market)
            charge = own.charge(plan, prices) + trade.cost
            if best is not None and charge > best[0] - 1.0:
                break
            prices = replace(prices, excess=trade.excess, short=trade.short)
            best = charge, plan, prices
        assert best is not None
        done = np.flatnonzero(starts >= 0)
        needs = self._needs[f][done, starts[done]].sum(axis=0)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[f, starts.tobytes()] = stands = _Own(starts, best[1], best[0], needs, best[2])
        return stands

    # What a move adds is exact as long as the other works of its facility stay and tonnes keep their worth.
    def _added(self, f: int, starts: IntArray, prices: Prices) -> FloatArray:
        """Return what moves of one work of a facility add [JPY], infinite where not possible, dims (work, year)."""
        own, years = self.work.facilities[f], len(self.problem.years)
        charge, sets = own.beginnings(starts, prices), standing_sets(starts, years)
        bits = (1 << np.arange(len(starts)))[:, np.newaxis]
        without, with_it = own.table.possible[sets & ~bits], own.table.possible[sets | bits]
        before = np.ones_like(without)
        before[:, 1:] = np.logical_and.accumulate(without, axis=1)[:, :-1]
        after = np.logical_and.accumulate(with_it[:, ::-1], axis=1)[:, ::-1]
        adds = np.full((len(starts), years + 1), np.inf)
        adds[:, :-1] = np.where(before & after & own.allowed, charge, np.inf)
        now = np.flatnonzero(starts >= 0)
        adds[now, -1] = np.where(without[now].all(axis=1), 0.0, np.inf)
        adds[now] -= charge[now, starts[now]][:, np.newaxis]
        adds[now, starts[now]] = np.inf
        return adds

    def _moves(self) -> tuple[FloatArray, FloatArray]:
        """Return what moves add and need, brought up to where facilities stand, dims (move) and (move, row)."""
        for f in self._stale:
            one, needs = self.own[f], self._needs[f]
            if one.adds is None:
                one.adds = self._added(f, one.starts, one.prices)
            works, now = len(one.starts), np.flatnonzero(one.starts >= 0)
            wants = self._wants[f, :works]
            self._adds[f, :works], wants[:, :-1], wants[:, -1] = one.adds, needs, 0.0
            wants[now] -= needs[now, one.starts[now]][:, np.newaxis]
        self._stale.clear()
        return self._adds.reshape(-1), self._wants.reshape(-1, len(self._most))

    def _facility(self, move: Any) -> Any:
        """Return the facility of a move."""
        return move // (self._adds.shape[1] * self._adds.shape[2])

    def _work(self, move: Any) -> Any:
        """Return the work of a move, counted through all facilities."""
        return move // self._adds.shape[2]

    @property
    def paid(self) -> list[Prices]:
        """What a tonne more or less is worth to each facility as it stands; money and works are free."""
        return [one.prices for one in self.own]

    @property
    def plans(self) -> list[Plan]:
        """Plans of all facilities."""
        return [one.plan for one in self.own]

    def put(self, starts: Sequence[IntArray]) -> None:
        """Put given works of every facility in the place of those at hand."""
        for f, one in enumerate(starts):
            self._put(f, self._stands(f, one))

    def _room(self) -> FloatArray:
        """Return what is left of every limit, dims (limit and year)."""
        return np.asarray(self._ceiling - self._used)

    def _put(self, f: int, one: _Own) -> None:
        """Put a facility as it stands in the place of what it was."""
        self._used += one.needs - self.own[f].needs
        self.charge += one.charge - self.own[f].charge
        self.own[f] = one
        self._stale.add(f)

    def _made(self, moves: Sequence[int], always: bool = False) -> bool:
        """Make some moves together and say whether they are kept: always, or if limits hold and the charge falls."""
        before, charge = [(f, self.own[f]) for f in map(self._facility, moves)], self.charge
        for move, (f, one) in zip(moves, before, strict=True):
            _, work, year = np.unravel_index(move, self._adds.shape)
            starts = one.starts.copy()
            starts[work] = -1 if year == len(self.problem.years) else year
            self._put(f, self._stands(f, starts))
        if always or (self.charge < charge - 1.0 and (self._room() >= 0).all()):
            return True
        for f, one in before:
            self._put(f, one)
        return False

    def descend(self, until: Until) -> None:
        """Make single moves and pairs of moves as long as one helps."""
        while not until.over and self._step():
            pass

    def _step(self) -> bool:
        """Make the moves that help most, one a facility, and say whether there were any."""
        (adds, wants), room = self._moves(), self._room()
        helps = np.flatnonzero(adds < -_GAIN)
        fits = (wants[helps] <= room).all(axis=1)
        proposed = [(float(adds[move]), [move]) for move in helps[fits].tolist()]
        # What single moves add is right only for the worth of tonnes as it was, so those that do not help are left.
        return self._tried(proposed) or self._tried(self._pairs(room, helps[~fits]))

    def _tried(self, proposed: list[tuple[float, list[int]]]) -> bool:
        """Make the proposed moves that still fit, best first and one a facility, and say whether one was made."""
        touched: set[int] = set()
        # Moves are made as they were proposed: those of a facility change only once the moves are looked at anew.
        wants = self._wants.reshape(-1, len(self._most))
        for _, moves in sorted(proposed):
            facilities = {self._facility(move) for move in moves}
            fits = not facilities & touched and (wants[moves].sum(axis=0) <= self._room()).all()
            if fits and self._made(moves):
                touched |= facilities
        return bool(touched)

    def _pairs(self, room: FloatArray, wanted: IntArray) -> list[tuple[float, list[int]]]:
        """Return pairs of moves that fit and help together: one that helps but finds no room, and one that makes it.

        Args:
            room: what is left of every limit.
            wanted: moves that would help alone but do not fit.
        """
        if not len(wanted):
            return []
        adds, wants = self._moves()
        over = (wants[wanted] - room) / np.maximum(self._most, 1.0)
        tightest, found = np.argmax(over, axis=1), []
        cheap = np.flatnonzero(adds < -float(adds[wanted].min()))
        makes_room = wants[cheap] < 0
        for row in np.unique(tightest).tolist():
            one = self._cheapest(wanted[tightest == row])
            other = cheap[makes_room[:, row]]
            other = self._cheapest(other[adds[other] < -float(adds[one].min())])
            both = adds[one][:, np.newaxis] + adds[other]
            enough = wants[one, row][:, np.newaxis] + wants[other, row] <= room[row]
            first, second = np.nonzero((both < -_GAIN) & enough)
            apart = self._facility(one[first]) != self._facility(other[second])
            first, second = first[apart], second[apart]
            fit = (wants[one[first]] + wants[other[second]] <= room).all(axis=1)
            first, second = first[fit], second[fit]
            for best in np.argsort(both[first, second])[:_TRIED].tolist():
                pair = [int(one[first[best]]), int(other[second[best]])]
                found.append((float(both[first[best], second[best]]), pair))
        return found

    def _cheapest(self, moves: IntArray) -> IntArray:
        """Return some moves, of many only those that add least."""
        if len(moves) <= _SIDE:
            return moves
        return moves[np.argpartition(self._adds.reshape(-1)[moves], _SIDE)[:_SIDE]]

    def improve(self, worth: Callable[[Sequence[Plan]], float], enough: float, until: Until) -> list[Plan]:
        """Return the best plans found by moving works at random and going on from there.

        It ends when as many tries as there are works brought nothing.

        Args:
            worth: what plans of all facilities cost with all trade [JPY].
            enough: cost at which the search ends [JPY].
            until: when it ends.
        """
        whole = until.left
        self.descend(until)
        held, best, value = list(self.own), self.plans, worth(self.plans)
        charge, least, vain = self.charge, value, 0
        patience = sum(len(own) for own in self.problem.works)
        while least > enough and not until.over and vain < patience:
            vain += 1
            # Plans a little worse are gone on from too, ever less so.
            margin = _NEAR * abs(least) * until.left / max(whole, 1e-9)
            if self._kick():
                self.descend(until)
                if self.charge < charge + margin:
                    found = worth(self.plans)
                    if found < least:
                        best, least, vain = self.plans, found, 0
                    if found < value + margin * self._draw.random() ** 2:
                        held, value, charge = list(self.own), found, self.charge
                        continue
            for f, one in enumerate(held):
                if self.own[f] is not one:
                    self._put(f, one)
        return best

    def _kick(self) -> bool:
        """Move a few works at random, make room for them, and say whether all limits hold."""
        moved = list[int]()
        for _ in range(self._draw.integers(1, _KICKED + 1)):
            adds, _ = self._moves()
            possible = np.flatnonzero(adds < np.inf)
            if not len(possible):
                return False
            if self._draw.random() < 0.5:
                possible = possible[adds[possible] <= np.median(adds[possible])]
            move = int(self._draw.choice(possible))
            self._made([move], always=True)
            moved.append(self._work(move))
        for _ in range(_REPAIRS):
            room = self._room()
            lacking = np.flatnonzero(room < 0)
            if not len(lacking):
                return True
            adds, wants = self._moves()
            some = np.flatnonzero((wants[:, lacking] < 0).any(axis=1) & (adds < np.inf))
            some = some[~np.isin(self._work(some), moved)]
            lack = np.maximum(-room, 0.0) / np.maximum(self._most, 1.0)
            left = (np.maximum(wants[some] - room, 0.0) / np.maximum(self._most, 1.0)).sum(axis=1)
            gained = lack.sum() - left
            some, gained = some[gained > 0], gained[gained > 0]
            if not len(some):
                return False
            price = np.maximum(adds[some], 0.0) / np.maximum(gained, 1e-12)
            self._made([int(some[np.argmin(price * self._draw.uniform(0.7, 1.3, len(price)))])], always=True)
        return bool((self._room() >= 0).all())
