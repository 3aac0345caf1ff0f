"""Figures of an auction: saving by ward, price ladder, load duration, what could go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model.language import Language, Text
from model.optimise.joint_purchase.answer import Answer
from model.optimise.joint_purchase.auction import FloatArray
from model.report.auction.workbook import ward_name
from model.report.style import BLUE, FAINT, GREEN, GREY, ORANGE, VERMILION, Page, drawing, save

_MILLION = 1e6
#: A load curve whose highest hour stays below this part of the pooled peak is one of mean days.
_FLAT = 0.9
_BODY = 3.2


def _page(title: Text, message: str, language: Language, body: float = _BODY) -> Page:
    """Return a page of an auction figure."""
    subject = Text("joint purchase of renewable electricity by the wards", "特別区による再エネ電力の共同購入")
    source = Text("own calculation from the tables given; taxes not included", "入力表から算定。消費税を含まない。")
    return Page(title(language), subject(language), message, source(language), body, language)


def award_figures(
    found: Answer, load: FloatArray, peaks: tuple[float, float], folder: Path, language: Language
) -> list[Path]:
    """Write every figure of a cleared auction.

    Args:
        found: award and bills.
        load: pooled load of all facilities by hour of a year [kW], in any order.
        peaks: expected peak of the pool, and sum of the peaks of all facilities [kW].
        folder: where to write.
        language: of the texts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with drawing(language):
        return [
            *saving_by_ward(found, folder, language),
            *price_ladder(found, folder, language),
            *load_duration(load, peaks, folder, language),
            *risks(
                [
                    (Text(f"{one.supplier} leaves", f"{one.supplier}の離脱")(language), one.cost)
                    for one in found.departures
                ]
                + [(one.rule(language), one.cost) for one in found.rules],
                Text("What could change: winners that leave, rules that bind", "影響の大きさ：事業者の離脱と各規則"),
                Text("change of the award [million JPY/year]", "影響額 [百万円/年]"),
                folder / "risk",
                language,
            ),
        ]


def saving_by_ward(found: Answer, folder: Path, language: Language) -> list[Path]:
    """Draw the saving of each ward against its stage-1 offer, or its bill where there is no offer."""
    purchase = found.built.purchase
    codes = list(purchase.wards)
    known = all(code in purchase.budgets for code in codes)
    bills = np.array([found.yearly[found.of_ward(code)].sum() for code in codes])
    values = np.array([purchase.budgets[code] for code in codes]) - bills if known else bills
    title = Text("Saving by ward", "区別の削減額") if known else Text("Bills by ward", "区別の電気料金")
    total = Text(
        f"total {values.sum() / _MILLION:,.1f} million JPY a year", f"合計 {values.sum() / _MILLION:,.1f} 百万円/年"
    )
    body = max(1.6, 0.17 * len(codes) + 0.6)
    page = _page(title, total(language), language, body)
    figure = page.figure()
    axes = page.axes(figure, 1.2, 0.4, 5.6, body - 0.5)
    order = np.argsort(values, kind="stable")
    colours = [GREEN if values[one] >= 0 else VERMILION for one in order]
    axes.barh(range(len(codes)), values[order] / _MILLION, color=colours)
    axes.set_yticks(range(len(codes)), [ward_name(codes[one], language) for one in order])
    axes.set_xlabel(Text("million JPY/year", "百万円/年")(language))
    return save(figure, folder / "saving_by_ward")


