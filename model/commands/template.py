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


#: Rows under the headings that an Excel sheet holds.
_MOST_EXCEL_ROWS = 1_048_575


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
    return {
        "scenario": scenario,
        **{name: of_programme(name) for name in PROGRAMMES},
        **_auction_kinds(),
        **_portfolio_kind(),
        **_schedule_kinds(),
    }


def _auction_kinds() -> dict[str, Kind]:
    """Return the tables of a joint purchase."""
    from model.optimise.joint_purchase_rows import KINDS
    from model.ordinance.row_template import SUFFIXES, write_template

    def of_table(name: str) -> Kind:
        from model.optimise.joint_purchase_forms import form

        return Kind(
            KINDS[name][1], SUFFIXES, lambda path, language: write_template(form(name, language), path, language)
        )

    return {name: of_table(name) for name in KINDS}


def _portfolio_kind() -> dict[str, Kind]:
    """Return the list of houses that `allocate` reads, and the weather that it may use."""
    from model.optimise.solar_allocation_inputs import FORM
    from model.optimise.solar_allocation_weather import FORM as WEATHER
    from model.ordinance.row_template import SUFFIXES, write_template

    return {
        "portfolio": Kind(FORM.title, SUFFIXES, lambda path, language: write_template(FORM, path, language)),
        "weather": Kind(WEATHER.title, SUFFIXES, lambda path, language: write_template(WEATHER, path, language)),
    }


def _schedule_kinds() -> dict[str, Kind]:
    """Return the tables that `schedule` reads."""
    from model.optimise.facility_schedule_forms import FORMS
    from model.ordinance.row_template import SUFFIXES, write_template

    def of_form(name: str) -> Kind:
        return Kind(FORMS[name].title, SUFFIXES, lambda path, language: write_template(FORMS[name], path, language))

    return {name: of_form(name) for name in FORMS}


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
        houses: Annotated[
            int | None, typer.Option(help="portfolio: made-up houses, as many / 模擬住宅の棟数", min=1, max=10_000_000)
        ] = None,
        seed: Annotated[int, typer.Option(help="seed of made-up houses / 模擬住宅の乱数の種", min=0)] = 0,
    ) -> None:
        """Write the file to fill in for a scenario or a programme / 入力様式を作成する."""
        if houses is not None:
            write_made_up(kind, houses, seed, out, lang or default_language(), force)
            return
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


def write_made_up(name: str, houses: int, seed: int, out: Path | None, language: Language, force: bool) -> Path:
    """Write a made-up portfolio and say where it is; the same seed gives the same houses.

    Raises:
        BadInput: another kind, no such ending, too many houses for Excel, or the file exists.
    """
    from model.optimise.solar_allocation_answer import Setting
    from model.optimise.solar_allocation_generator import SUFFIXES, generate, write_generated

    faults = FaultList()
    path = out or Path(f"portfolio-{houses}-{seed}.csv")
    if name != "portfolio":
        faults.add(
            "--houses", Text("only a portfolio can be made up", "模擬住宅は portfolio のみです"), name, ["portfolio"]
        )
    elif path.suffix.lower() not in SUFFIXES:
        faults.add("--out", Text("this ending cannot be written", "この形式では作成できません"), path, SUFFIXES)
    elif path.suffix.lower() == ".xlsx" and houses > _MOST_EXCEL_ROWS:
        faults.add("--houses", Text("Excel holds fewer rows; write .csv or .parquet",
                                    "Excelの行数を超えます。.csv 又は .parquet にしてください"), houses)  # fmt: skip
    elif path.exists() and not force:
        faults.add(str(path), _EXISTS)
    faults.raise_if_any()
    write_generated(path, generate(houses, seed, Setting.read("adopted_2025").assumed))
    Console(soft_wrap=True, highlight=False).print(f"{path} – {_WRITTEN(language)}", markup=False)
    return path
