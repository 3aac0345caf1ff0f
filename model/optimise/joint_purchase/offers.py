"""Which facilities each bid, discount and reserve price is for; those that cannot stand are refused with reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from model.faults import FaultList
from model.language import Language, Text
from model.optimise.joint_purchase.auction import FloatArray, IntArray
from model.optimise.joint_purchase.rows import VOLTAGES, Bid, Reserve, Supplier, VolumeStep
from model.optimise.joint_purchase.rules import AuctionRules
from model.optimise.procurement_data import FACILITY_CLASSES
from model.ordinance.municipalities import find_municipality

_UNKNOWN = {
    "supplier": Text("there is no such supplier", "この小売事業者はありません"),
    "facility": Text("there is no such facility", "この施設はありません"),
    "ward": Text("there is no such ward in the list of facilities", "施設一覧にこの区はありません"),
    "class": Text("there is no such class", "この施設区分はありません"),
    "voltage": Text("there is no such voltage", "この電圧区分はありません"),
}
_REFUSED = {
    "supplier": Text("the row of this supplier is refused, so its bids cannot stand",
                     "この小売事業者の行が不正なため、入札を扱えません"),
    "facility": Text("the row of this facility is refused, so nothing for it can stand",
                     "この施設の行が不正なため、扱えません"),
    "ward": Text("every facility of this ward is refused", "この区の施設の行がすべて不正です"),
}  # fmt: skip
_NOTHING = Text("the bid covers no facility", "対象施設がありません")
_LANGUAGES: tuple[Language, ...] = ("en", "ja")
_TOO_SMALL = Text(
    "the supplier's capacity is below every facility of the bid", "供給可能な契約電力が対象のどの施設にも足りません"
)
_TOO_LARGE = Text("the package exceeds the supplier's capacity", "一括入札が供給可能な契約電力を超えています")
_OVERLAP = Text(
    "packages of one supplier overlap: put them into one exclusive group, or set the rule “overlapping packages”",
    "同じ事業者の一括入札が重複しています。択一グループを付けるか、規則「重複する一括入札」を定めてください",
)
_STEPS = Text("steps of one supplier overlap or end before they start", "数量割引の区間が重複又は逆転しています")
_NO_POINTS = Text("volume discounts have no place in the overall evaluation", "総合評価では数量割引を扱えません")


@dataclass(frozen=True)
class Refused:
    """What stands in the files but cannot be used; whatever refers to it falls with it, and is no fault of its own.

    Args:
        facilities: ward by id of the facility.
        suppliers: ids.
    """

    facilities: Mapping[str, str]
    suppliers: frozenset[str]


class Scope:
    """Which facilities a bid covers.

    Args:
        ward: code of the ward by facility, by id.
        label: kind and voltage by facility.
        power: contract power by facility [kW].
        refused: what cannot be used.
        faults: where faults are recorded.
        follows: where it is recorded that something falls with what was refused.
    """

    def __init__(
        self,
        ward: Mapping[str, str],
        label: Mapping[str, Sequence[str]],
        power: FloatArray,
        refused: Refused,
        faults: FaultList,
        follows: FaultList,
    ) -> None:
        self.position = {name: number for number, name in enumerate(ward)}
        self.power, self.refused, self.faults, self.follows = power, refused, faults, follows
        self.ward = np.array(list(ward.values()))
        self.label = {name: np.array(labels) for name, labels in label.items()}
        self._wards = {place: code for code in sorted(set(ward.values())) if (place := find_municipality(code))}

    def covers(self, bid: Bid, place: str) -> IntArray:
        """Return the positions that a bid covers, recording names that do not exist."""
        if bid.facilities:
            chosen = np.zeros(len(self.ward), dtype=bool)
            chosen[self._named(bid.facilities, place)] = True
        else:
            chosen = np.ones(len(self.ward), dtype=bool)
        if bid.wards:
            chosen &= np.isin(self.ward, self._codes(bid.wards, place))
        chosen &= self._labelled("class", bid.classes, FACILITY_CLASSES, place)
        chosen &= self._labelled("voltage", bid.voltages, VOLTAGES, place)
        if bid.except_facilities:
            chosen[self._named(bid.except_facilities, place)] = False
        return np.flatnonzero(chosen)

    def number(self, name: str, place: str) -> int | None:
        """Return the position of a facility, or None after recording that there is none."""
        if name in self.position:
            return self.position[name]
        if name in self.refused.facilities:
            self.follows.add(place, _REFUSED["facility"], name)
        else:
            self.faults.add_name(place, _UNKNOWN["facility"], name, self.position)
        return None

    def _named(self, given: str, place: str) -> list[int]:
        """Return the positions of facilities named in a cell."""
        found = [self.number(name, place) for name in _list(given)]
        return [one for one in found if one is not None]

    def _codes(self, given: str, place: str) -> list[str]:
        """Return the codes of wards named in a cell."""
        codes = []
        for name in _list(given):
            found = find_municipality(name)
            if found in self._wards:
                codes.append(self._wards[found])
            elif found is not None and found.code in self.refused.facilities.values():
                self.follows.add(place, _REFUSED["ward"], name)
            else:
                known = [text for one in self._wards for text in (one.name_ja, one.name_en)]
                self.faults.add_name(place, _UNKNOWN["ward"], name, known)
        return codes

    def _labelled(self, what: str, given: str, names: Mapping[str, Text], place: str) -> np.ndarray:
        """Return which facilities have one of the labels in a cell; an empty cell means all."""
        if not given:
            return np.ones(len(self.ward), dtype=bool)
        by_name = {name: key for key, text in names.items() for name in (key, *(text(one) for one in _LANGUAGES))}
        labels = []
        for name in _list(given):
            if name in by_name:
                labels.append(by_name[name])
            else:
                self.faults.add_name(place, _UNKNOWN[what], name, by_name)
        return np.isin(self.label[what], labels)


def _list(cell: str) -> list[str]:
    """Return the names in a cell, separated by semicolons or Japanese commas."""
    return [name.strip() for name in cell.replace("、", ";").replace("；", ";").split(";") if name.strip()]


def bids_that_stand(
    rows: Iterable[Bid], suppliers: Mapping[str, Supplier], scope: Scope, rules: AuctionRules, file: str
) -> list[tuple[Bid, IntArray]]:
    """Return the bids that stand, with the facilities they cover, by order of receipt and id.

    Args:
        rows: bids that are right on their own.
        suppliers: by id.
        scope: which facilities there are.
        rules: of the auction.
        file: where the bids stand.
    """
    kept: list[tuple[Bid, IntArray]] = []
    packages: dict[str, list[tuple[Bid, set[int]]]] = {}
    for bid in sorted(rows, key=lambda one: (one.received, one.id)):
        place = f"{file} › {bid.id}"
        before = len(scope.faults.faults), len(scope.follows.faults)
        _check_supplier(bid.supplier, suppliers, scope, place)
        cover = scope.covers(bid, place)
        if (len(scope.faults.faults), len(scope.follows.faults)) > before:
            continue
        if not len(cover):
            (scope.follows if scope.refused.facilities else scope.faults).add(place, _NOTHING)
            continue
        members = set(cover.tolist())
        others = packages.setdefault(bid.supplier, [])
        if not _fits(bid, suppliers[bid.supplier].capacity_kw or np.inf, scope.power[cover], place, scope.faults):
            continue
        if bid.kind == "package":
            clash = next((other for other, held in others if held & members and not _exclusive(bid, other)), None)
            if rules.overlapping_packages == "refuse" and clash is not None:
                scope.faults.add(place, _OVERLAP, f"{clash.id}, {bid.id}")
                continue
            others.append((bid, members))
        kept.append((bid, cover))
    return kept


def _check_supplier(name: str, suppliers: Mapping[str, Supplier], scope: Scope, place: str) -> None:
    """Record that there is no such supplier, or that it is refused."""
    if name in suppliers:
        return
    if name in scope.refused.suppliers:
        scope.follows.add(place, _REFUSED["supplier"], name)
    else:
        scope.faults.add_name(place, _UNKNOWN["supplier"], name, suppliers)


def _fits(bid: Bid, capacity: float, power: FloatArray, place: str, faults: FaultList) -> bool:
    """Say whether a supplier can serve what a bid needs [kW], recording that it cannot."""
    if power.min() > capacity:
        faults.add(place, _TOO_SMALL, f"{capacity:g} kW", f"≥ {power.min():g} kW")
    elif bid.kind == "package" and power.sum() > capacity:
        faults.add(place, _TOO_LARGE, f"{power.sum():g} kW", f"≤ {capacity:g} kW")
    else:
        return True
    return False


def _exclusive(bid: Bid, other: Bid) -> bool:
    """Say whether at most one of two packages can win by their group."""
    return bool(bid.group) and bid.group == other.group


def reserves_of(rows: Iterable[Reserve], scope: Scope, file: str) -> FloatArray:
    """Return the reserve price of each facility [JPY/year]; inf for none."""
    found = np.full(len(scope.position), np.inf)
    for row in rows:
        number = scope.number(row.facility, f"{file} › {row.facility}")
        if number is not None:
            found[number] = row.reserve_jpy
    return found


def steps_that_stand(
    rows: Iterable[VolumeStep], suppliers: Mapping[str, Supplier], scope: Scope, rules: AuctionRules, file: str
) -> list[VolumeStep]:
    """Return volume discounts by supplier and start."""
    kept: list[VolumeStep] = []
    for row in sorted(rows, key=lambda one: (one.supplier, one.from_kwh)):
        place = f"{file} › {row.supplier} {row.from_kwh:g}"
        last = kept[-1] if kept and kept[-1].supplier == row.supplier else None
        _check_supplier(row.supplier, suppliers, scope, place)
        if row.supplier not in suppliers:
            continue
        if rules.evaluation == "overall":
            scope.faults.add(place, _NO_POINTS)
        elif (row.to_kwh is not None and row.to_kwh <= row.from_kwh) or (
            last is not None and (last.to_kwh is None or last.to_kwh > row.from_kwh)
        ):
            scope.faults.add(place, _STEPS, f"{row.from_kwh:g} – {row.to_kwh}")
        else:
            kept.append(row)
    return kept