def price_ladder(found: Answer, folder: Path, language: Language) -> list[Path]:
    """Draw the price of every kWh bought, cheapest first, beside the reference."""
    energy = found.cleared.auction.energy
    unit = found.yearly / energy
    order = np.argsort(unit, kind="stable")
    steps = np.concatenate(([0.0], np.cumsum(energy[order]))) / _MILLION
    mean = float(found.total / energy.sum())
    title = Text("Price ladder: what each kWh costs", "単価の階段：1kWh当たりの料金")
    said = Text(
        f"mean {mean:.2f} JPY/kWh; low load factors stand on the right",
        f"平均 {mean:.2f} 円/kWh。負荷率の低い施設ほど右側",
    )
    page = _page(title, said(language), language)
    figure = page.figure()
    axes = page.axes(figure, 0.7, 0.45, 6.2, _BODY - 0.6)
    axes.stairs(unit[order], steps, color=BLUE, linewidth=1.4, baseline=None)
    axes.axhline(mean, color=FAINT, linewidth=0.7, linestyle=(0, (3, 2)))
    axes.set_xlabel(Text("energy, cheapest first [GWh/year]", "電力量（単価の低い順）[GWh/年]")(language))
    axes.set_ylabel(Text("JPY/kWh", "円/kWh")(language))
    axes.set_ylim(bottom=0)
    return save(figure, folder / "price_ladder")


def load_duration(load: FloatArray, peaks: tuple[float, float], folder: Path, language: Language) -> list[Path]:
    """Draw the load duration curve of all facilities together against the sum of their own peaks."""
    falling = np.sort(load)[::-1]
    pooled, sum_of_peaks = peaks
    title = Text("Load duration of all facilities together", "全施設合成の負荷持続曲線")
    flat = load.max() < _FLAT * pooled
    said = Text(
        f"pooled peak {pooled:,.0f} kW, {pooled / sum_of_peaks:.0%} of all peaks"
        + ("; mean days where half-hours are wanting: the top is lower" if flat else ""),
        f"合成最大の見込み {pooled:,.0f} kW（各施設最大の合計の{pooled / sum_of_peaks:.0%}）"
        + ("。30分値のない施設は平均日の負荷のため、曲線の最大は低めとなる" if flat else ""),
    )
    page = _page(title, said(language), language)
    figure = page.figure()
    axes = page.axes(figure, 0.7, 0.45, 6.2, _BODY - 0.6)
    axes.fill_between(np.arange(len(falling)), falling / 1000, color=BLUE, alpha=0.35, linewidth=0)
    axes.plot(falling / 1000, color=BLUE, linewidth=1.2)
    marks = (
        (sum_of_peaks, Text("sum of peaks", "各施設最大の合計"), "bottom", 1),
        (pooled, Text("pooled peak", "合成最大の見込み"), "top", -2),
    )
    for level, name, side, shift in marks:
        axes.axhline(level / 1000, color=ORANGE, linewidth=1.2)
        axes.annotate(name(language), (len(falling), level / 1000), ha="right", va=side, xytext=(0, shift),
                      textcoords="offset points", fontsize=7)  # fmt: skip
    axes.set_xlim(0, len(falling))
    axes.set_ylim(0, sum_of_peaks / 1000 * 1.1)
    axes.set_xlabel(Text("hours of a year", "年間時間数")(language))
    axes.set_ylabel("MW")
    return save(figure, folder / "load_duration")


def risks(amounts: Sequence[tuple[str, float]], title: Text, unit: Text, stem: Path, language: Language) -> list[Path]:
    """Draw amounts of money by what would cause them, the largest on top."""
    shown = sorted(amounts, key=lambda one: abs(one[1]))[-15:]
    body = max(1.4, 0.22 * len(shown) + 0.7)
    worst = shown[-1] if shown else ("–", 0.0)
    largest = Text(f"largest: {worst[0]}, {worst[1] / _MILLION:+,.1f} million JPY a year",
                   f"最大：{worst[0]} {worst[1] / _MILLION:+,.1f} 百万円/年")  # fmt: skip
    page = _page(title, largest(language), language, body)
    figure = page.figure()
    axes = page.axes(figure, 2.8, 0.45, 4.1, body - 0.55)
    values = [amount / _MILLION for _, amount in shown]
    axes.barh(range(len(shown)), values, color=[VERMILION if value > 0 else GREY for value in values])
    axes.set_yticks(range(len(shown)), [name for name, _ in shown])
    axes.axvline(0, color=FAINT, linewidth=0.7)
    axes.set_xlabel(unit(language))
    return save(figure, stem)
