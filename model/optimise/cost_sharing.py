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

from model.optimise.joint_purchase_auction import FloatArray
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
) -> Division:
    """Return the nucleolus among divisions that give every player at least his own value.

    Args:
        value: v(S) by bit mask.
        players: number of players.
        search: finds the coalition with the largest excess that is not yet settled.
        tolerance: excesses closer than this are equal [unit of v].
        seconds: after this time the division found so far is returned, with `complete` False.
        known: values of coalitions that are already known; they spare searches.

    Source: row generation after Hallefjord, Helming and Jørnsten (1995): the linear program of each level knows only
    coalitions that were found unhappy; those with a positive price are settled at that level.
    """
    begun = perf_counter()
    whole = 2**players - 1
    alone = np.array([value(1 << player) for player in range(players)])
    if players == 1:
        return Division(np.array([value(whole)]), 0.0, 0.0, 0, True)
    settled: list[tuple[int, float]] = []
    rows = {coalition: worth for coalition, worth in (known or {}).items() if 0 < coalition < whole}
    rows |= {1 << player: float(alone[player]) for player in range(players)}
    shares, largest, least, complete = proportional(value(whole), np.ones(players)), inf, -inf, False
    while not complete:
        span = _Span([whole, *(coalition for coalition, _ in settled)], players)
        level = 0.0
        prices: dict[int, float] = {}
        while True:
            open_rows = {coalition: worth for coalition, worth in rows.items() if not span.holds(coalition)}
            shares, level, prices = _level(value(whole), alone, settled, value, open_rows, players)
            found = search(shares, partial(_beyond, span), level + tolerance)
            if found is None or found[1] <= level + tolerance or found[0] in open_rows:
                break
            rows[found[0]] = value(found[0])
            if perf_counter() - begun > seconds:
                first = not settled
                return Division(shares, found[1] if first else largest, level if first else least, len(settled), False)
        if not settled:
            largest = least = level
        tight = [coalition for coalition, price in prices.items() if price > _SPAN]
        settled += [(coalition, level) for coalition in tight]
        complete = not tight or _Span([whole, *(one for one, _ in settled)], players).rank == players
        if perf_counter() - begun > seconds:
            break
    return Division(shares, largest, least, len({level for _, level in settled}), complete)


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
