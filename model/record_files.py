"""Tables that people keep: CSV, Excel or YAML, read into records that remember their row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from model.faults import FaultList
from model.language import Text
from model.yaml_reader import NO_SUCH_FILE, read_yaml

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

SUFFIXES = (".csv", ".xlsx", ".yaml", ".yml")

#: Encodings of CSV files, tried in this order: UTF-8 with or without mark, then what Excel writes in Japan.
CSV_ENCODINGS = ("utf-8-sig", "cp932")

NO_ENCODING = Text("save the file as CSV in UTF-8", "文字コードUTF-8のCSVで保存してください")
EMPTY_TABLE = Text("the table is empty", "表が空です")
MORE_CELLS = Text("more cells than headings", "見出しより多くのセルがあります")
_NO_CSV = Text("this line is no line of a CSV file", "この行はCSVとして読めません")
_NO_VALUE = Text(
    "this formula has no stored value; open the file in Excel and save it, or write the value",
    "この数式には計算結果が保存されていません。Excelで開いて保存するか、値を入力してください",
)
_MERGED = Text(
    "merged cells hold a value in their first cell only; unmerge them and fill in every cell",
    "結合セルの値は先頭のセルにしか入りません。結合を解除し、全てのセルに記入してください",
)
_FOLDER = Text("this is a folder; name a file in it", "フォルダーです。中のファイルを指定してください")
_TWO_LISTS = Text(
    "this sheet has the same headings as the one that is read; put all rows on one sheet, or name the one to be read "
    "“rows”",
    "読み込むシートと同じ見出しのシートがあります。1枚のシートにまとめるか、読み込むシートの名前を「入力」にしてください",
)
_NO_SUCH_KIND = Text("this kind of file is not read", "この種類のファイルは読めません")
_OLD_WORKBOOK = Text(
    "old Excel files are not read; open it in Excel and save it as .xlsx",
    "旧形式のExcelファイルは読めません。Excelで開き .xlsx 形式で保存し直してください",
)
#: Sheet that is read wherever it stands in the file; without it the first one.
ROWS_SHEET = Text("rows", "入力")
#: A line with nothing but one cell that begins like this is a remark, and passed over.
REMARK = "#"
_NO_WORKBOOK = Text("this is not a readable Excel file (.xlsx)", "Excelファイル(.xlsx)として読めません")


@dataclass(frozen=True)
class Record:
    """One filled row: where it stands, and its filled cells by heading."""

    place: str
    cells: dict[str, Any]


@dataclass(frozen=True)
class Records:
    """A table as read: headings in order, and rows."""

    headings: tuple[str, ...]
    rows: tuple[Record, ...]


def read_records(path: Path, faults: FaultList) -> Records | None:
    """Read the first table of a file.

    Args:
        path: CSV (UTF-8 or Shift_JIS), Excel (sheet “rows” or “入力”, else the first) or YAML with a list
            under `rows:`.
        faults: where everything wrong is recorded.

    Returns:
        headings and filled rows, or None if the file cannot be used at all.
    """
    suffix = readable_kind(path, SUFFIXES, faults)
    if suffix is None:
        return None
    if suffix in (".yaml", ".yml"):
        return _yaml(path, faults)
    return _xlsx(path, faults) if suffix == ".xlsx" else _csv(path, faults)


def raw_lines(path: Path, faults: FaultList) -> list[tuple[int, list[Any]]] | None:
    """Return the filled lines of a CSV or Excel file without headings, each with its number.

    Args:
        path: CSV (UTF-8 or Shift_JIS) or Excel (sheet “rows” or “入力”, else the first).
        faults: where everything wrong is recorded.

    Returns:
        lines, or None if the file cannot be used at all.
    """
    suffix = readable_kind(path, (".csv", ".xlsx"), faults)
    if suffix is None:
        return None
    lines = _xlsx_lines(path, faults) if suffix == ".xlsx" else _csv_lines(path, faults)
    return None if lines is None else list(_filled_lines(lines))


def readable_kind(path: Path, allowed: Sequence[str], faults: FaultList) -> str | None:
    """Return the ending of a file that is there and of a kind that is read.

    Args:
        path: the file.
        allowed: endings that are read, in small letters.
        faults: where it is recorded that there is no such file or no such kind, that it is a folder, and what to do
            about an old Excel file.

    Returns:
        the ending in small letters, or None if the file is not read.
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        faults.add(str(path), _FOLDER)
        return None
    if suffix not in allowed:
        faults.add(str(path), _OLD_WORKBOOK if suffix == ".xls" else _NO_SUCH_KIND, suffix, allowed)
        return None
    if not path.is_file():
        faults.add(str(path), NO_SUCH_FILE)
        return None
    return suffix


