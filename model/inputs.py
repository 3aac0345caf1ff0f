"""Reading of data: each CSV against its table in `model.tables`, all faults at once, sha256 of every file read."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaError, SchemaErrors

from model.faults import BadInput, Fault, FaultList, nearest_name
from model.labels import classification
from model.language import Text
from model.ordinance.municipalities import municipalities
from model.paths import data_folder
from model.schema import QUALITIES
from model.survival_families import Array
from model.tables import OPEN_LABELS, TABLES, VALUE_COLUMNS, Table

#: A data file beyond this size is refused before it is read [bytes]; the largest that ships has 0.03 MB.
LARGEST_FILE = 20_000_000
#: Fiscal years that a data file may speak of.
FIRST_YEAR, LAST_YEAR = 1900, 2060
#: How far from 1 shares may sum.
SHARE_TOLERANCE = 1e-6

_CLASSIFIED = {
    "sector": "sectors", "carrier": "carriers", "segment": "segments", "end_use": "end_uses", "standard": "standards",
    "technology": "technologies", "policy_group": "policy_groups",
    "measure": "reduction_measures",
}  # fmt: skip
#: Tables whose quantity sums to 1 over a dim, for each label of the others: table, quantity, dim, grouped by.
_SUMS = (
    ("buildings/segments", "share_of_building_type", "segment", "building_type"),
    ("buildings/segment_shares", "share_of_stock_type", "segment", "stock_type"),
    ("buildings/standards_of_new", "share_of_new", "standard", None),
    ("buildings/insulation_mix", "share_of_dwellings", "standard", None),
    ("energy/commercial_intensity", "end_use_share_of_final", "end_use", None),
    ("energy/technology_shares", "stock_share", "technology", "end_use"),
    ("energy/technology_shares", "choice_share", "technology", "end_use"),
    ("solar/capacity_shares", "share_of_installed", "policy_group", None),
)


def labels_of(dim: str) -> tuple[str, ...]:
    """Return the labels that a dim of an input table may have."""
    if dim in OPEN_LABELS:
        return OPEN_LABELS[dim]
    if dim == "region":
        return tuple(municipalities())
    if dim == "building_type":
        return tuple(dict.fromkeys(row["building_type"] for row in classification("segments").values()))
    labels = tuple(classification(_CLASSIFIED[dim]))
    return (*labels, "all") if dim == "sector" else labels


@dataclass(frozen=True)
class Data:
    """All input tables, read and checked.

    Args:
        frames: table name → its rows.
        sources: theme → source id → what the source is.
        sha256: file, relative to the data folder → digest of its bytes.
    """

    frames: Mapping[str, pd.DataFrame]
    sources: Mapping[str, Mapping[str, str]]
    sha256: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _columns(self) -> dict[tuple[str, str], dict[str, npt.NDArray[Any]]]:
        """Columns of each quantity of each table as plain arrays: a run asks a thousand times."""
        return {
            (table, str(quantity)): {str(name): rows[name].to_numpy() for name in rows.columns}
            for table, frame in self.frames.items()
            for quantity, rows in frame.astype({"quantity": object}).groupby("quantity", sort=False)
        }

    def _chosen(self, table: str, quantity: str, labels: Mapping[str, str]) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of one quantity where its dims have the given labels."""
        columns = self._columns.get((table, quantity), {"value": np.empty(0), "year": np.empty(0)})
        if not labels or not len(columns["value"]):
            return columns
        chosen = np.logical_and.reduce([columns[dim] == label for dim, label in labels.items()])
        return {name: column[chosen] for name, column in columns.items()}

    def rows(self, table: str, quantity: str, **labels: str) -> pd.DataFrame:
        """Return the rows of one quantity with the given labels."""
        return pd.DataFrame(self._chosen(table, quantity, labels), columns=self.frames[table].columns)

    def number(self, table: str, quantity: str, **labels: str) -> float:
        """Return the one value of a quantity, in the unit of its table."""
        values = self._chosen(table, quantity, labels)["value"]
        if len(values) != 1:
            raise BadInput([_missing(table, quantity, labels, len(values))])
        return float(values[0])

    def series(self, table: str, quantity: str, **labels: str) -> tuple[Array, Array]:
        """Return years and values of a quantity, years rising; at least one."""
        columns = self._chosen(table, quantity, labels)
        if not len(columns["value"]):
            raise BadInput([_missing(table, quantity, labels, 0)])
        years = columns["year"].astype(np.float64)
        order = np.argsort(years)
        return years[order], columns["value"].astype(np.float64)[order]

    def by_year(self, table: str, quantity: str, years: Array, **labels: str) -> Array:
        """Return a quantity at `years`: straight lines between the years known, flat beyond them."""
        return np.interp(years, *self.series(table, quantity, **labels))

    def along(self, table: str, quantity: str, dim: str, names: Iterable[str], **labels: str) -> Array:
        """Return a quantity as an array over `names` of one dim; 0 where the table has no row."""
        columns = self._chosen(table, quantity, labels)
        known = dict(zip(columns[dim], columns["value"], strict=True))
        return np.array([float(known.get(name, 0.0)) for name in names])


