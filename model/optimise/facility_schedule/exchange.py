"""Whole plans under budgets improved by moving one work at a time, or two works of two facilities at once.

A work that would pay but finds no money is begun together with another one that makes room for it. Where no such pair
is left, a few works are moved at random, room is made the cheapest way, and moving goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from model.optimise.facility_schedule.decomposition import Decomposition
from model.optimise.facility_schedule.limit_rows import LimitRows
from model.optimise.facility_schedule.own_trade import Market, own_trade
from model.optimise.facility_schedule.physics import standing_sets
from model.optimise.facility_schedule.plan import Plan, Prices
from model.optimise.facility_schedule.problem import FloatArray, IntArray

#: Gain from which on a move is made [JPY].
_GAIN = 1000.0
#: Moves on either side at most among which pairs are looked for in one year.
_SIDE = 400
#: Pairs tried in one year, works moved at random at most, and moves at most to make room for them.
_TRIED, _KICKED, _REPAIRS = 3, 3, 30
#: Times a plan's renewables and the worth of its tonnes are brought into line.
_TURNS = 3
#: Facilities as they stood that are remembered.
_REMEMBERED = 5000
#: More works than any facility has.
_WORKS = 1000
#: How far above the plans in hand others are still worth a full look [1].
_NEAR = 0.0003


@dataclass(frozen=True)
class _Moves:
    """Moves of works, one position each: work to year (-1: dropped) with what it adds and needs.

    Args:
        facility: facility; work: its work; year: position of the year.
        charge: what it adds [JPY]; needs: what it needs of every limit, dims (move, limit and year).
    """

    facility: IntArray
    work: IntArray
    year: IntArray
    charge: FloatArray
    needs: FloatArray


@dataclass
class _Own:
    """One facility as it stands: its works, plan, charge, needs, and the moves from there once they are asked for."""

    starts: IntArray
    plan: Plan
    charge: float
    needs: FloatArray
    prices: Prices
    moves: _Moves | None = None


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
    def _moves(self, f: int, starts: IntArray, prices: Prices) -> _Moves:
        """Return the moves of one work of a facility."""
        own, years = self.work.facilities[f], len(self.problem.years)
        charge, sets = own.beginnings(starts, prices), standing_sets(starts, years)
        possible, parts = own.table.possible, []
        for work, now in enumerate(starts.tolist()):
            bit = 1 << work
            without, with_it = possible[sets & ~bit], possible[sets | bit]
            before = np.concatenate([[True], np.logical_and.accumulate(without)[:-1]])
            after = np.logical_and.accumulate(with_it[::-1])[::-1]
            to = np.flatnonzero(before & after & np.isfinite(charge[work]) & own.allowed[work])
            to = to[to != now]
            adds, needs = charge[work, to], self._needs[f][work, to]
            if now >= 0:
                adds, needs = adds - charge[work, now], needs - self._needs[f][work, now]
                if without.all():
                    to, adds = np.append(to, -1), np.append(adds, -charge[work, now])
                    needs = np.concatenate([needs, -self._needs[f][work, now][np.newaxis]])
            parts.append((np.full(len(to), f), np.full(len(to), work), to, adds, needs))
        if not parts:
            none = np.zeros(0, dtype=np.int64)
            return _Moves(none, none, none, np.zeros(0), np.zeros((0, len(self._most))))
        return _Moves(*(np.concatenate(part) for part in zip(*parts, strict=True)))

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

    def _all_moves(self) -> _Moves:
        """Return the moves of all facilities."""
        for f, one in enumerate(self.own):
            if one.moves is None:
                one.moves = self._moves(f, one.starts, one.prices)
        every = [one.moves for one in self.own]
        return _Moves(*(np.concatenate([getattr(one, name) for one in every]) for name in _Moves.__dataclass_fields__))

    def _put(self, f: int, one: _Own) -> None:
        """Put a facility as it stands in the place of what it was."""
        self._used += one.needs - self.own[f].needs
        self.charge += one.charge - self.own[f].charge
        self.own[f] = one

    def _made(self, moves: _Moves, places: Sequence[int], always: bool = False) -> bool:
        """Make some moves together and say whether they are kept: always, or if limits hold and the charge falls."""
        before, charge = (
            [(int(moves.facility[place]), self.own[moves.facility[place]]) for place in places],
            self.charge,
        )
        for place, (f, one) in zip(places, before, strict=True):
            starts = one.starts.copy()
            starts[moves.work[place]] = moves.year[place]
            self._put(f, self._stands(f, starts))
        if always or (self.charge < charge - 1.0 and (self._room() >= 0).all()):
            return True
        for f, one in before:
            self._put(f, one)
        return False

    def descend(self, until: float) -> None:
        """Make single moves and pairs of moves as long as one helps."""
        while perf_counter() < until and self._step():
            pass

    def _step(self) -> bool:
        """Make the moves that help most, one a facility, and say whether there were any."""
        moves, room = self._all_moves(), self._room()
        fits, helps = (moves.needs <= room).all(axis=1), moves.charge < -_GAIN
        proposed = [(float(moves.charge[place]), [int(place)]) for place in np.flatnonzero(fits & helps)]
        # What single moves add is right only for the worth of tonnes as it was, so those that do not help are left.
        return self._tried(moves, proposed) or self._tried(
            moves, self._pairs(moves, room, np.flatnonzero(helps & ~fits))
        )

    def _tried(self, moves: _Moves, proposed: list[tuple[float, list[int]]]) -> bool:
        """Make the proposed moves that still fit, best first and one a facility, and say whether one was made."""
        touched: set[int] = set()
        for _, places in sorted(proposed):
            facilities = set(moves.facility[places].tolist())
            fits = not facilities & touched and (moves.needs[places].sum(axis=0) <= self._room()).all()
            if fits and self._made(moves, places):
                touched |= facilities
        return bool(touched)

    def _pairs(self, moves: _Moves, room: FloatArray, wanted: IntArray) -> list[tuple[float, list[int]]]:
        """Return pairs of moves that fit and help together: one that helps but finds no room, and one that makes it.

        Args:
            moves: all moves.
            room: what is left of every limit.
            wanted: moves that would help alone but do not fit.
        """
        over = (moves.needs[wanted] - room) / np.maximum(self._most, 1.0)
        tightest, found = np.argmax(over, axis=1), []
        for row in np.unique(tightest).tolist():
            one = _cheapest(moves, wanted[tightest == row])
            least = float(moves.charge[one].min())
            other = _cheapest(moves, np.flatnonzero((moves.needs[:, row] < 0) & (moves.charge < -least)))
            both = moves.charge[one][:, np.newaxis] + moves.charge[other]
            apart = moves.facility[one][:, np.newaxis] != moves.facility[other]
            enough = moves.needs[one, row][:, np.newaxis] + moves.needs[other, row] <= room[row]
            first, second = np.nonzero((both < -_GAIN) & apart & enough)
            fit = (moves.needs[one[first]] + moves.needs[other[second]] <= room).all(axis=1)
            first, second = first[fit], second[fit]
            for best in np.argsort(both[first, second])[:_TRIED].tolist():
                pair = [int(one[first[best]]), int(other[second[best]])]
                found.append((float(both[first[best], second[best]]), pair))
        return found

    def improve(self, worth: Callable[[Sequence[Plan]], float], enough: float, until: float) -> list[Plan]:
        """Return the best plans found by moving works at random and going on from there.

        It ends when as many tries as there are works brought nothing.

        Args:
            worth: what plans of all facilities cost with all trade [JPY].
            enough: cost at which the search ends [JPY].
            until: time at which it ends [s].
        """
        begun = perf_counter()
        self.descend(until)
        held, best, value = list(self.own), self.plans, worth(self.plans)
        charge, least, vain = self.charge, value, 0
        patience = sum(len(own) for own in self.problem.works)
        while least > enough and perf_counter() < until and vain < patience:
            vain += 1
            # Plans a little worse are gone on from too, ever less so.
            margin = _NEAR * abs(least) * max(1.0 - (perf_counter() - begun) / max(until - begun, 1e-9), 0.0)
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
        moved: list[int] = []
        for _ in range(self._draw.integers(1, _KICKED + 1)):
            moves = self._all_moves()
            if not len(moves.charge):
                return False
            among = np.flatnonzero(moves.charge <= np.median(moves.charge)) if self._draw.random() < 0.5 else None
            place = int(self._draw.choice(len(moves.charge) if among is None else among))
            self._made(moves, [place], always=True)
            moved.append(int(moves.facility[place] * _WORKS + moves.work[place]))
        for _ in range(_REPAIRS):
            room = self._room()
            if (room >= 0).all():
                return True
            moves = self._all_moves()
            lack = np.maximum(-room, 0.0) / np.maximum(self._most, 1.0)
            left = (np.maximum(moves.needs - room, 0.0) / np.maximum(self._most, 1.0)).sum(axis=1)
            gained = lack.sum() - left
            gained[np.isin(moves.facility * _WORKS + moves.work, moved)] = 0.0
            if not (gained > 0).any():
                return False
            price = np.where(gained > 0, np.maximum(moves.charge, 0.0) / np.maximum(gained, 1e-12), np.inf)
            place = int(np.argmin(price * self._draw.uniform(0.7, 1.3, len(price))))
            self._made(moves, [place], always=True)
        return bool((self._room() >= 0).all())


def _cheapest(moves: _Moves, places: IntArray) -> IntArray:
    """Return some moves, of many only those that add least."""
    if len(places) <= _SIDE:
        return places
    return places[np.argpartition(moves.charge[places], _SIDE)[:_SIDE]]
