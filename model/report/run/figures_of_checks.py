"""Figures that say how far to trust a run: what the hindcast missed, and the turnover against the outlook."""

from __future__ import annotations

import math
import re
import textwrap
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from model.ensemble import COUNTED
from model.language import Language, Text, fiscal_year
from model.report.fan import draw_fan, message_with_fan
from model.report.figure_parts import key, mark, source_line, target_mark
from model.report.key_figures import last_published_year, of_sector, stock_by_state
from model.report.style import COLOURS, FAINT, INK, Page, bands, beside, heavy, year_ticks
from model.report.wording import HUNDREDS, change, number, percent, scenario_title, signs, unit_words
from model.schema import QUALITIES
from model.targets import turnover_outlook

#: Height of a row of the hindcast [inch], and the edges of its columns from the left of the page.
_ROW: Final = 0.25
_NAME, _YEAR, _PAIR, _WORST, _AXES = 0.10, 2.58, 4.60, 5.45, 5.57
_AXES_WIDTH: Final = 1.51

#: What the calibration knew of a quantity, by the first word of its remark, most telling first.
_ROLES: Final = {
    "independent": Text("independent of the fit: these test the model", "校正に不使用(モデルの検証となる項目)"),
    "fitted": Text("seen by the fit", "校正に使用"),
    "partly": Text("partly seen by the fit", "一部を校正に使用"),
    "closed": Text(
        "inputs were worked out from these, or chosen with them in view", "モデル入力値の逆算元・設定時の参照値"
    ),
    "given": Text("read by the model", "モデルへの入力値"),
    "": Text("not stated", "区分なし"),
}

_STATES: Final = {
    "new": Text("new", "新築"),
    "renovated": Text("renovated", "省エネ改修"),
    "as_before": Text("as before", "従前のまま"),
}

#: What is counted, in the order of `model.ensemble.COUNTED`: in which sector, its name, and the word for a million, or
#: ten thousand, of it.
_COUNTED: Final = (
    ("buildings", None, Text("All buildings", "全建物(棟数)"), Text("million", "万棟")),
    ("buildings", "residential", Text("Residential buildings", "住宅(棟数)"), Text("million", "万棟")),
    ("dwellings", "residential", Text("Dwellings", "住宅(戸数)"), Text("million", "万戸")),
)


@dataclass(frozen=True)
class _Line:
    """One quantity of the hindcast, with all its years of one role.

    Args:
        name: what it is, in words of the language.
        role: key of `_ROLES`.
        unit: of the two figures.
        years: fiscal year of each figure it is compared with.
        compared: those figures [unit].
        modelled: the model's [unit].
        quality: of each figure it is compared with.
    """

    name: str
    role: str
    unit: str
    years: np.ndarray
    compared: np.ndarray
    modelled: np.ndarray
    quality: np.ndarray

    @property
    def residual(self) -> np.ndarray:
        """Return the residual of each year [%]."""
        return np.asarray(100 * (self.modelled / self.compared - 1))


def _hindcast_lines(dataset: xr.Dataset, language: Language) -> list[_Line]:
    """Return every quantity in the order of roles, and of the result within one; twice where its years differ in it."""
    columns = ("quantity", f"quantity_{language}", "remark_en", "unit", "observation_year", "published", "modelled",
               "quality")  # fmt: skip
    quantity, name, remark, unit, years, compared, modelled, quality = (
        dataset[column].to_numpy() for column in columns
    )
    words = [re.split(r"\W", str(one))[0] for one in remark]
    role = np.array([word if word in _ROLES else "" for word in words], dtype=object)
    lines = []
    for one, known in dict.fromkeys(zip(quantity, role, strict=True)):
        rows = np.flatnonzero((quantity == one) & (role == known))
        first = rows[0]
        lines.append(_Line(str(name[first]), known, str(unit[first]), years[rows], compared[rows], modelled[rows],
                           quality[rows]))  # fmt: skip
    return sorted(lines, key=lambda line: list(_ROLES).index(line.role))


