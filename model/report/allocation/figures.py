"""Figures of a panel plan: sizes, requirement and margin, cost curve, municipalities as tiles, price of each rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, NullLocator

from model.labels import classification
from model.language import Language, Text
from model.optimise.solar_allocation.answer import Answer
from model.optimise.solar_allocation.names import OBJECTIVE_NAMES, OBJECTIVE_UNITS, rule_name, unit_of_price
from model.ordinance.derivation import number, unit_name
from model.ordinance.municipalities import municipalities
from model.report.allocation.tables import by_municipality
from model.report.allocation.texts import headline
from model.report.figure_parts import draw_in_both_languages
from model.report.style import BLUE, FAINT, GREEN, GREY, INK, ORANGE, SKY, VERMILION, Page, sequence

FloatArray = npt.NDArray[np.float64]

#: Size of type on a tile of the map [pt]: names in each language, and amounts.
_NAME_TYPE: Final[dict[Language, float]] = {"en": 4.4, "ja": 5.4}
_AMOUNT_TYPE: Final = 6.0
#: Where keys stand: above the bars, any of which may reach as far as the edge.
_ABOVE: Final[dict[str, Any]] = {"frameon": False, "fontsize": 6.5, "loc": "lower right", "bbox_to_anchor": (1.0, 0.98)}


def draw_plan(found: Answer, folder: Path) -> list[Path]:
    """Draw every figure of a plan in both languages and return the files."""
    wanted = dict(FIGURES)
    if found.front is not None and found.front.points:
        wanted["trade_off"] = trade_off_figure
    return draw_in_both_languages(found, wanted, folder)


def _page(found: Answer, title: Text, message: Text, body: float, language: Language) -> Page:
    """Return the page of a figure."""
    source = Text("Rules and assumptions with source and quality: sheet “values used”.",
                  "規定・前提値の出典と質は「使用した値」シートを参照。")  # fmt: skip
    return Page(title(language), f"{found.portfolio.supplier} – {headline(found)(language)}", message(language),
                source(language), body, language)  # fmt: skip


def sizes_figure(found: Answer, language: Language) -> Figure:
    """Number of houses by capacity: chosen against the largest that the roofs take."""
    page = _page(
        found,
        Text("Sizes of the systems", "設置容量の分布"),
        Text("houses by capacity; the number on a bar is that of planned systems", "容量別の棟数。数字は計画の棟数"),
        2.75,
        language,
    )
    figure = page.figure()
    axes = page.axes(figure, 0.6, 0.45, 6.3, 2.0)
    top = max(float(found.houses.largest_kw.max(initial=0.0)), float(found.kw.max(initial=0.0)), 1.0)
    edges = np.arange(0.0, np.ceil(top) + 1.5) - 0.5
    planned, largest = _in_whole_kw(found.kw), _in_whole_kw(found.houses.largest_kw)
    counts, _, _ = axes.hist(planned, edges.tolist(), color=ORANGE, label=Text("planned", "計画")(language))
    axes.hist(largest, edges.tolist(), histtype="step", color=FAINT,
              label=Text("largest that the roof takes", "屋根の最大容量")(language))  # fmt: skip
    # The outline of the roofs passes behind the numbers.
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.4}
    for edge, count in zip(edges, np.asarray(counts), strict=False):
        if count:
            axes.text(edge + 0.5, count, f"{count:,.0f}", ha="center", va="bottom", fontsize=6.5, color=INK, bbox=paper)
    axes.margins(y=0.1)
    axes.legend(**_ABOVE, ncols=2)
    axes.set_xlabel(Text("capacity, in whole kW; 0: no panels", "容量［kW］（1kW単位、0は設置なし）")(language))
    axes.set_ylabel(Text("houses", "棟数")(language))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


# A single module is less than half a kW and still a house with panels.
def _in_whole_kw(kw: FloatArray) -> FloatArray:
    """Return capacities rounded to whole kW, at least 1 where there is any; dims (house)."""
    return np.where(kw > 0, np.maximum(np.rint(kw), 1.0), 0.0)


def requirement_figure(found: Answer, language: Language) -> Figure:
    """What counts, against the requirement under both rate schemes."""
    page = _page(
        found,
        Text("Requirement and margin", "再エネ設置基準と余裕"),
        Text(
            "counted capacity against the requirement of the houses counted, under each rate scheme",
            "算入容量と、算定対象の住宅に対する各算定基準率による基準",
        ),
        1.9,
        language,
    )
    figure = page.figure()
    axes = page.axes(figure, 1.35, 0.42, 5.55, 1.15)
    counted = found.houses.new & ~found.left_out
    own = float(found.kw[counted].sum())
    heat = float(found.heat_kw[counted].sum())
    parts = ((Text("new buildings", "新築"), own, ORANGE), (Text("heat", "熱利用"), heat, VERMILION),
             (Text("existing houses", "既存住宅"), found.counted_kw - own - heat, SKY))  # fmt: skip
    left = 0.0
    for name, width, colour in parts:
        if width > 0:
            axes.barh(0, width, left=left, color=colour, height=0.55, label=name(language))
            left += width
    out = found.left_out | ~found.houses.new
    for place, (scheme, colour) in enumerate((("by_zone", BLUE), ("uniform", GREY)), start=1):
        value = found.required_under(scheme, out)
        axes.barh(place, value, color=colour, height=0.55)
        axes.text(value, place, f" {value:,.1f} kW", va="center", fontsize=7, color=INK)
    axes.text(left, 0, f" {left:,.1f} kW", va="center", fontsize=7, color=INK)
    words = (
        Text("counted", "算入"),
        Text("required by zone", "基準（区域区分）"),
        Text("required, uniform", "基準（一律）"),
    )
    axes.set_yticks([0, 1, 2], [word(language) for word in words])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.15 * max(left, found.required_under("uniform", out), 1.0))
    axes.set_xlabel("kW")
    if sum(width > 0 for _, width, _ in parts) > 1:
        axes.legend(**_ABOVE, ncols=3)
    return figure


def cost_curve_figure(found: Answer, language: Language) -> Figure:
    """Net cost a kW of the houses with panels or added heat, from the cheapest to the dearest."""
    priced = found.wishes.objective == "cost"
    words = Text("; line: price of a kW by the whole plan", "。線は1kWの限界価格（計画全体）")
    line = words if priced else Text("", "")
    # Added heat counts as the solar power that it equals, as its cost is in that of the house.
    size = found.kw + found.heat_kw - found.houses.heat_kw
    heat = Text(" (added heat converted)", "、追加する熱利用は換算") if found.heat.any() else Text("", "")
    page = _page(
        found,
        Text("Cost curve", "費用曲線"),
        Text(
            f"net cost of a kW{heat.en}, houses with panels from the cheapest on{line.en}",
            f"設置住宅の1kW当たり純費用（安い順{heat.ja}）{line.ja}",
        ),
        2.6,
        language,
    )
    figure = page.figure()
    axes = page.axes(figure, 0.85, 0.45, 6.05, 2.0)
    equipped = np.flatnonzero(size > 0)
    each = found.cost[equipped] / size[equipped] / 1e4
    order = np.argsort(each, kind="stable")
    widths = np.cumsum(size[equipped][order])
    if widths.size:
        axes.step(
            np.append(0.0, widths), np.append(each[order][:1], each[order]), where="pre", color=BLUE, linewidth=1.2
        )
    highest = float(each.max(initial=0.0))
    if priced:
        price = found.plan.price("renewables") / 1e4
        axes.axhline(price, color=VERMILION, linewidth=0.9)
        highest = max(highest, price)
    # Costs that are all alike would lie on the upper edge.
    axes.set_ylim(min(0.0, 1.1 * float(each.min(initial=0.0))), 1.1 * highest if highest > 0 else None)
    axes.set_xlabel(Text("capacity so far [kW]", "累積容量 [kW]")(language))
    axes.set_ylabel(Text("10,000 JPY/kW", "万円/kW")(language))
    return figure


def map_figure(found: Answer, language: Language) -> Figure:
    """Capacity by municipality on a grid of tiles."""
    page = _page(
        found,
        Text("Where the panels go", "区市町村別の設置容量"),
        Text(
            "kW by municipality; grey: no houses; tiles keep neighbours together, not areas",
            "区市町村別のkW。灰色は対象住宅なし（配置は模式図で面積は表さない）",
        ),
        3.4,
        language,
    )
    figure = page.figure()
    axes = page.axes(figure, 0.15, 0.1, 6.9, 3.2)
    values = by_municipality(found)
    most = max([kw for _, _, kw in values.values()], default=0.0) or 1.0
    shades = sequence(101)
    tiles = {code: (float(tile["column"]), float(tile["row"])) for code, tile in classification("ward_tiles").items()}
    for code, (column, row) in tiles.items():
        kw = values[code][2] if code in values else 0.0
        shade = shades[int(100 * kw / most)] if code in values else "#F2F2F2"
        axes.add_patch(Rectangle((column, row), 0.94, 0.94, color=shade))
        ink = "white" if kw > 0.45 * most else INK
        axes.text(column + 0.47, row + 0.33, _tile_name(code, language), ha="center", va="center",
                  fontsize=_NAME_TYPE[language], color=ink, linespacing=1.05)  # fmt: skip
        if code in values:
            amount = f"{kw:,.{int(0 < kw < 10)}f}"
            axes.text(column + 0.47, row + 0.72, amount, ha="center", va="center", fontsize=_AMOUNT_TYPE, color=ink)
    axes.set_xlim(min(column for column, _ in tiles.values()) - 0.1, max(column for column, _ in tiles.values()) + 1)
    axes.set_ylim(max(row for _, row in tiles.values()) + 1, min(row for _, row in tiles.values()) - 0.05)
    axes.axis("off")
    return figure


def _tile_name(code: str, language: Language) -> str:
    """Return a municipality's name as it fits into a tile."""
    if language == "ja":
        return municipalities()[code].name_ja.removesuffix("区").removesuffix("市")
    return classification("ward_tiles")[code]["short_en"].replace("|", "\n")


