"""`run.py abatement SCENARIO`: what each group of levers avoids and costs, alone on the base and last on all others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from model.commands.options import Figures, Force, Lang, Out
from model.language import Language, Text, default_language
from model.progress import progress

_RUNNING = Text("running with and without each group of levers", "レバーのグループごとに計算中")
_WRITTEN = Text("Written to", "出力先:")
DATASET_FILE = "abatement.nc"
TABLE_FILE = "abatement.csv"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("abatement")
    def abatement(
        scenario: Annotated[
            str, typer.Argument(help="scenario file or name / シナリオ", metavar="SCENARIO")
        ] = "carbon_half",
        base: Annotated[
            str, typer.Option(help="scenario to count from / 基準のシナリオ", metavar="SCENARIO")
        ] = "no_new_policy",
        out: Out = None,
        force: Force = False,
        figures: Figures = True,
        lang: Lang = None,
    ) -> None:
        """Tonnes and cost of each group of levers / レバーのグループ別の削減量と費用."""
        show_abatement(scenario, base, out, force, figures, lang or default_language())


def show_abatement(name: str, base_name: str, out: Path | None, force: bool, figures: bool, language: Language) -> None:
    """Run a scenario with and without each group of levers; print and write what each avoids and costs.

    Raises:
        BadInput: a scenario with faults, or a folder that is not ours.
    """
    from model.abatement import marginal_abatement
    from model.inputs import PATHWAY_THEMES, read_data
    from model.report.abatement_report import abatement_rows, abatement_table, draw_abatement, interaction_line
    from model.result_folder import check_result_folder, result_folder
    from model.results import write_dataset
    from model.scenario import load_scenario

    scenario, base = load_scenario(name), load_scenario(base_name)
    folder = out or Path("results") / f"abatement-{scenario.name}"
    check_result_folder(folder, force)
    data = read_data(None, PATHWAY_THEMES)
    console = Console(highlight=False)
    with progress(console, _RUNNING(language)) as advance:
        answer = marginal_abatement(base.levers, scenario.levers, data, progress=advance)
    console.print(abatement_table(answer, language))
    console.print(interaction_line(answer, language), markup=False, soft_wrap=True)
    facts = {"scenario": scenario.name, "scenario_hash": scenario.content_hash, "base": base.name,
             "base_hash": base.content_hash}  # fmt: skip
    with result_folder(folder, facts, force) as staging:
        write_dataset(answer, staging / DATASET_FILE)
        abatement_rows(answer).to_csv(staging / TABLE_FILE, index=False, float_format="%.10g", encoding="utf-8-sig")
        if figures:
            draw_abatement(answer, scenario.title, staging / "figures")
    console.print(_WRITTEN(language), str(folder), markup=False, soft_wrap=True)
