"""The columns of a programme's row, and how a cell that a person filled in becomes a value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from model.language import ERAS, Language, Text
from model.ordinance.derivation import unit_name
from model.ordinance.programme import Row
from model.ordinance.rule_words import YES_NO

Kind = Literal["text", "number", "whole", "flag", "date", "choice"]

_KINDS: dict[type, Kind] = {str: "text", float: "number", int: "whole", bool: "flag", date: "date"}

#: What people write for yes and no, after normalising width and case.
_FLAGS = {
    **dict.fromkeys(("yes", "y", "true", "1", "はい", "有", "あり", "○", "〇", "◯"), True),
    **dict.fromkeys(("no", "n", "false", "0", "いいえ", "無", "なし", "×", "-"), False),
}
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0?0:00(?::00)?)?")
_ERA_DATE = re.compile(r"(令和|平成|昭和|R|H|S)\s*(\d{1,2}|元)[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.IGNORECASE)
#: A number with thousands separators; a comma anywhere else would be a decimal point to some and nothing to others.
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")
#: Larger numbers are slips of the pen: no amount of a city, in any unit used here, has so many digits.
_LARGEST = 1e15
#: Years that a day can lie in; others are slips of the pen.
_FIRST_YEAR, _LAST_YEAR = 1950, 2100
_ERA_LETTERS = {"R": "令和", "H": "平成", "S": "昭和"}


class CellError(ValueError):
    """A cell that cannot be read as its column's kind; carries what is expected."""

    def __init__(self, expected: Text) -> None:
        self.expected = expected
        super().__init__(expected.en)


@dataclass(frozen=True)
class Column:
    """One column of a table that a user fills in.

    Args:
        name: name of the field, always accepted as a heading.
        title: heading in both languages.
        unit: unit shown behind the heading.
        kind: what a cell holds.
        required: whether a cell must be filled.
        default: value of an empty cell.
        choices: values to choose from, with how people write them.
        meaning: what to know to fill it in, if it is not plain.
    """

    name: str
    title: Text
    unit: str
    kind: Kind
    required: bool
    default: Any
    choices: Mapping[Any, Text] = field(default_factory=dict)
    meaning: Text | None = None

    def heading(self, language: Language) -> str:
        """Return the heading with its unit."""
        unit = unit_name(self.unit, language)
        return f"{self.title(language)} [{unit}]" if unit else self.title(language)

    def shown(self, value: Any, language: Language) -> Any:
        """Return a value as it is written into a cell; dates stay dates, and unknown facts stay empty."""
        return self.choices[value](language) if value in self.choices else value

    def read(self, cell: Any) -> Any:
        """Return the value of a filled cell.

        Raises:
            CellError: the cell cannot be read as this kind.
        """
        written = unicodedata.normalize("NFKC", str(cell)).strip()
        if self.kind == "flag":
            return _flag(written)
        if self.choices:
            return self._chosen(written)
        if self.kind == "date":
            return _in_our_time(_day_of(cell, written))
        if self.kind in ("number", "whole"):
            return _number(cell, written, self.kind)
        return _plain_text(cell)

    def _chosen(self, written: str) -> Any:
        """Return the value behind a choice, by value or by either name; others are left to the row's own check."""
        return self._values.get(written.casefold(), written)

    @cached_property
    def _values(self) -> dict[str, Any]:
        """Every way to write a choice, without differences of width and case, with its value."""
        names = ((name, value) for value, label in self.choices.items() for name in (str(value), label.en, label.ja))
        return {unicodedata.normalize("NFKC", name).casefold(): value for name, value in names}


def columns_of(row: type[Row]) -> tuple[Column, ...]:
    """Return the columns of a row model, in order."""
    columns = []
    for name, info in row.model_fields.items():
        extra: dict[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        kind, literals = _kind(info.annotation)
        choices: Mapping[Any, Text] = YES_NO if kind == "flag" else extra.get("choices", {})
        choices = choices or {value: Text(str(value), str(value)) for value in literals}
        title = Text(info.title or name, str(extra.get("ja", name)))
        default = None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})
        columns.append(Column(name, title, str(extra.get("unit", "")), kind, info.is_required(), default, choices,
                              extra.get("meaning")))  # fmt: skip
    return tuple(columns)


def _kind(annotation: Any) -> tuple[Kind, tuple[Any, ...]]:
    """Return the kind of a field's type, and the values of a choice."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(part for part in get_args(annotation) if part is not NoneType)
    if get_origin(annotation) is Literal:
        return "choice", get_args(annotation)
    return _KINDS[annotation], ()


def _flag(written: str) -> bool:
    """Return yes or no."""
    if written.casefold() not in _FLAGS:
        raise CellError(Text("yes or no", "はい／いいえ"))
    return _FLAGS[written.casefold()]


def _number(cell: Any, written: str, kind: Kind) -> float | int:
    """Return a number, with or without thousands separators; a whole one for counts."""
    expected = Text("a whole number", "整数") if kind == "whole" else Text("a number", "数値")
    if isinstance(cell, bool) or "_" in written:
        raise CellError(expected)
    if "," in written and not _GROUPED.fullmatch(written):
        raise CellError(Text(f"{expected.en} (a comma only separates thousands, as in 1,234.5)",
                             f"{expected.ja}（カンマは3桁区切りのみ。例：1,234.5）"))  # fmt: skip
    try:
        value = float(written.replace(",", ""))
    except ValueError:
        raise CellError(expected) from None
    if isfinite(value) and abs(value) > _LARGEST:
        raise CellError(Text(f"{expected.en} of at most {_LARGEST:.0e}", f"{_LARGEST:.0e}以下の{expected.ja}"))
    if not isfinite(value) or (kind == "whole" and not value.is_integer()):
        raise CellError(expected)
    return int(value) if kind == "whole" else value


def _day_of(cell: Any, written: str) -> date:
    """Return the day of a cell that holds one, or that is written in it."""
    if isinstance(cell, datetime):
        return cell.date()
    return cell if isinstance(cell, date) else _date(written)


def _in_our_time(day: date) -> date:
    """Refuse a day that is no day of these programmes, such as one of the year 205 for 2025."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise CellError(
            Text(f"a day from {_FIRST_YEAR} to {_LAST_YEAR}", f"{_FIRST_YEAR}年から{_LAST_YEAR}年までの日付")
        )
    return day


def _date(written: str) -> date:
    """Return a day written as 2025-06-30, 2025/6/30, 2025年6月30日 or 令和7年6月30日."""
    expected = Text("a day that exists, such as 2025-06-30", "実在する日付（例：2025-06-30、令和7年6月30日）")
    if found := _DATE.fullmatch(written):
        year = int(found[1])
        month, day = int(found[2]), int(found[3])
    elif found := _ERA_DATE.fullmatch(written):
        era = _ERA_LETTERS.get(found[1].upper(), found[1])
        first = next(start for start, name in ERAS if name == era)
        year = first - 1 + (1 if found[2] == "元" else int(found[2]))
        month, day = int(found[3]), int(found[4])
    else:
        raise CellError(expected)
    try:
        return date(year, month, day)
    except ValueError:
        raise CellError(expected) from None


def _plain_text(cell: Any) -> str:
    """Return a cell as text; a whole number that Excel stored as 12.0 is the text 12."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