def hindcast_figure(dataset: xr.Dataset, language: Language) -> Figure:
    """Model beside what is known, one row a quantity: the last pair, the largest residual, every residual as a mark."""
    lines = _hindcast_lines(dataset, language)
    roles = [role for role in _ROLES if any(line.role == role for line in lines)]
    rows = max(1, len(lines) + len(roles))
    page = Page(
        Text("What the model misses", "モデル値と公表値・推計値との差")(language),
        scenario_title(dataset, language),
        Text("residual = model / compared figure − 1; each mark is one year; grey rows: compared with estimates only",
             "残差＝モデル値／比較値－1。印は各年度。灰色の行は推計値のみとの比較")(language),
        source_line(dataset, language, list(dict.fromkeys(map(str, dataset["quantity"].to_numpy())))),
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
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(Text("residual, %", "残差(%)")(language), labelpad=2)
    for left, head, side in (
        (_NAME, Text("quantity", "項目"), "left"),
        (_YEAR, Text("last year", "最終年度"), "left"),
        (_PAIR, Text("compared figure → model", "比較値→モデル値"), "right"),
        (_WORST, Text("largest residual", "最大残差"), "right"),
    ):
        _cell(axes, left, -0.85, head(language), side, FAINT)
    row = 0
    for role in roles:
        _cell(axes, _NAME, row, _ROLES[role](language), "left", INK, fontweight=heavy(language))
        here = [line for line in lines if line.role == role]
        for line in here:
            row += 1
            _hindcast_row(axes, line, row, language)
        row += 1
    met = set(map(str, dataset["quality"].to_numpy()))
    key(axes, [quality for quality in QUALITIES if quality in met], language, above=0.28)
    return figure


def _hindcast_row(axes: Axes, line: _Line, row: int, language: Language) -> None:
    """Draw one quantity: its name, the last year and the worst in numbers, a mark for each year; weak ones paler."""
    colour = FAINT if (line.quality == "estimate").all() else INK
    start = (_NAME - 0.04 - _AXES) / _AXES_WIDTH
    axes.axhspan(row - 0.45, row + 0.45, xmin=start, color="#F3F3F3", clip_on=False, zorder=0, linewidth=0)
    last, residual = int(np.argmax(line.years)), line.residual
    worst = int(np.argmax(np.abs(residual)))
    words = textwrap.wrap(signs(line.name), 50 if language == "en" else 26)
    _cell(axes, _NAME, row, "\n".join(words[:2]), "left", colour)
    _cell(axes, _YEAR, row, str(line.years[last]), "left", colour)
    pair = _pair(float(line.compared[last]), float(line.modelled[last]), line.unit, language)
    _cell(axes, _PAIR, row, pair, "right", colour)
    _cell(axes, _WORST, row, f"{change(residual[worst] / 100, 0)} ({line.years[worst]})", "right", colour)
    for name in dict.fromkeys(line.quality):
        values = residual[line.quality == name]
        axes.plot(values, np.full(len(values), row), zorder=5, **mark(str(name), 4.6))


def _cell(axes: Axes, left: float, row: float, words: str, side: str, colour: str, **look: Any) -> None:
    """Write words at a distance [inch] from the left edge of the page, at the height of a row."""
    across = (left - _AXES) / _AXES_WIDTH
    axes.text(across, row, words, transform=axes.get_yaxis_transform(), ha=side, va="center", fontsize=7.0,
              color=colour, linespacing=1.05, **look)  # fmt: skip


def _pair(compared: float, modelled: float, unit: str, language: Language) -> str:
    """Return two numbers with as many decimals as the first one needs for four digits, and their unit."""
    if unit == "1":
        return f"{percent(compared, 1)} → {percent(modelled, 1)}"
    digits = 3 - math.floor(math.log10(abs(compared))) if compared else 0
    pair = [number(value, min(3, max(0, digits))) for value in (compared, modelled)]
    return f"{pair[0]} → {pair[1]} {unit_words(unit, language)}"


def turnover_figure(dataset: xr.Dataset, language: Language) -> Figure:
    """Shares of the stock that are new, renovated or as before since the projection began, against the outlook."""
    start = int(dataset.attrs["projection_from"])
    page = Page(
        Text("How the building stock turns over", "建築物ストックの入れ替わり")(language),
        scenario_title(dataset, language),
        message_with_fan(
            Text(f"share of the stock built or renovated from {fiscal_year(start, 'en')} on; "
                 "diamond: new buildings in the metropolis' outlook",
                 f"{fiscal_year(start, 'ja')}以降の新築・改修がストックに占める割合。◆は都の見通し(新築)")(language),
            dataset, language,
            Text("shaded around what is new", "灰色の帯(新築の割合)"),
        ),
        source_line(dataset, language)
        + Text("\nA building renovated twice counts twice, so “renovated” is an upper bound, “as before” a lower one.",
               "\n2回改修した建物は2回数えるため、「省エネ改修」は上限値、「従前のまま」は下限値。")(language),
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
        draw_fan(axes, dataset, "new_share", 100.0, counted=COUNTED[column])
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
    bands(axes, years, values, colours)
    axes.set_ylim(0, 100)
    year_ticks(axes, years, language)
    # The shares of the last year stand a little left of it, clear of the diamond, in the middle of their bands there.
    here = max(0, len(years) - 5)
    middle = np.cumsum(values, axis=1) - values / 2
    for share, height, state in zip(values[-1], middle[here], _STATES, strict=True):
        if share > 6:
            axes.text(years[here], height, percent(share / 100), ha="center", va="center", fontsize=7.5, zorder=5,
                      color="white" if state == "new" else INK)  # fmt: skip
    if named:
        beside(axes, middle[-1], [_STATES[state](language) for state in _STATES], colours)
