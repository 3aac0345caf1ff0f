"""A plan made anew: what of the plan before is done, what is prepared, and what a change is charged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from model.language import Text, fiscal_year
from model.optimise.facility_schedule.inputs import Tables
from model.optimise.facility_schedule.problem import Problem
from model.optimise.facility_schedule.rows import FacilityRow
from model.optimise.facility_schedule.tables import measure_name, names_in

#: Facility and measure → fiscal year of the plan before.
PlanBefore = Mapping[tuple[str, str], int]


def after_plan(tables: Tables, planned: PlanBefore, first_year: int) -> Tables:
    """Return tables in which works of the plan before are done if they lie before this one, and prepared if not.

    Args:
        tables: what the plan is made from.
        planned: the plan before.
        first_year: first fiscal year of this plan.
    """
    rows, remarks = [], list(tables.remarks)
    for row in tables.facilities:
        own = {measure: year for (facility, measure), year in planned.items() if facility == row.id}
        done = names_in(row.done)
        over = [measure for measure, year in own.items() if year < first_year and measure not in done]
        early = [measure for measure, year in own.items() if year >= first_year and measure in done]
        known = [measure for measure in over if any(one.id == measure for one in tables.measures)]
        rows.append(row.model_copy(update={"done": ";".join((*done, *known))}))
        remarks += _remarks(row, tables, known, early, first_year)
    ids, measures = {row.id for row in rows}, {one.id for one in tables.measures}
    strange = [f"{f} {m}" for f, m in planned if f not in ids or m not in measures]
    if strange:
        shown, more = ", ".join(strange[:3]), "…" if len(strange) > 3 else ""
        remarks.append(("", Text(
            f"{len(strange)} works of the plan before fit no facility and measure here, left aside: {shown}{more}",
            f"前回計画の対策のうち{len(strange)}件は該当する事業所・対策がないため除外: {shown}{more}",
        )))  # fmt: skip
    # Years of lead are over for what was planned; a later year can be had as well.
    prepared = {pair: max(year, first_year) for pair, year in planned.items() if year >= first_year}
    return replace(tables, facilities=tuple(rows), prepared=prepared, remarks=tuple(remarks))


def _remarks(
    row: FacilityRow, tables: Tables, over: list[str], early: list[str], first_year: int
) -> list[tuple[str, Text]]:
    """Return what must be said of a facility: works taken as done, and works done before their year."""

    def names(measures: list[str], language: str) -> str:
        words = [measure_name(one, tables.measures) for one in measures]
        return ", ".join(one.en for one in words) if language == "en" else "、".join(one.ja for one in words)

    found = []
    if over:
        found.append((row.id, Text(
            f"taken as done, as the plan before has them before {fiscal_year(first_year, 'en')}: {names(over, 'en')}; "
            "energy must be stated as it is after them; take them out of the plan before if they were not done",
            f"前回計画で{fiscal_year(first_year, 'ja')}より前のため実施済みとして扱う対策: {names(over, 'ja')}。"
            "エネルギー使用量は実施後の値を記入し、未実施の場合は前回計画から行を除いてください",
        )))  # fmt: skip
    if early:
        found.append((row.id, Text(
            f"listed as done, though the plan before has them later; taken as done: {names(early, 'en')}",
            f"前回計画では今後の予定だが実施済みと記入されているため、実施済みとして扱う対策: {names(early, 'ja')}",
        )))  # fmt: skip
    return found


def with_plan_before(given: Problem, planned: PlanBefore, charge: float) -> Problem:
    """Return a problem that charges every change against a plan before; a plan of least emissions is charged nothing.

    Args:
        given: the problem.
        planned: the plan before.
        charge: charge of one change [JPY].
    """
    first, change = int(given.years[0]), charge * (given.aim == "cost")

    def place(facility: str, measure: str) -> int:
        year = planned.get((facility, measure), first - 1)
        return year - first if first <= year <= int(given.years[-1]) else -1

    works = tuple(
        tuple(replace(work, planned=place(name, work.measure), change=change) for work in own)
        for name, own in zip(given.names, given.works, strict=True)
    )
    return given.changed(works=works)
