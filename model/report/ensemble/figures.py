"""Figures of an ensemble: fans of the figures with targets, and the factors that their spread comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from model.axes import PROJECTION_FROM
from model.ensemble_answers import (
    QUANTILES,
    Chance,
    Quantity,
    figures_of,
    main_index,
    quantities,
    valid_members,
)
from model.ensemble_store import OF_BASE
from model.language import Language, Text, fiscal_year
from model.report.figure_parts import target_mark
from model.report.style import BLUE, INK, ORANGE, TARGET, Page, drawing, projection_mark, save, value_ticks, year_ticks
from model.report.wording import CAPACITY_UNIT, EMISSIONS_UNIT, HUNDREDS, percent, scenario_title, signs

#: How many factors a panel shows.
_MOST: Final = 10

_TARGET: Final = Text("target", "目標")
_UNITS: Final = {
    "greenhouse_gas": EMISSIONS_UNIT,
    "final_energy": Text("PJ a year", "PJ／年"),
    "solar_capacity": CAPACITY_UNIT,
    "renewable_share": Text("%", "%"),
}
_INDEX_WORDS: Final = {
    "total": Text("total Sobol index (bar: 95 % interval)", "全次ソボル指標(線は95%区間)"),
    "linear": Text("share of the variance (squared correlation)", "分散に占める割合(相関係数の2乗)"),
}


def draw_ensemble(
    dataset: xr.Dataset,
    found: Sequence[Chance],
    influence: xr.Dataset | None,
    folder: Path,
    languages: Sequence[Language] = ("en", "ja"),
    advance: Callable[[int, int], None] = lambda done, of: None,
) -> list[Path]:
    """Draw every figure of an ensemble in every language and return the files written.

    Args:
        dataset: the members, as `open_ensemble` gives them.
        found: how likely each target is met.
        influence: the indices; None where there are none.
        folder: where `<figure>_<language>.png` and `.svg` go; created.
        languages: the languages wanted.
        advance: told after each figure how many are done and how many there are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    names = [*quantities(), *(["influences"] if influence is not None else [])]
    for number, language in enumerate(languages):
        with drawing(language):
            for position, name in enumerate(names, start=1 + number * len(names)):
                figure = (
                    influence_figure(dataset, influence, language)
                    if name == "influences" and influence is not None
                    else fan_figure(dataset, quantities()[name], found, language)
                )
                written += save(figure, folder / f"fan_{name}_{language}" if name in quantities()
                                else folder / f"{name}_{language}")  # fmt: skip
                advance(position, len(names) * len(languages))
    return written


def fan_figure(dataset: xr.Dataset, quantity: Quantity, found: Sequence[Chance], language: Language) -> Figure:
    """Return the fan of one figure with its targets and how likely each is met."""
    years = dataset["year"].to_numpy()
    mine = [one for one in found if one.quantity.name == quantity.name]
    page = Page(
        Text(f"{quantity.text.en}: how sure", f"{quantity.text.ja}の不確実性")(language),
        scenario_title(dataset, language),
        Text("targets met by: ", "目標を達成するメンバー: ")(language)
        + Text("; ", "、")(language).join(_chance_words(one, language) for one in mine),
        _source(dataset, language),
        3.4,
        language,
    )
    figure = page.figure()
    axes = page.axes(figure, 0.66, 0.40, 6.25, 2.6)
    scale = _scale(quantity.name, language)
    values = scale * figures_of(valid_members(dataset))[quantity.name].to_numpy()
    year_ticks(axes, years, language)
    lows = np.quantile(values, QUANTILES, axis=0)
    axes.fill_between(years, lows[0], lows[4], color=BLUE, alpha=0.18, linewidth=0, zorder=2)
    axes.fill_between(years, lows[1], lows[3], color=BLUE, alpha=0.35, linewidth=0, zorder=2)
    axes.plot(years, lows[2], color=BLUE, linewidth=1.4, zorder=3)
    axes.plot(years, scale * figures_of(dataset, OF_BASE)[quantity.name].to_numpy(), color=INK, linewidth=1.0,
              linestyle=(0, (4, 2)), zorder=4)  # fmt: skip
    levels = {year: scale * level for year, level in quantity.targets.items() if year in years}
    axes.set_ylim(0, 1.08 * max(float(lows[4].max()), *levels.values(), 0.0))
    value_ticks(axes, 9)
    for year, level in levels.items():
        axes.plot([years[0], year], [level, level], color=TARGET, linewidth=0.6, linestyle=(0, (1, 2)), zorder=2)
        target_mark(axes, year, level)
    axes.set_ylabel(_UNITS[quantity.name](language))
    projection_mark(axes, PROJECTION_FROM, language)
    _key(axes, language)
    return figure


