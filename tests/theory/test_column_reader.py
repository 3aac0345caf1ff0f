"""Large tables by column: the same values and faults as row by row, on CSV, Excel, YAML and Parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.optimise.solar_allocation.inputs import House
from model.ordinance.column_reader import ColumnReader, Columns
from model.ordinance.row_reader import RowReader

HEAD = "住宅番号,区市町村,延床面積 [m²],進捗,供給日,face1_m2,explained\n"
GOOD = HEAD + 'a,世田谷区,"1,000",完成,令和7年4月1日,20,はい\n\nb,Shinjuku,９８.5,,2025/5/5,,no\n'


def read(path: Path) -> tuple[Columns | None, list[str]]:
    reader = ColumnReader(House)
    table = reader.columns_from(path)
    return table, [fault("en") for fault in reader.faults.faults]


def test_columns_hold_what_rows_hold(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(GOOD, encoding="cp932", errors="replace")
    table, faults = read(path)
    rows = RowReader(House)
    rows.read(path)
    assert faults == [fault("en") for fault in rows.faults.faults] == []
    assert table is not None
    assert table.lines.tolist() == [2, 4]
    for name in House.model_fields:
        for value, row in zip(table.cells[name], rows.rows, strict=True):
            expected = getattr(row, name)
            assert value == expected or (expected is None and (value is None or np.isnan(value)))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("b,どこ,98,,,,", ["no such municipality"]),
        ("b,Shinjuku,x,,,,", ["not a number"]),
        ("b,Shinjuku,-1,,,,", ["too small"]),
        ("b,Shinjuku,98,maybe,,,", ["none of the choices"]),
        ("b,Shinjuku,98,,2025-02-30,,", ["a day that exists"]),
        (",Shinjuku,98,,,,", ["a value is needed"]),
        ("a,Shinjuku,98,,,,", ["house already stands in"]),
        ("b,Shinjuku,inf,,,,", ["not a number"]),
        ("c,Shinjuku,98,,,,,,,7", ["more cells than headings"]),
    ],
)
def test_bad_cells_are_named_with_their_line(tmp_path: Path, line: str, words: list[str]) -> None:
    path = tmp_path / "list.csv"
    path.write_text(GOOD + line + "\n", encoding="utf-8")
    _, faults = read(path)
    assert len(faults) == len(words)
    for fault, word in zip(faults, words, strict=True):
        assert word in fault
        assert ":5" in fault or "cells" in fault


def test_parquet_holds_numbers_days_and_flags(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    frame = pd.DataFrame(
        {"id": ["a", "b"], "municipality": ["13112", "Chiyoda"], "floor_area_m2": [100.0, 80.5],
         "delivered_on": [pd.Timestamp("2025-04-01"), pd.NaT], "explained": [True, False]}
    )  # fmt: skip
    frame.to_parquet(path, index=False)
    table, faults = read(path)
    assert faults == []
    assert table is not None
    assert table.cells["floor_area_m2"].tolist() == [100.0, 80.5]
    assert table.cells["explained"].tolist() == [True, False]
    assert str(table.cells["delivered_on"][0]) == "2025-04-01"
    assert table.cells["delivered_on"][1] is None


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    for name, content in (("a.csv", b""), ("b.parquet", b"no"), ("c.txt", b""), ("d.csv", b"\xff\xfe\xfd")):
        (tmp_path / name).write_bytes(content)
        _, faults = read(tmp_path / name)
        assert faults, name
    assert "no" in read(tmp_path / "absent.csv")[1][0].lower()


def test_many_bad_cells_are_told_by_number(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        "id,municipality,floor_area_m2\n" + "".join(f"h{n},13112,?\n" for n in range(1000)), encoding="utf-8"
    )
    _, faults = read(path)
    assert len(faults) == 201
    assert "800 more" in faults[-1]
