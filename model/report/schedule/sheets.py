"""The workbook of a schedule: every table by the name of its sheet."""

from __future__ import annotations

from model.language import Language, Text
from model.report.schedule import tables as tables
from model.report.schedule.assumed import assumed
from model.report.schedule.cash import cash_table
from model.report.schedule.limits import limits
from model.report.schedule.mending import mending
from model.report.schedule.purchase import purchase_effect
from model.report.schedule.reaction import reaction, steps
from model.report.schedule.studies import studies
from model.report.schedule.words import worded


def sheets(answer: tables.Answer, language: Language) -> dict[str, tables.Rows]:
    """Return all tables by the name of their sheet."""
    made = (
        (Text("summary", "総括"), tables.summary(answer, language)),
        (Text("plan by year", "計画書（年度別）"), tables.plan_form(answer, language)),
        (Text("periods", "計画期間別収支"), tables.periods(answer, language)),
        (Text("works", "対策工事"), tables.works_list(answer, language)),
        (Text("cash flow", "年度別収支"), cash_table(answer, language)),
        (Text("credits", "クレジット購入"), tables.credits(answer, language)),
        (Text("budgets and limits", "予算・施工件数"), limits(answer, language)),
        (Text("joint purchase", "共同購入"), purchase_effect(answer, language)),
        (Text("warnings", "注意事項"), tables.warnings(answer, language)),
        (Text("mending", "解消策"), mending(answer, language)),
        (Text("measures", "対策別費用"), tables.measures(answer, language)),
        (Text("price reaction", "価格への反応"), reaction(answer, language)),
        (Text("steps by price", "価格別の対策"), steps(answer, language)),
        (Text("studies", "分析"), studies(answer, language)),
        (Text("assumptions", "前提"), assumed(answer, language)),
        (Text("rules used", "使用した規定"), tables.rules_used(answer, language)),
    )
    return {name(language): worded(rows, language) for name, rows in made if len(rows) > 1}
