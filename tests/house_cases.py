"""Houses for the tests of panel plans: what the tests say of them, all else left to the defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from model.optimise.solar_allocation.houses import Portfolio, split_by_supplier
from model.optimise.solar_allocation.inputs import House
from model.ordinance.column_reader import Columns
from model.ordinance.columns import columns_of

SETAGAYA, SHINJUKU, CHIYODA = "13112", "13104", "13101"


def portfolio(*houses: dict[str, Any]) -> Portfolio:
    rows = [House(**{"id": f"h{number}", "municipality": SETAGAYA, "floor_area_m2": 100, **house})
            for number, house in enumerate(houses)]  # fmt: skip
    cells = {}
    for column in columns_of(House):
        values = [getattr(row, column.name) for row in rows]
        numeric = column.kind in ("number", "whole")
        filled = [np.nan if value is None and numeric else value for value in values]
        cells[column.name] = np.array(filled, dtype=np.float64 if numeric else object)
    return split_by_supplier(Columns("list", cells, np.arange(2, len(rows) + 2)))[0]


def listed(path: Path, *lines: str) -> Path:
    """Write a list of houses from lines of id, municipality, floor area and most capacity, and return its path."""
    path.write_text("id,municipality,floor_area_m2,max_kw\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path
