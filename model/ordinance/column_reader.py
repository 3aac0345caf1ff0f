"""A user's large table becomes columns: the headings, cells, limits and faults of `row_reader`, a million rows at once.

CSV and Parquet are read whole; Excel and YAML as any other table. What a cell means is decided by `columns.Column` and
by the limits of the row model, on every distinct value once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from model.faults import FaultList
from model.language import Text
from model.ordinance.columns import CellError, Column
from model.ordinance.programme import Row
from model.ordinance.row_reader import RowReader
from model.record_files import (
    CSV_ENCODINGS,
    EMPTY_TABLE,
    MORE_CELLS,
    NO_ENCODING,
    Record,
    Records,
    read_records,
    readable_kind,
)

if TYPE_CHECKING:
    import pandas as pd

_RowType = TypeVar("_RowType", bound=Row)
ObjectArray = npt.NDArray[Any]

SUFFIXES = (".xlsx", ".csv", ".parquet", ".yaml", ".yml")

#: What pandas calls an index without a name in a Parquet file begins like this.
_UNNAMED_INDEX = "__index_level_"
#: Faults of single cells that are listed; the rest is told by number.
_MOST_FAULTS = 200


@dataclass(frozen=True)
class Columns:
    """A table as columns, one entry a row.

    Args:
        source: the file.
        cells: by name of the field; numbers as float64 with NaN for unknown, all else as objects.
        lines: line of each row in the file.
    """

    source: str
    cells: Mapping[str, ObjectArray]
    lines: npt.NDArray[np.int64]

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self.lines.size)

    def place(self, row: int, name: str) -> str:
        """Return where a cell stands."""
        return f"{self.source}:{self.lines[row]} › {name}"


class ColumnReader(RowReader[_RowType]):
    """Reads files of one row model as columns; after `columns`, `faults` holds everything wrong."""

    def columns_from(self, path: Path) -> Columns | None:
        """Read a file, or return None after recording why it cannot be used at all."""
        frame = _raw(path, self.faults)
        if frame is None:
            return None
        known = self._headings(Records(tuple(str(name) for name in frame.columns), ()), str(path))
        if not known:
            return None
        frame = frame.loc[:, ~frame.columns.duplicated()]
        by_name = {column.name: heading for heading, column in known.items()}
        if not len(frame):
            self.faults.add(str(path), Text("there are no rows under the headings", "見出しの下に行がありません"))
        values = {}
        lines = np.asarray(frame.index, dtype=np.int64)
        for column in self.columns.values():
            if column.name in by_name:
                place = f"{path}:{{}} › {by_name[column.name]}"
                values[column.name] = self._cells(column, frame[by_name[column.name]], lines, place)
            elif column.required:
                title = Text(f"the column “{column.title.en}” is missing", f"列「{column.title.ja}」がありません")
                self.faults.add(str(path), title)
            else:
                values[column.name] = _defaults(column, len(frame))
        table = Columns(str(path), values, lines)
        if not self.faults.faults:
            self._check_unique(table)
        return table

    def _cells(self, column: Column, raw: pd.Series, lines: npt.NDArray[np.int64], place: str) -> ObjectArray:
        """Return the values of a column; what cannot be read is a fault."""
        import pandas as pd

        found = _defaults(column, len(raw))
        filled = _filled(raw)
        if column.required:
            for row in np.flatnonzero(~filled)[:_MOST_FAULTS]:
                self.faults.add(place.format(lines[row]), Text("a value is needed", "値が必要です"))
        open_cells = filled
        if column.kind in ("number", "whole") and raw.dtype != bool:
            numbers = pd.to_numeric(raw, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
            easy = filled & self._easy(column, numbers)
            found[easy] = numbers[easy]
            open_cells = filled & ~easy
        rows = np.flatnonzero(open_cells)
        if rows.size:
            codes, distinct = pd.factorize(raw.to_numpy(dtype=object)[rows])
            info = self.row.model_fields[column.name]
            adapter: TypeAdapter[Any] = TypeAdapter(Annotated[info.annotation, info])  # type: ignore[arg-type]
            read = [self._value(column, adapter, cell) for cell in distinct]
            known = np.array([not isinstance(one, _Unread) for one in read])
            usable = np.empty(len(read), dtype=found.dtype)
            for number, one in enumerate(read):
                if not isinstance(one, _Unread):
                    usable[number] = one
            good = known[codes]
            found[rows[good]] = usable[codes[good]]
            self._report(column, read, codes, rows, lines, place, distinct)
        return found

    def _easy(self, column: Column, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Say which numbers are finite, whole if they must be, and within the limits."""
        good = np.isfinite(numbers)
        if column.kind == "whole":
            good &= np.where(np.isfinite(numbers), numbers, 0.5) % 1 == 0
        for limit in self.row.model_fields[column.name].metadata:
            for name, keeps in (("ge", np.greater_equal), ("gt", np.greater), ("le", np.less_equal), ("lt", np.less)):
                if (edge := getattr(limit, name, None)) is not None:
                    good &= keeps(np.where(np.isfinite(numbers), numbers, edge), edge)
        return good

    @staticmethod
    def _value(column: Column, adapter: TypeAdapter[Any], cell: Any) -> Any:
        """Return the value of one cell as the row model takes it, or what is wrong with it."""
        try:
            return adapter.validate_python(column.read(cell))
        except CellError as bad:
            return _Unread(Text(f"not {bad.expected.en}", f"{bad.expected.ja}で入力してください"), None)
        except ValidationError as problem:
            return _Unread(None, problem)

    def _report(
        self,
        column: Column,
        read: list[Any],
        codes: npt.NDArray[np.intp],
        rows: npt.NDArray[np.intp],
        lines: npt.NDArray[np.int64],
        place: str,
        distinct: ObjectArray,
    ) -> None:
        """Record the cells that cannot be read, the first ones by name and the others by number."""
        bad = np.flatnonzero([isinstance(read[code], _Unread) for code in range(len(read))])
        wrong = np.flatnonzero(np.isin(codes, bad))
        for number in wrong[:_MOST_FAULTS]:
            where, cell, what = place.format(lines[rows[number]]), distinct[codes[number]], read[codes[number]]
            if what.problem is not None:
                self._add(where, what.problem, cell)
            else:
                record = Record(where.rpartition(" › ")[0], {where.rpartition(" › ")[2]: cell})
                self._add_detail(record, column.name, what.error.errors(include_url=False)[0], cell)
        if wrong.size > _MOST_FAULTS:
            more = wrong.size - _MOST_FAULTS
            text = Text(
                f"{more} more cells like these in “{column.title.en}”",
                f"列「{column.title.ja}」に同様の誤りがほかに{more}件あります",
            )
            self.faults.add(place.partition(":{}")[0], text)

    def _check_unique(self, table: Columns) -> None:
        """Record rows whose identity stands twice."""
        import pandas as pd

        names = self.row.unique
        keys = pd.DataFrame({name: table.cells[name] for name in names})
        repeated = np.flatnonzero(keys.duplicated(keep="first").to_numpy())
        if not repeated.size:
            return
        first = keys.groupby(list(names), sort=False, dropna=False).ngroup().to_numpy()
        firsts = np.unique(first, return_index=True)[1]
        for row in repeated[:_MOST_FAULTS].tolist():
            given = tuple(table.cells[name][row] for name in names)
            place = f"{table.source}:{table.lines[row]}"
            self.add_repeated(place, f"{table.source}:{table.lines[firsts[first[row]]]}", given)


