"""The supplier's file read a second time, by other means than the list that the plan was made from.

CSV goes through Arrow, Excel is taken out of its archive cell by cell, and numbers stay the decimals that stand in the
file: every distinct text is read once, as a fraction. Only the form is shared: the names of columns and choices.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context
from fractions import Fraction
from functools import cached_property
from math import lcm
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, iterparse
from zipfile import ZipFile

import numpy as np
import numpy.typing as npt

from model.optimise.solar_allocation.inputs import House
from model.ordinance.columns import Column, columns_of
from model.ordinance.exact import exact
from model.record_files import ROWS_SHEET

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

_ENCODINGS = ("utf-8-sig", "cp932")
#: Whole numbers up to here are handled as such by the processor; larger ones by Python.
_LARGEST = 2**62
_HALF = 2**20
#: Digits of a number that Excel shows at most; what it stores beyond them is the rest of a binary number.
_AS_SHOWN = Context(prec=15)
_YES = frozenset(("yes", "y", "true", "1", "はい", "有", "あり", "○", "〇", "◯"))
_EXCEL_DAY_ZERO = date(1899, 12, 30)


@dataclass(frozen=True)
class Fractions:
    """Many fractions over one denominator; unknown ones are 0 and marked."""

    whole: npt.NDArray[Any]
    denominator: int
    known: BoolArray

    @classmethod
    def of(cls, values: Sequence[Fraction | None], codes: IntArray) -> Fractions:
        """Return values[codes]."""
        denominator = lcm(*(value.denominator for value in values if value is not None))
        whole = [0 if value is None else int(value * denominator) for value in values]
        large = max((abs(one) for one in whole), default=0) >= _LARGEST
        known = np.array([value is not None for value in values], dtype=bool)
        return cls(np.array(whole, dtype=object if large else np.int64)[codes], denominator, known[codes])

    @classmethod
    def rounded(cls, values: FloatArray, denominator: int) -> Fractions:
        """Return the fractions nearest to values."""
        return cls(np.rint(values * denominator).astype(np.int64), denominator, np.ones(values.size, dtype=bool))

    def __mul__(self, other: Fractions | Fraction) -> Fractions:
        """Return the products, place by place or with one number."""
        if isinstance(other, Fraction):
            whole = _product(self.whole, np.array(other.numerator, dtype=object), abs(other.numerator))
            return Fractions(whole, self.denominator * other.denominator, self.known)
        whole = _product(self.whole, other.whole, _most(other.whole))
        return Fractions(whole, self.denominator * other.denominator, self.known & other.known)

    def __add__(self, other: Fractions) -> Fractions:
        """Return the sums, place by place."""
        common = lcm(self.denominator, other.denominator)
        mine, theirs = common // self.denominator, common // other.denominator
        whole = _product(self.whole, np.array(mine, dtype=object), mine) + _product(
            other.whole, np.array(theirs, dtype=object), theirs
        )
        return Fractions(whole, common, self.known & other.known)

    def where(self, chosen: BoolArray, other: Fractions) -> Fractions:
        """Return these where chosen, others elsewhere."""
        common = lcm(self.denominator, other.denominator)
        first = _product(self.whole, np.array(common // self.denominator, dtype=object), common // self.denominator)
        second = _product(other.whole, np.array(common // other.denominator, dtype=object), common // other.denominator)
        return Fractions(np.where(chosen, first, second), common, np.where(chosen, self.known, other.known))

    def total(self, chosen: BoolArray) -> Fraction:
        """Return the sum of the chosen ones, without rounding."""
        picked = self.whole[chosen]
        if picked.dtype == object:
            return Fraction(int(sum(picked.tolist())), self.denominator)
        # In two halves, so that no sum of a million large numbers leaves the range of the processor.
        high, low = np.floor_divide(picked, _HALF), np.mod(picked, _HALF)
        return Fraction(int(high.sum()) * _HALF + int(low.sum()), self.denominator)

    def below(self, limit: Fraction) -> BoolArray:
        """Say which are below a limit."""
        scaled = _product(self.whole, np.array(limit.denominator, dtype=object), limit.denominator)
        return np.asarray(_beside(scaled, mark := limit.numerator * self.denominator) < mark, dtype=bool)

    def parts(self, unit: Fraction) -> IntArray:
        """Return how many whole units each holds."""
        scaled = _product(self.whole, np.array(unit.denominator, dtype=object), unit.denominator)
        return np.asarray(_beside(scaled, size := unit.numerator * self.denominator) // size, dtype=np.int64)

    @property
    def floats(self) -> FloatArray:
        """The nearest floating-point numbers, NaN where unknown."""
        if self.denominator < _LARGEST:
            return np.where(self.known, self.whole.astype(np.float64) / self.denominator, np.nan)
        nearest = [float(Fraction(int(one), self.denominator)) for one in self.whole]
        return np.where(self.known, np.array(nearest, dtype=np.float64), np.nan)


def _beside(whole: npt.NDArray[Any], other: int) -> npt.NDArray[Any]:
    """Return whole numbers that can be held against another one: by Python where that leaves the processor's range."""
    return whole if abs(other) < _LARGEST else whole.astype(object)


