"""Credits of the cap-and-trade programme: kinds and limits, sale, bank and expiry, the order after a failed duty.

A ledger, so nothing is lost: every tonne that comes in is used, carried over or expires. Whole tonnes, in which the
register counts, are conserved without any rounding. Dims are (…, kind), (…, period) or (…, kind, period); the leading
dims are usually (facility).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.ordinance.exact import FloatArray, beyond, scaled

#: The kind that comes from facilities outside Tokyo, the only one whose use is limited.
OUTSIDE_TOKYO = "outside_tokyo"


# Credits from outside Tokyo cover at most a share of the reduction owed; the other kinds are not limited.
def credit_limits_t(required_t: npt.ArrayLike, kinds: Sequence[str], outside_share: float) -> FloatArray:
    """Return how much of each kind may be used [t-CO2] (source: cap_and_trade.outside_tokyo_usable).

    Args:
        required_t: reduction owed in the period [t-CO2], dims (…).
        kinds: names of the kinds of credits.
        outside_share: share of the reduction owed [1].

    Returns:
        dims (…, kind); infinite where there is no limit.
    """
    required = np.asarray(required_t, dtype=np.float64)
    unlimited, limit = np.full(required.shape, np.inf), scaled(required, outside_share)
    return np.stack([limit if kind == OUTSIDE_TOKYO else unlimited for kind in kinds], axis=-1)


# Some renewable sources count for more than their tonnes.
def renewable_credit_t(certified_t: npt.ArrayLike, multiplier: float) -> FloatArray:
    """Return renewable energy credits for certified tonnes [t-CO2].

    Source: cap_and_trade.renewable_credit_multiplier.
    """
    return scaled(np.asarray(certified_t), multiplier)


# Credits fill what is still owed one kind after another, each up to its limit.
def credit_use(needed_t: npt.ArrayLike, held_t: npt.ArrayLike, limits_t: npt.ArrayLike = np.inf) -> FloatArray:
    """Return the credits of each kind that are used [t-CO2].

    Args:
        needed_t: what is still owed [t-CO2], dims (…).
        held_t: credits held [t-CO2], dims (…, kind), in the order of use.
        limits_t: most of each kind that may be used [t-CO2], broadcast to (…, kind).

    Returns:
        dims (…, kind).
    """
    usable = np.minimum(np.asarray(held_t, dtype=np.float64), limits_t)
    before = np.cumsum(usable, axis=-1) - usable
    still_owed = np.maximum(np.asarray(needed_t, dtype=np.float64)[..., np.newaxis] - before, 0.0)
    return np.asarray(np.minimum(usable, still_owed))


# What was sold must come out of the period's own excess; sold early and not earned in the end, it is owed again.
def after_sale_t(excess_t: FloatArray, shortfall_t: FloatArray, sold_t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the excess that is left and what is owed after sales [t-CO2].

    Args:
        excess_t: own excess of the period, dims (…).
        shortfall_t: own shortfall of the period, dims (…).
        sold_t: credits sold on the results of the period, dims (…).
    """
    left = np.maximum(excess_t - sold_t, 0.0)
    return left, shortfall_t + (sold_t - (excess_t - left))


@dataclass(frozen=True)
class Ledger:
    """What became of all credits, in t-CO2; dims (…, kind, period), `uncovered_t` (…, period).

    In each period: fresh + carried_in_t = used_carried_t + used_fresh_t + carried_out_t + expired_t.

    Args:
        carried_in_t: credits of the period before that are still held.
        used_carried_t: of these, used.
        used_fresh_t: credits of the period itself that are used.
        carried_out_t: credits of the period itself that are left, held for the next period.
        expired_t: credits of the period before that are left and end here.
        uncovered_t: what is owed and not covered.
    """

    carried_in_t: FloatArray
    used_carried_t: FloatArray
    used_fresh_t: FloatArray
    carried_out_t: FloatArray
    expired_t: FloatArray
    uncovered_t: FloatArray


# Older credits are used first. What was issued in one period can be used in it and in the next, and ends with that.
def settle(fresh_t: FloatArray, needed_t: FloatArray, limits_t: FloatArray | None = None) -> Ledger:
    """Return the ledger of credits over the periods (source: cap_and_trade.banking).

    Args:
        fresh_t: credits of each kind issued or bought in each period [t-CO2], dims (…, kind, period), kinds in the
            order of use.
        needed_t: what is owed in each period before credits [t-CO2], dims (…, period).
        limits_t: most of each kind that may be used in each period [t-CO2], dims (…, kind, period); no limit if None.
    """
    carried_in, used_carried, used_fresh, carried_out, expired = (np.zeros(fresh_t.shape) for _ in range(5))
    uncovered = np.zeros(needed_t.shape)
    held = np.zeros(fresh_t.shape[:-1])
    for period in range(fresh_t.shape[-1]):
        limit = np.full(held.shape, np.inf) if limits_t is None else limits_t[..., period]
        fresh, needed = fresh_t[..., period], needed_t[..., period]
        old = credit_use(needed, held, limit)
        still = np.maximum(needed - old.sum(axis=-1), 0.0)
        new = credit_use(still, fresh, np.maximum(limit - old, 0.0))
        carried_in[..., period], used_carried[..., period], used_fresh[..., period] = held, old, new
        expired[..., period], carried_out[..., period] = held - old, fresh - new
        uncovered[..., period] = beyond(needed, old.sum(axis=-1) + new.sum(axis=-1))
        held = fresh - new
    return Ledger(carried_in, used_carried, used_fresh, carried_out, expired, uncovered)


def bank(excess_t: FloatArray, needed_t: FloatArray) -> Ledger:
    """Return the ledger of a facility's own excess alone; dims (…, period) in, (…, 1, period) out."""
    return settle(excess_t[..., np.newaxis, :], needed_t)


# An owner moves surplus between its own facilities before it buys: as much as both sides have, in the order given.
def transfer_within_owner(
    saleable_t: FloatArray, needed_t: FloatArray, owner: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return what each facility gives and receives [t-CO2]; both sum to the same for every owner.

    Args:
        saleable_t: what each facility could give [t-CO2], dims (facility).
        needed_t: what each facility still owes [t-CO2], dims (facility).
        owner: owner of each facility, dims (facility).
    """
    given, received = np.zeros(saleable_t.shape), np.zeros(needed_t.shape)
    owners = np.asarray(owner)
    for one in np.unique(owners):
        own = owners == one
        moved = min(float(saleable_t[own].sum()), float(needed_t[own].sum()))
        given[own] = credit_use(moved, saleable_t[own])
        received[own] = credit_use(moved, needed_t[own])
    return given, received


# A duty that is not met in time brings an order over more than what is missing.
def reduction_order_t(uncovered_t: npt.ArrayLike, multiplier: float) -> FloatArray:
    """Return the reduction that is ordered [t-CO2] (source: cap_and_trade.reduction_order)."""
    return scaled(np.asarray(uncovered_t), multiplier)
