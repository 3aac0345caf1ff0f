"""`run.py reproduce`: every figure that the documents print beside ours, as a table, CSV files and a page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from model.faults import ExitCode, FaultList
from model.language import Language, Text, default_language

if TYPE_CHECKING:
    from model.ordinance.reproduction import Comparison

_DEFAULT_OUT = Path("results/reproduction")
_WRITTEN = Text("written to", "出力先")
_NO_FOLDER = Text("this is a file; name a folder", "ファイルがあります。フォルダを指定してください")
#: Mark and colour of each outcome.
_MARKS = {
    "agrees": ("✓", "green"),
    "contradiction confirmed": ("≠", "yellow"),
    "differs": ("✗", "bold red"),
    "not computed": ("?", "bold red"),
}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("reproduce")
    def reproduce(
        out: Annotated[
            Path, typer.Option(help="folder for the CSV files and the page / 出力フォルダ", metavar="DIR")
        ] = _DEFAULT_OUT,
        lang: Annotated[Literal["ja", "en"] | None, typer.Option(help="language / 言語")] = None,
    ) -> int:
        """Show every printed figure beside ours / 公表資料の数値と本モデルの計算値を並べて示す."""
        from model.ordinance.reproduction import comparisons

        language = lang or default_language()
        _check_out(out)
        compared = comparisons()
        write(compared, out, language)
        console = Console()
        show(compared, language, console)
        console.print(f"{_WRITTEN(language)}: {out}", markup=False, soft_wrap=True, highlight=False)
        return ExitCode.DONE if all(one.agrees for one in compared) else ExitCode.COMPARISON_FAILED


def show(compared: Sequence[Comparison], language: Language, console: Console) -> None:
    """Print the comparisons by place of the documents, then the contradictions and how many agree."""
    from model.ordinance.worked_examples import contradictions
    from model.report import reproduction_page as page

    legend = (page.AGREES, page.CONFIRMED, page.DIFFERS, page.NOT_COMPUTED)
    headings = [heading(language) for heading in (page.WHAT, page.PRINTED, page.OURS, page.DIFFERENCE)]
    marks = [f"{_MARKS[said.en][0]} {said(language)}" for said in legend]
    console.print(Styled(f"{' | '.join(headings)}    {'  '.join(marks)}", style="dim"))
    for _, rows in groupby(compared, key=lambda one: one.example.id):
        of_example = list(rows)
        first = of_example[0]
        console.print(Styled(first.example.title(language), style="bold"))
        console.print(Styled(first.source.citation, style="dim"))
        console.print(_rows(of_example, language))
    console.print(Styled(page.CONTRADICTIONS(language), style="bold"))
    for found in contradictions():
        topic, printed, consistent, reason, *_ = page.contradiction_cells(found, compared, language)
        console.print(Styled(f"  ≠ {topic}: {printed} → {consistent} ({reason})"), soft_wrap=True)
    console.print(Styled(page.summary(compared)(language), style="bold"))


def _rows(compared: Sequence[Comparison], language: Language) -> Table:
    """Return the figures of one place of a document: what, printed, ours, difference, outcome."""
    from model.report import reproduction_page as page

    table = Table(box=None, padding=(0, 1), pad_edge=True, show_header=False)
    table.add_column(width=1)
    table.add_column(width=36, overflow="fold")
    for width in (13, 13, 9):
        table.add_column(width=width, justify="right", overflow="fold")
    for one in compared:
        said = page.outcome(one)
        mark, tone = _MARKS[said.en]
        table.add_row(
            Styled(mark, style=tone),
            Styled(one.check.label(language)),
            Styled(page.value_text(one.check.expected, language)),
            Styled(page.value_text(one.ours, language)),
            Styled(page.difference_text(one)),
        )
    return table


def write(compared: Sequence[Comparison], out: Path, language: Language) -> None:
    """Write the comparisons and the contradictions as CSV, and the page in both languages."""
    from model.ordinance.worked_examples import contradictions
    from model.paths import written_at_once
    from model.report import reproduction_page as page
    from model.spreadsheet import write_csv

    write_csv(out / "figures.csv", page.comparison_table(compared, language))
    write_csv(out / "contradictions.csv", page.contradiction_table(contradictions(), compared, language))
    with written_at_once(out / "index.html") as target:
        target.write_text(page.page(compared, contradictions()), encoding="utf-8")


def _check_out(out: Path) -> None:
    """Refuse a file as the folder."""
    faults = FaultList()
    if out.exists() and not out.is_dir():
        faults.add("--out", _NO_FOLDER, out)
    faults.raise_if_any()