def _most(whole: npt.NDArray[Any]) -> int:
    """Return the largest amount."""
    return int(np.abs(whole).max()) if whole.size else 0


def _product(first: npt.NDArray[Any], second: npt.NDArray[Any], most: int) -> npt.NDArray[Any]:
    """Return the products of whole numbers, by Python where the processor's range would not do."""
    if first.dtype != object and _most(first) * max(most, 1) < _LARGEST:
        return np.asarray(first * second.astype(np.int64))
    return np.asarray(first.astype(object) * second.astype(object))


@dataclass(frozen=True)
class RawList:
    """The rows of one supplier as they stand in the file: for each column the distinct texts, and which a row has."""

    codes: Mapping[str, IntArray]
    written: Mapping[str, tuple[str, ...]]
    size: int

    @cached_property
    def _columns(self) -> dict[str, Column]:
        return {column.name: column for column in columns_of(House)}

    def _read(self, name: str, meaning: Callable[[str], Any], default: Any) -> tuple[list[Any], IntArray]:
        """Return the meaning of every distinct text of a column, and which a row has."""
        if name not in self.codes:
            return [default], np.zeros(self.size, dtype=np.int64)
        return [meaning(text) if text else default for text in self.written[name]], self.codes[name]

    def texts(self, name: str) -> npt.NDArray[Any]:
        """Return a column of text."""
        values, codes = self._read(name, str, self._columns[name].default or "")
        return np.array(values, dtype=object)[codes]

    def numbers(self, name: str) -> Fractions:
        """Return a column of numbers; empty cells are the form's default, or unknown."""
        default = self._columns[name].default
        values, codes = self._read(name, _fraction, None if default is None else exact(default))
        return Fractions.of(values, codes)

    def flags(self, name: str) -> BoolArray:
        """Return a column of yes and no."""
        values, codes = self._read(name, lambda text: text.casefold() in _YES, bool(self._columns[name].default))
        return np.array(values, dtype=bool)[codes]

    def choices(self, name: str) -> npt.NDArray[Any]:
        """Return a column of choices, by the values behind their names."""
        column = self._columns[name]
        known = {_key(one): value for value, label in column.choices.items() for one in (value, label.en, label.ja)}
        values, codes = self._read(name, lambda text: known[_key(text)], column.default)
        return np.array(values, dtype=object)[codes]

    def days(self, name: str) -> npt.NDArray[Any]:
        """Return a column of days, None where there is none."""
        values, codes = self._read(name, lambda text: self._columns[name].read(_day(text)), None)
        found = np.empty(len(values), dtype=object)
        found[:] = values
        return np.asarray(found[codes])

    def completed(self, name: str, by_id: Mapping[str, str], where: BoolArray) -> RawList:
        """Return the same rows with other texts in a column of some of them, by the ids of those that have one."""
        own, codes = self._read(name, str, "")
        rows = zip(self.texts("id").tolist(), codes.tolist(), where.tolist(), strict=True)
        texts = [by_id.get(house, own[code]) if chosen else own[code] for house, code, chosen in rows]
        place: dict[str, int] = {}
        filled = np.array([place.setdefault(text, len(place)) for text in texts], dtype=np.int64)
        return RawList({**self.codes, name: filled}, {**self.written, name: tuple(place)}, self.size)


