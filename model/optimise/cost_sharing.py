"""Sharing what a coalition saves: core and nucleolus by row generation, Shapley value, in proportion.

A game is a number of players and a value v(S) of every coalition S, written as a bit mask. An excess is what a
coalition could gain by itself beyond what it is given, v(S) − x(S); the core holds the divisions without positive
excess. The least core makes the largest excess as small as can be; the nucleolus goes on with the next largest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from time import perf_counter

import numpy as np
from scipy.sparse import csc_array

from model.optimise.joint_purchase.auction import FloatArray
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays

#: Value of a coalition given as a bit mask.
Value = Callable[[int], float]
#: Returns the coalition with the largest excess among those that the second argument lets pass, and its excess; one
#: with more excess than the third will do; None: nothing.
MostUnhappy = Callable[[FloatArray, Callable[[int], bool], float], "tuple[int, float] | None"]

#: Most players for whom every coalition is listed.
LARGEST_EXACT = 12
#: Distance at which a coalition counts as a combination of settled ones.
_SPAN = 1e-8
#: Part of what is still possible that is asked of shares near the centre.
_HALF = 0.5
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
    """

    shares: FloatArray
    largest_excess: float
    least: float
    settled: int
    complete: bool


def members(coalition: int, players: int) -> FloatArray:
    """Return the coalition as a vector of 0 and 1."""
    return np.array([coalition >> player & 1 for player in range(players)], dtype=np.float64)


def proportional(total: float, weights: FloatArray) -> FloatArray:
    """Return a total divided in proportion to weights."""
    return np.asarray(total * weights / weights.sum(), dtype=np.float64)


@dataclass(frozen=True)
class SampledShapley:
    """A Shapley value from random orders.

    Args:
        shares: mean by player; they add up to v(N) exactly.
        standard_error: of each mean.
        orders: number of orders drawn.
    """

    shares: FloatArray
    standard_error: FloatArray
    orders: int


