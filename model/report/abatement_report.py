"""What groups of levers avoid and cost: rows for a file, a table for the terminal, a staircase to look at."""

from __future__ import annotations

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

from model.abatement import ORDERS, TOGETHER
from model.language import Language, Text
from model.report.style import BLUE, FAINT, GREEN, INK, VERMILION, Page, drawing, save
from model.report.wording import HUNDREDS, change, number, signed, stacked_year

#: How an order is called.
_ORDER_NAMES: Final = {
    "first_in": Text("alone, on the base", "単独(基準から最初に実施)"),
    "last_in": Text("last, on all others", "最後(他をすべて実施後)"),
}
#: Years that the table shows.
_YEARS: Final = (2030, 2050)
#: Letters that a name of a group has room for in the terminal at least.
_NAME_WIDTH: Final = 10
#: Cost of a tonne beyond which a bar is cut, and says so [thousand JPY/t].
_CUT: Final = 150.0
#: What this many of the language's unit are in a tonne: million tonnes, or 10,000 tonnes.
_TONNES: Final = Text("Mt", "万t")
_HEIGHT: Final = 5.6
#: Bars narrower than this part of all are not numbered; the list names them in their order.
_NUMBERED: Final = 0.012


def abatement_rows(answer: xr.Dataset) -> pd.DataFrame:
    """Return one row a group and order: tonnes and cost discounted and in some years, cost of a tonne."""
    rows = []
    for group in answer["lever_group"].to_numpy():
        for order in ORDERS:
            here = answer.sel(lever_group=group, order=order)
            row = {
                "lever_group": group, "lever_group_en": str(here["lever_group_en"].item()),
                "lever_group_ja": str(here["lever_group_ja"].item()), "order": order,
                "avoided_discounted_t": here["avoided_discounted"].item(),
                "cost_discounted_jpy": here["cost_discounted"].item(),
                "cost_per_tonne_jpy": here["cost_per_tonne"].item(),
            }  # fmt: skip
            for year in _shown(answer):
                row[f"avoided_{year}_t"] = here["avoided"].sel(year=year).item()
                row[f"cost_{year}_jpy"] = here["cost"].sel(year=year).item()
            rows.append(row)
    return pd.DataFrame(rows)


def _shown(answer: xr.Dataset) -> list[int]:
    return [year for year in _YEARS if year in answer["year"].to_numpy()]


