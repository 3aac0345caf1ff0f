"""Reading of data: each CSV against its table in `model.tables`, all faults at once, sha256 of every file read."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.faults import BadInput, Fault, FaultList
from model.language import Text
from model.paths import data_folder
from model.row_checks import check_relations, check_rows
from model.survival_families import Array
from model.table_checks import checked_rows
from model.tables import TABLES

#: A data file beyond this size is refused before it is read [bytes]; the largest that ships has 0.03 MB.
LARGEST_FILE = 20_000_000

_NO_FOLDER = Text(
    "there is no such data folder; give one with these folders of tables, such as a copy of scenarios/data",
    "データフォルダがありません。次のフォルダを含むもの(scenarios/data の写しなど)を指定してください",
)


#: Name of a table and of one of its quantities.
QuantityName = tuple[str, str]


@dataclass(frozen=True)
class Data:
    """All input tables, read and checked.

    Args:
        frames: table name → its rows as read.
        sources: theme → source id → what the source is.
        sha256: file, relative to the data folder → digest of its bytes.
        changed: values of quantities that a sample puts in the place of those read, in the order of their rows.
    """

    frames: Mapping[str, pd.DataFrame]
    sources: Mapping[str, Mapping[str, str]]
    sha256: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[QuantityName, Array] = field(default_factory=dict)

    def with_values(self, values: Mapping[QuantityName, Array]) -> Data:
        """Return the same tables with other values of some quantities, in the order of their rows.

        What does not depend on values, such as which row holds which label, is shared, so that this takes no time.
        """
        other = Data(self.frames, self.sources, self.sha256, {**self.changed, **values})
        columns = self._columns | {
            name: self._columns[name] | {"value": np.asarray(new, dtype=np.float64)} for name, new in values.items()
        }
        other.__dict__.update(_columns=columns, _found=self._found)
        return other

    @cached_property
    def _columns(self) -> dict[QuantityName, dict[str, npt.NDArray[Any]]]:
        """Columns of each quantity of each table as plain arrays: a run asks a thousand times."""
        return {
            (table, str(quantity)): {str(name): rows[name].to_numpy() for name in rows.columns}
            for table, frame in self.frames.items()
            for quantity, rows in frame.groupby("quantity", sort=False)
        }

    @cached_property
    def _found(self) -> dict[tuple[Any, ...], Any]:
        """Where rows stand, by what was asked for; the same for every sample of the values."""
        return {}

    def _rows(self, table: str, quantity: str, labels: Mapping[str, str]) -> npt.NDArray[np.intp]:
        """Return the positions of the rows of one quantity whose dims have the given labels."""
        key = (table, quantity, *labels.items())
        if (found := self._found.get(key)) is None:
            columns = self._columns.get((table, quantity), _NO_ROWS)
            chosen = np.ones(len(columns["value"]), dtype=bool)
            for dim, label in labels.items() if len(chosen) else ():
                chosen &= columns[dim] == label
            found = self._found[key] = np.flatnonzero(chosen)
        return found

    def column(self, table: str, quantity: str, name: str, **labels: str) -> npt.NDArray[Any]:
        """Return one column of the rows of a quantity with the given labels."""
        columns = self._columns.get((table, quantity), _NO_ROWS)
        return columns[name][self._rows(table, quantity, labels)]

    def rows(self, table: str, quantity: str, **labels: str) -> pd.DataFrame:
        """Return the rows of one quantity with the given labels."""
        columns = self._columns.get((table, quantity), _NO_ROWS)
        positions = self._rows(table, quantity, labels)
        chosen = {name: column[positions] for name, column in columns.items()}
        return pd.DataFrame(chosen, columns=self.frames[table].columns)

    def number(self, table: str, quantity: str, **labels: str) -> float:
        """Return the one value of a quantity, in the unit of its table."""
        key = ("number", table, quantity, *labels.items())
        if (position := self._found.get(key)) is None:
            rows = self._rows(table, quantity, labels)
            if len(rows) != 1:
                raise BadInput([_not_one(table, quantity, labels, (), len(rows))])
            position = self._found[key] = int(rows[0])
        return float(self._columns[table, quantity]["value"][position])

    def series(self, table: str, quantity: str, **labels: str) -> tuple[Array, Array]:
        """Return years and values of a quantity, years rising; at least one."""
        key = ("series", table, quantity, *labels.items())
        if (found := self._found.get(key)) is None:
            positions = self._rows(table, quantity, labels)
            if not len(positions):
                raise BadInput([_not_one(table, quantity, labels, (), 0)])
            years = self.column(table, quantity, "year", **labels).astype(np.float64)
            order = np.argsort(years)
            found = self._found[key] = years[order], positions[order]
        years, positions = found
        return years.copy(), self._columns[table, quantity]["value"][positions].astype(np.float64)

    def by_year(self, table: str, quantity: str, years: Array, **labels: str) -> Array:
        """Return a quantity at `years`: straight lines between the years known, flat beyond them."""
        return np.interp(years, *self.series(table, quantity, **labels))

    def along(
        self,
        table: str,
        quantity: str,
        dim: str,
        names: Iterable[str],
        missing: float | None = None,
        **labels: str,
    ) -> Array:
        """Return a quantity as an array over `names` of one dim.

        Args:
            table: name of the table.
            quantity: which of its quantities.
            dim: dim along which the values stand.
            names: labels of `dim`, in the order wanted.
            missing: what stands where the table has no row, only where absence means something; None: every name
                needs a row.
            **labels: labels of other dims.

        Raises:
            BadInput: names without a row, or with more than one.
        """
        wanted = tuple(names)
        key = ("along", table, quantity, dim, wanted, missing is None, *labels.items())
        if (positions := self._found.get(key)) is None:
            positions = self._found[key] = self._positions(table, quantity, dim, wanted, missing is None, labels)
        return self._at(table, quantity, positions, missing)

    def grid(
        self, table: str, quantity: str, rows: tuple[str, Iterable[Any]], columns: tuple[str, Iterable[Any]],
        missing: float | None = None, **labels: str,
    ) -> Array:  # fmt: skip
        """Return a quantity as an array over the names of two dims, each given as (dim, names); else as `along`."""
        (first, down), (second, across) = ((dim, tuple(names)) for dim, names in (rows, columns))
        key = ("grid", table, quantity, first, down, second, across, missing is None, *labels.items())
        if (positions := self._found.get(key)) is None:
            given = self._rows(table, quantity, labels)
            both = zip(*(self.column(table, quantity, dim, **labels) for dim in (first, second)), strict=True)
            position = dict(zip(both, given, strict=True))
            cells = [(one, other) for one in down for other in across]
            if missing is None and (absent := [f"{a} / {b}" for a, b in cells if (a, b) not in position]):
                raise BadInput([_not_one(table, quantity, labels, absent, 0)])
            positions = np.array([position.get(cell, -1) for cell in cells], dtype=np.intp)
            self._found[key] = positions = positions.reshape(len(down), len(across))
        return self._at(table, quantity, positions, missing)

    def _at(self, table: str, quantity: str, positions: npt.NDArray[np.intp], missing: float | None) -> Array:
        """Return the values at some rows; the position −1 of a name without a row finds what stands for it."""
        values = self._columns.get((table, quantity), _NO_ROWS)["value"]
        padded = values if missing is None else np.append(values, missing)
        return padded[positions].astype(np.float64)

    def _positions(
        self, table: str, quantity: str, dim: str, wanted: tuple[str, ...], each: bool, labels: Mapping[str, str]
    ) -> npt.NDArray[np.intp]:
        """Return the position of the row of each name; −1 for one without, which is a fault where `each` needs one."""
        rows = self._rows(table, quantity, labels)
        given = self.column(table, quantity, dim, **labels) if len(rows) else ()
        found = Counter(given)
        if twice := [name for name in dict.fromkeys(wanted) if found[name] > 1]:
            raise BadInput([_not_one(table, quantity, labels, twice, 2)])
        absent = [name for name in dict.fromkeys(wanted) if not found[name]]
        if absent and each:
            raise BadInput([_not_one(table, quantity, labels, absent, 0)])
        position = dict(zip(given, rows, strict=True))
        return np.array([position.get(name, -1) for name in wanted], dtype=np.intp)


#: Columns of a quantity that a table does not have.
_NO_ROWS: Final = {"value": np.empty(0), "year": np.empty(0)}

#: Themes of the tables that a pathway rests on, those that a data folder of one's own must hold.
PATHWAY_THEMES: Final = ("inventory", "buildings", "energy", "solar", "policy", "economics")


def read_data(folder: Path | None = None, themes: Collection[str] | None = None) -> Data:
    """Read and check tables of the data folder.

    Args:
        folder: a data folder in the form of `scenarios/data`; by default the one that ships.
        themes: folders below it to read; by default every theme that has tables.

    Returns:
        all tables of these themes.

    Raises:
        BadInput: every fault of every file.
    """
    root = data_folder() if folder is None else folder
    if not root.is_dir():
        raise BadInput([Fault(str(root), _NO_FOLDER, allowed=", ".join(themes) if themes else None)])
    faults, frames, sources, digests = FaultList(), {}, {}, {}
    chosen = {name: table for name, table in TABLES.items() if themes is None or name.partition("/")[0] in themes}
    for theme in sorted({name.partition("/")[0] for name in chosen}):
        path = root / theme / "sources.csv"
        listed = _read_csv(path, faults)
        if listed is not None:
            sources[theme] = _sources(listed)
            digests[f"{theme}/sources.csv"] = _digest(path)
    for name, table in chosen.items():
        path = root / f"{name}.csv"
        raw = _read_csv(path, faults)
        if raw is None:
            continue
        digests[f"{name}.csv"] = _digest(path)
        if (frame := checked_rows(raw, table, set(sources.get(name.partition("/")[0], {})), faults)) is not None:
            frames[name] = frame
    check_rows(frames, faults)
    faults.raise_if_any()
    check_relations(frames, faults)
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
        # Plain strings: what is looked at row by row is looked up much faster than in a column of string type.
        return pd.read_csv(path, dtype=object, keep_default_na=False, encoding="utf-8")
    except (ValueError, pd.errors.ParserError, UnicodeDecodeError) as problem:
        faults.add(str(path), Text("the file is no table of comma-separated UTF-8 text",
                                   "UTF-8のCSVとして読めません"), given=str(problem).splitlines()[0])  # fmt: skip
        return None


def _not_one(table: str, quantity: str, labels: Mapping[str, str], names: Iterable[str], found: int) -> Fault:
    """Return the fault of a value that a run needs and that is not there, or more than once."""
    unit = TABLES[table].quantities[quantity].unit
    what = " ".join([quantity, *labels.values()]).strip()
    which = ", ".join(names)
    of = f": {which}" if which else ""
    if found:
        problem = Text(
            f"more than one row {what}{of}; leave one", f"{what}の行が複数あります{of}。1行だけ残してください"
        )
    else:
        problem = Text(
            f"no row {what}{of}; add the row, with its value in {unit}",
            f"{what}の行がありません{of}。行を追加し、値の単位は{unit}としてください",
        )
    return Fault(f"{table}.csv", problem)
