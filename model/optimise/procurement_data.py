"""Prices, rules and shapes of the joint purchase: the tables of `data/procurement/`, read with every fault reported."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import isfinite
from pathlib import Path

from model.faults import FaultList
from model.language import Text
from model.paths import data_folder
from model.schema import QUALITIES
from model.tables import VALUE_COLUMNS

#: Kinds of facilities that prices and load shapes are known for.
FACILITY_CLASSES: Mapping[str, Text] = {
    "hall": Text("ward hall", "本庁舎"),
    "office": Text("office", "事務所・出張所"),
    "school_primary": Text("primary school", "小学校"),
    "school_secondary": Text("lower secondary school", "中学校"),
    "community_centre": Text("community centre", "区民施設"),
    "hospital": Text("care home or hospital", "福祉施設・病院"),
}
MARKETS: Mapping[str, Text] = {
    "before_crisis": Text("before the 2022 crisis", "2022年危機以前"),
    "crisis": Text("2022 crisis", "2022年危機時"),
}
#: How the names of quantities begin that only made-up sets rest on.
MADE_UP = "synthetic_"
_LABELS = {
    "market": tuple(MARKETS),
    "facility_class": tuple(FACILITY_CLASSES),
    "month": tuple(str(month) for month in range(1, 13)),
    "season": ("summer", "winter", "other"),
    "day_type": ("workday", "weekend"),
    "hour": tuple(str(hour) for hour in range(24)),
}
#: Dims of each table.
_TABLES = {
    "market": ("market",),
    "parameters": (),
    "classes": ("facility_class",),
    "monthly_shape": ("facility_class", "month"),
    "hourly_shape": ("facility_class", "season", "day_type", "hour"),
}
#: Quantities that may fall below zero.
_SIGNED = {"new_structure_energy_change", "new_structure_base_change_full"}


@dataclass(frozen=True)
class Entry:
    """One number with where it comes from."""

    value: float
    unit: str
    source_id: str
    quality: str
    note: str


@dataclass(frozen=True)
class Words:
    """What a quantity is called, and its note in Japanese; the note in English stands at the number."""

    name: Text
    note_ja: str


@dataclass(frozen=True)
class Procurement:
    """All numbers by table, quantity and labels."""

    entries: Mapping[tuple[str, ...], Entry]
    sources: Mapping[str, str]
    words: Mapping[str, Words]

    def number(self, table: str, quantity: str, *labels: str) -> float:
        """Return one number in the unit of its row."""
        return self.entries[table, quantity, *labels].value

    def parameter(self, quantity: str) -> float:
        """Return a number that has no labels."""
        return self.number("parameters", quantity)


@cache
def procurement() -> Procurement:
    """Return the tables that ship with the model.

    Raises:
        BadInput: every fault of every table.
    """
    return read_procurement(data_folder() / "procurement")


def read_procurement(folder: Path) -> Procurement:
    """Return the tables of a folder.

    Raises:
        BadInput: every fault of every table: columns, labels, numbers, qualities, sources, repeated and missing rows.
    """
    faults = FaultList()
    sources = {row["source_id"]: row["title"] for _, row in _rows(folder / "sources.csv", faults)}
    entries: dict[tuple[str, ...], Entry] = {}
    for table, dims in _TABLES.items():
        path = folder / f"{table}.csv"
        for line, row in _rows(path, faults):
            _read(f"{path}:{line}", table, dims, row, sources, entries, faults)
        for quantity in sorted({key[1] for key in entries if key[0] == table}):
            for labels in product(*(_LABELS[dim] for dim in dims)):
                if (table, quantity, *labels) not in entries:
                    missing = " ".join((quantity, *labels))
                    faults.add(str(path), Text(f"the row “{missing}” is missing", f"「{missing}」の行がありません"))
    words = {
        row["quantity"]: Words(Text(row["name_en"], row["name_ja"]), row["note_ja"])
        for _, row in _rows(folder / "quantities.csv", faults)
    }
    shown = {key[1] for key in entries if key[0] in ("parameters", "market") and not key[1].startswith(MADE_UP)}
    for quantity in sorted(shown - set(words)):
        faults.add(str(folder / "quantities.csv"), Text("a quantity has no name", "項目の名称がありません"), quantity)
    faults.raise_if_any()
    return Procurement(entries, sources, words)


def _rows(path: Path, faults: FaultList) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a CSV with their line."""
    if not path.is_file():
        faults.add(str(path), Text("the data file is missing", "データファイルがありません"))
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        return [(reader.line_num, row) for row in reader]


def _read(
    place: str,
    table: str,
    dims: tuple[str, ...],
    row: Mapping[str, str],
    sources: Mapping[str, str],
    entries: dict[tuple[str, ...], Entry],
    faults: FaultList,
) -> None:
    """Add one row to the entries, or what is wrong with it to the faults."""
    expected = ["quantity", *dims, *VALUE_COLUMNS]
    if sorted(str(name) for name in row) != sorted(expected):
        faults.add(place, Text("the columns are not those of this table", "列が異なります"), list(row), expected)
        return
    before = len(faults.faults)
    for dim in dims:
        if row[dim] not in _LABELS[dim]:
            faults.add(place, Text("unknown label", "未知のラベルです"), row[dim], _LABELS[dim])
    try:
        value = float(row["value"])
    except ValueError:
        value = float("nan")
    if not isfinite(value) or (value < 0 and row["quantity"] not in _SIGNED):
        faults.add(place, Text("a number of at least 0 is needed", "0以上の数値が必要です"), row["value"])
    if row["quality"] not in QUALITIES:
        faults.add(place, Text("unknown word for quality", "未知の品質区分です"), row["quality"], list(QUALITIES))
    for source in row["source_id"].split(";"):
        if source not in sources:
            faults.add(place, Text("the source is not listed", "sources.csvにない出典です"), source, list(sources))
    key = (table, row["quantity"], *(row[dim] for dim in dims))
    if key in entries:
        faults.add(place, Text("the same labels stand in an earlier row", "同じ行が既にあります"), " / ".join(key[1:]))
    if len(faults.faults) == before:
        entries[key] = Entry(value, row["unit"], row["source_id"], row["quality"], row["note"])