def prices_figure(found: Answer, language: Language) -> Figure:
    """What one unit of each rule that binds is worth."""
    priced = {name: price for name, (price, _) in found.prices().items() if price > 0}
    page = _page(
        found,
        Text("Price of each rule", "規定の価格"),
        Text(
            "saved by one unit less of a rule (logarithmic bars, units differ); rules without a bar cost nothing",
            "規定を1単位緩めたときの節約額。棒は対数目盛で単位は規定ごとに異なる（表示のない規定は費用なし）",
        ),
        0.9 + 0.35 * max(len(priced), 1),
        language,
    )
    figure = page.figure()
    axes = page.axes(figure, 2.6, 0.42, 3.3, 0.3 + 0.35 * max(len(priced), 1))
    if not priced:
        axes.text(0.5, 0.5, Text("no rule binds", "制約となる規定はありません")(language), ha="center", va="center")
        axes.axis("off")
        return figure
    names = list(priced)
    axes.barh(range(len(names)), [priced[name] for name in names], color=GREEN, height=0.55)
    axes.set_yticks(range(len(names)), [rule_name(name)(language) for name in names])
    for place, name in enumerate(names):
        unit = unit_of_price(found.wishes.objective, name, language)
        shown = f" {number(priced[name], 0 if priced[name] >= 100 else 2)} {unit}"
        axes.text(priced[name], place, shown, va="center", fontsize=7)
    axes.invert_yaxis()
    axes.set_xscale("symlog", linthresh=1.0)
    axes.set_xlim(0, 30 * max(priced.values()))
    axes.xaxis.set_major_locator(NullLocator())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.spines["bottom"].set_visible(False)
    return figure