def _csv(path: Path, faults: FaultList) -> Records | None:
    """Read a CSV file."""
    lines = _csv_lines(path, faults)
    return None if lines is None else _table(path, lines, faults)


def _csv_lines(path: Path, faults: FaultList) -> list[tuple[int, list[str]]] | None:
    """Return the lines of a CSV file."""
    content = path.read_bytes()
    for encoding in CSV_ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        lines = csv.reader(io.StringIO(text, newline=""))
        try:
            return [(lines.line_num, line) for line in lines]
        except csv.Error:
            faults.add(f"{path}:{lines.line_num}", _NO_CSV)
            return None
    faults.add(str(path), NO_ENCODING)
    return None


def _xlsx(path: Path, faults: FaultList) -> Records | None:
    """Read the sheet with the rows of an Excel file; a formula counts with the value that Excel stored."""
    lines = _xlsx_lines(path, faults)
    return None if lines is None else _table(path, lines, faults)


def _xlsx_lines(path: Path, faults: FaultList) -> list[tuple[int, tuple[Any, ...]]] | None:
    """Return the lines of the sheet with the rows of an Excel file."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        faults.add(str(path), _NO_WORKBOOK)
        return None
    try:
        lines = list(enumerate(_sheet(book).iter_rows(values_only=True), start=1))
        _check_other_sheets(path, book, lines, faults)
    except (ParseError, KeyError, ValueError, IndexError):
        faults.add(str(path), _NO_WORKBOOK)
        return None
    finally:
        book.close()
    if _holds(path, (b"<f>", b"<f ")):
        _check_formulas(path, lines, faults)
    if _holds(path, (b"<mergeCell ",)):
        _check_merged(path, lines, faults)
    return lines


def _sheet(book: Workbook) -> Worksheet:
    """Return the sheet that holds the rows."""
    named = [sheet for sheet in book.worksheets if sheet.title in (ROWS_SHEET.en, ROWS_SHEET.ja)]
    return [*named, *book.worksheets][0]


# A list that goes on, on another sheet, would else be planned without half of its rows.
def _check_other_sheets(
    path: Path, book: Workbook, lines: list[tuple[int, tuple[Any, ...]]], faults: FaultList
) -> None:
    """Record every other sheet with the headings of the one that is read, unless that one is named as it should be."""
    read, headings = _sheet(book), _headings(lines)
    if read.title in (ROWS_SHEET.en, ROWS_SHEET.ja) or len(headings) < 2:
        return
    for other in book.worksheets:
        if other.title != read.title and _headings(enumerate(other.iter_rows(values_only=True), start=1)) == headings:
            faults.add(f"{path} › {other.title}", _TWO_LISTS)


def _headings(lines: Iterable[tuple[int, Iterable[Any]]]) -> list[str]:
    """Return the filled cells of the first filled line."""
    first = next(_filled_lines(lines), (0, list[Any]()))[1]
    return [str(cell).strip() for cell in first if _filled(cell)]


def _holds(path: Path, marks: tuple[bytes, ...]) -> bool:
    """Say whether any sheet of an Excel file holds one of some elements."""
    longest = max(len(mark) for mark in marks)
    with ZipFile(path) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with parts.open(name) as content:
                    tail = b""
                    while block := content.read(1 << 20):
                        if any(mark in tail + block for mark in marks):
                            return True
                        tail = block[1 - longest :]
    return False


# Excel stores what a formula gave; programs that only write files do not, and such a cell would count as empty.
def _check_formulas(path: Path, lines: list[tuple[int, tuple[Any, ...]]], faults: FaultList) -> None:
    """Record every formula of the sheet with the rows that has no stored value."""
    from openpyxl import load_workbook
    from openpyxl.utils import get_column_letter

    book = load_workbook(path, read_only=True)
    for (number, values), written in zip(lines, _sheet(book).iter_rows(values_only=True), strict=False):
        for place, (value, cell) in enumerate(zip(values, written, strict=False), start=1):
            if value is None and cell is not None:
                faults.add(f"{path}:{number} › {get_column_letter(place)}{number}", _NO_VALUE, cell)
    book.close()


def _check_merged(path: Path, lines: list[tuple[int, tuple[Any, ...]]], faults: FaultList) -> None:
    """Record every merged range below the heading of the sheet with the rows: its other cells would count as empty."""
    from openpyxl import load_workbook

    heading = next(_filled_lines(lines), None)
    ranges = _sheet(load_workbook(path)).merged_cells.ranges
    for merged in sorted(ranges, key=lambda one: (one.min_row, one.min_col)):
        if heading is not None and merged.max_row > heading[0]:
            faults.add(f"{path}:{merged.min_row} › {merged.coord}", _MERGED)


def _yaml(path: Path, faults: FaultList) -> Records | None:
    """Read a YAML file with a list of mappings under `rows`."""
    root = read_yaml(path, faults)
    if root is None:
        return None
    rows = root.value.get("rows")
    if rows is None or not isinstance(rows.value, list):
        faults.add(str(path), Text("a list is needed under `rows:`", "`rows:` の下に一覧が必要です"))
        return None
    records = []
    for node in rows.value:
        if isinstance(node.value, dict):
            cells = {key: value.plain() for key, value in node.value.items() if _filled(value.plain())}
            records.append(Record(node.place(), cells))
        else:
            faults.add(
                node.place(), Text("each row must be `key: value` lines", "各行は「項目: 値」の形で書いてください")
            )
    headings = dict.fromkeys(key for node in rows.value if isinstance(node.value, dict) for key in node.value)
    return Records(tuple(headings), tuple(records))


def _table(path: Path, lines: Iterable[tuple[int, Iterable[Any]]], faults: FaultList) -> Records | None:
    """Return a table of lines: the first filled line is the heading; empty lines are passed over."""
    filled = _filled_lines(lines)
    heading = next(filled, None)
    if heading is None:
        faults.add(str(path), EMPTY_TABLE)
        return None
    headings = [str(cell).strip() if _filled(cell) else "" for cell in heading[1]]
    records = []
    for number, cells in filled:
        place = f"{path}:{number}"
        if len(cells) > len(headings) and any(_filled(cell) for cell in cells[len(headings) :]):
            faults.add(place, MORE_CELLS, given=len(cells))
        by_heading = {name: cell for name, cell in zip(headings, cells, strict=False) if _filled(cell)}
        records.append(Record(place, by_heading))
    return Records(tuple(headings), tuple(records))


def _filled_lines(lines: Iterable[tuple[int, Iterable[Any]]]) -> Iterator[tuple[int, list[Any]]]:
    """Yield the lines in which anything but a remark stands."""
    for number, line in lines:
        cells = list(line)
        filled = [cell for cell in cells if _filled(cell)]
        if filled and not (len(filled) == 1 and len(cells) > 1 and str(filled[0]).lstrip().startswith(REMARK)):
            yield number, cells


def _filled(cell: Any) -> bool:
    """Say whether a cell holds anything."""
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))
