"""Files of a joint purchase become one checked set of tables; bad rows and bids are refused with reasons."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from model.faults import FaultList
from model.language import Text
from model.optimise.joint_purchase.auction import FloatArray, IntArray
from model.optimise.joint_purchase.loads import HalfHours, read_half_hours
from model.optimise.joint_purchase.offers import Refused, Scope, bids_that_stand, reserves_of, steps_that_stand
from model.optimise.joint_purchase.rows import KINDS, Bid, Budget, Supplier, VolumeStep
from model.optimise.joint_purchase.rules import AuctionRules, rules_of
from model.optimise.joint_purchase.tariffs import contract_power
from model.optimise.procurement_data import procurement
from model.ordinance.municipalities import find_municipality
from model.ordinance.row_reader import RowReader, fits
from model.record_files import SUFFIXES, read_records

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
_TWICE = Text("this bidder stands twice under different ids", "同じ事業者が別のIDで二重に登録されています")
_NO_FORM = Text(
    "no heading in the first filled line is of a joint-purchase form; of Excel the sheet “rows” or the first counts",
    "先頭行に共同購入の様式の項目名がありません（Excelはシート「入力」又は先頭のシートを読みます）",
)
_BY_PRICE = Text(
    "a saving is shared in yen, but the overall evaluation buys points for yen, so that groups of wards cannot be "
    "compared by what they pay",
    "配分は金額によりますが、総合評価では評価点のために高い案が選ばれるため、区の組を支払額で比較できません",
)
_EMPTY = Text("the folder holds no table named auction_…", "フォルダーに auction_… という名前の表がありません")
_NO_FACILITIES = Text("the list of facilities has none of this ward", "施設一覧にこの区の施設がありません")


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
        measured: half-hourly demand from 1 April on, by position of the facilities that have a file of it.
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
    measured: Mapping[int, HalfHours] = field(default_factory=dict)

    @property
    def power_factor(self) -> FloatArray:
        """Power factor by facility [%]."""
        return np.array([row.power_factor for row in self.facilities])

    @property
    def wards(self) -> tuple[str, ...]:
        """Codes of the wards, rising."""
        return tuple(sorted(set(self.ward)))


def tables_in(paths: Sequence[Path]) -> list[Path]:
    """Return the files that paths stand for: a folder for its tables named as `template` names them.

    Raises:
        BadInput: a folder without such tables.
    """
    faults, found = FaultList(), []
    for path in paths:
        inside = sorted(one for one in path.glob("auction_*") if one.suffix.lower() in SUFFIXES)
        if path.is_dir() and not inside:
            faults.add(str(path), _EMPTY)
        found += inside if path.is_dir() else [path]
    faults.raise_if_any()
    return found


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
    tables, lost, places, digests = _tables(files, faults)
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
    follows = FaultList()
    refused = _refused(tables, lost, {row.id for row in facilities}, set(suppliers))
    scope = Scope(
        {row.id: row.ward for row in facilities},
        {"class": [row.facility_class for row in facilities], "voltage": [row.voltage for row in facilities]},
        np.array([load.power for load in loads]),
        refused,
        faults,
        follows,
    )
    if not facilities:
        # Nothing can be said about bids for a list that holds nothing.
        faults.raise_if_any()
    checked = bids_that_stand(tables.get("auction_bids", []), suppliers, scope, rules, places.get("auction_bids", ""))
    steps = steps_that_stand(
        tables.get("auction_volume_steps", []), suppliers, scope, rules, places.get("auction_volume_steps", "")
    )
    reserves = reserves_of(tables.get("auction_reserves", []), scope, places.get("auction_reserves", ""))
    budgets = _budgets(tables.get("auction_budgets", []), scope, places.get("auction_budgets", ""))
    if not keep_good:
        faults.raise_if_any()
    faults.faults.extend(follows.faults)
    first = {bid.supplier: (bid.received, bid.id) for bid, _ in reversed(checked)}
    ordered = sorted(suppliers.values(), key=lambda row: (*first.get(row.id, (10**9, "")), row.id))
    purchase = Purchase(
        tuple(facilities),
        tuple(row.ward for row in facilities),
        np.array([load.kwh for load in loads]),
        np.array([load.peak for load in loads]),
        np.array([load.power for load in loads]),
        tuple(ordered),
        tuple(bid for bid, _ in checked),
        tuple(cover for _, cover in checked),
        tuple(steps),
        budgets,
        reserves,
        rules,
        digests,
        {number: load.measured for number, load in enumerate(loads) if load.measured is not None},
    )
    return purchase, faults


def _tables(
    files: Sequence[Path], faults: FaultList
) -> tuple[dict[str, list[Any]], dict[str, list[Mapping[str, Any]]], dict[str, str], dict[str, str]]:
    """Return good rows, what could be read of bad ones, place and digest of every file, by its kind."""
    readers: dict[str, RowReader[Any]] = {}
    places: dict[str, str] = {}
    digests: dict[str, str] = {}
    for path in sorted(files):
        records = read_records(path, faults)
        if records is None:
            continue
        kind = max(KINDS, key=lambda name: fits(KINDS[name][0], records.headings))
        if not fits(KINDS[kind][0], records.headings):
            faults.add(str(path), _NO_FORM)
            continue
        readers.setdefault(kind, RowReader(KINDS[kind][0])).add(records, str(path))
        places[kind] = f"{places[kind]}, {path}" if kind in places else str(path)
        digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    for reader in readers.values():
        faults.faults.extend(reader.faults.faults)
    kept = {kind: list(reader.rows) for kind, reader in readers.items()}
    return kept, {kind: reader.refused for kind, reader in readers.items()}, places, digests


def _refused(
    tables: Mapping[str, Sequence[Any]],
    lost: Mapping[str, Sequence[Mapping[str, Any]]],
    facilities: set[str],
    suppliers: set[str],
) -> Refused:
    """Return the facilities and suppliers that stand in the files without being kept."""
    rows = [(str(row.id), str(row.ward)) for row in tables.get("auction_facilities", [])]
    rows += [(str(row.get("id")), _code(row.get("ward"))) for row in lost.get("auction_facilities", [])]
    names = [str(row.id) for row in tables.get("auction_suppliers", [])]
    names += [str(row.get("id")) for row in lost.get("auction_suppliers", [])]
    return Refused({name: ward for name, ward in rows if name not in facilities}, frozenset(names) - suppliers)


def _code(ward: object) -> str:
    """Return the code of a ward's name, or nothing."""
    found = find_municipality(str(ward))
    return found.code if found else ""


