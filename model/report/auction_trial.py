"""Simulated auctions for people: settings side by side, no-award probability against the reserve price."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from pathlib import Path

import numpy as np
import xarray as xr

from model.language import Language, Text
from model.optimise.auction_simulation import Outcomes, no_award_probability
from model.report.auction_page import write_page
from model.report.auction_workbook import Sheets
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
        Text("awarded [%]", "落札率 [%]"),
        Text("standard error [%]", "標準誤差 [%]"),
        Text("price if awarded [JPY/year]", "落札時の価格 [円/年]"),
        Text("standard error [JPY]", "標準誤差 [円]"),
        Text("offers", "入札回数"),
        Text("extensions", "延長回数"),
        Text("longest overrun [h]", "最長超過 [時間]"),
    )
    rows: list[list[Cell]] = [[name(language) for name in names]]
    for one in sorted(found, key=lambda outcome: outcome.cost):
        rows.append([
            round(100 * one.setting.start / reference, 2), round(100 * one.setting.decrement / reference, 2),
            one.setting.opens.isoformat(" ", "minutes"), one.setting.closes.isoformat(" ", "minutes"), round(one.cost),
            round(100 * one.awarded, 2), round(100 * one.awarded_error, 2), _rounded(one.price),
            _rounded(one.price_error), round(one.offers, 1), round(one.extensions, 2), round(one.longest, 1),
        ])  # fmt: skip
    head: list[Cell] = [
        Text("reserve [% of reference]", "予定価格 [参照料金比%]")(language),
        Text("probability of no award, formula [%]", "不落確率（理論）[%]")(language),
        Text("simulated [%]", "不落確率（模擬）[%]")(language),
    ]
    table: list[list[Cell]] = [head]
    for row in curve.tolist():
        table.append([round(row[0], 2), round(100 * row[1], 2), round(100 * row[2], 2)])
    return {Text("settings", "設定比較")(language): rows, Text("no award", "不落確率")(language): table}


def _rounded(value: float) -> float | None:
    return None if isnan(value) else round(value)


def reserve_curve(bounds: tuple[float, float], bidders: int, runs: int, seed: int) -> np.ndarray:
    """Return reserve [% of the highest cost], probability of no award by formula and by draws, one row a reserve."""
    lowest, highest = bounds
    draws = np.random.default_rng(seed).uniform(lowest, highest, (runs, bidders)).min(axis=1)
    reserves = np.linspace(lowest, highest, 25)
    rows = []
    for one in reserves:
        expected = no_award_probability(float(one), bidders, lowest, highest)
        rows.append([100 * one / highest, expected, float((draws >= one).mean())])
    return np.array(rows)


def trial_lines(found: Sequence[Outcomes], reference: float, bidders: int, language: Language) -> list[str]:
    """Return the trial in a few sentences."""
    best, worst = min(found, key=lambda one: one.cost), max(found, key=lambda one: one.cost)
    setting = best.setting
    start, step, end = setting.start / reference, setting.decrement / reference, f"{setting.closes:%Y-%m-%d %H:%M}"
    lines = [
        Text(f"{bidders} bidders; cheapest on average {best.cost:,.0f} JPY: "
             f"start at {start:.0%} of the reference, decrement {step:.1%}, window to {end}.",
             f"応札者{bidders}者。平均費用が最も低い設定は {best.cost:,.0f} 円："
             f"開始価格は参照料金の{start:.0%}、最小入札幅{step:.1%}、終了 {end}。"),
        Text(f"The dearest setting costs {worst.cost:,.0f} JPY; awarded {worst.awarded:.0%} of the time.",
             f"最も高い設定は {worst.cost:,.0f} 円（落札率{worst.awarded:.0%}）。"),
        Text("Costs of bidders are drawn; when they look is assumed (sheet of assumptions of the plan).",
             "事業者の費用は乱数、応札の時機は仮定です（計画の「前提」参照）。"),
    ]  # fmt: skip
    return [line(language) for line in lines]


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
    source = Text("line: formula; dots: drawn costs", "線：理論値、点：乱数による模擬")
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
