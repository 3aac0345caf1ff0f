"""Parts that several figures share: marks of published figures and of targets, the source line, names of labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import xarray as xr
from matplotlib import rc_context, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from model.language import Language, Text, fiscal_year
from model.report.key_figures import residential_levels
from model.report.style import BLACK, FAINT, TARGET, drawing, save
from model.report.wording import QUALITY_WORDS
from model.schema import QUALITIES

_Subject = TypeVar("_Subject")

#: How a published figure is drawn, shape and filling: the weaker it is, the emptier the mark.
_MARKS: Final = {
    "published": ("o", BLACK),
    "read_from_chart": ("s", "#A0A0A0"),
    "derived": ("^", "#A0A0A0"),
    "estimate": ("o", "white"),
    "scaled_index": ("v", "white"),
}

#: What each mark means.
_MARK_WORDS: Final = {
    **QUALITY_WORDS,
    "scaled_index": Text("published change × estimated FY2000", "公表増減率×推計値(2000年度)"),
}

#: How many source ids fit into the source line, and the id of what this project estimated itself.
_SOURCES: Final = 16
_OWN: Final = "own"

#: Height of a line of `flag` as a share of the axes, and of the key above the axes [inch].
_FLAG_LINES: Final = 0.125
_KEY_ABOVE: Final = 0.17


def draw_in_both_languages(
    subject: _Subject, figures: Mapping[str, Callable[[_Subject, Language], Figure]], folder: Path
) -> list[Path]:
    """Draw figures in both languages and return the files; names may be Japanese on an English figure too.

    Args:
        subject: what the figures show.
        figures: by name of the file.
        folder: where to write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    languages: tuple[Language, Language] = ("ja", "en")
    with drawing("ja"):
        japanese = list(rcParams["font.family"])
    for language in languages:
        fonts: Any = {"font.family": japanese if language == "ja" else ["DejaVu Sans", *japanese]}
        with drawing(language), rc_context(fonts):
            for name, draw in figures.items():
                files += save(draw(subject, language), folder / f"{name}_{language}")
    return files


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


def level_marks(axes: Axes, dataset: xr.Dataset) -> list[str]:
    """Mark the energy of dwellings that published changes and the estimated base level give; return the mark used."""
    years = dataset["year"].to_numpy()
    levels = {year: value for year, value in residential_levels(dataset).items() if year in years}
    axes.plot(list(levels), list(levels.values()), zorder=6, clip_on=False, **mark("scaled_index"))
    return ["scaled_index"] if levels else []


def mark(quality: str, size: float = 4.2) -> dict[str, Any]:
    """Return the marker settings of a quality, or of published changes of an estimated level."""
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
    axes.plot([year], [value], marker="D", linestyle="", markersize=6, markerfacecolor=TARGET,
              markeredgecolor="white", markeredgewidth=0.8, zorder=7, clip_on=False)  # fmt: skip


def key(
    axes: Axes, qualities: Sequence[str], language: Language, target: Text | None = None, above: float = _KEY_ABOVE
) -> None:
    """Explain the marks in one row some inches above the axes, at the right, clear of all that is drawn."""
    handles = [Line2D([], [], label=_MARK_WORDS[quality](language), **mark(quality)) for quality in qualities]
    if target is not None:
        handles.append(Line2D([], [], marker="D", linestyle="", markersize=5, markerfacecolor=TARGET,
                              markeredgecolor="white", label=target(language)))  # fmt: skip
    if handles:
        corner = (1.0, 1.0 + above * axes.figure.dpi / axes.bbox.height)
        axes.legend(handles=handles, loc="lower right", bbox_to_anchor=corner, ncols=len(handles), frameon=False,
                    fontsize=6.5, handletextpad=0.1, columnspacing=0.9, borderaxespad=0.0, borderpad=0.1)  # fmt: skip


def flag(axes: Axes, year: float, value: float, words: str, side: str, line: int = 0) -> None:
    """Write words on one side of a fine line that rises from a value to a height counted in lines from the top."""
    top = axes.get_ylim()[1] * (0.985 - _FLAG_LINES * line)
    axes.plot([year, year], [value, top], color=FAINT, linewidth=0.6, zorder=3)
    axes.annotate(
        words,
        (year, top),
        xytext=(3 if side == "left" else -3, 0),
        textcoords="offset points",
        ha=side,
        va="top",
        fontsize=6.8,
        linespacing=1.3,
        zorder=5,
    )


def source_line(dataset: xr.Dataset, language: Language, quantities: Sequence[str] = ()) -> str:
    """Return where a figure comes from: the run, what it is compared with, what a year is."""
    shown = [position for quantity in quantities for position in observations(dataset, quantity)]
    cited = {part for i in shown for part in str(dataset["source_id"].to_numpy()[i]).split(";")}
    sources = sorted(cited - {_OWN})
    run = f"{dataset.attrs['scenario']} ({str(dataset.attrs['scenario_hash'])[:8]})"
    start = int(dataset.attrs["projection_from"])
    line = Text(
        f"Model run {run}. Fiscal years, April to March; projection from {start}.",
        f"モデル計算 {run}。年度(4月～翌年3月)、{fiscal_year(start, 'ja')}以降は将来推計。",
    )(language)
    if not shown:
        return line
    ids = ", ".join(sources)
    listed = Text(f"sources {ids} of the data tables", f"データ表の出典番号 {ids}")
    if len(sources) > _SOURCES:
        listed = Text("sources listed in pathway.nc (source_id)", "出典は pathway.nc の source_id に記載")
    line += Text(f"\nPublished figures: {listed('en')}", f"\n公表値: {listed('ja')}")(language)
    if _OWN in cited:
        line += Text("; estimates of this project are marked as weak", "。推計・参考値は本プロジェクトの推計を含む")(
            language
        )
    return line + Text(".", "。")(language)
