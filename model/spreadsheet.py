"""Excel and CSV files in which no text of a user ever becomes a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import zip_longest
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.paths import written_at_once

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | float | int | bool | date | None
Table = Sequence[Sequence[Cell]]

#: First characters with which spreadsheet programs start a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
#: Characters that Excel does not store.
CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])

#: Whole numbers from here on have thousands separators; smaller ones may be years.
_SEPARATED = 10_000
_WIDEST = 60
#: A longer heading is broken into lines; where a sheet would else not fit one page, a shorter one between words, too.
_WIDEST_HEADING, _HEADING_IN_LINES = 16, 9
#: No column is narrower, since bold headings in another font take more room [letters].
_NARROWEST = 5
#: A sheet that is no wider is printed upright [letters].
_UPRIGHT = 100
#: A wider sheet is printed in smaller letters up to the second width, and beyond it on several pages side by side,
#: since one page would be too small to read [letters a page].
_WIDEST_PAGE, _SMALLEST_PRINT = 205, 245
#: Columns of text may be as narrow as this where a sheet fits one page then [letters].
_LEAST_TEXT = 32
#: Two columns no wider than this are repeated on every page, else only the first [letters].
_WIDEST_KEYS = 40
#: Paper of the pages: A4.
_A4 = 9
#: A sheet of more columns keeps its first one in sight; one of more rows gets buttons to sort and to filter by.
_FEW_COLUMNS, _FEW_ROWS = 6, 20
#: Colour behind the headings.
_HEADING_FILL = "FFE8EEF4"
#: Most digits behind the point, and the size from which a quantity has one less [magnitude, digits].
_MOST_DIGITS = 4
_DIGITS = ((1000.0, 0), (100.0, 1), (10.0, 2), (1.0, 3))
#: The same of a number by itself, and the size below which it is shown by its power of ten.
_DIGITS_ALONE, _SMALL = ((100_000.0, 0), *_DIGITS[1:]), 1e-3
#: Where a line can be broken: after blanks, and beside every wide character.
_PIECES = re.compile(r"\s+|[\u2e80-\uffff]|[^\s\u2e80-\uffff]+")
#: Room of letters in usual fonts, in parts of that of a digit; other ones take as much as a digit.
_ROOM = {
    **dict.fromkeys(" ", 0.45), **dict.fromkeys("fijlrt.,:;'|!()[]", 0.65),
    **dict.fromkeys("ABCDEFGHIJKLNOPQRSTUVXYZ", 1.2), **dict.fromkeys("mwMW", 1.6),
}  # fmt: skip
_WIDE_ROOM, _BOLD_ROOM = 2.1, 1.1
#: Height of a line of text and of the tallest row that Excel shows [pt].
_LINE_POINTS, _TALLEST_POINTS = 17.0, 405.0


def write_csv(path: Path, table: Table) -> None:
    """Write a table as CSV in UTF-8 with a mark, so that Excel in Japan opens it right."""
    with written_at_once(path) as target, target.open("w", encoding="utf-8-sig", newline="") as lines:
        csv.writer(lines).writerows([_csv_cell(cell) for cell in row] for row in table)


def write_workbook(path: Path, sheets: Mapping[str, Table]) -> None:
    """Write tables as the sheets of an Excel file, each with its first row as a fixed heading."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, table in sheets.items():
        fill_sheet(book.create_sheet(name), table)
    with written_at_once(path) as target:
        book.save(target)


def fill_sheet(sheet: Worksheet, table: Table) -> None:
    """Write a table into an empty sheet: text stays text, the heading is bold and stays in sight, also on paper."""
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    apart = Alignment(horizontal="left", indent=1)
    formats = [_column_format(column) for column in zip_longest(*table)]
    for line, row in enumerate(table, start=1):
        for number, value in enumerate(row, start=1):
            cell = sheet.cell(row=line, column=number)
            # Some programs show the sign of a negative zero.
            plain = value + 0.0 if isinstance(value, float) else value
            cell.value = value.translate(CONTROL) if isinstance(value, str) else plain
            if isinstance(value, str):
                cell.data_type = "s"
                if line > 1 and number > 1 and _is_number(row[number - 2]):
                    cell.alignment = apart  # it would touch the number on its left
            elif isinstance(value, (int, float)) and not isinstance(value, bool):
                cell.number_format = formats[number - 1] or _cell_format(value)
    _mark_headings(sheet, table)
    widths = column_widths(table)
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    _fit_rows(sheet, table, widths)
    _fit_page(sheet, widths)


