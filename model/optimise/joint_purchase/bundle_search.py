"""The best bundle of one supplier at given prices: a knapsack of packages that do not clash, with fines for pairs.

Depth-first search with the fractional knapsack as bound answers most within a few steps; where many packages are worth
something, HiGHS answers a small model instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
from scipy.sparse import csc_array

from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays

#: Numbers smaller than this are noise of the solver.
NOISE = 1e-7
#: Steps of the depth-first search before HiGHS takes over.
_MOST_STEPS = 4_000
#: Longest time of HiGHS [s]; after it its bound is taken in place of the answer.
_SECONDS = 5.0


@dataclass(frozen=True)
class Knapsack:
    """Items for one room, some of which clash, and some of which are fined together.

    Args:
        gains: of items, in falling order of gain for size.
        sizes: of items, positive.
        marks: bit masks; items clash if their masks have a bit in common.
        room: for all sizes together.
        touched: bit masks of the rows of which an item holds one block; of items that do not clash, at most three touch
            the same row.
        fines: what two or more items cost that touch the same row, by row.
    """

    gains: Sequence[float]
    sizes: Sequence[float]
    marks: Sequence[int]
    room: float
    touched: Sequence[int]
    fines: Sequence[float]


@dataclass(frozen=True)
class Best:
    """What a search for the best bundle found.

    Args:
        most: no bundle gains more.
        gain: of the items; the least to exceed if there are none.
        items: positions of the best bundle found.
    """

    most: float
    gain: float
    items: list[int]


def fractional(gains: Sequence[float], sizes: Sequence[float], first: int, room: float) -> float:
    """Return the fractional knapsack of items from the first on, in falling order of gain for size."""
    total = 0.0
    for gain, size in zip(gains[first:], sizes[first:], strict=True):
        if size > room:
            return total + gain * max(0.0, room) / size
        total += gain
        room -= size
    return total


def best_bundle(sack: Knapsack, least: float, exact: bool = True) -> Best:
    """Return the bundle with the greatest gain if it exceeds the least.

    Args:
        sack: items and room.
        least: gain to exceed.
        exact: whether HiGHS goes on where the depth-first search finds no end.
    """
    gains, sizes, marks, touched, fines = sack.gains, sack.sizes, sack.marks, sack.touched, sack.fines
    best, chosen, steps = least, list[int](), 0
    stack: list[tuple[int, float, float, int, int, int, tuple[int, ...]]] = [(0, sack.room, 0.0, 0, 0, 0, ())]
    while stack:
        first, left, gain, used, once, twice, taken = stack.pop()
        steps += 1
        if steps > _MOST_STEPS:
            return _solved(sack, best, chosen) if exact else Best(fractional(gains, sizes, 0, sack.room), best, chosen)
        while first < len(gains) and (sizes[first] > left + NOISE or marks[first] & used):
            first += 1
        if gain > best + NOISE:
            best, chosen = gain, list(taken)
        if first == len(gains) or gain + fractional(gains, sizes, first, left) <= best + NOISE:
            continue
        stack.append((first + 1, left, gain, used, once, twice, taken))
        again = touched[first] & once & ~twice
        fined = gain + gains[first] - sum(fines[row] for row in bits(again))
        state = (used | marks[first], once | touched[first], twice | again, (*taken, first))
        stack.append((first + 1, left - sizes[first], fined, *state))
    return Best(best, best, chosen)


def bits(mask: int) -> Iterator[int]:
    """Yield the positions of the bits of a mask."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _solved(sack: Knapsack, gain: float, chosen: list[int]) -> Best:
    """Return the best bundle by a model with a yes or no for each item and each fine; one in hand gains something."""
    items, clashes, fined = len(sack.gains), _members(sack.marks), _members(sack.touched)
    table = np.zeros((1 + len(clashes) + len(fined), items + len(fined)))
    table[0, :items] = sack.sizes
    for place, members in enumerate(clashes.values(), start=1):
        table[place, members] = 1.0
    for number, members in enumerate(fined.values()):
        table[1 + len(clashes) + number, members] = 1.0
        table[1 + len(clashes) + number, items + number] = -2.0
    columns = items + len(fined)
    model = ArrayModel(
        np.concatenate((sack.gains, [-sack.fines[row] for row in fined])), np.zeros(columns), np.ones(columns),
        np.ones(columns, dtype=np.bool_), csc_array(table), np.full(len(table), -inf),
        np.concatenate(([sack.room + NOISE], np.ones(len(table) - 1))), maximise=True,
    )  # fmt: skip
    answer = solve_arrays(model, SolverOptions(seconds=_SECONDS, relative_gap=0.0, absolute_gap=NOISE))
    bound = answer.proof.bound
    most = max(gain, bound if isfinite(bound) else fractional(sack.gains, sack.sizes, 0, sack.room))
    if not answer.proof.has_answer or answer.proof.objective <= gain + NOISE:
        return Best(most, gain, chosen)
    return Best(most, answer.proof.objective, np.flatnonzero(answer.values[:items] > 0.5).tolist())


def _members(masks: Sequence[int]) -> dict[int, list[int]]:
    """Return the positions of the masks that hold each bit, for bits that two or more hold."""
    holding: dict[int, list[int]] = {}
    for position, mask in enumerate(masks):
        for bit in bits(mask):
            holding.setdefault(bit, []).append(position)
    return {bit: members for bit, members in holding.items() if len(members) > 1}
