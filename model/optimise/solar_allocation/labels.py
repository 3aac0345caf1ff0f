"""What is known of a plan beforehand: whole numbers that its slots have in all, whatever owners answer.

Decisions that wait for answers could take houses that are surer, or a few large ones that are not, as answers go. A
plan made beforehand cannot: what its slots add up to is the same in all cases. How much is refused in the mean, and how
far answers spread, tell most beside the capacity itself. A row that counts few things, such as changes of orders, is
kept exactly in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.problem import FloatArray

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

#: Most things that a row may count to be kept exactly, and how far from whole numbers they may lie.
_FEW, _WHOLE = 4, 1e-9

#: From the probability of acceptance and what acceptance adds, the amount that labels tell apart.
Kind = Callable[[float, IntArray], FloatArray]


def refused(consent: float, added: IntArray) -> FloatArray:
    """Return what is refused in the mean."""
    return np.asarray((1 - consent) * added)


def spread(consent: float, added: IntArray) -> FloatArray:
    """Return the variance of what an owner decides."""
    return np.asarray(consent * (1 - consent) * added**2)


KINDS: tuple[Kind, ...] = (refused, spread)


@dataclass(frozen=True)
class Labels:
    """Whole numbers of slots, none negative, that are added up over the houses of a plan.

    A total is a number of few things times `apart`, plus a number of what is told apart beside them.

    Args:
        of_slots: by house and slot.
        spared: what plans cost above their priced costs, by total; larger totals are in no plan.
        apart: totals for each number of few things.
    """

    of_slots: tuple[IntArray, ...]
    spared: FloatArray
    apart: int = 1

    def told_apart(self, amounts: tuple[FloatArray, ...], size: float, sizes: list[IntArray], last: int) -> Labels:
        """Return labels that tell amounts apart beside few things.

        Args:
            amounts: by house and slot.
            size: of one step of amounts.
            sizes: what slots bring, by house.
            last: what plans bring at most.
        """
        steps = tuple(np.rint(one / size).astype(np.int64) for one in amounts)
        apart = int(most_of(steps, sizes, last)) + 1
        of_slots = tuple(few * apart + one for few, one in zip(self.of_slots, steps, strict=True))
        return Labels(of_slots, np.repeat(self.spared, apart), apart)

    def together(self, values: FloatArray) -> FloatArray:
        """Return the least values for each number of few things, dims (total, step) → (few, step)."""
        return np.asarray(values.reshape(-1, self.apart, values.shape[1]).min(axis=1))


def most_of(amounts: tuple[npt.NDArray[np.number], ...], sizes: list[IntArray], last: int) -> float:
    """Return what slots of some houses have in all at most, if they bring no more than so much.

    Args:
        amounts: by house and slot.
        sizes: what slots bring, by house.
        last: what they bring at most.
    """
    found = np.zeros(last + 1)
    for amount, size in zip(amounts, sizes, strict=True):
        before = found.copy()
        for one, brought in zip(amount.tolist(), size.tolist(), strict=True):
            if brought <= last:
                part = found[brought:]
                np.maximum(part, before[: last + 1 - brought] + one, out=part)
    return float(found.max())


def few_things(tied: tuple[FloatArray, ...], wanted: FloatArray, prices: FloatArray) -> tuple[Labels, BoolArray]:
    """Return labels for the row with the highest price of those that count few things, and which row that is.

    Args:
        tied: what slots bring to the rows, by house, dims (row, slot).
        wanted: right-hand sides of the rows.
        prices: of the rows.

    Returns:
        Labels that are all alike where there is no such row.
    """
    for row in np.argsort(-prices, kind="stable").tolist():
        taken = [one[row].max() - one[row] for one in tied]
        left = float(sum(one[row].max() for one in tied) - wanted[row])
        whole = all(np.abs(one - np.rint(one)).max(initial=0.0) <= _WHOLE for one in taken)
        if prices[row] > 0 and whole and 0 <= left < _FEW:
            number = np.arange(int(left) + 1)
            of_slots = tuple(np.rint(one).astype(np.int64) for one in taken)
            # What the price takes from plans that do not use up what is left.
            return Labels(of_slots, np.asarray(float(prices[row]) * (left - number))), np.arange(prices.size) == row
    nothing = tuple(np.zeros(one.shape[1], dtype=np.int64) for one in tied)
    return Labels(nothing, np.zeros(1)), np.zeros(prices.size, dtype=bool)
