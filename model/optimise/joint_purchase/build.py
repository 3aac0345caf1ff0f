"""From checked tables to an auction: every bill worked out, everybody not admitted left out, fallbacks added."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np

from model.optimise.joint_purchase.auction import Auction, BoolArray, FloatArray, IntArray, Package, Segment
from model.optimise.joint_purchase.inputs import Purchase
from model.optimise.joint_purchase.rows import Bid, Supplier
from model.optimise.joint_purchase.tariffs import Surcharges, Tariff, monthly_bills
from model.optimise.procurement_data import procurement

#: Ids of those who serve when nobody's bid is awarded; brackets keep them apart from suppliers.
STAGE_ONE, LAST_RESORT = "(stage 1)", "(last resort)"


@dataclass(frozen=True)
class Built:
    """An auction with what its numbers mean.

    Args:
        purchase: the tables it came from.
        auction: objective in yen, or in points lost times yen under the overall evaluation.
        bills: yearly bill by facility and supplier for the best single offer [JPY]; inf where there is none.
        bid_of: position of the bid behind each single offer; -1 where there is none.
        package_bid: position of the bid behind each package; -1 for a ward's offer of stage 1.
        package_bills: yearly bill of each facility of each package [JPY], in the order of its facilities.
        admitted: which bids may win.
        refused: why each other bid may not, by bid id.
    """

    purchase: Purchase
    auction: Auction
    bills: FloatArray
    bid_of: IntArray
    package_bid: tuple[int, ...]
    package_bills: tuple[FloatArray, ...]
    admitted: BoolArray
    refused: dict[str, str]

    def bill_of(self, shares: FloatArray, packages: tuple[int, ...]) -> FloatArray:
        """Return the yearly bill of each facility under an award [JPY], before what price schedules add."""
        bills = np.where(shares > 0, np.where(np.isfinite(self.bills), self.bills, 0.0) * shares, 0.0).sum(axis=1)
        for position in packages:
            bills[self.auction.packages[position].facilities] = self.package_bills[position]
        return np.asarray(bills, dtype=np.float64)


def surcharges(purchase: Purchase) -> Surcharges:
    """Return fuel adjustment and levy under the auction's rules."""
    return Surcharges(np.full(12, purchase.rules.fuel_adjustment), purchase.rules.levy)


def bid_bills(purchase: Purchase, bid: Bid, cover: IntArray) -> FloatArray:
    """Return the monthly bills of the facilities a bid covers [JPY], dims (facility, fiscal month)."""
    tariff = Tariff(
        bid.base, bid.energy_summer, bid.energy_other, bid.power_factor, bid.fuel_included, bid.levy_included
    )
    bills = monthly_bills(
        tariff, purchase.contract_kw[cover], purchase.power_factor[cover], purchase.kwh[cover], surcharges(purchase)
    )
    return np.asarray(np.floor(bills * (100.0 - bid.discount) / 100.0 + 1e-6), dtype=np.float64)


def reference_bills(purchase: Purchase) -> FloatArray:
    """Return the bills of all facilities under the reference tariff of the rules' market [JPY], by fiscal month."""
    data, market = procurement(), purchase.rules.market
    tariff = Tariff(
        data.number("market", "base_charge", market),
        data.number("market", "energy_charge_summer", market),
        data.number("market", "energy_charge_other", market),
    )
    return monthly_bills(tariff, purchase.contract_kw, purchase.power_factor, purchase.kwh, surcharges(purchase))


def present_bills(purchase: Purchase) -> FloatArray:
    """Return the bills of all facilities under their present contracts [JPY], by fiscal month; NaN where not known."""
    bills = np.full(purchase.kwh.shape, np.nan)
    for number, row in enumerate(purchase.facilities):
        if row.present_base is not None:
            part = slice(number, number + 1)
            tariff = Tariff(row.present_base, row.present_summer, row.present_other)
            bills[part] = monthly_bills(
                tariff,
                purchase.contract_kw[part],
                purchase.power_factor[part],
                purchase.kwh[part],
                surcharges(purchase),
            )
    return bills


def build(purchase: Purchase, stage_one: bool | None = None) -> Built:
    """Return the auction of a purchase.

    Args:
        purchase: checked tables.
        stage_one: whether wards may stay with their stage-1 offers; by default as the rules say.
    """
    rules = purchase.rules
    admitted, refused = _admitted(purchase)
    names = (*(row.id for row in purchase.suppliers), STAGE_ONE, LAST_RESORT)
    place = {name: number for number, name in enumerate(names)}
    bills = np.full((len(purchase.facilities), len(names)), inf)
    bid_of = np.full(bills.shape, -1, dtype=np.int64)
    energy = purchase.kwh.sum(axis=1)
    packages: list[tuple[str, int, IntArray, FloatArray, str, int]] = []
    needed = np.array([row.renewable_share for row in purchase.facilities])
    for position, (bid, cover) in enumerate(zip(purchase.bids, purchase.covers, strict=True)):
        if not admitted[position]:
            continue
        yearly = bid_bills(purchase, bid, cover).sum(axis=1)
        green = needed[cover] <= bid.renewable_share
        column = place[bid.supplier]
        if bid.kind == "package":
            below = bool(yearly.sum() < purchase.reserves[cover].sum())
            if green.all() and below:
                packages.append((bid.id, column, cover, yearly, bid.group, position))
            else:
                admitted[position] = False
                refused[bid.id] = "reserve_jpy" if green.all() else "renewable_share"
            continue
        usable = green & (yearly < bills[cover, column]) & (yearly < purchase.reserves[cover])
        if rules.reserve_unit_price is not None:
            usable &= yearly < rules.reserve_unit_price * energy[cover]
        bills[cover[usable], column] = yearly[usable]
        bid_of[cover[usable], column] = position
    last = np.floor(reference_bills(purchase).sum(axis=1) * rules.last_resort_multiple + 1e-6)
    bills[:, place[LAST_RESORT]] = last
    if rules.stage_one if stage_one is None else stage_one:
        packages += _stage_one(purchase, place[STAGE_ONE], last)
    limits = _power_limits(purchase)
    auction = Auction(
        tuple(row.id for row in purchase.facilities),
        names,
        energy,
        purchase.contract_kw,
        np.zeros(len(purchase.facilities), dtype=np.bool_),
        bills,
        limits,
        tuple(
            Package(name, column, cover, float(parts.sum()), group) for name, column, cover, parts, group, _ in packages
        ),
        _segments(purchase, place),
    )
    if rules.evaluation == "overall":
        auction = _scored(auction, purchase, [parts for _, _, _, parts, _, _ in packages])
    numbers = tuple(position for *_, position in packages)
    return Built(purchase, auction, bills, bid_of, numbers, tuple(one[3] for one in packages), admitted, refused)


