"""Every table that people fill in, by the name that `template` takes: programmes, joint purchase, houses, schedules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.faults import FaultList
from model.language import Language, Text

if TYPE_CHECKING:
    from model.ordinance.programme import Row
    from model.ordinance.row_reader import RowReader
    from model.ordinance.row_template import Form
    from model.spreadsheet import Table

_DEFAULTS = Text("defaults", "既定値")
_NO_FORM = Text(
    "no heading in the first filled line is of a form; `run.py list form` shows them all",
    "先頭行にどの様式の項目名もありません。`run.py list form` で様式の一覧を表示できます",
)


@dataclass(frozen=True)
class Listed:
    """A form as it is listed.

    Args:
        title: name in both languages.
        row: model of one row.
        form: with its worked rows, in a language.
        sheets: what else its workbook holds, by name of sheet, in a language.
    """

    title: Text
    row: type[Row]
    form: Callable[[Language], Form]
    sheets: Callable[[Language], Mapping[str, Table]] = lambda language: {}


def forms() -> dict[str, Listed]:
    """Return every form by its name, in the order in which a person meets them."""
    from model.optimise.facility_schedule.forms import FORMS
    from model.optimise.joint_purchase.forms import form
    from model.optimise.joint_purchase.rows import KINDS
    from model.optimise.solar_allocation.inputs import FORM as HOUSES
    from model.optimise.solar_allocation.weather import FORM as WEATHER
    from model.ordinance.programme import PROGRAMMES, programme

    def same(one: Form) -> Listed:
        return Listed(one.title, one.row, lambda language: one)

    def defaults(language: Language) -> dict[str, Table]:
        from model.report.allocation.defaults import defaults_of_form

        return {_DEFAULTS(language): defaults_of_form(language)}

    def of_purchase(name: str) -> Listed:
        row, title = KINDS[name]
        return Listed(title, row, lambda language: form(name, language))

    return {
        **{name: same(programme(name)) for name in PROGRAMMES},
        **{name: of_purchase(name) for name in KINDS},
        "portfolio": replace(same(HOUSES), sheets=defaults),
        "weather": same(WEATHER),
        **{name: same(one) for name, one in FORMS.items()},
    }


def _check_facilities(reader: RowReader[Any], faults: FaultList) -> None:
    """Check what a schedule asks of each facility by itself, under the rules and years it takes if none are given."""
    from model.optimise.facility_schedule.checks import check_facilities
    from model.optimise.facility_schedule.inputs import Settings
    from model.ordinance.row_reader import HalfRead
    from model.ordinance.rulebook import rules

    usual, places = Settings(), reader.places
    whole = [HalfRead(row, frozenset(), places[(row.id,)]) for row in reader.rows]
    book = rules("cap_and_trade", usual.rule_set, fallback=usual.fallback)
    check_facilities([*whole, *reader.halves], usual.first_year, book, faults, reader.written)


def check_form(path: Path) -> Text:
    """Read a filled-in form, whichever its headings show it to be.

    Args:
        path: CSV, Excel or YAML.

    Returns:
        what it is, and how many rows it holds.

    Raises:
        BadInput: everything wrong with its headings and rows; what concerns several files shows in the command.
    """
    from model.ordinance.row_reader import RowReader, fits
    from model.record_files import read_records

    faults = FaultList()
    records = read_records(path, faults)
    faults.raise_if_any()
    assert records is not None
    listed = forms()
    # Of forms that share as many headings the one with fewer columns of its own is meant.
    score = {
        name: (fits(one.row, records.headings), -len(one.row.model_fields), -number)
        for number, (name, one) in enumerate(listed.items())
    }
    name = max(score, key=lambda one: score[one])
    if not score[name][0]:
        faults.add(str(path), _NO_FORM, ", ".join(records.headings[:5]))
        faults.raise_if_any()
    reader = RowReader(listed[name].row)
    reader.add(records, str(path))
    if name == "auction_rules":
        from model.optimise.joint_purchase.rules import Rule, rules_of

        # What a value may be depends on the rule that its row names.
        rules_of([row for row in reader.rows if isinstance(row, Rule)], str(path), faults)
    if name == "facilities":
        _check_facilities(reader, faults)
    (FaultList([*reader.faults.faults, *faults.faults])).raise_if_any()
    title, many = listed[name].title, len(reader.rows)
    return Text(
        f"{title.en} (`{name}`), rows: {many}; what concerns several rows or files is checked when it is used",
        f"{title.ja}（`{name}`）、{many}行。行やファイルにまたがる確認は計算時に行います",
    )
