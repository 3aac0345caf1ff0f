"""`run.py optimise SCENARIO --target 2030:-50%`: the cheapest way to a target, between the levers of scenarios."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from model.commands.options import Figures, Force, Lang, Out
from model.faults import ExitCode, FaultList
from model.language import Language, Text, default_language
from model.progress import progress

if TYPE_CHECKING:
    from model.inputs import Data
    from model.optimise.least_cost.pathway import Answer
    from model.optimise.least_cost.problem import Problem, Target
    from model.scenario import Scenario

DATASET_FILE = "least_cost.nc"
LEVERS_FILE = "levers.csv"

_SEARCHING = Text("searching for the cheapest way", "費用最小の経路を探索中")
_COUNTING = Text("running with and without each group of levers", "レバーのグループごとに計算中")
_WRITTEN = Text("Written to", "出力先:")
_AGAIN = Text("The pathway as a scenario:", "この経路のシナリオ:")
_NOT_SETTLED = Text(
    "The search ran out of patience; a little less may still be possible.",
    "探索を打ち切りました。費用はまだわずかに下がる可能性があります。",
)
_NO_TARGET = Text(
    "write a fiscal year and the change against 2000, such as 2030:-50%",
    "年度と2000年比の増減率を 2030:-50% の形で書いてください",
)
_NO_YEAR = Text("the year is outside the projection of the scenario", "シナリオの将来推計期間の外の年度です")
_TWICE = Text("there is a target for this year already", "この年度の目標は既にあります")
_TARGET = re.compile(r"(\d{4}):([-+−]?\d+(?:\.\d+)?)%")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("optimise")
    def optimise(
        scenario: Annotated[
            str, typer.Argument(help="scenario whose demand, stock and programmes hold / シナリオ", metavar="SCENARIO")
        ] = "carbon_half",
        target: Annotated[
            list[str] | None,
            typer.Option(
                "--target", help="change against 2000, held until the next / 2000年比の目標", metavar="2030:-50%"
            ),
        ] = None,
        base: Annotated[
            str, typer.Option(help="scenario where levers start / 基準のシナリオ", metavar="SCENARIO")
        ] = "no_new_policy",
        between: Annotated[
            list[str] | None,
            typer.Option("--between", help="further scenarios that levers may go to; default: those that ship"
                         " / レバーの範囲に加えるシナリオ(既定は同梱のもの)", metavar="SCENARIO"),
        ] = None,
        out: Out = None,
        force: Force = False,
        figures: Figures = True,
        lang: Lang = None,
    ) -> int:  # fmt: skip
        """Find the cheapest way to a target / 目標を達成する費用最小の経路を求める."""
        return find_least_cost(
            scenario, target or ["2030:-50%"], base, between, out, force, figures, lang or default_language()
        )


def find_least_cost(
    name: str,
    targets: list[str],
    base_name: str,
    between: list[str] | None,
    out: Path | None,
    force: bool,
    figures: bool,
    language: Language,
) -> int:
    """Search for the cheapest way to the targets; print and write it, with a scenario file that gives it again.

    Returns:
        0 if the targets are reached, 3 with the nearest way if they are not.

    Raises:
        BadInput: a scenario or a target with faults, or a folder that is not ours.
    """
    from model.inputs import PATHWAY_THEMES, read_data
    from model.optimise.least_cost.pathway import least_cost
    from model.optimise.least_cost.problem import Problem, without_doubles
    from model.result_folder import check_result_folder
    from model.scenario import load_scenario, shipped_scenarios

    scenario, base = load_scenario(name), load_scenario(base_name)
    others = [load_scenario(other) for other in (shipped_scenarios() if between is None else between)]
    given = _targets(targets, scenario.levers.years.last)
    folder = out or Path("results") / f"optimise-{scenario.name}"
    check_result_folder(folder, force)
    data = read_data(None, PATHWAY_THEMES)
    named = [(one.name, one.levers) for one in (base, scenario, *others)]
    same_span = [(one, levers) for one, levers in named if levers.years == scenario.levers.years]
    kept = without_doubles(same_span)
    problem = Problem(scenario.levers, tuple(one for one, _ in kept), tuple(levers for _, levers in kept), given, data)
    console = Console(highlight=False)
    with progress(console, _SEARCHING(language)) as advance:
        answer = least_cost(problem, scenario.name, kept, lambda done: advance(done, _guess(problem, done)))
    _write(answer, scenario, base, data, folder, force, figures, console, language)
    return ExitCode.DONE if answer.reached else ExitCode.INFEASIBLE


def _guess(problem: Problem, done: int) -> int:
    """Return how many runs there may be in all: three rounds of slopes, more once those are done."""
    rounds = 3 * (problem.region.count + 5)
    return max(rounds, done + problem.region.count)


def _targets(texts: list[str], last: int) -> tuple[Target, ...]:
    """Return the targets, rising by year.

    Raises:
        BadInput: every text that is no target, a year outside the projection, a year twice.
    """
    from model.axes import PROJECTION_FROM
    from model.optimise.least_cost.problem import Target

    faults, found = FaultList(), {}
    for text in texts:
        match = _TARGET.fullmatch(text.replace(" ", ""))
        year = int(match[1]) if match else 0
        if match is None:
            faults.add("--target", _NO_TARGET, given=text)
        elif not PROJECTION_FROM <= year <= last:
            faults.add("--target", _NO_YEAR, given=text, allowed=f"{PROJECTION_FROM} … {last}")
        elif year in found:
            faults.add("--target", _TWICE, given=text)
        else:
            found[year] = Target(year, float(match[2].replace("−", "-")) / 100.0)
    faults.raise_if_any()
    return tuple(found[year] for year in sorted(found))


def _write(
    answer: Answer,
    scenario: Scenario,
    base: Scenario,
    data: Data,
    folder: Path,
    force: bool,
    figures: bool,
    console: Console,
    language: Language,
) -> None:
    """Print the answer and write its folder: Dataset, scenario file, tables, figures."""
    from model.abatement import marginal_abatement
    from model.optimise.least_cost.answer import answer_dataset, at_ceiling, scenario_text
    from model.pathway import run_pathway
    from model.report import abatement_report, least_cost_report
    from model.result_folder import result_folder
    from model.results import write_dataset
    from model.scenario import load_scenario, shipped_scenarios

    beside = {one.name: run_pathway(one.levers, data) for one in (scenario, base)}
    dataset = answer_dataset(answer, beside)
    with progress(console, _COUNTING(language)) as advance:
        abatement = marginal_abatement(base.levers, answer.levers, data, progress=advance)
    console.print(least_cost_report.lever_table(dataset, language))
    console.print(least_cost_report.payer_table(dataset, base.name, language))
    console.print(abatement_report.abatement_table(abatement, language))
    for line in least_cost_report.verdict_lines(dataset, at_ceiling(answer), language):
        console.print(line, markup=False, soft_wrap=True)
    console.print(least_cost_report.price_line(dataset, language), markup=False, soft_wrap=True)
    if not answer.found.settled:
        console.print(_NOT_SETTLED(language), style="yellow")
    name = f"{scenario.name}_least_cost"
    # A shipped scenario as it is can be built on from anywhere; what anything else sets is written out in full.
    stands = answer.frame_name if answer.frame_name in shipped_scenarios() else None
    shipped = load_scenario(stands).levers if stands is not None else None
    if shipped is not None and shipped != answer.problem.frame:
        stands, shipped = None, None
    text = scenario_text(answer, name, scenario.title, stands, shipped)
    facts = {"scenario": scenario.name, "scenario_hash": scenario.content_hash, "base": base.name,
             "reached": answer.reached}  # fmt: skip
    with result_folder(folder, facts, force) as staging:
        write_dataset(dataset, staging / DATASET_FILE)
        write_dataset(abatement, staging / "abatement.nc")
        (staging / f"{name}.yaml").write_text(text, encoding="utf-8")
        rows = {LEVERS_FILE: least_cost_report.lever_rows(dataset),
                "abatement.csv": abatement_report.abatement_rows(abatement)}  # fmt: skip
        for file, table in rows.items():
            table.to_csv(staging / file, index=False, float_format="%.10g", encoding="utf-8-sig")
        if figures:
            least_cost_report.draw_least_cost(dataset, scenario.title, staging / "figures")
            abatement_report.draw_abatement(abatement, scenario.title, staging / "figures")
    console.print(_AGAIN(language), f"run.py run {folder / f'{name}.yaml'}", markup=False, soft_wrap=True)
    console.print(_WRITTEN(language), str(folder), markup=False, soft_wrap=True)
