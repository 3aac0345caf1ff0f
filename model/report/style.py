"""How figures look: fonts that hold Japanese, colours that survive colour blindness and print, labels beside bands."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import matplotlib_fontja
import numpy as np
from matplotlib import colormaps, font_manager, rc_context, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from model.language import Language, Text
from model.report.page_files import save as save  # one place for all that a figure needs
from model.report.wording import stacked_year

# The Japanese font has one weight; that bold falls back to it is no news to a user.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

#: Okabe and Ito's palette, told apart by people with any common kind of colour blindness.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE, GREY = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999999",
)  # fmt: skip

#: The colour of targets, which nothing else has.
TARGET: Final = VERMILION

#: One colour for each thing that is drawn as a band, in all figures: sectors from Okabe and Ito, end uses and carriers
#: from Tol's muted palette, neighbours in a stack apart in lightness too, so that they differ in grey print.
COLOURS: Final[Mapping[str, str]] = {
    "residential": ORANGE, "commercial": BLUE, "industry": GREY, "transport": GREEN, "waste": PURPLE,
    "other_gases": YELLOW,
    "heating": "#882255", "cooling": "#88CCEE", "hot_water": "#CC6677", "cooking": "#DDCC77", "lighting": "#999933",
    "appliances": "#332288",
    "electricity": "#44AA99", "city_gas": "#AA4499", "lpg": "#DDDDDD", "oil": "#444444", "district_heat": "#117733",
    "as_before": "#C8C8C8", "renovated": "#B98B5E", "new": "#5B3A1E",
}  # fmt: skip

#: Colours of compared runs, the reference first.
COMPARED_COLOURS: Final = (BLACK, BLUE, ORANGE, GREEN, PURPLE, SKY, YELLOW, GREY)

INK: Final = "#222222"
FAINT: Final = "#666666"
WIDTH: Final = 7.2
_POINTS: Final = 72.0
_HEAD: Final = 0.72
_FOOT: Final = 0.40
_MESSAGE_LINE: Final = 0.15
_LEADER: Final = 0.13
_LINE: Final = 116


@cache
def _font(language: Language) -> tuple[str, ...]:
    """Return the fonts of a language, first choice first; the second fills in signs that the first lacks."""
    if language == "en":
        return ("DejaVu Sans",)
    path = matplotlib_fontja.get_font_ttf_path()
    font_manager.fontManager.addfont(path)
    return (font_manager.FontProperties(fname=path).get_name(), "DejaVu Sans")


@contextmanager
def drawing(language: Language) -> Iterator[None]:
    """Draw and save figures of a language inside this: fonts, sizes, and nothing that depends on the time."""
    with rc_context(_settings(language)):
        yield


def _settings(language: Language) -> Any:
    size = 8.0 if language == "en" else 8.5
    return {
        "font.family": list(_font(language)),
        "font.size": size,
        "axes.titlesize": size + 0.5,
        "axes.labelsize": size,
        "xtick.labelsize": size - 0.5,
        "ytick.labelsize": size - 0.5,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.6,
        "axes.unicode_minus": True,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "svg.fonttype": "path",
        "svg.hashsalt": "carbon-half",
        "text.hinting": "none",
        "text.parse_math": False,
    }


@dataclass(frozen=True)
class Page:
    """A figure with its heading above and its source line below; sizes in inches.

    Args:
        title: what the figure shows.
        scenario: whose figure it is.
        message: what a reader should take from it, a line or more.
        source: where it comes from, one or two lines.
        body: height between heading and source line.
        language: language of the texts.
    """

    title: str
    scenario: str
    message: str
    source: str
    body: float
    language: Language

    @property
    def height(self) -> float:
        """Return the height of the whole page [inch]."""
        return _HEAD + _MESSAGE_LINE * self.message.count("\n") + self.body + _FOOT

    def figure(self) -> Figure:
        """Return an empty figure with heading and source line."""
        figure = Figure(figsize=(WIDTH, self.height))
        FigureCanvasAgg(figure)
        title = {"va": "top", "fontsize": 11, "fontweight": heavy(self.language)}
        self.write(figure, 0.09, self.height - 0.09, self.title, **title)
        self.write(figure, 0.09, self.height - 0.32, fitted(self.scenario), va="top", fontsize=8, color=FAINT)
        for number, line in enumerate(self.message.split("\n")):
            top = self.height - 0.49 - _MESSAGE_LINE * number
            self.write(figure, 0.09, top, fitted(line), va="top", fontsize=8, color=INK)
        self.write(figure, 0.09, 0.07, self.source, va="bottom", fontsize=6.3, color=FAINT, linespacing=1.35)
        return figure

    def write(self, figure: Figure, left: float, bottom: float, words: str, **look: Any) -> None:
        """Write words at a place given in inches from the lower left corner."""
        figure.text(left / WIDTH, bottom / self.height, words, **look)

    def axes(self, figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
        """Return axes at a place given in inches from the lower left corner of the body."""
        return figure.add_axes((left / WIDTH, (_FOOT + bottom) / self.height, width / WIDTH, height / self.height))


def heavy(language: Language) -> str:
    """Return the weight of headings: the Japanese font has one weight only."""
    return "bold" if language == "en" else "normal"


def fitted(words: str, signs: int = _LINE) -> str:
    """Return words cut to a line of so many Latin signs; a Japanese one is as wide as two."""
    widths = np.cumsum([2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in words])
    kept = int(np.searchsorted(widths, signs, side="right"))
    return words if kept == len(words) else words[: kept - 1] + "…"


def sequence(count: int) -> list[str]:
    """Return colours from pale to dark for things that have an order, such as periods of construction.

    Lightness falls in equal steps, so the order shows in grey print and to the colour-blind; the hue changes too. The
    ends of the map are left out: nearly white and black.
    """
    return [to_hex(colormaps["inferno_r"](position)) for position in np.linspace(0.03, 0.92, count)]


def year_ticks(axes: Axes, years: np.ndarray, language: Language, every: int = 10) -> None:
    """Mark round years on the x axis; in Japanese with the year of the era below."""
    ticks = [int(year) for year in years if year % every == 0]
    axes.set_xticks(ticks)
    if language == "ja":
        axes.set_xticklabels([stacked_year(year, "ja") for year in ticks])
    axes.set_xlim(years[0], years[-1])


def value_ticks(axes: Axes, most: int) -> None:
    """Mark round values on the y axis, the same in every language, though the letters differ in size."""
    axes.yaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter("{x:,g}")


def projection_mark(axes: Axes, projection_from: int, language: Language) -> None:
    """Draw where the hindcast ends and the projection begins."""
    axes.axvline(projection_from - 0.5, color=FAINT, linewidth=0.7, linestyle=(0, (3, 2)), zorder=4)
    word = Text("projection →", "将来推計→")
    axes.annotate(
        word(language),
        (projection_from - 0.5, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(2, 2),
        textcoords="offset points",
        fontsize=6.5,
        color=FAINT,
        annotation_clip=False,
    )


def stacked_bands(
    axes: Axes,
    years: np.ndarray,
    values: np.ndarray,
    names: Sequence[str],
    colours: Sequence[str],
    ticks: int,
    headroom: float = 1.06,
    lowest_top: float = 0.0,
) -> None:
    """Draw values [unit of the axis], dims (year, band), as stacked bands with their names to the right.

    Args:
        axes: where to draw.
        years: the x values.
        values: one column a band, the first at the bottom.
        names: name of each band.
        colours: colour of each band.
        ticks: how many marks the y axis has at most.
        headroom: height of the axis as a multiple of the highest total.
        lowest_top: the axis reaches at least this.
    """
    shown = values.max(axis=0) > 0
    bands(axes, years, values, colours)
    axes.set_ylim(0, max(lowest_top, values.sum(axis=1).max() * headroom))
    value_ticks(axes, ticks)
    top = np.cumsum(values[-1])
    middle = top - values[-1] / 2
    beside(axes, middle[shown], [name for name, keep in zip(names, shown, strict=True) if keep],
           [colour for colour, keep in zip(colours, shown, strict=True) if keep])  # fmt: skip


def bands(axes: Axes, years: np.ndarray, values: np.ndarray, colours: Sequence[str]) -> None:
    """Draw values, dims (year, band), on top of one another: all bands at once, which is quicker than one by one."""
    edges = np.concatenate([np.zeros((len(years), 1)), np.cumsum(values, axis=1)], axis=1)
    around = np.concatenate([years, years[::-1]])
    outlines = [
        np.column_stack([around, np.concatenate([edges[:, band], edges[::-1, band + 1]])])
        for band in range(values.shape[1])
    ]
    together = PolyCollection(outlines, facecolors=list(colours), edgecolors="white", linewidths=0.3, zorder=2)
    axes.add_collection(together, autolim=False)


def beside(
    axes: Axes, heights: np.ndarray, names: Sequence[str], colours: Sequence[str], size: float | None = None
) -> None:
    """Write a name to the right of the axes at each height [data], moved apart where they would overlap."""
    size = size or float(rcParams["font.size"]) - 0.7
    bottom, top = axes.get_ylim()
    wide, inches = axes.bbox.width / axes.figure.dpi, axes.bbox.height / axes.figure.dpi
    gap = (top - bottom) * size * 1.25 / (_POINTS * inches)
    placed = spread(heights, gap, bottom + gap / 2, top - gap / 2)
    right = axes.get_xlim()[1]
    inch = (right - axes.get_xlim()[0]) / wide
    lines = [((right, height), (right + _LEADER * inch, place)) for height, place in zip(heights, placed, strict=True)]
    axes.add_collection(LineCollection(lines, colors=list(colours), linewidths=1.2, clip_on=False), autolim=False)
    for name, place in zip(names, placed, strict=True):
        axes.text(right + (_LEADER + 0.05) * inch, place, name, va="center", fontsize=size, clip_on=False)


def spread(wanted: np.ndarray, gap: float, lowest: float, highest: float) -> np.ndarray:
    """Return positions in the same order, at least `gap` apart, as near to those wanted as possible.

    Isotonic regression by pooling: positions that would overlap form a block, which stands where its members' mean
    wish is. Blocks are kept between `lowest` and `highest` as far as there is room.
    """
    order = np.argsort(wanted, kind="stable")
    blocks: list[list[float]] = []
    for rank, index in enumerate(order):
        blocks.append([float(wanted[index]) - rank * gap, 1.0])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            mean, count = blocks.pop()
            before, number = blocks.pop()
            blocks.append([(before * number + mean * count) / (number + count), number + count])
    levels = np.repeat([mean for mean, _ in blocks], [int(count) for _, count in blocks])
    levels = np.clip(levels, lowest, max(lowest, highest - (len(wanted) - 1) * gap))
    placed = np.empty(len(wanted))
    placed[order] = levels + gap * np.arange(len(wanted))
    return placed
