"""Runs side by side: what differs by year and sector, as a table, as CSV and as curves over one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich import box
from rich.table import Table
from rich.text import Text as Styled

from model.faults import BadInput, FaultList
from model.language import Language, Text, fiscal_year
from model.report.figure_parts import key, published_marks, target_mark
from model.report.key_figures import emission_targets, energy_targets, key_years, solar_capacity_gw, verdict
from model.report.run.tables import MONEY
from model.report.style import COMPARED_COLOURS, Page, beside, drawing, projection_mark, save, value_ticks, year_ticks
from model.report.wording import (
    CAPACITY_UNIT,
    EMISSIONS_UNIT,
    HUNDREDS,
    change,
    emissions_verdict,
    number,
    stacked_year,
)
from model.summary_table import yearly_totals
from model.targets import targets_of

#: Name of a run → its result; the first is the one that the others are compared with.
Runs = Mapping[str, xr.Dataset]

#: Signs of a run's name that fit beside a curve.
_LONGEST_NAME: Final = 22

_BUILDINGS: Final = {
    "residential": Text("dwellings", "家庭"),
    "commercial": Text("commercial", "業務"),
}


def common_years(runs: Runs) -> Runs:
    """Return the runs cut to the years that all of them have.

    Raises:
        BadInput: there is no such year.
    """
    shared = sorted(set.intersection(*({int(year) for year in run["year"].to_numpy()} for run in runs.values())))
    if not shared:
        faults = FaultList()
        faults.add(
            ", ".join(runs),
            Text("The runs have no year in common; compare runs of the same period.",
                 "共通する年度がありません。同じ期間の結果を比較してください。"),
            given="; ".join(f"{name} {_span(run)}" for name, run in runs.items()),
        )  # fmt: skip
        raise BadInput(faults.faults)
    return {name: run.sel(year=shared) for name, run in runs.items()}


def year_note(runs: Runs, language: Language) -> str | None:
    """Return a sentence on the years left out, or None where all runs have the same."""
    spans = {name: _span(run) for name, run in runs.items()}
    if len(set(spans.values())) == 1:
        return None
    listed = ", ".join(f"{name} {span}" for name, span in spans.items())
    shared = _span(next(iter(common_years(runs).values())))
    return Text(f"The runs cover different years ({listed}); only {shared} is compared.",
                f"対象年度が異なるため({listed})、共通する{shared}のみ比較します。")(language)  # fmt: skip


def _span(run: xr.Dataset) -> str:
    years = run["year"].to_numpy()
    return f"{years[0]}-{years[-1]}"


def differences(runs: Runs) -> pd.DataFrame:
    """Return every yearly total of every run beside that of the first run.

    Args:
        runs: results with the same years.

    Returns:
        one row a variable, sector, year and further run: `value`, `reference` (the first run's value),
        `difference` = value − reference, `relative` = difference / reference, empty where the reference is 0.
    """
    keys = ["variable", "sector", "factor_view", "year"]
    tables = {name: _totals(run) for name, run in runs.items()}
    reference, *others = tables
    first = tables[reference][[*keys, "value"]].rename(columns={"value": "reference"})
    parts = []
    for name in others:
        part = tables[name].merge(first, on=keys, how="inner", validate="one_to_one")
        part["difference"] = part["value"] - part["reference"]
        part["relative"] = part["difference"] / part["reference"].where(part["reference"] != 0)
        parts.append(part.assign(run=name, reference_run=reference))
    columns = ["variable", "name_en", "name_ja", "sector", "factor_view", "year", "unit", "run", "value",
               "reference_run", "reference", "difference", "relative"]  # fmt: skip
    return pd.concat(parts, ignore_index=True)[columns]


def _totals(run: xr.Dataset) -> pd.DataFrame:
    totals = yearly_totals(run)
    return totals[totals["by"] == ""]


# ---------------------------------------------------------------------------------------------------------------
# terminal
# ---------------------------------------------------------------------------------------------------------------


def difference_table(runs: Runs, name: str, language: Language) -> Table:
    """Return emissions by sector, energy and solar of one run less those of the first, at the key years."""
    reference = next(iter(runs))
    before, after = runs[reference], runs[name]
    years = _shown_years(before)
    title = Text(f"{name} less {reference}", f"{name}－{reference}")(language)
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column()
    for year in years:
        table.add_column(stacked_year(year, language), justify="right", no_wrap=True)
    scale, digits = HUNDREDS[language], 1 if language == "en" else 0

    def row(
        label: str, series: Callable[[xr.Dataset], xr.DataArray], scale: float, digits: int, style: str = ""
    ) -> None:
        old, new = (series(run).sel(year=years).to_numpy() for run in (before, after))
        cells = [_difference(float(a), float(b), scale, digits) for a, b in zip(old, new, strict=True)]
        table.add_row(Styled(label), *cells, style=style)

    gases = Text("Greenhouse gases", "温室効果ガス排出量")(language)
    row(f"{gases} [{EMISSIONS_UNIT(language)}]", lambda run: run["greenhouse_gas_total"], scale, digits, "bold")
    for sector, label in zip(before["sector"].to_numpy(), before[f"sector_{language}"].to_numpy(), strict=True):
        row(f"  {label}", partial(_of_sector, "greenhouse_gas", str(sector)), scale, digits)
    for sector, words in _BUILDINGS.items():
        label = Text(f"Energy, {words('en')} [PJ a year]", f"最終エネルギー {words('ja')} [PJ／年]")(language)
        row(label, partial(_of_sector, "sector_energy", sector), 1.0, 1)
    label = Text("Solar on roofs", "太陽光発電")(language) + f" [{CAPACITY_UNIT(language)}]"
    row(label, lambda run: solar_capacity_gw(run).sum("sector"), scale, 2 if language == "en" else 0)
    money, unit = MONEY[language]
    label = Text(f"Yearly cost [{unit}]", f"年間費用 [{unit}]")(language)
    row(label, lambda run: run["annual_cost"].sum(["payer", "cost_item"]), 1 / money, 0)
    return table


def halving_verdicts(runs: Runs, language: Language) -> list[str]:
    """Return for each run whether it meets the first target for emissions, where its year is in common."""
    first = min(emission_targets())
    return [
        f"{name}: {emissions_verdict(verdict(run, first), language)}"
        for name, run in runs.items()
        if first in run["year"]
    ]


def _of_sector(variable: str, sector: str, run: xr.Dataset) -> xr.DataArray:
    return run[variable].sel(sector=sector)


def _shown_years(run: xr.Dataset) -> list[int]:
    """Return the key years of the projection, or what there is where the years in common hold none."""
    key = key_years(run)
    ahead = [year for year in key if year >= int(run.attrs["projection_from"])]
    return ahead or key or [int(run["year"][-1])]


def _difference(before: float, after: float, scale: float, digits: int) -> str:
    """Return a difference, signed, with its share of the value before; a dash where there is none."""
    if after == before:
        return "–"
    absolute = number(scale * (after - before), digits)
    signed = f"+{absolute}" if after > before else absolute
    return f"{signed} ({change(after / before - 1, 0)})" if before else signed


# ---------------------------------------------------------------------------------------------------------------
# figures
# ---------------------------------------------------------------------------------------------------------------


def emissions_compared(runs: Runs, language: Language) -> Figure:
    """All greenhouse gases of each run as one curve, with published totals and the targets."""
    first = next(iter(runs.values()))
    page = Page(
        Text("Greenhouse gases of Tokyo", "都内の温室効果ガス排出量")(language),
        " / ".join(runs),
        Text("diamonds: targets of the metropolis", "◆は都の目標")(language),
        _source(runs, language),
        3.8,
        language,
    )
    figure = page.figure()
    axes = page.axes(figure, 0.66, 0.40, 4.95, 3.1)
    scale = HUNDREDS[language]
    _curves(axes, {name: scale * run["greenhouse_gas_total"] for name, run in runs.items()}, language, named=True)
    for year, value in emission_targets().items():
        if year in first["year"]:
            target_mark(axes, year, scale * value)
    key(axes, published_marks(axes, first, "greenhouse_gas_total", scale), language)
    projection_mark(axes, int(first.attrs["projection_from"]), language)
    axes.set_ylabel(EMISSIONS_UNIT(language))
    return figure


def sectors_compared(runs: Runs, language: Language) -> Figure:
    """Emissions and energy of dwellings and commercial buildings, solar and renewable electricity of each run."""
    first = next(iter(runs.values()))
    page = Page(
        Text("Runs side by side", "シナリオ比較")(language),
        " / ".join(runs),
        Text("diamonds: targets of the metropolis", "◆は都の目標")(language),
        _source(runs, language),
        4.5,
        language,
    )
    figure = page.figure()
    scale = HUNDREDS[language]
    for column, (sector, words) in enumerate(_BUILDINGS.items()):
        gases = {name: scale * run["greenhouse_gas"].sel(sector=sector) for name, run in runs.items()}
        energy = {name: run["sector_energy"].sel(sector=sector) for name, run in runs.items()}
        label = Text(f"GHG, {words('en')}\n", f"温室効果ガス {words('ja')}\n")(language) + EMISSIONS_UNIT(language)
        _panel(page, figure, gases, (0, column), label, {}, language)
        label = Text(f"Energy, {words('en')}\nPJ a year", f"最終エネルギー {words('ja')}\nPJ／年")(language)
        _panel(page, figure, energy, (1, column), label, energy_targets(first, sector), language)
    solar = {name: scale * solar_capacity_gw(run).sum("sector") for name, run in runs.items()}
    renewable = {name: 100 * run["renewable_share"] for name, run in runs.items()}
    label = Text("Solar on roofs\n", "太陽光発電\n")(language) + CAPACITY_UNIT(language)
    _panel(page, figure, solar, (0, 2), label, _scaled("solar_capacity", scale), language)
    label = Text("Renewable electricity\n%", "再エネ電力割合\n%")(language)
    _panel(page, figure, renewable, (1, 2), label, _scaled("renewable_share", 100.0), language)
    return figure


def _scaled(quantity: str, scale: float) -> dict[int, float]:
    return {year: scale * row.value for year, row in targets_of(quantity).items()}


def _panel(
    page: Page,
    figure: Figure,
    curves: Mapping[str, xr.DataArray],
    place: tuple[int, int],
    title: str,
    targets: Mapping[int, float],
    language: Language,
) -> None:
    """Draw one small panel of curves; the right-hand column names them."""
    row, column = place
    axes = page.axes(figure, 0.42 + 1.98 * column, 2.58 - row * 2.22, 1.44, 1.42)
    _curves(axes, curves, language, named=column == 2, every=25)
    for year, value in targets.items():
        if axes.get_xlim()[0] <= year <= axes.get_xlim()[1]:
            target_mark(axes, year, value)
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.08 * max(targets.values(), default=0.0)))
    axes.set_title(title, loc="left", y=1.0, fontsize=7.5, linespacing=1.3)


def _curves(axes: Axes, curves: Mapping[str, xr.DataArray], language: Language, named: bool, every: int = 10) -> None:
    """Draw a curve a run, the first in black, with their names at the right if asked."""
    years = next(iter(curves.values()))["year"].to_numpy()
    colours = [COMPARED_COLOURS[i % len(COMPARED_COLOURS)] for i in range(len(curves))]
    # The reference is wide and lies below, so that it still shows where a run equals it.
    for position, (curve, colour) in enumerate(zip(curves.values(), colours, strict=True)):
        axes.plot(years, curve.to_numpy(), color=colour, linewidth=1.4 if position else 3.0, zorder=3)
    year_ticks(axes, years, language, every)
    axes.set_ylim(0, 1.12 * max(float(curve.max()) for curve in curves.values()))
    value_ticks(axes, 9 if every == 10 else 6)
    if named:
        beside(
            axes, np.array([float(curve[-1]) for curve in curves.values()]), [_short(name) for name in curves], colours
        )


def _short(name: str) -> str:
    """Return a run's name, cut where it would leave the page."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _source(runs: Runs, language: Language) -> str:
    """Return which runs a figure shows, by hash, and what a year is."""
    shown = ", ".join(f"{name} ({str(run.attrs['scenario_hash'])[:8]})" for name, run in runs.items())
    start = min(int(run.attrs["projection_from"]) for run in runs.values())
    words = Text(
        f"Model runs {shown}.\nFiscal years, April to March; projection from {start}.",
        f"モデル計算 {shown}。\n年度(4月～翌年3月)、{fiscal_year(start, 'ja')}以降は将来推計。",
    )
    return words(language)


def draw_comparison(runs: Runs, folder: Path) -> None:
    """Draw the figures of a comparison in both languages as `<figure>_<language>.png` and `.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    languages: tuple[Language, ...] = ("en", "ja")
    for language in languages:
        for name, draw in FIGURES.items():
            with drawing(language):
                save(draw(runs, language), folder / f"{name}_{language}")


#: Figures of a comparison by the name of their file.
FIGURES: Final = {"emissions_compared": emissions_compared, "sectors_compared": sectors_compared}
