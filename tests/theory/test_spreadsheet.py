"""Sheets as they are printed: rows as high as their texts need, wide tables on one page where texts can be broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from model.spreadsheet import column_widths, row_height, write_workbook

LINE_POINTS = 17.0


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("four four", 10, 1),
        ("four four", 6, 2),
        ("i" * 14, 10, 1),  # narrow letters take less room than digits
        ("8" * 14, 10, 2),
        ("8" * 25, 10, 3),
        ("8 " + "8" * 25, 10, 4),  # a word wider than the column begins on a line of its own
        ("住宅住宅", 10, 1),
        ("住宅住宅住宅", 10, 2),
        ("one\ntwo\nthree", 10, 3),
    ],
)
def test_a_row_is_as_high_as_its_text_needs(text: str, width: int, lines: int) -> None:
    assert row_height([text, 1.0], [width, 8]) == (None if lines == 1 else lines * LINE_POINTS)


def test_headings_are_bold_and_need_more_room() -> None:
    assert row_height(["8" * 10], [10]) is None
    assert row_height(["8" * 10], [10], bold=True) == 2 * LINE_POINTS


def test_a_table_of_many_columns_is_printed_on_one_page_if_its_texts_can_be_broken(tmp_path: Path) -> None:
    headings = [f"what a column is called {number} [t]" for number in range(15)]
    narrow = [headings, [1.5] * 15]
    remark = "a remark of many words that can be broken into lines"
    with_text = [[*headings, "remark"], [*[1.5] * 15, remark]]
    text_only = [[f"c{number}" for number in range(8)], ["x" * 60] * 8]
    for number, (table, pages) in enumerate(((narrow, 1), (with_text, 1), (text_only, 3))):
        path = tmp_path / f"{number}.xlsx"
        write_workbook(path, {"sheet": table})
        assert load_workbook(path)["sheet"].page_setup.fitToWidth == pages
    # No word of a heading is torn, and the text keeps a readable width.
    assert min(column_widths(narrow)) >= len("column") + 2
    assert 32 <= column_widths(with_text)[-1] < len(remark) + 2


# Columns of ten letters each: 200 fill a page, up to 245 are made smaller, 400 take two pages.
@pytest.mark.parametrize(("columns", "pages"), [(20, 1), (24, 1), (25, 2), (40, 2)])
def test_a_table_a_little_too_wide_is_printed_in_smaller_letters(tmp_path: Path, columns: int, pages: int) -> None:
    table = [["quantity"] * columns, [1.5] * columns]
    path = tmp_path / "wide.xlsx"
    write_workbook(path, {"sheet": table})
    sheet = load_workbook(path)["sheet"]
    assert sheet.page_setup.fitToWidth == pages
    assert sheet.page_setup.orientation == "landscape"
