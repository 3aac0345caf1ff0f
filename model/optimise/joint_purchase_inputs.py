"""Files of a joint purchase become one checked set of tables; bad rows and bids are refused with reasons."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model.faults import FaultList
from model.language import Language, Text
from model.optimise.joint_purchase_auction import FloatArray, IntArray
from model.optimise.joint_purchase_loads import read_half_hours
from model.optimise.joint_purchase_rows import KINDS, Bid, Supplier, VolumeStep
from model.optimise.joint_purchase_rules import AuctionRules, rules_of
from model.optimise.joint_purchase_tariffs import FISCAL_MONTHS, contract_power
from model.optimise.procurement_data import FACILITY_CLASSES, procurement
from model.ordinance.municipalities import find_municipality
from model.ordinance.row_reader import RowReader, fits
from model.record_files import read_records

_MISSING = Text(
    "months without a value; fill them in or name a half-hourly file",
    "値のない月があります。入力するか30分値ファイルを指定してください",
)
_LARGE = Text(
    "at 500 kW or more the contract power is agreed between the parties; fill it in",
    "500kW以上の契約電力は協議で決まるため、入力してください",
)
_LOWER = Text(
    "the contract power is below the highest peak of the year", "契約電力が年間の最大需要電力を下回っています"
)
_OUTSIDE = Text(
    "the file must stand in the folder of the list or below", "一覧と同じフォルダー又はその下に置いてください"
)
_STILL = Text("the present contract runs beyond the start of supply", "現契約が供給開始日以降も続いています")
_UNKNOWN = {
    "supplier": Text("there is no such supplier", "この小売事業者はありません"),
    "facility": Text("there is no such facility", "この施設はありません"),
    "ward": Text("there is no such ward in the list of facilities", "施設一覧にこの区はありません"),
    "class": Text("there is no such class", "この施設区分はありません"),
    "voltage": Text("there is no such voltage", "この電圧区分はありません"),
}
_NOTHING = Text("the bid covers no facility", "対象施設がありません")
_LANGUAGES: tuple[Language, ...] = ("en", "ja")
_TOO_SMALL = Text(
    "the supplier's capacity is below every facility of the bid", "供給可能な契約電力が対象のどの施設にも足りません"
)
_TOO_LARGE = Text("the package exceeds the supplier's capacity", "一括入札が供給可能な契約電力を超えています")
_OVERLAP = Text(
    "packages of one supplier overlap: put them into one exclusive group, or set the rule overlapping_packages",
    "同じ事業者の一括入札が重複しています。択一グループを付けるか、規則 overlapping_packages を定めてください",
)
_TWICE = Text("this bidder stands twice under different ids", "同じ事業者が別のIDで二重に登録されています")
_STEPS = Text("steps of one supplier overlap or end before they start", "数量割引の区間が重複又は逆転しています")
_NO_POINTS = Text("volume discounts have no place in the overall evaluation", "総合評価では数量割引を扱えません")


@dataclass(frozen=True)
class Purchase:
    """Everything read, checked, in the order of ids; never in the order of rows.

    Args:
        facilities: rows by id.
        ward: code of the ward, by facility.
        kwh: dims (facility, fiscal month) [kWh].
        peak: dims (facility, fiscal month) [kW].
        contract_kw: by facility [kW].
        suppliers: rows in the order in which ties are settled: first bid received, then id.
        bids: rows by order of receipt, then id.
        covers: positions of the facilities of each bid.
        steps: volume discounts by supplier and start.
        budgets: stage-1 offer by ward code [JPY/year].
        reserves: what offers must stay below, by facility; inf for none [JPY/year].
        rules: rules of the auction.
        sha256: of every file read, by name.
    """

    facilities: tuple[Any, ...]
    ward: tuple[str, ...]
    kwh: FloatArray
    peak: FloatArray
    contract_kw: FloatArray
    suppliers: tuple[Supplier, ...]
    bids: tuple[Bid, ...]
    covers: tuple[IntArray, ...]
    steps: tuple[VolumeStep, ...]
    budgets: dict[str, float]
    reserves: FloatArray
    rules: AuctionRules
    sha256: dict[str, str]

    @property
    def power_factor(self) -> FloatArray:
        """Power factor by facility [%]."""
        return np.array([row.power_factor for row in self.facilities])

    @property
    def wards(self) -> tuple[str, ...]:
        """Codes of the wards, rising."""
        return tuple(sorted(set(self.ward)))


def read_purchase(
    files: Sequence[Path], keep_good: bool = False, bids_needed: bool = True
) -> tuple[Purchase, FaultList]:
    """Read the files of a joint purchase; what each is shows from its headings.

    Args:
        files: facilities, and further kinds of `KINDS`, in any order.
        keep_good: go on without the rows and bids that are bad.
        bids_needed: whether suppliers and bids must be among the files.

    Returns:
        the purchase, and what was wrong with the rows and bids left out.

    Raises:
        BadInput: bad rows or bids without `keep_good`, or nothing left to work with.
    """
    faults = FaultList()
    tables, places, digests = _tables(files, faults)
    needed = ["auction_facilities", *(["auction_suppliers", "auction_bids"] if bids_needed else [])]
    for kind in needed:
        if kind not in tables:
            title = KINDS[kind][1]
            problem = Text(f"a file is missing: {title.en}; make one with `template {kind}`",
                           f"ファイルがありません：{title.ja}。`template {kind}` で様式を作成できます")  # fmt: skip
            faults.add("FILE", problem)
    rules = rules_of(tables.get("auction_rules", []), places.get("auction_rules", ""), faults)
    facilities, loads = _facilities(tables.get("auction_facilities", []), places, rules, faults)
    suppliers = _suppliers(tables.get("auction_suppliers", []), places, faults)
    scope = _Scope(facilities, loads)
    checked = _bids(tables.get("auction_bids", []), suppliers, scope, rules, places, faults)
    steps = _steps(tables.get("auction_volume_steps", []), suppliers, rules, places, faults)
    budgets = {row.ward: row.offer_jpy for row in tables.get("auction_budgets", [])}
    reserves = _reserves(tables.get("auction_reserves", []), scope, places, faults)
    if not (keep_good and facilities):
        faults.raise_if_any()
    first = {bid.supplier: (bid.received, bid.id) for bid, _ in reversed(checked)}
    ordered = sorted(suppliers.values(), key=lambda row: (*first.get(row.id, (10**9, "")), row.id))
    purchase = Purchase(
        tuple(facilities),
        tuple(row.ward for row in facilities),
        np.array([load[0] for load in loads]),
        np.array([load[1] for load in loads]),
        np.array([load[2] for load in loads]),
        tuple(ordered),
        tuple(bid for bid, _ in checked),
        tuple(cover for _, cover in checked),
        tuple(steps),
        {ward: offer for ward, offer in budgets.items() if ward in {row.ward for row in facilities}},
        reserves,
        rules,
        digests,
    )
    return purchase, faults


def _tables(files: Sequence[Path], faults: FaultList) -> tuple[dict[str, list[Any]], dict[str, str], dict[str, str]]:
    """Return rows, place and digest of every file by its kind."""
    readers: dict[str, RowReader[Any]] = {}
    places: dict[str, str] = {}
    digests: dict[str, str] = {}
    for path in sorted(files):
        records = read_records(path, faults)
        if records is None:
            continue
        kind = max(KINDS, key=lambda name: fits(KINDS[name][0], records.headings))
        reader = readers.setdefault(kind, RowReader(KINDS[kind][0]))
        reader.read(path)
        places[kind] = f"{places[kind]}, {path}" if kind in places else str(path)
        digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    for reader in readers.values():
        faults.faults.extend(reader.faults.faults)
    return {kind: list(reader.rows) for kind, reader in readers.items()}, places, digests


def _facilities(
    rows: Iterable[Any], places: dict[str, str], rules: AuctionRules, faults: FaultList
) -> tuple[list[Any], list[tuple[FloatArray, FloatArray, float]]]:
    """Return the facilities that can be used, with monthly energy, monthly peaks and contract power."""
    kept, loads = [], []
    for row in sorted(rows, key=lambda one: str(one.id)):
        place = f"{places['auction_facilities']} › {row.id}"
        before = len(faults.faults)
        if row.contract_end is not None and row.contract_end >= rules.supply_start:
            faults.add(place, _STILL, row.contract_end, f"< {rules.supply_start}")
        load = _load(row, Path(places["auction_facilities"].split(", ")[0]).parent, place, rules, faults)
        if load is not None and len(faults.faults) == before:
            kept.append(row)
            loads.append(load)
    return kept, loads


def _load(
    row: Any, folder: Path, place: str, rules: AuctionRules, faults: FaultList
) -> tuple[FloatArray, FloatArray, float] | None:
    """Return monthly energy, monthly peaks and contract power of a facility, or None after recording what is wrong."""
    if row.load_file:
        path = folder / row.load_file
        if not path.resolve().is_relative_to(folder.resolve()):
            faults.add(place, _OUTSIDE, row.load_file)
            return None
        measured = read_half_hours(path, rules.fiscal_year, faults)
        if measured is None:
            return None
        energy, peaks = measured.monthly_kwh, measured.monthly_peak
    else:
        missing = [f"{name}_{month:02d}" for name in ("kwh", "kw")
                   for month, value in zip(FISCAL_MONTHS, row.monthly(name), strict=True) if value is None]  # fmt: skip
        if missing:
            faults.add(place, _MISSING, ", ".join(missing))
            return None
        energy, peaks = np.array(row.monthly("kwh"), dtype=float), np.array(row.monthly("kw"), dtype=float)
    power = contract_power(peaks, row.contract_kw)
    if power is None:
        faults.add(place, _LARGE, f"{peaks.max():g} kW")
    elif row.contract_kw is not None and row.contract_kw < peaks.max():
        faults.add(place, _LOWER, row.contract_kw, f"≥ {peaks.max():g} kW")
    elif power <= 0 or energy.sum() <= 0:
        faults.add(place, Text("a facility needs some energy and power", "電力量と電力が0です"))
    else:
        return energy, peaks, power
    return None


def _suppliers(rows: Iterable[Supplier], places: dict[str, str], faults: FaultList) -> dict[str, Supplier]:
    """Return the suppliers by id; the same name under two ids is a fault, and points above the formula's are too."""
    kept: dict[str, Supplier] = {}
    names: dict[str, str] = {}
    for row in sorted(rows, key=lambda one: one.id):
        place = f"{places['auction_suppliers']} › {row.id}"
        name = "".join(unicodedata.normalize("NFKC", row.name).casefold().split())
        if name and name in names:
            faults.add(place, _TWICE, row.name, f"{names[name]}")
            continue
        names[name] = row.id
        for points in Supplier.POINTS:
            most = procurement().parameter(points)
            if getattr(row, points) > most:
                faults.add(f"{place} › {points}", Text("more points than the formula has", "配点を超えています"),
                           getattr(row, points), f"≤ {most:g}")  # fmt: skip
        kept[row.id] = row
    return kept


