"""`run.py ensemble SCENARIO`: thousands of runs over the ranges of what is uncertain, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from rich.console import Console

from model.commands.options import Changes, DataFolder, Figures, Force, Lang
from model.faults import BadInput, Fault
from model.language import Language, Text, default_language
from model.progress import progress

if TYPE_CHECKING:
    import xarray as xr

    from model.ensemble import Ensemble
    from model.ensemble_store import Store

#: Members where neither the command nor an ensemble begun says how many.
SAMPLES: Final = 1024
DESIGN: Final = "sobol"
SEED: Final = 1

_COMPUTING = Text("computing members", "メンバーを計算中")
_DRAWING = Text("drawing figures", "図を作成中")
_WRITTEN = Text("Written to", "出力先")
_FANS = Text(
    "run.py run {name} now draws these fans into every figure over time",
    "run.py run {name} は今後、この幅をすべての時系列の図に描きます",
)
_STOPPED = Text(
    "{done:,} of {all:,} members are finished and kept in {folder}; go on with --resume",
    "{all:,}メンバー中{done:,}が完了し、{folder} に保存されています。--resume で再開できます",
)
_NOT_STORED = Text(
    "members cannot be stored; {done:,} of {all:,} are finished and kept: make room, then go on with --resume",
    "メンバーを保存できません。{all:,}メンバー中{done:,}は保存済みです。空き容量を確保し、--resume で再開してください",
)
_NONE_VALID = Text(
    "no member could be computed: the scenario stops at every point; run it alone to see why",
    "どのメンバーも計算できません。シナリオを単独で実行し、原因を確認してください",
)

Samples = Annotated[
    int | None,
    typer.Option(help=f"samples of the design; default {SAMPLES} / 標本数(既定 {SAMPLES})", metavar="N"),
]
DesignOption = Annotated[
    Literal["sobol", "latin_hypercube", "saltelli"] | None,
    typer.Option(help="how samples are drawn; saltelli for Sobol indices / 標本の計画。ソボル指標には saltelli"),
]
Seed = Annotated[
    int | None, typer.Option(help="seed; default from the scenario / シード(既定はシナリオの値)", min=0, max=2**32 - 1)
]
Workers = Annotated[int | None, typer.Option(help="processes; default one a processor / プロセス数", min=1)]
Scheduler = Annotated[
    str | None,
    typer.Option(
        help="compute on Dask: tcp://HOST:PORT, or without an address on a cluster started here"
        " / Daskで計算。tcp://ホスト:ポート。アドレスを省くと、この計算機にクラスタを起動",
        metavar="[ADDRESS]",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", help="go on where an ensemble stopped / 中断箇所から再開")]
Out = Annotated[
    Path | None,
    typer.Option(help="folder; default results/<scenario>-ensemble / 出力フォルダ(既定 results/<シナリオ>-ensemble)"),
]


@dataclass(frozen=True)
class _Asked:
    """What the command line says of one ensemble."""

    samples: int | None
    design: Literal["sobol", "latin_hypercube", "saltelli"] | None
    seed: int | None
    workers: int | None
    scheduler: str | None
    resume: bool
    force: bool
    figures: bool


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("ensemble")
    def ensemble(
        scenario: Annotated[str, typer.Argument(help="scenario file or name / シナリオ")] = "carbon_half",
        samples: Samples = None,
        design: DesignOption = None,
        seed: Seed = None,
        workers: Workers = None,
        scheduler: Scheduler = None,
        resume: Resume = False,
        changes: Changes = None,
        out: Out = None,
        force: Force = False,
        figures: Figures = True,
        data: DataFolder = None,
        lang: Lang = None,
    ) -> None:
        """How sure: run a scenario over the ranges of its inputs / シナリオの不確実性を計算する."""
        asked = _Asked(samples, design, seed, workers, scheduler, resume, force, figures)
        run_ensemble(scenario, changes or [], out, data, asked, lang or default_language())


def run_ensemble(
    name: str, changes: list[str], out: Path | None, data_folder: Path | None, asked: _Asked, language: Language
) -> None:
    """Compute the members that are not there yet, then write and print what all of them say."""
    from model.commands.run import default_folder
    from model.ensemble_store import STORE, open_ensemble
    from model.inputs import PATHWAY_THEMES, read_data
    from model.report.fan import ensemble_folder
    from model.result_folder import check_result_folder, result_folder
    from model.scenario import load_scenario

    console = Console()
    scenario = load_scenario(name, changes)
    folder = out if out is not None else ensemble_folder(default_folder(scenario))
    check_result_folder(folder, asked.force)
    data = read_data(data_folder, PATHWAY_THEMES)
    ensemble = _ensemble(scenario, data, folder / STORE, asked)
    title = {"scenario": scenario.name, "title_en": scenario.title.en, "title_ja": scenario.title.ja}
    facts: dict[str, Any] = {**title, **ensemble.identity(), "seconds": {}}
    store = _store(folder, ensemble, title, facts, asked)
    start = perf_counter()
    before = int(store.finished().sum())
    _compute(store, ensemble, asked, folder, language, console)
    facts["seconds"]["members"] = round(perf_counter() - start, 3)
    facts["members_computed_now"] = ensemble.members - before
    dataset = open_ensemble(folder / STORE)
    if not dataset["valid"].any():
        raise BadInput([Fault(name, _NONE_VALID)])
    with result_folder(folder, facts, force=True) as staging:
        _write(dataset, staging, asked.figures, language, console)
    console.print(f"{_WRITTEN(language)}: {folder}", markup=False, highlight=False, soft_wrap=True)
    if out is None:
        console.print(_FANS(language).format(name=name), markup=False, highlight=False, soft_wrap=True)


def _ensemble(scenario: Any, data: Any, store: Path, asked: _Asked) -> Ensemble:
    """Return the ensemble asked for; what a resumed one leaves open it takes from the one that was begun."""
    from model.ensemble import Ensemble
    from model.ensemble_store import begun_design
    from model.sampling import Design, check_design
    from model.uncertainty import ranges

    seed = SEED if scenario.uncertainty.seed is None else scenario.uncertainty.seed
    begun = begun_design(store) if asked.resume else None
    default = begun or Design(DESIGN, SAMPLES, seed)
    design = Design(
        asked.design or default.name,
        default.samples if asked.samples is None else asked.samples,
        default.seed if asked.seed is None else asked.seed,
    )
    ensemble = Ensemble(scenario.name, scenario.levers, data, ranges(scenario.uncertainty), design)
    check_design(design, len(ensemble.factors))
    return ensemble


def _store(folder: Path, ensemble: Ensemble, title: dict[str, str], facts: dict[str, Any], asked: _Asked) -> Store:
    """Return the store to go on with, or a new one in a folder that is marked as ours."""
    from model.ensemble_store import STORE, check_no_unfinished, resumed_store, start_store
    from model.result_folder import result_folder

    if asked.resume:
        return resumed_store(folder / STORE, ensemble)
    if not asked.force:
        check_no_unfinished(folder / STORE)
    with result_folder(folder, facts, asked.force):
        pass
    return start_store(folder / STORE, ensemble, title)


def _compute(
    store: Store, ensemble: Ensemble, asked: _Asked, folder: Path, language: Language, console: Console
) -> None:
    """Compute and store every block that is not finished, with a progress bar."""
    from model.ensemble_workers import blocks_of, processors

    finished = store.finished()
    missing = [number for number in range(ensemble.blocks) if not finished[ensemble.block(number)].all()]
    done = int(finished.sum())
    try:
        with progress(console, _COMPUTING(language)) as advance:
            advance(done, ensemble.members)
            for number, values in blocks_of(ensemble, missing, asked.scheduler, asked.workers or processors()):
                _store_block(store, ensemble, number, values, folder)
                done += len(ensemble.block(number))
                advance(done, ensemble.members)
    except KeyboardInterrupt:
        console.print(_kept(_STOPPED, store, ensemble, folder, language), markup=False, highlight=False, soft_wrap=True)
        raise


def _store_block(store: Store, ensemble: Ensemble, number: int, values: dict[str, Any], folder: Path) -> None:
    """Store the members of a block; a disk that is full or gone becomes a fault, since all before it stays whole."""
    try:
        store.write(ensemble.block(number), values)
    except OSError as problem:
        words = Text(*(_kept(_NOT_STORED, store, ensemble, folder, one) for one in ("en", "ja")))
        raise BadInput([Fault(str(store.path), words, given=problem.strerror or str(problem))]) from problem


def _kept(words: Text, store: Store, ensemble: Ensemble, folder: Path, language: Language) -> str:
    """Return words on a stop with how many members are finished, and where."""
    return words(language).format(done=int(store.finished().sum()), all=ensemble.members, folder=folder)


def _write(dataset: xr.Dataset, staging: Path, figures: bool, language: Language, console: Console) -> None:
    """Write quantiles, tables and figures, and print the summary."""
    from model.ensemble_answers import (
        chance_table,
        chances,
        influence_table,
        influences,
        quantile_dataset,
        quantile_table,
    )
    from model.report.ensemble.summary import print_ensemble
    from model.report.fan import QUANTILES_FILE

    found, influence = chances(dataset), influences(dataset)
    quantile_dataset(dataset).to_netcdf(staging / QUANTILES_FILE, engine="h5netcdf")
    tables = {"summary.csv": quantile_table(dataset), "targets.csv": chance_table(found)}
    if influence is not None:
        tables["influences.csv"] = influence_table(influence)
    for file, table in tables.items():
        # The byte order mark makes Excel read Japanese as UTF-8.
        table.to_csv(staging / file, index=False, float_format="%.10g", encoding="utf-8-sig", lineterminator="\n")
    if figures:
        from model.report.ensemble.figures import draw_ensemble

        with progress(console, _DRAWING(language)) as advance:
            draw_ensemble(dataset, found, influence, staging / "figures", advance=advance)
    print_ensemble(dataset, found, influence, language, console)