def abatement_table(answer: xr.Dataset, language: Language) -> Table:
    """Return tonnes of some years and the cost of a tonne of every group, alone and last."""
    unit = _TONNES(language)
    heading = Text("What each group of levers avoids, and what a tonne costs", "レバーのグループ別の削減量と削減費用")
    table = Table(
        title=Styled(heading(language)),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column(min_width=_NAME_WIDTH, overflow="fold")
    for year in _shown(answer):
        for order in ORDERS:
            table.add_column(f"{stacked_year(year, language)}\n{_short(order)(language)}\n{unit}", justify="right")
    for order in ORDERS:
        table.add_column(f"{_short(order)(language)}\n{Text('JPY/t', '円/t')(language)}", justify="right")
    scale, digits = HUNDREDS[language] / 1e6, 2 if language == "en" else 0
    for group in answer["lever_group"].to_numpy():
        here = answer.sel(lever_group=group)
        cells = [
            signed(scale * here["avoided"].sel(year=year, order=order).item(), digits)
            for year in _shown(answer)
            for order in ORDERS
        ]
        costs = [here["cost_per_tonne"].sel(order=order).item() for order in ORDERS]
        name = str(here[f"lever_group_{language}"].item())
        cells += ["–" if np.isnan(cost) else number(round(cost, -2), 0) for cost in costs]
        table.add_row(Styled(name), *cells, style="bold" if group == TOGETHER else "")
    return table


def _short(order: str) -> Text:
    return {"first_in": Text("alone", "単独"), "last_in": Text("last", "最後")}[order]


def interaction_line(answer: xr.Dataset, language: Language) -> str:
    """Return in words by how much the groups overlap."""
    total = answer["avoided_discounted"].sel(lever_group=TOGETHER, order="first_in").item()
    parts = [answer["interaction"].sel(order=order).item() / total for order in ORDERS]
    return Text(
        f"Together they avoid {_more(parts[0])} than alone added up, {_more(parts[1])} than last added up:"
        " they overlap.",
        f"施策は重なり合う: 全体の削減量は、単独の合計に対し{change(parts[0], 0)}、"
        f"最後の合計に対し{change(parts[1], 0)}。",
    )(language)


def _more(part: float) -> str:
    return f"{abs(part):.0%} {'less' if part < 0 else 'more'}"


def abatement_figure(answer: xr.Dataset, scenario: str, language: Language) -> Figure:
    """Draw the staircase: a bar a group, as wide as it avoids, as high as its tonne costs, the cheapest first."""
    title = Text("Marginal abatement cost", "限界削減費用曲線")(language)
    source = Text(
        f"Discounted at {100 * answer.attrs['discount_rate']:g}% to FY{answer.attrs['discounted_to']}, money of "
        f"FY{answer.attrs['price_year']}. Bars beyond ±{_CUT:g} thousand JPY/t are cut.\n"
        "Groups that avoid less than a thousandth of the whole, or add emissions, are left out; see abatement.csv.",
        f"割引率{100 * answer.attrs['discount_rate']:g}%、{answer.attrs['discounted_to']}年度価値、"
        f"{answer.attrs['price_year']}年度価格。±{10 * _CUT / 100:g}万円/tを超える棒は途中で切っている。\n"
        "削減量が全体の千分の一未満、または増加となるグループは除く(abatement.csv に記載)。",
    )(language)
    page = Page(title, scenario, interaction_line(answer, language), source, _HEIGHT, language)
    figure = page.figure()
    half = _HEIGHT / 2
    for place, order in enumerate(ORDERS):
        axes = page.axes(figure, 0.62, 0.42 + (1 - place) * half, 4.75, half - 0.78)
        _staircase(axes, answer.sel(order=order), order, language)
    return figure


def _staircase(axes: Axes, answer: xr.Dataset, order: str, language: Language) -> None:
    """Draw one order of the staircase with a numbered list of its bars to the right."""
    groups = answer.sel(lever_group=answer["lever_group"] != TOGETHER)
    tonnes = groups["avoided_discounted"].to_numpy() * HUNDREDS[language] / 1e6
    cost = groups["cost_per_tonne"].to_numpy() / 1e3
    scale = 1.0 if language == "en" else 0.1
    names = groups[f"lever_group_{language}"].to_numpy()
    ranked = [int(i) for i in np.argsort(cost, kind="stable") if np.isfinite(cost[i]) and tonnes[i] > 0]
    edge, whole = 0.0, float(tonnes[ranked].sum())
    for rank, i in enumerate(ranked, start=1):
        height = float(np.clip(cost[i], -_CUT, _CUT)) * scale
        colour = GREEN if cost[i] < 0 else VERMILION if abs(cost[i]) > _CUT else BLUE
        axes.bar(edge, height, tonnes[i], align="edge", color=colour, edgecolor="white", linewidth=0.4)
        if tonnes[i] > _NUMBERED * whole:
            axes.annotate(str(rank), (edge + tonnes[i] / 2, height), xytext=(0, 2 if height >= 0 else -2),
                          textcoords="offset points", ha="center", va="bottom" if height >= 0 else "top",
                          fontsize=5.6)  # fmt: skip
        edge += tonnes[i]
        shown = number(cost[i] * scale, 0 if language == "en" else 1)
        words = f"{rank}  {names[i]}  {shown}"
        axes.annotate(words, (1.02, 1.04 - 0.068 * rank), xycoords="axes fraction", fontsize=5.8, va="top",
                      annotation_clip=False)  # fmt: skip
    axes.axhline(0.0, color=INK, linewidth=0.6)
    axes.set_xlim(0, edge or 1.0)
    axes.set_ylim(-_CUT * scale * 1.12, _CUT * scale * 1.12)
    axes.set_title(_ORDER_NAMES[order](language), loc="left", fontsize=7.5)
    axes.set_ylabel(Text("thousand JPY a tonne", "万円／t")(language), fontsize=7)
    unit = Text("discounted Mt avoided to the last year", "最終年度までの割引後削減量(万t)")
    axes.set_xlabel(unit(language), fontsize=7)
    axes.tick_params(labelsize=6.5, color=FAINT)
    axes.xaxis.set_major_formatter("{x:,g}")


def draw_abatement(answer: xr.Dataset, scenario: Text, folder: Path) -> None:
    """Write the staircase in both languages."""
    folder.mkdir(parents=True, exist_ok=True)
    languages: tuple[Language, ...] = ("en", "ja")
    for language in languages:
        with drawing(language):
            save(abatement_figure(answer, scenario(language), language), folder / f"abatement_{language}")
