"""`run.py template KIND`: writes the file a user fills in, with units, drop-downs and worked rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from model.faults import FaultList
from model.language import Language, Text, default_language
from model.paths import written_at_once

_WRITTEN = Text("written", "作成しました")
_EXISTS = Text(
    "the file exists; choose another --out, or add --force",
    "ファイルが既にあります。--out を変えるか --force を付けてください",
)


@dataclass(frozen=True)
class Kind:
    """A kind of file that has a template.

    Args:
        name: what it is called.
        suffixes: endings it can be written with; the first is the default.
        write: writes the template in a language.
    """

    name: Text
    suffixes: tuple[str, ...]
    write: Callable[[Path, Language], None]


def _write_scenario(path: Path, language: Language) -> None:
    """Write the template of a scenario."""
    from model.scenario_schema import scenario_template

    with written_at_once(path) as target:
        target.write_text(scenario_template(language, path.stem), encoding="utf-8")


def kinds() -> dict[str, Kind]:
    """Return every kind by the name that the command takes: scenarios, and the rows of each programme."""
    from model.ordinance.programme import PROGRAMMES, programme
    from model.ordinance.row_template import SUFFIXES, write_template

    def of_programme(name: str) -> Kind:
        found = programme(name)
        return Kind(found.title, SUFFIXES, lambda path, language: write_template(found, path, language))

    scenario = Kind(Text("scenario", "シナリオ"), (".yaml", ".yml"), _write_scenario)
    return {"scenario": scenario, **{name: of_programme(name) for name in PROGRAMMES}}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("template")
    def template(
        kind: Annotated[str, typer.Argument(help="scenario, or a programme / scenario 又は制度名", metavar="KIND")],
        out: Annotated[
            Path | None, typer.Option(help="file to write: .xlsx, .csv or .yaml / 出力ファイル", metavar="FILE")
        ] = None,
        lang: Annotated[Literal["ja", "en"] | None, typer.Option(help="language / 言語")] = None,
        force: Annotated[bool, typer.Option("--force", help="overwrite / 上書きする")] = False,
    ) -> None:
        """Write the file to fill in for a scenario or a programme / 入力様式を作成する."""
        write_kind(kind, out, lang or default_language(), force)


def write_kind(name: str, out: Path | None, language: Language, force: bool) -> Path:
    """Write the template of one kind and say where it is.

    Args:
        name: a name of `kinds`.
        out: file to write; by default the kind's name in the current folder.
        language: language of headings, choices and worked rows.
        force: overwrite an existing file.

    Returns:
        the file written.

    Raises:
        BadInput: no such kind, no such ending, or the file exists.
    """
    faults = FaultList()
    known = kinds()
    if name not in known:
        faults.add("KIND", Text("there is no such template", "この様式はありません"), name, list(known))
        faults.raise_if_any()
    kind = known[name]
    path = out or Path(f"{name}{kind.suffixes[0]}")
    if path.suffix.lower() not in kind.suffixes:
        faults.add("--out", Text("this ending cannot be written", "この形式では作成できません"), path, kind.suffixes)
    elif path.exists() and not force:
        faults.add(str(path), _EXISTS)
    faults.raise_if_any()
    kind.write(path, language)
    Console(soft_wrap=True, highlight=False).print(
        f"{kind.name(language)}: {path} – {_WRITTEN(language)}", markup=False
    )
    return path
