"""What a run says, on the terminal: where Tokyo was, where it goes against the targets, and how sure that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import xarray as xr
from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Styled

from model.language import Language, Text, fiscal_year
from model.report.key_figures import (
    emission_targets,
    energy_targets,
    energy_verdict,
    key_years,
    largest_residuals,
    last_published_year,
    new_share,
    residential_levels,
    solar_capacity_gw,
    verdict,
)
from model.report.wording import (
    CAPACITY_UNIT,
    EMISSIONS_UNIT,
    HUNDREDS,
    QUALITY_WORDS,
    change,
    emissions_verdict,
    energy_verdict_words,
    number,
    scenario_title,
    stacked_year,
)
from model.schema import QUALITIES
from model.targets import BASE_YEAR, published_final_energy, targets_of

#: How many of the largest residuals the summary names.
_RESIDUALS: Final = 3

#: A row of the table: name, one cell a year, style.
_Row = tuple[str, list[str], str]

#: Figures to compare with, by year: value, quality.
_Known = dict[int, tuple[float, str]]

_ENERGY: Final = {
    "all": Text("Final energy, all sectors", "最終エネルギー 全部門"),
    "residential": Text("Energy of dwellings", "最終エネルギー 家庭"),
    "commercial": Text("Energy of commercial buildings", "最終エネルギー 業務"),
}


def print_summary(dataset: xr.Dataset, language: Language, console: Console) -> None:
    """Print the table and the sentences that a policy person reads first.

    Args:
        dataset: a result of `assemble`.
        language: language of every word.
        console: where to print.
    """
    console.print()
    console.print(scenario_title(dataset, language), style="bold", markup=False, highlight=False)
    console.print(_table(dataset, language))
    for line in (*_verdicts(dataset, language), *_how_sure(dataset, language)):
        # Japanese has no spaces to break a line at, so the terminal breaks it.
        console.print(line, highlight=False, soft_wrap=language == "ja" and isinstance(line, Styled))


def _table(dataset: xr.Dataset, language: Language) -> Table:
    """Return the key figures, a row a quantity and a column a year."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column()
    for year in key_years(dataset):
        table.add_column(stacked_year(year, language), justify="right", no_wrap=True)
    for name, cells, style in (
        *_emission_rows(dataset, language),
        *_energy_rows(dataset, language),
        *_supply_rows(dataset, language),
        *_stock_rows(dataset, language),
    ):
        table.add_row(Styled(name), *map(Styled, cells), style=style)
    return table


def _emission_rows(dataset: xr.Dataset, language: Language) -> list[_Row]:
    scale, digits = HUNDREDS[language], 1 if language == "en" else 0
    found = [verdict(dataset, year) for year in key_years(dataset)]
    name = Text("Greenhouse gases", "温室効果ガス排出量")(language)
    against = Text(f"  against FY{BASE_YEAR} as published", f"  {BASE_YEAR}年度(公表値)比")(language)
    return [
        (f"{name} [{EMISSIONS_UNIT(language)}]", [number(scale * row.value, digits) for row in found], "bold"),
        _published_row(_known("greenhouse_gas_total", dataset), dataset, language, scale, digits),
        (against, [change(row.change) for row in found], ""),
        _target_row(emission_targets(), dataset, language, scale, digits),
    ]


def _energy_rows(dataset: xr.Dataset, language: Language) -> list[_Row]:
    rows: list[_Row] = []
    unit = Text("PJ a year", "PJ／年")(language)
    for sector, name in _ENERGY.items():
        every = dataset["sector_energy"]
        energy = _values(every.sum("sector") if sector == "all" else every.sel(sector=sector), dataset)
        rows.append((f"{name(language)} [{unit}]", [number(value, 0) for value in energy], ""))
        known = _known_energy() if sector == "all" else _known(f"sector_energy.{sector}", dataset)
        if sector == "residential":
            known = {year: (value, "estimate") for year, value in residential_levels(dataset).items()} | known
        rows.append(_published_row(known, dataset, language, 1.0, 0))
        rows.append(_target_row(energy_targets(dataset, sector), dataset, language, 1.0, 0))
    return rows


def _supply_rows(dataset: xr.Dataset, language: Language) -> list[_Row]:
    """Return renewable electricity and solar capacity with their targets."""
    scale, digits = HUNDREDS[language], 2 if language == "en" else 0
    renewable = _values(dataset["renewable_share"], dataset)
    solar = _values(solar_capacity_gw(dataset).sum("sector"), dataset)
    share, capacity = (
        {year: row.value for year, row in targets_of(quantity).items()}
        for quantity in ("renewable_share", "solar_capacity")
    )
    return [
        (Text("Renewable electricity", "再エネ電力割合")(language) + " [%]",
         [number(100 * v, 0) for v in renewable], ""),
        _target_row(share, dataset, language, 100.0, 0),
        (Text("Solar on roofs", "太陽光発電")(language) + f" [{CAPACITY_UNIT(language)}]",
         [number(scale * v, digits) for v in solar], ""),
        _target_row(capacity, dataset, language, scale, digits),
    ]  # fmt: skip


