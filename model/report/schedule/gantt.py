"""The works of a schedule over time (Gantt): a bar a work where there are few, a dot a measure and year where many."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.figure import Figure

from model.language import Language, Text
from model.optimise.facility_schedule.tables import measure_name
from model.report.schedule.tables import Answer
from model.report.schedule.words import RULE_SET_NAMES, whose_plan
from model.report.style import BLUE, FAINT, SKY, Page, fitted, year_ticks

_SOURCE = Text(
    "Rules and assumptions with source and quality: sheets “rules used” and “assumptions”.",
    "規定・前提の出典と品質は「使用した規定」「前提」シートを参照。",
)
_TITLE = Text("Works by year", "対策の実施時期")
#: Works that are drawn one by one.
_MOST_WORKS: Final = 36


def figure_page(answer: Answer, title: Text, message: Text, language: Language, body: float = 3.1) -> Page:
    """Return the page of a figure of a schedule."""
    whose, rules = whose_plan(answer.schedule.problem), RULE_SET_NAMES[answer.settings.rule_set]
    head = Text(f"{whose.en}, rules {rules.en}", f"{whose.ja}、{rules.ja}")
    return Page(title(language), head(language), message(language), _SOURCE(language), body, language)


def works_figure(answer: Answer, language: Language) -> Figure:
    """Draw when each work is done, how long it lives and when it is renewed; how many by measure and year if many."""
    problem = answer.schedule.problem
    done = [
        (facility, work, int(start))
        for facility, own, starts in zip(problem.names, problem.works, answer.schedule.starts, strict=True)
        for work, start in zip(own, starts, strict=True)
        if start >= 0
    ]
    if len(done) > _MOST_WORKS or not done:
        return _counted(answer, language)
    done.sort(key=lambda one: (problem.names.index(one[0]), one[2]))
    message = Text("Dark: year of the works and of renewals; pale: in use.", "濃色は工事・更新の年度、淡色は使用期間。")
    page = figure_page(answer, _TITLE, message, language, 0.75 + 0.17 * len(done))
    figure = page.figure()
    axes = page.axes(figure, 2.9, 0.45, 3.9, 0.2 + 0.17 * len(done))
    end = int(problem.years[-1]) + 1
    for row, (_, work, start) in enumerate(done):
        first = int(problem.years[start])
        axes.barh(row, end - first, left=first, color=SKY, alpha=0.45, height=0.6)
        axes.barh([row] * len(range(first, end, work.life)), 1.0, left=range(first, end, work.life), color=BLUE,
                  height=0.6)  # fmt: skip
    names = [
        fitted(f"{facility}: {measure_name(work.measure, answer.tables.measures)(language)}", 44)
        for facility, work, _ in done
    ]
    axes.set_yticks(np.arange(len(done)), names, fontsize=6.5)
    axes.set_ylim(len(done) - 0.4, -0.6)
    for row in range(1, len(done)):
        if done[row][0] != done[row - 1][0]:
            axes.axhline(row - 0.5, color=FAINT, linewidth=0.5)
    year_ticks(axes, problem.years, language, 5)
    axes.set_xlim(problem.years[0], end)
    return figure


def _counted(answer: Answer, language: Language) -> Figure:
    """Draw which measure is done in how many facilities in each year."""
    problem = answer.schedule.problem
    ids = list(dict.fromkeys(
        w.measure for own, at in zip(problem.works, answer.schedule.starts, strict=True)
        for w, s in zip(own, at, strict=True) if s >= 0
    ))  # fmt: skip
    counts = np.zeros((len(ids), len(problem.years)))
    for own, starts in zip(problem.works, answer.schedule.starts, strict=True):
        for work, start in zip(own, starts, strict=True):
            if start >= 0:
                counts[ids.index(work.measure), start] += 1
    message = Text(f"{int(counts.sum())} works in all; the number in a dot is that of facilities.",
                   f"対策は全{int(counts.sum())}件（丸の中の数字は事業所数）。")  # fmt: skip
    page = figure_page(answer, _TITLE, message, language, 3.4)
    figure = page.figure()
    axes = page.axes(figure, 2.6, 0.45, 4.2, 2.85)
    rows, columns = np.nonzero(counts)
    sizes = 30 + 110 * counts[rows, columns] / counts.max(initial=1.0)
    axes.scatter(problem.years[columns], rows, s=sizes, color=SKY, linewidth=0)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        axes.text(problem.years[column], row, f"{counts[row, column]:.0f}", fontsize=4.6, ha="center", va="center")
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
