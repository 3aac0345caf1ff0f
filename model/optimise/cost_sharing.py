"""Sharing what a coalition saves: core and nucleolus by row generation, Shapley value, in proportion.

A game is a number of players and a value v(S) of every coalition S, written as a bit mask. An excess is what a
coalition could gain by itself beyond what it is given, v(S) − x(S); the core holds the divisions without positive
excess. The least core makes the largest excess as small as can be; the nucleolus goes on with the next largest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, isfinite
from time import perf_counter
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls
from scipy.sparse import csc_array

from model.optimise.joint_purchase.auction import FloatArray
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays

#: Value of a coalition given as a bit mask.
Value = Callable[[int], float]


class Unhappy(NamedTuple):
    """What a search for the largest excess found.

    Args:
        coalition: as a bit mask; 0 where time ran out before any was found.
        excess: of this coalition [unit of v].
        at_most: no coalition has more [unit of v].
        settled: whether the search came to its end; else time ran out, or a coalition that would do was found.
    """

    coalition: int
    excess: float
    at_most: float
    settled: bool


#: Returns the coalition with the largest excess among those that the second argument lets pass; one with more excess
#: than the third will do; None: there is none to look at.
MostUnhappy = Callable[[FloatArray, Callable[[int], bool], float], "Unhappy | None"]

#: Most players for whom every coalition is listed.
LARGEST_EXACT = 12
#: Distance at which a coalition counts as a combination of settled ones.
_SPAN = 1e-8
#: Part of what is still possible that is asked of shares near the centre.
_HALF = 0.5
#: So much of what is still possible may a search that asks for it miss: it would take long to meet it to the end.
_SLACK = 0.2
#: A coalition is worth more than was known if by more than this part of what counts as equal.
_NEWS = 0.1
#: Steps of least distance programming for each row, after which it would not end.
_STEPS_OF_A_ROW = 100
#: Room for settled excesses, as a share of the whole.
_ROOM = 1e-11


@dataclass(frozen=True)
class Division:
    """A division of v(N).

    Args:
        shares: what each player is given [unit of v].
        largest_excess: of any coalition but the empty one and all under these shares [unit of v]; not positive: the
            shares lie in the core.
        least: no division has a smaller largest excess than this [unit of v]; positive: the core is empty.
        settled: number of levels of excess that were settled; all of them make the nucleolus.
        complete: whether this is the nucleolus, not only a point of the least core.
        level: between what amounts the largest excess lies that the first level not settled can be brought to, with
            those before it left as they are [unit of v]; None where all are settled.
    """

    shares: FloatArray
    largest_excess: float
    least: float
    settled: int
    complete: bool
    level: tuple[float, float] | None = None


def members(coalition: int, players: int) -> FloatArray:
    """Return the coalition as a vector of 0 and 1."""
    return np.array([coalition >> player & 1 for player in range(players)], dtype=np.float64)


def proportional(total: float, weights: FloatArray) -> FloatArray:
    """Return a total divided in proportion to weights."""
    return np.asarray(total * weights / weights.sum(), dtype=np.float64)


def all_values(value: Value, players: int) -> FloatArray:
    """Return v(S) of every coalition, by bit mask."""
    return np.array([value(coalition) for coalition in range(2**players)])


def values_in_time(value: Value, players: int, until: float) -> FloatArray | None:
    """Return v(S) of every coalition, by bit mask; None where they would take longer than until some time.

    Args:
        value: v(S) by bit mask.
        players: number of players.
        until: reading of `perf_counter` [s].
    """
    found = []
    for coalition in range(2**players):
        found.append(value(coalition))
        if perf_counter() > until:
            return None
    return np.array(found)


def unhappiest(values: FloatArray, players: int) -> MostUnhappy:
    """Return the search for the largest excess in a list of all values."""
    table = np.array([members(coalition, players) for coalition in range(2**players)])

    def search(shares: FloatArray, outside: Callable[[int], bool], enough: float) -> Unhappy | None:
        excess = values - table @ shares
        for coalition in np.argsort(-excess, kind="stable").tolist():
            if 0 < coalition < 2**players - 1 and outside(coalition):
                most = float(excess[coalition])
                return Unhappy(coalition, most, most, True)
        return None

    return search


def nucleolus(
    value: Value,
    players: int,
    search: MostUnhappy,
    tolerance: float = 1e-6,
    seconds: float = inf,
    known: Mapping[int, float] | None = None,
    centre: FloatArray | None = None,
    for_core: float = 0.0,
) -> Division:
    """Return the nucleolus among divisions that give every player at least his own value.

    Args:
        value: v(S) by bit mask.
        players: number of players.
        search: finds the coalition with the largest excess that is not yet settled.
        tolerance: excesses closer than this are equal [unit of v].
        seconds: after this time the division found so far is returned, with `complete` False.
        known: values of coalitions that are already known; they spare searches.
        centre: division from which better ones are looked for nearby; needs far fewer searches where each is dear.
        for_core: with a centre, further time while it is open whether the core is empty [s].

    Source: row generation after Hallefjord, Helming and Jørnsten (1995): the linear program of each level knows only
    coalitions that were found unhappy; those with a positive price are settled at that level. With a centre, the level
    method of Lemaréchal, Nemirovskii and Nesterov (1995).
    """
    begun = perf_counter()
    whole = 2**players - 1
    alone = np.array([value(1 << player) for player in range(players)])
    if players == 1:
        return Division(np.array([value(whole)]), 0.0, 0.0, 0, True)
    game = _Rows(value(whole), players, alone, dict(known or {}), search, tolerance, for_core)
    shares, largest, least, complete = proportional(value(whole), np.ones(players)), inf, -inf, False
    below, first, level = inf, inf, (-inf, inf)
    while not complete:
        span = _Span([whole, *(coalition for coalition, _ in game.settled)], players)
        until = begun + seconds
        found = game.level(span, until) if centre is None else game.level_near(span, centre, below, until)
        level = found.least, max(found.least, found.most)
        if not game.settled:
            shares, largest, least, first = found.shares, found.most, found.least, found.most
        elif centre is None:
            shares = found.shares
        else:
            # Within a tolerance one level can bar the way to the next: no group may come off worse than before.
            above = search(found.shares, lambda one: 0 < one < whole, first + tolerance)
            worse = above is None or not above.settled or above.excess > first + tolerance
            if found.least > below + tolerance or above is None or worse:
                break
            shares, largest = found.shares, max(largest, above.at_most)
        if not found.closed:
            break
        if centre is not None:
            centre, below = shares, found.most
        tight = [coalition for coalition, price in found.prices.items() if price > _SPAN]
        game.settled += [(coalition, found.least) for coalition in tight]
        level = -inf, level[1]
        complete = not tight or _Span([whole, *(one for one, _ in game.settled)], players).rank == players
        if perf_counter() > until:
            break
    settled = len({excess for _, excess in game.settled})
    return Division(shares, largest, least, settled, complete, None if complete else level)


@dataclass(frozen=True)
class _Found:
    """What is known of a level: shares, how large their largest open excess is at most, and the least possible."""

    shares: FloatArray
    most: float
    least: float
    prices: dict[int, float]
    closed: bool


class _Rows:
    """Coalitions found so far, and those that are settled, each with its excess."""

    def __init__(
        self, total: float, players: int, alone: FloatArray, known: dict[int, float], search: MostUnhappy,
        tolerance: float, for_core: float,
    ) -> None:  # fmt: skip
        self.for_core = for_core
        self.total, self.players, self.alone, self.search, self.tolerance = total, players, alone, search, tolerance
        self.settled: list[tuple[int, float]] = []
        whole = 2**players - 1
        self.rows = {coalition: worth for coalition, worth in known.items() if 0 < coalition < whole}
        self.rows |= {1 << player: float(alone[player]) for player in range(players)}

    def _open(self, span: _Span) -> dict[int, float]:
        """Return the coalitions whose excess is still open."""
        return {coalition: worth for coalition, worth in self.rows.items() if not span.holds(coalition)}

    def _least(self, rows: dict[int, float]) -> tuple[FloatArray, float, dict[int, float]]:
        """Return shares with the smallest largest excess of some coalitions, that excess, and the price of each."""
        return _level(self.total, self.alone, self._fixed(), rows, self.players)

    def level(self, span: _Span, until: float) -> _Found:
        """Return the level by asking for the unhappiest at the best shares of the coalitions known."""
        while True:
            shares, least, prices = self._least(self._open(span))
            found = self.search(shares, partial(_beyond, span), least + self.tolerance)
            if found is None or (found.settled and found.excess <= least + self.tolerance):
                return _Found(shares, max(least, found.at_most) if found else least, least, prices, True)
            if not self._news(found, shares):
                return _Found(shares, max(least, found.at_most), least, prices, found.settled)
            if perf_counter() > until:
                return _Found(shares, max(least, found.at_most), least, prices, False)

    # At the best shares of few coalitions others are always very unhappy: each step stays as near as it can to the
    # best shares that were searched to the end, and asks for half of what is still possible; but first whether anybody
    # has to be unhappy at all, which says whether the core is empty.
    def level_near(self, span: _Span, centre: FloatArray, most: float, until: float) -> _Found:
        """Return the level by asking for the unhappiest near the best shares so far.

        Args:
            span: of settled coalitions.
            centre: shares to stay near.
            most: largest open excess under these shares, if known [unit of v].
            until: reading of `perf_counter` [s].
        """
        best = centre
        _, least, prices = self._least(self._open(span))
        if most - least <= self.tolerance:
            return _Found(best, most, least, prices, True)
        target, enough = self._target(least, most)
        while True:
            shares = self._nearest(self._open(span), centre, target)
            found = self.search(shares, partial(_beyond, span), enough)
            if found is None or (found.settled and found.excess <= enough):
                centre = shares
            at_most = -inf if found is None else found.at_most
            if at_most <= most:
                best, most = shares, at_most
            news = found is not None and self._news(found, shares)
            if found is not None and not news and found.settled and found.excess > enough:
                # Nothing near is new: go on from the best shares of the coalitions known.
                return self.level(span, until)
            _, least, prices = self._least(self._open(span))
            most = max(most, least)
            closed = most - least <= self.tolerance
            known = found is not None and not news and not found.settled and isfinite(target)
            undecided = not self.settled and least <= 0.0 < most
            if closed or known or perf_counter() > until + (self.for_core if undecided else 0.0):
                return _Found(best, most, least, prices, closed)
            target, enough = self._target(least, most)

    def _target(self, least: float, most: float) -> tuple[float, float]:
        """Return the excess to ask for next, when the level lies between two amounts, and what will do for it."""
        # What is searched within a room leaves nobody unhappy if this much is left beyond it.
        room = self.tolerance / 3
        if least < -2.0 * room and most > 0.0 and not self.settled:
            return -2.0 * room, -room
        if most == inf:
            return inf, inf
        target = least + _HALF * (most - least)
        return target, target + max(room, _SLACK * (most - least))

    def _news(self, found: Unhappy, shares: FloatArray) -> bool:
        """Keep what a coalition is worth at least; say whether this was not known."""
        if not found.coalition:
            return False
        worth = found.excess + float(members(found.coalition, self.players) @ shares)
        known = self.rows.get(found.coalition, -inf)
        self.rows[found.coalition] = max(known, worth)
        return worth > known + _NEWS * self.tolerance

    def _nearest(self, rows: dict[int, float], centre: FloatArray, level: float) -> FloatArray:
        """Return the shares closest to others at which no coalition known has more than some excess."""
        return _closest(self.total, self.alone, self._fixed(), rows, centre, level)

    def _fixed(self) -> list[tuple[int, float]]:
        """Return what all and each settled coalition are given."""
        settled = [(coalition, self.rows[coalition] - excess) for coalition, excess in self.settled]
        return [(2**self.players - 1, self.total), *settled]


def _closest(
    total: float,
    alone: FloatArray,
    given: Sequence[tuple[int, float]],
    open_rows: dict[int, float],
    centre: FloatArray,
    level: float,
) -> FloatArray:
    """Return the shares closest to others at which no coalition known has more than some excess; others if none are.

    Source: least distance programming, Lawson and Hanson (1974), chapter 23.
    """
    players, scale = len(centre), max(1.0, abs(total)) / len(centre)
    open_rows = open_rows if isfinite(level) else {}
    fixed = np.array([members(coalition, players) for coalition, _ in given])
    beside = np.array([amount for _, amount in given]) - fixed @ centre
    start = centre + np.linalg.lstsq(fixed, beside, rcond=None)[0]
    _, sizes, basis = np.linalg.svd(fixed)
    free = basis[int((sizes > _SPAN).sum()) :].T
    table = np.vstack([np.eye(players), *(members(one, players) for one in open_rows)])
    lacking = np.concatenate((alone, [worth - level for worth in open_rows.values()])) - table @ start
    # The step along the free directions with the least length that gives every row what it lacks.
    system = np.vstack(((table @ free).T, lacking / scale))
    aim = np.append(np.zeros(free.shape[1]), 1.0)
    prices, _ = nnls(system, aim, maxiter=_STEPS_OF_A_ROW * len(table))
    rest = system @ prices - aim
    if abs(rest[-1]) <= _SPAN:
        return centre
    return np.asarray(start - scale * (free @ (rest[:-1] / rest[-1])), dtype=np.float64)


def _level(
    total: float,
    alone: FloatArray,
    given: Sequence[tuple[int, float]],
    open_rows: dict[int, float],
    players: int,
) -> tuple[FloatArray, float, dict[int, float]]:
    """Return shares and the smallest largest excess of the open coalitions, with the price of each."""
    fixed = [(members(coalition, players), amount) for coalition, amount in given]
    # The excess is the last column: x(S) + excess ≥ v(S).
    table = np.array(
        [np.append(row, 0.0) for row, _ in fixed] + [np.append(members(one, players), 1.0) for one in open_rows]
    )
    right = np.array([amount for _, amount in fixed] + list(open_rows.values()))
    upper = np.concatenate((right[: len(fixed)], np.full(len(open_rows), inf)))
    slack = _ROOM * max(1.0, abs(total))
    right[1 : len(fixed)] -= slack
    upper[1 : len(fixed)] += slack
    model = ArrayModel(
        np.append(np.zeros(players), 1.0),
        np.append(alone - slack, -inf if open_rows else 0.0),
        np.full(players + 1, inf),
        np.zeros(players + 1, dtype=np.bool_),
        csc_array(table),
        right,
        upper,
    )
    answer = solve_arrays(model, SolverOptions(relative_gap=0.0))
    prices = dict(zip(open_rows, answer.prices[len(fixed) :].tolist(), strict=True))
    return answer.values[:players], float(answer.values[players]), prices


class _Span:
    """Coalitions whose shares follow from those of settled ones."""

    def __init__(self, coalitions: Sequence[int], players: int) -> None:
        self.players = players
        vectors = np.array([members(coalition, players) for coalition in coalitions])
        _, sizes, basis = np.linalg.svd(vectors, full_matrices=False)
        self.basis = basis[sizes > _SPAN]
        self.rank = len(self.basis)

    def holds(self, coalition: int) -> bool:
        """Say whether a coalition is a combination of the settled ones."""
        vector = members(coalition, self.players)
        return bool(np.abs(vector - self.basis.T @ (self.basis @ vector)).max() < _SPAN * 10)


def _beyond(span: _Span, coalition: int) -> bool:
    """Say whether the share of a coalition is still open."""
    return not span.holds(coalition)


def largest_excess(players: int, shares: FloatArray, search: MostUnhappy) -> tuple[float, float]:
    """Return between what amounts the largest excess of any coalition but the empty one and all lies [unit of v].

    An end is infinite where the search had no time for it.
    """
    found = search(shares, lambda coalition: 0 < coalition < 2**players - 1, inf)
    return (found.excess, found.at_most) if found else (-inf, inf)
