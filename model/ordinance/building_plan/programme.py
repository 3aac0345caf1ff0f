"""New large buildings (建築物環境計画書制度): what the client of one building owes.

Duty, solar capacity with substitutes in their order of priority, insulation and energy by use, grades, charging by kind
of parking, deadlines and the performance certificate. The equations are in `equations`, the single
questions in `findings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from model.language import Text
from model.ordinance.building_plan import findings as ask
from model.ordinance.building_plan.facts import LargeBuilding
from model.ordinance.derivation import Obligation, named
from model.ordinance.programme import Programme
from model.ordinance.rulebook import Rules


def assess(rows: Sequence[LargeBuilding], rules: Rules) -> list[Obligation]:
    """Return what each building owes.

    Args:
        rows: buildings.
        rules: rules of "plan_programme".

    Raises:
        BadInput: a rule that is needed is not known under these rules.
    """
    return [_obligation(row, rules) for row in rows]


def _obligation(building: LargeBuilding, rules: Rules) -> Obligation:
    """Return the obligation of one building; questions whose facts were not given are not asked."""
    findings = [ask.plan_duty(building, rules)]
    required = ask.required_capacity(building, rules)
    findings += [required, ask.renewables(building, required.amount, rules)]
    if building.non_residential_use is not None:
        if building.bpi is not None:
            findings.append(ask.insulation(building, rules))
        findings.append(ask.non_residential_energy(building, rules))
    if building.residential:
        findings.append(ask.residential_energy(building, rules))
        if rules.known("residential_grades") and building.ua is not None and building.residential_bei is not None:
            findings.append(ask.grade(building, rules))
    findings += [ask.charging(building, "dedicated", rules), ask.charging(building, "shared", rules)]
    if building.inspected_on is not None:
        findings.append(ask.completion_report_due(building.inspected_on, rules))
    if building.contract_area_m2 is not None and building.non_residential_use is not None:
        findings.append(ask.certificate(building, building.contract_area_m2, rules))
    return Obligation(named(building.id), "building_plan", rules.rule_set, tuple(findings))


PROGRAMME = Programme(
    name="building_plan",
    rulebook="plan_programme",
    title=Text("Building environment plan (new, 2,000 m² and more)", "建築物環境計画書制度（新築・2,000㎡以上）"),
    row=LargeBuilding,
    examples=(
        LargeBuilding(
            id="B-001",
            filed_on=date(2025, 6, 1),
            floor_area_m2=10000,
            building_area_m2=1000,
            greening_m2=200,
            non_residential_use="offices_schools_hotels_stores",
            bei=0.75,
            pv_kw=12,
            shared_spaces=30,
            shared_chargers=1,
            shared_conduits=5,
        ),
        LargeBuilding(
            id="B-002",
            filed_on=date(2025, 7, 1),
            floor_area_m2=4500,
            building_area_m2=900,
            residential=True,
            ua=0.6,
            residential_bei=0.8,
            on_site_difficult=True,
            pv_kw=3,
            off_site_kw=5,
            dedicated_spaces=20,
            dedicated_chargers=4,
            dedicated_conduits=6,
        ),
    ),
    assess=assess,
)
