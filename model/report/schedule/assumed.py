"""What a schedule rests on beside the rules: every assumption by year and every number of the measures, with source."""

from __future__ import annotations

from model.language import Language, Text
from model.optimise.facility_schedule.rows import USE_NAMES, MeasureRow, PathRow
from model.optimise.facility_schedule.tables import measure_name
from model.ordinance.columns import columns_of
from model.ordinance.rule_words import QUALITY_NAMES
from model.report.schedule.tables import Answer, Rows, head

_GIVEN = Text("given by the user", "利用者の入力")


def assumed(answer: Answer, language: Language) -> Rows:
    """Return every number that no rule gives, with its source and quality; those of measures that are never done too.

    An assumption by year runs straight between the fiscal years given and is flat before and after them.
    """
    rows: Rows = [head(language, ("assumption", "前提"), ("of", "対象"), ("fiscal year", "年度"), ("value", "値"),
                        ("unit", "単位"), ("quality", "品質"), ("source", "出典"))]  # fmt: skip
    titles = {column.name: column.title for row in (PathRow, MeasureRow) for column in columns_of(row)}
    every_use = Text("all uses", "全用途")
    for one in answer.tables.stated:
        about: str = ""
        if one.measure:
            use = USE_NAMES[one.building_use] if one.building_use else every_use
            about = f"{measure_name(one.measure, answer.tables.measures)(language)} ({use(language)})"
        quality = QUALITY_NAMES[one.quality](language) if one.quality else ""
        rows.append([titles[one.quantity](language), about, one.year, one.value, one.unit, quality,
                     one.source or _GIVEN(language)])  # fmt: skip
    return rows