class _Scope:
    """Which facilities a bid covers."""

    def __init__(self, facilities: Sequence[Any], loads: Sequence[tuple[FloatArray, FloatArray, float]]) -> None:
        self.position = {row.id: number for number, row in enumerate(facilities)}
        self.power = np.array([load[2] for load in loads])
        self.ward = np.array([row.ward for row in facilities])
        self.label = {
            "class": np.array([row.facility_class for row in facilities]),
            "voltage": np.array([row.voltage for row in facilities]),
        }

    def of(self, bid: Bid, place: str, faults: FaultList) -> IntArray:
        """Return the positions that a bid covers, recording names that do not exist."""
        if bid.facilities:
            chosen = np.zeros(len(self.ward), dtype=bool)
            chosen[self._named(bid.facilities, place, faults)] = True
        else:
            chosen = np.ones(len(self.ward), dtype=bool)
        if bid.wards:
            known = {find_municipality(code): code for code in sorted(set(self.ward.tolist()))}
            codes = []
            for name in _list(bid.wards):
                code = known.get(find_municipality(name)) if find_municipality(name) else None
                if code is None:
                    faults.add(place, _UNKNOWN["ward"], name, [one.name_en for one in known if one])
                else:
                    codes.append(code)
            chosen &= np.isin(self.ward, codes)
        chosen &= self._labelled("class", bid.classes, dict(FACILITY_CLASSES), place, faults)
        chosen &= self._labelled("voltage", bid.voltages, {}, place, faults)
        if bid.except_facilities:
            chosen[self._named(bid.except_facilities, place, faults)] = False
        return np.flatnonzero(chosen)

    def _named(self, given: str, place: str, faults: FaultList) -> list[int]:
        """Return the positions of facilities named in a cell."""
        for name in _list(given):
            if name not in self.position:
                faults.add(place, _UNKNOWN["facility"], name, list(self.position)[:20])
        return [self.position[name] for name in _list(given) if name in self.position]

    def _labelled(self, what: str, given: str, names: dict[str, Text], place: str, faults: FaultList) -> np.ndarray:
        """Return which facilities have one of the labels in a cell; an empty cell means all."""
        if not given:
            return np.ones(len(self.ward), dtype=bool)
        known = ("low", "high", "extra_high") if what == "voltage" else tuple(names)
        by_name = {text(language): key for key, text in names.items() for language in _LANGUAGES}
        labels = []
        for name in _list(given):
            label = by_name.get(name, name)
            if label not in known:
                faults.add(place, _UNKNOWN[what], name, known)
            labels.append(label)
        return np.isin(self.label[what], labels)


