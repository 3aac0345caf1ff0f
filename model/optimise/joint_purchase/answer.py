"""The answer to an auction in the terms of the wards: who supplies what, each bill by month, each ward's saving."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from model.language import Text
from model.optimise.joint_purchase.auction import BoolArray, FloatArray, IntArray, price_of
from model.optimise.joint_purchase.build import LAST_RESORT, STAGE_ONE, Built, bid_bills, build, reference_bills
from model.optimise.joint_purchase.clear import TIES_UP_TO, Clearing, clear, second_best
from model.optimise.joint_purchase.inputs import Purchase
from model.optimise.joint_purchase.margins import Departure, Margin, RuleCost, departures, margins, rule_costs
from model.optimise.joint_purchase.ranges import Neighbours
from model.optimise.joint_purchase.tariffs import FISCAL_MONTHS
from model.optimise.joint_purchase.ties import RULE_OF_ALL, RULE_OF_OFFERS
from model.optimise.solver import SolverOptions
from model.ordinance.fiscal import fiscal_year_of


@dataclass(frozen=True)
class Answer:
    """What officers need to know of a cleared auction.

    Args:
        built: the auction.
        cleared: award and proof.
        supplier: position of the supplier by facility.
        bid: id of the bid (or of the fallback) by facility.
        monthly: bills, dims (facility, fiscal month) [JPY].
        steps: what price schedules add, by facility and year [JPY].
        margins: of losing bids.
        second: the best award that differs, or None where there is none or its price is only known as a range.
        second_range: between what prices the best award that differs lies [unit of the objective].
        rules: what each rule costs.
        departures: what it costs if a winner leaves.
    """

    built: Built
    cleared: Clearing
    supplier: IntArray
    bid: tuple[str, ...]
    monthly: FloatArray
    steps: FloatArray
    margins: tuple[Margin, ...] = ()
    second: Clearing | None = None
    second_range: tuple[float, float] | None = None
    rules: tuple[RuleCost, ...] = ()
    departures: tuple[Departure, ...] = ()

    @property
    def yearly(self) -> FloatArray:
        """Bill of each facility for the year [JPY]."""
        return np.asarray(self.monthly.sum(axis=1) + self.steps, dtype=np.float64)

    @property
    def total(self) -> float:
        """All bills of the year [JPY]."""
        return float(self.yearly.sum())

    @property
    def tie_rule(self) -> Text:
        """Rule by which the award was taken among those of the same price."""
        return RULE_OF_OFFERS if self.cleared.ties is None else RULE_OF_ALL

    @property
    def fallback(self) -> BoolArray:
        """Facilities that no bid serves."""
        return np.array([name.startswith("(") for name in self.bid])

    def of_ward(self, code: str) -> BoolArray:
        """Return which facilities belong to a ward."""
        return np.array([ward == code for ward in self.built.purchase.ward])


def award_bills(built: Built, cleared: Clearing) -> tuple[IntArray, tuple[str, ...], FloatArray, FloatArray]:
    """Return supplier, bid, monthly bills and what price schedules add, by facility."""
    purchase, auction, award = built.purchase, cleared.auction, cleared.award
    assert award is not None
    supplier = award.supplier_of(auction)
    names = [""] * len(auction.facilities)
    monthly = np.zeros((len(auction.facilities), len(FISCAL_MONTHS)))
    reference = reference_bills(purchase)
    by_bid: dict[int, list[int]] = {}
    for facility in np.flatnonzero((award.shares > 0).any(axis=1)).tolist():
        position = int(built.bid_of[facility, supplier[facility]])
        if position >= 0:
            by_bid.setdefault(position, []).append(facility)
        else:
            names[facility] = LAST_RESORT
            monthly[facility] = _spread(built.bills[facility, supplier[facility]], reference[facility])
    for position, facilities in by_bid.items():
        cover = np.array(facilities)
        monthly[cover] = bid_bills(purchase, purchase.bids[position], cover)
        for facility in facilities:
            names[facility] = purchase.bids[position].id
    for number in award.packages:
        package, position = auction.packages[number], built.package_bid[number]
        if position >= 0:
            monthly[package.facilities] = bid_bills(purchase, purchase.bids[position], package.facilities)
        else:
            for facility, bill in zip(package.facilities.tolist(), built.package_bills[number], strict=True):
                monthly[facility] = _spread(float(bill), reference[facility])
        for facility in package.facilities.tolist():
            names[facility] = purchase.bids[position].id if position >= 0 else STAGE_ONE
    return supplier, tuple(names), monthly, _steps(built, cleared, supplier)


def _spread(total: float, shape: FloatArray) -> FloatArray:
    """Return a yearly amount by month in proportion to a shape, in whole yen that add up."""
    parts = np.floor(total * shape / shape.sum())
    parts[-1] += total - parts.sum()
    return np.asarray(parts, dtype=np.float64)


def _steps(built: Built, cleared: Clearing, supplier: IntArray) -> FloatArray:
    """Return what price schedules add to the bill of each facility, shared out by energy [JPY/year]."""
    auction, award = cleared.auction, cleared.award
    assert award is not None
    added = np.zeros(len(auction.facilities))
    for number, position in enumerate(award.segments.tolist()):
        served = supplier == number
        quantity = float(auction.energy[served].sum())
        if position >= 0 and quantity > 0:
            segment = auction.segments[position]
            added[served] = (segment.setup + segment.price * quantity) * auction.energy[served] / quantity
    return added


def yen_of(built: Built, cleared: Clearing) -> float:
    """Return all bills of a cleared auction [JPY/year]."""
    _, _, monthly, steps = award_bills(built, cleared)
    return float(monthly.sum() + steps.sum())


def answer(
    purchase: Purchase,
    options: SolverOptions,
    details: bool = True,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Answer | None:
    """Return award, bills and what is behind them; None where no award meets every rule.

    Args:
        purchase: checked tables.
        options: seconds and gap of the award; margins, second best and each rule get as much again at most.
        details: also find margins, second best, costs of rules and of departures.
        told: called with how much is done and how much there is.
    """
    built = build(purchase)
    offers = int(np.isfinite(built.auction.prices).sum())
    exact = offers <= TIES_UP_TO
    asked = options if not exact else SolverOptions(options.seconds, 0.0, 0.5, options.seed, options.threads)
    cleared = clear(built.auction, asked, settle_ties=True)
    told(1, 5)
    if cleared.award is None:
        return None
    bills = award_bills(built, cleared)
    if not details:
        return Answer(built, cleared, *bills)
    second = second_best(cleared.auction, cleared.award, options) if exact else None
    told(2, 5)
    lost = margins(built, cleared, options)
    between = None if exact else _second_range(cleared, lost)
    told(3, 5)
    costs = rule_costs(purchase, float(bills[2].sum() + bills[3].sum()), options, yen_of)
    told(4, 5)
    gone = departures(cleared, options)
    told(5, 5)
    found = second if second is not None and second.award is not None else None
    return Answer(built, cleared, *bills, tuple(lost), found, between, tuple(costs), tuple(gone))


def _second_range(cleared: Clearing, lost: list[Margin]) -> tuple[float, float]:
    """Return between what prices the second-best award lies: above the bound, and no dearer than one that was found."""
    assert cleared.award is not None
    lowest = price_of(cleared.auction, cleared.award)
    found = [lowest + one.at_most for one in lost]
    return cleared.proof.bound, min([Neighbours(cleared.auction, cleared.award).nearest(), *found])


def dataset(found: Answer, facts: Mapping[str, Any]) -> xr.Dataset:
    """Return the answer with the dims facility, month, supplier, bid and ward."""
    purchase, auction = found.built.purchase, found.cleared.auction
    wards = purchase.wards
    offers = np.array([purchase.budgets.get(code, np.nan) for code in wards])
    bills = np.array([found.yearly[found.of_ward(code)].sum() for code in wards])
    served = np.zeros((len(auction.facilities), len(auction.suppliers)))
    served[np.arange(len(auction.facilities)), found.supplier] = 1.0
    units = {"units": "JPY/year"}
    return xr.Dataset(
        {
            "energy": ("facility", auction.energy, {"units": "kWh/year"}),
            "contract_power": ("facility", auction.power, {"units": "kW"}),
            "monthly_bill": (("facility", "month"), found.monthly, {"units": "JPY/month"}),
            "price_steps": ("facility", found.steps, units),
            "bill": ("facility", found.yearly, units),
            "supplied_power": ("supplier", auction.power @ served, {"units": "kW"}),
            "power_limit": ("supplier", auction.power_limit, {"units": "kW"}),
            "renewable_share": ("facility", _shares(found), {"units": "1"}),
            "supplier_factor": ("facility", _factors(found), {"units": "t-CO2/MWh"}),
            "ward_offer": ("ward", offers, units),
            "ward_bill": ("ward", bills, units),
            "ward_saving": ("ward", offers - bills, units),
            "lost_by": ("bid", np.array([one.lost_by for one in found.margins]), units),
            "lost_by_at_most": ("bid", np.array([one.at_most for one in found.margins]), units),
        },
        coords={
            "facility": list(auction.facilities),
            "facility_ward": ("facility", list(purchase.ward)),
            "facility_supplier": ("facility", [auction.suppliers[one] for one in found.supplier.tolist()]),
            "facility_bid": ("facility", list(found.bid)),
            "month": list(FISCAL_MONTHS),
            "supplier": list(auction.suppliers),
            "ward": list(wards),
            "bid": [one.bid for one in found.margins],
        },
        attrs={
            "title": "joint purchase of renewable electricity",
            "supply_from": fiscal_year_of(purchase.rules.supply_start),
            **found.cleared.proof.facts(),
            **facts,
        },
    )


def _shares(found: Answer) -> FloatArray:
    """Return the renewable share that the bid taken gives each facility [1]; NaN where no bid serves it."""
    share = {bid.id: bid.renewable_share / 100.0 for bid in found.built.purchase.bids}
    return np.array([share.get(name, np.nan) for name in found.bid])


def _factors(found: Answer) -> FloatArray:
    """Return the factor that the supplier of each facility states [t-CO2/MWh]; NaN where he states none."""
    stated = {row.id: row.emission_factor for row in found.built.purchase.suppliers}
    names = [found.cleared.auction.suppliers[one] for one in found.supplier.tolist()]
    factors = [stated.get(name) for name in names]
    return np.array([np.nan if factor is None else factor for factor in factors])
