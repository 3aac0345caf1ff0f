"""The table of what mends a schedule that cannot be: credits, money, or a higher limit on cost."""

from __future__ import annotations

import numpy as np

from model.language import Language, Text, fiscal_year
from model.optimise.facility_schedule.schedule import Schedule
from model.report.schedule.tables import Answer, Rows, head


def mending(answer: Answer, language: Language) -> Rows:
    """Return what mends a duty that cannot be met, proven least: credits by facility and period, money by year."""
    rows: Rows = [head(
        language, ("what would mend it", "解消に必要なもの"), ("where", "対象"), ("when", "時期"),
        ("amount known to be enough", "解消に足りる量"), ("proven to be at least", "証明された下限"), ("unit", "単位"),
    )]  # fmt: skip
    if answer.remedy is None:
        return rows
    problem, tonnes, money = answer.schedule.problem, answer.remedy.tonnes, answer.remedy.money
    total = Text("all", "合計")(language)
    if answer.remedy.cost is not None:
        higher, least = Text("a higher limit on cost", "費用の上限の引上げ"), answer.remedy.cost
        proven = float(round(float(least.proof.bound))) if np.isfinite(least.proof.bound) else None
        rows.append([higher(language), total, total, float(round(least.cost)), proven, "JPY"])
    if tonnes is None:
        return rows
    credits = Text("credits, works as they can be paid", "クレジット（予算内の対策を前提）")(language)
    missing = tonnes.amounts.missing_t
    rows.append([credits, total, total, round(float(missing.sum()), 3), _least(tonnes), "t-CO2"])
    for f, p in zip(*np.nonzero(missing > 0), strict=True):
        when = Text(f"period {problem.period_numbers[p]}", f"第{problem.period_numbers[p]}計画期間")(language)
        rows.append([credits, problem.names[f], when, round(float(missing[f, p]), 3), None, "t-CO2"])
    if money is None:
        none = Text("no budget would mend it: credits are short", "予算を増やしても解消しない（クレジット不足）")
        late = Text("money beyond the budget: none found in time", "予算の追加：制限時間内に見つからず")
        return [*rows, [(none if answer.remedy.no_money else late)(language), None, None, None, None, ""]]
    extra = Text("money beyond the budget", "予算の追加")(language)
    rows.append([extra, total, total, round(money.extra_money), _least(money), "JPY"])
    for limit, beyond in zip(problem.limits(), money.beyond_budgets, strict=True):
        for y in np.flatnonzero(beyond > 0):
            rows.append([extra, limit.name or total, fiscal_year(int(problem.years[y]), language),
                         round(float(beyond[y])), None, "JPY"])  # fmt: skip
    return rows


def _least(found: Schedule) -> float | None:
    """Return the proven bound of a search for the least, at least nothing."""
    bound = found.proof.bound
    return round(max(float(bound), 0.0), 3) if np.isfinite(bound) else None
