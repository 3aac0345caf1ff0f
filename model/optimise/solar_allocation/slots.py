"""The slots that houses can have: sizes up to the full roof, ways to pay, counted or left out, kinds of heat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.heat import kinds_offered, offers
from model.optimise.solar_allocation.houses import Houses
from model.optimise.solar_allocation.inputs import WAYS_TO_PAY
from model.optimise.solar_allocation.problem import FloatArray, Slots, size_kw

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


def ways_of(houses: Houses, offered: Sequence[str]) -> tuple[str, ...]:
    """Return the ways to pay of a portfolio: those that are offered, then others that the list states of houses."""
    stated = [WAYS_TO_PAY[position] for position in np.unique(houses.stated_way).tolist() if position >= 0]
    return tuple(dict.fromkeys((*offered, *stated)))


def slots_for(houses: Houses, ways: int) -> Slots:
    """Return the slots that any house of the portfolio can have.

    Args:
        houses: facts.
        ways: number of ways to pay (`ways_of`).
    """
    numbers, whole = houses.sizes.astype(np.float64), np.zeros(houses.sizes.size, dtype=bool)
    if houses.stepped.any():
        numbers, whole = np.append(numbers, 1.0), np.append(whole, True)
    multiple, way, left_out, full = (
        [np.zeros(1)],
        [np.full(1, -1)],
        [np.zeros(1, dtype=bool)],
        [np.zeros(1, dtype=bool)],
    )
    kinds = [(False, np.ones(numbers.size, dtype=bool))]
    if houses.may_leave.any():
        worth = numbers <= (np.inf if houses.must_leave.any() else _largest_worth_leaving(houses))
        multiple, way, left_out, full = (
            [np.zeros(2)],
            [np.full(2, -1)],
            [np.array([False, True])],
            [np.zeros(2, dtype=bool)],
        )
        kinds.append((True, worth | whole))
    for leaves, kept in kinds:
        for position in range(ways):
            multiple.append(numbers[kept])
            full.append(whole[kept])
            way.append(np.full(int(kept.sum()), position))
            left_out.append(np.full(int(kept.sum()), leaves))
    bare = (
        np.concatenate(multiple), np.concatenate(way).astype(np.int64), np.concatenate(left_out), np.concatenate(full),
    )  # fmt: skip
    heat = kinds_offered(houses.heat_options)
    sizes, ways_to_pay, leaving, roofs = (np.tile(part, heat.size) for part in bare)
    return Slots(sizes, ways_to_pay, leaving, np.repeat(heat, bare[0].size), roofs)


def _largest_worth_leaving(houses: Houses) -> int:
    """Return up to what size in steps it may be better to leave a house out: above, counting it brings more."""
    may = houses.may_leave & (houses.module_step_kw > 0)
    if not may.any():
        return 0
    owed = np.maximum(houses.owed_uniform_kw, houses.owed_by_zone_kw)[may]
    return int(np.ceil(np.max(owed / houses.module_step_kw[may]) - 1e-9))


def available(houses: Houses, slots: Slots, offered: Sequence[str]) -> BoolArray:
    """Say which slots each house has, dims (slot, house).

    Args:
        houses: facts.
        slots: what the slots mean.
        offered: ways to pay that are offered, the one first that houses without a stated one were built with.
    """
    size, full = slots.multiple[:, np.newaxis], slots.full[:, np.newaxis]
    fits = np.where(full, houses.stepped, size <= houses.steps)
    # What is built or being built stays as it is, paid as it was.
    as_built = np.where(houses.decided_kw > 0, size == 1, size == 0) & ~full
    fits = np.where(houses.fixed, as_built, fits)
    if np.any(houses.fixed | (houses.stated_way >= 0)):
        fits &= _paid(houses, offered)[slots.way]
    if slots.heat.any():
        fits = fits & offers(houses.heat_options, slots.heat)
    leaves = slots.left_out[:, np.newaxis]
    return np.asarray(fits & np.where(leaves, houses.may_leave, ~houses.must_leave))


def _paid(houses: Houses, offered: Sequence[str]) -> BoolArray:
    """Say which ways to pay each house may have, dims (way, house), the last row for no panels."""
    ways = ways_of(houses, offered)
    free = np.where(houses.fixed, 1, len(offered))
    decided = np.arange(len(ways))[:, np.newaxis] < free
    stated = np.array([WAYS_TO_PAY.index(way) for way in ways])[:, np.newaxis] == houses.stated_way
    allowed = np.where(houses.stated_way < 0, decided, stated)
    return np.vstack((allowed, np.ones(houses.size, dtype=bool)))


def kw_of(
    houses: Houses, slots: Slots, choice: npt.NDArray[np.integer], part: IntArray | slice = slice(None)
) -> FloatArray:
    """Return the capacity of one slot each of some houses, dims (house) [kW].

    Args:
        houses: facts.
        slots: what the slots mean.
        choice: slot by house of the part.
        part: the houses.
    """
    at = choice.astype(np.int64)
    return size_kw(slots.multiple[at], slots.full[at], houses.module_step_kw[part], houses.largest_kw[part])


def slot_kw(houses: Houses, slots: Slots, part: IntArray | slice, chosen: IntArray | slice = slice(None)) -> FloatArray:
    """Return the capacity of slots on some houses, dims (slot, house) [kW].

    Args:
        houses: facts.
        slots: what the slots mean.
        part: the houses.
        chosen: the slots.
    """
    multiple, full = slots.multiple[chosen, np.newaxis], slots.full[chosen, np.newaxis]
    return size_kw(multiple, full, houses.module_step_kw[part], houses.largest_kw[part])
