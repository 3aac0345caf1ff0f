"""`run.py run SCENARIO…`: the main job, from a scenario file to its folder of results."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from model.commands.options import Changes, DataFolder, Figures, Force, Lang, Out
from model.faults import BadInput, Fault, FaultList
from model.language import Language, Text, default_language
from model.progress import progress

if TYPE_CHECKING:
    import xarray as xr

    from model.inputs import Data
    from model.report.fan import FoundEnsemble
    from model.scenario import Scenario

_SIMULATING = Text("simulating", "計算中")
_DRAWING = Text("drawing figures", "図を作成中")
_WRITTEN = Text("Written to", "出力先")
_WITH_FAN = Text("Figures show the fan of {file}", "図に {file} の幅を表示")
_NO_FAN = Text(
    "Figures show no fan: {file} is of another state of this scenario, its data or the program; run.py ensemble makes"
    " it anew",
    "{file} は別の設定・データ・版のもののため、図に幅を表示しません。run.py ensemble で作り直せます",
)
_ONE_FOLDER = Text(
    "--out names one folder, so it goes with one scenario; leave it out to get results/<scenario>/ for each",
    "--out は1つのシナリオにだけ使えます。複数の場合は省くと results/<シナリオ>/ に出力します",
)
_CONTRADICTION = Text(
    "each table can be read, but together they cannot be true; compare them with the shipped ones",
    "各表は読めますが、互いに矛盾しています。同梱の表と見比べてください",
)

Scenarios = Annotated[
    list[str] | None,
    typer.Argument(
        help="scenario files or names; default carbon_half / シナリオ(既定 carbon_half)", metavar="SCENARIO…"
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command, which is also what runs when no command is named."""

    @app.command("run")
    def run(
        scenarios: Scenarios = None,
        changes: Changes = None,
        out: Out = None,
        force: Force = False,
        figures: Figures = True,
        data: DataFolder = None,
        lang: Lang = None,
    ) -> None:
        """Run scenarios and write their results / シナリオを計算し結果を出力する."""
        run_scenarios(scenarios or [], changes or [], out, force, figures, data, lang or default_language())

    @app.callback(invoke_without_command=True)
    def main(context: typer.Context, lang: Lang = None) -> None:
        """Carbon Half: how Tokyo's buildings reach zero / 東京の建物がゼロエミッションに至る道筋."""
        if context.invoked_subcommand is None:
            run_scenarios([], [], None, False, True, None, lang or default_language())


def run_scenarios(
    names: list[str],
    changes: list[str],
    out: Path | None,
    force: bool,
    figures: bool,
    data_folder: Path | None,
    language: Language,
) -> None:
    """Run each scenario in turn, after all of them and the data have been checked."""
    from model.inputs import PATHWAY_THEMES, read_data
    from model.result_folder import check_result_folder
    from model.scenario import DEFAULT_SCENARIO, load_scenario

    console = Console()
    faults = FaultList()
    if out is not None and len(names) > 1:
        faults.add("--out", _ONE_FOLDER, given=str(out))
    faults.raise_if_any()
    chosen = [load_scenario(name, changes) for name in names or [DEFAULT_SCENARIO]]
    folders = [out if out is not None else default_folder(scenario) for scenario in chosen]
    for folder in folders:
        check_result_folder(folder, force)
    start = perf_counter()
    data = read_data(data_folder, PATHWAY_THEMES)
    reading = perf_counter() - start
    for scenario, folder in zip(chosen, folders, strict=True):
        _run_one(scenario, folder, data, data_folder, reading, force, figures, language, console)


def default_folder(scenario: Scenario) -> Path:
    """Return where a scenario's results go: results/<name>, with a piece of the hash where `--set` changed it."""
    name = scenario.name + (f"-{scenario.content_hash[:8]}" if scenario.overrides else "")
    return Path("results") / name


