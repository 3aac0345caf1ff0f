"""An award checked again from the raw files: rational arithmetic, nothing shared with the model that found it.

Only the reading of tables is common. Who is covered, what a bill is, and which rules hold is worked out anew.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from model.faults import FaultList
from model.language import Text
from model.optimise.joint_purchase.rows import KINDS
from model.optimise.joint_purchase.stated import (
    FILES,
    LEFT_OUT,
    NAMES,
    RULES,
    other_files,
    other_rules,
    unknown_names,
    wrongly_left_out,
)
from model.ordinance.columns import columns_of
from model.record_files import raw_lines, read_records

_MONTHS = ("04", "05", "06", "07", "08", "09", "10", "11", "12", "01", "02", "03")


@dataclass(frozen=True)
class Check:
    """One thing that was checked.

    Args:
        name: what must hold.
        failures: where it does not, in words; empty: it holds.
    """

    name: Text
    failures: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.failures


def verify(audit: Mapping[str, Any], files: Sequence[Path]) -> list[Check]:
    """Return every check of an award against the files it came from.

    Args:
        audit: what the audit file says: files, rules, award, totals.
        files: the tables, in any order.
    """
    raw = _Raw(files)
    unknown = unknown_names(audit["award"], raw.facilities, raw.bids, raw.suppliers)
    lines = {str(row["facility"]): row for number, row in enumerate(audit["award"]) if number not in unknown}
    rules = audit["rules"]
    return [
        Check(FILES, tuple(other_files(audit, files))),
        Check(RULES, tuple(other_rules(audit, files))),
        Check(NAMES, tuple(unknown.values())),
        Check(LEFT_OUT, tuple(wrongly_left_out(audit, files))),
        Check(Text("every facility is awarded once", "全施設が1回だけ落札"), tuple(_not_once(raw, audit))),
        Check(Text("every bid covers what it won", "各入札が落札施設を対象に含む"), tuple(_not_covered(raw, lines))),
        Check(Text("packages are whole and exclusive", "一括入札は全部又は無し・択一"), tuple(_broken(raw, lines))),
        Check(Text("no supplier exceeds capacity or cap", "容量・上限割合の遵守"), tuple(_exceeded(raw, lines, rules))),
        Check(
            Text("cut-offs and renewable shares are met", "裾切り・再エネ比率の遵守"),
            tuple(_cut_off(raw, lines, rules)),
        ),
        Check(
            Text("bills are right to the yen", "請求額が1円単位で一致"), tuple(_wrong_bills(raw, lines, rules, audit))
        ),
        Check(Text("bids lie below the reserve prices", "落札額が予定価格未満"), tuple(_above_reserve(raw, lines))),
        Check(
            Text("bound and objective agree with the gap", "下界と目的関数がギャップと整合"), tuple(_wrong_proof(audit))
        ),
        Check(Text("the total is the sum of the bills", "合計額が請求額の和に一致"), tuple(_wrong_total(audit))),
    ]


def facility_ids(files: Sequence[Path]) -> set[str]:
    """Return the ids of all facilities in the files, whether they could be used or not."""
    return set(_Raw(files).facilities)


class _Raw:
    """The tables as they stand in the files: rows of texts by the name of their column."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.rows: dict[str, list[dict[str, str]]] = {kind: [] for kind in KINDS}
        self.folder = files[0].parent if files else Path()
        for path in files:
            records = read_records(path, FaultList())
            if records is None:
                continue
            best: tuple[int, str, dict[str, str]] = (-1, "", {})
            for kind, (row, _) in KINDS.items():
                names = {_plain(one): column.name for column in columns_of(row)
                         for one in (column.name, column.title.en, column.title.ja)}  # fmt: skip
                known = {heading: names[_plain(heading)] for heading in records.headings if _plain(heading) in names}
                best = max(best, (len(known), kind, known), key=lambda one: one[0])
            for record in records.rows:
                cells = {best[2][heading]: _text(cell) for heading, cell in record.cells.items() if heading in best[2]}
                self.rows[best[1]].append(cells)
            if best[1] == "auction_facilities":
                self.folder = path.parent
        self.facilities = {row["id"]: row for row in self.rows["auction_facilities"] if "id" in row}
        self.suppliers = {row["id"]: row for row in self.rows["auction_suppliers"] if "id" in row}
        self.bids = {row["id"]: row for row in self.rows["auction_bids"] if "id" in row}
        self._loads: dict[str, tuple[list[Fraction], list[Fraction]]] = {}

    def load(self, facility: str) -> tuple[list[Fraction], list[Fraction]]:
        """Return monthly energy [kWh] and peaks [kW] of a facility, April first."""
        if facility not in self._loads:
            row = self.facilities[facility]
            if row.get("load_file"):
                self._loads[facility] = _half_hours(self.folder / row["load_file"])
            else:
                self._loads[facility] = tuple([_number(row[f"{name}_{m}"]) for m in _MONTHS] for name in ("kwh", "kw"))  # type: ignore[assignment]
        return self._loads[facility]

    def power(self, facility: str) -> Fraction:
        """Return the contract power of a facility [kW]."""
        row = self.facilities[facility]
        highest = max(self.load(facility)[1])
        return highest if highest < 500 or "contract_kw" not in row else _number(row["contract_kw"])

    def covers(self, bid: str) -> set[str]:
        """Return the facilities that a bid covers."""
        row = self.bids[bid]
        named = set(_names(row.get("facilities", ""))) or set(self.facilities)
        named &= self._labelled(row.get("wards", ""), "ward")
        named &= self._labelled(row.get("classes", ""), "facility_class")
        named &= self._labelled(row.get("voltages", ""), "voltage")
        return named - set(_names(row.get("except_facilities", "")))

    def _labelled(self, cell: str, column: str) -> set[str]:
        """Return the facilities with one of the labels of a cell; all if it is empty."""
        if not cell:
            return set(self.facilities)
        asked = {_code(name, column) for name in _names(cell)}
        default = "high" if column == "voltage" else ""
        return {name for name, row in self.facilities.items() if _code(row.get(column, default), column) in asked}