def _list(cell: str) -> list[str]:
    """Return the names in a cell, separated by semicolons or Japanese commas."""
    return [name.strip() for name in cell.replace("、", ";").replace("；", ";").split(";") if name.strip()]


def _bids(
    rows: Iterable[Bid],
    suppliers: dict[str, Supplier],
    scope: _Scope,
    rules: AuctionRules,
    places: dict[str, str],
    faults: FaultList,
) -> list[tuple[Bid, IntArray]]:
    """Return the bids that stand, with the facilities they cover, by order of receipt and id."""
    kept: list[tuple[Bid, IntArray]] = []
    packages: dict[str, list[tuple[Bid, set[int]]]] = {}
    for bid in sorted(rows, key=lambda one: (one.received, one.id)):
        place = f"{places['auction_bids']} › {bid.id}"
        before = len(faults.faults)
        if bid.supplier not in suppliers:
            faults.add(place, _UNKNOWN["supplier"], bid.supplier, list(suppliers))
        cover = scope.of(bid, place, faults)
        if len(faults.faults) > before:
            continue
        if not len(cover):
            faults.add(place, _NOTHING)
            continue
        capacity = suppliers[bid.supplier].capacity_kw or np.inf
        if scope.power[cover].min() > capacity:
            faults.add(place, _TOO_SMALL, f"{capacity:g} kW", f"≥ {scope.power[cover].min():g} kW")
            continue
        if bid.kind == "package":
            if scope.power[cover].sum() > capacity:
                faults.add(place, _TOO_LARGE, f"{scope.power[cover].sum():g} kW", f"≤ {capacity:g} kW")
                continue
            others = packages.setdefault(bid.supplier, [])
            members = set(cover.tolist())
            clash = next((other for other, held in others if held & members and not _exclusive(bid, other)), None)
            if rules.overlapping_packages == "refuse" and clash is not None:
                faults.add(place, _OVERLAP, f"{clash.id}, {bid.id}")
                continue
            others.append((bid, members))
        kept.append((bid, cover))
    return kept