def sampled_shapley(value: Value, players: int, orders: int, seed: int, seconds: float = inf) -> SampledShapley:
    """Return the Shapley value from random orders, each taken forwards and backwards.

    Args:
        value: v(S) by bit mask.
        players: number of players.
        orders: most orders; they come in pairs.
        seed: seed of the draws.
        seconds: no new pair is begun after this time.
    """
    begun = perf_counter()
    random = np.random.default_rng(seed)
    gains: list[FloatArray] = []
    while len(gains) < max(2, orders // 2):
        order = random.permutation(players)
        pair = [_gains(value, one) for one in (order, order[::-1])]
        gains.append((pair[0] + pair[1]) / 2)
        if len(gains) >= 2 and perf_counter() - begun > seconds:
            break
    table = np.array(gains)
    error = table.std(axis=0, ddof=1) / np.sqrt(len(table))
    return SampledShapley(table.mean(axis=0), np.asarray(error), 2 * len(table))


def _gains(value: Value, order: Sequence[int] | np.ndarray) -> FloatArray:
    """Return what each player adds in an order of arrival."""
    gains = np.zeros(len(order))
    coalition, before = 0, value(0)
    for player in order:
        coalition |= 1 << int(player)
        after = value(coalition)
        gains[player] = after - before
        before = after
    return gains


def all_values(value: Value, players: int) -> FloatArray:
    """Return v(S) of every coalition, by bit mask."""
    return np.array([value(coalition) for coalition in range(2**players)])


def unhappiest(values: FloatArray, players: int) -> MostUnhappy:
    """Return the search for the largest excess in a list of all values."""
    table = np.array([members(coalition, players) for coalition in range(2**players)])

    def search(shares: FloatArray, outside: Callable[[int], bool], enough: float) -> tuple[int, float] | None:
        excess = values - table @ shares
        for coalition in np.argsort(-excess, kind="stable").tolist():
            if 0 < coalition < 2**players - 1 and outside(coalition):
                return coalition, float(excess[coalition])
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

    Source: row generation after Hallefjord, Helming and Jørnsten (1995): the linear program of each level knows only
    coalitions that were found unhappy; those with a positive price are settled at that level. With a centre, the level
    method of Lemaréchal, Nemirovskii and Nesterov (1995).
    """
    begun = perf_counter()
    whole = 2**players - 1
    alone = np.array([value(1 << player) for player in range(players)])
    if players == 1:
        return Division(np.array([value(whole)]), 0.0, 0.0, 0, True)
    game = _Rows(value, players, alone, dict(known or {}), search, tolerance)
    shares, largest, least, complete = proportional(value(whole), np.ones(players)), inf, -inf, False
    while not complete:
        span = _Span([whole, *(coalition for coalition, _ in game.settled)], players)
        until = begun + seconds
        found = game.level(span, until) if centre is None else game.level_near(span, centre, until)
        shares, first = found.shares, not game.settled
        if first:
            largest, least = found.most, found.least
        if not found.closed:
            return Division(shares, largest, least, len({one for _, one in game.settled}), False)
        if centre is not None:
            centre = shares
        tight = [coalition for coalition, price in found.prices.items() if price > _SPAN]
        game.settled += [(coalition, found.least) for coalition in tight]
        complete = not tight or _Span([whole, *(one for one, _ in game.settled)], players).rank == players
        if perf_counter() > until:
            break
    return Division(shares, largest, least, len({level for _, level in game.settled}), complete)


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
        self, value: Value, players: int, alone: FloatArray, known: dict[int, float], search: MostUnhappy,
        tolerance: float,
    ) -> None:  # fmt: skip
        self.value, self.players, self.alone, self.search, self.tolerance = value, players, alone, search, tolerance
        self.settled: list[tuple[int, float]] = []
        whole = 2**players - 1
        self.rows = {coalition: worth for coalition, worth in known.items() if 0 < coalition < whole}
        self.rows |= {1 << player: float(alone[player]) for player in range(players)}

    def _open(self, span: _Span) -> dict[int, float]:
        """Return the coalitions whose excess is still open."""
        return {coalition: worth for coalition, worth in self.rows.items() if not span.holds(coalition)}

    def _least(self, rows: dict[int, float]) -> tuple[FloatArray, float, dict[int, float]]:
        """Return shares with the smallest largest excess of some coalitions, that excess, and the price of each."""
        return _level(self.value(2**self.players - 1), self.alone, self.settled, self.value, rows, self.players)

    def level(self, span: _Span, until: float) -> _Found:
        """Return the level by asking for the unhappiest at the best shares of the coalitions known."""
        while True:
            rows = self._open(span)
            shares, least, prices = self._least(rows)
            found = self.search(shares, partial(_beyond, span), least + self.tolerance)
            if found is None or found[1] <= least + self.tolerance or found[0] in rows:
                return _Found(shares, least, least, prices, True)
            self.rows[found[0]] = self.value(found[0])
            if perf_counter() > until:
                return _Found(shares, found[1], least, prices, False)

    # At the best shares of few coalitions others are always very unhappy: each step stays as near as it can to the
    # best shares that were searched to the end, and asks for half of what is still possible.
    def level_near(self, span: _Span, centre: FloatArray, until: float) -> _Found:
        """Return the level by asking for the unhappiest near the best shares so far."""
        most, target, room = inf, inf, self.tolerance / 3
        while True:
            rows = self._open(span)
            shares = self._nearest(rows, centre, target)
            found = self.search(shares, partial(_beyond, span), target + room)
            if found is not None and found[1] > target + room and found[0] in rows:
                # Nothing near is new: go on from the best shares of the coalitions known.
                return self.level(span, until)
            if found is None or found[1] <= target + room:
                centre, most = shares, -inf if found is None else min(most, found[1])
            if found is not None and found[0] not in rows:
                self.rows[found[0]] = self.value(found[0])
            _, least, prices = self._least(self._open(span))
            most = max(most, least)
            if most - least <= self.tolerance or perf_counter() > until:
                return _Found(centre, most, least, prices, most - least <= self.tolerance)
            target = least + _HALF * (most - least)

    def _nearest(self, rows: dict[int, float], centre: FloatArray, level: float) -> FloatArray:
        """Return the shares closest to others at which no coalition known has more than some excess."""
        return _closest(self.value(2**self.players - 1), self.alone, self.settled, self.value, rows, centre, level)


def _closest(
    total: float,
    alone: FloatArray,
    settled: Sequence[tuple[int, float]],
    value: Value,
    open_rows: dict[int, float],
    centre: FloatArray,
    level: float,
) -> FloatArray:
    """Return the shares with the least sum of distances from others and no excess above a level."""
    players = len(centre)
    fixed = [(members(2**players - 1, players), total)]
    fixed += [(members(coalition, players), value(coalition) - excess) for coalition, excess in settled]
    table = np.array([row for row, _ in fixed] + [members(one, players) for one in open_rows])
    right = np.array([amount for _, amount in fixed] + [worth - level for worth in open_rows.values()])
    slack = _ROOM * max(1.0, abs(total))
    upper = np.concatenate((right[: len(fixed)] + slack, np.full(len(open_rows), inf)))
    # shares = centre + more − less
    model = ArrayModel(
        np.concatenate((np.zeros(players), np.ones(2 * players))),
        np.concatenate((alone - slack, np.zeros(2 * players))),
        np.full(3 * players, inf),
        np.zeros(3 * players, dtype=np.bool_),
        csc_array(np.block([[table, np.zeros((len(table), 2 * players))],
                            [np.eye(players), -np.eye(players), np.eye(players)]])),
        np.concatenate((right - slack, centre)),
        np.concatenate((upper, centre)),
    )  # fmt: skip
    answer = solve_arrays(model, SolverOptions(relative_gap=0.0))
    return answer.values[:players] if answer.proof.has_answer else centre


def _level(
    total: float,
    alone: FloatArray,
    settled: Sequence[tuple[int, float]],
    value: Value,
    open_rows: dict[int, float],
    players: int,
) -> tuple[FloatArray, float, dict[int, float]]:
    """Return shares and the smallest largest excess of the open coalitions, with the price of each."""
    fixed = [(members(2**players - 1, players), total)]
    fixed += [(members(coalition, players), value(coalition) - excess) for coalition, excess in settled]
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


def largest_excess(value: Value, players: int, shares: FloatArray, search: MostUnhappy) -> float:
    """Return the largest excess of any coalition but the empty one and all under given shares [unit of v].

    It is infinite where the search had no time to find any.
    """
    found = search(shares, lambda coalition: 0 < coalition < 2**players - 1, inf)
    return found[1] if found else inf
