"""Cells as people in an office write them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

import pytest

from model.language import Text
from model.ordinance.columns import CellError, columns_of
from model.ordinance.programme import Row, column

SIZES = {"s": Text("small", "小規模"), "l": Text("large", "大規模")}


class Sample(Row):
    id: str = column("name", "名称")
    area: float | None = column("area", "面積", "m²", default=None, ge=0)
    count: int = column("count", "件数", default=0, ge=0)
    day: date = column("day", "日付")
    yes: bool = column("agreed", "同意", default=False)
    size: Literal["s", "l"] = column("size", "規模", default="s", choices=SIZES)


COLUMNS = {one.name: one for one in columns_of(Sample)}


def test_the_row_model_tells_the_columns() -> None:
    kinds = {name: (one.kind, one.required) for name, one in COLUMNS.items()}
    assert kinds == {
        "id": ("text", True),
        "area": ("number", False),
        "count": ("whole", False),
        "day": ("date", True),
        "yes": ("flag", False),
        "size": ("choice", False),
    }
    assert COLUMNS["area"].heading("ja") == "面積 [m²]"


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("area", "1,234.5", 1234.5), ("area", "１２．５", 12.5), ("area", 7, 7.0), ("area", "1e3", 1000.0),
        ("count", "12.0", 12), ("count", 12.0, 12), ("count", "１２", 12),
        ("day", "2025-06-30", date(2025, 6, 30)), ("day", "2025/6/3", date(2025, 6, 3)),
        ("day", "2025年6月30日", date(2025, 6, 30)), ("day", "令和7年6月30日", date(2025, 6, 30)),
        ("day", "令和元年5月1日", date(2019, 5, 1)), ("day", "R7.6.30", date(2025, 6, 30)),
        ("day", "平成３０年１２月１日", date(2018, 12, 1)), ("day", datetime(2025, 6, 30), date(2025, 6, 30)),
        ("day", "2025-06-30 00:00:00", date(2025, 6, 30)), ("day", "2024-02-29", date(2024, 2, 29)),
        ("yes", "はい", True), ("yes", "いいえ", False), ("yes", True, True), ("yes", "YES", True), ("yes", 0, False),
        ("yes", "○", True), ("yes", "×", False),
        ("size", "大規模", "l"), ("size", "Large", "l"), ("size", "l", "l"), ("size", "huge", "huge"),
        ("id", 12.0, "12"), ("id", " A ", "A"),
    ],
)  # fmt: skip
def test_cells_that_are_read(name: str, cell: Any, value: Any) -> None:
    found = COLUMNS[name].read(cell)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("area", "twelve"), ("area", "nan"), ("area", "inf"), ("area", True), ("area", "1_000"), ("area", "12 m2"),
        ("count", "1.5"), ("count", 1.5),
        ("day", "2025-02-30"), ("day", "2025-02-29"), ("day", "30.6.2025"), ("day", "20250630"),
        ("day", "令和7年13月1日"), ("day", 45838),
        ("yes", "maybe"), ("yes", 2),
    ],
)  # fmt: skip
def test_cells_that_are_refused(name: str, cell: Any) -> None:
    with pytest.raises(CellError):
        COLUMNS[name].read(cell)


@pytest.mark.parametrize(("name", "what"), [("area", "a number"), ("count", "a whole number")])
def test_a_number_beyond_all_amounts_is_said_to_be_one(name: str, what: str) -> None:
    with pytest.raises(CellError, match=f"^{what} of at most 1e.15$"):
        COLUMNS[name].read("1e300")
    with pytest.raises(CellError, match=f"^{what}$"):
        COLUMNS[name].read("nan")