def _stock_rows(dataset: xr.Dataset, language: Language) -> list[_Row]:
    """Return the shares of the stock that were built after the last published year."""
    last = last_published_year(dataset)
    rows: list[_Row] = []
    for counted, sector, name in (
        (
            "buildings",
            None,
            Text(f"Built after FY{last}: all buildings [%]", f"{last}年度より後の新築 全建物・棟数 [%]"),
        ),
        ("buildings", "residential", Text("  residential buildings", "  住宅・棟数")),
        ("dwellings", "residential", Text("  dwellings", "  住宅・戸数")),
    ):
        share = _values(new_share(dataset, counted, sector), dataset)
        cells = [number(100 * v, 0) if year > last else "–" for v, year in zip(share, key_years(dataset), strict=True)]
        rows.append((name(language), cells, ""))
    return rows


def _values(array: xr.DataArray, dataset: xr.Dataset) -> list[float]:
    """Return a yearly series at the years of the table."""
    return [float(value) for value in array.sel(year=key_years(dataset)).to_numpy()]


def _known(quantity: str, dataset: xr.Dataset) -> _Known:
    """Return the figures that a quantity was compared with."""
    here = dataset.isel(observation=dataset["quantity"].to_numpy() == quantity)
    columns = (here[name].to_numpy() for name in ("observation_year", "published", "quality"))
    return {int(year): (float(value), str(quality)) for year, value, quality in zip(*columns, strict=True)}


def _known_energy() -> _Known:
    """Return the published final energy of all sectors."""
    return {year: (row.value, row.quality) for year, row in published_final_energy().items()}


def _published_row(known: _Known, dataset: xr.Dataset, language: Language, scale: float, digits: int) -> _Row:
    """Return published figures by year, a weak one in brackets, with nothing where there is none."""
    cells = []
    for year in key_years(dataset):
        value, quality = known.get(year, (None, ""))
        figure = "" if value is None else number(scale * value, digits)
        cells.append(f"({figure})" if quality == "estimate" else figure)
    weak = any(cell.startswith("(") for cell in cells)
    name = Text("  published, (estimate)", "  公表値、(推計値)") if weak else Text("  published", "  公表値")
    return name(language), cells, "dim"


def _target_row(
    targets: Mapping[int, float], dataset: xr.Dataset, language: Language, scale: float, digits: int
) -> _Row:
    """Return targets by year, with nothing where there is none."""
    cells = [number(scale * targets[year], digits) if year in targets else "" for year in key_years(dataset)]
    return Text("  target", "  目標")(language), cells, "cyan"


def _verdicts(dataset: xr.Dataset, language: Language) -> list[Styled]:
    """Return one line for each target of emissions and of all energy: met or missed, and by how much."""
    of_emissions = [verdict(dataset, year) for year in emission_targets() if year in dataset["year"]]
    of_energy = [energy_verdict(dataset, year) for year in energy_targets(dataset)]
    found = [(one, emissions_verdict(one, language)) for one in of_emissions]
    found += [(one, energy_verdict_words(one, language)) for one in of_energy]
    lines = []
    for one, words in found:
        sign, style = ("✓", "green") if one.met else ("✗", "red")
        lines.append(Styled(f"{sign} {words}", style="yellow" if one.within_error else style))
    return lines


def _how_sure(dataset: xr.Dataset, language: Language) -> list[RenderableType]:
    """Return what the hindcast missed most and how much of what it is compared with is weak."""
    qualities = Counter(str(quality) for quality in dataset["quality"].to_numpy())
    if not qualities:
        return []
    separator = Text(", ", "、")(language)
    counted = separator.join(
        f"{QUALITY_WORDS[name](language)} {qualities[name]}" for name in QUALITIES if qualities[name]
    )
    lines: list[RenderableType] = [
        Styled(Text(f"How sure: compared with {sum(qualities.values())} figures ({counted}).",
                    f"確かさ: 公表値等{sum(qualities.values())}件と比較({counted})。")(language))
    ]  # fmt: skip
    lines.append(Styled(Text("Largest misses, one a quantity:", "差の大きい項目(項目ごとに最大):")(language)))
    for position in largest_residuals(dataset, _RESIDUALS):
        lines += _residual(dataset, position, language)
    weak = _weak(dataset, language)
    if weak:
        words = Text(f"Compared with estimates only, read with care: {separator.join(weak)}.",
                     f"推計値との比較のみのため参考扱い: {separator.join(weak)}。")  # fmt: skip
        lines.append(Styled(words(language), style="yellow"))
    return lines


def _residual(dataset: xr.Dataset, position: int, language: Language) -> list[RenderableType]:
    """Return one miss in words: quantity, year, difference, quality of what it is compared with, and its cause."""
    here = dataset.isel(observation=position)
    quality = QUALITY_WORDS[str(here["quality"].item())](language)
    year, moved = fiscal_year(int(here["observation_year"]), language), change(float(here["residual"]), 0)
    name, remark = (str(here[f"{what}_{language}"].item()) for what in ("quantity", "remark"))
    miss = Text(f"  {name}, {year}: {moved} ({quality})", f"  {name} {year}: {moved}({quality})")
    cause = [Padding(Styled(remark, style="dim"), (0, 0, 0, 4))] if remark else []
    return [Styled(miss(language)), *cause]


def _weak(dataset: xr.Dataset, language: Language) -> list[str]:
    """Return the names of quantities that are compared with estimates only."""
    best: dict[str, bool] = {}
    for name, quality in zip(dataset[f"quantity_{language}"].to_numpy(), dataset["quality"].to_numpy(), strict=True):
        best[str(name)] = best.get(str(name), False) or str(quality) != "estimate"
    return [name for name, firm in best.items() if not firm]
