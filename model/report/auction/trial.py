"""Simulated auctions for people: settings side by side, no-award probability against the reserve price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from pathlib import Path

import numpy as np
import xarray as xr

from model.language import Language, Text
from model.optimise.auction_choice import LEVERS, as_good, at_the_edge, difference, levels
from model.optimise.auction_simulation import Outcomes, Setting, no_award_probability, try_out, uniform_costs
from model.report.auction.page import write_page
from model.report.auction.workbook import Sheets
from model.report.style import BLUE, VERMILION, Page, drawing, save
from model.spreadsheet import Cell


def trial_sheets(found: Sequence[Outcomes], reference: float, curve: np.ndarray, language: Language) -> Sheets:
    """Return the sheets of a trial by name: settings cheapest first, and the probability of no award."""
    names = (
        Text("start price [% of reference]", "開始価格 [参照料金比%]"),
        Text("decrement [% of reference]", "最小入札幅 [参照料金比%]"),
        Text("opens", "開始"),
        Text("closes", "終了"),
        Text("mean cost [JPY/year]", "平均費用 [円/年]"),
        Text("more than the cheapest, same bidders [JPY]", "最安設定との差（同じ応札者）[円]"),
        Text("standard error [JPY]", "標準誤差 [円]"),
        Text("awarded [%]", "落札率 [%]"),
        Text("standard error [%]", "標準誤差 [%]"),
        Text("price if awarded [JPY/year]", "落札時の価格 [円/年]"),
        Text("standard error [JPY]", "標準誤差 [円]"),
        Text("offers", "入札回数"),
        Text("extensions", "延長回数"),
        Text("longest overrun [h]", "最長超過 [時間]"),
    )
    rows: list[list[Cell]] = [[name(language) for name in names]]
    ordered = sorted(found, key=lambda outcome: outcome.cost)
    for one in ordered:
        above = difference(one, ordered[0])
        rows.append([
            round(100 * one.setting.start / reference, 2), round(100 * one.setting.decrement / reference, 2),
            one.setting.opens.isoformat(" ", "minutes"), one.setting.closes.isoformat(" ", "minutes"), round(one.cost),
            round(above.more), round(above.error), round(100 * one.awarded, 2), round(100 * one.awarded_error, 2),
            _rounded(one.price), _rounded(one.price_error), round(one.offers, 1), round(one.extensions, 2),
            round(one.longest, 1),
        ])  # fmt: skip
    head: list[Cell] = [
        Text("reserve [% of reference]", "予定価格 [参照料金比%]")(language),
        Text("probability of no award, formula [%]", "不落確率（理論）[%]")(language),
        Text("simulated [%]", "不落確率（模擬）[%]")(language),
    ]
    table: list[list[Cell]] = [head]
    for row in curve.tolist():
        table.append([round(row[0], 2), round(100 * row[1], 2), round(100 * row[2], 2)])
    return {
        Text("settings", "設定比較")(language): rows,
        Text("choices", "項目別の選択")(language): _lever_table(found, reference, language),
        Text("no award", "不落確率")(language): table,
    }


def _lever_table(found: Sequence[Outcomes], reference: float, language: Language) -> list[list[Cell]]:
    """Return the values of each lever, cheapest first, averaged over the settings of the others."""
    names = (
        Text("choice", "項目"),
        Text("value", "値"),
        Text("mean cost over the other choices [JPY/year]", "他の項目を平均した費用 [円/年]"),
        Text("more than the cheapest value [JPY]", "最安値との差 [円]"),
        Text("standard error [JPY]", "標準誤差 [円]"),
        Text("surely dearer", "差は有意か"),
    )
    rows: list[list[Cell]] = [[name(language) for name in names]]
    sure, chance, cheapest = Text("yes", "有意"), Text("may be chance", "偶然の範囲"), Text("cheapest", "最安")
    for lever, (name, _) in LEVERS.items():
        for place, one in enumerate(levels(found, lever)):
            word = cheapest if place == 0 else sure if one.above.sure else chance
            rows.append([
                name(language), _written(lever, one.setting, reference), round(one.cost), round(one.above.more),
                round(one.above.error), word(language),
            ])  # fmt: skip
    return rows


def _written(lever: str, setting: Setting, reference: float) -> str:
    """Return the value of a lever for people."""
    if lever == "closes":
        return f"{setting.opens:%Y-%m-%d %H:%M} – {setting.closes:%Y-%m-%d %H:%M}"
    return f"{getattr(setting, lever) / reference:.1%}"


def _rounded(value: float) -> float | None:
    return None if isnan(value) else round(value)


def reserve_curve(usual: Setting, bounds: tuple[float, float], bidders: int, runs: int, seed: int) -> np.ndarray:
    """Return reserve [% of the highest cost], probability of no award by formula and by auctions, one row a reserve.

    Args:
        usual: window and decrement; an award must be a decrement below the start price, which stands for the reserve.
        bounds: lowest and highest cost of a bidder [JPY].
        bidders: how many.
        runs: auctions for each reserve.
        seed: of the draws.
    """
    lowest, highest = bounds
    rows = []
    for one in np.linspace(lowest, highest, 25).tolist():
        expected = no_award_probability(one, bidders, lowest, highest)
        setting = replace(usual, start=one + usual.decrement)
        met = try_out(setting, uniform_costs(bidders, lowest, highest), highest, runs, seed)
        rows.append([100 * one / highest, expected, 1.0 - met.awarded])
    return np.array(rows)


def trial_lines(found: Sequence[Outcomes], reference: float, bidders: int, language: Language) -> list[str]:
    """Return the trial in a few sentences."""
    best, worst = min(found, key=lambda one: one.cost), max(found, key=lambda one: one.cost)
    start, step, end = (_written(lever, best.setting, reference) for lever in LEVERS)
    runs, others = len(best.costs), len(as_good(found)) - 1
    lines = [
        Text(f"{bidders} bidders; cheapest on average {best.cost:,.0f} JPY: "
             f"start at {start} of the reference, decrement {step}, window {end}; "
             f"awarded {best.awarded:.1%} of the time.",
             f"応札者{bidders}者。平均費用が最も低い設定は {best.cost:,.0f} 円："
             f"開始価格は参照料金の{start}、最小入札幅{step}、期間 {end}（落札率{best.awarded:.1%}）。"),
        Text(f"Of the other {len(found) - 1} settings, {others} cannot be told from it by {runs:,} auctions each "
             "with the same bidders (two standard errors).",
             f"他の{len(found) - 1}設定のうち{others}設定は、同じ応札者による各{runs:,}回の模擬では"
             "最安設定と区別できません（標準誤差の2倍以内）。"),
        *(_lever_line(found, lever, reference) for lever in LEVERS),
        Text(f"The dearest setting costs {worst.cost:,.0f} JPY; awarded {worst.awarded:.0%} of the time.",
             f"最も高い設定は {worst.cost:,.0f} 円（落札率{worst.awarded:.0%}）。"),
        Text("The bidders of the model need no time to work out a price and know their costs, so nothing here speaks "
             "against a short window; in practice they need one.",
             "模擬の応札者は見積りに時間を要さず費用を知っているため、期間の短さの不利は現れません。実際には見積期間が必要です。"),
        Text("Costs of bidders are drawn; when they look is assumed (sheet of assumptions of the plan).",
             "事業者の費用は乱数、応札の時機は仮定です（計画の「前提」参照）。"),
    ]  # fmt: skip
    return [line(language) for line in lines]


def _lever_line(found: Sequence[Outcomes], lever: str, reference: float) -> Text:
    """Return what one lever speaks for, over all settings of the others."""
    name, (first, *rest) = LEVERS[lever][0], levels(found, lever)
    best = _written(lever, first.setting, reference)
    if not any(one.above.sure for one in rest):
        return Text(f"{name.en.capitalize()}: no difference beyond chance between the values tried (least {best}).",
                    f"{name.ja}：試した値の間に偶然を超える差はありません（最小は{best}）。")  # fmt: skip
    tied = [_written(lever, one.setting, reference) for one in rest if not one.above.sure]
    dearer = next(one for one in rest if one.above.sure)
    value, more, error = _written(lever, dearer.setting, reference), dearer.above.more, dearer.above.error
    edge = at_the_edge(found, lever)
    return Text(
        f"{name.en.capitalize()}: {' or '.join([best, *tied])} on average over the other choices; {value} costs "
        f"{more:,.0f} ± {error:,.0f} JPY more"
        + ("; the cheapest setting has an outermost value of those tried; one beyond may do better." if edge else "."),
        f"{name.ja}：他の項目を平均して{'又は'.join([best, *tied])}。"
        f"{value}では {more:,.0f} ± {error:,.0f} 円高くなります"
        + ("（最安の設定は試した範囲の端の値であり、範囲外がより安い可能性があります）。" if edge else "。"),
    )


def write_trial(
    folder: Path, sheets: Sheets, lines: Sequence[str], curve: np.ndarray, found: Sequence[Outcomes], language: Language
) -> None:
    """Write Dataset, figure and page of a trial."""
    values = {
        name: ("setting", np.array([getattr(one, name) for one in found]))
        for name in ("awarded", "price", "price_error", "cost", "offers", "extensions", "longest")
    }
    values |= {
        name: ("setting", np.array([getattr(one.setting, name) for one in found])) for name in ("start", "decrement")
    }
    closes = ("setting", [one.setting.closes.isoformat() for one in found])
    xr.Dataset(values, coords={"closes": closes}).to_netcdf(folder / "simulation.nc", engine="h5netcdf")
    figures = folder / "figures"
    figures.mkdir()
    title = Text("Probability of no award against the reserve price", "予定価格と不落確率")
    subject = Text("joint purchase of renewable electricity by the wards", "特別区による再エネ電力の共同購入")
    source = Text("line: formula; dots: simulated auctions", "線：理論値、点：模擬オークション")
    with drawing(language):
        page = Page(title(language), subject(language), lines[-1], source(language), 3.0, language)
        figure = page.figure()
        axes = page.axes(figure, 0.7, 0.45, 6.2, 2.4)
        axes.plot(curve[:, 0], 100 * curve[:, 1], color=BLUE)
        axes.plot(curve[:, 0], 100 * curve[:, 2], color=VERMILION, marker="o", markersize=3, linestyle="")
        axes.set_xlabel(Text("reserve price [% of reference]", "予定価格 [参照料金比%]")(language))
        axes.set_ylabel(Text("no award [%]", "不落確率 [%]")(language))
        drawn = save(figure, figures / "no_award")
    heading = Text("Trial of the descending auction", "下げ競りの模擬実験")
    write_page(folder / "report.html", heading(language), lines, sheets, drawn, language)
