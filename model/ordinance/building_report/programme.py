"""New small and mid-size buildings (建築物環境報告書制度): what a supplier owes for the buildings of one fiscal year.

Scope, supplier's duty, renewable capacity with substitutes, energy levels by house type, charging, explanation, report
and enforcement. The equations are in `equations`, the single questions in `findings`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from model.language import Text
from model.ordinance.building_report import findings as ask
from model.ordinance.building_report.equations import HOUSE_TYPES, bei
from model.ordinance.building_report.facts import HOUSE_TYPE_NAMES, Building, Supply, column_of
from model.ordinance.derivation import Finding, Obligation, Value, Verdict, subject_of_years
from model.ordinance.exact import reaches
from model.ordinance.fiscal import fiscal_year_of
from model.ordinance.programme import Programme
from model.ordinance.rulebook import Rules

#: Findings on the standards whose failure leads to enforcement; guidance levels are voluntary.
_STANDARDS = ("renewables", "energy_standard", "charging", "explanation")

_BUILDING = Text("building", "建物")
_HOUSE_TYPE = Text("house type", "建物種別")
_FLOOR_AREA = Text("floor area [m²]", "延床面積 [m²]")
_UA = Text("UA [W/(m²K)]", "断熱性能（UA値） [W/(m²K)]")
_DESIGN = Text("design primary energy [GJ]", "設計一次エネルギー [GJ]")
_GENERATION = Text("of which generation [GJ]", "うち創エネ [GJ]")
_STANDARD = Text("standard primary energy [GJ]", "基準一次エネルギー [GJ]")
_BEI = Text("BEI without renewables", "BEI値（再エネ除く）")
_BEI_WITH = Text("BEI with renewables", "BEI値（再エネ含む）")
_CAPACITY = Text("renewable capacity [kW]", "再エネ設備 [kW]")
_CHARGERS = Text("chargers and prepared spaces", "充電設備・配管等")
_EXPLAINED = Text("explained", "説明")


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
    return Obligation(subject, "building_report", rules.rule_set, tuple(findings), report(supply))


def report(supply: Supply) -> tuple[Mapping[Text, Value], ...]:
    """Return the rows of the report, building by building, and its totals in the last row."""
    rows: list[Mapping[Text, Value]] = [
        {
            _BUILDING: building.id,
            _HOUSE_TYPE: HOUSE_TYPE_NAMES[building.house_type],
            _FLOOR_AREA: building.floor_area_m2,
            _UA: building.ua,
            _DESIGN: building.design_gj,
            _GENERATION: building.generation_gj,
            _STANDARD: building.standard_gj,
            _BEI: _bei([building]),
            _BEI_WITH: _bei([building], renewables=True),
            _CAPACITY: building.pv_kw,
            _CHARGERS: f"{building.chargers} + {building.conduits}",
            _EXPLAINED: building.explained,
        }
        for building in supply.buildings
    ]
    return (*rows, totals(supply))


def totals(supply: Supply) -> Mapping[Text, Value]:
    """Return the last row of the report; a sum or mean over buildings of which one is unknown stays empty."""
    buildings = supply.buildings
    sums = {name: float(column_of(buildings, name).sum()) for name in ("design_gj", "generation_gj", "standard_gj")}
    known = {name: None if value != value else value for name, value in sums.items()}
    return {
        _BUILDING: f"Σ {len(buildings)}",
        _HOUSE_TYPE: None,
        _FLOOR_AREA: supply.floor_area_m2,
        _UA: None,
        _DESIGN: known["design_gj"],
        _GENERATION: known["generation_gj"],
        _STANDARD: known["standard_gj"],
        _BEI: _bei(buildings),
        _BEI_WITH: _bei(buildings, renewables=True),
        _CAPACITY: float(column_of(buildings, "pv_kw").sum()),
        _CHARGERS: f"{sum(one.chargers for one in buildings)} + {sum(one.conduits for one in buildings)}",
        _EXPLAINED: all(building.explained for building in buildings),
    }


def _bei(buildings: Sequence[Building], renewables: bool = False) -> float | None:
    """Return the mean BEI without or with renewables, or None where energies are unknown."""
    design, generation, standard = (
        column_of(buildings, name).sum() for name in ("design_gj", "generation_gj", "standard_gj")
    )
    generation = generation if renewables else 0.0
    known = design == design and generation == generation and standard > 0
    return float(bei(design, standard, generation)) if known else None


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
