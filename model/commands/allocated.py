"""What `run.py allocate` shows and writes: the answer of one supplier in full, of many a line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from model.language import Language, Text
from model.spreadsheet import Table as Rows
from model.spreadsheet import cell_text, write_csv, write_workbook

if TYPE_CHECKING:
    from model.optimise.solar_allocation.answer import Answer
    from model.ordinance.rulebook import RuleSet

_SUPPLIERS = Text("suppliers", "供給事業者一覧")
#: Columns of the overview that a terminal shows.
_SHOWN = (1, 2, 3, 4, 5, 8, 9, 11)


def show(answers: Sequence[Answer], language: Language, console: Console, several: bool) -> None:
    """Print one line a supplier, and the summary where there were not several."""
    from model.report.allocation.clash import clash_lines
    from model.report.allocation.summary import summary_table
    from model.report.allocation.tables import front_table, prices_table
    from model.report.allocation.texts import STATUS_NAMES

    if not several and answers[0].plan.scheme is not None:
        for table in (summary_table(answers[0], language), prices_table(answers[0], language)):
            _print(table, console)
        _print(front_table(answers[0], language), console)
        return
    if several:
        _show_overview(answers, language, console)
    for one in answers:
        if one.front is not None:
            console.print(one.portfolio.supplier, style="bold", markup=False)
            _print(front_table(one, language), console)
        if one.plan.scheme is None:
            told = f"{one.portfolio.supplier}: {STATUS_NAMES[one.plan.proof.status](language)}"
            console.print(told, style="bold", markup=False)
            for line in clash_lines(one):
                console.print(f"  {line(language)}", markup=False)


def _show_overview(answers: Sequence[Answer], language: Language, console: Console) -> None:
    """Print one line a supplier."""
    from model.report.allocation.overview import overview_table

    rows = overview_table(answers, language)
    # The folder stands in the file of the overview; a terminal has room for what decides.
    shown = Table(padding=0)
    for place in _SHOWN:
        heading = escape(str(rows[0][place]))
        if 3 < place < 11:
            # Words may be broken over two lines, a figure not.
            widest = max(len(cell_text(row[place])) for row in rows[1:])
            shown.add_column(heading, overflow="fold", justify="right", min_width=widest)
        else:
            shown.add_column(heading, overflow="fold")
    for row in rows[1:]:
        shown.add_row(*[escape(cell_text(row[place])) for place in _SHOWN])
    console.print(shown)


def _print(table: Rows, console: Console) -> None:
    """Print a table with a heading, if it has rows."""
    if len(table) < 2:
        return
    shown = Table()
    for heading in table[0]:
        shown.add_column(escape(str(heading)), overflow="fold")
    for row in table[1:]:
        shown.add_row(*[escape(cell_text(cell)) for cell in row])
    console.print(shown)


def write(
    answers: Sequence[Answer],
    files: Sequence[Path],
    rule_set: RuleSet,
    out: Path,
    language: Language,
    figures: bool,
    force: bool,
    several: bool,
    advance: Callable[[int, int], None],
) -> None:
    """Write workbook, Dataset, pages and figures of every supplier, each into its own folder if there were several."""
    import hashlib

    from model.report.allocation.house_sheets import MOST_SHEETS, write_house_sheets
    from model.report.allocation.overview import folder_of, overview_table
    from model.report.allocation.page import write_plan_page
    from model.report.allocation.tables import write_decisions, write_plan
    from model.result_folder import result_folder

    inputs = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    begun = perf_counter()
    facts: dict[str, object] = {"command": "allocate", "rules": rule_set, "inputs": inputs}
    facts["plans"] = {
        one.portfolio.supplier: {
            **one.plan.proof.facts(), "proven_for": one.plan.proven, "asked_for": one.wishes.facts()
        }
        for one in answers
    }  # fmt: skip
    with result_folder(out, facts, force) as staging:
        if several:
            table = overview_table(answers, language)
            write_csv(staging / "suppliers.csv", table)
            write_workbook(staging / "suppliers.xlsx", {_SUPPLIERS(language): table})
        for number, one in enumerate(answers):
            advance(number, len(answers))
            folder = staging / folder_of(number) if several else staging
            folder.mkdir(parents=True, exist_ok=True)
            if one.plan.scheme is None:
                _write_clash(one, folder, language)
                continue
            write_plan(one, folder / "plan.xlsx", language)
            write_decisions(one, folder / "plan.csv", language)
            from model.optimise.solar_allocation.dataset import dataset

            dataset(one).to_netcdf(folder / "plan.nc", engine="h5netcdf")
            drawn: list[Path] = []
            if figures:
                from model.report.allocation.figures import draw_plan

                drawn = draw_plan(one, folder / "figures")
            tongues: tuple[Language, Language] = ("ja", "en")
            for tongue in tongues:
                shown = [file for file in drawn if file.stem.endswith(f"_{tongue}") and file.suffix == ".png"]
                write_plan_page(one, folder / f"plan.{tongue}.html", shown, tongue)
                if one.houses.size <= MOST_SHEETS:
                    write_house_sheets(one, folder / f"houses.{tongue}.html", tongue)
        facts["seconds_writing"] = round(perf_counter() - begun, 3)


def _write_clash(found: Answer, folder: Path, language: Language) -> None:
    """Write why there is no plan: as text in both languages, as a page in each, and as a workbook in one."""
    from model.report.allocation.clash import clash_lines, write_clash
    from model.report.allocation.page import write_clash_page
    from model.report.allocation.texts import STATUS_NAMES

    lines = [
        found.portfolio.supplier,
        f"{STATUS_NAMES[found.plan.proof.status].ja} / {STATUS_NAMES[found.plan.proof.status].en}",
    ]
    for line in clash_lines(found):
        lines += [line.ja, line.en]
    (folder / "no_plan.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_clash(found, folder / "no_plan.xlsx", language)
    tongues: tuple[Language, Language] = ("ja", "en")
    for tongue in tongues:
        write_clash_page(found, folder / f"no_plan.{tongue}.html", tongue)
