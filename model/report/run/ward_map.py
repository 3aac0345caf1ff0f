"""The municipalities as equal tiles, laid out as they lie, with the islands apart: a small one shows like a large one.

A map to scale would hide the wards behind the mountains of the west. Every map of a figure has the same layout; the
names stand in the first, large one. Colours never make much of little: a scale spans at least half of the largest
value, so that places which are nearly alike look so, and each title says between which values all tiles lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np
import xarray as xr
from matplotlib import colormaps, rcParams
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path as Outline
from matplotlib.text import TextPath

from model.labels import classification
from model.language import Language, Text, fiscal_year
from model.ordinance.municipalities import municipalities
from model.report.figure_parts import source_line
from model.report.key_figures import reference_year, shown_year
from model.report.run.ward_table import WARD_QUANTITIES, values_of
from model.report.style import FAINT, INK, WIDTH, Page
from model.report.wording import number, scenario_title

#: Gap between tiles, as a share of a tile, and extent of the layout in tiles, the islands included.
_GAP: Final = 0.06
_COLUMNS: Final = 16.4
#: Colours from pale to dark, in the same order in grey print and to the colour-blind; ends of the map that are used.
_COLOURS: Final = "YlGnBu"
_PALEST, _DARKEST = 0.05, 0.95
#: Weights of red, green and blue in lightness; above this lightness [0 to 1] letters are dark.
_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722])
_PALE: Final = 0.45
#: Sizes of letters [pt], distance of two lines of a name in them.
_NAME_SIZE: Final[dict[Language, float]] = {"en": 5.2, "ja": 6.4}
_VALUE_SIZE: Final = 6.4
_TITLE_SIZE: Final = 8.5
_LEADING: Final = 1.02
#: Middle of the word for the islands, and the key: left, right, top, bottom [tiles]; colours shown in it.
_ISLANDS_AT: Final = (12.0, 4.18)
_KEY: Final = (0.03, 3.6, 4.75, 5.1)
_STEPS: Final = 24
#: Least span of a scale of colours, as a share of the largest value in it.
_LEAST_SPAN: Final = 0.5
_POINTS: Final = 72.0

_TITLE: Final = Text("The municipalities", "区市町村別の姿")
_ISLANDS: Final = Text("Islands", "島しょ")
_SOLAR: Final = Text("Solar on roofs per building, kW (number in the tile)", "1棟当たり太陽光発電設備容量 (kW)")
_CAUTION: Final = Text(
    "\nAll are shared out from figures of Tokyo and its parts (weak estimates): use them to compare places, not as "
    "counts. Methods: wards.csv.",
    "\n都全体・地域別の値を配分した推計・参考値であり、地域間の比較に用いるもの。配分方法は wards.csv に記載。",
)


@dataclass(frozen=True)
class _Place:
    """Where a map stands: its upper left corner and the size of a tile, in inches from the top left of the body."""

    left: float
    top: float
    tile: float

    def at(self, tiles: np.ndarray) -> np.ndarray:
        """Return places [inch] of places in tiles (column, row)."""
        return np.asarray(np.array([self.left, self.top]) + self.tile * np.asarray(tiles))


def ward_figure(dataset: xr.Dataset, language: Language) -> Figure:
    """Solar per building as a large map of tiles; emissions, change, starts and the capped part as small ones."""
    year = shown_year(dataset)
    page = Page(
        _TITLE(language),
        scenario_title(dataset, language),
        Text(
            f"each tile is a ward, city, town or village; {fiscal_year(year, 'en')}",
            f"1マスが1つの区市町村、{fiscal_year(year, 'ja')}の値",
        )(language),
        source_line(dataset, language) + _CAUTION(language),
        6.35,
        language,
    )
    figure = page.figure()
    # One sheet for all maps, in inches from its upper left corner: axes for each would take longer than the maps.
    axes = page.axes(figure, 0.0, 0.0, WIDTH, page.body)
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(page.body, 0)
    axes.set_axis_off()
    axes.set_xticks([])
    axes.set_yticks([])
    large = _Place(0.10, 0.25, (WIDTH - 0.2) / _COLUMNS)
    _map(axes, large, dataset, _values(dataset, "solar_per_building", year), 2, _SOLAR, language)
    _names(axes, large, dataset, _values(dataset, "solar_per_building", year), 2, language)
    for position, (title, values, digits) in enumerate(_small(dataset, year)):
        row, column = divmod(position, 2)
        small = _Place(0.10 + 3.60 * column, 3.30 + 1.62 * row, 3.40 / _COLUMNS)
        _map(axes, small, dataset, values, digits, title, language)
    return figure


def _small(dataset: xr.Dataset, year: int) -> list[tuple[Text, np.ndarray, int]]:
    """Return title, values [region] and digits of the small maps."""
    start = reference_year(dataset)
    built = dataset["built_buildings"].sel(year=slice(start + 1, year)).sum(["year", "segment"]).to_numpy()
    emitted = dataset["co2_by_region"].sel(year=year, building_class="capped", factor_view="real").to_numpy()
    capped = 100 * emitted / _values(dataset, "co2", year)
    return [
        (Text("CO₂ of buildings per floor area, kg/m²", "床面積当たり建物CO₂ (kg/m²)"),
         _values(dataset, "co2_per_floor_area", year), 0),
        (Text(f"Change of their CO₂ since FY{start}, %", f"建物CO₂の増減率 ({start}年度比、%)"),
         _values(dataset, "co2_change", year), 1),
        (Text(f"Buildings built after FY{start}, % of all", f"{start}年度より後の新築棟数の割合 (%)"),
         100 * built / _values(dataset, "buildings", year), 0),
        (Text("Part of that CO₂ under cap-and-trade, %", "うち総量削減義務対象の割合 (%)"), capped, 0),
    ]  # fmt: skip


def _values(dataset: xr.Dataset, name: str, year: int) -> np.ndarray:
    """Return a figure of every municipality in a year [region]."""
    one = next(one for one in WARD_QUANTITIES if one.name == name)
    at = dataset.sel(year=sorted({reference_year(dataset), year}))
    return np.asarray(values_of(one, at).sel(year=year).to_numpy())


def _map(
    axes: Axes, place: _Place, dataset: xr.Dataset, values: np.ndarray, digits: int, title: Text, language: Language
) -> None:
    """Draw the tiles of one map, its title and its scale of colours."""
    half = 0.5 - _GAP / 2
    corners = half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    squares = place.at(_middles(dataset)[:, None] + corners)
    axes.add_collection(PolyCollection(list(squares), facecolors=_colours(values)), autolim=False)
    low, high = (number(float(value), digits) for value in (values.min(), values.max()))
    lie = Text(f"{title.en}: {low} to {high}", f"{title.ja}:{low}～{high}")
    axes.text(place.left, place.top - 0.06, lie(language), va="bottom", fontsize=_TITLE_SIZE, color=INK)
    left, right, top, bottom = _KEY
    edges = np.linspace(left, right, _STEPS + 1)
    boxes = [place.at(np.array([(a, top), (b, top), (b, bottom), (a, bottom)])) for a, b in pairwise(edges)]
    ends = _scale(values)
    shades = _shades(np.linspace(0.0, 1.0, _STEPS))
    axes.add_collection(PolyCollection(boxes, facecolors=shades, edgecolors=shades, linewidths=0.3), autolim=False)
    for across, value, side in ((left, ends[0], "left"), (right, ends[1], "right")):
        x, y = place.at(np.array([across, bottom]))
        axes.text(x, y + 0.04, number(value, digits), ha=side, va="top", fontsize=_VALUE_SIZE, color=INK)


def _names(axes: Axes, place: _Place, dataset: xr.Dataset, values: np.ndarray, digits: int, language: Language) -> None:
    """Write names and values into the tiles of a large map, dark on pale ones and white on dark ones."""
    dark = _colours(values)[:, :3] @ _LUMINANCE > _PALE
    middles, codes = _middles(dataset), dataset["region"].to_numpy()
    for chosen, colour in ((dark, INK), (~dark, "white")):
        here = np.flatnonzero(chosen)
        names = [_name(str(codes[i]), language) for i in here]
        _write(axes, place.at(middles[here] - (0.0, 0.13)), names, _NAME_SIZE[language], colour)
        shown = [number(float(values[i]), digits) for i in here]
        _write(axes, place.at(middles[here] + (0.0, 0.30)), shown, _VALUE_SIZE, colour)
    _write(axes, place.at(np.array([_ISLANDS_AT])), [_ISLANDS(language)], _VALUE_SIZE, FAINT)


def _scale(values: np.ndarray) -> tuple[float, float]:
    """Return the ends of the scale of colours: lowest and highest value, moved apart where they are nearly alike.

    The span is at least `_LEAST_SPAN` of the largest absolute value; it grows to both sides and does not cross zero
    where no value does.
    """
    low, high = float(values.min()), float(values.max())
    wider = max(_LEAST_SPAN * max(abs(low), abs(high)) - (high - low), 0.0) / 2
    start, end = low - wider, high + wider
    if low >= 0.0 > start:
        start, end = 0.0, end - start
    if high <= 0.0 < end:
        start, end = start - end, 0.0
    return start, end


def _colours(values: np.ndarray) -> np.ndarray:
    """Return the colour of each value on the scale of all [value, red green blue alpha]."""
    low, high = _scale(values)
    return _shades((values - low) / (high - low) if high > low else np.zeros_like(values))


def _shades(position: np.ndarray) -> np.ndarray:
    """Return colours of places on the scale, from 0 at its pale to 1 at its dark end [place, red green blue alpha]."""
    return np.asarray(colormaps[_COLOURS](_PALEST + (_DARKEST - _PALEST) * position))


def _middles(dataset: xr.Dataset) -> np.ndarray:
    """Return the middle of each municipality's tile [region, (column, row)], rows counted downwards."""
    rows = [classification("ward_tiles")[str(code)] for code in dataset["region"].to_numpy()]
    return np.array([(float(row["column"]) + 0.5, float(row["row"]) + 0.5) for row in rows])


