"""What must hold of each row of an input table by itself, and what is said where it does not.

What only all rows of a quantity show stands in `model.row_checks`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaError, SchemaErrors

from model.faults import FaultList, nearest_name
from model.language import Text
from model.schema import QUALITIES
from model.table_labels import labels_of
from model.tables import FIRST_YEAR, LAST_YEAR, VALUE_COLUMNS, Table


def checked_rows(raw: pd.DataFrame, table: Table, known_sources: set[str], faults: FaultList) -> pd.DataFrame | None:
    """Return the rows with numbers as numbers, or None after recording all that is wrong with them."""
    place = f"{table.name}.csv"
    expected = ["quantity", *table.dims, *VALUE_COLUMNS]
    if list(raw.columns) != expected:
        faults.add(place, Text("the columns are not those of this table", "列がこの表のものと異なります"),
                   given=", ".join(raw.columns), allowed=", ".join(expected))  # fmt: skip
        return None
    frame = raw.copy()
    numeric = ["value", *(["year"] if "year" in table.dims else [])]
    for column in numeric:
        frame[column] = pd.to_numeric(raw[column], errors="coerce")
    before = len(faults.faults)
    try:
        _pandera_schema(table, known_sources, raw).validate(frame, lazy=True)
    except SchemaErrors as problems:
        _explain(problems, raw, table, known_sources, faults)
    return frame if len(faults.faults) == before else None


def _pandera_schema(table: Table, known_sources: set[str], raw: pd.DataFrame) -> pa.DataFrameSchema:
    """Return the checks of a table: labels, numbers, units, ranges, qualities, sources, no row twice."""
    quantity = raw["quantity"]

    def of_quantity(attribute: str) -> pd.Series:
        return quantity.map(lambda name: getattr(table.quantities.get(name), attribute, math.nan))

    columns: dict[str, pa.Column] = {
        "quantity": pa.Column(checks=pa.Check.isin(list(table.quantities), error="quantity"))
    }
    for dim in table.dims:
        if dim == "year":
            whole = pa.Check(
                lambda s: s.isna() | ((s % 1 == 0) & s.between(FIRST_YEAR, LAST_YEAR)), error="year", ignore_na=False
            )
            unreadable = pa.Check(lambda s: s.notna() | (raw["year"] == ""), error="year", ignore_na=False)
            columns[dim] = pa.Column(checks=[whole, unreadable], nullable=True)
        else:
            columns[dim] = pa.Column(checks=pa.Check.isin(["", *labels_of(dim)], error=dim))
    lower, upper, fraction_allowed = of_quantity("lower"), of_quantity("upper"), of_quantity("whole").ne(True)
    columns["value"] = pa.Column(
        checks=[
            pa.Check(lambda s: np.isfinite(s), error="number", ignore_na=False),
            pa.Check(
                lambda s: lower.isna() | ~np.isfinite(s) | s.between(lower, upper), error="range", ignore_na=False
            ),
            pa.Check(lambda s: fraction_allowed | s.isna() | (s % 1 == 0), error="whole", ignore_na=False),
        ],
        nullable=True,
    )
    units = of_quantity("unit")
    columns["unit"] = pa.Column(checks=pa.Check(lambda s: units.isna() | (s == units), error="unit"))
    columns["quality"] = pa.Column(checks=pa.Check.isin(list(QUALITIES), error="quality"))
    columns["source_id"] = pa.Column(
        checks=pa.Check(lambda s: s.map(lambda ids: set(ids.split(";")) <= known_sources), error="source_id")
    )
    return pa.DataFrameSchema(columns, unique=list(table.key), report_duplicates="exclude_first")


#: What each failed check means, in words; `{}` takes nothing.
_PROBLEMS = {
    "quantity": Text("this table has no such quantity", "この表にない項目です"),
    "year": Text("a year is a whole number", "年度は整数にしてください"),
    "number": Text("a number is needed", "数値が必要です"),
    "range": Text("the value is outside its range", "値が許容範囲外です"),
    "whole": Text("a whole number is needed", "整数にしてください"),
    "unit": Text("the unit is another", "単位が異なります"),
    "quality": Text("unknown word for quality", "未知の品質区分です"),
    "source_id": Text(
        "the source is not listed in sources.csv of the folder", "同じフォルダのsources.csvにない出典です"
    ),
}


def _explain(
    problems: SchemaErrors, raw: pd.DataFrame, table: Table, known_sources: set[str], faults: FaultList
) -> None:
    """Turn failed checks into faults with file, row and remedy."""
    for error in problems.schema_errors:
        for row in _failed_rows(error, len(raw)):
            line = raw.iloc[row]
            place = f"{table.name}.csv, row {row + 2}"
            name = str(getattr(error.check, "error", "") or "")
            column = {"range": "value", "number": "value", "whole": "value"}.get(name, name)
            if name not in _PROBLEMS and name not in table.dims:
                faults.add(place, Text("the same labels stand in an earlier row", "同じラベルの行が既にあります"),
                           given=" / ".join(line[list(table.key)]))  # fmt: skip
                continue
            problem = _PROBLEMS.get(name, Text("unknown label", "未知のラベルです"))
            faults.add(place, problem, given=line[column], allowed=_allowed(name, line, table, known_sources))


def _failed_rows(error: SchemaError, length: int) -> list[int]:
    cases = error.failure_cases
    if not isinstance(cases, pd.DataFrame) or "index" not in cases:
        return [0] if length else []
    return sorted({int(row) for row in cases["index"].dropna()})


def _allowed(name: str, line: pd.Series, table: Table, known_sources: set[str]) -> list[str] | str | None:
    """Return what a failed check would have accepted."""
    quantity = table.quantities.get(str(line["quantity"]))
    answers: dict[str, Callable[[], list[str] | str | None]] = {
        "quantity": lambda: list(table.quantities),
        "year": lambda: f"{FIRST_YEAR}…{LAST_YEAR}",
        "number": lambda: None,
        "whole": lambda: None,
        "range": lambda: f"{quantity.lower:g} … {quantity.upper:g} {quantity.unit}" if quantity else None,
        "unit": lambda: [quantity.unit] if quantity else None,
        "quality": lambda: list(QUALITIES),
        "source_id": lambda: sorted(known_sources),
    }
    if name in answers:
        return answers[name]()
    labels = list(labels_of(name))
    close = nearest_name(str(line[name]), labels)
    return labels if len(labels) <= 20 or close is None else [close]
