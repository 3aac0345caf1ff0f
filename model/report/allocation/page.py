"""The page of a panel plan that a manager reads: result, proof, prices, what moves it, figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from model.language import Language, Text
from model.optimise.solar_allocation.answer import Answer
from model.report.allocation.clash import clash_lines, clash_table
from model.report.allocation.summary import summary_table
from model.report.allocation.tables import (
    checks_table,
    front_table,
    municipality_table,
    prices_table,
    what_if_table,
)
from model.report.allocation.texts import STATUS_NAMES, headline, remarks, schemes_compared, status
from model.report.auction.page import write_page

_TITLE = Text("Panels on the houses of", "太陽光パネル配置計画：")


def write_clash_page(found: Answer, path: Path, language: Language) -> None:
    """Write the page that says why there is no plan, and what would mend it.

    Args:
        found: an answer without a plan.
        path: the page.
        language: language of the page.
    """
    sentences = [STATUS_NAMES[found.plan.proof.status], *clash_lines(found)]
    told = [line(language) for line in sentences]
    table = clash_table(found, language)
    tables = {Text("Rules that clash", "両立しない規定")(language): table} if len(table) > 1 else {}
    write_page(path, f"{_TITLE(language)} {found.portfolio.supplier}", told, tables, (), language)


def write_plan_page(found: Answer, path: Path, figures: Sequence[Path], language: Language) -> None:
    """Write the page of a plan with its figures inside.

    Args:
        found: an answer with a plan.
        path: the page.
        figures: figures to show.
        language: language of the page.
    """
    sections = {
        Text("Summary", "総括"): summary_table(found, language),
        Text("What each rule costs", "規定ごとの価格"): prices_table(found, language),
        Text("What changes if prices move", "条件が変わると"): what_if_table(found, language),
        Text("Trade-off between two objectives", "二つの目的の関係"): front_table(found, language),
        Text("By municipality", "区市町村別"): municipality_table(found, language),
        Text("Second look at the plan", "計画の検証"): checks_table(found, language),
    }
    compared = schemes_compared(found)
    sentences = [headline(found), status(found), *([] if compared is None else [compared])]
    write_page(
        path,
        f"{_TITLE(language)} {found.portfolio.supplier}",
        [one(language) for one in (*sentences, *remarks(found))],
        {name(language): table for name, table in sections.items() if len(table) > 1},
        figures,
        language,
    )
