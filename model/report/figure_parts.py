"""Parts that several figures share: marks of published figures and of targets, the source line, names of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from model.language import Language, Text, fiscal_year
from model.report.style import BLACK, FAINT, VERMILION
from model.report.wording import QUALITY_WORDS
from model.schema import QUALITIES

#: How a published figure is drawn, shape and filling: the weaker it is, the emptier the mark.
_MARKS: Final = {
    "published": ("o", BLACK),
    "read_from_chart": ("s", "#A0A0A0"),
    "derived": ("^", "#A0A0A0"),
    "estimate": ("o", "white"),
}


#: How many source ids fit into the source line.
_SOURCES: Final = 16


def names(dataset: xr.Dataset, dimension: str, language: Language) -> list[str]:
    """Return the names of the labels of a dimension."""
    return [str(name) for name in dataset[f"{dimension}_{language}"].to_numpy()]


def observations(dataset: xr.Dataset, quantity: str) -> list[int]:
    """Return the positions of the published figures for a quantity."""
    return [int(i) for i in np.flatnonzero(dataset["quantity"].to_numpy() == quantity)]


def published_marks(axes: Axes, dataset: xr.Dataset, quantity: str, scale: float = 1.0) -> list[str]:
    """Mark the published figures for a quantity, emptier where weaker, and return the qualities met.

    Args:
        axes: x in years, y in the unit of the observations times `scale`.
        dataset: a result of `assemble`.
        quantity: identifier of the observations.
        scale: units of the axis per unit of the observations.
    """
    shown = dataset.isel(observation=observations(dataset, quantity))
    shown = shown.isel(observation=shown["observation_year"].isin(dataset["year"]).to_numpy())
    met = [quality for quality in QUALITIES if quality in shown["quality"]]
    for quality in met:
        rows = shown.isel(observation=(shown["quality"] == quality).to_numpy())
        values = scale * rows["published"].to_numpy()
        axes.plot(rows["observation_year"].to_numpy(), values, zorder=6, clip_on=False, **mark(quality))
    return met


def mark(quality: str, size: float = 4.2) -> dict[str, Any]:
    """Return the marker settings of a quality."""
    shape, filling = _MARKS[quality]
    return {
        "marker": shape,
        "linestyle": "",
        "markersize": size,
        "markerfacecolor": filling,
        "markeredgecolor": BLACK,
        "markeredgewidth": 0.7,
    }


def target_mark(axes: Axes, year: int, value: float) -> None:
    """Mark a target by a diamond."""
    axes.plot([year], [value], marker="D", linestyle="", markersize=6, markerfacecolor=VERMILION,
              markeredgecolor="white", markeredgewidth=0.8, zorder=7, clip_on=False)  # fmt: skip


def key(
    axes: Axes,
    qualities: Sequence[str],
    language: Language,
    target: Text | None = None,
    above: float | None = None,
) -> None:
    """Explain the marks in one row, inside the axes at the upper left, or some inches above them at the right."""
    handles = [Line2D([], [], label=QUALITY_WORDS[quality](language), **mark(quality)) for quality in qualities]
    if target is not None:
        handles.append(Line2D([], [], marker="D", linestyle="", markersize=5, markerfacecolor=VERMILION,
                              markeredgecolor="white", label=target(language)))  # fmt: skip
    if handles:
        corner = (0.0, 1.0) if above is None else (1.0, 1.0 + above * axes.figure.dpi / axes.bbox.height)
        axes.legend(handles=handles, loc="upper left" if above is None else "lower right", bbox_to_anchor=corner,
                    ncols=len(handles), facecolor="white", edgecolor="none", framealpha=0.8, fontsize=6.5,
                    handletextpad=0.1, columnspacing=0.9, borderaxespad=0.2, borderpad=0.1)  # fmt: skip


def flag(axes: Axes, year: float, value: float, words: str, side: str) -> None:
    """Write words at the top of the axes with a fine line down to a value."""
    top = axes.get_ylim()[1]
    axes.plot([year, year], [value, top * 0.985], color=FAINT, linewidth=0.6, zorder=3)
    axes.annotate(
        words,
        (year, top * 0.985),
        xytext=(3 if side == "left" else -3, 0),
        textcoords="offset points",
        ha=side,
        va="top",
        fontsize=6.8,
        linespacing=1.3,
        bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 0.8},
        zorder=5,
    )


def source_line(dataset: xr.Dataset, language: Language, quantities: Sequence[str] = ()) -> str:
    """Return where a figure comes from: the run, the published figures shown, what a year is."""
    shown = [position for quantity in quantities for position in observations(dataset, quantity)]
    sources = sorted({part for i in shown for part in str(dataset["source_id"].to_numpy()[i]).split(";")})
    run = f"{dataset.attrs['scenario']} ({str(dataset.attrs['scenario_hash'])[:8]})"
    start = int(dataset.attrs["projection_from"])
    line = Text(
        f"Model run {run}. Fiscal years, April to March; projection from {start}.",
        f"モデル計算 {run}。年度(4月～翌年3月)、{fiscal_year(start, 'ja')}以降は将来推計。",
    )(language)
    if len(sources) > _SOURCES:
        line += Text("\nThe sources of the published figures are listed in pathway.nc (source_id).",
                     "\n公表値の出典は pathway.nc の source_id に記載。")(language)  # fmt: skip
    elif sources:
        ids = ", ".join(sources)
        line += Text(f"\nPublished figures: sources {ids} of the data tables.",
                     f"\n公表値の出典(データ表の出典番号): {ids}。")(language)  # fmt: skip
    return line
