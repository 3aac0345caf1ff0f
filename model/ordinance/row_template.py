"""The file a user fills in for a programme: headings with units, drop-downs, worked rows; what we write we read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import yaml

from model.language import Language, Text
from model.ordinance.columns import Column, columns_of
from model.ordinance.derivation import unit_name
from model.ordinance.programme import Row
from model.paths import written_at_once
from model.record_files import REMARK, ROWS_SHEET
from model.spreadsheet import Cell, Table, fill_sheet, write_csv

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SUFFIXES = (".xlsx", ".csv", ".yaml", ".yml")

_HELP = Text("columns", "項目の説明")
_HELP_HEADINGS = tuple(
    Text(en, ja)
    for en, ja in (
        ("column", "項目"),
        ("field name", "項目名（英字）"),
        ("unit", "単位"),
        ("must be filled", "必須"),
        ("empty means", "空欄の場合"),
        ("choices", "選択肢"),
        ("meaning", "説明"),
    )
)
_REQUIRED = Text("yes", "必須")

#: Sheet of the choices, hidden, and letters that the title of a message may have.
_LISTS, _MOST_TITLE = "choices", 32
_CHOOSE = Text("please choose from the list", "一覧から選択してください")
#: Rows of a sheet that get drop-downs.
_DROP_DOWN_ROWS = 10_000


class Form(Protocol):
    """A table that a person fills in: its title, the model of a row, worked rows."""

    @property
    def title(self) -> Text:
        """Name in both languages."""

    @property
    def row(self) -> type[Row]:
        """Model of one row."""

    def examples_in(self, language: Language) -> tuple[Row, ...]:
        """Return the worked rows in a language."""


def write_template(
    programme: Form,
    path: Path,
    language: Language,
    sheets: Mapping[str, Table] | None = None,
    remarks: Sequence[str] = (),
) -> None:
    """Write the template of a programme or another form as Excel, CSV or YAML, by the suffix of the path.

    Args:
        programme: the form.
        path: file to write.
        language: language of headings, choices and worked rows.
        sheets: what else a workbook holds, by name of sheet.
        remarks: what to know about the worked rows; readers pass over them.
    """
    columns = columns_of(programme.row)
    table = filled_form(programme.row, programme.examples_in(language), language)
    if path.suffix.lower() == ".xlsx":
        named = columns_of(programme.row.explains) if programme.row.explains else ()
        explained: list[Sequence[Cell]] = [*help_table((*columns, *named), language)]
        explained += [[f"{REMARK} {one}"] for one in remarks]
        _write_xlsx(path, columns, explained, table, language, sheets or {})
    elif path.suffix.lower() == ".csv":
        left = [None] * (len(columns) - 1)
        write_csv(path, [*table, *([f"{REMARK} {one}", *left] for one in remarks)])
    else:
        _write_yaml(path, programme, columns, remarks, language)


def filled_form(row: type[Row], rows: Iterable[Row], language: Language) -> Table:
    """Return rows under the headings of their form, as it is read again."""
    columns = columns_of(row)
    return [
        [column.heading(language) for column in columns],
        *([column.shown(getattr(one, column.name), language) for column in columns] for one in rows),
    ]


def help_table(columns: tuple[Column, ...], language: Language) -> Table:
    """Return what each column holds."""
    rows: list[list[Cell]] = [[heading(language) for heading in _HELP_HEADINGS]]
    for column in columns:
        choices = ", ".join(label(language) for label in column.choices.values())
        default = column.shown(column.default, language)
        required = _REQUIRED(language) if column.required else None
        meaning = column.meaning(language) if column.meaning else None
        rows.append(
            [column.title(language), column.name, unit_name(column.unit, language), required, default, choices, meaning]
        )
    return rows


def _write_xlsx(
    path: Path, columns: tuple[Column, ...], explained: Table, table: Table, language: Language,
    sheets: Mapping[str, Table],
) -> None:  # fmt: skip
    """Write rows with drop-downs, a second sheet with explanations, others, and the choices, hidden."""
    from openpyxl import Workbook

    book = Workbook()
    sheet, described, choices = book.worksheets[0], book.create_sheet(_HELP(language)), book.create_sheet(_LISTS)
    sheet.title = ROWS_SHEET(language)
    fill_sheet(sheet, table)
    fill_sheet(described, explained)
    for name, further in sheets.items():
        fill_sheet(book.create_sheet(name, index=len(book.worksheets) - 1), further)
    choices.sheet_state = "hidden"
    for position, column in enumerate(columns, start=1):
        if column.choices:
            _add_drop_down(sheet, choices, position, column, language)
    with written_at_once(path) as target:
        book.save(target)


# A list inside the rule may not exceed 255 letters, so the choices stand on a sheet of their own.
def _add_drop_down(sheet: Worksheet, choices: Worksheet, position: int, column: Column, language: Language) -> None:
    """Let a column of a sheet take nothing but its choices, which stand in the same column of the sheet of choices."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for number, label in enumerate(column.choices.values(), start=1):
        choices.cell(row=number, column=position).value = label(language)
    letter = get_column_letter(position)
    rule = DataValidation(
        type="list",
        formula1=f"'{choices.title}'!${letter}$1:${letter}${len(column.choices)}",
        allow_blank=not column.required,
        showErrorMessage=True,
        errorTitle=column.title(language)[:_MOST_TITLE],
        error=_CHOOSE(language),
    )
    rule.add(f"{letter}2:{letter}{_DROP_DOWN_ROWS}")
    sheet.add_data_validation(rule)


def _write_yaml(
    path: Path, programme: Form, columns: tuple[Column, ...], remarks: Sequence[str], language: Language
) -> None:
    """Write the worked rows under `rows`, with a comment on every column."""
    comments = [f"# {programme.title(language)}"]
    for column in columns:
        choices = " / ".join(str(value) for value in column.choices) if column.kind == "choice" else ""
        comments.append(f"#   {column.name}: {column.heading(language)}{'  ' + choices if choices else ''}")
    comments += [f"{REMARK} {one}" for one in remarks]
    rows = [
        {column.name: _yaml_value(row, column, language) for column in columns if _differs(row, column)}
        for row in programme.examples_in(language)
    ]
    body = yaml.safe_dump({"rows": rows}, allow_unicode=True, sort_keys=False)
    with written_at_once(path) as target:
        target.write_text("\n".join(comments) + "\n" + body, encoding="utf-8")


def _differs(row: Any, column: Column) -> bool:
    """Say whether a row holds something else than what an empty cell means."""
    return column.required or getattr(row, column.name) != column.default


def _yaml_value(row: Any, column: Column, language: Language) -> Any:
    """Return a value as plain YAML: days as text, coded places by name."""
    value = getattr(row, column.name)
    if isinstance(value, date):
        return value.isoformat()
    return column.shown(value, language) if column.kind == "text" else value
