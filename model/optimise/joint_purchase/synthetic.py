"""A made-up but realistic set of wards, facilities, suppliers and bids, from the parameter tables and a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.optimise.joint_purchase.auction import FloatArray
from model.optimise.joint_purchase.rows import Bid, Budget, Facility, Supplier
from model.optimise.joint_purchase.rules import Rule
from model.optimise.joint_purchase.tariffs import FISCAL_MONTHS, base_charge
from model.optimise.procurement_data import FACILITY_CLASSES, procurement
from model.ordinance.municipalities import municipalities

#: Put into every name, so that nobody takes a made-up facility or supplier for a real one.
MARK = "合成"
#: Draws for each package before a set is taken to be too small for so many.
_TRIES = 50


def _assumed(quantity: str) -> float:
    """Return an assumption of the generator."""
    return procurement().parameter(f"synthetic_{quantity}")


def _between(quantity: str) -> tuple[float, float]:
    """Return the ends of a range that the generator draws from."""
    return _assumed(f"{quantity}_low"), _assumed(f"{quantity}_high")


@dataclass(frozen=True)
class SyntheticSet:
    """Rows of a made-up joint purchase, ready to be written as files."""

    tables: dict[str, list[Any]]


def synthetic(
    wards: int = 23, facilities: int = 100, suppliers: int = 30, packages: int = 1000, seed: int = 0
) -> SyntheticSet:
    """Return a made-up joint purchase.

    Args:
        wards: number of wards, in the order of their codes.
        facilities: facilities of each ward.
        suppliers: number of bidders.
        packages: number of package bids.
        seed: seed of every draw; the same seed gives the same set.
    """
    random = np.random.default_rng(seed)
    codes = [code for code, place in sorted(municipalities().items()) if place.kind == "ward"][:wards]
    rows = _facilities(random, codes, facilities)
    kwh = np.array([row.monthly("kwh") for row in rows], dtype=np.float64)
    power = np.array([max(row.monthly("kw")) for row in rows], dtype=np.float64)
    bidders = _suppliers(random, suppliers, float(power.sum()))
    bids = _singles(random, bidders, rows, power)
    bids += _packages(random, rows, power, bidders, bids, packages)
    budgets = _budgets(random, rows, kwh, power, bids)
    rules = [Rule(id="overlapping_packages", value="disjoint"), Rule(id="supplier_share_cap", value="0.5")]
    return SyntheticSet(
        {
            "auction_facilities": rows,
            "auction_suppliers": bidders,
            "auction_bids": bids,
            "auction_budgets": budgets,
            "auction_rules": rules,
        }
    )


def _facilities(random: np.random.Generator, codes: list[str], number: int) -> list[Any]:
    """Return facilities with monthly energy and peaks; every ward has one hall."""
    data = procurement()
    classes = list(FACILITY_CLASSES)
    weights = np.array([data.number("classes", "share_of_facilities", name) for name in classes])
    rows = []
    for code in codes:
        kinds = ["hall", *random.choice(classes[1:], number - 1, p=weights[1:] / weights[1:].sum()).tolist()]
        for position, kind in enumerate(kinds):
            energy, peak = _load(random, kind)
            months: dict[str, Any] = {f"kwh_{m:02d}": float(v) for m, v in zip(FISCAL_MONTHS, energy, strict=True)}
            months |= {f"kw_{m:02d}": float(v) for m, v in zip(FISCAL_MONTHS, peak, strict=True)}
            name = f"{MARK}-{municipalities()[code].name_ja}{FACILITY_CLASSES[kind].ja}{position + 1}"
            agreed = float(peak.max()) if peak.max() >= data.parameter("contract_power_threshold") else None
            rows.append(
                Facility(
                    id=f"{code}-{position + 1:03d}",
                    name=name,
                    ward=code,
                    facility_class=kind,
                    contract_kw=agreed,
                    **months,
                )
            )
    return rows


def _load(random: np.random.Generator, kind: str) -> tuple[FloatArray, FloatArray]:
    """Return monthly energy [kWh] and peaks [kW] of one facility, April first, in whole numbers."""
    data = procurement()
    low, typical, high = (data.number("classes", f"energy_{level}", kind) for level in ("low", "typical", "high"))
    yearly = random.triangular(low, typical, high)
    bounds = (data.number("classes", "load_factor_low", kind), data.number("classes", "load_factor_high", kind))
    factor = random.uniform(*bounds)
    shape = np.array([data.number("monthly_shape", "share_of_year", kind, str(month)) for month in FISCAL_MONTHS])
    energy = np.round(yearly * shape)
    highest = energy.sum() / 8760.0 / factor
    least = _assumed("off_peak")
    peak = np.ceil(highest * (least + (1.0 - least) * shape / shape.max()))
    return energy, peak


def _suppliers(random: np.random.Generator, number: int, power: float) -> list[Supplier]:
    """Return bidders with capacities, emission factors and points."""
    capacity, points = _between("capacity"), _between("environmental_points")
    return [
        Supplier(
            id=f"S{position + 1:02d}",
            name=f"{MARK}電力{position + 1}",
            capacity_kw=float(np.round(power / number * random.uniform(*capacity))),
            emission_factor=float(np.round(random.uniform(0.0, _assumed("emission_factor_high")), 3)),
            environmental_points=float(random.integers(int(points[0]), int(points[1]) + 1)),
            **{name: float(random.integers(0, int(procurement().parameter(name)) + 1)) for name in Supplier.POINTS},
        )
        for position in range(number)
    ]


def _singles(random: np.random.Generator, bidders: list[Supplier], rows: list[Any], power: FloatArray) -> list[Bid]:
    """Return one tariff a class of every bidder, around the reference of the crisis market."""
    data = procurement()
    base, summer, other = (
        data.number("market", name, "crisis") for name in ("base_charge", "energy_charge_summer", "energy_charge_other")
    )
    classes = np.array([row.facility_class for row in rows])
    smallest = {kind: power[classes == kind].min(initial=np.inf) for kind in FACILITY_CLASSES}
    bids = []
    for order, bidder in enumerate(bidders):
        level = 1.0 + _assumed("between") * random.standard_normal()
        for kind in FACILITY_CLASSES:
            energy = level * (1.0 + _assumed("within") * random.standard_normal())
            if smallest[kind] > (bidder.capacity_kw or np.inf):
                continue
            bids.append(
                Bid(
                    id=f"{bidder.id}-{kind}",
                    supplier=bidder.id,
                    received=order + 1,
                    classes=kind,
                    base=float(np.round(base * (1.0 + _assumed("base_spread") * random.standard_normal()), 2)),
                    energy_summer=float(np.round(summer * energy, 2)),
                    energy_other=float(np.round(other * energy, 2)),
                )
            )
    return bids


def _packages(
    random: np.random.Generator,
    rows: list[Any],
    power: FloatArray,
    bidders: list[Supplier],
    singles: list[Bid],
    number: int,
) -> list[Bid]:
    """Return package bids: one tariff for a few wards and classes together, below the bidder's mean tariff."""
    ward, kind = np.array([row.ward for row in rows]), np.array([row.facility_class for row in rows])
    codes, classes = sorted(set(ward.tolist())), list(FACILITY_CLASSES)
    tariffs = {(bid.supplier, bid.classes): bid for bid in singles}
    wards, kinds = int(_assumed("package_wards")), int(_assumed("package_classes"))
    leaves_out, discount = _assumed("leaves_out"), _between("discount")
    bids: list[Bid] = []
    for _ in range(_TRIES * number):
        if len(bids) == number:
            break
        bidder = bidders[random.integers(len(bidders))]
        some = sorted(random.choice(codes, min(len(codes), int(random.integers(1, wards + 1))), replace=False).tolist())
        few = random.choice(classes[1:], int(random.integers(1, kinds + 1)), replace=False).tolist()
        if random.random() < leaves_out:
            few = [name for name in few if name != "hospital"]
        cover = np.isin(ward, some) & np.isin(kind, few)
        own = [tariffs[bidder.id, name] for name in few if (bidder.id, name) in tariffs]
        if cover.sum() < 2 or power[cover].sum() > (bidder.capacity_kw or np.inf) or not own:
            continue
        mean: dict[str, Any] = {
            name: float(np.round(np.mean([getattr(bid, name) for bid in own]), 2))
            for name in ("base", "energy_summer", "energy_other")
        }
        bids.append(
            Bid(
                id=f"P{len(bids) + 1:05d}",
                supplier=bidder.id,
                received=len(bidders) + len(bids) + 1,
                kind="package",
                wards=";".join(some),
                classes=";".join(sorted(few)),
                **mean,
                discount=float(np.round(random.uniform(*discount), 2)),
            )
        )
    return bids


def _budgets(
    random: np.random.Generator, rows: list[Any], kwh: FloatArray, power: FloatArray, singles: list[Bid]
) -> list[Budget]:
    """Return each ward's offer of stage 1: what it would get alone, somewhat above its cheapest tariff a class."""
    data = procurement()
    first, last = data.parameter("first_summer_month"), data.parameter("last_summer_month")
    summer = np.array([first <= month <= last for month in FISCAL_MONTHS])
    ward = np.array([row.ward for row in rows])
    yearly = np.zeros(len(rows))
    for number, row in enumerate(rows):
        tariffs = [bid for bid in singles if bid.kind == "single" and bid.classes == row.facility_class]
        yearly[number] = min(
            12 * float(base_charge(bid.base, power[number : number + 1], np.array([100.0]))[0])
            + float(kwh[number] @ np.where(summer, bid.energy_summer, bid.energy_other))
            + data.parameter("levy") * float(kwh[number].sum())
            for bid in tariffs
        )
    return [
        Budget(
            ward=code,
            offer_jpy=float(np.round(yearly[ward == code].sum() * (1.0 + random.uniform(*_between("stage_one"))))),
        )
        for code in sorted(set(ward.tolist()))
    ]
