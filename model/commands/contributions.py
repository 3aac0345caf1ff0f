"""`run.py contributions SCENARIO`: how many tonnes each programme gives, and which assumption decides a target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model.commands.options import Changes, Figures, Force, Lang, Out
from model.faults import FaultList
from model.language import Language, Text, default_language

if TYPE_CHECKING:
    from rich.console import Console

    from model.report.contribution.dataset import Answer
    from model.scenario import Scenario

DATASET_FILE = "contributions.nc"
TABLE_FILE = "contributions.csv"
ASSUMPTIONS_FILE = "assumptions.csv"
#: Years that are shown where none are asked for, as far as the scenario reaches.
_YEARS = "2030,2035,2050"

_BY_PROGRAMME = Text("every coalition of programmes", "制度のすべての組合せを計算中")
_BY_THEME = Text("every coalition of themes", "施策分野のすべての組合せを計算中")
_WRITTEN = Text("Written to", "出力先:")
_NO_YEAR = Text("give fiscal years of the projection, with commas between them",
                "将来推計期間の年度をカンマ区切りで指定してください")  # fmt: skip
_NOTHING = Text(
    "no programme takes part in this scenario and it builds on none, so there is nothing to share out;"
    " choose another or give --against",
    "制度も元となるシナリオもないため、分けるものがありません。別のシナリオか --against を指定してください",
)
_OTHER_END = Text(
    "ends in another year than the scenario, so the two cannot be compared",
    "計算の最終年度がシナリオと異なるため、比較できません",
)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("contributions")
    def contributions(
        scenario: Annotated[
            str, typer.Argument(help="scenario file or name / シナリオ", metavar="SCENARIO")
        ] = "carbon_half",
        years: Annotated[str, typer.Option(help="fiscal years to show / 表示する年度", metavar="YEAR,…")] = _YEARS,
        against: Annotated[
            str | None,
            typer.Option(
                help="scenario to count levers from; default: the one it builds on / 比較の基準(既定は元のシナリオ)",
                metavar="SCENARIO",
            ),
        ] = None,
        changes: Changes = None,
        out: Out = None,
        force: Force = False,
        figures: Figures = True,
        lang: Lang = None,
    ) -> None:
        """Tonnes of each programme, and which assumption decides / 制度別の削減量と、目標を左右する前提."""
        show_contributions(scenario, years, against, changes or [], out, force, figures, lang or default_language())


def show_contributions(
    name: str,
    years: str,
    against: str | None,
    changes: list[str],
    out: Path | None,
    force: bool,
    figures: bool,
    language: Language,
) -> None:
    """Run every coalition of a scenario's programmes, and of its themes of levers; print and write what each gives.

    Args:
        name: scenario file or name.
        years: fiscal years to show, with commas between them.
        against: scenario that levers are counted from; None: the one that the scenario builds on.
        changes: `key=value` texts applied to the scenario.
        out: folder for results; None: results/contributions-<scenario>.
        force: write into a folder that this program did not make.
        figures: draw figures too.
        language: language of the terminal; figures come in both.

    Raises:
        BadInput: a scenario with faults, years outside the projection, nothing to share out.
    """
    from rich.console import Console

    from model.commands.run import default_folder
    from model.report.contribution.dataset import assumption_rows, contribution_dataset, contribution_rows
    from model.result_folder import check_result_folder, result_folder
    from model.scenario import load_scenario

    scenario = load_scenario(name, changes)
    base = _base(scenario, against)
    shown = _years(years, scenario)
    _check(scenario, base)
    folder = out or default_folder(scenario).with_name(f"contributions-{default_folder(scenario).name}")
    check_result_folder(folder, force)
    console = Console(highlight=False)
    answer = _answer(scenario, base, console, language)
    _print(answer, shown, console, language)
    facts: dict[str, Any] = {"scenario": scenario.name, "scenario_hash": scenario.content_hash,
                             "against": "" if base is None else base.name, "years": shown}  # fmt: skip
    with result_folder(folder, facts, force) as staging:
        contribution_dataset(answer).to_netcdf(staging / DATASET_FILE, engine="h5netcdf")
        for file, rows in ((TABLE_FILE, contribution_rows), (ASSUMPTIONS_FILE, assumption_rows)):
            table = rows(answer, shown)
            table.to_csv(staging / file, index=False, float_format="%.10g", encoding="utf-8-sig", lineterminator="\n")
        if figures:
            from model.report.contribution.figures import draw_contributions

            draw_contributions(answer, shown, staging / "figures")
    console.print(_WRITTEN(language), str(folder), markup=False, soft_wrap=True)


def _base(scenario: Scenario, against: str | None) -> Scenario | None:
    """Return the scenario that levers are counted from: the one asked for, or the one that this one builds on."""
    from model.scenario import load_scenario

    if against is not None:
        return load_scenario(against)
    return load_scenario(scenario.files[-2]) if len(scenario.files) > 1 else None


def _years(years: str, scenario: Scenario) -> list[int]:
    """Return the years asked for, the default ones as far as the scenario reaches.

    Raises:
        BadInput: what is no year, or outside the projection.
    """
    from model.axes import PROJECTION_FROM

    last = scenario.levers.years.last
    parts = [part.strip() for part in years.split(",")]
    found = [int(part) for part in parts if part.isdecimal() and PROJECTION_FROM <= int(part) <= last]
    wrong = [part for part in parts if not part.isdecimal() or int(part) not in found]
    faults = FaultList()
    for part in wrong if years != _YEARS or not found else ():
        faults.add("--years", _NO_YEAR, given=part, allowed=f"{PROJECTION_FROM} … {last}")
    faults.raise_if_any()
    return sorted(set(found))


def _check(scenario: Scenario, base: Scenario | None) -> None:
    """Raise `BadInput` where there is nothing to share out, or what the scenario is held against ends elsewhere."""
    from model.programme_contributions import active_programmes

    faults = FaultList()
    if base is None and not active_programmes(scenario.levers):
        faults.add(scenario.name, _NOTHING)
    if base is not None and base.levers.years.last != scenario.levers.years.last:
        faults.add(f"--against {base.name}", _OTHER_END, base.levers.years.last, str(scenario.levers.years.last))
    faults.raise_if_any()


def _answer(scenario: Scenario, base: Scenario | None, console: Console, language: Language) -> Answer:
    """Return who gives what, from runs of Tokyo as one place, and one run with every municipality beside them."""
    from model.inputs import PATHWAY_THEMES, read_data
    from model.programme_contributions import (
        Runs,
        active_programmes,
        full_resolution,
        programme_contributions,
        single_assumptions,
        theme_contributions,
        with_programmes,
    )
    from model.progress import progress
    from model.report.contribution.dataset import Answer

    data = read_data(None, PATHWAY_THEMES)
    runs = Runs.of(data, scenario.levers)
    by_rule = with_programmes(scenario.levers, frozenset(active_programmes(scenario.levers)))
    with progress(console, _BY_PROGRAMME(language)) as advance:
        programmes = programme_contributions(by_rule, runs, advance)
    themes = None
    if base is not None:
        before = with_programmes(base.levers, frozenset(active_programmes(base.levers)))
        with progress(console, _BY_THEME(language)) as advance:
            themes = theme_contributions(before, by_rule, runs, advance)
    deciding = single_assumptions(None if base is None else base.levers, by_rule, runs)
    return Answer(scenario, base, programmes, themes, tuple(deciding), full_resolution(by_rule, data))


def _print(answer: Answer, years: list[int], console: Console, language: Language) -> None:
    """Print a table for each game, the verdict of each target with what decides it, and how coarse the runs are."""
    from model.report.contribution.tables import game_table, overlap_lines, resolution_line, rule_line, verdict_lines

    for dim, game in answer.games.items():
        console.print()
        console.print(game_table(dim, game, answer, years, language))
        for line in overlap_lines(dim, game, answer, years[0], language):
            console.print(line, markup=False)
    console.print()
    notes = [resolution_line(answer, language), rule_line(answer, language)]
    for line in (*verdict_lines(answer, years, language), *(note for note in notes if note)):
        console.print(line, markup=False)
