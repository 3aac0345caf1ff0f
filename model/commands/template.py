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
    """Return every kind by the name that the command takes: scenarios, and every table that people fill in."""
    from model.forms import Listed, forms
    from model.ordinance.row_template import SUFFIXES, write_template

    def of(name: str, one: Listed) -> Kind:
        def write(path: Path, language: Language) -> None:
            write_template(one.form(language), path, language, one.sheets(language), _unknown(name, language))

        return Kind(one.title, SUFFIXES, write)

    scenario = Kind(Text("scenario", "シナリオ"), (".yaml", ".yml"), _write_scenario)
    return {"scenario": scenario, **{name: of(name, one) for name, one in forms().items()}}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("template")
    def template(
        kind: Annotated[
            str,
            typer.Argument(
                help="scenario, or a name of `list form` / scenario 又は `list form` の名称", metavar="KIND"
            ),
        ],
        out: Annotated[
            Path | None,
            typer.Option(
                help="file to write: .xlsx, .csv, .yaml; made-up houses .parquet, too / 出力ファイル", metavar="FILE"
            ),
        ] = None,
        lang: Annotated[Literal["ja", "en"] | None, typer.Option(help="language / 言語")] = None,
        force: Annotated[bool, typer.Option("--force", help="overwrite / 上書きする")] = False,
        houses: Annotated[
            int | None, typer.Option(help="portfolio: made-up houses, as many / 模擬住宅の棟数", min=1, max=10_000_000)
        ] = None,
        seed: Annotated[int, typer.Option(help="seed of made-up houses / 模擬住宅の乱数の種", min=0)] = 0,
    ) -> None:
        """Write a file to fill in: scenario, targets, portfolio, facilities, … (`list form`) / 入力様式を作成する."""
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
        # The name of a command stands for what it reads.
        about = [one for one, kind in known.items() if one.startswith(f"{name}_") or name in kind.name("en").split()]
        faults.add("KIND", Text("there is no such template", "この様式はありません"), name, about or list(known))
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
    for line in _unknown(name, language):
        Console(soft_wrap=True, highlight=False).print(line, markup=False)
    return path


def _unknown(name: str, language: Language) -> list[str]:
    """Return under which rule sets the worked rows of a programme need values of the other one, and the first such."""
    from model.faults import BadInput
    from model.ordinance.programme import PROGRAMMES, programme
    from model.ordinance.rulebook import RULE_SETS, rules

    if name not in PROGRAMMES:
        return []
    one, lines = programme(name), []
    for rule_set in RULE_SETS:
        try:
            one.assess(one.examples_in(language), rules(one.rulebook, rule_set))
        except BadInput as missing:
            problem = missing.faults[0].problem
            said = Text(
                f"with --rules {rule_set} the worked rows need --fallback: {problem.en.partition(': ')[0]}",
                f"--rules {rule_set} では記入例の計算に --fallback が必要です：{problem.ja.partition('。')[0]}",
            )
            lines.append(said(language))
    return lines


def write_made_up(name: str, houses: int, seed: int, out: Path | None, language: Language, force: bool) -> Path:
    """Write a made-up portfolio and say where it is; the same seed gives the same houses.

    Raises:
        BadInput: another kind, no such ending, too many houses for Excel, or the file exists.
    """
    from model.optimise.solar_allocation.answer import Setting
    from model.optimise.solar_allocation.generator import SUFFIXES, generate, write_generated

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
    write_generated(path, generate(houses, seed, Setting.read("adopted_2025").assumed, language=language))
    Console(soft_wrap=True, highlight=False).print(f"{path} – {_WRITTEN(language)}", markup=False)
    return path
