"""Who gives what as figures: tonnes by year as stacked bars, and how far each player's depend on the order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model.language import Language, Text, fiscal_year
from model.programme_contributions import Contributions
from model.report.contribution.dataset import Answer
from model.report.contribution.tables import amount, game_title, on_two_lines, overlap_lines, unit_words
from model.report.style import FAINT, INK, Page, drawing, save, value_ticks
from model.report.wording import HUNDREDS, number, stacked_year

#: Colours of players in their order: Tol's muted palette, then black and pale grey.
COLOURS: Final = ("#332288", "#88CCEE", "#44AA99", "#117733", "#999933", "#DDCC77", "#CC6677", "#882255", "#AA4499",
                  "#BBBBBB", "#000000", "#E69F00")  # fmt: skip
_ROW: Final = 0.34


def contribution_figure(
    dim: str, game: Contributions, answer: Answer, years: Sequence[int], language: Language
) -> Figure:
    """Stacked bars of the mean tonnes of each player in some years; beside them, the first year alone and last in."""
    body = max(3.2, _ROW * len(game.players) + 1.0)
    page = Page(
        game_title(dim, answer, language),
        f"{answer.scenario.title(language)} ({answer.scenario.name})",
        "\n".join(overlap_lines(dim, game, answer, years[0], language)),
        _source(answer, language),
        body,
        language,
    )
    figure = page.figure()
    height = body - 0.85
    _bars(page.axes(figure, 0.55, 0.42, 2.35, height), game, answer, years, language)
    _ranges(page.axes(figure, 4.90, 0.42, 1.70, height), game, answer, years[0], language)
    return figure


def _bars(axes: Axes, game: Contributions, answer: Answer, years: Sequence[int], language: Language) -> None:
    """Draw the Shapley values of some years as bars, what adds emissions below the line."""
    places = [answer.years.index(year) for year in years]
    values = HUNDREDS[language] * game.shapley.sum(axis=2)[:, places]
    above, below = np.zeros(len(years)), np.zeros(len(years))
    at = np.arange(len(years))
    # The first player lies on top, as its name stands on top beside the bars.
    for row, colour in reversed(list(zip(values, COLOURS, strict=False))):
        bottom = np.where(row >= 0.0, above, below)
        axes.bar(at, row, 0.62, bottom=bottom, color=colour, edgecolor="white", linewidth=0.3)
        above, below = above + np.maximum(row, 0.0), below + np.minimum(row, 0.0)
    low, high = float(below.min()), float(above.max())
    axes.set_ylim(1.15 * low, 1.1 * high if high > 0.0 else 1.0)
    axes.axhline(0.0, color=FAINT, linewidth=0.6)
    for place, total in zip(at, values.sum(axis=0), strict=True):
        digits = 2 if language == "en" else 0
        axes.annotate(number(float(total), digits), (place, above[place]), xytext=(0, 2), textcoords="offset points",
                      ha="center", fontsize=6.8, color=INK)  # fmt: skip
    axes.set_xticks(at, [stacked_year(year, language) for year in years])
    value_ticks(axes, 7)
    title = Text("mean over all orders\n", "全順序の平均\n")(language)
    axes.set_title(title + Text(f"{unit_words('en')} a year", f"{unit_words('ja')}／年")(language), loc="left",
                   fontsize=7.5, linespacing=1.3)  # fmt: skip


def _ranges(axes: Axes, game: Contributions, answer: Answer, year: int, language: Language) -> None:
    """Draw for each player a line from its gain alone to its gain after all others, and a dot at the mean."""
    place, scale = answer.years.index(year), HUNDREDS[language]
    rows = np.arange(len(game.players))[::-1]
    mean, alone, last = (scale * getattr(game, way)[:, place].sum(axis=1) for way in ("shapley", "first", "last"))
    axes.hlines(rows, np.minimum(alone, last), np.maximum(alone, last), color=list(COLOURS[: len(rows)]), linewidth=2.2)
    axes.scatter(mean, rows, s=34, color=list(COLOURS[: len(rows)]), edgecolor="white", linewidth=0.6, zorder=4)
    axes.scatter(last, rows, s=26, marker="|", color=INK, linewidth=0.9, zorder=5)
    axes.axvline(0.0, color=FAINT, linewidth=0.6)
    for row, value in zip(rows, mean, strict=True):
        axes.annotate(amount(value / scale, language), (1.03, row), xycoords=("axes fraction", "data"), va="center",
                      fontsize=6.6, annotation_clip=False)  # fmt: skip
    names = [on_two_lines(title(language), language) for title in game.titles]
    axes.set_yticks(rows, names, fontsize=6.6, linespacing=1.15)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.locator_params(axis="x", nbins=5)
    axes.spines["left"].set_visible(False)
    when = fiscal_year(year, language)
    axes.set_title(
        Text(f"{when}: ● mean, | last in,\nother end of the line alone", f"{when}\n●平均 |最後に追加、線の他端は単独")(
            language
        ),
        loc="left", fontsize=7.5, linespacing=1.3,
    )  # fmt: skip


def _source(answer: Answer, language: Language) -> str:
    shown = f"{answer.scenario.name} ({answer.scenario.content_hash[:8]})"
    return Text(
        f"Model runs of every coalition of {shown}, Tokyo as one place. Gases of all sectors.",
        f"モデル計算 {shown}。すべての組合せを都全体1地域で計算。全部門の温室効果ガス。",
    )(language)


def draw_contributions(answer: Answer, years: Sequence[int], folder: Path) -> None:
    """Draw a figure for each game in both languages as `contributions_by_<player>_<language>.png` and `.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    languages: tuple[Language, ...] = ("en", "ja")
    for language in languages:
        for dim, game in answer.games.items():
            with drawing(language):
                figure = contribution_figure(dim, game, answer, years, language)
                save(figure, folder / f"contributions_by_{dim}_{language}")
