"""What an auction is once every bill is worked out: facilities, suppliers, prices, packages, schedules, limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Package:
    """An offer for several facilities together, all or none.

    Args:
        name: id of the bid.
        supplier: position of the supplier.
        facilities: positions of the facilities, rising.
        price: what the whole costs [unit of the auction's objective].
        group: of the packages of one group at most one is awarded; empty for none.
    """

    name: str
    supplier: int
    facilities: IntArray
    price: float
    group: str = ""


@dataclass(frozen=True)
class Segment:
    """One step of a supplier's price schedule over everything he is awarded; at most one step holds.

    Args:
        supplier: position of the supplier.
        least: the step holds from here [kWh].
        most: up to here [kWh].
        setup: charged once if the step holds [unit of the objective].
        price: added for each kWh [unit of the objective per kWh].
    """

    supplier: int
    least: float
    most: float
    setup: float
    price: float


@dataclass(frozen=True)
class Auction:
    """An auction ready to be cleared; every position counts in the order of the ids, never of the rows read.

    Args:
        facilities: ids.
        suppliers: ids.
        energy: yearly consumption by facility [kWh].
        power: contract power by facility [kW].
        divisible: facilities that several suppliers may serve in parts.
        prices: by facility and supplier; inf where there is no offer [unit of the objective].
        power_limit: contract power that a supplier can serve; inf for no limit [kW].
        packages: offers for several facilities together.
        segments: price schedules; a supplier without any charges nothing beyond his offers.
    """

    facilities: tuple[str, ...]
    suppliers: tuple[str, ...]
    energy: FloatArray
    power: FloatArray
    divisible: BoolArray
    prices: FloatArray
    power_limit: FloatArray
    packages: tuple[Package, ...] = ()
    segments: tuple[Segment, ...] = ()

    def without_supplier(self, supplier: int) -> Auction:
        """Return the auction as if one supplier had not bid."""
        prices = self.prices.copy()
        prices[:, supplier] = inf
        return replace(
            self,
            prices=prices,
            packages=tuple(one for one in self.packages if one.supplier != supplier),
            segments=tuple(one for one in self.segments if one.supplier != supplier),
        )

    def among(self, kept: BoolArray) -> Auction:
        """Return the auction of some facilities only; packages that reach beyond them fall away."""
        place = np.full(len(kept), -1)
        place[kept] = np.arange(int(kept.sum()))
        packages = tuple(
            replace(one, facilities=place[one.facilities]) for one in self.packages if kept[one.facilities].all()
        )
        return replace(
            self,
            facilities=tuple(name for name, keep in zip(self.facilities, kept, strict=True) if keep),
            energy=self.energy[kept],
            power=self.power[kept],
            divisible=self.divisible[kept],
            prices=self.prices[kept],
            packages=packages,
        )


@dataclass(frozen=True)
class Award:
    """Who serves what.

    Args:
        shares: part of each facility that each supplier serves by a single offer, dims (facility, supplier) [1].
        packages: positions of the packages awarded.
        segments: position of the price step that holds, by supplier; -1 for none.
    """

    shares: FloatArray
    packages: tuple[int, ...]
    segments: IntArray

    def served(self, auction: Auction) -> FloatArray:
        """Return the part of each facility that each supplier serves by whatever offer [1]."""
        served = self.shares.copy()
        for position in self.packages:
            package = auction.packages[position]
            served[package.facilities, package.supplier] = 1.0
        return served

    def supplier_of(self, auction: Auction) -> IntArray:
        """Return the supplier with the largest part of each facility."""
        return np.asarray(self.served(auction).argmax(axis=1), dtype=np.int64)


# The price of an award: the single offers taken, the packages taken, and what the price schedules add.
def price_of(auction: Auction, award: Award) -> float:
    """Return what an award costs [unit of the objective]; rises with nothing but what was offered."""
    taken = award.shares > 0
    total = float((auction.prices[taken] * award.shares[taken]).sum())
    total += sum(auction.packages[position].price for position in award.packages)
    quantity = auction.energy @ award.served(auction)
    for supplier, position in enumerate(award.segments):
        if position >= 0:
            segment = auction.segments[position]
            total += segment.setup + segment.price * float(quantity[supplier])
    return total


# Packages that cost no less than the same supplier's own single offers can never be needed: his single offers use
# the same capacity and count the same towards his price schedule.
def without_dominated(auction: Auction) -> tuple[Auction, tuple[int, ...]]:
    """Return the auction without packages that some offer of the same supplier makes needless, and who stayed."""
    best: dict[tuple[int, bytes, str], int] = {}
    for position, package in enumerate(auction.packages):
        if package.price > float(auction.prices[package.facilities, package.supplier].sum()):
            continue
        key = (package.supplier, package.facilities.tobytes(), package.group)
        known = best.get(key)
        if known is None or package.price < auction.packages[known].price:
            best[key] = position
    kept = tuple(sorted(best.values()))
    return replace(auction, packages=tuple(auction.packages[position] for position in kept)), kept


def signatures(auction: Auction) -> IntArray:
    """Return for each facility a number that two facilities share if exactly the same packages hold both."""
    holding: list[list[int]] = [[] for _ in auction.facilities]
    for position, package in enumerate(auction.packages):
        for facility in package.facilities.tolist():
            holding[facility].append(position)
    known: dict[tuple[int, ...], int] = {}
    return np.array([known.setdefault(tuple(one), len(known)) for one in holding], dtype=np.int64)


# Where no two facilities are linked through a package, a limit that can bind or a price schedule, they are separate
# auctions: each is solved alone and the proofs add up.
def parts_of(auction: Auction) -> list[IntArray]:
    """Return the facilities of each part of the auction that can be cleared alone, every part rising."""
    parent = list(range(len(auction.facilities)))

    def root(facility: int) -> int:
        while parent[facility] != facility:
            parent[facility] = parent[parent[facility]]
            facility = parent[facility]
        return facility

    for members in _links(auction):
        for other in members[1:]:
            parent[root(other)] = root(members[0])
    roots = np.array([root(facility) for facility in range(len(parent))])
    return [np.flatnonzero(roots == one) for one in np.unique(roots)]


def _links(auction: Auction) -> list[list[int]]:
    """Return sets of facilities that have to be cleared together."""
    links = [package.facilities.tolist() for package in auction.packages]
    groups: dict[tuple[int, str], list[int]] = {}
    reached: list[set[int]] = [set(np.flatnonzero(np.isfinite(column)).tolist()) for column in auction.prices.T]
    for package in auction.packages:
        reached[package.supplier].update(package.facilities.tolist())
        if package.group:
            groups.setdefault((package.supplier, package.group), []).append(int(package.facilities[0]))
    scheduled = {segment.supplier for segment in auction.segments}
    for supplier, members in enumerate(reached):
        if supplier in scheduled or auction.power[sorted(members)].sum() > auction.power_limit[supplier]:
            links.append(sorted(members))
    return links + list(groups.values())