def reread(path: Path) -> dict[str, RawList]:
    """Return the lists of a file by supplier; the file is one that could be read before.

    Args:
        path: CSV, Excel, Parquet or YAML.
    """
    ending = path.suffix.lower()
    reader = {".csv": _csv, ".parquet": _parquet, ".xlsx": _xlsx}.get(ending, _yaml)
    texts = reader(path)
    names = {_key(one): column.name for column in columns_of(House)
             for one in (column.name, column.title.en, column.title.ja)}  # fmt: skip
    codes: dict[str, IntArray] = {}
    written: dict[str, tuple[str, ...]] = {}
    for heading, (distinct, places) in texts.items():
        if _key(heading) in names:
            codes[names[_key(heading)]] = places
            written[names[_key(heading)]] = tuple(text.strip() for text in distinct)
    filled = np.zeros(len(next(iter(codes.values()))), dtype=bool)
    for name, places in codes.items():
        filled |= np.array([bool(text) for text in written[name]], dtype=bool)[places]
    whole = RawList({name: places[filled] for name, places in codes.items()}, written, int(filled.sum()))
    suppliers = whole.texts("supplier")
    return {str(one) or path.stem: _part(whole, suppliers == one) for one in dict.fromkeys(suppliers.tolist())}


def _part(whole: RawList, chosen: BoolArray) -> RawList:
    """Return the rows of one supplier."""
    return RawList({name: places[chosen] for name, places in whole.codes.items()}, whole.written, int(chosen.sum()))


_Texts = dict[str, tuple[Sequence[str], IntArray]]


def _csv(path: Path) -> _Texts:
    """Return the columns of a CSV file."""
    import pyarrow
    from pyarrow import csv

    for encoding in _ENCODINGS:
        try:
            with path.open(encoding=encoding, newline="") as lines:
                while lines.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            continue
        break
    reading = csv.ReadOptions(encoding="utf8" if encoding.startswith("utf") else encoding)
    parsing = csv.ParseOptions(newlines_in_values=True)
    try:
        names = csv.open_csv(path, reading, parsing).schema.names
        if not any(name.strip() for name in names):
            raise pyarrow.ArrowInvalid
        types = csv.ConvertOptions(column_types={name: pyarrow.string() for name in names}, strings_can_be_null=False)
        table = csv.read_csv(path, reading, parsing, types)
    except pyarrow.ArrowInvalid:
        return _uneven(path, encoding)
    return {name: _distinct(table.column(number)) for number, name in enumerate(names) if name.strip()}


def _uneven(path: Path, encoding: str) -> _Texts:
    """Return the columns of a CSV file whose lines differ in length or that starts with empty ones."""
    from csv import reader

    with path.open(encoding=encoding, newline="") as lines:
        filled = [line for line in reader(lines) if any(cell.strip() for cell in line)]
    headings = filled[0]
    return _by_heading([dict(zip(headings, line, strict=False)) for line in filled[1:]])


def _parquet(path: Path) -> _Texts:
    """Return the columns of a Parquet file."""
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    return {name: _distinct(table.column(name)) for name in table.column_names}


