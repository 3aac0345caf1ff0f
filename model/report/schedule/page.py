"""The page of a schedule that a manager reads: result, warnings, works, credits, studies, figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from pathlib import Path
from typing import Final

from model.language import Language, Text
from model.report.auction.page import write_page
from model.report.schedule import tables as tables
from model.report.schedule.assumed import assumed
from model.report.schedule.cash import cash_table
from model.report.schedule.limits import limits
from model.report.schedule.mending import mending
from model.report.schedule.purchase import purchase_effect
from model.report.schedule.reaction import reaction, steps
from model.report.schedule.studies import studies
from model.report.schedule.words import whose_plan, worded

_TITLE = Text("Schedule of reductions under cap-and-trade", "総量削減義務に対する削減計画")
_SECTIONS: Final[tuple[tuple[Text, Callable[[tables.Answer, Language], tables.Rows]], ...]] = (
    (Text("Summary", "総括"), tables.summary),
    (Text("Warnings", "注意事項"), tables.warnings),
    (Text("What would mend it", "解消策"), mending),
    (Text("What a tonne is worth by facility and period", "事業所・計画期間別の1トンの価値"), tables.worth),
    (Text("Credits to buy", "購入するクレジット"), tables.credits),
    (Text("Joint purchase", "共同購入"), purchase_effect),
    (Text("Works", "対策工事"), tables.works_list),
    (Text("Money by year", "年度別収支"), cash_table),
    (Text("Budgets and limits on works", "予算・施工件数の上限"), limits),
    (Text("Cost of a tonne by measure", "対策別の1トン当たり費用"), tables.measures),
    (Text("What the plan does at each price of credits", "クレジット価格に応じた計画の変化"), reaction),
    (Text("Steps of cost and the prices at which the plan takes them", "対策の費用段階と計画が変わる価格"), steps),
    (Text("Studies", "分析"), studies),
    (Text("Assumptions", "前提"), assumed),
)


def write_schedule_page(answer: tables.Answer, path: Path, figures: Sequence[Path], language: Language) -> None:
    """Write the page of a schedule with its figures inside.

    Args:
        answer: the schedule and all that is told about it.
        path: the page.
        figures: figures to show.
        language: language of the page.
    """
    found, proof = answer.schedule, answer.schedule.proof
    status = tables.status_of(answer)
    proven = Text("", "")
    if isfinite(proof.gap):
        charged = tables.changes_charged(found)
        no = "With charges for changes, no" if charged else "No"
        proven = Text(
            f" {no} plan can be more than {100 * proof.gap:.2f} % better.",
            f"{'変更の負担を含め、' if charged else ''}これより{100 * proof.gap:.2f}％を超えて優れた計画は存在しない。",
        )
    amount = f"{abs(found.cost) / 1e6:,.0f}"
    money = Text(f"costs {amount} million JPY", f"計画の費用は{amount}百万円") if found.cost >= 0 else Text(
        f"saves {amount} million JPY", f"計画により費用が{amount}百万円減少")  # fmt: skip
    whose = whose_plan(found.problem)
    sentence = Text(
        f"{whose.en}: the plan {money.en} in present value against no measures, energy "
        f"saved included; {status.en}.{proven.en}",
        f"対象{whose.ja}。{money.ja}（現在価値、対策なし比、エネルギー費の節減を含む）。{status.ja}。{proven.ja}",
    )
    shown = {name(language): worded(table(answer, language), language) for name, table in _SECTIONS}
    filled = {name: rows for name, rows in shown.items() if len(rows) > 1}
    write_page(path, _TITLE(language), [sentence(language)], filled, figures, language)
