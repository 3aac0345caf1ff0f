"""Words of a schedule's tables: units as people write them, rule sets by what they are, rules by their term."""

from __future__ import annotations

import re

from model.language import Language, Text
from model.optimise.facility_schedule.population import MARK
from model.optimise.facility_schedule.problem import Problem
from model.ordinance.derivation import unit_name
from model.ordinance.rulebook import Parameter, RuleSet
from model.spreadsheet import Cell

RULE_SET_NAMES: dict[RuleSet, Text] = {
    "seed_2022": Text("as announced (seed_2022)", "公表時の案（seed_2022）"),
    "adopted_2025": Text("as adopted (adopted_2025)", "施行後の規定（adopted_2025）"),
}
_UNIT = Text("unit", "単位")
_IN_HEADING = re.compile(r" \[([^\]]*)\]$")


def worded(rows: list[list[Cell]], language: Language) -> list[list[Cell]]:
    """Return a table with the units of headings and of the column of units as people write them."""
    if not rows:
        return rows
    head, *body = rows
    units = [place for place, name in enumerate(head) if name == _UNIT(language)]
    named = [_heading(name, language) if isinstance(name, str) else name for name in head]
    return [named, *([_unit(cell, language) if place in units else cell for place, cell in enumerate(row)]
                     for row in body)]  # fmt: skip


def _heading(name: str, language: Language) -> str:
    """Return a heading with its unit in words; a share has none."""
    found = _IN_HEADING.search(name)
    if found is None:
        return name
    unit = _unit(found[1], language)
    return f"{name[: found.start()]} [{unit}]" if unit else name[: found.start()]


def _unit(unit: Cell, language: Language) -> str:
    """Return a unit as people write it, part by part; nothing for a plain number."""
    first, *others = str(unit or "").split("/")
    # What stands below the line is one of it: % a year, not years.
    parts = [unit_name(first, language), *(unit_name(part, language, 1) for part in others)]
    shown = "/".join(parts).replace("CO2", "CO₂")
    return "" if shown == "1" else {"s": Text("s", "秒")(language)}.get(shown, shown)


def whose_plan(problem: Problem) -> Text:
    """Return how many facilities a plan is for, with a word on those that are made up."""
    count = problem.facilities
    if all(name.startswith(MARK) for name in problem.names):
        return Text(
            f"{count} made-up {'facility' if count == 1 else 'facilities'} ({MARK})", f"{count}事業所（架空のデータ）"
        )
    return Text(f"{count} {'facility' if count == 1 else 'facilities'}", f"{count}事業所")


def rule_term(parameter: Parameter, language: Language) -> str:
    """Return what a rule is called: in Japanese by its term in the documents, in English by its id in words."""
    return (
        parameter.term_ja
        if language == "ja" and parameter.term_ja
        else parameter.id.replace("_", " ").replace("tokyo", "Tokyo")
    )