def read_data(folder: Path | None = None) -> Data:
    """Read and check every table under the data folder.

    Args:
        folder: a data folder in the form of `scenarios/data`; by default the one that ships.

    Returns:
        all tables.

    Raises:
        BadInput: every fault of every file.
    """
    root = data_folder() if folder is None else folder
    faults, frames, sources, digests = FaultList(), {}, {}, {}
    for theme in sorted({name.partition("/")[0] for name in TABLES}):
        path = root / theme / "sources.csv"
        listed = _read_csv(path, faults)
        if listed is not None:
            sources[theme] = _sources(listed)
            digests[f"{theme}/sources.csv"] = _digest(path)
    for name, table in TABLES.items():
        path = root / f"{name}.csv"
        raw = _read_csv(path, faults)
        if raw is None:
            continue
        digests[f"{name}.csv"] = _digest(path)
        if (frame := _checked(raw, table, set(sources.get(name.partition("/")[0], {})), faults)) is not None:
            frames[name] = frame
    faults.raise_if_any()
    _check_sums(frames, faults)
    faults.raise_if_any()
    return Data(frames, sources, digests)


def _sources(listed: pd.DataFrame) -> dict[str, str]:
    """Return source id → title, publisher, date and place in one line."""
    columns = [column for column in listed.columns if column != "source_id"]
    return {
        str(row["source_id"]): ", ".join(str(row[column]) for column in columns if row[column])
        for _, row in listed.iterrows()
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_csv(path: Path, faults: FaultList) -> pd.DataFrame | None:
    """Return a CSV as text, or None after recording why it cannot be read."""
    if not path.is_file():
        faults.add(str(path), Text("the data file is missing; put it back or name another folder",
                                   "データファイルがありません。戻すか、別のフォルダを指定してください"))  # fmt: skip
        return None
    if path.stat().st_size > LARGEST_FILE:
        faults.add(str(path), Text("the data file is too large to be one of ours", "データファイルが大きすぎます"),
                   given=f"{path.stat().st_size:,} bytes", allowed=f"≤ {LARGEST_FILE:,} bytes")  # fmt: skip
        return None
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (ValueError, pd.errors.ParserError, UnicodeDecodeError) as problem:
        faults.add(str(path), Text("the file is no table of comma-separated UTF-8 text",
                                   "UTF-8のCSVとして読めません"), given=str(problem).splitlines()[0])  # fmt: skip
        return None


def _checked(raw: pd.DataFrame, table: Table, known_sources: set[str], faults: FaultList) -> pd.DataFrame | None:
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
        "quantity": pa.Column(str, pa.Check.isin(list(table.quantities), error="quantity"))
    }
    for dim in table.dims:
        if dim == "year":
            whole = pa.Check(
                lambda s: s.isna() | ((s % 1 == 0) & s.between(FIRST_YEAR, LAST_YEAR)), error="year", ignore_na=False
            )
            unreadable = pa.Check(lambda s: s.notna() | (raw["year"] == ""), error="year", ignore_na=False)
            columns[dim] = pa.Column(checks=[whole, unreadable], nullable=True)
        else:
            columns[dim] = pa.Column(str, pa.Check.isin(["", *labels_of(dim)], error=dim))
    lower, upper = of_quantity("lower"), of_quantity("upper")
    columns["value"] = pa.Column(
        checks=[
            pa.Check(lambda s: np.isfinite(s), error="number", ignore_na=False),
            pa.Check(lambda s: ~((s < lower) | (s > upper)), error="range", ignore_na=False),
        ],
        nullable=True,
    )
    units = of_quantity("unit")
    columns["unit"] = pa.Column(str, pa.Check(lambda s: units.isna() | (s == units), error="unit"))
    columns["quality"] = pa.Column(str, pa.Check.isin(list(QUALITIES), error="quality"))
    columns["source_id"] = pa.Column(
        str, pa.Check(lambda s: s.map(lambda ids: set(ids.split(";")) <= known_sources), error="source_id")
    )
    return pa.DataFrameSchema(columns, unique=list(table.key), report_duplicates="exclude_first")


#: What each failed check means, in words; `{}` takes nothing.
_PROBLEMS = {
    "quantity": Text("this table has no such quantity", "この表にない項目です"),
    "year": Text("a year is a whole number", "年度は整数にしてください"),
    "number": Text("a number is needed", "数値が必要です"),
    "range": Text("the value is outside its range", "値が許容範囲外です"),
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
            column = {"range": "value", "number": "value"}.get(name, name)
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


def _check_sums(frames: Mapping[str, pd.DataFrame], faults: FaultList) -> None:
    """Record every set of shares that does not sum to 1; nothing is normalised silently."""
    for name, quantity, dim, attribute in _SUMS:
        frame = frames[name][frames[name]["quantity"] == quantity]
        group = [other for other in TABLES[name].dims if other != dim]
        if attribute is not None:
            table = classification(_CLASSIFIED[dim])
            frame = frame.assign(**{attribute: frame[dim].map(lambda label, t=table, a=attribute: t[label][a])})
            group = [*group, attribute]
        sums = frame.groupby(group, dropna=False)["value"].sum() if group else pd.Series({"": frame["value"].sum()})
        for label, total in sums.items():
            if abs(total - 1.0) > SHARE_TOLERANCE:
                words = " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)
                faults.add(f"{name}.csv, {quantity} {words}".strip(),
                           Text(f"shares over {dim} must sum to 1", f"{dim}の割合の合計を1にしてください"),
                           given=f"{total:g}", allowed="1 ± 0.000001")  # fmt: skip


def _missing(table: str, quantity: str, labels: Mapping[str, str], found: int) -> Fault:
    what = " ".join([quantity, *labels.values()]).strip()
    problem = Text(f"{what}: exactly this value is needed", f"{what}: この値が必要です")
    return Fault(f"{table}.csv", problem, given=f"{found} rows")
