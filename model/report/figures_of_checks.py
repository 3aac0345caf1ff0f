"""Figures that say how far to trust a run: what the hindcast missed, and the turnover against the outlook."""

from __future__ import annotations

import math
import re
import textwrap
from typing import Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model.language import Language, Text, fiscal_year
from model.report.figure_parts import key, mark, source_line, target_mark
from model.report.key_figures import last_published_year, of_sector, stock_by_state
from model.report.style import COLOURS, FAINT, INK, Page, beside, fitted, year_ticks
from model.report.wording import HUNDREDS, number, percent, scenario_title, unit_words
from model.schema import QUALITIES
from model.targets import turnover_outlook

#: Height of a row of the hindcast [inch], and the left edges of its columns from the left of the page.
_ROW: Final = 0.27
_NAME, _YEAR, _PAIR, _ROLE, _AXES = 0.10, 2.20, 4.08, 4.18, 5.32
_AXES_WIDTH: Final = 1.76
_ROLE_LENGTH: Final = 22

_STATES: Final = {
    "new": Text("new", "新築"),
    "renovated": Text("renovated", "省エネ改修"),
    "as_before": Text("as before", "従前のまま"),
}

#: What is counted, in which sector, its name, and the word for a million, or ten thousand, of it.
_COUNTED: Final = (
    ("buildings", None, Text("All buildings", "全建物(棟数)"), Text("million", "万棟")),
    ("buildings", "residential", Text("Residential buildings", "住宅(棟数)"), Text("million", "万棟")),
    ("dwellings", "residential", Text("Dwellings", "住宅(戸数)"), Text("million", "万戸")),
)


def hindcast_figure(dataset: xr.Dataset, language: Language) -> Figure:
    """Published against modelled, one row a quantity: the last pair of numbers, and every residual as a mark."""
    quantities = list(dict.fromkeys(str(name) for name in dataset["quantity"].to_numpy()))
    rows = max(1, len(quantities))
    page = Page(
        Text("What the model misses of what is published", "公表値とモデル値の差")(language),
        scenario_title(dataset, language),
        Text("residual = (model − published) / published; each mark is one year, numbers are of the last year",
             "残差＝(モデル値－公表値)／公表値。印は各年度、数値は最終年度")(language),
        source_line(dataset, language, quantities),
        1.05 + _ROW * rows,
        language,
    )  # fmt: skip
    figure = page.figure()
    axes = page.axes(figure, _AXES, 0.48, _AXES_WIDTH, _ROW * rows)
    reach = max(10.0, 112 * float(np.abs(dataset["residual"].to_numpy()).max(initial=0.0)))
    axes.set_xlim(-reach, reach)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(Text("residual, %", "残差(%)")(language), labelpad=2)
    for left, head, side in (
        (_NAME, Text("quantity", "項目"), "left"),
        (_YEAR, Text("year", "年度"), "left"),
        (_PAIR, Text("published → model", "公表値→モデル値"), "right"),
        (_ROLE, Text("how it was used", "校正との関係"), "left"),
    ):
        _cell(axes, left, -0.85, head(language), side, FAINT)
    for row, quantity in enumerate(quantities):
        _hindcast_row(axes, dataset, quantity, row, language)
    met = set(map(str, dataset["quality"].to_numpy()))
    key(axes, [quality for quality in QUALITIES if quality in met], language, above=0.28)
    return figure


def _hindcast_row(axes: Axes, dataset: xr.Dataset, quantity: str, row: int, language: Language) -> None:
    """Draw one quantity: its name, its last year in numbers, and a mark for each year; weak ones paler."""
    rows = np.flatnonzero(dataset["quantity"].to_numpy() == quantity)
    here = dataset.isel(observation=rows)
    last = here.isel(observation=int(np.argmax(here["observation_year"].to_numpy())))
    weak = bool((here["quality"] == "estimate").all())
    colour = FAINT if weak else INK
    if row % 2 == 0:
        start = (_NAME - 0.04 - _AXES) / _AXES_WIDTH
        axes.axhspan(row - 0.5, row + 0.5, xmin=start, color="#F3F3F3", clip_on=False, zorder=0, linewidth=0)
    words = textwrap.wrap(str(last[f"quantity_{language}"].item()), 38 if language == "en" else 20)
    _cell(axes, _NAME, row, "\n".join(words[:2]), "left", colour)
    _cell(axes, _YEAR, row, str(last["observation_year"].item()), "left", colour)
    pair = _pair(float(last["published"]), float(last["modelled"]), str(last["unit"].item()), language)
    _cell(axes, _PAIR, row, pair, "right", colour)
    role = re.split(r"[;,.(。、]", str(last[f"remark_{language}"].item()))[0]
    _cell(axes, _ROLE, row, fitted(role, _ROLE_LENGTH), "left", FAINT)
    residual, quality = 100 * here["residual"].to_numpy(), here["quality"].to_numpy()
    for name in sorted(set(map(str, quality))):
        values = residual[quality == name]
        axes.plot(values, np.full(len(values), row), zorder=5, **mark(name, 4.6))


