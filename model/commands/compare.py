"""`run.py compare RESULT RESULT…`: what differs between runs, by year and sector, as tables, CSV and figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from model.faults import BadInput, Fault, FaultList
from model.language import Language, Text, default_language

if TYPE_CHECKING:
    import xarray as xr

#: File of the differences inside the folder of a comparison.
DIFFERENCES_FILE = "differences.csv"
#: File of every run beside the published targets.
TARGETS_FILE = "targets.csv"
#: File of what makes the CO2 of buildings differ, factor by factor.
CONTRIBUTIONS_FILE = "contributions.csv"
#: File of what changed the CO2 of buildings between two years.
BETWEEN_FILE = "between.csv"

_WRITTEN = Text("Written to", "出力先:")
_SAME_RUN = Text(
    "this is the same run as one before it, so nothing can differ; give another result",
    "前に指定したものと同じ実行結果で、差はありません。別の結果を指定してください",
)
_TWO_YEARS = Text(
    "write two fiscal years that every result holds, the earlier first, such as 2022,2030",
    "すべての結果に含まれる年度を、早い順に2つ書いてください(例 2022,2030)",
)
_EQUAL = Text(
    "{} and {} hold the same numbers: the same run, written twice.", "{} と {} は数値がすべて同じです(同一の実行)。"
)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""

    @app.command("compare")
    def compare(
        results: Annotated[
            list[Path],
            typer.Argument(help="folders that `run` wrote, the reference first / 結果フォルダー", metavar="RESULT…"),
        ],
        between: Annotated[
            str | None,
            typer.Option(
                help="also what changed CO2 between two years of each / 2つの年度間の増減要因", metavar="YEAR,YEAR"
            ),
        ] = None,
        out: Annotated[Path | None, typer.Option(help="folder for CSV and figures / 出力フォルダー")] = None,
        force: Annotated[
            bool, typer.Option("--force", help="write into a foreign folder / 他のフォルダーにも書く")
        ] = False,
        figures: Annotated[bool, typer.Option("--figures/--no-figures", help="draw figures / 図を描く")] = True,
        lang: Annotated[Literal["ja", "en"] | None, typer.Option(help="language / 言語")] = None,
    ) -> None:
        """Compare runs by year and sector / シナリオの結果を比較する."""
        compare_results(results, between, out, force, figures, lang or default_language())


def compare_results(
    paths: list[Path], between: str | None, out: Path | None, force: bool, figures: bool, language: Language
) -> None:
    """Print and write what differs between results.

    Args:
        paths: two or more result folders or netCDF files, or one with `between`; the first is the reference.
        between: two fiscal years whose difference is taken apart in each run, as `2022,2030`; None for none.
        out: where CSV and figures go; by default a folder beside the first result.
        force: write into a folder that this program did not make.
        figures: draw figures too.
        language: language of the terminal; figures come in both.

    Raises:
        BadInput: every fault of every path, or no year in common.
    """
    from rich.console import Console

    from model.report.comparison import (
        common_years,
        difference_table,
        differences,
        draw_comparison,
        halving_verdicts,
        year_note,
    )
    from model.report.contribution.factors import (
        between_table,
        contribution_table,
        contributions,
        contributions_between,
    )
    from model.report.side_by_side import target_rows, target_table
    from model.result_folder import check_result_folder, result_folder

    given = _open_all(paths, fewest=2 if between is None else 1)
    runs = common_years(given)
    span = None if between is None else _span(between, runs)
    folder = out or _folder_of(paths[0]).parent / "_".join(["compare", *runs])
    check_result_folder(folder, force)
    console = Console(highlight=False)
    if note := year_note(given, language):
        console.print(note, style="yellow", markup=False)
    factors = contributions(runs)
    reference = next(iter(runs))
    for name in list(runs)[1:]:
        if runs[name].equals(runs[reference]):
            console.print(_EQUAL(language).format(reference, name), style="yellow", markup=False)
        console.print()
        console.print(difference_table(runs, name, language))
        if not factors.empty:
            console.print(contribution_table(factors, name, language))
    if span is not None:
        parts = contributions_between(runs, *span)
        console.print(between_table(parts, language))
    console.print(target_table(runs, language))
    for line in halving_verdicts(runs, language):
        console.print(line, markup=False)
    facts: dict[str, Any] = {
        "compared": {name: {"scenario_hash": run.attrs["scenario_hash"]} for name, run in runs.items()},
    }
    with result_folder(folder, facts, force) as staging:
        target_rows(runs).to_csv(staging / TARGETS_FILE, index=False, float_format="%.10g", encoding="utf-8-sig")
        if len(runs) > 1:
            table = differences(runs)
            table.to_csv(staging / DIFFERENCES_FILE, index=False, float_format="%.10g", encoding="utf-8-sig")
            factors.to_csv(staging / CONTRIBUTIONS_FILE, index=False, float_format="%.10g", encoding="utf-8-sig")
            if figures:
                draw_comparison(runs, staging / "figures")
        if span is not None:
            parts.to_csv(staging / BETWEEN_FILE, index=False, float_format="%.10g", encoding="utf-8-sig")
    console.print(_WRITTEN(language), str(folder), markup=False, soft_wrap=True)


def _span(between: str, runs: Mapping[str, xr.Dataset]) -> tuple[int, int]:
    """Return the two years of `--between`, which every run must hold, the earlier first."""
    years = [int(year) for year in next(iter(runs.values()))["year"].to_numpy()]
    parts = [part.strip() for part in between.split(",")]
    if (
        len(parts) == 2
        and all(part.isdigit() and int(part) in years for part in parts)
        and int(parts[0]) < int(parts[1])
    ):
        return int(parts[0]), int(parts[1])
    raise BadInput([Fault("--between", _TWO_YEARS, given=between, allowed=f"{min(years)}-{max(years)}")])


def _open_all(paths: list[Path], fewest: int) -> dict[str, xr.Dataset]:
    """Return every result by a name of its own: the scenario's, or with its folder where two share it."""
    from model.results import DATASET_FILE, open_results

    faults: list[Fault] = []
    opened: list[xr.Dataset] = []
    if len(paths) < fewest:
        alone = FaultList()
        alone.add(
            "compare",
            Text("Give two or more results to compare.", "比較する結果を2つ以上指定してください。"),
            given=", ".join(map(str, paths)),
        )
        faults += alone.faults
    for path in paths:
        try:
            opened.append(open_results(path))
        except BadInput as bad:
            faults += bad.faults
    files = [_folder_of(path) / path.name if path.is_file() else path.resolve() / DATASET_FILE for path in paths]
    faults += [Fault(str(path), _SAME_RUN) for i, path in enumerate(paths) if files[i] in files[:i]]
    if faults:
        raise BadInput(faults)
    names = [str(run.attrs["scenario"]) for run in opened]
    if len(set(names)) < len(names):
        names = [_folder_of(path).name for path in paths]
    if len(set(names)) < len(names):
        names = [f"{name}_{position}" for position, name in enumerate(names, start=1)]
    return dict(zip(names, opened, strict=True))


def _folder_of(path: Path) -> Path:
    return path.resolve() if path.is_dir() else path.resolve().parent