@dataclass(frozen=True)
class _Unread:
    """Why a cell has no value."""

    problem: Text | None
    error: Any


def _defaults(column: Column, size: int) -> ObjectArray:
    """Return a column of empty cells."""
    if column.kind in ("number", "whole"):
        return np.full(size, np.nan if column.default is None else float(column.default))
    if column.kind == "flag":
        return np.full(size, bool(column.default))
    return np.full(size, column.default, dtype=object)


def _filled(raw: pd.Series) -> npt.NDArray[np.bool_]:
    """Say which cells hold anything."""
    present = raw.notna().to_numpy()
    if raw.dtype == object or str(raw.dtype).startswith(("str", "string")):
        blank = raw.astype(str).str.strip().eq("").to_numpy(dtype=bool)
        return np.asarray(present & ~blank)
    return np.asarray(present)


def _raw(path: Path, faults: FaultList) -> pd.DataFrame | None:
    """Return the cells of a file under its headings, indexed by line, without empty lines."""
    suffix = readable_kind(path, SUFFIXES, faults)
    if suffix is None:
        return None
    if suffix in (".csv", ".parquet"):
        frame = _csv(path, faults) if suffix == ".csv" else _parquet(path, faults)
        if frame is None:
            return None
        filled = np.zeros(len(frame), dtype=bool)
        for name in range(frame.shape[1]):
            filled |= _filled(frame.iloc[:, name])
        return frame[filled]
    return _of_records(read_records(path, faults))


