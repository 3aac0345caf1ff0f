"""The figures of a run, each in English and Japanese, as PNG for documents and SVG for print."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model.language import Language, Text, fiscal_year
from model.report.fan import draw_fan, message_with_fan
from model.report.figure_parts import flag, key, level_marks, names, published_marks, source_line, target_mark
from model.report.key_figures import emission_targets, energy_targets, solar_capacity_gw, verdict
from model.report.run.figures_of_checks import hindcast_figure, turnover_figure
from model.report.run.ward_map import ward_figure
from model.report.style import COLOURS, Page, drawing, projection_mark, save, sequence, stacked_bands, year_ticks
from model.report.wording import (
    CAPACITY_UNIT,
    EMISSIONS_UNIT,
    HUNDREDS,
    capacity,
    change,
    emissions,
    emissions_verdict_parts,
    scenario_title,
)
from model.schema import QUALITIES
from model.summary_table import by_building_sector
from model.targets import base_emissions, targets_of

_BUILDING_SECTORS: Final = {
    "residential": Text("Dwellings", "住宅"),
    "commercial": Text("Commercial and public buildings", "業務(非住宅)建築物"),
}
_TARGET: Final = Text("target", "目標")
#: Most values on the y axis of a panel of four.
_PANEL_TICKS: Final = 6


def draw_figures(
    dataset: xr.Dataset,
    folder: Path,
    languages: Sequence[Language] = ("en", "ja"),
    advance: Callable[[], None] | None = None,
) -> list[Path]:
    """Draw every figure of a run in every language.

    Args:
        dataset: a result of `assemble`.
        folder: where `<figure>_<language>.png` and `.svg` go; created.
        languages: the languages wanted.
        advance: called after each figure of a language, for a progress bar; `len(FIGURES) * len(languages)` times.

    Returns:
        the files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for language in languages:
        with drawing(language):
            for name, draw in FIGURES.items():
                written += save(draw(dataset, language), folder / f"{name}_{language}")
                if advance is not None:
                    advance()
    return written


def emissions_figure(dataset: xr.Dataset, language: Language) -> Figure:
    """Greenhouse gases by sector with history, published totals and the targets against the base year."""
    years = dataset["year"].to_numpy()
    targets = {year: value for year, value in emission_targets().items() if year in years}
    verdicts = [emissions_verdict_parts(verdict(dataset, year), language) for year in list(targets)[:1]]
    page = Page(
        Text("Greenhouse gases of Tokyo by sector", "都内の温室効果ガス排出量(部門別)")(language),
        scenario_title(dataset, language),
        message_with_fan("\n".join(part for parts in verdicts for part in parts), dataset, language),
        source_line(dataset, language, ("greenhouse_gas_total",)),
        3.8,
        language,
    )
    figure = page.figure()
    axes = page.axes(figure, 0.66, 0.40, 5.25, 3.1)
    scale = HUNDREDS[language]
    year_ticks(axes, years, language)
    colours = [COLOURS[str(name)] for name in dataset["sector"].to_numpy()]
    values = scale * dataset["greenhouse_gas"].transpose("year", "sector").to_numpy()
    stacked_bands(axes, years, values, names(dataset, "sector", language), colours, 9, headroom=1.22)
    draw_fan(axes, dataset, "greenhouse_gas_total", scale, 9)
    for position, (year, value) in enumerate(targets.items()):
        words = f"{year} {_TARGET(language)}\n{_target_words(value, language)}"
        # The last one stands at the right end and is written to the left of its line, level with the first.
        last = position == len(targets) - 1
        flag(axes, year, scale * value, words, "right" if last else "left", 0 if last else position)
        target_mark(axes, year, scale * value)
    key(axes, published_marks(axes, dataset, "greenhouse_gas_total", scale), language)
    projection_mark(axes, int(dataset.attrs["projection_from"]), language)
    axes.set_ylabel(EMISSIONS_UNIT(language))
    return figure


def _target_words(value: float, language: Language) -> str:
    """Return a target for emissions [Mt] with the change it asks for."""
    if value == 0:
        return Text("net zero", "実質ゼロ")(language)
    return f"{emissions(value, language)} ({change(value / base_emissions().value - 1, 0)})"


def floor_area_figure(dataset: xr.Dataset, language: Language) -> Figure:
    """Floor area by period of construction and by performance level, for dwellings and for other buildings."""
    page = Page(
        Text("Floor area of Tokyo's buildings", "都内建築物の床面積")(language),
        scenario_title(dataset, language),
        message_with_fan(Text("left: by period of construction; right: by performance level",
                              "左: 建築時期別、右: 省エネ性能水準別")(language), dataset, language),
        source_line(dataset, language),
        4.9,
        language,
    )  # fmt: skip
    figure = page.figure()
    unit = Text("million m²", "百万m²")(language)
    for column, dimension in enumerate(("vintage_class", "standard")):
        array = by_building_sector(dataset, f"floor_area_by_{dimension}") / 1e6
        colours = dict(zip(map(str, dataset[dimension].to_numpy()), sequence(dataset.sizes[dimension]), strict=True))
        panels = _two_panels(page, figure, dataset, array, column, colours, unit, language)
        for sector, axes in panels.items():
            draw_fan(axes, dataset, "floor_area", 1e-6, _PANEL_TICKS, building_sector=sector)
    return figure