def _name(code: str, language: Language) -> str:
    """Return a name that fits into a tile, on two lines where it must: in Japanese without the kind of municipality."""
    if language == "ja":
        return municipalities()[code].name_ja[:-1]
    return classification("ward_tiles")[code]["short_en"].replace("|", "\n")


def _write(axes: Axes, places: np.ndarray, words: Sequence[str], size: float, colour: str) -> None:
    """Write words centred at their places [inch] as outlines of one collection: far quicker than a text each."""
    outlines = [outline for (x, y), text in zip(places, words, strict=True) for outline in _lines(text, x, y, size)]
    if outlines:
        together = Outline.make_compound_path(*outlines)
        axes.add_collection(PathCollection([together], facecolors=[colour], linewidths=0, zorder=5), autolim=False)


def _lines(text: str, x: float, y: float, size: float) -> list[Outline]:
    """Return the outlines of the lines of a text around a place."""
    lines = text.split("\n")
    outlines = []
    for position, line in enumerate(lines):
        letters, codes = _letters(line, size)
        down = (position - (len(lines) - 1) / 2) * _LEADING * size
        # A line stands by the middle of its capitals, so that lines with and without descenders are level.
        middle = (letters[:, 0].min() + letters[:, 0].max()) / 2
        moved = (letters - (middle, 0.36 * size + down)) * (1.0, -1.0) / _POINTS
        outlines.append(Outline(moved + np.array([x, y]), codes))
    return outlines


def _letters(line: str, size: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the vertices [pt] and codes of a line of text that starts at the origin, in the font of the figure."""
    return _drawn(line, size, tuple(rcParams["font.family"]))


@cache
def _drawn(line: str, size: float, family: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the outline of a line; the same number stands in many tiles."""
    drawn = TextPath((0, 0), line, size=size, prop=FontProperties(family=list(family)))
    return np.asarray(drawn.vertices), np.asarray(drawn.codes)