def _of_records(records: Records | None) -> pd.DataFrame | None:
    """Return records as a frame."""
    import pandas as pd

    if records is None:
        return None
    cells = {name: [row.cells.get(name) for row in records.rows] for name in records.headings if name}
    lines = [int(row.place.rpartition(":")[2]) if row.place.rpartition(":")[2].isdigit() else number
             for number, row in enumerate(records.rows, start=1)]  # fmt: skip
    return pd.DataFrame(cells, index=lines, dtype=object)


def _csv(path: Path, faults: FaultList) -> pd.DataFrame | None:
    """Return a CSV as text, indexed by line."""
    import pandas as pd

    for encoding in CSV_ENCODINGS:
        try:
            raw = pd.read_csv(
                path,
                header=None,
                dtype=str,
                na_filter=False,
                encoding=encoding,
                index_col=False,
                skip_blank_lines=False,
            )
        except UnicodeDecodeError:
            continue
        except (pd.errors.EmptyDataError, pd.errors.ParserError):
            # The first line is empty, or another one has more cells than it; the slower reader names every such line.
            return _of_records(read_records(path, faults))
        return _under_headings(path, raw, faults)
    faults.add(str(path), NO_ENCODING)
    return None


def _under_headings(path: Path, raw: pd.DataFrame, faults: FaultList) -> pd.DataFrame | None:
    """Return the lines of a CSV under its first filled line, indexed by line; cells under no heading are a fault."""
    filled = np.column_stack([_filled(raw[name]) for name in raw.columns])
    starts = np.flatnonzero(filled.any(axis=1))
    if not starts.size:
        faults.add(str(path), EMPTY_TABLE)
        return None
    first = int(starts[0])
    below = raw.iloc[first + 1 :]
    headings = [str(cell).strip() for cell in raw.iloc[first].fillna("")]
    bare = np.array([not heading for heading in headings])
    for line in np.flatnonzero(filled[first + 1 :, bare].any(axis=1))[:_MOST_FAULTS]:
        faults.add(f"{path}:{first + 2 + line}", MORE_CELLS)
    below = below.loc[:, ~bare].set_axis(np.array(headings, dtype=object)[~bare], axis=1)
    return below.set_axis(np.arange(first + 2, first + 2 + len(below)), axis=0)


def _parquet(path: Path, faults: FaultList) -> pd.DataFrame | None:
    """Return a Parquet file."""
    import pyarrow
    import pyarrow.parquet

    try:
        # Named indexes of the one who wrote the file are columns like all others; unnamed ones say nothing.
        table = pyarrow.parquet.read_table(path)
        kept = [place for place, name in enumerate(table.column_names) if not name.startswith(_UNNAMED_INDEX)]
        frame: pd.DataFrame = table.select(kept).to_pandas(ignore_metadata=True)
    except (pyarrow.ArrowException, OSError, ValueError):
        faults.add(str(path), Text("this is not a readable Parquet file", "Parquetファイルとして読めません"))
        return None
    return frame.set_axis(np.arange(2, len(frame) + 2), axis=0)