def _admitted(purchase: Purchase) -> tuple[BoolArray, dict[str, str]]:
    """Return which bids are admitted, and the cut-off that stops each other one."""
    rules = purchase.rules
    stopped: dict[str, str] = {}
    for row in purchase.suppliers:
        factor, points = row.emission_factor, row.environmental_points
        if rules.emission_factor_cutoff is not None and (factor is None or factor > rules.emission_factor_cutoff):
            stopped[row.id] = "emission_factor_cutoff"
        elif rules.environmental_points_cutoff is not None and (
            points is None or points < rules.environmental_points_cutoff
        ):
            stopped[row.id] = "environmental_points_cutoff"
    refused = {bid.id: stopped[bid.supplier] for bid in purchase.bids if bid.supplier in stopped}
    return np.array([bid.supplier not in stopped for bid in purchase.bids], dtype=np.bool_), refused


def _power_limits(purchase: Purchase) -> FloatArray:
    """Return the contract power each supplier may win: his capacity, and the cap on the share of one supplier [kW]."""
    cap = purchase.rules.supplier_share_cap * float(purchase.contract_kw.sum())
    limits = [min(row.capacity_kw or inf, cap if purchase.rules.supplier_share_cap < 1 else inf)
              for row in purchase.suppliers]  # fmt: skip
    return np.array([*limits, inf, inf])


def _stage_one(
    purchase: Purchase, supplier: int, shape: FloatArray
) -> list[tuple[str, int, IntArray, FloatArray, str, int]]:
    """Return each ward's offer of stage 1 as a package of all its facilities; the yen are spread by reference bill."""
    found = []
    ward = np.array(purchase.ward)
    for code in sorted(purchase.budgets):
        members = np.flatnonzero(ward == code)
        offer = np.floor(purchase.budgets[code])
        parts = np.floor(offer * shape[members] / shape[members].sum())
        parts[-1] += offer - parts.sum()
        found.append((f"{STAGE_ONE} {code}", supplier, members, parts, "", -1))
    return found


def _segments(purchase: Purchase, place: dict[str, int]) -> tuple[Segment, ...]:
    """Return volume discounts as price steps; a step without fixed amount joins the one before without a jump."""
    segments: list[Segment] = []
    for number, step in enumerate(purchase.steps):
        before = purchase.steps[number - 1] if number and purchase.steps[number - 1].supplier == step.supplier else None
        if step.setup_jpy is not None or before is None:
            setup = step.setup_jpy or 0.0
        else:
            setup = segments[-1].setup + (before.change - step.change) * step.from_kwh
        most = inf if step.to_kwh is None else step.to_kwh
        segments.append(Segment(place[step.supplier], step.from_kwh, most, setup, step.change))
    return tuple(segments)


# Overall evaluation: the points for the price are 25 × lowest ÷ own, the others are the supplier's. Losing the fewest
# points, each facility weighted by its lowest bill, is a sum over offers, so the same model finds the best award.
def _scored(auction: Auction, purchase: Purchase, parts: list[FloatArray]) -> Auction:
    """Return the auction with points lost (weighted by yen) in place of yen."""
    data = procurement()
    most_price = data.parameter("price_points")
    most_other = sum(data.parameter(name) for name in Supplier.POINTS)
    other = np.array([*(sum(getattr(row, name) for name in Supplier.POINTS) for row in purchase.suppliers), 0.0, 0.0])
    lowest = auction.prices.min(axis=1)
    for package, bills in zip(auction.packages, parts, strict=True):
        lowest[package.facilities] = np.minimum(lowest[package.facilities], bills)
    finite = np.isfinite(auction.prices)
    points = most_price * lowest[:, None] / np.where(finite, auction.prices, 1.0) + other
    lost = np.where(finite, np.round(lowest[:, None] * (most_price + most_other - points)), inf)
    packages = []
    for package in auction.packages:
        weight = float(lowest[package.facilities].sum())
        score = most_price * weight / package.price + other[package.supplier]
        price = float(np.round(weight * (most_price + most_other - score)))
        packages.append(Package(package.name, package.supplier, package.facilities, price, package.group))
    return Auction(
        auction.facilities, auction.suppliers, auction.energy, auction.power, auction.divisible, lost,
        auction.power_limit, tuple(packages), (),
    )  # fmt: skip