def _code(name: str, column: str) -> str:
    """Return the code behind a name of a ward, class or voltage in either language."""
    return _codes(column).get(name, name)


@cache
def _codes(column: str) -> dict[str, str]:
    """Return the code of every name that a column's cells may hold."""
    choices = next(one for one in columns_of(KINDS["auction_facilities"][0]) if one.name == column).choices
    return {name: str(value) for value, label in choices.items() for name in (str(value), label.en, label.ja)}


def _not_once(raw: _Raw, audit: Mapping[str, Any]) -> Iterable[str]:
    """Name facilities that are not awarded exactly once."""
    named = [str(row["facility"]) for row in audit["award"]]
    left_out = set(audit.get("left_out_facilities", []))
    for name in sorted(set(raw.facilities) | set(named)):
        times = named.count(name)
        if times != 1 and name not in left_out:
            yield f"{name}: {times}"


def _real(row: Mapping[str, Any]) -> bool:
    """Say whether a line of the award goes to a bid and not to a fallback."""
    return not str(row["bid"]).startswith("(")


def _not_covered(raw: _Raw, lines: Mapping[str, Any]) -> Iterable[str]:
    """Name facilities served by a bid that does not cover them or is another supplier's."""
    covers = {str(row["bid"]): raw.covers(str(row["bid"])) for row in lines.values() if _real(row)}
    for name, row in lines.items():
        if _real(row) and (name not in covers[row["bid"]] or raw.bids[row["bid"]]["supplier"] != row["supplier"]):
            yield f"{name}: {row['bid']}"


def _package(raw: _Raw, bid: str) -> bool:
    """Say whether a bid is a package."""
    return raw.bids[bid].get("kind", "single") not in ("single", "each facility by itself", "施設単位")


def _broken(raw: _Raw, lines: Mapping[str, Any]) -> Iterable[str]:
    """Name packages awarded in part, and exclusive groups with two winners."""
    groups: dict[tuple[str, str], str] = {}
    for bid in sorted({str(row["bid"]) for row in lines.values() if _real(row)}):
        if not _package(raw, bid):
            continue
        won = {name for name, row in lines.items() if row["bid"] == bid}
        if won != raw.covers(bid):
            yield f"{bid}: {len(won)} / {len(raw.covers(bid))}"
        group = raw.bids[bid].get("group", "")
        key = (raw.bids[bid]["supplier"], group)
        if group and key in groups:
            yield f"{bid}, {groups[key]}"
        groups[key] = bid