def _reserves(rows: Iterable[Any], scope: _Scope, places: dict[str, str], faults: FaultList) -> FloatArray:
    """Return the reserve price of each facility [JPY/year]; inf for none."""
    found = np.full(len(scope.position), np.inf)
    for row in rows:
        if row.facility in scope.position:
            found[scope.position[row.facility]] = row.reserve_jpy
        else:
            place = f"{places['auction_reserves']} › {row.facility}"
            faults.add(place, _UNKNOWN["facility"], row.facility, list(scope.position)[:20])
    return found


def _exclusive(bid: Bid, other: Bid) -> bool:
    """Say whether at most one of two packages can win by their group."""
    return bool(bid.group) and bid.group == other.group


def _steps(
    rows: Iterable[VolumeStep],
    suppliers: dict[str, Supplier],
    rules: AuctionRules,
    places: dict[str, str],
    faults: FaultList,
) -> list[VolumeStep]:
    """Return volume discounts by supplier and start."""
    kept: list[VolumeStep] = []
    for row in sorted(rows, key=lambda one: (one.supplier, one.from_kwh)):
        place = f"{places['auction_volume_steps']} › {row.supplier} {row.from_kwh:g}"
        last = kept[-1] if kept and kept[-1].supplier == row.supplier else None
        if row.supplier not in suppliers:
            faults.add(place, _UNKNOWN["supplier"], row.supplier, list(suppliers))
        elif rules.evaluation == "overall":
            faults.add(place, _NO_POINTS)
        elif (row.to_kwh is not None and row.to_kwh <= row.from_kwh) or (
            last is not None and (last.to_kwh is None or last.to_kwh > row.from_kwh)
        ):
            faults.add(place, _STEPS, f"{row.from_kwh:g} – {row.to_kwh}")
        else:
            kept.append(row)
    return kept


def budget_faults(purchase: Purchase) -> FaultList:
    """Return a fault for every ward without a stage-1 offer; sharing needs them all."""
    faults = FaultList()
    for ward in purchase.wards:
        if ward not in purchase.budgets:
            found = find_municipality(ward)
            name = found.name_en if found else ward
            faults.add(name, Text("the ward's offer of stage 1 is needed", "第1段階の提示額が必要です"))
    return faults
