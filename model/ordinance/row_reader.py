"""A user's file becomes the rows of a programme; every bad row is listed with its number, in one go."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from model.faults import FaultList
from model.language import Language, Text
from model.ordinance.columns import CellError, Column, columns_of
from model.ordinance.programme import Row
from model.record_files import Record, Records, read_records

_RowType = TypeVar("_RowType", bound=Row)

_LIMITS = {
    "greater_than_equal": ("ge", Text("this is too small", "値が小さすぎます"), "≥"),
    "greater_than": ("gt", Text("this is too small", "値が小さすぎます"), ">"),
    "less_than_equal": ("le", Text("this is too large", "値が大きすぎます"), "≤"),
    "less_than": ("lt", Text("this is too large", "値が大きすぎます"), "<"),
}
_NEEDED = Text("a value is needed", "値が必要です")
_JOINTS: tuple[tuple[str, Language], ...] = ((" and ", "en"), ("・", "ja"))
_NO_HEADINGS = Text(
    "no heading of this form is there: the first filled line must hold the headings (in CSV separated by commas), "
    "in Excel on the first sheet or one named “rows”; `template` writes an example",
    "様式の見出しが見つかりません。最初の行を見出しにしてください（CSVはカンマ区切り、Excelは先頭又は「入力」の"
    "シート）。記入例は template コマンドで作成できます",
)
#: Letters shown of headings that are none.
_SHOWN = 60
_NOT_A_CHOICE = Text("this is none of the choices", "選択肢にない値です")


def fits(row: type[Row], headings: Sequence[str]) -> int:
    """Return how many headings of a table name a column of a row model; tells what kind of table a file is."""
    known = {_key(name) for column in columns_of(row) for name in _heading_names(column)}
    return sum(_key(heading) in known for heading in headings)


@dataclass(frozen=True)
class HalfRead(Generic[_RowType]):
    """A row that is not right on its own, so that what can be read of it is checked in the same go.

    Args:
        row: what could be read; columns in `unread` may be missing from it.
        unread: columns without a usable value.
        place: where the row stands.
    """

    row: _RowType
    unread: frozenset[str]
    place: str


class RowReader(Generic[_RowType]):
    """Reads files of one row model.

    After `read`, `faults` holds everything wrong, `rows` the rows that are right on their own, `refused` what cells
    of the others could be read, `halves` the same as rows, and `written` column → heading that the user wrote.
    """

    def __init__(self, row: type[_RowType]) -> None:
        self.row = row
        self.columns = {column.name: column for column in columns_of(row)}
        self.faults = FaultList()
        self.rows: list[_RowType] = []
        self.refused: list[Mapping[str, Any]] = []
        self.halves: list[HalfRead[_RowType]] = []
        self._seen: dict[tuple[Any, ...], str] = {}
        self.written: dict[str, str] = {}

    def read(self, path: Path) -> None:
        """Read a file, adding its good rows to `rows` and what is wrong to `faults`."""
        records = read_records(path, self.faults)
        if records is not None:
            self.add(records, str(path))

    def add(self, records: Records, place: str) -> None:
        """Add the good rows of a table that stands at a place to `rows`, and what is wrong with it to `faults`."""
        known = self._headings(records, place)
        if not known:
            return
        absent = {column.name for column in self.columns.values() if column.required} - {
            one.name for one in known.values()
        }
        for name in sorted(absent):
            column = self.columns[name]
            self.faults.add(
                place, Text(f"the column “{column.title.en}” is missing", f"列「{column.title.ja}」がありません")
            )
        if not records.rows:
            self.faults.add(place, Text("there are no rows under the headings", "見出しの下に行がありません"))
        for record in records.rows:
            self._read_record(record, known, absent)

    @property
    def places(self) -> Mapping[tuple[Any, ...], str]:
        """Identity of each row that has one → where it stands first in its file."""
        return self._seen

    def _headings(self, records: Records, place: str) -> dict[str, Column]:
        """Return the column of each heading; unknown and repeated headings are faults, and so is none that is known."""
        found: dict[str, Column] = {}
        taken: set[str] = set()
        names = {_key(name): column for column in self.columns.values() for name in _heading_names(column)}
        if not any(_key(heading) in names for heading in records.headings):
            # All other faults would follow from this one.
            self.faults.add(place, _NO_HEADINGS, " | ".join(records.headings)[:_SHOWN] or None)
            return found
        for heading in records.headings:
            column = names.get(_key(heading))
            if column is None and (heading or any("" in record.cells for record in records.rows)):
                allowed = [name for column in self.columns.values() for name in _heading_names(column)]
                self._add(place, Text("there is no such column", "この列はありません"), heading, allowed)
            elif column is not None and column.name in taken:
                self.faults.add(place, Text("this column stands twice", "同じ列が二つあります"), heading)
            elif column is not None:
                taken.add(column.name)
                found[heading] = column
        self.written = {column.name: heading for heading, column in found.items()}
        return found

    def _read_record(self, record: Record, known: Mapping[str, Column], absent: set[str]) -> None:
        """Turn one record into a row, or its mistakes into faults."""
        cells = {known[heading].name: cell for heading, cell in record.cells.items() if heading in known}
        values: dict[str, Any] = {}
        unreadable = set()
        for name, cell in cells.items():
            try:
                values[name] = self.columns[name].read(cell)
            except CellError as bad:
                unreadable.add(name)
                expected = Text(f"not {bad.expected.en}", f"{bad.expected.ja}で入力してください")
                self._add(self._place(record, name), expected, cell)
        try:
            row = self.row.model_validate(values)
        except ValidationError as problem:
            wrong = set()
            for detail in problem.errors(include_url=False):
                name = str(detail["loc"][0]) if detail["loc"] else ""
                wrong.add(name)
                if name not in unreadable and not (detail["type"] == "missing" and name in absent):
                    self._add_detail(record, name, detail, cells.get(name))
            half = self._refuse(record, values, unreadable | wrong)
            if not half.unread & set(self.row.unique):
                self._is_new(half.row, record)
            return
        new = bool(unreadable & set(self.row.unique)) or self._is_new(row, record)
        if new and not unreadable:
            self.rows.append(row)
        else:
            self._refuse(record, values, unreadable)

    def _refuse(self, record: Record, values: Mapping[str, Any], unread: set[str]) -> HalfRead[_RowType]:
        """Keep and return what could be read of a row that is not right on its own."""
        self.refused.append(values)
        usable = {name: value for name, value in values.items() if name not in unread}
        half = HalfRead(self.row.model_construct(**usable), frozenset(unread), record.place)
        self.halves.append(half)
        return half

    def _is_new(self, row: _RowType, record: Record) -> bool:
        """Say whether no earlier row has the same identity; a repetition is a fault."""
        key = tuple(getattr(row, name) for name in self.row.unique)
        first = self._seen.setdefault(key, record.place)
        if first == record.place:
            return True
        self.add_repeated(record.place, first, key)
        return False

    def add_repeated(self, place: str, first: str, key: tuple[Any, ...]) -> None:
        """Add a row whose identity an earlier row has, with the columns that make the identity and are filled."""
        shown = [
            (self.columns[name].title, part) for name, part in zip(self.row.unique, key, strict=True) if part != ""
        ]
        en, ja = (joint.join(title(language) for title, _ in shown) for joint, language in _JOINTS)
        problem = Text(f"{en} already stands in {first}", f"{ja}が{first}と重複しています")
        self.faults.add(place, problem, ", ".join(str(part) for _, part in shown))

    def _add_detail(self, record: Record, name: str, detail: ErrorDetails, given: Any) -> None:
        """Add one finding of pydantic as a fault in both languages."""
        place = self._place(record, name) if name else record.place
        context: Mapping[str, Any] = detail.get("ctx", {})
        kind = detail["type"]
        if kind == "row_fault":
            self._add(place, Text(context["en"], context["ja"]), given, context["allowed"])
        elif kind == "missing" or kind == "string_too_short":
            self._add(place, _NEEDED, None)
        elif kind in _LIMITS:
            limit, problem, sign = _LIMITS[kind]
            self.faults.add(place, problem, given, f"{sign} {context[limit]}")
        elif kind == "literal_error":
            labels = self.columns[name].choices
            self._add(place, _NOT_A_CHOICE, given, [str(part) for value in labels for part in _names(value, labels)])
        else:
            self._add(place, Text(str(detail["msg"]), f"値が不正です（{detail['msg']}）"), given)

    def _add(self, place: str, problem: Text, given: Any, allowed: Sequence[str] | None = None) -> None:
        """Add a fault, with the names that would be right where there are such."""
        if allowed is None:
            self.faults.add(place, problem, given)
        else:
            self.faults.add_name(place, problem, given, allowed)

    def _place(self, record: Record, name: str) -> str:
        """Return where a cell stands, under the heading that the user wrote."""
        return f"{record.place} › {self.written.get(name, name)}"


def _heading_names(column: Column) -> tuple[str, ...]:
    """Return the headings that name a column: its field, and its title in both languages."""
    return column.name, column.title.en, column.title.ja


def _names(value: Any, labels: Mapping[Any, Text]) -> tuple[str, ...]:
    """Return how a choice can be written, each way once."""
    return tuple(dict.fromkeys((str(value), labels[value].en, labels[value].ja)))


def _key(heading: str) -> str:
    """Return a heading without its unit and without differences of width, case and spaces.

    The unit goes because Excel in Japan saves CSV in an encoding that has no ².
    """
    name = re.sub(r"\[[^\]]*\]\s*$", "", unicodedata.normalize("NFKC", heading))
    return "".join(name.casefold().split())