def _run_one(
    scenario: Scenario,
    folder: Path,
    data: Data,
    data_folder: Path | None,
    reading: float,
    force: bool,
    figures: bool,
    language: Language,
    console: Console,
) -> None:
    """Simulate one scenario, write its folder and print its summary."""
    from model.report.fan import found_ensemble, with_fan
    from model.report.run.files import write_run_files
    from model.report.run.summary import print_summary
    from model.result_folder import result_folder
    from model.summary_table import write_results

    seconds: dict[str, float] = {"read_data": round(reading, 3)}
    facts: dict[str, Any] = {
        "scenario": scenario.name,
        "scenario_chain": list(scenario.chain),
        "scenario_hash": scenario.content_hash,
        "overrides": list(scenario.overrides),
        "seed": _first_seed(scenario),
        "inputs": _digests(scenario, data, data_folder),
        "seconds": seconds,
    }
    with _own_tables(data_folder):
        dataset = _simulate(scenario, data, seconds, language, console)
    found = found_ensemble(folder, scenario.levers, data)
    facts["ensemble"] = _ensemble_facts(found)
    with result_folder(folder, facts, force) as staging:
        start = perf_counter()
        write_results(dataset, staging)
        dataset = with_fan(dataset, found)
        seconds["write"] = round(perf_counter() - start, 3)
        if figures:
            start = perf_counter()
            _draw(dataset, staging / "figures", console, language)
            seconds["draw"] = round(perf_counter() - start, 3)
        start = perf_counter()
        write_run_files(dataset, staging, scenario.because)
        seconds["report"] = round(perf_counter() - start, 3)
    print_summary(dataset, language, console)
    if found is not None:
        words = _WITH_FAN if found.quantiles is not None else _NO_FAN
        console.print(words(language).format(file=found.file), markup=False, highlight=False, soft_wrap=True)
    console.print(f"{_WRITTEN(language)}: {folder}", markup=False, highlight=False, soft_wrap=True)


def _simulate(
    scenario: Scenario, data: Data, seconds: dict[str, float], language: Language, console: Console
) -> xr.Dataset:
    """Return the result of one scenario and note how long its parts took."""
    from model.outcome import outcome
    from model.pathway import run_pathway

    start = perf_counter()
    with progress(console, _SIMULATING(language)) as advance:
        pathway = run_pathway(scenario.levers, data, advance)
    seconds["simulate"] = round(perf_counter() - start, 3)
    start = perf_counter()
    dataset = outcome(scenario, pathway, data)
    seconds["compare_and_assemble"] = round(perf_counter() - start, 3)
    return dataset


@contextmanager
def _own_tables(folder: Path | None) -> Iterator[None]:
    """Turn whatever goes wrong in a run on tables of the user's own into a fault: they passed every check of a table
    alone, so they contradict each other. On the shipped tables the same error is one of the program and stays so."""
    try:
        yield
    except BadInput:
        raise
    except Exception as problem:
        if folder is None:
            raise
        words = f"{type(problem).__name__}: {problem}"
        raise BadInput([Fault(f"--data {folder}", _CONTRADICTION, given=words)]) from problem


def _ensemble_facts(found: FoundEnsemble | None) -> dict[str, Any] | None:
    """Return which ensemble the fans of the figures are from; None where they have none."""
    if found is None or found.quantiles is None:
        return None
    digest = hashlib.sha256(found.file.read_bytes()).hexdigest()
    return {"file": str(found.file), "members": int(found.quantiles.attrs["members"]), "sha256": digest}


def _draw(dataset: xr.Dataset, folder: Path, console: Console, language: Language) -> None:
    from model.report.run.figures import FIGURES, draw_figures

    languages: tuple[Language, ...] = ("en", "ja")
    drawn = count(1)
    with progress(console, _DRAWING(language)) as advance:
        draw_figures(dataset, folder, languages, lambda: advance(next(drawn), len(FIGURES) * len(languages)))


def _first_seed(scenario: Scenario) -> int | None:
    """Return the seed from which what is drawn at random starts, or None where nothing is drawn.

    Only programmes in their optimised form draw: portfolios and facilities, from one seed after the other.
    """
    return 0 if "optimised" in scenario.levers.programmes.form.values() else None


def _digests(scenario: Scenario, data: Data, data_folder: Path | None) -> dict[str, str]:
    """Return file → sha256 of everything the run read: tables, labels, rules of place, targets, scenario files."""
    from model.paths import data_folder as shipped

    digests = {f"data/{name}": digest for name, digest in data.sha256.items()}
    for pattern in ("classification/*.csv", "exchange/*.csv", "rules/municipalities.csv", "rules/*.yaml"):
        for path in sorted(shipped().glob(pattern)):
            digests[f"data/{path.relative_to(shipped()).as_posix()}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    for path in scenario.files:
        digests[f"scenarios/{path.name}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return digests