def _mark_headings(sheet: Worksheet, table: Table) -> None:
    """Make the headings bold on a shade and stand over their numbers, in sight; let people filter a long table."""
    from openpyxl.styles import Alignment, Font, PatternFill

    bold, shade = Font(bold=True), PatternFill("solid", fgColor=_HEADING_FILL)
    numbers = [False, *(_is_number(value) for value in (table[1] if len(table) > 1 else ()))]
    for place, cell in enumerate(sheet[1], start=1):
        after, right = (numbers[one] if one < len(numbers) else False for one in (place - 1, place))
        cell.font, cell.fill = bold, shade
        if right or after:
            # Over numbers on the right; over a text beside them as far from them as the text is.
            cell.alignment = Alignment(horizontal="right" if right else "left", indent=0 if right else 1)
    sheet.freeze_panes = "B2" if sheet.max_column > _FEW_COLUMNS else "A2"
    if len(table) > _FEW_ROWS:
        sheet.auto_filter.ref = sheet.dimensions


def _column_format(column: Sequence[Cell]) -> str | None:
    """Return the one format of the numbers of a column whose heading names a unit, None for any other column."""
    digits = column_digits(column)
    return None if digits is None else _format_of(digits)


def column_digits(column: Sequence[Cell]) -> int | None:
    """Return how many digits behind the point a column shows whose heading names a unit, None for any other column."""
    heading, *cells = column
    numbers = [abs(cell) for cell in cells if isinstance(cell, (int, float)) and not isinstance(cell, bool)]
    if not isinstance(heading, str) or not heading.endswith("]") or not numbers:
        return None
    return _digits_of(numbers)


def _digits_of(numbers: Sequence[float], by_size: Sequence[tuple[float, int]] = _DIGITS) -> int:
    """Return how many digits behind the point tell numbers apart, the fewer the greater they are."""
    most = max(numbers)
    digits = next((few for size, few in by_size if most >= size), _MOST_DIGITS)
    least = min((number for number in numbers if number > 0), default=0.0)
    while digits < _MOST_DIGITS and 0 < least < 0.5 * 10.0**-digits:
        digits += 1
    enough = (few for few in range(digits) if all(round(one, few) == round(one, digits) for one in numbers))
    return next(enough, digits)


def _cell_format(value: float) -> str:
    """Return the format of a number that stands among others of another kind; whole numbers may be years."""
    if isinstance(value, int):
        return "#,##0" if abs(value) >= _SEPARATED else "General"
    if 0 < abs(value) < _SMALL:
        return "0.0E+00"  # a proven gap, of which no digit would be seen
    return _format_of(_digits_of([abs(value)], _DIGITS_ALONE))


def cell_text(cell: Cell) -> str:
    """Return a cell for a terminal, a number with the digits that a workbook shows of one that stands by itself."""
    if isinstance(cell, float):
        return f"{cell:.1e}" if 0 < abs(cell) < _SMALL else f"{cell:z,.{_digits_of([abs(cell)], _DIGITS_ALONE)}f}"
    return "" if cell is None else f"{cell:,}" if _is_number(cell) else str(cell)


def _format_of(digits: int) -> str:
    """Return the format of numbers with so many digits behind the point."""
    return f"#,##0.{'0' * digits}" if digits else "#,##0"