def _distinct(column: Any) -> tuple[list[str], IntArray]:
    """Return the distinct cells of a column as text, and which a row has."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    return [_as_text(cell) for cell in encoded.dictionary.to_pylist()], np.asarray(encoded.indices, dtype=np.int64)


def _yaml(path: Path) -> _Texts:
    """Return the columns of a YAML list."""
    import yaml

    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["rows"]
    return _by_heading([{str(key): _as_text(cell) for key, cell in row.items()} for row in rows])


def _by_heading(rows: Sequence[Mapping[str, str]]) -> _Texts:
    """Return rows as columns of distinct texts."""
    found: _Texts = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        place: dict[str, int] = {}
        codes = [place.setdefault(row.get(name, ""), len(place)) for row in rows]
        found[name] = list(place), np.array(codes, dtype=np.int64)
    return found


def _xlsx(path: Path) -> _Texts:
    """Return the columns of the sheet with the rows of an Excel file, out of the archive itself."""
    with ZipFile(path) as archive:
        names = archive.namelist()
        shared = _shared_texts(archive) if "xl/sharedStrings.xml" in names else []
        lines: list[dict[int, str]] = []
        with archive.open(_sheet_of_rows(archive)) as sheet:
            for _, element in iterparse(sheet):
                if _tag(element) == "row":
                    line = {_column(cell.get("r", "")): _cell_text(cell, shared) for cell in element}
                    lines.append({place: text for place, text in line.items() if text.strip()})
                    element.clear()
    filled = [line for line in lines if line]
    headings = filled[0]
    return _by_heading([{headings[place]: text for place, text in line.items() if place in headings}
                        for line in filled[1:]])  # fmt: skip


def _sheet_of_rows(archive: ZipFile) -> str:
    """Return where the sheet with the rows lies in the archive: by the name of the form's sheet, else the first."""
    with archive.open("xl/workbook.xml") as book:
        sheets = [element for _, element in iterparse(book) if _tag(element) == "sheet"]
    sheet = next((one for one in sheets if one.get("name") in (ROWS_SHEET.en, ROWS_SHEET.ja)), sheets[0])
    wanted = next(value for name, value in sheet.attrib.items() if name.endswith("}id"))
    with archive.open("xl/_rels/workbook.xml.rels") as relations:
        target = next(e.get("Target", "") for _, e in iterparse(relations) if e.get("Id") == wanted)
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _shared_texts(archive: ZipFile) -> list[str]:
    """Return the texts that cells refer to by number."""
    with archive.open("xl/sharedStrings.xml") as texts:
        return [_inner(element) for _, element in iterparse(texts) if _tag(element) == "si"]


def _inner(element: Element) -> str:
    """Return the text of an element without its reading aids."""
    if _tag(element) == "rPh":
        return ""
    own = (element.text or "") if _tag(element) == "t" else ""
    return own + "".join(_inner(child) for child in element)


def _cell_text(cell: Element, shared: Sequence[str]) -> str:
    """Return a cell as text."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _inner(cell)
    value = next((child.text or "" for child in cell if _tag(child) == "v"), "")
    if kind == "s":
        return shared[int(value)]
    return _as_text(float(value)) if kind == "n" and value else value


def _tag(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def _column(reference: str) -> int:
    """Return the number of the column of a cell such as AB12."""
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def _as_text(cell: Any) -> str:
    """Return a stored value as a person would write it."""
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def _key(text: str) -> str:
    """Return a heading or a choice without its unit and without differences of width, case and spaces."""
    plain = unicodedata.normalize("NFKC", text)
    head = plain[: plain.rindex("[")] if plain.rstrip().endswith("]") and "[" in plain else plain
    return "".join(head.casefold().split())


def _fraction(text: str) -> Fraction:
    """Return the decimal that a person wrote; Excel keeps 98.3 as 98.299999999999997 and shows fifteen digits."""
    return Fraction(_AS_SHOWN.create_decimal(unicodedata.normalize("NFKC", text).replace(",", "").strip()))


def _day(text: str) -> str | date:
    """Return a day as written; Excel counts days."""
    if re.fullmatch(r"\d{1,6}(\.\d*)?", text):
        return _EXCEL_DAY_ZERO + timedelta(days=int(text.partition(".")[0]))
    return text.partition("T")[0].partition(" ")[0] if text[:4].isdigit() else text
