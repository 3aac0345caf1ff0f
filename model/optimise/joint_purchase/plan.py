"""The plan of a joint purchase before any bid: lots, menus, calendar, reserve prices, stress, what it brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from model.language import Text
from model.optimise.joint_purchase.auction import FloatArray
from model.optimise.joint_purchase.build import reference_bills, surcharges
from model.optimise.joint_purchase.calendar import Step, calendar
from model.optimise.joint_purchase.inputs import Purchase
from model.optimise.joint_purchase.lots import Lots, plan_lots
from model.optimise.joint_purchase.menu import Menu, choose_menus
from model.optimise.joint_purchase.pool import pooled_peak
from model.optimise.joint_purchase.price_model import second_lowest
from model.optimise.joint_purchase.rows import Reserve
from model.optimise.joint_purchase.tariffs import Tariff, monthly_bills
from model.optimise.procurement_data import MADE_UP, Entry, procurement
from model.optimise.solver import SolverOptions
from model.ordinance.derivation import Obligation
from model.ordinance.fiscal import fiscal_year_of
from model.ordinance.joint_purchase.programme import PROGRAMME, WardFacility, assess
from model.ordinance.rulebook import rules


@dataclass(frozen=True)
class Stress:
    """What a turn of the market would cost.

    Args:
        name: what happens.
        bills: all bills of the year then [JPY].
        change: against the plan [JPY/year].
        by_ward: change by ward [JPY/year].
    """

    name: Text
    bills: float
    change: float
    by_ward: FloatArray


@dataclass(frozen=True)
class Plan:
    """Everything officers decide before bids come in.

    Args:
        purchase: facilities.
        lots: partition with reserve prices.
        menu: renewable menu or certificates by facility.
        calendar: steps.
        pooled_peak: expected highest load together [kW].
        sum_of_peaks: of all facilities [kW].
        stress: turns of the market.
        effects: CO2 and households by ward and together, by the ward study.
        assumptions: every number the price model rests on, by quantity and, of prices, market.
    """

    purchase: Purchase
    lots: Lots
    menu: Menu
    calendar: tuple[Step, ...]
    pooled_peak: float
    sum_of_peaks: float
    stress: tuple[Stress, ...]
    effects: tuple[Obligation, ...]
    assumptions: dict[tuple[str, ...], Entry]


def make_plan(purchase: Purchase, target: float, options: SolverOptions, most_lots: int | None = None) -> Plan:
    """Return the plan of a purchase.

    Args:
        purchase: facilities; bids are not needed.
        target: renewable share of all energy [1].
        options: seconds and gap of the lots and of the menus.
        most_lots: lots at most; by default as auctions on record had.
    """
    lots = plan_lots(purchase, options, most_lots)
    menu = choose_menus(purchase, target, options)
    return Plan(
        purchase,
        lots,
        menu,
        tuple(calendar(purchase.rules.supply_start)),
        pooled_peak(purchase, purchase.rules.fiscal_year),
        float(purchase.peak.max(axis=1).sum()),
        tuple(stress(purchase, lots)),
        tuple(effects(purchase, menu)),
        {
            key[1:]: entry
            for key, entry in procurement().entries.items()
            if key[0] in ("parameters", "market") and not key[1].startswith(MADE_UP)
        },
    )


def effects(purchase: Purchase, menu: Menu | None = None) -> list[Obligation]:
    """Return CO2 and households by ward and together, as the ward study counts them.

    Args:
        purchase: facilities.
        menu: the menus chosen; by default all energy becomes renewable.
    """
    energy = purchase.kwh.sum(axis=1)
    shares = np.ones(len(energy)) if menu is None else np.array([one.share for one in menu.options])[menu.choice]
    rows = [
        WardFacility(id=row.id, municipality=row.ward, kwh=float(kwh), target_renewable_share=float(share))
        for row, kwh, share in zip(purchase.facilities, energy, shares, strict=True)
    ]
    return assess(rows, rules("joint_purchase", "seed_2022"))


def hall_of_the_study() -> tuple[WardFacility, Obligation]:
    """Return the ward hall that the study works out, and what comes out of the functions that a plan uses for it."""
    hall = PROGRAMME.examples[0]
    return hall, assess([hall], rules("joint_purchase", "seed_2022"))[0]


def stress(purchase: Purchase, lots: Lots) -> list[Stress]:
    """Return what turns of the market would cost against the expected price of the lots."""
    data = procurement()
    planned = np.zeros(len(purchase.facilities))
    gone = np.zeros(len(purchase.facilities))
    reference = reference_bills(purchase).sum(axis=1)
    reduction = data.parameter("reduction_high")
    for lot in lots.lots:
        part = reference[lot.facilities] / reference[lot.facilities].sum()
        planned[lot.facilities] = lot.expectation.price * part
        lowest, left = lot.reference * (1.0 - reduction), np.array([max(lot.bidders - 1.0, 0.0)])
        after = {0: lot.reference * purchase.rules.last_resort_multiple, 1: lot.reference}.get(
            int(left[0]), float(second_lowest(np.array([lowest]), np.array([lot.reference]), left)[0])
        )
        gone[lot.facilities] = max(after, lot.expectation.price) * part
    crisis = reference_bills(_in_market(purchase, "crisis")).sum(axis=1)
    last_resort = crisis * purchase.rules.last_resort_multiple
    failed = data.number("market", "no_award_share", "crisis")
    names = (
        (Text("2022 market, every lot awarded", "2022年市場（全ロット落札）"), crisis),
        (Text(f"2022 market, {failed:.0%} of lots without award", f"2022年市場（{failed:.0%}が不落）"),
         failed * last_resort + (1.0 - failed) * crisis),
        (Text("2022 market, last-resort supply only", "2022年市場（全て最終保障供給）"), last_resort),
        (Text("new tariff structure: base +1,000, energy −2.95", "新料金体系（基本＋1,000円、従量−2.95円）"),
         planned + _new_structure(purchase)),
        (Text("one bidder of each lot leaves", "各ロットで1事業者が撤退"), gone),
    )  # fmt: skip
    ward = np.array(purchase.ward)
    return [
        Stress(name, float(bills.sum()), float((bills - planned).sum()),
               np.array([(bills - planned)[ward == code].sum() for code in purchase.wards]))
        for name, bills in names
    ]  # fmt: skip


def _in_market(purchase: Purchase, market: str) -> Purchase:
    """Return the purchase with the reference tariff of another market."""
    return replace(purchase, rules=purchase.rules.model_copy(update={"market": market}))


def _new_structure(purchase: Purchase) -> FloatArray:
    """Return how each bill changes when base charges rise and energy charges fall as announced for 2025 [JPY/year]."""
    data, market = procurement(), purchase.rules.market
    base, summer, other = (
        data.number("market", name, market) for name in ("base_charge", "energy_charge_summer", "energy_charge_other")
    )
    more, less = data.parameter("new_structure_base_change"), data.parameter("new_structure_energy_change")

    def bills(tariff: Tariff) -> FloatArray:
        found = monthly_bills(tariff, purchase.contract_kw, purchase.power_factor, purchase.kwh, surcharges(purchase))
        return np.asarray(found.sum(axis=1), dtype=np.float64)

    return bills(Tariff(base + more, summer + less, other + less)) - bills(Tariff(base, summer, other))


def reserve_rows(plan: Plan) -> list[Reserve]:
    """Return the reserve price of each lot, spread over its facilities by reference bill, in whole yen."""
    reference = reference_bills(plan.purchase).sum(axis=1)
    rows = []
    for number, lot in enumerate(plan.lots.lots, start=1):
        parts = np.floor(lot.expectation.reserve * reference[lot.facilities] / reference[lot.facilities].sum())
        rows += [Reserve(facility=plan.purchase.facilities[position].id, lot=number, reserve_jpy=float(part))
                 for position, part in zip(lot.facilities.tolist(), parts, strict=True)]  # fmt: skip
    return sorted(rows, key=lambda row: row.facility)


def plan_dataset(plan: Plan, facts: Mapping[str, Any]) -> xr.Dataset:
    """Return the plan with the dims facility, lot, partition, option, turn (of the market) and ward; names in English.

    Args:
        plan: the plan.
        facts: attributes of the run.
    """
    purchase, lots, menu = plan.purchase, plan.lots, plan.menu
    of_facility = np.zeros(len(purchase.facilities), dtype=np.int64)
    for number, lot in enumerate(lots.lots):
        of_facility[lot.facilities] = number
    units, power = {"units": "JPY/year"}, {"units": "kW"}
    each = {name: np.array([getattr(lot, name) for lot in lots.lots]) for name in ("energy", "power", "pooled_peak")}
    expected = {name: np.array([getattr(lot.expectation, name) for lot in lots.lots])
                for name in ("price", "reserve", "no_award")}  # fmt: skip
    return xr.Dataset(
        {
            "lot_of_facility": ("facility", of_facility + 1),
            "energy": ("facility", purchase.kwh.sum(axis=1), {"units": "kWh/year"}),
            "bill": ("facility", menu.cost[np.arange(len(menu.choice)), menu.choice], units),
            "renewable_share": ("facility", np.array([one.share for one in menu.options])[menu.choice], {"units": "1"}),
            "supplier_factor": ("facility", np.full(len(menu.choice), np.nan), {"units": "t-CO2/MWh"}),
            "option_of_facility": ("facility", menu.choice),
            "option_cost": (("facility", "option"), menu.cost, units),
            "lot_energy": ("lot", each["energy"], {"units": "kWh/year"}),
            "lot_power": ("lot", each["power"], power),
            "lot_pooled_peak": ("lot", each["pooled_peak"], power),
            "lot_bidders": ("lot", np.array([lot.bidders for lot in lots.lots]), {"units": "1"}),
            "lot_reference": ("lot", np.array([lot.reference for lot in lots.lots]), units),
            "lot_expected_price": ("lot", expected["price"], units),
            "lot_reserve_price": ("lot", expected["reserve"], units),
            "lot_no_award": ("lot", expected["no_award"], {"units": "1"}),
            "partition_lots": ("partition", np.array([one.lots for one in lots.others]), {"units": "1"}),
            "partition_price": ("partition", np.array([one.price for one in lots.others]), units),
            "turn_bills": ("turn", np.array([one.bills for one in plan.stress]), units),
            "turn_change": (("turn", "ward"), np.array([one.by_ward for one in plan.stress]), units),
        },
        coords={
            "facility": [row.id for row in purchase.facilities],
            "lot": np.arange(1, len(lots.lots) + 1),
            "option": [one.name.en for one in menu.options],
            "partition": [one.name.en for one in lots.others],
            "turn": [one.name.en for one in plan.stress],
            "ward": list(purchase.wards),
        },
        attrs={
            "title": "plan of a joint purchase", "fewest_lots": lots.fewest, "most_lots": lots.most,
            "renewable_share": menu.share, "pooled_peak": plan.pooled_peak, "sum_of_peaks": plan.sum_of_peaks,
            "supply_from": fiscal_year_of(purchase.rules.supply_start), **lots.proof.facts(), **facts,
        },
    )  # fmt: skip
