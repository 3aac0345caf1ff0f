"""What must hold between the rows of the input tables: nothing missing, shares that sum to 1, numbers in order.

A single row is checked in `model.table_checks`; here is what only all rows of a quantity show. Which rows each quantity
must have stands in `model.required_rows`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from typing import Final

import pandas as pd

from model.axes import BASE_YEAR, period_bounds
from model.faults import FaultList
from model.labels import classification
from model.language import Text
from model.required_rows import ROWS, Rows
from model.table_labels import CLASSIFIED, labels_of
from model.tables import TABLES

#: How far from 1 shares may sum.
SHARE_TOLERANCE = 1e-6

#: Tables whose quantity sums to 1 over a dim, for each label of the others: table, quantity, dim, grouped by.
SETS_OF_SHARES: Final = (
    ("buildings/segments", "share_of_building_type", "segment", "building_type"),
    ("buildings/segment_shares", "share_of_stock_type", "segment", "stock_type"),
    ("buildings/standards_of_new", "share_of_new", "standard", None),
    ("buildings/insulation_mix", "share_of_dwellings", "standard", None),
    ("energy/commercial_intensity", "end_use_share_of_final", "end_use", None),
    ("energy/technology_shares", "stock_share", "technology", "end_use"),
    ("energy/technology_shares", "choice_share", "technology", "end_use"),
    ("solar/capacity_shares", "share_of_installed", "policy_group", None),
    ("economics/other_sectors", "share_of_cost", "payer", None),
    ("economics/payers", "share_of_works", "payer", None),
    ("economics/payers", "share_of_bills", "payer", None),
)

#: Quantities of one table that rise in this order for each label of a dim.
_RISING = (("buildings/lifetimes", "building_type", ("lowest_mean", "mean", "highest_mean")),)


def check_rows(frames: Mapping[str, pd.DataFrame], faults: FaultList) -> None:
    """Record every row that is missing, speaks of a wrong year or stands once too often."""
    for table, quantities in ROWS.items():
        if table in frames:
            for quantity, rows in quantities.items():
                if quantity in TABLES[table].quantities:
                    _check_quantity(table, quantity, rows, frames[table], faults)
    _check_periods("buildings/dwelling_vintages", "stock_type", BASE_YEAR, frames, faults)
    _check_periods("buildings/office_vintages", None, None, frames, faults)


def check_relations(frames: Mapping[str, pd.DataFrame], faults: FaultList) -> None:
    """Record every set of shares that does not sum to 1, and numbers in the wrong order."""
    _check_sums(frames, faults)
    _check_order(frames, faults)


def _check_quantity(table: str, quantity: str, rows: Rows, frame: pd.DataFrame, faults: FaultList) -> None:
    """Record what is missing or too much of one quantity."""
    place, unit = f"{table}.csv, {quantity}", TABLES[table].quantities[quantity].unit
    chosen, required = frame[frame["quantity"] == quantity], rows.required()
    found: dict[tuple[str, ...], int] = {}
    for key in zip(*(chosen[dim] for dim in required), strict=True) if required else [()] * len(chosen):
        found[key] = found.get(key, 0) + 1
    wanted = list(product(*required.values()))
    if missing := [key for key in wanted if found.get(key, 0) < rows.least]:
        labels = _named(missing, required)
        needed = Text(
            f"rows are missing: {labels.en}; add {_a_row(rows.least).en} for each, with its value in {unit}",
            f"行がありません: {labels.ja}。それぞれ{_a_row(rows.least).ja}追加し、値の単位は{unit}としてください",
        )
        faults.add(place, needed if required else _none(rows.least, unit), given=None)
    if rows.most is not None and (many := [key for key in wanted if found.get(key, 0) > rows.most]):
        labels = _named(many, required)
        faults.add(
            place,
            Text(
                f"too many rows {labels.en}; leave {rows.most} of them".replace("  ", " "),
                f"行が多すぎます {labels.ja}。{rows.most}行だけ残してください".replace("  ", " "),
            ),
            given="; ".join(str(found[key]) for key in many),
            allowed=str(rows.most),
        )
    if rows.years is not None:
        first, last = rows.years
        for line, year in zip(chosen.index, chosen["year"], strict=True):
            if not first <= year <= last:
                faults.add(
                    f"{table}.csv, row {line + 2}",
                    Text(f"{quantity} is used in these years only", f"{quantity}はこの期間の年度だけが有効です"),
                    given="" if pd.isna(year) else int(year),
                    allowed=f"{first}…{last}",
                )


def _a_row(least: int) -> Text:
    return Text("a row" if least == 1 else f"at least {least} rows", "行を" if least == 1 else f"{least}行以上を")


def _none(least: int, unit: str) -> Text:
    return Text(
        f"rows are missing; add {_a_row(least).en}, with its value in {unit}",
        f"行がありません。{_a_row(least).ja}追加し、値の単位は{unit}としてください",
    )


def _named(keys: list[tuple[str, ...]], required: Mapping[str, tuple[str, ...]]) -> Text:
    """Return combinations of labels in words: by dim where every label occurs with every other, else one by one."""
    by_dim = {dim: tuple(dict.fromkeys(key[i] for key in keys)) for i, dim in enumerate(required)}
    if prod(map(len, by_dim.values())) != len(keys):
        each = "; ".join(" / ".join(filter(None, key)) for key in keys)
        return Text(each, each)
    english, japanese = [], []
    for dim, labels in by_dim.items():
        named = ", ".join(filter(None, labels))
        whole = len(labels) == len(required[dim]) > 1
        english.append(f"every {dim}" if whole else named)
        japanese.append(f"すべての{dim}" if whole else named)
    return Text(" × ".join(filter(None, english)), " × ".join(filter(None, japanese)))


def _check_periods(
    table: str, dim: str | None, year: int | None, frames: Mapping[str, pd.DataFrame], faults: FaultList
) -> None:
    """Record periods of construction that leave a gap, overlap, or differ from label to label of a dim.

    Args:
        table: a table with the dims period and year.
        dim: each of its labels must have all periods; None where the table has no such dim.
        year: the year whose periods are used; None where the table may hold one year only.
        frames: every table read.
        faults: list to add to.
    """
    if table not in frames:
        return
    frame = frames[table]
    years = [year] if year is not None else sorted(frame["year"].dropna().unique())
    if len(years) != 1:
        faults.add(f"{table}.csv", Text("one year is needed, the same in every row", "全行を同じ1年度にしてください"),
                   given=", ".join(f"{one:.0f}" for one in years))  # fmt: skip
        return
    rows = frame[frame["year"] == years[0]]
    for label, periods in _periods_of(rows, dim):
        first, last = period_bounds(periods, 0)
        order = first.argsort()
        first, last = first[order], last[order]
        opened = any(name.startswith("pre") for name in periods)
        if opened and all(first[1:] == last[:-1] + 1) and years[0] - 1 <= last[-1]:
            continue
        faults.add(
            f"{table}.csv, {years[0]:.0f} {label}".strip(),
            Text(
                "the periods of construction must follow each other from an open one (pre…) to the year, without gap"
                " or overlap; add the rows that are missing",
                "建築時期は、最古の区分(pre…)から当該年度まで切れ目や重なりなく並べ、足りない行を追加してください",
            ),
            given=", ".join(periods) or "-",
        )


def _periods_of(rows: pd.DataFrame, dim: str | None) -> Iterator[tuple[str, list[str]]]:
    """Yield each label of a dim with its periods of construction."""
    if dim is None:
        yield "", list(rows["period"])
        return
    for label in labels_of(dim):
        yield label, list(rows.loc[rows[dim] == label, "period"])


def _check_sums(frames: Mapping[str, pd.DataFrame], faults: FaultList) -> None:
    """Record every set of shares that does not sum to 1; nothing is normalised silently."""
    for name, quantity, dim, attribute in SETS_OF_SHARES:
        if name not in frames:
            continue
        frame = frames[name][frames[name]["quantity"] == quantity]
        group = [other for other in TABLES[name].dims if other != dim]
        if attribute is not None:
            table = classification(CLASSIFIED[dim])
            frame = frame.assign(**{attribute: frame[dim].map(lambda label, t=table, a=attribute: t[label][a])})
            group = [*group, attribute]
        sums = frame.groupby(group, dropna=False)["value"].sum() if group else pd.Series({"": frame["value"].sum()})
        for label, total in sums.items():
            if abs(total - 1.0) > SHARE_TOLERANCE:
                words = " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)
                faults.add(f"{name}.csv, {quantity} {words}".strip(),
                           Text(f"shares over {dim} must sum to 1", f"{dim}の割合の合計を1にしてください"),
                           given=f"{total:g}", allowed="1 ± 0.000001")  # fmt: skip


def _check_order(frames: Mapping[str, pd.DataFrame], faults: FaultList) -> None:
    """Record numbers that should rise from one quantity to the next and do not."""
    for name, dim, quantities in _RISING:
        if name not in frames:
            continue
        values = frames[name].pivot_table(index=dim, columns="quantity", values="value", aggfunc="first")
        for label, row in values.reindex(columns=list(quantities)).dropna().iterrows():
            if not row.is_monotonic_increasing:
                faults.add(
                    f"{name}.csv, {label}",
                    Text(
                        f"these must not fall in this order: {', '.join(quantities)}",
                        f"次の順に小さくならないようにしてください: {', '.join(quantities)}",
                    ),
                    given=", ".join(f"{value:g}" for value in row),
                )
