"""Figures of a schedule: path against the duty, bank and expiry, cash flow, cost of a tonne, works by year."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.figure import Figure

from model.language import Language, Text
from model.optimise.facility_schedule_tables import measure_name
from model.report.figure_parts import draw_in_both_languages
from model.report.schedule_tables import Answer, abatement
from model.report.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Page,
    fitted,
    year_ticks,
)

_SOURCE = Text(
    "Rules and assumptions with source and quality: sheet “rules used”.",
    "規定・前提の出典と品質は「使用した規定」シートを参照。",
)
_MILLION = Text("million JPY", "百万円")


def draw_schedule(answer: Answer, folder: Path) -> list[Path]:
    """Draw every figure in both languages and return the files."""
    return draw_in_both_languages(answer, FIGURES, folder)


def _page(answer: Answer, title: Text, message: Text, language: Language, body: float = 3.1) -> Page:
    problem = answer.schedule.problem
    whose = Text(
        f"{problem.facilities} facilities, {answer.settings.rule_set}",
        f"{problem.facilities}事業所、{answer.settings.rule_set}",
    )
    return Page(title(language), whose(language), message(language), _SOURCE(language), body, language)


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
    page = _page(answer, Text("Emissions against the duty", "排出量と削減義務"), message, language)
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
    axes.set_ylabel(Text("kt-CO2 a year", "千t-CO2／年")(language))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=7)
    year_ticks(axes, years, language, 5)
    return figure


def bank(answer: Answer, language: Language) -> Figure:
    """Draw how each period is met: own reduction, bank, credits; and what expires."""
    problem, amounts = answer.schedule.problem, answer.schedule.amounts
    places, kilo = np.arange(problem.periods), 1e-3
    expiring = kilo * float(amounts.expired_t.sum())
    page = _page(answer, Text("How each period is met", "計画期間ごとの履行方法"),
                 Text(f"{expiring:,.1f} kt kept from earlier periods expire unused.",
                      f"繰越分のうち{expiring:,.1f}千tが未使用のまま失効。"), language)  # fmt: skip
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
    axes.axhline(0, color=BLACK, linewidth=0.6)
    axes.set_xticks(places, [Text(f"period {n}", f"第{n}期")(language) for n in problem.period_numbers])
    axes.set_ylabel(Text("kt-CO2", "千t-CO2")(language))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=7)
    return figure


def cash(answer: Answer, language: Language) -> Figure:
    """Draw money by year: works paid for against energy saved."""
    problem = answer.schedule.problem
    paid = 1e-6 * np.sum([plan.paid for plan in answer.schedule.plans], axis=0)
    message = Text(f"Most is paid in FY{problem.years[int(np.argmax(paid))]}: {paid.max():,.0f} million JPY.",
                   f"支出の最大は{problem.years[int(np.argmax(paid))]}年度の{paid.max():,.0f}百万円。")  # fmt: skip
    page = _page(answer, Text("Money for works by year", "年度別の対策工事費"), message, language)
    figure = page.figure()
    axes = page.axes(figure, 0.85, 0.45, 5.9, 2.5)
    axes.bar(problem.years, paid, color=BLUE, width=0.7)
    if np.isfinite(problem.budget).any():
        axes.step(problem.years, 1e-6 * problem.budget, where="mid", color=VERMILION, linewidth=1.2)
        axes.annotate(
            Text("budget", "予算")(language),
            (problem.years[0], 1e-6 * problem.budget[0]),
            fontsize=7,
            color=VERMILION,
            va="bottom",
        )
    axes.set_ylabel(_MILLION(language))
    year_ticks(axes, problem.years, language, 5)
    axes.set_xlim(problem.years[0] - 0.6, problem.years[-1] + 0.6)
    return figure


def curve(answer: Answer, language: Language) -> Figure:
    """Draw the cost of a tonne of every measure against the tonnes it takes away (MACC)."""
    found = abatement(answer.schedule)
    paying = sum(one.tonnes for one in found if one.cost < 0) / max(sum(one.tonnes for one in found), 1e-9)
    message = Text(f"Measures alone: {100 * paying:.0f} % of the tonnes pay for themselves.",
                   f"単独実施の場合、削減量の{100 * paying:.0f}％は費用を上回る便益がある。")  # fmt: skip
    page = _page(answer, Text("Cost of a tonne by measure", "対策別の限界削減費用"), message, language, 3.4)
    figure = page.figure()
    axes = page.axes(figure, 2.6, 0.45, 4.2, 2.85)
    places = np.arange(len(found))
    axes.barh(
        places, [one.per_tonne / 1e3 for one in found], color=[GREEN if one.cost < 0 else ORANGE for one in found]
    )
    axes.set_yticks(
        places, [fitted(measure_name(one.measure, answer.tables.measures)(language), 38) for one in found], fontsize=7
    )
    axes.invert_yaxis()
    axes.axvline(0, color=BLACK, linewidth=0.6)
    axes.set_xlabel(Text("1,000 JPY a tonne", "千円／t-CO2")(language))
    return figure


def gantt(answer: Answer, language: Language) -> Figure:
    """Draw which measure is done in how many facilities in each year."""
    problem = answer.schedule.problem
    done = zip(problem.works, answer.schedule.starts, strict=True)
    ids = list(dict.fromkeys(w.measure for own, at in done for w, s in zip(own, at, strict=True) if s >= 0))
    counts = np.zeros((len(ids), len(problem.years)))
    for own, starts in zip(problem.works, answer.schedule.starts, strict=True):
        for work, start in zip(own, starts, strict=True):
            if start >= 0:
                counts[ids.index(work.measure), start] += 1
    message = Text(f"{int(counts.sum())} works in all; the larger a dot, the more facilities.",
                   f"対策は全{int(counts.sum())}件（円の大きさは事業所数）。")  # fmt: skip
    page = _page(answer, Text("Works by year", "対策の実施時期"), message, language, 3.4)
    figure = page.figure()
    axes = page.axes(figure, 2.6, 0.45, 4.2, 2.85)
    rows, columns = np.nonzero(counts)
    sizes = 12 + 90 * counts[rows, columns] / counts.max(initial=1.0)
    axes.scatter(problem.years[columns], rows, s=sizes, color=BLUE, alpha=0.75, linewidth=0)
    axes.set_yticks(
        np.arange(len(ids)),
        [fitted(measure_name(one, answer.tables.measures)(language), 38) for one in ids],
        fontsize=7,
    )
    axes.set_ylim(max(len(ids), 1) - 0.5, -0.5)
    year_ticks(axes, problem.years, language, 5)
    axes.set_xlim(problem.years[0] - 1, problem.years[-1] + 1)
    axes.grid(axis="y", linewidth=0.3)
    return figure


FIGURES: Final[dict[str, Callable[[Answer, Language], Figure]]] = {
    "path": path,
    "bank": bank,
    "cash_flow": cash,
    "cost_of_a_tonne": curve,
    "works": gantt,
}