def energy_figure(dataset: xr.Dataset, language: Language) -> Figure:
    """Final energy by end use and by carrier, for dwellings and for other buildings, with published totals."""
    page = Page(
        Text("Final energy of Tokyo's buildings", "都内建築物の最終エネルギー消費")(language),
        scenario_title(dataset, language),
        message_with_fan(Text("left: by end use; right: by energy carrier, rooftop electricity used on site included",
                              "左: 用途別、右: エネルギー種別(太陽光の自家消費を含む)")(language), dataset, language),
        source_line(dataset, language,
                    ["residential_energy_index", *(f"sector_energy.{sector}" for sector in _BUILDING_SECTORS)]),
        5.1,
        language,
    )  # fmt: skip
    figure = page.figure()
    energy = by_building_sector(dataset, "final_energy") / 1e3
    unit = Text("PJ a year", "PJ／年")(language)
    marks: set[str] = set()
    for column, other in enumerate(("carrier", "end_use")):
        panels = _two_panels(page, figure, dataset, energy.sum(other), column, COLOURS, unit, language, headroom=1.15)
        for sector, axes in panels.items():
            draw_fan(axes, dataset, "sector_energy", 1.0, _PANEL_TICKS, sector=sector)
            marks.update(published_marks(axes, dataset, f"sector_energy.{sector}"))
            if sector == "residential":
                marks.update(level_marks(axes, dataset))
            for year, value in energy_targets(dataset, sector).items():
                target_mark(axes, year, value)
    met = [name for name in (*QUALITIES, "scaled_index") if name in marks]
    key(panels["residential"], met, language, _TARGET if energy_targets(dataset) else None, above=0.45)
    return figure


def solar_figure(dataset: xr.Dataset, language: Language) -> Figure:
    """Rooftop solar capacity with published figures and the targets."""
    years = dataset["year"].to_numpy()
    targets = {year: row.value for year, row in targets_of("solar_capacity").items() if year in years}
    by_sector = solar_capacity_gw(dataset)
    total = by_sector.sum("sector")
    reached = [(fiscal_year(year, language), capacity(float(total.sel(year=year)), language)) for year in targets]
    page = Page(
        Text("Rooftop solar capacity in Tokyo", "都内の太陽光発電設備容量")(language),
        scenario_title(dataset, language),
        message_with_fan(
            Text("; ", "、")(language).join(
                f"{year}: {amount} ({_TARGET(language)} {capacity(value, language)})"
                for (year, amount), value in zip(reached, targets.values(), strict=True)
            ),
            dataset,
            language,
        ),
        source_line(dataset, language, ("solar_capacity",)),
        3.0,
        language,
    )
    figure = page.figure()
    axes = page.axes(figure, 0.66, 0.40, 5.25, 2.3)
    scale = HUNDREDS[language]
    year_ticks(axes, years, language)
    sectors = list(_BUILDING_SECTORS)
    words = dict(zip(dataset["sector"].to_numpy(), names(dataset, "sector", language), strict=True))
    values = scale * by_sector.sel(sector=sectors).transpose("year", "sector").to_numpy()
    highest = 1.1 * scale * max(targets.values(), default=0.0)
    stacked_bands(axes, years, values, [words[name] for name in sectors], [COLOURS[name] for name in sectors], 9,
                  lowest_top=highest)  # fmt: skip
    draw_fan(axes, dataset, "solar_capacity", scale / 1e6, 9)
    for position, (year, value) in enumerate(targets.items()):
        # The later a target, the higher its words stand, so that no line crosses those of another.
        said = f"{year} {_TARGET(language)}\n{capacity(value, language)}"
        flag(axes, year, scale * value, said, "right", 2 * (len(targets) - 1 - position))
        target_mark(axes, year, scale * value)
    key(axes, published_marks(axes, dataset, "solar_capacity", scale), language)
    projection_mark(axes, int(dataset.attrs["projection_from"]), language)
    axes.set_ylabel(CAPACITY_UNIT(language))
    return figure


def _two_panels(
    page: Page,
    figure: Figure,
    dataset: xr.Dataset,
    array: xr.DataArray,
    column: int,
    colours: Mapping[str, str],
    unit: str,
    language: Language,
    headroom: float = 1.06,
) -> dict[str, Axes]:
    """Draw one column of two stacked panels, dwellings above and other buildings below, and return their axes."""
    years = dataset["year"].to_numpy()
    dimension = next(str(name) for name in array.dims if name not in ("year", "sector"))
    shades = [colours[str(label)] for label in dataset[dimension].to_numpy()]
    panels: dict[str, Axes] = {}
    for row, (sector, title) in enumerate(_BUILDING_SECTORS.items()):
        left, width = ((0.55, 1.70), (3.80, 1.58))[column]
        axes = page.axes(figure, left, 2.85 - row * 2.47, width, 1.72)
        year_ticks(axes, years, language, every=25)
        values = array.sel(sector=sector).transpose("year", dimension).to_numpy()
        words = [_short(name, sector) for name in names(dataset, dimension, language)]
        stacked_bands(axes, years, values, words, shades, _PANEL_TICKS, headroom)
        projection_mark(axes, int(dataset.attrs["projection_from"]), language)
        axes.set_title(title(language), loc="left", pad=11, y=1.0)
        if column == 0:
            axes.set_ylabel(unit)
        panels[sector] = axes
    return panels


def _short(name: str, sector: str) -> str:
    """Return the part of a name that there is room for: of a pair, the one for dwellings or for other buildings."""
    pair = re.split(r"／| / ", name)
    return re.split(", |・その他", pair[0 if sector == "residential" else -1])[0]


#: Every figure by the name of its file.
FIGURES: Final[dict[str, Callable[[xr.Dataset, Language], Figure]]] = {
    "emissions": emissions_figure,
    "floor_area": floor_area_figure,
    "energy": energy_figure,
    "solar": solar_figure,
    "hindcast": hindcast_figure,
    "turnover": turnover_figure,
    "wards": ward_figure,
}
