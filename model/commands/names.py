"""`run.py list` and `run.py explain NAME`: what there is, and what stands behind it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from model.faults import FaultList
from model.language import Language, Text, default_language

_UNKNOWN_KIND = Text("no such kind of names", "この種類はありません")
_NAME, _MEANING = Text("name", "名称"), Text("meaning", "意味")

Lang = Annotated[Literal["ja", "en"] | None, typer.Option(help="language / 言語")]


def register(app: typer.Typer) -> None:
    """Add both commands."""

    @app.command("list")
    def list_names(
        kind: Annotated[
            str | None,
            typer.Argument(help="scenario, variable, table, lever, programme, form or rule / 種類", metavar="[KIND]"),
        ] = None,
        lang: Lang = None,
    ) -> None:
        """List every scenario, variable, table, lever, programme, form and rule / 名称の一覧を示す."""
        print_list(kind, lang or default_language(), Console())

    @app.command("explain")
    def explain(
        name: Annotated[str, typer.Argument(help="a name that `list` shows / list で表示される名称")], lang: Lang = None
    ) -> None:
        """Show meaning, unit, values, sources and quality of a name / 意味・単位・値・出典・品質を示す."""
        print_explanation(name, lang or default_language(), Console())


def print_list(kind: str | None, language: Language, console: Console) -> None:
    """Print the names of one kind, or of every kind."""
    from model.catalogue import KINDS, catalogue

    faults = FaultList()
    if kind is not None and kind not in KINDS:
        faults.add("list", _UNKNOWN_KIND, given=kind, allowed=list(KINDS))
    faults.raise_if_any()
    for wanted, heading in KINDS.items():
        if kind in (None, wanted):
            entries = [entry for entry in catalogue().values() if entry.kind == wanted]
            table = _table(heading(language), [_NAME(language), _MEANING(language)])
            for entry in entries:
                table.add_row(Styled(entry.name), Styled(entry.meaning(language)))
            console.print(table)


def print_explanation(name: str, language: Language, console: Console) -> None:
    """Print everything known about a name."""
    from model.catalogue import find

    for entry in find(name):
        console.print(Styled(f"{entry.name}: {entry.meaning(language)}", style="bold"))
        for sheet in entry.sheets():
            table = _table(sheet.title(language), [column(language) for column in sheet.columns])
            for row in sheet.rows:
                table.add_row(*(Styled(cell(language) if isinstance(cell, Text) else cell) for cell in row))
            console.print(table)


def _table(title: str, columns: list[str]) -> Table:
    table = Table(title=Styled(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(Styled(column), overflow="fold", no_wrap=False, min_width=10 if number == 0 else None)
    return table