def _is_number(value: object) -> bool:
    """Say whether a cell holds a number, which stands on the right."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def column_widths(table: Table) -> list[int]:
    """Return how wide the columns of a table should be [letters]."""
    columns = list(zip_longest(*table))
    widths = [_column_width(column) for column in columns]
    if sum(widths) <= _WIDEST_PAGE:
        return widths
    widths = [_column_width(column, in_lines=True) for column in columns]
    # Texts are broken into more lines where that is enough for one page.
    spare = [max(width - _LEAST_TEXT, 0) for width in widths]
    over = min(sum(widths) - _WIDEST_PAGE, sum(spare))
    if over <= 0 or sum(widths) - over > _SMALLEST_PRINT:
        return widths
    return [width - ceil(over * some / sum(spare)) for width, some in zip(widths, spare, strict=True)]


def _column_width(column: Sequence[Cell], in_lines: bool = False) -> int:
    """Return how wide a column should be for its heading and its cells, the heading broken between all words or not."""
    digits = column_digits(column)
    heading, *cells = (_width(value, digits) for value in column)
    shortest = min(heading, _WIDEST_HEADING)
    if in_lines and isinstance(column[0], str):
        words = [_letters(piece) for piece in _PIECES.findall(column[0])]
        shortest = min(heading, max([_HEADING_IN_LINES, *words]))
    return min(max([shortest, *cells, _NARROWEST]) + 2, _WIDEST)


def _fit_rows(sheet: Worksheet, table: Table, widths: Sequence[int]) -> None:
    """Break the texts that need more than one line, and make their rows as high as they need."""
    from openpyxl.styles import Alignment

    for line, row in enumerate(table, start=1):
        height = row_height(row, widths, bold=line == 1)
        if height is not None:
            sheet.row_dimensions[line].height = height
            for number, value in enumerate(row, start=1):
                cell = sheet.cell(row=line, column=number)
                side, indent = cell.alignment.horizontal, cell.alignment.indent
                cell.alignment = Alignment(
                    horizontal=side, indent=indent, vertical="top", wrap_text=isinstance(value, str) or None
                )


def row_height(row: Sequence[Cell], widths: Sequence[int], bold: bool = False) -> float | None:
    """Return how high a row must be [pt] for its texts in columns of given widths; None where one line is enough."""
    room = [width / (_BOLD_ROOM if bold else 1.0) for width in widths]
    lines = max((_lines(value, width) for value, width in zip(row, room, strict=False)), default=1)
    return min(lines * _LINE_POINTS, _TALLEST_POINTS) if lines > 1 else None


def _fit_page(sheet: Worksheet, widths: Sequence[int]) -> None:
    """Set a sheet with columns of so many letters up for printing."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation = "portrait" if sum(widths) <= _UPRIGHT else "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    if sheet.oddFooter is not None:
        sheet.oddFooter.center.text = "&A  &P / &N"
    sheet.print_title_rows = "1:1"
    # A row is known by its first two columns; they are repeated on every page if they leave enough of it to the others.
    sheet.print_title_cols = "A:B" if sum(widths[:2]) <= _WIDEST_KEYS else "A:A"
    pages = 1 if sum(widths) <= _SMALLEST_PRINT else ceil(sum(widths) / _WIDEST_PAGE)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = pages, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _csv_cell(cell: Cell) -> Any:
    """Return a cell for CSV; a text that would start a formula gets an apostrophe in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def without_guard(cell: str) -> str:
    """Return a text of a CSV file of ours without the apostrophe that kept it from starting a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell


def _width(value: object, digits: int | None) -> int:
    """Return how wide a cell shows, numbers with so many digits behind the point where its column has a unit."""
    shown = "" if value is None else str(value)
    if isinstance(value, float):
        few = digits if digits is not None else _digits_of([abs(value)], _DIGITS_ALONE)
        shown = f"{value:,.{few}f}"
    elif _is_number(value):
        shown = f"{value:,}"
    return max(_letters(line) for line in shown.split("\n"))


def _lines(value: Cell, width: float) -> int:
    """Return how many lines a text takes in a column of that width."""
    return sum(_broken(line, width) for line in value.split("\n")) if isinstance(value, str) else 1


def _broken(line: str, width: float) -> int:
    """Return into how many lines a line is broken in a column of that width."""
    lines, taken = 1, 0.0
    for piece in _PIECES.findall(line):
        room = sum(_WIDE_ROOM if ord(letter) > 0x2E7F else _ROOM.get(letter, 1.0) for letter in piece)
        if taken + room > width and not piece.isspace():
            # A word that is wider than the column is broken inside.
            begun = taken > 0
            more, room = divmod(room, width) if room > width else (0, room)
            lines, taken = lines + begun + int(more), 0.0
        taken += room
    return lines


def _letters(line: str) -> int:
    """Return the width of a line of text, with wide characters counted twice."""
    return len(line) if line.isascii() else sum(2 if ord(letter) > 0x2E7F else 1 for letter in line)
