"""New small and mid-size buildings (建築物環境報告書制度): what a supplier owes for the buildings of one fiscal year.

Scope, supplier's duty, renewable capacity with substitutes, energy levels by house type, charging, explanation, report
and enforcement. The equations are in `equations`, the single questions in `findings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from model.language import Text
from model.ordinance.building_report import findings as ask
from model.ordinance.building_report.equations import HOUSE_TYPES
from model.ordinance.building_report.facts import Building, Supply
from model.ordinance.building_report.report import report
from model.ordinance.derivation import Finding, Obligation, Verdict, subject_of_years
from model.ordinance.exact import reaches
from model.ordinance.fiscal import fiscal_year_of
from model.ordinance.programme import Programme
from model.ordinance.rulebook import Rules

#: Findings on the standards whose failure leads to enforcement; guidance levels are voluntary.
_STANDARDS = ("renewables", "energy_standard", "charging", "explanation")


def assess(rows: Sequence[Building], rules: Rules) -> list[Obligation]:
    """Return what every supplier owes for every fiscal year in the rows, in the order of first appearance.

    Args:
        rows: buildings and substitutes of any number of suppliers and years.
        rules: rules of "report_programme".

    Returns:
        one obligation a supplier and fiscal year, with the rows of its report.

    Raises:
        BadInput: a rule that is needed is not known under these rules.
    """
    return [_obligation(supply, rules) for supply in supplies(rows, rules)]


def supplies(rows: Sequence[Building], rules: Rules) -> list[Supply]:
    """Return the rows sorted into suppliers and fiscal years, with buildings outside the programme set apart."""
    limit = rules.number("building_floor_area_max")
    own_only = rules.stated("standardised_building_only") and rules.flag("standardised_building_only")
    start = rules.start("commencement_date")
    groups: dict[tuple[str, int], list[Building]] = {}
    for row in rows:
        groups.setdefault((row.supplier, fiscal_year_of(row.supplied_on)), []).append(row)
    found = []
    for (supplier, year), given in groups.items():
        new = [(row, _in_scope(row, limit, own_only, start)) for row in given if row.role == "new_building"]
        found.append(
            Supply(
                supplier,
                year,
                buildings=tuple(row for row, inside in new if inside),
                existing_houses=tuple(row for row in given if row.role == "existing_house"),
                off_site=tuple(row for row in given if row.role == "off_site"),
                out_of_scope=tuple(row for row, inside in new if not inside),
            )
        )
    return found


def _in_scope(building: Building, floor_area_max: float, own_only: bool, start: date | None) -> bool:
    """Say whether the programme covers a building by size, by specification and by day."""
    small = not reaches(building.floor_area_m2, floor_area_max)
    standard = building.standardised or not own_only
    return small and standard and (start is None or building.supplied_on >= start)


def _obligation(supply: Supply, rules: Rules) -> Obligation:
    """Return the obligation of one supplier and year."""
    approved = any(row.supplier_approved for row in supply.rows)
    duty = ask.supplier_duty(supply.floor_area_m2, approved, rules)
    required = ask.required_capacity(supply, rules)
    types = [house_type for house_type in HOUSE_TYPES if supply.of_type(house_type)]
    findings: list[Finding] = [
        duty,
        ask.scope(supply, rules),
        required,
        ask.renewables(supply, required.amount, rules),
        *(ask.energy(supply, house_type, rules) for house_type in types),
        ask.charging(supply, rules),
        ask.explanation(supply, rules),
        ask.guidance_capacity(supply, rules),
        *(ask.energy(supply, house_type, rules, guidance=True) for house_type in types),
    ]
    if rules.known("zev_guidance"):
        findings.append(ask.guidance_charging(supply, rules))
    if duty.verdict is not Verdict.NOT_OBLIGED:
        findings.append(ask.report_due(supply.fiscal_year, rules))
    if duty.verdict is Verdict.OBLIGED:
        failing = any(
            finding.verdict is Verdict.FALLS_SHORT and finding.name.startswith(_STANDARDS) for finding in findings
        )
        findings.append(ask.enforcement(not failing, max(row.steps_taken for row in supply.rows), rules))
    subject = subject_of_years(supply.supplier, supply.fiscal_year)
    return Obligation(
        subject, "building_report", rules.rule_set, tuple(findings), report(supply, findings, rules.fresh())
    )


PROGRAMME = Programme(
    name="building_report",
    rulebook="report_programme",
    title=Text("Building environment report (new, below 2,000 m²)", "建築物環境報告書制度（新築・2,000㎡未満）"),
    row=Building,
    examples=(
        Building(
            id="A-001",
            supplier="見本住宅",
            supplied_on=date(2025, 6, 30),
            municipality="世田谷区",
            floor_area_m2=120,
            roof_largest_m2=32,
            pv_kw=4,
            ua=0.6,
            design_gj=45,
            generation_gj=24,
            standard_gj=50,
            parking_spaces=1,
            conduits=1,
            explained=True,
        ),
        Building(
            id="A-002",
            supplier="見本住宅",
            supplied_on=date(2025, 9, 30),
            house_type="for_sale_detached",
            municipality="千代田区",
            floor_area_m2=80,
            roof_largest_m2=15,
            exclusion_requested=True,
            ua=0.8,
            design_gj=38,
            standard_gj=42,
            explained=True,
        ),
        Building(
            id="A-003",
            supplier="見本住宅",
            supplied_on=date(2025, 11, 10),
            role="existing_house",
            municipality="町田市",
            pv_kw=3,
        ),
    ),
    assess=assess,
)