@dataclass(frozen=True)
class _Load:
    """Monthly energy [kWh], monthly peaks [kW], contract power [kW] of a facility, and its half-hours if measured."""

    kwh: FloatArray
    peak: FloatArray
    power: float
    measured: HalfHours | None


def _facilities(
    rows: Iterable[Any], places: dict[str, str], rules: AuctionRules, faults: FaultList
) -> tuple[list[Any], list[_Load]]:
    """Return the facilities that can be used, with their loads."""
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


def _load(row: Any, folder: Path, place: str, rules: AuctionRules, faults: FaultList) -> _Load | None:
    """Return the load of a facility, or None after recording what is wrong."""
    measured = None
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
        missing = row.missing_months()
        if missing:
            names = Text(", ".join(one.en for one in missing), "、".join(one.ja for one in missing))
            faults.add(place, Text(f"{_MISSING.en}: {names.en}", f"{_MISSING.ja}：{names.ja}"))
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
        return _Load(energy, peaks, power, measured)
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
        before = len(faults.faults)
        for points in Supplier.POINTS:
            most = procurement().parameter(points)
            if getattr(row, points) > most:
                faults.add(f"{place} › {points}", Text("more points than the formula has", "配点を超えています"),
                           getattr(row, points), f"≤ {most:g}")  # fmt: skip
        if len(faults.faults) == before:
            kept[row.id] = row
    return kept


def _budgets(rows: Iterable[Budget], scope: Scope, file: str) -> dict[str, float]:
    """Return the stage-1 offer of each ward that has facilities [JPY/year]."""
    kept = {}
    for row in rows:
        if row.ward in scope.ward:
            kept[row.ward] = row.offer_jpy
        else:
            gone = row.ward in scope.refused.facilities.values()
            (scope.follows if gone else scope.faults).add(f"{file} › {row.ward}", _NO_FACILITIES)
    return kept


def sharing_faults(purchase: Purchase) -> FaultList:
    """Return what keeps a saving from being shared: an award not by price, and every ward without a stage-1 offer."""
    faults = FaultList()
    if purchase.rules.evaluation != "price":
        faults.add("auction_rules › evaluation", _BY_PRICE, purchase.rules.evaluation, ["price"])
    for ward in purchase.wards:
        if ward not in purchase.budgets:
            found = find_municipality(ward)
            en, ja = (found.name_en, found.name_ja) if found else (ward, ward)
            problem = Text(f"{en}: the ward's offer of stage 1 is needed", f"{ja}：第1段階の提示額が必要です")
            faults.add("auction_budgets", problem)
    return faults