def _cell(axes: Axes, left: float, row: float, words: str, side: str, colour: str) -> None:
    """Write words at a distance [inch] from the left edge of the page, at the height of a row."""
    across = (left - _AXES) / _AXES_WIDTH
    axes.text(across, row, words, transform=axes.get_yaxis_transform(), ha=side, va="center", fontsize=7.0,
              color=colour, linespacing=1.05)  # fmt: skip


def _pair(published: float, modelled: float, unit: str, language: Language) -> str:
    """Return two numbers with as many decimals as the published one needs for four digits, and their unit."""
    if unit == "1":
        return f"{percent(published, 1)} → {percent(modelled, 1)}"
    digits = 3 - math.floor(math.log10(abs(published))) if published else 0
    pair = [number(value, min(3, max(0, digits))) for value in (published, modelled)]
    return f"{pair[0]} → {pair[1]} {unit_words(unit, language)}"


def turnover_figure(dataset: xr.Dataset, language: Language) -> Figure:
    """Shares of the stock that are new, renovated or as before since the projection began, against the outlook."""
    start = int(dataset.attrs["projection_from"])
    page = Page(
        Text("How the building stock turns over", "建築物ストックの入れ替わり")(language),
        scenario_title(dataset, language),
        Text(f"share of the stock built or renovated from {fiscal_year(start, 'en')} on; "
             "diamond: new buildings in the metropolis' outlook",
             f"{fiscal_year(start, 'ja')}以降の新築・改修がストックに占める割合。◆は都の見通し(新築)")(language),
        source_line(dataset, language)
        + Text("\nA building renovated twice counts twice in `renovated`.",
               "\n「省エネ改修」は延べ数(2回改修した建物は2回計上)。")(language),
        2.75,
        language,
    )  # fmt: skip
    figure = page.figure()
    for column, (counted, sector, title, unit) in enumerate(_COUNTED):
        axes = page.axes(figure, 0.55 + column * 2.02, 0.40, 1.72, 1.85)
        states = stock_by_state(dataset, counted)
        states = states if sector is None else of_sector(states, sector)
        shown = states.sum("segment").sel(year=slice(last_published_year(dataset), None))
        _turnover_panel(axes, shown, language, named=column == len(_COUNTED) - 1)
        total = HUNDREDS[language] * float(shown.isel(year=-1).sum()) / 1e6
        last = int(shown["year"][-1])
        amount = Text(f"{last}: {number(total, 2)} {unit('en')}", f"{last}年度末 {number(total, 0)}{unit('ja')}")
        axes.set_title(f"{title(language)}\n{amount(language)}", loc="left", fontsize=7.8, linespacing=1.3, y=1.0)
        if counted == "buildings":
            for year, row in turnover_outlook(sector or "all").items():
                if year in shown["year"]:
                    target_mark(axes, year, 100 * row.value)
        if column == 0:
            axes.set_ylabel(Text("% of the stock", "ストックに占める割合(%)")(language))
        else:
            axes.set_yticklabels([])
    return figure


def _turnover_panel(axes: Axes, states: xr.DataArray, language: Language, named: bool) -> None:
    """Draw one count as shares that add up to 100, the last shares written in and the names beside if asked."""
    values = 100 * (states / states.sum("state")).sel(state=list(_STATES)).transpose("year", "state").to_numpy()
    years = states["year"].to_numpy()
    colours = [COLOURS[state] for state in _STATES]
    axes.stackplot(years, values.T, colors=colours, edgecolor="white", linewidth=0.4)
    axes.set_ylim(0, 100)
    year_ticks(axes, years, language)
    # The shares of the last year stand a little left of it, clear of the diamond, in the middle of their bands there.
    here = max(0, len(years) - 5)
    middle = np.cumsum(values, axis=1) - values / 2
    for share, height, state in zip(values[-1], middle[here], _STATES, strict=True):
        if share > 6:
            axes.text(years[here], height, percent(share / 100), ha="center", va="center", fontsize=7.5,
                      color="white" if state == "new" else INK)  # fmt: skip
    if named:
        beside(axes, middle[-1], [_STATES[state](language) for state in _STATES], colours)
