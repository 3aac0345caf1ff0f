"""Winner determination: the best award with its proof, part by part, with ties settled by a stated rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from time import perf_counter
from typing import Any

import numpy as np

from model.optimise.joint_purchase.auction import (
    Auction,
    Award,
    IntArray,
    parts_of,
    price_of,
    without_dominated,
)
from model.optimise.joint_purchase.model import WinnerModel, total_of, winner_model
from model.optimise.joint_purchase.scale import clear_by_decomposition, suits
from model.optimise.joint_purchase.ties import SAME_PRICE, exchanged
from model.optimise.solver import Proof, SolverOptions, Status, prove

#: Auctions with more single offers than this are cleared by decomposition.
LARGEST_DIRECT = 8_000
#: Offers and facilities up to which all ties are settled; beyond, a proof to the last yen is out of reach and only
#: equal offers for the same facilities are told apart.
TIES_UP_TO = 3_000
_MOST_TIED = 200
#: Part of the time that must be left for one model of the whole to be tried after a decomposition without news.
_WORTH_TRYING = 0.2


@dataclass(frozen=True)
class Clearing:
    """The outcome of an auction.

    Args:
        auction: what was cleared.
        proof: how good the award is known to be.
        award: who serves what; None where no award meets every rule.
        ties: whether other awards of the same price exist; None where only equal offers were told apart, if any.
        parts: number of separate auctions that it fell into.
    """

    auction: Auction
    proof: Proof
    award: Award | None
    ties: bool | None = None
    parts: int = 1


def clear(auction: Auction, options: SolverOptions, settle_ties: bool = False) -> Clearing:
    """Return the award with the lowest price.

    Args:
        auction: facilities, offers, limits.
        options: seconds and gap for the whole.
        settle_ties: of several awards of the lowest price take the one that, facility by facility in the order of
            their ids, goes to the supplier that comes first (the auction lists suppliers in the order of the rule);
            in large auctions do so among equal offers for the same facilities.

    Returns:
        the award, or none if no award meets every rule.
    """
    begun = perf_counter()
    reduced, kept = without_dominated(auction)
    places = parts_of(reduced)
    few = int(np.isfinite(auction.prices).sum()) <= TIES_UP_TO
    cleared = []
    for place in places:
        left = max(1.0, options.seconds - (perf_counter() - begun))
        mask = np.zeros(len(auction.facilities), dtype=np.bool_)
        mask[place] = True
        part = _part(reduced, mask)
        outcome = _clear_part(part, replace(options, seconds=left))
        if settle_ties and outcome.award is not None:
            outcome = _settled(outcome, replace(options, seconds=left), few)
        cleared.append(outcome)
    return _together(auction, reduced, kept, places, cleared, options, perf_counter() - begun)


def is_large(auction: Auction) -> bool:
    """Say whether an auction is cleared by decomposition: too large for one model, and with a way to fall back."""
    return int(np.isfinite(auction.prices).sum()) > LARGEST_DIRECT and suits(auction)


def _part(auction: Auction, mask: Any) -> Auction:
    """Return a part of an auction; price schedules stay with suppliers that can serve in it."""
    part = auction.among(mask)
    able = {int(one) for one in np.flatnonzero(np.isfinite(part.prices).any(axis=0))}
    able |= {package.supplier for package in part.packages}
    return replace(part, segments=tuple(one for one in part.segments if one.supplier in able))


def _clear_part(auction: Auction, options: SolverOptions) -> Clearing:
    """Clear an auction that does not fall apart, directly or by decomposition."""
    if not is_large(auction):
        return Clearing(auction, *winner_model(auction).solve(options))
    proof, award = clear_by_decomposition(auction, options)
    left = options.seconds - proof.seconds
    if proof.status == "feasible" and left > _WORTH_TRYING * options.seconds:
        return _closer(Clearing(auction, proof, award), replace(options, seconds=left))
    return Clearing(auction, proof, award)


# Whole facilities can leave the decomposition without news before the gap is reached; one model of all goes on.
def _closer(found: Clearing, options: SolverOptions) -> Clearing:
    """Return the better of an award and that of one model of the whole, with the higher bound."""
    assert found.award is not None
    begun = perf_counter()
    model = winner_model(found.auction)
    proof, award = model.solve(replace(options, seconds=max(1.0, options.seconds - (perf_counter() - begun))))
    if award is None or proof.objective >= found.proof.objective:
        award, price = found.award, found.proof.objective
    else:
        price = proof.objective
    bound = max(found.proof.bound, proof.bound) if isfinite(proof.bound) else found.proof.bound
    met = price - bound <= max(options.relative_gap * abs(price), options.absolute_gap)
    seconds = found.proof.seconds + perf_counter() - begun
    status: Status = "optimal" if met else "feasible"
    return replace(found, proof=prove(status, price, bound, seconds, options), award=award)


def _together(
    auction: Auction,
    reduced: Auction,
    kept: tuple[int, ...],
    places: list[IntArray],
    cleared: list[Clearing],
    options: SolverOptions,
    seconds: float,
) -> Clearing:
    """Return the clearing of the whole from those of its parts."""
    statuses = {one.proof.status for one in cleared}
    status: Status = "optimal"
    for worse in ("feasible", "no_solution", "unbounded", "infeasible"):
        if worse in statuses:
            status = worse
    bound = sum(one.proof.bound for one in cleared)
    if any(one.award is None for one in cleared):
        return Clearing(auction, prove(status, np.nan, bound, seconds, options), None, parts=len(places))
    shares = np.zeros(auction.prices.shape)
    packages: list[int] = []
    segments = np.full(len(auction.suppliers), -1, dtype=np.int64)
    numbers = {package.name: position for position, package in zip(kept, reduced.packages, strict=True)}
    for place, one in zip(places, cleared, strict=True):
        assert one.award is not None
        shares[place] = one.award.shares
        packages += [numbers[one.auction.packages[position].name] for position in one.award.packages]
        for position in one.award.segments[one.award.segments >= 0].tolist():
            segments[one.auction.segments[position].supplier] = auction.segments.index(one.auction.segments[position])
    award = Award(shares, tuple(sorted(packages)), segments)
    proof = prove(status, price_of(auction, award), bound, seconds, options)
    known = [one.ties for one in cleared]
    ties = None if None in known else any(known)
    return Clearing(auction, proof, award, ties, len(places))


# Only what is proven to be lowest can be tied: within a gap, two awards cannot be told to be equal.
def _settled(cleared: Clearing, options: SolverOptions, few: bool) -> Clearing:
    """Return the award that the rule for ties picks among those of the lowest price, and whether there were others."""
    auction, award = cleared.auction, cleared.award
    assert award is not None
    begun = perf_counter()
    proven = cleared.proof.objective - cleared.proof.bound <= max(SAME_PRICE, 1e-12 * abs(cleared.proof.objective))
    if not (few and proven) or len(auction.facilities) > _MOST_TIED:
        return replace(cleared, award=exchanged(auction, award))
    exact = replace(options, relative_gap=0.0, absolute_gap=SAME_PRICE / 2)
    if not _another(auction, award, exact):
        return replace(cleared, ties=False)
    model = winner_model(auction)
    model.model.lowest = _at_most(model, price_of(auction, award) + SAME_PRICE)
    _use_rank(model)
    for facility in range(len(auction.facilities)):
        rank = _rank(model, facility)
        model.model.rank.set_value(expr=rank)
        proof, found = model.solve(exact)
        if found is None or perf_counter() - begun > options.seconds:
            return replace(cleared, award=exchanged(auction, found or award))
        model.model.decided.add(rank <= proof.objective + SAME_PRICE)
        award = found
    return replace(cleared, award=award, ties=True)


def _at_most(model: WinnerModel, price: float) -> Any:
    """Return the row that keeps the price at most at a level."""
    import pyomo.environ as pyo

    return pyo.Constraint(expr=model.model.total.expr <= price)


def _use_rank(model: WinnerModel) -> None:
    """Give the model an objective beside the price, and room for decisions already made."""
    import pyomo.environ as pyo

    model.model.total.deactivate()
    model.model.rank = pyo.Objective(expr=0.0)
    model.model.decided = pyo.ConstraintList()


def _rank(model: WinnerModel, facility: int) -> Any:
    """Return the place, in the order of suppliers, of whoever serves a facility; single offers before packages."""
    auction = model.auction
    parts = [2.0 * s * model.model.share[f, s] for f, s in model.model.OFFERS if f == facility]
    for position, package in enumerate(auction.packages):
        if facility in package.facilities:
            parts.append((2.0 * package.supplier + 1.0) * model.model.taken[position])
    return sum(parts)


def _another(auction: Auction, award: Award, options: SolverOptions) -> bool:
    """Say whether another award costs the same."""
    other = second_best(auction, award, options)
    return other.award is not None and price_of(auction, other.award) <= price_of(auction, award) + SAME_PRICE


# A different award serves something by an offer that the best award did not use, or splits a facility otherwise.
def second_best(auction: Auction, award: Award, options: SolverOptions) -> Clearing:
    """Return the best award that uses at least one offer which the given award does not use."""
    model = winner_model(auction)
    unused = [model.model.share[f, s] for f, s in model.model.OFFERS if award.shares[f, s] == 0]
    unused += [model.model.taken[p] for p in model.model.PACKAGES if p not in award.packages]
    if not unused:
        return Clearing(auction, prove("infeasible", np.nan, np.nan, 0.0, options), None)
    model.model.other = at_least_one(unused)
    proof, found = model.solve(options)
    return Clearing(auction, proof, found)


def at_least_one(variables: list[Any]) -> Any:
    """Return the row that makes one of some offers win."""
    import pyomo.environ as pyo

    return pyo.Constraint(expr=total_of(variables) >= 1)
