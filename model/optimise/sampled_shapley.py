"""Shapley value of many players from the values of random groups and of those opposite, with its error.

The Shapley value is the additive game closest to a game when groups of s players out of n weigh 1 / (s(n − s)) in all
(Charnes et al. 1988), so that a regression over random groups finds it: one value tells about every player, where an
order of arrival takes a value for each. Values of groups can be dear. Where a rougher game is at hand that costs
little, its Shapley value is found from many groups, and only what is left between the two from few, for the Shapley
value is additive (control variates).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import NamedTuple

import numpy as np

from model.optimise.cost_sharing import Value, members
from model.optimise.joint_purchase.auction import FloatArray

#: Between what amounts the value of a coalition, given as a bit mask, lies.
Bracket = Callable[[int], tuple[float, float]]

#: Pairs of the rougher game for each pair of the game itself, and the part of the time that they may take.
_ROUGH_PAIRS, _ROUGH_PART = 5, 0.15
#: Different pairs for each player from which on a regression is surer than a plain mean; the same for what a rougher
#: game leaves, of which it has less to tell; and the pairs that a mean takes.
_LEAST_PAIRS, _LEAST_PAIRS_LEFT = 1.5, 4.0
LEAST_MEAN = 12
#: A pair of which less than this part is told by the others tells something alone.
_ALONE = 1e-6


@dataclass(frozen=True)
class SampledShapley:
    """A Shapley value from random pairs of a group and all others.

    Args:
        shares: by player; they add up to v(N) exactly.
        standard_error: of each, for the draw of the groups; infinite where too few were valued to tell.
        allowance: the most by which each would move if the groups drawn were worth anything else that is possible.
        pairs: number of pairs valued.
        rough_pairs: number of pairs of the rougher game.
        few: whether the pairs were too few for a regression, so that the error itself is known but roughly.
    """

    shares: FloatArray
    standard_error: FloatArray
    allowance: FloatArray
    pairs: int
    rough_pairs: int = 0
    few: bool = False


def sampled_shapley(
    bracket: Bracket,
    total: float,
    players: int,
    pairs: int,
    seed: int,
    seconds: float = inf,
    rough: Value | None = None,
) -> SampledShapley:
    """Return the Shapley value from random groups, each valued with the group of all others.

    Args:
        bracket: between what amounts v(S) lies, by bit mask.
        total: v(N).
        players: number of players, at least three.
        pairs: most pairs of groups.
        seed: seed of the draws.
        seconds: nothing more is valued after this time.
        rough: a game close to this one that costs less to value.

    Source: Covert and Lee (2021), Improving KernelSHAP, AISTATS 130; the error by the jackknife over pairs.
    """
    until = perf_counter() + seconds
    random = np.random.default_rng(seed)
    first = _Fit(np.full(players, total / players), np.zeros(players), np.zeros(players))
    worth, many = bracket, 0
    if rough is not None and (whole := rough(2**players - 1)) > 0.0:
        drawn = _drawn(_exactly(rough), players, _ROUGH_PAIRS * pairs, random, perf_counter() + _ROUGH_PART * seconds)
        scale, many = total / whole, len(drawn)
        if _different(drawn) >= LEAST_MEAN:
            first = _Fit(*(scale * one for one in _fitted(drawn, whole, players, _LEAST_PAIRS)))
            worth = _beyond(bracket, rough, scale)
        else:
            many = 0
    rest = _drawn(worth, players, pairs, random, until)
    if _different(rest) < LEAST_MEAN:
        unknown = np.full(players, inf)
        return SampledShapley(first.shares, unknown, unknown, len(rest), many)
    least = _LEAST_PAIRS if many == 0 else _LEAST_PAIRS_LEFT
    left = _fitted(rest, total if many == 0 else 0.0, players, least)
    shares = left.shares if many == 0 else first.shares + left.shares
    error, few = np.hypot(first.error, left.error), _are_few(rest, players, least)
    return SampledShapley(shares, error, left.allowance, len(rest), many, few)


class _Pair(NamedTuple):
    """A group, the middle of half of what it is worth more than all others, and how far that may be off."""

    group: FloatArray
    half: float
    off: float


def _different(pairs: list[_Pair]) -> int:
    """Return how many different pairs there are."""
    return len({tuple(one.group if one.group[0] else 1.0 - one.group) for one in pairs})


def _are_few(pairs: list[_Pair], players: int, least: float) -> bool:
    """Say whether pairs are too few for a regression, which takes so many for each player."""
    return _different(pairs) < least * players


class _Fit(NamedTuple):
    """The additive game closest to pairs, the standard error of its shares, and how far values may move them."""

    shares: FloatArray
    error: FloatArray
    allowance: FloatArray


def _exactly(value: Value) -> Bracket:
    """Return the brackets of a game whose values are known."""

    def bracket(coalition: int) -> tuple[float, float]:
        worth = value(coalition)
        return worth, worth

    return bracket


def _beyond(bracket: Bracket, rough: Value, scale: float) -> Bracket:
    """Return what a game is worth beyond a rougher one times a scale."""

    def left(coalition: int) -> tuple[float, float]:
        low, high = bracket(coalition)
        taken = scale * rough(coalition)
        return low - taken, high - taken

    return left


def _drawn(bracket: Bracket, players: int, pairs: int, random: np.random.Generator, until: float) -> list[_Pair]:
    """Return random groups with the groups of all others, as many as the time allows."""
    sizes = np.arange(1, players)
    weights = 1.0 / (sizes * (players - sizes))
    weights /= weights.sum()
    whole, found = 2**players - 1, list[_Pair]()
    while len(found) < pairs:
        inside = random.permutation(players)[: random.choice(sizes, p=weights)]
        coalition = sum(1 << player for player in inside.tolist())
        ends = []
        for one in (coalition, whole ^ coalition):
            if perf_counter() > until:
                return found
            ends.append(bracket(one))
        (low, high), (other_low, other_high) = ends
        half, off = (low + high - other_low - other_high) / 4, (high - low + other_high - other_low) / 4
        found.append(_Pair(members(coalition, players), half, off))
    return found


# What a group is worth for its size alone is shared equally, so it can be taken off: it would only add to the error.
# Each pair is compared with the trend of all others, which leaves the mean free of bias.
def _beyond_size(group: FloatArray) -> FloatArray:
    """Return the matrix that turns what pairs say into how far each stands off what groups of its size are worth.

    Args:
        group: by pair, a half for each player inside and minus a half for each other.
    """
    size = group.mean(axis=1)
    trend = np.column_stack((size, size**3))
    fit = trend @ np.linalg.pinv(trend)
    alone = 1.0 - np.diag(fit)
    beyond = (np.eye(len(group)) - fit) / np.where(alone > _ALONE, alone, 1.0)[:, None]
    return np.asarray(beyond, dtype=np.float64)


# With the value of a group less that of all others, whatever interactions of even order there are cancel.
def _fitted(pairs: list[_Pair], total: float, players: int, least: float) -> _Fit:
    """Return the additive game with a given total that is closest to pairs.

    By least squares; from too few pairs for that, by the mean of what each pair says, which is free of bias.
    """
    group = np.array([one.group for one in pairs]) - 0.5
    half, off = np.array([one.half for one in pairs]), np.array([one.off for one in pairs])
    equal = np.full(players, total / players)
    if _are_few(pairs, players, least):
        harmonic = float((1.0 / np.arange(1, players)).sum())
        lean = 2.0 * harmonic * (group - group.mean(axis=1, keepdims=True))
        beyond = _beyond_size(group)
        said = lean * (beyond @ half)[:, None]
        error = said.std(axis=0, ddof=1) / np.sqrt(len(pairs))
        return _Fit(equal + said.mean(axis=0), error, np.abs(lean.T @ beyond) @ off / len(pairs))
    # Columns that add up to zero leave the total alone.
    free = np.linalg.svd(np.ones((1, players)))[2][1:].T
    design = group @ free
    weight = free @ np.linalg.pinv(design)
    shares = equal + weight @ (half - group @ equal)
    # Jackknife: where one pair alone tells something, the shares without it, and so the error, are not known.
    kept = 1.0 - np.einsum("kp,pk->k", group, weight)
    error = np.full(players, inf)
    if kept.min() > _ALONE and np.linalg.matrix_rank(design) == players - 1:
        moved = weight * (half - group @ shares) / kept
        spread = moved - moved.mean(axis=1, keepdims=True)
        error = np.sqrt((len(pairs) - 1) / len(pairs) * (spread**2).sum(axis=1))
    return _Fit(shares, error, np.abs(weight) @ off)