def _key(axes: Axes, language: Language) -> None:
    """Explain bands and lines in one row above the axes."""
    handles = [
        Patch(color=BLUE, alpha=0.18, label=Text("90 % of members", "メンバーの90%")(language)),
        Patch(color=BLUE, alpha=0.5, label=Text("half of them", "同50%")(language)),
        Line2D([], [], color=BLUE, linewidth=1.4, label=Text("median", "中央値")(language)),
        Line2D([], [], color=INK, linewidth=1.0, linestyle=(0, (4, 2)), label=Text("scenario", "シナリオ")(language)),
        Line2D([], [], marker="D", linestyle="", markersize=5, markerfacecolor=TARGET, markeredgecolor="white",
               label=_TARGET(language)),
    ]  # fmt: skip
    axes.legend(handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.045), ncols=len(handles), frameon=False,
                fontsize=6.5, handlelength=1.6, columnspacing=1.0, borderaxespad=0.0, borderpad=0.1)  # fmt: skip


def influence_figure(dataset: xr.Dataset, influence: xr.Dataset, language: Language) -> Figure:
    """Return bars of the factors that matter most, a panel for each of the answers asked for most."""
    index = main_index(influence)
    shown = _answers_shown(influence, index)
    page = Page(
        Text("Where the spread comes from", "不確実性の要因")(language),
        scenario_title(dataset, language),
        _INDEX_WORDS[index](language),
        _source(dataset, language),
        0.45 + 2.35 * len(shown),
        language,
    )
    figure = page.figure()
    for row, position in enumerate(shown):
        axes = page.axes(figure, 2.85, 0.35 + 2.35 * (len(shown) - 1 - row), 4.0, 1.85)
        here = influence.isel(answer=position)
        order = np.argsort(here[index].to_numpy())[::-1][:_MOST][::-1]
        values = here[index].to_numpy()[order]
        axes.barh(np.arange(len(order)), values, color=BLUE, height=0.62, zorder=2)
        if index == "total":
            low, high = (here[f"total_{end}"].to_numpy()[order] for end in ("low", "high"))
            axes.hlines(np.arange(len(order)), low, high, color=INK, linewidth=0.9, zorder=3)
            axes.plot(here["first"].to_numpy()[order], np.arange(len(order)), marker="|", linestyle="", color=ORANGE,
                      markersize=8, markeredgewidth=1.6, zorder=4)  # fmt: skip
        axes.set_yticks(np.arange(len(order)))
        axes.set_yticklabels([signs(str(name)) for name in influence[f"factor_{language}"].to_numpy()[order]])
        axes.set_xlim(0, None)
        axes.tick_params(axis="y", length=0)
        name, year = str(here["answer_quantity"].item()), int(here["answer_year"].item())
        title = f"{quantities()[name].text(language)}, {fiscal_year(year, language)}"
        axes.set_title(title.replace(", ", " ") if language == "ja" else title, loc="left", pad=4)
    return figure


def _answers_shown(influence: xr.Dataset, index: str) -> list[int]:
    """Return the positions of the first and last target year of emissions and the first of energy, where they vary."""
    names, varying = influence["answer_quantity"].to_numpy(), np.isfinite(influence[index].to_numpy()).all(axis=1)
    gas = [int(i) for i in np.flatnonzero((names == "greenhouse_gas") & varying)]
    energy = [int(i) for i in np.flatnonzero((names == "final_energy") & varying)]
    return list(dict.fromkeys([*gas[:1], *gas[-1:], *energy[:1]]))


def _chance_words(one: Chance, language: Language) -> str:
    year = fiscal_year(one.year, language)
    return Text(
        f"{year} {percent(one.share)} ({percent(one.low)}–{percent(one.high)})",
        f"{year} {percent(one.share)}(95%区間{percent(one.low)}～{percent(one.high)})",
    )(language)


def _scale(name: str, language: Language) -> float:
    """Return how many units of the axis one of the quantity is."""
    if name == "renewable_share":
        return 100.0
    scales: Mapping[str, float] = dict.fromkeys(("greenhouse_gas", "solar_capacity"), HUNDREDS[language])
    return scales.get(name, 1.0)


def _source(dataset: xr.Dataset, language: Language) -> str:
    count, factors = dataset.sizes["member"], dataset.sizes["factor"]
    run = f"{dataset.attrs['scenario']} ({str(dataset.attrs['scenario_hash'])[:8]})"
    return Text(
        f"{count:,} members of {run}, {factors} uncertain factors, Tokyo as one place. Fiscal years.\nRanges: by the"
        " quality of the data or as the scenario says; factors independent, every value of a range as likely.",
        f"{run} のアンサンブル{count:,}メンバー、不確実要因{factors}、都全体で計算。年度。\n"
        "幅はデータ品質別またはシナリオ指定による。要因は互いに独立で、幅の中は一様。",
    )(language)
