"""Checks between the cells of a supplier's list; every fault says where, under the heading that the user wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from model.faults import FaultList
from model.language import Text
from model.optimise.solar_allocation.heat import HEAT_KINDS
from model.optimise.solar_allocation.inputs import FACES, FIXED_STATES
from model.ordinance.column_reader import Columns
from model.ordinance.fiscal import fiscal_year_of

Cells = Mapping[str, npt.NDArray[Any]]

#: Most houses told of one kind of fault: longer lists are wrong as a whole.
_MOST_FAULTS = 200
_NO_SUPPLIER = Text(
    "the supplier is missing here, while other rows name one (a merged cell names it in its first row only)",
    "他の行には供給事業者の記入がありますが、この行は空欄です（結合セルは先頭の行のみ有効）",
)
_NOT_BEGUN = Text(
    "delivered before the programme begins, which asks nothing of this house", "制度の施行前に供給する住宅は対象外です"
)
_OTHER_YEAR = Text(
    "a list holds one fiscal year of a supplier, and most of its houses are of another; plan each year by itself",
    "一覧は供給事業者ごとに1年度分ですが、この住宅は他の多くの住宅と年度が異なります。年度ごとに分けてください",
)


def check_suppliers(table: Columns, headings: Mapping[str, str], faults: FaultList) -> None:
    """Record rows without a supplier in a list that names some.

    Args:
        table: the whole list.
        headings: column → heading that the user wrote.
        faults: where everything wrong is recorded.
    """
    empty = table.cells["supplier"].astype(str) == ""
    if empty.any() and not empty.all():
        for row in np.flatnonzero(empty)[:_MOST_FAULTS]:
            place = f"{table.source}:{table.lines[row]} ({table.cells['id'][row]})"
            faults.add(f"{place} › {headings.get('supplier', 'supplier')}", _NO_SUPPLIER)


def check_list(cells: Cells, place: Callable[[int], str], headings: Mapping[str, str], faults: FaultList) -> None:
    """Record what is wrong between the cells of a row, and between the days of the rows of one supplier.

    Args:
        cells: column → its cells, one a house.
        place: where a house stands in the file.
        headings: column → heading that the user wrote.
        faults: where everything wrong is recorded.
    """
    new = cells["role"] == "new_building"
    fixed = np.isin(cells["state"], FIXED_STATES)
    faces = np.column_stack([np.asarray(cells[f"face{face}_m2"], dtype=np.float64) for face in FACES])
    no_roof = np.isnan(cells["max_kw"]) & np.isnan(faces).all(axis=1) & ~fixed
    options = [~np.isnan(cells[f"{kind}_option_gj"].astype(np.float64)) for kind in HEAT_KINDS]
    problems = (
        (~new & np.any(options, axis=0), f"{HEAT_KINDS[0]}_option_gj",
         Text("only panels on an existing house count as a substitute",
              "既存住宅で代替措置となるのは太陽光発電設備のみです")),
        (new & ~(cells["floor_area_m2"] > 0), "floor_area_m2",
         Text("a new building needs a floor area above 0", "新築建物の延床面積は0より大きい値が必要です")),
        (no_roof & ~cells["restricted"].astype(bool), "max_kw",
         Text("give the largest capacity, or the area of a roof face", "最大容量又は屋根面の面積を記入してください")),
        (fixed & np.isnan(cells["kw"]), "kw",
         Text("a house that is started or done needs its capacity (0 for none)",
              "着工・完成の住宅には容量を記入してください（なしは0）")),
        (_of_other_years(cells["delivered_on"]), "delivered_on", _OTHER_YEAR),
    )  # fmt: skip
    for wrong, name, problem in problems:
        for house in np.flatnonzero(wrong)[:_MOST_FAULTS]:
            given = cells[name][house] if name == "delivered_on" else None
            faults.add(f"{place(int(house))} › {headings.get(name, name)}", problem, given)


def check_begun(cells: Cells, place: Callable[[int], str], start: date | None, faults: FaultList) -> None:
    """Record houses delivered before the programme begins: it asks nothing of them.

    Args:
        cells: column → its cells, one a house.
        place: where a house stands in the file.
        start: first day of the programme; None where the rules fix none.
        faults: where everything wrong is recorded.
    """
    if start is None:
        return
    early = {day for day in set(cells["delivered_on"].tolist()) if day is not None and day < start}
    for house in np.flatnonzero([day in early for day in cells["delivered_on"]] if early else [])[:_MOST_FAULTS]:
        faults.add(place(int(house)), _NOT_BEGUN, cells["delivered_on"][house], f"≥ {start}")


def _of_other_years(days: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Say which days lie in another fiscal year than most of them; the later year where two have as many."""
    counts = Counter(day for day in days if day is not None)
    by_year: Counter[int] = Counter()
    for day, count in counts.items():
        by_year[fiscal_year_of(day)] += count
    if len(by_year) < 2:
        return np.zeros(len(days), dtype=np.bool_)
    usual = max(by_year, key=lambda year: (by_year[year], year))
    other = {day for day in counts if fiscal_year_of(day) != usual}
    return np.array([day in other for day in days], dtype=np.bool_)