def trade_off_figure(found: Answer, language: Language) -> Figure:
    """Both objectives along the front; each point is a proven plan."""
    page = _page(
        found,
        Text("Trade-off between two objectives", "二つの目的の関係"),
        Text("each point is the best plan for what it reaches of the other objective",
             "各点は、もう一方の目的の水準ごとの最適計画"),
        2.6,
        language,
    )  # fmt: skip
    figure = page.figure()
    axes = page.axes(figure, 0.95, 0.45, 5.95, 2.0)
    points = () if found.front is None else found.front.points
    names = [found.wishes.objective, found.wishes.objective if found.front is None else found.front.other]
    scales = [1e6 if OBJECTIVE_UNITS[name] == "JPY" else 1.0 for name in names]
    axes.plot([one.second / scales[1] for one in points], [one.first / scales[0] for one in points], marker="o",
              markersize=4, color=BLUE, linewidth=1.2)  # fmt: skip
    money = Text("million JPY", "百万円")(language)
    units = [money if scale > 1 else unit_name(OBJECTIVE_UNITS[name], language)
             for name, scale in zip(names, scales, strict=True)]  # fmt: skip
    first, second = (f"{OBJECTIVE_NAMES[name](language)} [{unit}]" for name, unit in zip(names, units, strict=True))
    axes.set_ylabel(first)
    axes.set_xlabel(second)
    return figure


#: Every figure by the name of its file.
FIGURES: Final[dict[str, Callable[[Answer, Language], Figure]]] = {
    "sizes": sizes_figure,
    "requirement": requirement_figure,
    "cost_curve": cost_curve_figure,
    "map": map_figure,
    "prices": prices_figure,
}
