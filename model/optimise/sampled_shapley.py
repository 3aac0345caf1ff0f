"""Shapley value of many players from random orders of arrival, with its error.

Values of coalitions can be dear. Where a rougher game is at hand that costs little, its Shapley value is drawn from
many orders, and only what is left between the two from few: the Shapley value is additive (control variates).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from time import perf_counter

import numpy as np

from model.optimise.cost_sharing import Value
from model.optimise.joint_purchase.auction import FloatArray

#: Part of the time for the orders of the rougher game.
_ROUGH_PART = 0.2


@dataclass(frozen=True)
class SampledShapley:
    """A Shapley value from random orders.

    Args:
        shares: mean by player; they add up to v(N) exactly.
        standard_error: of each mean; infinite where too few orders were drawn to tell.
        orders: number of orders drawn.
        rough_orders: number of orders drawn of the rougher game.
    """

    shares: FloatArray
    standard_error: FloatArray
    orders: int
    rough_orders: int = 0


def sampled_shapley(
    value: Value, players: int, orders: int, seed: int, seconds: float = inf, rough: Value | None = None
) -> SampledShapley:
    """Return the Shapley value from random orders, each taken forwards and backwards where there is no rougher game.

    Args:
        value: v(S) by bit mask.
        players: number of players.
        orders: most orders.
        seed: seed of the draws.
        seconds: nothing more is valued after this time.
        rough: a game close to this one that costs less to value; v(N) above zero.
    """
    begun = perf_counter()
    whole = 2**players - 1
    random = np.random.default_rng(seed)
    if rough is None:
        drawn = _drawn(value, players, orders // 2, random, begun + seconds, True)
        return SampledShapley(*_mean(drawn, value(whole), players), 2 * len(drawn))
    scale = value(whole) / rough(whole)
    first = _drawn(lambda one: scale * rough(one), players, orders // 2, random, begun + _ROUGH_PART * seconds, True)
    rest = _drawn(lambda one: value(one) - scale * rough(one), players, orders, random, begun + seconds, False)
    (shares, error), (left, left_error) = _mean(first, value(whole), players), _mean(rest, 0.0, players)
    return SampledShapley(shares + left, np.hypot(error, left_error), len(rest), 2 * len(first))


def _drawn(
    value: Value, players: int, draws: int, random: np.random.Generator, until: float, both: bool
) -> list[FloatArray]:
    """Return what each player adds in an order, or on average in it and its opposite, as often as the time allows."""
    found: list[FloatArray] = []
    while len(found) < max(2, draws):
        order = random.permutation(players)
        gains = [_gains(value, one, until) for one in ((order, order[::-1]) if both else (order,))]
        whole = [one for one in gains if one is not None]
        if len(whole) < len(gains):
            break
        found.append(np.mean(whole, axis=0))
    return found


def _mean(gains: list[FloatArray], total: float, players: int) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard error of some draws; without any, equal parts of a total, and no error is known."""
    table = np.array(gains or [np.full(players, total / players)])
    if len(gains) < 2:
        return table.mean(axis=0), np.full(players, inf)
    return table.mean(axis=0), np.asarray(table.std(axis=0, ddof=1) / np.sqrt(len(table)))


def _gains(value: Value, order: np.ndarray, until: float) -> FloatArray | None:
    """Return what each player adds in an order of arrival; None where time runs out."""
    gains = np.zeros(len(order))
    coalition, before = 0, value(0)
    for player in order.tolist():
        if perf_counter() > until:
            return None
        coalition |= 1 << player
        after = value(coalition)
        gains[player] = after - before
        before = after
    return gains
