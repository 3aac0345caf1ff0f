"""Figures of a schedule: path against the duty, bank and expiry, cash flow, cost of a tonne, works by year."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from model.language import Language, Text
from model.optimise.facility_schedule.abatement import abatement
from model.optimise.facility_schedule.tables import measure_name
from model.report.figure_parts import draw_in_both_languages
from model.report.schedule.cash import FLOW_NAMES, cash_flow
from model.report.schedule.gantt import figure_page, works_figure
from model.report.schedule.tables import Answer
from model.report.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    fitted,
    year_ticks,
)

_MILLION = Text("million JPY", "百万円")

#: Room of a number above a step, in parts of the axes.
_NUMBER_WIDE, _NUMBER_HIGH = 0.03, 0.045


def draw_schedule(answer: Answer, folder: Path) -> list[Path]:
    """Draw every figure in both languages and return the files."""
    return draw_in_both_languages(answer, FIGURES, folder)


def path(answer: Answer, language: Language) -> Figure:
    """Draw emissions against what the duty allows."""
    problem, amounts = answer.schedule.problem, answer.schedule.amounts
    years, kilo = problem.years, 1e-3
    without = kilo * np.einsum("fcy,fc,fy->y", problem.factor, problem.energy, problem.growth)
    emitted = kilo * amounts.emissions_t.sum(axis=0)
    allowed = kilo * (problem.base_t * (1 - problem.rate)).sum(axis=0)
    raw = kilo * np.sum([plan.raw_emissions_t for plan in answer.schedule.plans], axis=0)
    last = emitted[-1] / (kilo * problem.base_t.sum(axis=0)[-1])
    message = Text(
        f"In the last year {100 * (1 - last):.0f} % below the base.",
        f"最終年度は基準排出量比{100 * (1 - last):.0f}％削減。",
    )
    page = figure_page(answer, Text("Emissions against the duty", "排出量と削減義務"), message, language)
    figure = page.figure()
    axes = page.axes(figure, 0.75, 0.45, 4.9, 2.5)
    lines = (
        (without, GREY, ":", Text("without measures", "対策なし")),
        (raw, ORANGE, "--", Text("after works", "対策工事後")),
        (emitted, BLUE, "-", Text("after renewables", "再エネ調達後")),
    )
    for values, colour, dash, name in lines:
        axes.plot(years, values, color=colour, linestyle=dash, linewidth=1.6, label=name(language))
    axes.step(
        years,
        allowed,
        where="mid",
        color=BLACK,
        linewidth=1.2,
        label=Text("mean allowed", "排出上限（年平均）")(language),
    )
    axes.set_ylim(0, None)
    axes.set_ylabel(Text("kt-CO₂ a year", "千t-CO₂／年")(language))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=7)
    year_ticks(axes, years, language, 5)
    return figure


def bank(answer: Answer, language: Language) -> Figure:
    """Draw how shortfalls are covered, what becomes of the excess, and what is kept for the next period."""
    problem, amounts = answer.schedule.problem, answer.schedule.amounts
    places, kilo = np.arange(problem.periods), 1e-3
    expiring = kilo * float(amounts.expired_t.sum())
    lost = Text(f" {expiring:,.1f} kt expire.", f"繰越分のうち{expiring:,.1f}千tが未使用のまま失効。")
    lost = lost if expiring > 0 else Text("", "")
    page = figure_page(answer, Text("Excess, bank and expiry by period", "超過削減量・繰越・失効と不足の充当"),
                 Text(f"Above zero: what covers shortfalls; below: what leaves the bank.{lost.en}",
                      f"正：義務不足量への充当、負：売却・失効。{lost.ja}"),
                 language)  # fmt: skip
    figure = page.figure()
    axes = page.axes(figure, 0.75, 0.45, 4.4, 2.5)
    up = (
        (amounts.kept_t, GREEN, Text("kept, used", "繰越の充当")),
        (amounts.received_t, SKY, Text("own facilities", "自社間移転")),
        (amounts.bought_t + amounts.bought_kept_t, BLUE, Text("credits", "クレジット")),
        (amounts.outside_t + amounts.outside_kept_t, PURPLE, Text("outside Tokyo", "都外クレジット")),
        (amounts.ordered_t + amounts.missing_t, VERMILION, Text("order or not covered", "命令・未充足")),
    )
    bottom = np.zeros(problem.periods)
    for values, colour, name in (one for one in up if one[0].any()):
        height = kilo * values.sum(axis=0)
        axes.bar(places, height, bottom=bottom, color=colour, width=0.6, label=name(language))
        bottom += height
    sold = kilo * amounts.sold_by_period(problem).sum(axis=0)
    expired = kilo * amounts.expired_t.sum(axis=0)
    if sold.any():
        axes.bar(places, -sold, color=ORANGE, width=0.6, label=Text("sold", "売却")(language))
    if expired.any():
        axes.bar(places, -expired, bottom=-sold, color=GREY, width=0.6, label=Text("expired", "失効")(language))
    banked = kilo * (amounts.excess_t - amounts.given_t).sum(axis=0) - sold
    if banked.any():
        name = Text("bank at its end", "期末の繰越残高")
        axes.plot(places, banked, color=BLACK, marker="D", markersize=4, linewidth=0.8, label=name(language))
    axes.axhline(0, color=BLACK, linewidth=0.6)
    axes.set_xticks(places, [Text(f"period {n}", f"第{n}期")(language) for n in problem.period_numbers])
    axes.set_ylabel(Text("kt-CO₂", "千t-CO₂")(language))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=7)
    return figure


def cash(answer: Answer, language: Language) -> Figure:
    """Draw the money of each year by part, what is left of it, and the budget for works."""
    problem = answer.schedule.problem
    years, million = problem.years, 1e-6
    flows = {name: million * flow[: len(years)] for name, flow in cash_flow(answer.schedule).items() if flow.any()}
    net = np.sum(list(flows.values()), axis=0) if flows else np.zeros(len(years))
    paid = flows.get("works", np.zeros(len(years)))
    most = int(np.argmax(paid))
    message = Text(
        f"Most is paid for works in FY{years[most]}: {paid[most]:,.0f} million JPY. Below zero: saved or earned; not "
        "discounted.",
        f"対策工事の支払の最大は{years[most]}年度の{paid[most]:,.0f}百万円。負は節減・収入（割引前）。",
    )
    page = figure_page(answer, Text("Cash flow by year", "年度別収支"), message, language)
    figure = page.figure()
    axes = page.axes(figure, 0.85, 0.45, 4.6, 2.5)
    up, down = np.zeros(len(years)), np.zeros(len(years))
    # Each flow has its colour, whichever others there are.
    colours = dict(zip(FLOW_NAMES, (BLUE, GREEN, SKY, PURPLE, GREY, ORANGE), strict=True))
    for name, flow in flows.items():
        base = np.where(flow >= 0, up, down)
        axes.bar(years, flow, bottom=base, color=colours[name], width=0.7, label=FLOW_NAMES[name](language))
        up, down = up + np.maximum(flow, 0.0), down + np.minimum(flow, 0.0)
    axes.plot(years, net, color=BLACK, marker=".", linewidth=0.9, label=Text("net", "収支")(language))
    if np.isfinite(problem.budget).any():
        allowed = Text("budget", "予算")(language)
        axes.step(years, million * problem.budget, "--", where="mid", color=VERMILION, lw=1.0, label=allowed)
    axes.axhline(0, color=BLACK, linewidth=0.6)
    axes.set_ylabel(_MILLION(language))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=6.5)
    year_ticks(axes, years, language, 5)
    axes.set_xlim(years[0] - 0.6, years[-1] + 0.6)
    return figure


def curve(answer: Answer, language: Language) -> Figure:
    """Draw the portfolio's abatement costs (MACC): a step a measure, as wide as its tonnes."""
    found = abatement(answer.schedule)
    total = max(sum(one.tonnes for one in found), 1e-9)
    paying = sum(one.tonnes for one in found if one.cost < 0) / total
    message = Text(f"Each measure alone: {100 * paying:.0f} % of the tonnes pay for themselves.",
                   f"各対策を単独で実施した場合。削減量の{100 * paying:.0f}％は費用を上回る便益がある。")  # fmt: skip
    title = Text("Abatement costs of the portfolio (MACC)", "限界削減費用曲線（全事業所）")
    page = figure_page(answer, title, message, language, 3.4)
    figure = page.figure()
    axes = page.axes(figure, 0.75, 0.45, 3.6, 2.8)
    ends = 1e-3 * np.cumsum([one.tonnes for one in found])
    heights = np.array([one.per_tonne / 1e3 for one in found])
    starts = np.concatenate([[0.0], ends[:-1]])
    colours = [GREEN if one.cost < 0 else ORANGE for one in found]
    axes.bar(starts, heights, ends - starts, align="edge", color=colours, edgecolor="white", linewidth=0.4)
    reach = float(np.ptp(np.append(heights, 0.0))) or 1.0
    middles, lifted = 0.5 * (starts + ends), 0
    for place, (middle, height) in enumerate(zip(middles, heights, strict=True)):
        # Numbers of narrow steps side by side stand one above the other.
        beside = place > 0 and middle - middles[place - 1] < _NUMBER_WIDE * ends[-1]
        level = abs(height - heights[place - 1]) < _NUMBER_HIGH * reach if beside else False
        lifted = lifted + 1 if level else 0
        away = (0.015 + lifted * _NUMBER_HIGH) * reach
        axes.text(middle, height + (away if height >= 0 else -away), str(place + 1), fontsize=6.5,
                  ha="center", va="bottom" if height >= 0 else "top")  # fmt: skip
    axes.axhline(0, color=BLACK, linewidth=0.6)
    axes.margins(y=0.1)
    axes.set_xlabel(Text("kt-CO₂ over the plan", "計画全体の累積削減量［千t-CO₂］")(language))
    axes.set_ylabel(Text("1,000 JPY a tonne", "千円／t-CO₂")(language))
    lines = [
        f"{number}  {fitted(measure_name(one.measure, answer.tables.measures)(language), 40)}"
        for number, one in enumerate(found, start=1)
    ]
    axes.text(1.03, 1.0, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=6.8, linespacing=1.5)
    return figure


FIGURES: Final[dict[str, Callable[[Answer, Language], Figure]]] = {
    "path": path,
    "bank": bank,
    "cash_flow": cash,
    "cost_of_a_tonne": curve,
    "works": works_figure,
}
