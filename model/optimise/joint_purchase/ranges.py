"""What an award with a given offer costs in a large auction: from below by the relaxation, from above by an award.

From below: the relaxation says for every package and every single offer by how much an award with it exceeds the bound.
From above: the offer is put into the award, what clashes with it is taken out, and facilities left over go, the largest
first, to the cheapest offer for which capacity is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from model.optimise.joint_purchase.auction import Auction, Award, FloatArray, IntArray, price_of
from model.optimise.joint_purchase.bundles import sharpened
from model.optimise.joint_purchase.master import Master, fitting_steps
from model.optimise.joint_purchase.scale import relax
from model.optimise.joint_purchase.singles import full_prices
from model.optimise.solver import SolverOptions

#: Room for sums that meet a limit only but for rounding.
_NOISE = 1e-9


@dataclass(frozen=True)
class Least:
    """What an award costs at least if it uses an offer [unit of the objective].

    Args:
        singles: by facility and supplier; inf where there is no offer.
        packages: by package.
    """

    singles: FloatArray
    packages: FloatArray


def least_with(auction: Auction, options: SolverOptions) -> Least:
    """Return what an award with each offer costs at least.

    Args:
        auction: one that suits the decomposition.
        options: seconds and gap.
    """
    master = Master(auction)
    relaxed = relax(master, options)
    answer = relaxed.answer
    weights = answer.prices[master.first_cut :]
    prices = weights @ np.array(master.prices[: len(weights)])
    full = full_prices(auction, master.resources, prices)
    alone = np.maximum(0.0, answer.reduced_costs[master.columns(1)] * master.unit)
    singles = relaxed.bound + full - full.min(axis=1, keepdims=True) + alone[master.block][:, None]
    packages = relaxed.bound + relaxed.reduced
    if not auction.segments and len(auction.packages):
        sharp = sharpened(master, relaxed.reduced, relaxed.bound, options)
        packages = np.maximum(packages, sharp.bound + sharp.reduced)
        singles = np.maximum(singles, sharp.bound)
    return Least(np.where(np.isfinite(auction.prices), singles, inf), packages)


class Neighbours:
    """Awards near a given one, each with an offer that the given one does not use."""

    def __init__(self, auction: Auction, award: Award) -> None:
        self.auction = auction
        self.price = price_of(auction, award)
        self._packages = award.packages
        self._who = award.supplier_of(auction)
        self._in = np.full(len(auction.facilities), -1, dtype=np.int64)
        for position in award.packages:
            self._in[auction.packages[position].facilities] = position
        self._quantity = np.bincount(self._who, auction.energy, len(auction.suppliers)).astype(np.float64)
        self._power = np.bincount(self._who, auction.power, len(auction.suppliers)).astype(np.float64)
        self._steps = self._schedules(self._quantity)

    def with_single(self, facility: int, supplier: int) -> float:
        """Return the price of an award in which a supplier serves a facility by his single offer; inf: none found."""
        place = np.array([facility])
        return self._with(place, supplier, float(self.auction.prices[facility, supplier]), "")

    def with_package(self, position: int) -> float:
        """Return the price of an award with a package; inf: none found."""
        package = self.auction.packages[position]
        return self._with(package.facilities, package.supplier, package.price, package.group)

    def nearest(self) -> float:
        """Return the price of the cheapest award in which one facility changes its single offer; inf: none found."""
        auction, alone = self.auction, np.flatnonzero(self._in < 0)
        free = auction.power_limit - self._power
        scheduled = np.zeros(len(auction.suppliers), dtype=np.bool_)
        scheduled[[step.supplier for step in auction.segments]] = True
        fits = (auction.power[alone, None] <= free) & ~scheduled & ~scheduled[self._who[alone]][:, None]
        fits[np.arange(len(alone)), self._who[alone]] = False
        dearer = auction.prices[alone] - auction.prices[alone, self._who[alone]][:, None]
        return self.price + float(np.where(fits, dearer, inf).min(initial=inf))

    def _with(self, facilities: IntArray, supplier: int, price: float, group: str) -> float:
        """Return the price of the award after an offer was put in and everything else was set right again."""
        auction = self.auction
        dropped = set(self._in[facilities].tolist()) - {-1}
        if group:
            taken = [(auction.packages[one].supplier, auction.packages[one].group) for one in self._packages]
            dropped |= {one for one, key in zip(self._packages, taken, strict=True) if key == (supplier, group)}
        inside = np.zeros(len(auction.facilities), dtype=np.bool_)
        inside[facilities] = True
        own_packages = [one for one in self._packages if auction.packages[one].supplier == supplier]
        freed = np.isin(self._in, list(dropped))
        size = float(auction.power[facilities].sum())
        room = float(auction.power_limit[supplier]) * (1.0 + _NOISE)

        def too_much() -> bool:
            kept = (self._who == supplier) & ~freed & ~inside
            return size + float(auction.power[kept].sum()) > room

        if too_much():
            freed |= (self._who == supplier) & (self._in < 0)
        for position in sorted(set(own_packages) - dropped, key=lambda one: len(auction.packages[one].facilities)):
            if not too_much():
                break
            dropped.add(position)
            freed |= self._in == position
        if too_much():
            return inf
        return self._refilled(inside, freed & ~inside, supplier, price, dropped)

    def _refilled(self, inside: np.ndarray, freed: np.ndarray, supplier: int, price: float, dropped: set[int]) -> float:
        """Return the price after facilities without an award went to the cheapest offers that capacity is left for."""
        auction = self.auction
        changed = inside | freed
        left = (
            auction.power_limit
            - self._power
            + np.bincount(self._who[changed], auction.power[changed], len(auction.suppliers))
        )
        left[supplier] -= auction.power[inside].sum()
        quantity = self._quantity - np.bincount(self._who[changed], auction.energy[changed], len(auction.suppliers))
        quantity[supplier] += auction.energy[inside].sum()
        singles = np.flatnonzero(changed & (self._in < 0))
        total = self.price - self._steps + price
        total -= float(auction.prices[singles, self._who[singles]].sum())
        total -= sum(auction.packages[position].price for position in dropped)
        order = np.flatnonzero(freed)
        for facility in order[np.argsort(-auction.power[order], kind="stable")].tolist():
            able = np.where(left >= auction.power[facility], auction.prices[facility], inf)
            chosen = int(able.argmin())
            total += float(able[chosen])
            left[chosen] -= auction.power[facility]
            quantity[chosen] += auction.energy[facility]
        return total + self._schedules(quantity)

    def _schedules(self, quantity: FloatArray) -> float:
        """Return what price schedules add at what each supplier serves [objective]; inf where no step fits."""
        steps = fitting_steps(self.auction, quantity)
        for supplier in {step.supplier for step in self.auction.segments}:
            if quantity[supplier] > 0 and steps[supplier] < 0:
                return inf
        held = [(self.auction.segments[number], amount) for number, amount in zip(steps, quantity, strict=True)
                if number >= 0]  # fmt: skip
        return float(sum(step.setup + step.price * amount for step, amount in held))