def _exceeded(raw: _Raw, lines: Mapping[str, Any], rules: Mapping[str, Any]) -> Iterable[str]:
    """Name suppliers that won more contract power than they may."""
    power = {name: raw.power(name) for name in lines}
    cap = Fraction(str(rules["supplier_share_cap"]))
    whole = sum(power.values(), Fraction(0))
    for supplier in sorted({str(row["supplier"]) for row in lines.values() if _real(row)}):
        won = sum((power[name] for name, row in lines.items() if row["supplier"] == supplier), Fraction(0))
        capacity = raw.suppliers[supplier].get("capacity_kw")
        if (capacity is not None and won > _number(capacity)) or (cap < 1 and won > cap * whole):
            yield f"{supplier}: {float(won):g} kW"


def _cut_off(raw: _Raw, lines: Mapping[str, Any], rules: Mapping[str, Any]) -> Iterable[str]:
    """Name awards to suppliers below a cut-off and bids with too little renewable power."""
    limits = (
        ("emission_factor", "emission_factor_cutoff", -1),
        ("environmental_points", "environmental_points_cutoff", 1),
    )
    for name, row in lines.items():
        if not _real(row):
            continue
        supplier = raw.suppliers[row["supplier"]]
        for column, rule, sign in limits:
            limit = rules.get(rule)
            if limit is not None and (
                column not in supplier or sign * (_number(supplier[column]) - Fraction(str(limit))) < 0
            ):
                yield f"{name}: {rule}"
        needed = _number(raw.facilities[name].get("renewable_share", "0"))
        if _number(raw.bids[row["bid"]].get("renewable_share", "100")) < needed:
            yield f"{name}: renewable_share"


