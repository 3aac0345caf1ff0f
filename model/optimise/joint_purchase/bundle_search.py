"""The best bundle of one supplier at given prices: a knapsack of packages that do not clash, with fines for pairs.

Depth-first search with the fractional knapsack as bound, which ends within a few steps unless many packages are worth
something.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

#: Numbers smaller than this are noise of the solver.
NOISE = 1e-7


@dataclass(frozen=True)
class Knapsack:
    """Items for one room, some of which clash, and some of which are fined together.

    Args:
        gains: of items, in falling order of gain for size.
        sizes: of items, positive.
        marks: bit masks; items clash if their masks have a bit in common.
        room: for all sizes together.
        touched: bit masks of the rows of which an item holds one block; none has two.
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


def best_bundle(sack: Knapsack, least: float, most_steps: int) -> Best:
    """Return the bundle with the greatest gain if it exceeds the least.

    Args:
        sack: items and room.
        least: gain to exceed.
        most_steps: steps after which the search gives up.
    """
    gains, sizes, marks, touched, fines = sack.gains, sack.sizes, sack.marks, sack.touched, sack.fines
    best, chosen, steps = least, list[int](), 0
    stack: list[tuple[int, float, float, int, int, int, tuple[int, ...]]] = [(0, sack.room, 0.0, 0, 0, 0, ())]
    while stack:
        first, left, gain, used, once, twice, taken = stack.pop()
        steps += 1
        if steps > most_steps:
            return Best(max(best, fractional(gains, sizes, 0, sack.room)), best, chosen)
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
