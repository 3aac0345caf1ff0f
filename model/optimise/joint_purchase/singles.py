"""Single offers once it is settled what packages take: prices of what is scarce, and the best award of the rest.

A resource is what a supplier has too little of, or what his price schedule counts: contract power that he can still
serve by single offers (at most what is left), and energy that he has to serve by them (exactly, or within a range).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite

import numpy as np
from scipy.sparse import coo_array, csc_array, hstack

from model.optimise.joint_purchase.auction import Auction, BoolArray, FloatArray, IntArray
from model.optimise.solver import ArrayModel, SolverOptions, solve_arrays

#: Cheapest offers of each facility that are looked at first; the others come in when prices ask for them.
_KEPT = 6
#: Price of energy outside its range, as a multiple of the dearest offer for a kWh.
_DEAR = 2.0
#: Rounds in which offers come in.
_ROUNDS = 20
#: Facilities with the closest decisions that stay open when parts are made whole, before more of them are.
_OPEN = 150
#: Gap to which parts are made whole, as a part of the room.
_CLOSE = 0.1
#: Parts of a facility this close to one are whole.
_WHOLE = 1.0 - 1e-6


@dataclass(frozen=True)
class Resources:
    """What single offers share.

    Args:
        supplier: whose it is, by resource.
        power: whether it is contract power with a limit; else energy that a price schedule counts.
    """

    supplier: IntArray
    power: BoolArray

    def amounts(self, auction: Auction) -> FloatArray:
        """Return what each facility uses of each resource if its supplier serves it, dims (resource, facility)."""
        return np.where(self.power[:, None], auction.power, auction.energy)


# What an offer costs with everything scarce paid for: its price, and what it uses at the price of the resource.
def full_prices(auction: Auction, resources: Resources, prices: FloatArray) -> FloatArray:
    """Return offers with resources paid at some prices, dims (facility, supplier) [unit of the objective]."""
    full = auction.prices.copy()
    for supplier, power, price in zip(resources.supplier, resources.power, prices, strict=True):
        full[:, supplier] += price * (auction.power if power else auction.energy)
    return full


@dataclass(frozen=True)
class Priced:
    """Single offers awarded in parts.

    Args:
        prices: of the resources [unit of the objective per kW or kWh]; those of power are not negative.
        kept: offers that were looked at.
        parts: of the offers looked at, in their order [1].
    """

    prices: FloatArray
    kept: BoolArray
    parts: FloatArray


def priced_singles(
    auction: Auction,
    resources: Resources,
    weight: FloatArray,
    ranges: tuple[FloatArray, FloatArray],
    first: FloatArray,
    options: SolverOptions,
) -> Priced | None:
    """Return what the resources are worth when facilities are awarded singly in parts, at the lowest price.

    Args:
        auction: facilities and offers.
        resources: what they share.
        weight: part of each facility that is awarded singly [1].
        ranges: lowest and highest use of each resource.
        first: prices of resources that choose the offers looked at first.
        options: seconds.

    Returns:
        None where the ranges cannot be met.
    """
    finite = np.isfinite(auction.prices) & (weight > 0)[:, None]
    offered = np.where(finite, auction.prices, 0.0)
    kept = finite & (_cheapest(full_prices(auction, resources, first)) | _cheapest(auction.prices))
    for _ in range(_ROUNDS):
        model = _softened(
            _assignment(auction, resources, offered, kept, weight, ranges, whole=False), resources, auction
        )
        answer = solve_arrays(model, replace(options, relative_gap=0.0))
        if not answer.proof.has_answer:
            if (kept == finite).all():
                return None
            kept = finite
            continue
        many = len(auction.facilities)
        prices = np.where(resources.power, np.maximum(0.0, -answer.prices[many:]), -answer.prices[many:])
        full = full_prices(auction, resources, prices)
        missing = finite & ~kept & (full < answer.prices[:many, None] - 1e-6 * offered)
        if not missing.any():
            break
        kept = kept | missing
    return Priced(prices, kept, answer.values[: int(kept.sum())])


def whole_singles(
    auction: Auction, resources: Resources, ranges: tuple[FloatArray, FloatArray], first: FloatArray,
    options: SolverOptions, room: float = inf,
) -> FloatArray | None:  # fmt: skip
    """Return the single offers taken, dims (facility, supplier), close to the lowest price; None where none was found.

    Args:
        auction: facilities and offers.
        resources: what they share.
        ranges: lowest and highest use of each resource.
        first: prices of resources that choose the offers looked at first.
        options: seconds and gap.
        room: what whole facilities may cost more than parts before more of them are looked at [unit of the objective].
    """
    found = priced_singles(auction, resources, np.ones(len(auction.facilities)), ranges, first, options)
    if found is None:
        return None
    part = np.zeros(found.kept.shape)
    part[found.kept] = found.parts
    full = full_prices(auction, resources, found.prices)
    dearer = np.where(part > 0.0, 0.0, full - full.min(axis=1, keepdims=True))
    split = part.max(axis=1) <= _WHOLE
    order = np.argsort(np.where(split, -inf, np.where(part > _WHOLE, inf, dearer).min(axis=1)), kind="stable")
    settled = np.ones(len(order), dtype=np.bool_)
    settled[order[: _OPEN + int(split.sum())]] = False
    finite = np.isfinite(auction.prices)
    offered = np.where(finite, auction.prices, 0.0)
    ones = np.ones(len(auction.facilities))
    parts = float((offered * part).sum())
    best, lowest = None, inf
    # In a better award no offer exceeds the prices by more than whole facilities cost beyond parts so far.
    kept = np.where(settled[:, None], part > _WHOLE, finite & _cheapest(full))
    asked = replace(options, absolute_gap=max(options.absolute_gap, _CLOSE * room)) if isfinite(room) else options
    for wider in (finite & (dearer <= room), finite, None):
        model = _assignment(auction, resources, offered, kept, ones, ranges, whole=True)
        made = solve_arrays(model, asked, None if best is None else best[kept])
        if made.proof.has_answer and made.proof.objective < lowest:
            best, lowest = np.zeros(finite.shape), made.proof.objective
            best[kept] = made.values > 0.5
        if wider is None or lowest <= parts + room:
            break
        kept = kept | wider
    return best


# Energy missing or beyond the range is paid dearly, so that prices say which range would do.
def _softened(model: ArrayModel, resources: Resources, auction: Auction) -> ArrayModel:
    """Return the model with columns that make up for energy missing or beyond the range."""
    rows = len(auction.facilities) + np.flatnonzero(~resources.power)
    if not len(rows):
        return model
    finite = np.where(np.isfinite(auction.prices), auction.prices, 0.0)
    dear = _DEAR * float((finite.max(axis=1) / auction.energy).max())
    count = len(rows)
    signs = np.concatenate((np.ones(count), -np.ones(count)))
    shape = (model.matrix.shape[0], 2 * count)
    more = csc_array(coo_array((signs, (np.concatenate((rows, rows)), np.arange(2 * count))), shape=shape))
    none = np.zeros(2 * count)
    return replace(
        model,
        costs=np.concatenate((model.costs, np.full(2 * count, dear))),
        lower=np.concatenate((model.lower, none)),
        upper=np.concatenate((model.upper, np.full(2 * count, inf))),
        integer=np.concatenate((model.integer, none > 0)),
        matrix=csc_array(hstack([model.matrix, more])),
    )


def _cheapest(values: FloatArray) -> BoolArray:
    """Return the few lowest entries of each row."""
    kept = np.zeros(values.shape, dtype=np.bool_)
    np.put_along_axis(kept, np.argsort(values, axis=1, kind="stable")[:, :_KEPT], True, axis=1)
    return kept


def _assignment(
    auction: Auction,
    resources: Resources,
    offered: FloatArray,
    kept: BoolArray,
    weight: FloatArray,
    ranges: tuple[FloatArray, FloatArray],
    whole: bool,
) -> ArrayModel:
    """Return the model that assigns every facility to suppliers within the ranges, with some of the offers."""
    facility, supplier = np.nonzero(kept)
    many, columns = len(auction.facilities), np.arange(len(facility))
    rows, places, values = [facility], [columns], [np.ones(len(facility))]
    for number, (owner, amount) in enumerate(zip(resources.supplier, resources.amounts(auction), strict=True)):
        own = np.flatnonzero(supplier == owner)
        rows.append(np.full(len(own), many + number))
        places.append(own)
        values.append(amount[facility[own]] * weight[facility[own]])
    shape = (many + len(resources.supplier), len(facility))
    matrix = csc_array(coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(places))), shape=shape))
    served = (weight > 0).astype(np.float64)
    return ArrayModel(
        offered[facility, supplier] * weight[facility],
        np.zeros(len(facility)),
        np.ones(len(facility)),
        np.full(len(facility), whole),
        matrix,
        np.concatenate((served, ranges[0])),
        np.concatenate((served, ranges[1])),
    )