# The bill once more: base × kW × (185 − power factor) ÷ 100 and energy by season, each month cut to a whole yen, then
# the discount, cut again.
def _bill(raw: _Raw, facility: str, bid: Mapping[str, str], rules: Mapping[str, Any], summer: set[str]) -> int:
    """Return the yearly bill of a facility under a bid [JPY]."""
    row = raw.facilities[facility]
    factor = _number(row.get("power_factor", "100")) if _flag(bid.get("power_factor", "yes")) else Fraction(85)
    base = _number(bid["base"]) * raw.power(facility) * (185 - factor) / 100
    total = 0
    for month, kwh in zip(_MONTHS, raw.load(facility)[0], strict=True):
        price = _number(bid["energy_summer" if month in summer else "energy_other"])
        if not _flag(bid.get("fuel_included", "no")):
            price += Fraction(str(rules["fuel_adjustment"]))
        if not _flag(bid.get("levy_included", "no")):
            price += Fraction(str(rules["levy"]))
        cut = (base + kwh * price) // 1
        total += int(cut * (100 - _number(bid.get("discount", "0"))) / 100 // 1)
    return total


def _wrong_bills(
    raw: _Raw, lines: Mapping[str, Any], rules: Mapping[str, Any], audit: Mapping[str, Any]
) -> Iterable[str]:
    """Name facilities whose bill is not what bid and load make it, and wards whose stage-1 bills miss their offer."""
    summer = {f"{int(month):02d}" for month in audit["summer_months"]}
    by_ward: dict[str, Fraction] = {}
    for name, row in lines.items():
        stated = Fraction(str(row["bill_jpy"]))
        if row["bid"] == "(stage 1)":
            by_ward[row["ward"]] = by_ward.get(row["ward"], Fraction(0)) + stated
        elif _real(row):
            found = _bill(raw, name, raw.bids[row["bid"]], rules, summer)
            if found != stated:
                yield f"{name}: {float(stated):,.0f} ≠ {found:,}"
    offers = {_code(row["ward"], "ward"): _number(row["offer_jpy"]) for row in raw.rows["auction_budgets"]}
    for ward, total in by_ward.items():
        if total != offers[ward] // 1:
            yield f"{ward}: {float(total):,.0f} ≠ {float(offers[ward]):,.0f}"


def _above_reserve(raw: _Raw, lines: Mapping[str, Any]) -> Iterable[str]:
    """Name awards to bids that do not lie below the reserve price: of the facility, or of all those of a package."""
    reserves = {row["facility"]: _number(row["reserve_jpy"]) for row in raw.rows["auction_reserves"]}
    packages: dict[str, list[str]] = {}
    for name, row in lines.items():
        if not _real(row):
            continue
        if _package(raw, row["bid"]):
            packages.setdefault(str(row["bid"]), []).append(name)
        elif name in reserves and Fraction(str(row["bill_jpy"])) >= reserves[name]:
            yield f"{name}: {float(row['bill_jpy']):,.0f} ≥ {float(reserves[name]):,.0f}"
    for bid, names in sorted(packages.items()):
        total = sum((Fraction(str(lines[name]["bill_jpy"])) for name in names), Fraction(0))
        if set(names) <= set(reserves) and total >= (limit := sum((reserves[name] for name in names), Fraction(0))):
            yield f"{bid}: {float(total):,.0f} ≥ {float(limit):,.0f}"


def _wrong_proof(audit: Mapping[str, Any]) -> Iterable[str]:
    """Say so if the stated bound, objective and gap cannot belong together."""
    proof = audit["proof"]
    bound, objective, gap = (Fraction(str(proof[name])) for name in ("bound", "objective", "gap"))
    if bound > objective + Fraction(1, 2):
        yield f"{float(bound):,.2f} > {float(objective):,.2f}"
    if abs((objective - bound) - gap * abs(objective)) > Fraction(1, 2):
        yield f"{float(objective - bound):,.2f} ≠ {float(gap * objective):,.2f}"
    if audit["rules"]["evaluation"] == "price" and abs(objective - Fraction(str(audit["total_jpy"]))) > 1:
        yield f"{float(objective):,.2f} ≠ {audit['total_jpy']:,.2f}"


def _wrong_total(audit: Mapping[str, Any]) -> Iterable[str]:
    """Say so if bills and price steps do not add up to the total."""
    bills = sum((Fraction(str(row["bill_jpy"])) for row in audit["award"]), Fraction(0))
    steps = sum((Fraction(str(amount)) for amount in audit["price_steps"].values()), Fraction(0))
    if abs(bills + steps - Fraction(str(audit["total_jpy"]))) > Fraction(1, 100):
        yield f"{float(bills + steps):,.2f} ≠ {audit['total_jpy']:,.2f}"


def _half_hours(path: Path) -> tuple[list[Fraction], list[Fraction]]:
    """Return monthly energy and peaks from a half-hourly file."""
    energy, peak = dict.fromkeys(_MONTHS, Fraction(0)), dict.fromkeys(_MONTHS, Fraction(0))
    lengths = {
        "04": 30,
        "05": 31,
        "06": 30,
        "07": 31,
        "08": 31,
        "09": 30,
        "10": 31,
        "11": 30,
        "12": 31,
        "01": 31,
        "03": 31,
    }
    lines = [cells for _, cells in raw_lines(path, FaultList()) or [] if re.fullmatch(r"[\d.,]+", str(cells[-1]))]
    lengths["02"] = len(lines) - sum(lengths.values())
    undated = [month for month in _MONTHS for _ in range(lengths[month])]
    for number, cells in enumerate(lines):
        dated = len(cells) == 49
        month = _month(cells[0]) if dated else undated[number]
        for cell in cells[int(dated) :]:
            value = _number(_text(cell))
            energy[month] += value
            peak[month] = max(peak[month], value * 2)
    return list(energy.values()), list(peak.values())


def _month(cell: Any) -> str:
    """Return the month of a day."""
    if isinstance(cell, date):
        return f"{cell.month:02d}"
    found = re.findall(r"\d+", unicodedata.normalize("NFKC", str(cell)))
    return f"{int(found[1]):02d}"


def _number(cell: str) -> Fraction:
    """Return the decimal that stands in a cell."""
    return Fraction(unicodedata.normalize("NFKC", cell).replace(",", ""))


def _flag(cell: str) -> bool:
    """Return whether a cell says yes."""
    return cell.casefold() in ("yes", "true", "1", "はい", "有", "あり", "○", "y")


def _text(cell: Any) -> str:
    """Return a cell as text."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _names(cell: str) -> list[str]:
    """Return the names of a cell."""
    return [name.strip() for name in re.split(r"[;；、]", cell) if name.strip()]


def _plain(heading: str) -> str:
    """Return a heading without unit, width, case and spaces."""
    name = re.sub(r"\[[^\]]*\]\s*$", "", unicodedata.normalize("NFKC", heading))
    return "".join(name.casefold().split())
