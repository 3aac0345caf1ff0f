"""The table of budgets and limits on works: what is used of each by year, and what a little more would save."""

from __future__ import annotations

import numpy as np

from model.language import Language, Text
from model.optimise.facility_schedule.problem import MILLION
from model.report.schedule.tables import Answer, Rows
from model.spreadsheet import Cell


def limits(answer: Answer, language: Language) -> Rows:
    """Return every limit by year: money and works allowed and used, and the saving by a little more of either."""
    found, problem = answer.schedule, answer.schedule.problem
    unit = "t-CO2" if problem.aim == "emissions" else "JPY"
    head = (
        Text("owner group", "所有者グループ"),
        Text("fiscal year", "年度"),
        Text("budget [JPY]", "予算 [JPY]"),
        Text("paid for works [JPY]", "対策工事費 [JPY]"),
        Text(f"saved by 1 million JPY more [{unit}]", f"予算100万円追加の効果 [{unit}]"),
        Text("works that can be done", "施工可能件数"),
        Text("works begun", "着工件数"),
        Text(f"saved by one more work [{unit}]", f"施工1件追加の効果 [{unit}]"),
    )
    rows: Rows = [[name(language) for name in head]]
    paid, begun = (np.array([getattr(plan, name) for plan in found.plans]) for name in ("paid", "begun"))
    for number, limit in enumerate(problem.limits()):
        whose = limit.name or Text("whole portfolio", "全事業所")(language)
        for y, year in enumerate(problem.years):
            budget, hands = float(limit.budget[y]), float(limit.capacity[y])
            if not np.isfinite(budget) and not np.isfinite(hands):
                continue
            money, work = float(found.money_worth[number, y]), float(found.work_worth[number, y])
            rows.append([
                whose, int(year),
                _finite(budget), float(round(paid[limit.members, y].sum())),
                _finite(round(MILLION * money, 3) if np.isfinite(budget) else np.nan),
                _finite(hands), int(begun[limit.members, y].sum()),
                _finite(round(work, 3) if np.isfinite(hands) else np.nan),
            ])  # fmt: skip
    return rows


def _finite(value: float) -> Cell:
    """Return a number, or an empty cell where there is none."""
    return value if np.isfinite(value) else None
